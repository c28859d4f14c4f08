"""Glasses that a photo shows, worn as shapes by the head that was made of it.

The outline of both lenses is measured on the photo as on any head, then rims, bridge and end pieces are followed in
its pixels, each side by itself, and put before the face where the photo's camera saw them: from there they lie on what
was photographed, in its colours. The field gives up what it has of glasses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.base_planes import base_planes
from core.editors.glasses_form import cheek_tone, described, outlined
from core.editors.glasses_lifted import both_sides, bridge_of
from core.editors.glasses_mesh import joined
from core.editors.glasses_outline import lower_tone
from core.editors.glasses_seat import Surface, clearing
from core.editors.glasses_view import Lift, place_of, sides_of
from core.editors.head_parts import HeadParts
from core.editors.tidying import tidied
from core.eyewear import Eyewear
from core.formed_field import FormedField
from core.generators.bareness import can_go_without, latents_without
from core.grafted_field import RemappedField
from core.mask import PARTS
from core.rendering.glasses_seen import silhouettes
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.camera import Camera
    from core.editors.glasses_form import Place, Sides
    from core.editors.glasses_lifted import PairSide
    from core.eyewear import GlassesForm, Rgb
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
THIN_HAIR = 0.008
"""Hair over which temples run, world units: that of photographed heads stands off further than it did."""
STANDS_OFF = 0.004
"""How much farther from the face than they must photographed glasses are held to be, world units."""
LEAST_CALLED = 0.5
"""Chance from which a pixel counts as photographed glasses."""


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
    surface = Surface.of(wearer, place[0], THIN_HAIR)
    first = _measured(sides_of(crop, camera, parts, place), place)
    if first is None:
        return None
    # from the side, where glasses are seen hangs on how far they stand off
    place = (*place[:2], place[2] + clearing(first[0], surface) + STANDS_OFF)
    measured = _measured(sides_of(crop, camera, parts, place), place)
    if measured is None:
        return None
    form, skin = measured
    lift = Lift(camera, form, size)
    both = both_sides(crop, lift, skin)
    if both is None:
        return None
    above, below = _colours_of(both)
    form = replace(form, frame_rgb=above, lower_rgb=lower_tone(above, below))
    drawn = [piece for side in both for piece in side.drawn(surface, place)]
    drawn.append(bridge_of(crop, lift, skin, both))
    points, faces = joined([mesh for mesh, _ in drawn])
    lens, lens_faces = joined([side.lens() for side in both])
    middle = [form.middle_x, 0, 0]
    return Eyewear(
        form=form,
        frame_points=(points + middle).astype(np.float32),
        frame_faces=faces.astype(np.int32),
        lens_points=(lens + middle).astype(np.float32),
        lens_faces=lens_faces.astype(np.int32),
        paint=np.concatenate([rgb for _, rgb in drawn]).clip(0, 1).astype(np.float32),
    )


def _measured(sides: Sides, place: Place) -> tuple[GlassesForm, Floats] | None:
    """A pair that a photographed face wears, and the colour [3] of its cheeks; None where either is not told."""
    outline = outlined(sides)
    if outline is None:
        return None
    form, tone = described(sides, outline, place), cheek_tone(sides, outline)
    return None if form is None or tone is None else (form, tone.astype(np.float64))


def _colours_of(both: list[PairSide]) -> tuple[Rgb, Rgb]:
    """The colours, in few, of the upper and of the lower halves of rims, as they were photographed."""
    found = []
    for way in (1, -1):
        chosen = [side.rgb[way * (side.rim[:, 1] - side.rim[:, 1].mean()) > 0] for side in both]
        red, green, blue = np.median(np.concatenate(chosen), axis=0).clip(0, 1).tolist()
        found.append((red, green, blue))
    return found[0], found[1]
