"""Heads that no model was trained on, with their true pictures and labels from known cameras.

They come from a data set's folder, or from the small bundled set, so that an evaluation needs nothing else. The bundled
file is a zip of PNG pictures and one `heads.json`: `000019/30_rgb.png`, `000019/30_label.png`.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.camera import Camera
from core.errors import VoltefaceError
from core.training.dataset import HeadViews, finished_heads, is_held_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

BUNDLED = Path(__file__).resolve().parents[2] / "resources" / "evaluation" / "held_out.zip"
ANGLES_DEGREES = (0, 30, 60, 90, 180)
NEAR_ENOUGH_DEGREES = 12.0
LEVEL_DEGREES = 15.0
"""Views of a data set that are pitched further than this are no frontal views."""
INDEX = "heads.json"


@dataclass(frozen=True, eq=False)
class TrueView:
    """What a head looks like from one camera.

    Attributes:
        rgb: uint8 [S, S, 3], on white.
        label: uint8 [S, S], indices into `core.mask.PARTS`.
        camera: where from.
        depth: float32 [S, S] along the camera's z in world units, 0 where there is nothing; None where it is not known.
    """

    rgb: NDArray[np.uint8]
    label: NDArray[np.uint8]
    camera: Camera
    depth: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class HeldOutHead:
    """A head that was kept back.

    Attributes:
        seed: which one.
        views: by the angle from the front, degrees, in `ANGLES_DEGREES`; the front is always there.
    """

    seed: int
    views: Mapping[int, TrueView]


def held_out_heads(folder: Path | None, count: int) -> list[HeldOutHead]:
    """The first heads of a data set that were kept back, or the bundled ones.

    Raises:
        VoltefaceError: the folder has none, or the bundled file is gone.
    """
    if folder is None:
        return read_bundle(BUNDLED)[:count]
    heads: list[HeldOutHead] = []
    for seed, place in finished_heads(folder).items():
        if is_held_out(seed) and len(heads) < count:
            views = _chosen(HeadViews(place))
            if 0 in views:
                heads.append(HeldOutHead(seed, views))
    if not heads:
        raise VoltefaceError(
            f"{folder} holds no heads to evaluate with.", "Name a folder made by `volteface train data`, or none."
        )
    return heads


def _chosen(views: HeadViews) -> dict[int, TrueView]:
    """Of each angle the level view nearest to it, from either side."""
    cameras = [Camera(np.asarray(pose, np.float64)) for pose in views.world_from_camera]
    level = [n for n, camera in enumerate(cameras) if abs(camera.pitch_radians) < math.radians(LEVEL_DEGREES)]
    chosen = {}
    for angle in ANGLES_DEGREES:
        off = {n: abs(abs(math.degrees(cameras[n].yaw_radians)) - angle) for n in level}
        best = min(off, key=lambda n: off[n], default=None)
        if best is not None and off[best] < NEAR_ENOUGH_DEGREES:
            depth = np.array(views.depth[best], np.float32)
            chosen[angle] = TrueView(np.array(views.rgb[best]), np.array(views.label[best]), cameras[best], depth)
    return chosen


def write_bundle(heads: Sequence[HeldOutHead], path: Path) -> None:
    """Write heads as the file that `read_bundle` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    index = {
        f"{head.seed:06d}": {str(angle): view.camera.to_json() for angle, view in head.views.items()} for head in heads
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr(INDEX, json.dumps({"licence": "CC0-1.0", "heads": index}, indent=1))
        for head in heads:
            for angle, view in head.views.items():
                for kind, picture in (("rgb", view.rgb[..., ::-1]), ("label", view.label)):
                    _, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
                    file.writestr(f"{head.seed:06d}/{angle}_{kind}.png", data.tobytes())


def read_bundle(path: Path) -> list[HeldOutHead]:
    """Heads that `write_bundle` wrote.

    Raises:
        VoltefaceError: the file is missing or damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as file:
            index = json.loads(file.read(INDEX))["heads"]
            return [
                HeldOutHead(
                    int(seed),
                    {int(angle): _view(file, f"{seed}/{angle}", camera) for angle, camera in views.items()},
                )
                for seed, views in index.items()
            ]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise VoltefaceError(f"The heads to evaluate with could not be read from {path}.", "Restore it.") from error


def _view(file: zipfile.ZipFile, name: str, camera: Mapping[str, object]) -> TrueView:
    def picture(kind: str, how: int) -> NDArray[np.uint8]:
        decoded = cv2.imdecode(np.frombuffer(file.read(f"{name}_{kind}.png"), np.uint8), how)
        return np.ascontiguousarray(decoded, np.uint8)

    rgb = np.ascontiguousarray(picture("rgb", cv2.IMREAD_COLOR)[..., ::-1])
    return TrueView(rgb, picture("label", cv2.IMREAD_GRAYSCALE), Camera.from_json(camera))
