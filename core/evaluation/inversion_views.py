"""Sets of pictures of one head from known yaws, for figures by angle on data that the project has never seen.

A folder for each head: its pictures, and `cameras.json` with yaw and pitch of each in degrees:
`{"000.png": {"yaw": 0, "pitch": 5}, ...}`, or a list `[{"yaw": 0, "pitch": 5}, ...]` in order of the pictures' names.
Positive yaw sees the person's left side, positive pitch looks from above. All pictures of a head must be framed alike,
by one camera at one distance: the crop that is found in the most frontal one is taken from all.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.align import CROP_PX
from core.errors import VoltefaceError
from core.evaluation.pictures import COMPARED_PX, as_tensor
from core.evaluation.portraits import pictures_in
from core.perception.person_mask import find_person
from core.perception.similarity import warped
from core.photo import Photo
from core.resizing import sized

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from core.align import Alignment
    from core.evaluation.figures import Json

CAMERAS = "cameras.json"
EXAMPLE = 'Write it as {"000.png": {"yaw": 0, "pitch": 0}, ...}, in degrees.'
LEAST_VIEWS = 2


@dataclass(frozen=True)
class KnownView:
    """One picture and from where it was taken, degrees."""

    path: Path
    yaw_degrees: float
    pitch_degrees: float


@dataclass(frozen=True)
class ViewSet:
    """All pictures of one head.

    Attributes:
        name: of its folder.
        views: in order of the pictures' names.
    """

    name: str
    views: tuple[KnownView, ...]

    @property
    def front(self) -> KnownView:
        """The most frontal one."""
        return min(self.views, key=lambda view: (abs(view.yaw_degrees), abs(view.pitch_degrees)))

    def aligned(self, view: KnownView, front: Alignment) -> tuple[Tensor, Tensor]:
        """A picture in the front's frame on white [1, 3, h, w], and its person [1, 1, h, w]."""
        crop = warped(Photo.open(view.path).pixels, front.crop_from_photo, CROP_PX, repeat_border=True)
        mask = sized(torch.from_numpy(np.asarray(find_person(crop), np.float32))[None, None], COMPARED_PX)
        return as_tensor(crop) * mask + (1 - mask), mask


def view_places(folder: Path) -> list[Path]:
    """The folders of the heads in a folder.

    Raises:
        VoltefaceError: there is no such folder, or no head in it.
    """
    if not folder.is_dir():
        raise VoltefaceError(f"There is no folder {folder}.", "Name a folder with a folder for each head.")
    places = sorted(path for path in folder.iterdir() if path.is_dir() and pictures_in(path))
    if not places:
        raise VoltefaceError(f"There are no heads in {folder}.", f"Each is a folder of pictures with a {CAMERAS}.")
    return places


def view_set(place: Path) -> ViewSet:
    """The head of a folder.

    Raises:
        VoltefaceError: its cameras are missing or wrong.
    """
    files, path = pictures_in(place), place / CAMERAS
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise VoltefaceError(f"{place} has no {CAMERAS}.", EXAMPLE) from error
    except (OSError, ValueError) as error:
        raise VoltefaceError(f"{path} cannot be read.", EXAMPLE) from error
    if isinstance(data, list):
        if len(data) != len(files):
            raise VoltefaceError(f"{path} has {len(data)} cameras for {len(files)} pictures.", EXAMPLE)
        found = dict(zip(files, data, strict=True))
    elif isinstance(data, dict):
        by_name = {file.name: file for file in files} | {file.stem: file for file in files}
        unknown = [name for name in data if name not in by_name]
        if unknown:
            raise VoltefaceError(f"{path} speaks of {unknown[0]}, which is not there.", EXAMPLE)
        found = {by_name[name]: camera for name, camera in data.items()}
    else:
        raise VoltefaceError(f"{path} holds no cameras.", EXAMPLE)
    if len(found) < LEAST_VIEWS:
        raise VoltefaceError(f"{path} knows fewer than two pictures.", EXAMPLE)
    return ViewSet(place.name, tuple(KnownView(file, *_angles(path, found[file])) for file in sorted(found)))


def _angles(path: Path, camera: Json) -> tuple[float, float]:
    """Yaw and pitch in degrees."""
    try:
        yaw, pitch = float(camera["yaw"]), float(camera.get("pitch", 0.0))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise VoltefaceError(f"{path} has a camera without a yaw.", EXAMPLE) from error
    if not (math.isfinite(yaw) and abs(yaw) <= 360 and abs(pitch) <= 90):
        raise VoltefaceError(f"{path} has a camera at {yaw:g} and {pitch:g} degrees.", EXAMPLE)
    return (yaw + 180) % 360 - 180, pitch
