"""A pair of glasses that a head wears: clean shapes instead of density, so that they stay as sharp as glass and wire.

A head model can only smear what is thinner than its grid, and paints what lies behind a lens onto it. Glasses that were
put on are drawn over the head by each pixel's depth instead (`core.rendering.eyewear`), and join exported meshes.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.photo_detail import with_detail

Rgb = tuple[float, float, float]
LENS_DEEP = 0.04
"""How far rims reach back behind the middle of the lenses, world units; temples go on behind."""


@dataclass(frozen=True, kw_only=True)
class GlassesForm:
    """What a pair looks like. Lengths are world units, in the place of the head that they were measured on.

    Both lenses are superellipses, |x / half_width|^n + |y / half_height|^n = 1, mirrored about `middle_x`, whose radii
    are drawn out or in where `outline` says so.

    Attributes:
        middle_x: of the bridge.
        centre: x from the middle, and y, of the left lens.
        front_z: of the rims at the lenses' centres.
        half_width: of a lens, to the middle of its rim.
        upper: height of a lens above its centre.
        lower: the same below.
        squareness: n; 2 is round.
        wire: radius of the rim.
        hinge_y: where the temples begin.
        frame_rgb: 0..1.
        lens_rgb: 0..1.
        lens_opacity: 0 is clear glass.
        veiled: the lenses are known as glasses by who looks at them, not as what lies behind.
        outline: factors of the radii of the left lens at even angles, anticlockwise as seen from the front, from its
            outer end; none leaves the superellipse.
        lower_rgb: of the lower half of the rims, 0..1; None where it is the frame's.
        rimless: no wire runs around the lenses.
    """

    middle_x: float
    centre: tuple[float, float]
    front_z: float
    half_width: float
    upper: float
    lower: float
    squareness: float
    wire: float
    hinge_y: float
    frame_rgb: Rgb
    lens_rgb: Rgb
    lens_opacity: float
    veiled: bool
    outline: tuple[float, ...] = ()
    lower_rgb: Rgb | None = None
    rimless: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class GlassesPhoto:
    """What a photo showed of a pair, for who looks from where it was taken: no shape is as true there.

    Attributes:
        picture: uint8 [S, S, 3]; never written in place.
        cover: uint8 [S, S], 255 where the pair and what is behind its lenses are seen.
        camera: the photo's.
        detail: int8 [F, F, 3], what the photo shows finer than `picture`; None where it has no more pixels.
    """

    picture: NDArray[np.uint8]
    cover: NDArray[np.uint8]
    camera: Camera
    detail: NDArray[np.int8] | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GlassesPhoto):
            return NotImplemented
        names = ("picture", "cover", "detail")
        same = all(np.array_equal(getattr(self, name), getattr(other, name)) for name in names)
        return same and self.camera == other.camera

    def __hash__(self) -> int:
        return hash(self.camera)

    @cached_property
    def fine(self) -> NDArray[np.uint8]:
        """The picture as fine as the photo is, uint8 [F, F, 3]."""
        return self.picture if self.detail is None else with_detail(self.picture, self.detail)


@dataclass(frozen=True, kw_only=True, eq=False)
class Eyewear:
    """A pair in the place where it is worn. Arrays are never written in place.

    Attributes:
        form: what it looks like.
        frame_points: float32 [V, 3], world units; rims, bridge and temples, each a closed tube.
        frame_faces: int32 [F, 3], wound anticlockwise as seen from outside.
        lens_points: float32 [L, 3].
        lens_faces: int32 [M, 3], one side of thin shells, wound as seen from the front.
        strength: 0 is not there, 1 wholly.
        paint: float32 [V, 3], 0..1, the frame's colour at each of its points; None where it is the form's.
        photo: of the pair; None where it was not photographed, or has another colour now.
    """

    form: GlassesForm
    frame_points: NDArray[np.float32]
    frame_faces: NDArray[np.int32]
    lens_points: NDArray[np.float32]
    lens_faces: NDArray[np.int32]
    strength: float = 1.0
    paint: NDArray[np.float32] | None = None
    photo: GlassesPhoto | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Eyewear):
            return NotImplemented
        same = (self.form, self.strength, self.photo) == (other.form, other.strength, other.photo)
        return same and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("frame_points", "lens_points", "paint")
        )

    def __hash__(self) -> int:
        return hash((self.form, self.strength))

    def weaker(self, share: float) -> "Eyewear":
        """The pair taken off as far as `share`, 0..1."""
        return replace(self, strength=self.strength * (1 - min(1.0, share)))

    def in_colour(self, rgb: Rgb, share: float) -> "Eyewear":
        """The pair with another colour of its frame, as far as `share`, 0..1."""

        def mixed(own: Rgb) -> Rgb:
            red, green, blue = (float((1 - share) * a + share * b) for a, b in zip(own, rgb, strict=True))
            return red, green, blue

        below = self.form.lower_rgb
        form = replace(self.form, frame_rgb=mixed(self.form.frame_rgb), lower_rgb=below and mixed(below))
        colour = np.asarray(rgb, np.float32)
        painted = None if self.paint is None else self.paint + np.float32(share) * (colour - self.paint)
        return replace(self, form=form, paint=painted, photo=None if share else self.photo)

    def colours(self) -> NDArray[np.float32]:
        """The frame's colour at each of its points, float32 [V, 3], 0..1."""
        if self.paint is not None:
            return self.paint
        below = np.asarray(self.form.lower_rgb or self.form.frame_rgb, np.float32)
        return np.where(self.is_lower()[:, None], below, np.asarray(self.form.frame_rgb, np.float32))

    def is_lower(self) -> NDArray[np.bool_]:
        """Which points of the frame have the colour of its lower half, bool [V]."""
        x, y, z = (self.frame_points - [self.form.middle_x, self.form.centre[1], self.form.front_z]).T
        reach = self.form.centre[0] + self.form.half_width + 2 * self.form.wire
        return np.asarray((y < 0) & (np.abs(x) < reach) & (z > -LENS_DEEP))
