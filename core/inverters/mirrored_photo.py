"""A photo of a turned face, mirrored: a guess of the side that it does not show.

Faces are alike left and right, so the far half of a face that is seen from the side takes the near half's picture. It
lies under the photo and is marked: it was not seen.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from core.inverters.photo_cover import RIM, believed, facing_of, in_bytes
from core.inverters.photo_look import look, part_chances_of
from core.photo_layer import PhotoLayer
from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.head import Head
    from core.protocols import Generator

Number = TypeVar("Number", np.uint8, np.int8)
LEAST_YAW, MOST_YAW = math.radians(12), math.radians(24)
"""Turns of a face from which the mirrored photo begins to count, and from which it counts entirely: a face in front
shows both of its sides, and no face is quite symmetric."""


def mirrored_photo(
    layer: PhotoLayer, parts: NDArray[np.float32], generator: Generator, head: Head
) -> PhotoLayer | None:
    """The photo mirrored on the other side of the head; None where the face is hardly turned.

    Args:
        layer: the photo, laid on the head.
        parts: chances of `core.mask.PARTS` of what it shows, [parts, S, S].
        generator: decodes the head.
        head: with the photo's camera.
    """
    share = float(smooth(LEAST_YAW, MOST_YAW, np.array(abs(layer.camera.yaw_radians))))
    if share == 0:
        return None
    camera, side = layer.camera.mirrored(), len(layer.picture)
    seen, depth = look(generator, replace(head, camera=camera))
    facing = cv2.resize(facing_of(depth, camera), (side, side), interpolation=cv2.INTER_LINEAR)
    known = _flipped(layer.cover_from_here) / np.float32(255) * np.float32(share)
    cover = in_bytes(known * cv2.GaussianBlur(facing, (0, 0), max(3, round(side * RIM)) / 2))
    mirrored = PhotoLayer(
        picture=_flipped(layer.picture),
        cover=cover,
        cover_from_here=cover,
        camera=camera,
        depth=depth,
        labels=None if layer.labels is None else _flipped(layer.labels),
        is_guess=True,
        detail=None if layer.detail is None else _flipped(layer.detail),
    )
    chances = part_chances_of(generator, seen)
    if chances is None or not parts.any():
        return mirrored
    cover = believed(mirrored, np.ascontiguousarray(parts[:, :, ::-1]), chances)
    return replace(mirrored, cover=cover, cover_from_here=cover)


def _flipped(picture: NDArray[Number]) -> NDArray[Number]:
    return np.ascontiguousarray(picture[:, ::-1])
