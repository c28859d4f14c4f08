"""Glasses that a photo shows, worn as shapes by the head that was made of it.

The outline of both lenses is measured on the photo as on any head, then rims, bridge and end pieces are followed in
its pixels, each side by itself, and put before the face where the photo's camera saw them: from there they lie on what
was photographed, in its colours. The field gives up what it has of glasses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.base_planes import base_planes
from core.editors.glasses_form import described, outlined
from core.editors.glasses_mesh import bent_z, bulged, evenly, joined, mirrored, rim_path, tube
from core.editors.glasses_seat import Surface, clearing, temple_line
from core.editors.glasses_traced import Traced, calm, coloured, end_piece, traced
from core.editors.glasses_view import Lift, place_of, sides_of, skin_of
from core.editors.head_parts import HeadParts
from core.editors.tidying import tidied
from core.eyewear import Eyewear
from core.formed_field import FormedField
from core.generators.bareness import can_go_without, latents_without
from core.grafted_field import RemappedField
from core.mask import PARTS
from core.rendering.eyewear import silhouettes
from core.rendering.occupancy import field_grid
from core.rendering.renderer import part_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.camera import Camera
    from core.editors.glasses_form import Place
    from core.editors.glasses_mesh import Triangles
    from core.field import Field
    from core.head import Head
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid
    from core.trigrid import Trigrid

    Floats = NDArray[np.float64]

LEFT_EYE, RIGHT_EYE = (263, 362, 386, 374), (33, 133, 159, 145)
"""Corners and lids in the 468-point face mesh."""
LEAST_SHARE = 4e-3
"""Share of a photo's crop that glasses fill."""
LEAST_ALIKE = 0.6
"""What drawn and photographed glasses must have in common, of what either covers: below, they were misread."""
LEAST_CALLED = 0.5
"""Chance from which a pixel counts as photographed glasses."""
DEEP_EYES, FLARE = 0.05, 0.006
"""How far eyes lie behind glasses, and how far temples stand out beyond what was photographed, world units."""
PASSES, BENT_CALMED = 3, 3
"""How often rims are followed, and how often their shape is smoothed after both sides have spoken."""
THIN_HAIR = 0.008
"""Hair over which temples run, world units: that of photographed heads stands off further than it did."""
BRIDGE_HEIGHT = 0.55
"""Where a bridge is looked for first, in heights of a lens above its centre."""
RIM_SIDES, BRIDGE_POINTS = 10, 14
END_TALL = 2.2
"""Height of the piece beyond a rim, at most, in thicknesses of the rim."""
FLAT, SHALLOW, DEEP = 0.75, 0.0024, 0.0042
"""Depth of a rim beside its width in the photo, and its bounds, world units."""
TEMPLE_TALL, TEMPLE_WIDE, TEMPLE_END = 1.3, 0.7, 0.65
"""Of a temple, beside the wire's radius: half its height and width where it begins; and what is left at its end."""


def worn_as_photographed(generator: Generator, head: Head, alignment: Alignment, parts: NDArray[np.float32]) -> Head:
    """The head with the photo's glasses on as shapes; the very same one where the photo shows none that can be read.

    Args:
        generator: the head's, without its tuning.
        head: found for the photo, without edits.
        alignment: the photo's.
        parts: chances of `core.mask.PARTS` in its crop, [parts, S, S].
    """
    called = parts[PARTS.index("glasses")] > LEAST_CALLED
    planes = base_planes(head.trigrid)
    if planes is None or called.mean() < LEAST_SHARE or not can_go_without(generator, "glasses"):
        return head
    tuned = generator.tuned(head.delta) if head.delta else generator
    with torch.no_grad():
        latents = latents_without(generator, head.latents, "glasses")
        # tuning has moved the planes of the old latents; it moves those of the new ones alike
        was, now = (base_planes(tuned.trigrid(one)) for one in (head.latents, latents))
        if was is None or now is None:
            return head
        bare = _on_planes(head.trigrid, planes.with_planes(now.planes + planes.planes - was.planes))
        grid = field_grid(tuned, bare, part_labels)
        pair = photographed_pair(alignment, head.camera, parts, HeadParts.of(tuned, bare, grid))
        if pair is None or alike(pair, head.camera, called) < LEAST_ALIKE:
            return head
        return replace(head, latents=latents, trigrid=_tidied(tuned, bare, grid), eyewear=pair)


