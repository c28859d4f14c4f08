"""A photo that lies on a head: what a camera saw of it, for as long as the surface under it stays what it was."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.photo_detail import with_detail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.warped_field import Warp


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoLayer:
    """A photo and where of it is to be believed. Its colours take the place of the head's own.

    Two covers, because a photo is right about everything that its own camera sees, but smears where the surface turns
    away, as soon as one looks from elsewhere (view-dependent texture: Debevec, Taylor and Malik 1996).

    Attributes:
        picture: uint8 [S, S, 3]; never written in place.
        cover: uint8 [S, S], 255 is all: how much of the photo is laid on, seen from anywhere.
        cover_from_here: uint8 [S, S]: the same, seen from the photo's own camera.
        camera: the photo's.
        depth: float32 [h, w] of the head's surface along the camera's z, world units; 0 where there is none.
        labels: uint8 [h, w], indices into `core.mask.PARTS`: what the photo shows; None where nobody looked.
        gains: float32 [parts of `core.mask.PARTS`, 3], factors by which the head's own red, green and blue become the
            photo's, part by part; None leaves them.
        way: how points of the face as it is now come back to where they were in the photo, one after the other.
        is_guess: no photo shows this; it was made of one for another side.
        outline: uint8 [S, S, 2], how much of each pixel the person covers, and how surely; 255 is all. None where
            nobody looked.
        detail: int8 [F, F, 3], what the photo shows finer than `picture`; None where it has no more pixels.
    """

    picture: NDArray[np.uint8]
    cover: NDArray[np.uint8]
    cover_from_here: NDArray[np.uint8]
    camera: Camera
    depth: NDArray[np.float32]
    labels: NDArray[np.uint8] | None = None
    gains: NDArray[np.float32] | None = None
    way: tuple[Warp, ...] = ()
    is_guess: bool = False
    outline: NDArray[np.uint8] | None = None
    detail: NDArray[np.int8] | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PhotoLayer):
            return NotImplemented
        names = ("picture", "cover", "cover_from_here", "depth", "labels", "gains", "outline", "detail")
        same = all(_alike(getattr(self, name), getattr(other, name)) for name in names)
        facts, theirs = (self.camera, self.way, self.is_guess), (other.camera, other.way, other.is_guess)
        return facts == theirs and same

    def __hash__(self) -> int:
        return hash(self.camera)

    @cached_property
    def fine(self) -> NDArray[np.uint8]:
        """The picture as fine as the photo is, uint8 [F, F, 3]."""
        return self.picture if self.detail is None else with_detail(self.picture, self.detail)


def _alike(one: NDArray[np.generic] | None, other: NDArray[np.generic] | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
