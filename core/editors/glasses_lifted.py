"""The pieces of photographed glasses: followed in the photo, lifted before the face, and given a body.

Each side is by itself, for nobody's glasses sit straight, but both rims have one shape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.editors.glasses_mesh import bent_z, bulged, evenly, mirrored, rim_path, tube
from core.editors.glasses_seat import temple_line
from core.editors.glasses_traced import Traced, calm, coloured, end_piece, traced
from core.editors.glasses_view import shares_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.editors.glasses_form import Place
    from core.editors.glasses_mesh import Triangles
    from core.editors.glasses_seat import Surface
    from core.editors.glasses_view import Lift

    Floats = NDArray[np.float64]

DEEP_EYES, FLARE = 0.05, 0.006
"""How far eyes lie behind glasses, and how far temples stand out beyond what was photographed, world units."""
PASSES, BENT_CALMED = 3, 3
"""How often rims are followed, and how often their shape is smoothed after both sides have spoken."""
DEEPEST, SURER = 0.35, 1 / 3
"""Lightness of skin in the deepest shade, beside skin; and how much liker to that than to the frame shade must be."""
LEAST_SHOWN = 0.2
"""Share of what a photo tells of a pair from which a side of it is as it was photographed."""
UNSURE = 1e-3
"""Clearness, squared, that either side has at least, so that two that show nothing speak alike."""
BRIDGE_HEIGHT, BRIDGE_POINTS = 0.55, 14
"""Where a bridge is looked for first, in heights of a lens above its centre, and at how many places."""
RIM_SIDES = 10
"""Of the cross section of rims, bridge and temples."""
HINGE_UP = 0.5
"""Hinges sit where a rim is widest, but rather further up: how much a height counts beside the same width, and up to
which height, in heights of a lens."""
END_TALL = 2.2
"""Height of the piece beyond a rim, at most, in thicknesses of the rim."""
FLAT, SHALLOW, DEEP = 0.75, 0.0024, 0.0042
"""Depth of a rim beside its width in the photo, and its bounds, world units."""
TEMPLE_TALL, TEMPLE_WIDE, TEMPLE_END = 1.3, 0.7, 0.65
"""Of a temple, beside the wire's radius: half its height and width where it begins; and what is left at its end."""


@dataclass(frozen=True, eq=False)
class PairSide:
    """One side of a pair, mirrored where it is the right one, so that x counts outwards.

    Attributes:
        lift: of the pair.
        side: 1 is the person's left one, -1 the right one.
        rim: its middle line [N, 3].
        radii: [N], half its thickness, world units.
        rgb: [N, 3], its colours.
        end: what goes on beyond it: middle line [M, 3], half thickness [M] and colours [M, 3]; M may be 0. Where only
            colours are told, they are the temple's.
    """

    lift: Lift
    side: int
    rim: Floats
    radii: Floats
    rgb: Floats
    end: tuple[Floats, Floats, Floats]

    @staticmethod
    def of(crop: NDArray[np.uint8], lift: Lift, skin: Floats, followed: tuple[int, Traced]) -> PairSide:
        """Of a side and its rim in a photo."""
        side, found = followed
        form, mirror = lift.form, np.array([side, 1, 1])
        rim = lift.lifted(found.path) * mirror
        upper = (rim[:, 1] > form.centre[1]) & (rim[:, 0] > form.centre[0])
        frame = np.median(found.rgb[upper], axis=0) if upper.any() else np.median(found.rgb, axis=0)
        beyond = end_piece(crop, found, side, skin, frame)
        beyond = None if beyond is not None and is_shade(np.median(beyond.rgb, axis=0), skin, frame) else beyond
        nothing = (np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3)))
        end = nothing if beyond is None else (lift.lifted(beyond.path) * mirror, beyond.half * lift.unit, beyond.rgb)
        if max(shares_of(lift.camera)) > 1 - LEAST_SHOWN:
            # what is seen beyond the rim from there is the temple
            end = nothing[0], nothing[1], end[2]
        return PairSide(lift, side, rim, found.half * lift.unit, found.rgb, end)

    @property
    def is_lost(self) -> bool:
        """Whether the rim lies beside its place: the far one of a face that is turned away is a few pixels wide."""
        beyond = self.rim[:, 0] > self.lift.form.centre[0]
        return bool(beyond.all() or not beyond.any())

    def lens(self) -> Triangles:
        """The lens, in its place."""
        middle = np.array([*self.rim[:, :2].mean(axis=0), 0.0])
        middle[2] = float(bent_z(self.lift.form, middle[:1])[0])
        return self._placed(bulged(self.rim, middle, lambda x: bent_z(self.lift.form, x)))

    def drawn(self, surface: Surface, place: Place) -> list[tuple[Triangles, Floats]]:
        """Rim, end piece and temple, each with the colours of its points [V, 3]."""
        form = self.lift.form
        depth = np.clip(FLAT * self.radii, SHALLOW, DEEP)
        rim = tube(self.rim, np.stack([self.radii, depth], axis=1), (0, 0, 1), RIM_SIDES, closed=True)
        pieces = [] if form.rimless else [(self._placed(rim), np.repeat(self.rgb, RIM_SIDES, axis=0))]
        line, radii, rgb = self.end
        height = np.minimum(self.rim[:, 1] - form.centre[1], HINGE_UP * form.upper)
        outer = int((self.rim[:, 0] + HINGE_UP * height).argmax())
        hinge, wire = self.rim[outer], max(self.radii[outer], SHALLOW)
        tone = np.median(rgb, axis=0) if len(rgb) else self.rgb[outer]
        if len(line) > 1:
            # from within the rim, so that no gap is seen
            line = np.concatenate([[[line[0, 0] - 2 * wire, *line[0, 1:]]], line])
            radii = np.concatenate([[wire], np.minimum(radii, END_TALL * wire)])
            radii, rgb = calm(radii, BENT_CALMED, closed=False), np.concatenate([rgb[:1], rgb])
            thick = np.stack([radii, np.clip(FLAT * radii, SHALLOW, DEEP)], axis=1)
            pieces.append((self._placed(tube(line, thick, (0, 0, 1), RIM_SIDES)), _along(rgb, RIM_SIDES)))
            hinge, wire = line[-1], float(np.clip(radii[-1], SHALLOW, DEEP))
        begun = replace(form, hinge_y=float(hinge[1]), half_width=float(hinge[0]) - form.centre[0] - form.wire)
        temple = temple_line(begun, surface, place[1], form.front_z - DEEP_EYES, FLARE)
        thin = np.linspace(1, TEMPLE_END, len(temple))[:, None] * wire
        mesh = tube(temple, thin * [TEMPLE_WIDE, TEMPLE_TALL], (0, 1, 0), RIM_SIDES)
        pieces.append((self._placed(mesh), np.tile(tone, (len(mesh[0]), 1))))
        return pieces

    def _placed(self, mesh: Triangles) -> Triangles:
        return mesh if self.side > 0 else mirrored(mesh)