def _on_planes(field: Field, planes: Trigrid) -> Field:
    """A field that is made of planes, made of other ones."""
    if isinstance(field, RemappedField | FormedField):
        return replace(field, base=_on_planes(field.base, planes))
    return planes


def _tidied(generator: Generator, field: Field, grid: FieldGrid) -> Field:
    """A field without the bits of frames that now hang in the air; a form stays outermost."""
    if isinstance(field, FormedField):
        return replace(field, base=tidied(generator, field.base, grid))
    return tidied(generator, field, grid)


def alike(pair: Eyewear, camera: Camera, called: NDArray[np.bool_]) -> float:
    """Intersection over union of drawn glasses and of what a photo [S, S] shows of some."""
    from scipy.ndimage import binary_fill_holes

    frame, lenses = silhouettes(camera, pair, len(called))
    drawn, seen = frame | lenses, binary_fill_holes(called)
    return float((drawn & seen).sum() / max((drawn | seen).sum(), 1))


def photographed_pair(
    alignment: Alignment, camera: Camera, parts: NDArray[np.float32], wearer: HeadParts
) -> Eyewear | None:
    """The glasses that a photo shows, before a head; None where none can be made out."""
    crop, size = alignment.crop, len(alignment.crop)
    eyes = [alignment.landmarks_in_crop[list(eye)].mean(axis=0) / size for eye in (LEFT_EYE, RIGHT_EYE)]
    place = place_of(camera, np.stack(eyes), wearer)
    sides = sides_of(crop, camera, parts, place)
    outline = outlined(sides)
    form = None if outline is None else described(sides, outline, place)
    skin = None if outline is None else skin_of(sides, outline)
    if form is None or skin is None:
        return None
    surface = Surface.of(wearer, form.middle_x, THIN_HAIR)
    form = replace(form, front_z=form.front_z + clearing(form, surface))
    lift = Lift(camera, form, size)
    pieces = [_Side.of(crop, lift, skin, rim) for rim in _rims(crop, lift, skin)]
    meshes, colours = [], []
    for piece in pieces:
        for mesh, rgb in piece.drawn(surface, place):
            meshes.append(mesh)
            colours.append(rgb)
    mesh, rgb = _bridge(crop, lift, skin, pieces)
    points, faces = joined([*meshes, mesh])
    lens, lens_faces = joined([piece.lens() for piece in pieces])
    middle = [form.middle_x, 0, 0]
    return Eyewear(
        form=form,
        frame_points=(points + middle).astype(np.float32),
        frame_faces=faces.astype(np.int32),
        lens_points=(lens + middle).astype(np.float32),
        lens_faces=lens_faces.astype(np.int32),
        paint=np.concatenate([*colours, rgb]).clip(0, 1).astype(np.float32),
    )


