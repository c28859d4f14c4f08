"""Where a face has its eyes, brows, lips, nose and ears, and what colours they have.

All heads look along +z, so the face's frame is the world's but for a small turn. `face_search` finds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LIGHTNESS = np.array([0.30, 0.59, 0.11])
FEATURES, REAR = (0.95, 0.75, -0.40), -0.9
"""Half width, half height and height above the eyes of the ellipse of a face's features, and the depth behind the eyes
from which nothing belongs to them, distances of the eyes."""


@dataclass(frozen=True, eq=False)
class EyePlace:
    """One eye, in the face's frame.

    Attributes:
        apex: float64 [3], the foremost point of the eyeball.
        width: between the corners, world units.
        height: of the opening.
        side: 1 is the person's left eye, -1 the right one.
    """

    apex: Floats
    width: float
    height: float
    side: int


@dataclass(frozen=True, eq=False)
class BrowPlace:
    """One brow, in the face's frame.

    Attributes:
        inner, outer: where it begins and ends, along |x|.
        curve: float64 [3], its middle line's y over |x|, highest power first.
        half: half its height.
        side: as of an eye.
        share: how surely it is there, 0..1.
    """

    inner: float
    outer: float
    curve: Floats
    half: float
    side: int
    share: float


@dataclass(frozen=True, eq=False)
class LipsPlace:
    """The lips, in the face's frame.

    Attributes:
        centre: x of the middle.
        half: half the width.
        line: float64 [3], y of the line between the lips over x from the centre, highest power first.
        upper, lower: heights of both lips in the middle.
        closed: how surely the mouth is closed, 0..1.
    """

    centre: float
    half: float
    line: Floats
    upper: float
    lower: float
    closed: float


@dataclass(frozen=True, eq=False)
class NosePlace:
    """The lower end of the nose, in the face's frame.

    Attributes:
        centre: x of the middle.
        base: y of its lower edge.
        half: half its width.
    """

    centre: float
    base: float
    half: float


@dataclass(frozen=True, eq=False)
class EarPlace:
    """One ear, in the face's frame.

    Attributes:
        middle: float64 [3].
        height, depth: half of what it spans along y and along z.
        side: as of an eye.
    """

    middle: Floats
    height: float
    depth: float
    side: int


@dataclass(frozen=True, eq=False)
class FacePlace:
    """A face's frame, features and colours.

    Attributes:
        origin: float64 [3], between the eyes, world units.
        axes: float64 [3, 3], rows: towards the person's left, up, and forward.
        apart: distance of the eyes.
        eyes: the right one and the left one.
        brows: those that were found.
        lips: None where they were not found.
        skin: float64 [3], 0..1, of cheeks and forehead.
        brow_rgb, lip_rgb: float64 [3].
        beard: 0..1, how surely the lower face is darkened by one.
        long: 0..1, how long the hair is: where it is, brows are thinner, lashes longer and lips redder.
        sure: 0..1, how surely there is a face at all.
        nose: None where it was not found.
        ears: those that were found.
    """

    origin: Floats
    axes: Floats
    apart: float
    eyes: tuple[EyePlace, EyePlace]
    brows: tuple[BrowPlace, ...]
    lips: LipsPlace | None
    skin: Floats
    brow_rgb: Floats
    lip_rgb: Floats
    beard: float
    long: float
    sure: float
    nose: NosePlace | None = None
    ears: tuple[EarPlace, ...] = ()

    def in_frame(self, points: Floats) -> Floats:
        """World points [..., 3] in the face's frame."""
        return np.asarray((points - self.origin) @ self.axes.T, np.float64)

    def features(self, points: Floats) -> Floats:
        """How far world points [N, 3] belong to the face's features and not to forehead, cheeks and jaws, 0..1 [N]."""
        x, y, z = (self.in_frame(points) / self.apart).T
        off = np.hypot(x / FEATURES[0], (y - FEATURES[2]) / FEATURES[1])
        return smooth(1.35, 0.85, off) * smooth(REAR - 0.3, REAR + 0.2, z)
