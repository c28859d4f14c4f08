"""Rendered heads on disk: a folder of arrays for each seed, resumable and atomic.

A head's folder (named by its seed, six digits) holds, for V views of S pixels:
    rgb.npy        uint8 [V,S,S,3], on white
    label.npy      uint8 [V,S,S], indices into core.mask.PARTS
    depth.npy      float16 [V,S,S] along each camera's z axis, world units; 0 on the background
    cam2world.npy  float32 [V,4,4], OpenCV camera axes; the focal length is core.camera.HEAD_FOCAL
    meta.json      what chance decided (see resources/docs/synthetic_heads.md); written last
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from core.camera import Camera
from core.errors import VoltefaceError
from core.progress import Progress, Report, silent
from core.training.synthetic.assets import AssetFolders
from core.training.synthetic.cameras import TRAINING_RING, WIDE_RING, ViewRing
from core.training.synthetic.head import HeadMaker, SyntheticHead
from core.training.synthetic.recipe import HeadRecipe
from core.training.synthetic.renderer import OffscreenRenderer, View

SETTINGS_FILE = "dataset.json"
META_FILE = "meta.json"


@dataclass(frozen=True)
class DatasetSettings:
    """What makes two data sets alike. The defaults are those of the bundled model's training data.

    Attributes:
        recipe: how heads follow from seeds.
        views: from where each is seen.
        size_px: side of the pictures.
        supersample: samples a pixel side.
    """

    recipe: HeadRecipe = field(default_factory=HeadRecipe)
    views: ViewRing = field(default_factory=ViewRing)
    size_px: int = 256
    supersample: int = 2


TRAINING_DATA = DatasetSettings()
VARIED_DATA = DatasetSettings(HeadRecipe(version=3), ViewRing(WIDE_RING))
"""Version 3 of the recipe, 32 views a head."""


def settings_of(version: int, views: int | None = None) -> DatasetSettings:
    """The settings for a version of the recipe with 22 or 32 views; by default as many as its bundled data has."""
    own = VARIED_DATA if HeadRecipe(version=version).varied else TRAINING_DATA
    rings = {len(ring): ViewRing(ring) for ring in (TRAINING_RING, WIDE_RING)}
    if views is not None and views not in rings:
        raise VoltefaceError(f"There is no ring of {views} views.", "Known are 22 and 32.")
    return DatasetSettings(HeadRecipe(version=version), own.views if views is None else rings[views])


def render_dataset(
    assets: AssetFolders,
    out: Path,
    seeds: Sequence[int],
    cache: Path,
    settings: DatasetSettings = TRAINING_DATA,
    *,
    report: Report = silent,
) -> int:
    """Renders the heads that `out` lacks and returns how many that were.

    Several processes may fill one folder with different seeds.

    Args:
        assets: source folders.
        out: data set folder; made when missing.
        seeds: whole numbers from 0.
        cache: folder for what is slow to derive.
        settings: recipe, views and picture size.
        report: called before the first head and after each, with the first view as preview.

    Raises:
        VoltefaceError: when assets are missing, or `out` holds data made with other settings.
        DeviceError: when there is no OpenGL.
    """
    _claim(out, settings)
    missing = [seed for seed in dict.fromkeys(seeds) if not is_rendered(out, seed)]
    total, done = len(dict.fromkeys(seeds)), len(dict.fromkeys(seeds)) - len(missing)
    report(Progress(done, total, "Loading the head assets"))
    if not missing:
        return 0
    with OffscreenRenderer(settings.size_px, settings.supersample) as renderer:
        maker = HeadMaker(assets, cache, renderer)
        for count, seed in enumerate(missing, 1):
            head = maker.head(seed, settings.recipe)
            cameras = settings.views.cameras(seed)
            views = rendered(renderer, head, cameras)
            _write(out, seed, head, cameras, views)
            report(Progress(done + count, total, f"Rendered head {seed}", preview=views[0].rgb))
    return len(missing)


def rendered(renderer: OffscreenRenderer, head: SyntheticHead, cameras: Sequence[Camera]) -> list[View]:
    """A head from several cameras."""
    with renderer.uploaded(head.parts) as scene:
        return [renderer.view(scene, camera, head.key) for camera in cameras]


def folder_of(out: Path, seed: int) -> Path:
    """Where the head of a seed lies in a data set."""
    return out / f"{seed:06d}"


def is_rendered(out: Path, seed: int) -> bool:
    """Whether a head is there, whole."""
    return (folder_of(out, seed) / META_FILE).is_file()


def rendered_seeds(out: Path) -> list[int]:
    """Seeds of the whole heads in a data set, ascending."""
    return sorted(int(path.parent.name) for path in out.glob(f"*/{META_FILE}") if path.parent.name.isdigit())


def _claim(out: Path, settings: DatasetSettings) -> None:
    """Writes the settings beside the heads, or checks that they are the same."""
    wanted = json.loads(json.dumps(asdict(settings)))
    path = out / SETTINGS_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        try:
            out.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
        except OSError as error:
            raise VoltefaceError(
                f"The data set cannot be written to {out}: {error}.", "Name another folder."
            ) from error
        return
    except (OSError, ValueError) as error:
        raise VoltefaceError(f"The settings {path} could not be read: {error}.", "Name another folder.") from error
    if found != wanted:
        raise VoltefaceError(f"{out} holds heads that were made with other settings.", "Name another folder.")


def _write(out: Path, seed: int, head: SyntheticHead, cameras: Sequence[Camera], views: Sequence[View]) -> None:
    """Writes a head beside its place and moves it there when it is whole."""
    folder = folder_of(out, seed)
    partial = out / f".partial-{seed:06d}-{os.getpid()}"
    try:
        partial.mkdir(parents=True, exist_ok=True)
        np.save(partial / "rgb.npy", np.stack([view.rgb for view in views]))
        np.save(partial / "label.npy", np.stack([view.label for view in views]))
        np.save(partial / "depth.npy", np.stack([view.depth for view in views]).astype(np.float16))
        np.save(partial / "cam2world.npy", np.stack([c.world_from_camera for c in cameras]).astype(np.float32))
        (partial / META_FILE).write_text(json.dumps(head.facts), encoding="utf-8")
        if folder.exists() and not is_rendered(out, seed):
            shutil.rmtree(folder)  # an earlier run was interrupted here
        if not folder.exists():
            partial.rename(folder)
    except OSError as error:
        raise VoltefaceError(f"Head {seed} could not be written to {out}: {error}.", "Is the disk full?") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
