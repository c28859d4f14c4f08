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

from core.editors.face_shapes import fitted_face
from core.editors.face_target import Target
from core.editors.field_look import HALF, looked
from core.editors.head_cover import cover_of
from core.editors.tidying import tidied
from core.formed_field import FAINT, Form, FormedField
from core.frame import Quality
from core.ramp import smooth
from core.rendering.kept_grid import keep_grid
from core.rendering.occupancy import field_grid
from core.rendering.renderer import HeadRenderer, part_labels
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.camera import Camera
    from core.editors.head_cover import Cover
    from core.field import Field
    from core.head import Head
    from core.protocols import Generator

    Array = NDArray[np.float64]

MOST_MISFIT = 0.012
"""Of the fitted face, picture widths: beyond, the landmarks are of no face that the model knows."""
SAMPLES = 72
"""Looked at along a ray for the depth of a landmark."""
SOLID, THRESHOLD = 60.0, 0.35
"""Raw density of the surface, and the share of nothing at it for which distances are told."""
SPACING = 0.0035
"""Of the nodes, world units: 2 mm."""
WHOLE, FADING = 0.015, 0.013
"""Distance from the head up to which the field is told entirely, and over how much more it is told less and less, world
units."""
INWARDS = 0.006
"""Depth from which features are fetched from further inside, world units."""
RAMP, DENSE = 0.024, 0.003
"""Thickness over which the field thins out, and how far behind the surface of its density one sees it, world units."""
TOUCHING, CLOSE, BLURRED = 8, 0.012, 0.005
"""Points of the face that decide about a node, up to that distance from it, and over which distance none of them
decides alone, world units: else each would be a dimple."""
SMOOTHINGS = 2
"""How often what one point says is mixed with what its neighbours do."""
LOOK_PX = 64
"""Side of the feature picture in which the face of a head without a photo is found."""


def formed(generator: Generator, field: Field, camera: Camera, uv: Array) -> Field:
    """A field with the face that a photo shows; the very same one where that cannot be told.

    Args:
        generator: decodes it, with its tuning.
        field: a head's.
        camera: the photo's.
        uv: float64 [468, 2] landmarks of the face mesh in the camera's picture, 0..1.
    """
    if not generator.info.parts:
        return field
    face = fitted_face(uv, camera, depth_along(generator, field, camera, uv))
    if face.misfit > MOST_MISFIT:
        return field
    cover = cover_of(generator, field, camera, Target.of(face))
    if cover is None:
        return field
    emptiest = _emptiest(generator, field)
    with torch.no_grad():
        nothing = field.sample(emptiest[None])[0]
    made = FormedField(field, _form(cover, _air(generator, field, cover, nothing)), nothing)
    grid = field_grid(generator, made, part_labels)
    # what the form has cut off from the head
    rest = tidied(generator, field, grid)
    if rest is field:
        keep_grid(generator, grid)  # who draws the head will ask for it
        return made
    return replace(made, base=rest)


