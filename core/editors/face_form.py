"""The face that a photo's landmarks show, pressed into the head that was found for the photo.

One photo says little about depth, and a small generator's faces are blurred below a few millimetres: from the side,
and as a mesh, a head that was fitted to a photo has lumps for a nose and none for lids. So the face of a linear model
is fitted to the landmarks (`core.editors.face_shapes`), and the field is told to have its surface there
(`core.formed_field`), in the parts of the face that the field shows as skin; hair and glasses stay where they are. Each
point of the face finds the field's own surface along the line of sight, so through the photo's camera nothing moves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.editors.clothes_form import clothes_form
from core.editors.face_shapes import fitted_face
from core.editors.face_target import Target
from core.editors.field_look import HALF, looked
from core.editors.form_nodes import THRESHOLD, form_of
from core.editors.head_cover import cover_of
from core.editors.tidying import tidied
from core.formed_field import FormedField
from core.frame import Quality
from core.rendering.kept_grid import keep_grid
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels
from core.rendering.renderer import HeadRenderer
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.camera import Camera
    from core.editors.head_cover import Cover
    from core.field import Field
    from core.formed_field import Form
    from core.head import Head
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid
    from core.shown_person import ShownPerson

    Array = NDArray[np.float64]

MOST_MISFIT = 0.012
"""Of the fitted face, picture widths: beyond, the landmarks are of no face that the model knows."""
SAMPLES = 72
"""Looked at along a ray for the depth of a landmark."""
SOLID = 60.0
"""Raw density of the surface."""
SOLIDS, EMPTIEST, EVERY = 200, 2, 24
"""Points of the target that are looked at for what goes with nothing; and of which share of a coarse grid, from the
emptiest, every how many places are tried."""
ABOVE_CHIN = 0.1
"""How far above the chin clothes may reach, world units."""
SMOOTHINGS = 2
"""How often what one point says is mixed with what its neighbours do."""


def formed(generator: Generator, field: Field, camera: Camera, uv: Array, shown: ShownPerson | None = None) -> Field:
    """A field with the face that a photo shows; the very same one where that cannot be told.

    Args:
        generator: decodes it, with its tuning.
        field: a head's.
        camera: the photo's.
        uv: float64 [468, 2] landmarks of the face mesh in the camera's picture, 0..1.
        shown: what that picture shows, for the photo knows better than the field where hair is and where the head ends;
            None where nothing can tell.
    """
    if not generator.info.parts:
        return field
    face = fitted_face(uv, camera, depth_along(generator, field, camera, uv))
    if face.misfit > MOST_MISFIT:
        return field
    cover = cover_of(generator, field, camera, Target.of(face), shown)
    if cover is None:
        return field
    nothing = _nothing(generator, field, cover)
    made = FormedField(field, form_of(cover, _air(generator, field, cover, nothing)), nothing)
    grid = field_grid(generator, made, part_labels)
    dressed, grid = _dressed(generator, made, grid, cover, camera, shown)
    # what the forms have cut off from the head
    rest = tidied(generator, field, grid)
    if rest is field:
        keep_grid(generator, grid)  # who draws the head will ask for it
    made = replace(made, base=rest)
    return made if dressed is None else FormedField(made, dressed, nothing)


def _dressed(
    generator: Generator, made: FormedField, grid: FieldGrid, cover: Cover, camera: Camera, shown: ShownPerson | None
) -> tuple[Form | None, FieldGrid]:
    """The form of a head's clothes, None where it has none, and the grid [Z, Y, X] of the head with it."""
    chin = cover.target.points[cover.target.face > 0.5][:, 1].min()

    def thin(points: Array) -> float:
        if not len(points):
            return THRESHOLD
        some = torch.from_numpy(points[:: max(1, len(points) // SOLIDS)]).float().to(made.device)
        return float(np.median(_ceasing(generator, sampler_of(made)(some), made.nothing)))

    dressed = clothes_form(grid, chin + ABOVE_CHIN, thin, camera, shown)
    if dressed is None:
        return None, grid
    return dressed, field_grid(generator, FormedField(made, dressed, made.nothing), part_labels, below=grid)


def with_own_form(generator: Generator, head: Head) -> Head:
    """A head without a photo, with the face that its own picture shows; the very same one where none is found.

    Args:
        generator: the head's, without its tuning.
        head: as it was drawn. Landmarks are those of its picture as it is shown, but without glasses.
    """
    from core.align import find_meshes

    frame = HeadRenderer(generator, replace(head, eyewear=None)).render(head.camera, Quality.NEAR)
    found = find_meshes(frame.rgb)
    if not found:
        return head
    uv = found[0][1].points[:, :2].astype(np.float64) / len(frame.rgb)
    tuned = generator.tuned(head.delta) if head.delta else generator
    field = formed(tuned, head.trigrid, head.camera, uv)
    return head if field is head.trigrid else replace(head, trigrid=field)


def depth_along(generator: Generator, field: Field, camera: Camera, uv: Array) -> Array:
    """Depth [N] along the camera's z at which it sees the field through places of its picture [N, 2]; nan beside it."""
    local = np.column_stack([(uv - 0.5) / camera.focal, np.ones(len(uv))])
    along = local @ camera.world_from_camera[:3, :3].T
    distance = camera.radius + np.linspace(-0.4, 0.1, SAMPLES)
    points = camera.position + along[:, None] * distance[None, :, None]
    density = looked(generator, field, points)
    reached = torch.cumsum(density, 1) * float(distance[1] - distance[0]) > -np.log(1 - HALF)
    depth: Array = np.where(reached.any(1).numpy(), distance[reached.float().argmax(1).numpy()], np.nan)
    return depth


def _nothing(generator: Generator, field: Field, cover: Cover) -> Tensor:
    """Features [C] of a place where there is nothing: those that least make other parts of solid ones mixed with them.

    The mix is what a surface shows, and half-way between skin and some empty place a decoder may see cloth.
    """
    at = torch.linspace(-0.48, 0.48, 12, device=field.device) * field.box_side
    grid = torch.stack(torch.meshgrid(at, at, at, indexing="ij"), -1).view(-1, 3)
    told = np.flatnonzero(cover.weight > 0.5)
    some = told[:: max(1, len(told) // SOLIDS)]
    feet = torch.from_numpy((cover.target.points + cover.inside)[some]).float().to(field.device)
    sample = sampler_of(field)
    with torch.no_grad():
        raw, _ = generator.decode(sample(grid))
        empty = sample(grid[raw.argsort()[: len(grid) // EMPTIEST : EVERY]])
        solid = sample(feet)
        own = _parts(generator, solid)
        mixed = torch.lerp(solid[None], empty[:, None].expand(-1, len(solid), -1), THRESHOLD)
        kept = (_parts(generator, mixed.flatten(0, 1)).view(len(empty), *own.shape) * own).sum(2).mean(1)
    return empty[kept.argmax()]


def _parts(generator: Generator, features: Tensor) -> Tensor:
    """Chances of the generator's parts [N, parts] that features [N, C] show."""
    logits = generator.label_logits(generator.decode(features)[1])
    assert logits is not None
    return logits.softmax(1)


def _air(generator: Generator, field: Field, cover: Cover, nothing: Tensor) -> Array:
    """Share of nothing at which what is solid below each point of the target ceases to be, [P]."""
    told = cover.weight > 0
    some = torch.from_numpy((cover.target.points + cover.inside)[told]).float().to(field.device)
    air = np.full(len(told), THRESHOLD)
    air[told] = _ceasing(generator, sampler_of(field)(some), nothing)
    return cover.target.smoothed(air, cover.weight + 1e-9, SMOOTHINGS)


def _ceasing(generator: Generator, solid: Tensor, nothing: Tensor) -> Array:
    """Share [N] of nothing [C] at which what has features [N, C] ceases to be solid."""
    with torch.no_grad():
        shares = np.linspace(0, 0.8, 11)
        mixed = [torch.lerp(solid, nothing.expand_as(solid), float(share)) for share in shares]
        raw = torch.stack([generator.decode(one)[0] for one in mixed], 1).cpu().numpy()
    last = np.maximum((raw > SOLID).cumprod(1).sum(1) - 1, 0)
    number = np.arange(len(raw))
    above, below = raw[number, last], raw[number, np.minimum(last + 1, len(shares) - 1)]
    part = np.clip((above - SOLID) / np.maximum(above - below, 1e-6), 0, 1)
    return np.asarray((last + part) * shares[1], np.float64)
