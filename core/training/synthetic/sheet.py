"""Contact sheets: several heads from several sides in one picture."""

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from core.camera import Camera
from core.errors import VoltefaceError
from core.progress import Progress, Report, silent
from core.training.synthetic.arrays import Bytes
from core.training.synthetic.assets import AssetFolders
from core.training.synthetic.dataset import rendered
from core.training.synthetic.head import V1, HeadMaker
from core.training.synthetic.recipe import HeadRecipe
from core.training.synthetic.renderer import OffscreenRenderer

SHEET_YAWS_DEGREES = (0.0, 40.0, 90.0, 180.0, -60.0)
_PITCH_DEGREES = 3.0
PALETTE = np.array(
    [
        (255, 255, 255),
        (230, 190, 160),
        (90, 60, 40),
        (60, 120, 255),
        (0, 0, 0),
        (220, 40, 60),
        (255, 160, 90),
        (160, 220, 80),
        (0, 200, 220),
        (200, 160, 220),
        (90, 110, 150),
        (120, 0, 30),
    ],
    np.uint8,
)  # display colours by label


def contact_sheet(
    assets: AssetFolders,
    out: Path,
    seeds: Sequence[int],
    cache: Path,
    *,
    recipe: HeadRecipe = V1,
    size_px: int = 256,
    supersample: int = 3,
    columns: int = 2,
    labels: bool = False,
    report: Report = silent,
) -> Path:
    """Writes a picture with `columns` heads a row, each from SHEET_YAWS_DEGREES, and returns its path.

    Args:
        assets: source folders.
        out: path of the picture; the suffix gives its format.
        seeds: of the heads, top to bottom, then the next column.
        cache: folder for what is slow to derive.
        recipe: how heads follow from seeds.
        size_px: side of one view.
        supersample: samples a pixel side.
        columns: heads in a row.
        labels: part labels in colours instead of pictures.
        report: called after each head, with its views as preview.

    Raises:
        VoltefaceError: when assets are missing or the picture cannot be written.
        DeviceError: when there is no OpenGL.
    """
    cameras = [Camera.orbit(math.radians(yaw), math.radians(_PITCH_DEGREES)) for yaw in SHEET_YAWS_DEGREES]
    strips: list[Bytes] = []
    report(Progress(0, len(seeds), "Loading the head assets"))
    with OffscreenRenderer(size_px, supersample) as renderer:
        maker = HeadMaker(assets, cache, renderer)
        for seed in seeds:
            views = rendered(renderer, maker.head(seed, recipe), cameras)
            strips.append(np.hstack([PALETTE[view.label] if labels else view.rgb for view in views]))
            report(Progress(len(strips), len(seeds), f"Rendered head {seed}", preview=strips[-1]))
    _write(out, tiled(strips, columns))
    return out


def tiled(strips: Sequence[Bytes], columns: int) -> Bytes:
    """Strips of one size, column after column; white where the last column ends early."""
    if not strips:
        raise VoltefaceError("A contact sheet needs at least one head.")
    rows = -(-len(strips) // columns)
    padded = [*strips, *[np.full_like(strips[0], 255)] * (rows * columns - len(strips))]
    return np.hstack([np.vstack(padded[k : k + rows]) for k in range(0, len(padded), rows)])


def _write(out: Path, picture: Bytes) -> None:
    try:
        written, data = cv2.imencode(out.suffix, np.ascontiguousarray(picture[..., ::-1]))
    except cv2.error:
        written = False
    if not written:
        raise VoltefaceError(f"A contact sheet cannot be written as {out.name}.", "Use a name that ends in .png.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(data.tobytes())
    except OSError as error:
        raise VoltefaceError(f"The contact sheet could not be written: {error}.", "Name another folder.") from error