@dataclass(frozen=True, eq=False)
class _Side:
    """One side of a pair, mirrored where it is the right one, so that x counts outwards.

    Attributes:
        lift: of the pair.
        side: 1 is the person's left one, -1 the right one.
        rim: its middle line [N, 3].
        radii: [N], half its thickness, world units.
        rgb: [N, 3], its colours.
        end: what goes on beyond it: middle line [M, 3], half thickness [M] and colours [M, 3]; M may be 0.
    """

    lift: Lift
    side: int
    rim: Floats
    radii: Floats
    rgb: Floats
    end: tuple[Floats, Floats, Floats]

    @staticmethod
    def of(crop: NDArray[np.uint8], lift: Lift, skin: Floats, followed: tuple[int, Traced]) -> _Side:
        """Of a side and its rim in a photo."""
        side, found = followed
        form, mirror = lift.form, np.array([side, 1, 1])
        rim = lift.lifted(found.path) * mirror
        upper = (rim[:, 1] > form.centre[1]) & (rim[:, 0] > form.centre[0])
        frame = np.median(found.rgb[upper], axis=0) if upper.any() else np.median(found.rgb, axis=0)
        beyond = end_piece(crop, found, side, skin, frame)
        nothing = (np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3)))
        end = nothing if beyond is None else (lift.lifted(beyond.path) * mirror, beyond.half * lift.unit, beyond.rgb)
        return _Side(lift, side, rim, found.half * lift.unit, found.rgb, end)

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
        outer = int((self.rim[:, 0] + 0.5 * np.minimum(self.rim[:, 1] - form.centre[1], 0.5 * form.upper)).argmax())
        hinge, wire, tone = self.rim[outer], max(self.radii[outer], SHALLOW), self.rgb[outer]
        if len(line) > 1:
            # from within the rim, so that no gap is seen
            line = np.concatenate([[[line[0, 0] - 2 * wire, *line[0, 1:]]], line])
            radii = np.concatenate([[wire], np.minimum(radii, END_TALL * wire)])
            radii, rgb = calm(radii, BENT_CALMED, closed=False), np.concatenate([rgb[:1], rgb])
            thick = np.stack([radii, np.clip(FLAT * radii, SHALLOW, DEEP)], axis=1)
            pieces.append((self._placed(tube(line, thick, (0, 0, 1), RIM_SIDES)), _along(rgb, RIM_SIDES)))
            hinge, wire, tone = line[-1], float(np.clip(radii[-1], SHALLOW, DEEP)), np.median(rgb, axis=0)
        begun = replace(form, hinge_y=float(hinge[1]), half_width=float(hinge[0]) - form.centre[0] - form.wire)
        temple = temple_line(begun, surface, place[1], form.front_z - DEEP_EYES, FLARE)
        thin = np.linspace(1, TEMPLE_END, len(temple))[:, None] * wire
        mesh = tube(temple, thin * [TEMPLE_WIDE, TEMPLE_TALL], (0, 1, 0), RIM_SIDES)
        pieces.append((self._placed(mesh), np.tile(tone, (len(mesh[0]), 1))))
        return pieces

    def _placed(self, mesh: Triangles) -> Triangles:
        return mesh if self.side > 0 else mirrored(mesh)


def _rims(crop: NDArray[np.uint8], lift: Lift, skin: Floats) -> list[tuple[int, Traced]]:
    """Both rims in a photo: each in its own place, and of one shape, for which the clearer one of both speaks."""
    line = rim_path(lift.form)
    paths = [lift.projected(line * [side, 1, 1]) for side in (1, -1)]
    found: list[Traced] = []
    for _ in range(PASSES):
        # x counts outwards on both sides
        shapes = [evenly(path) * [side, 1] for side, path in zip((1, -1), paths, strict=True)]
        paths = [shape * [side, 1] for side, shape in zip((1, -1), shapes, strict=True)]
        found = [traced(crop, path, lift.form.wire / lift.unit, skin) for path in paths]
        moved = np.stack([(one.path - path) * [side, 1] for side, one, path in zip((1, -1), found, paths, strict=True)])
        place = np.median(moved, axis=1, keepdims=True)
        clear = np.stack([one.clear for one in found]) ** 2 + 1e-3
        clear /= clear.sum(axis=0)
        bent = calm(((moved - place) * clear[..., None]).sum(axis=0), BENT_CALMED, closed=True)
        half = calm(sum(one.half * share for one, share in zip(found, clear, strict=True)), BENT_CALMED, closed=True)
        paths = [path + (own + bent) * [side, 1] for side, own, path in zip((1, -1), place, paths, strict=True)]
    return [
        (side, Traced(path, half, coloured(crop, path, half, skin), one.clear))
        for side, path, one in zip((1, -1), paths, found, strict=True)
    ]


def _bridge(crop: NDArray[np.uint8], lift: Lift, skin: Floats, sides: list[_Side]) -> tuple[Triangles, Floats]:
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