def with_own_form(generator: Generator, head: Head) -> Head:
    """A head without a photo, with the face that its own picture shows; the very same one where none is found.

    Args:
        generator: the head's, without its tuning.
        head: as it was drawn; its fine detail is left out of the picture, because lines are not landmarks.
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


def _emptiest(generator: Generator, field: Field) -> Tensor:
    """A place [3] where there is nothing."""
    at = torch.linspace(-0.48, 0.48, 12, device=field.device) * field.box_side
    grid = torch.stack(torch.meshgrid(at, at, at, indexing="ij"), -1).view(-1, 3)
    with torch.no_grad():
        raw, _ = generator.decode(sampler_of(field)(grid))
    return grid[raw.argmin()]


def _air(generator: Generator, field: Field, cover: Cover, nothing: Tensor) -> Array:
    """Share of nothing at which what is solid below each point of the target ceases to be, [P]."""
    told = cover.weight > 0
    some = torch.from_numpy((cover.target.points + cover.inside)[told]).float().to(field.device)
    with torch.no_grad():
        solid = sampler_of(field)(some)
        shares = np.linspace(0, 0.8, 11)
        mixed = [torch.lerp(solid, nothing.expand_as(solid), float(share)) for share in shares]
        raw = torch.stack([generator.decode(one)[0] for one in mixed], 1).cpu().numpy()
    last = np.maximum((raw > SOLID).cumprod(1).sum(1) - 1, 0)
    number = np.arange(len(raw))
    above, below = raw[number, last], raw[number, np.minimum(last + 1, len(shares) - 1)]
    part = np.clip((above - SOLID) / np.maximum(above - below, 1e-6), 0, 1)
    air = np.full(len(told), THRESHOLD)
    air[told] = (last + part) * shares[1]
    return cover.target.smoothed(air, cover.weight + 1e-9, SMOOTHINGS)


def _form(cover: Cover, air: Array) -> Form:
    """What the nodes around the target say."""
    from scipy.spatial import cKDTree

    target, weight = cover.target, cover.weight
    usable = np.flatnonzero(target.is_surface)
    whole = np.maximum(WHOLE, cover.empty)
    told, reach = weight > 0.01, whole + FADING
    low = (target.points - reach[:, None])[told].min(0)
    high = (target.points + reach[:, None])[told].max(0)
    counts = np.ceil((high - low) / SPACING).astype(int) + 1
    near, distance, nearest = _near(target.points[usable], low, counts, np.where(told, reach, 0.0)[usable])
    x, y, z = near % counts[0], near // counts[0] % counts[1], near // (counts[0] * counts[1])
    nodes = low + SPACING * np.column_stack([x, y, z])
    # at the surface several points speak; further away the nearest does
    close = np.flatnonzero(distance < CLOSE)
    exact, touching = cKDTree(target.points[usable]).query(nodes[close], k=TOUCHING)
    shares = 1 / (exact**2 + BLURRED**2) ** 2
    shares /= shares.sum(1, keepdims=True)
    nearest, touching = usable[nearest], usable[touching]

    def told_by(values: Array) -> Array:
        told = values[nearest]
        told[close] = np.einsum("nk,nk...->n...", shares, values[touching])
        return told

    normal = told_by(target.normals)
    above = ((nodes - target.points[nearest]) * target.normals[nearest]).sum(1)
    planes = ((nodes[close, None] - target.points[touching]) * target.normals[touching]).sum(-1)
    above[close] = (shares * planes).sum(1)
    # the field's own surface may lie far before the target
    until = np.where(above > 0, whole[nearest], WHOLE)
    amount = told_by(weight) * (1 - smooth(0.0, FADING, distance - until))
    # below the surface everything is fetched from where the field is solid, and deeper down from as much deeper
    foot = told_by(cover.inside) - above[:, None] * normal
    shift = foot + np.minimum(above + INWARDS, 0)[:, None] * normal
    # distances are told so that density is the same everywhere at the surface
    level = above - DENSE + RAMP * (told_by(air) - THRESHOLD)
    values = np.concatenate([shift * amount[:, None], (level * amount)[:, None], amount[:, None]], 1)
    telling = amount > FAINT
    high = low + SPACING * (counts - 1)
    return Form(
        torch.from_numpy(near[telling].astype(np.int32)),
        torch.from_numpy(np.ascontiguousarray(values[telling].T)).half(),
        (int(counts[2]), int(counts[1]), int(counts[0])),
        (float(low[0]), float(low[1]), float(low[2])),
        (float(high[0]), float(high[1]), float(high[2])),
        RAMP,
        THRESHOLD,
        torch.from_numpy(told_by(cover.worn)[telling]).half(),
    )


def _near(
    points: Array, low: Array, counts: NDArray[np.int64], reach: Array
) -> tuple[NDArray[np.int64], Array, NDArray[np.int64]]:
    """The nodes of a box near points [P, 3], within a reach of each: numbers, about how far away, the nearest point.

    Nodes of the box's faces are not among them.
    """
    from scipy.ndimage import distance_transform_edt

    x, y, z = np.round((points - low) / SPACING).astype(int).T
    inner = ((x >= 0) & (y >= 0) & (z >= 0) & (x < counts[0]) & (y < counts[1]) & (z < counts[2])).nonzero()[0]
    owner = np.full(counts[::-1], -1)
    owner[z[inner], y[inner], x[inner]] = inner
    distance, (k, j, i) = distance_transform_edt(owner < 0, return_indices=True)
    distance[[0, -1]] = distance[:, [0, -1]] = distance[:, :, [0, -1]] = np.inf
    nearest = owner[k, j, i].reshape(-1)
    away = distance.reshape(-1) * SPACING
    near = np.flatnonzero(away < reach[nearest])
    return near, away[near], nearest[near]