def is_shade(rgb: Floats, skin: Floats, frame: Floats) -> bool:
    """Whether a colour [3] is rather that of skin in the shade of a temple than that of the frame."""
    share = float(np.clip(rgb @ skin / max(float(skin @ skin), 1e-6), DEEPEST, 1))
    return float(np.linalg.norm(rgb - share * skin)) < SURER * float(np.linalg.norm(rgb - frame))


def both_sides(crop: NDArray[np.uint8], lift: Lift, skin: Floats) -> list[PairSide] | None:
    """Left and right side of a pair; the one in the place of the other where a photo hardly shows that, or None."""
    sides = [PairSide.of(crop, lift, skin, rim) for rim in rims_of(crop, lift, skin)]
    shown = [
        share > LEAST_SHOWN and not side.is_lost for share, side in zip(shares_of(lift.camera), sides, strict=True)
    ]
    found = [side for side, is_shown in zip(sides, shown, strict=True) if is_shown]
    if not found:
        return None
    return [
        side if is_shown else replace(found[0], side=side.side) for side, is_shown in zip(sides, shown, strict=True)
    ]


def rims_of(crop: NDArray[np.uint8], lift: Lift, skin: Floats) -> list[tuple[int, Traced]]:
    """Both rims in a photo: each in its own place, and of one shape, for which the clearer one of both speaks."""
    line = rim_path(lift.form)
    paths = [lift.projected(line * [side, 1, 1]) for side in (1, -1)]
    found: list[Traced] = []
    for _ in range(PASSES):
        paths = [evenly(path) for path in paths]
        found = [traced(crop, path, lift.form.wire / lift.unit, skin) for path in paths]
        # x counts outwards on both sides
        moved = np.stack([(one.path - path) * [side, 1] for side, one, path in zip((1, -1), found, paths, strict=True)])
        place = np.median(moved, axis=1, keepdims=True)
        clear = (np.stack([one.clear for one in found]) ** 2 + UNSURE) * np.array(shares_of(lift.camera))[:, None]
        clear /= clear.sum(axis=0)
        bent = calm(((moved - place) * clear[..., None]).sum(axis=0), BENT_CALMED, closed=True)
        half = calm(sum(one.half * share for one, share in zip(found, clear, strict=True)), BENT_CALMED, closed=True)
        paths = [path + (own + bent) * [side, 1] for side, own, path in zip((1, -1), place, paths, strict=True)]
    return [
        (side, Traced(path, half, coloured(crop, path, half, skin), one.clear))
        for side, path, one in zip((1, -1), paths, found, strict=True)
    ]


def bridge_of(crop: NDArray[np.uint8], lift: Lift, skin: Floats, sides: list[PairSide]) -> tuple[Triangles, Floats]:
    """The bridge between both rims, with the colours of its points."""
    form = lift.form
    height = form.centre[1] + BRIDGE_HEIGHT * form.upper
    ends = []
    for side in sides:
        inner = side.rim[side.rim[:, 0] < form.centre[0]]
        ends.append(inner[np.abs(inner[:, 1] - height).argmin()] * [side.side, 1, 1])
    straight = np.linspace(0, 1, BRIDGE_POINTS)[:, None] * (ends[0] - ends[1]) + ends[1]
    found = traced(crop, lift.projected(straight), form.wire / lift.unit, skin, closed=False)
    line = lift.lifted(found.path)
    # the ends lie within the rims
    line[0], line[-1] = ends[1], ends[0]
    radii = np.full(len(line), np.median(found.half)) * lift.unit
    thick = np.stack([radii, np.clip(FLAT * radii, SHALLOW, DEEP)], axis=1)
    return tube(line, thick, (0, 0, 1), RIM_SIDES), _along(found.rgb, RIM_SIDES)


def _along(rgb: Floats, sides: int) -> Floats:
    """Colours [N, 3] of a line for the points of an open tube around it."""
    return np.concatenate([np.repeat(rgb, sides, axis=0), rgb[:1], rgb[-1:]])
