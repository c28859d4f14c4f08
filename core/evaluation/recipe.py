"""Makes the bundled files of the evaluation again: held-out heads at exact angles, and features of true renders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import VoltefaceError
from core.evaluation import kid
from core.evaluation.held_out import ANGLES_DEGREES, HeldOutHead, TrueView
from core.progress import Progress
from core.training.dataset import is_held_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.progress import Report
    from core.training.synthetic.assets import AssetFolders
    from core.training.synthetic.recipe import HeadRecipe

PITCH_DEGREES = 4.0
PICTURE_PX, SUPERSAMPLE = 256, 2


def rendered_heads(
    assets: AssetFolders, seeds: Sequence[int], recipe: HeadRecipe, cache: Path, report: Report
) -> list[HeldOutHead]:
    """Render held-out heads at the exact angles.

    Raises:
        VoltefaceError: a seed is one that models are trained on, or assets are missing.
        DeviceError: there is no OpenGL.
    """
    from core.training.synthetic.cameras import ViewRing
    from core.training.synthetic.dataset import rendered
    from core.training.synthetic.head import HeadMaker
    from core.training.synthetic.renderer import OffscreenRenderer

    for seed in seeds:
        if not is_held_out(seed):
            raise VoltefaceError(f"Models are trained on head {seed}.", "Held out are 19, 39, 59 and so on.")
    ring = ViewRing(tuple((angle, PITCH_DEGREES) for angle in ANGLES_DEGREES), 0.0, 0.0)
    heads = []
    with OffscreenRenderer(PICTURE_PX, SUPERSAMPLE) as renderer:
        maker = HeadMaker(assets, cache, renderer)
        for number, seed in enumerate(seeds):
            report(Progress(number, len(seeds), f"Rendering head {seed}"))
            cameras = ring.cameras(seed)
            views = rendered(renderer, maker.head(seed, recipe), cameras)
            seen = zip(ANGLES_DEGREES, views, cameras, strict=True)
            heads.append(HeldOutHead(seed, {a: TrueView(view.rgb, view.label, camera) for a, view, camera in seen}))
    return heads


def write_features(data: Sequence[Path], path: Path, heads: int, report: Report) -> dict[str, float]:
    """Write features of renders of data sets and the regressor; answers what the regressor explains, by measure."""
    features = kid.reference_from(data, heads, report)
    regressor, explained = kid.regressor_from(data, report)
    kid.write_reference(features | regressor, path, explained)
    return explained
