"""How far a style takes a person from who they are, and how strong it may be so that they stay who they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from core.camera import Camera
from core.losses import identity_distance
from core.perception.face_detection import find_faces
from core.perception.face_mesh import find_mesh
from core.perception.identity import chip_from_mesh
from core.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from core.progress import Report

    Pictures = Callable[[Camera], tuple[NDArray[np.uint8], NDArray[np.uint8]]]

YAWS_DEGREES = (-40.0, -20.0, 0.0, 20.0, 40.0)
PICTURE_PX = 256
SAME_PERSON = 0.6
"""dlib's distance below which two pictures are called one person."""
FLOOR = 0.45
"""Mean distance that a style may take, where it is held back."""
LOOKS = 4
"""Strengths that are tried before one is settled on."""


@dataclass(frozen=True)
class Likeness:
    """Distances of dlib's embeddings between a head with and without its style: yaw in degrees, and distance."""

    distances: tuple[tuple[float, float], ...]

    @property
    def mean(self) -> float:
        """Not a number where no face was found."""
        return sum(value for _, value in self.distances) / len(self.distances) if self.distances else math.nan


def likeness_of(pictures_at: Pictures, report: Report = silent) -> Likeness:
    """Compare a head without its style and with it, from several sides.

    The face is found in the plain picture; both are cut there, for a drawing need not look like a face to a detector.

    Args:
        pictures_at: draws both from a camera, uint8 [S, S, 3] each, `PICTURE_PX` large.
        report: told as it goes; may raise `Cancelled`.
    """
    found = []
    for number, yaw in enumerate(YAWS_DEGREES):
        report(Progress(number, len(YAWS_DEGREES), "Looking who it is"))
        distance = distance_between(*pictures_at(Camera.orbit(math.radians(yaw))))
        if not math.isnan(distance):
            found.append((yaw, distance))
    return Likeness(tuple(found))


def distance_between(picture: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Distance of dlib's embeddings of the face in a picture [S, S, 3] and of what is there in another one.

    Not a number where the first shows no face.
    """
    faces = find_faces(picture)
    if not faces:
        return math.nan
    chip = chip_from_mesh(find_mesh(picture, faces[0]).points, len(picture), len(picture))
    with torch.no_grad():
        return float(identity_distance(_tensor(picture), _tensor(other), chip))


def held_strength(strength: float, distance_at: Callable[[float], float], floor: float = FLOOR) -> float:
    """The greatest strength, up to the wanted one, at which the person stays within a distance; found by halving.

    Args:
        strength: wanted, 0..1.
        distance_at: mean identity distance at a strength; not a number where no face shows, which holds nothing back.
        floor: the distance that is allowed.
    """
    if not distance_at(strength) > floor:
        return strength
    low, high = 0.0, strength
    for _ in range(LOOKS):
        middle = (low + high) / 2
        low, high = (low, middle) if distance_at(middle) > floor else (middle, high)
    return low


def _tensor(pixels: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(pixels.copy()).movedim(-1, 0)[None].float() / 255
