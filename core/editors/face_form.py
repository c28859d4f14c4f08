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
import torch.nn.functional as F

from core.editors.face_shapes import face_shapes, fitted_face
from core.editors.face_target import Target, smooth_step
from core.formed_field import FAINT, Form, FormedField
from core.frame import Quality
from core.rendering.marching import POINTS_PER_CHUNK
from core.rendering.renderer import HeadRenderer
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from core.camera import Camera
    from core.field import Field
    from core.head import Head
    from core.protocols import Generator

    Array = NDArray[np.float64]

MOST_MISFIT = 0.012
"""Of the fitted face, picture widths: beyond, the landmarks are of no face that the model knows."""
LEAST_SKIN = 0.25
"""Share of the face in which the field must show skin."""
NOT_SKIN = ("background", "hair")
SKIN = (0.2, 0.5)
"""Chance of skin at which the field begins to be told, and from which it is told entirely."""
WORN = 0.1
"""Mean chance of glasses between the brows and the tip of the nose from which they are worn; less is a mistake of the
labels, and so are glasses further down."""
BEFORE, BEHIND, SAMPLES, EVERY = 0.035, 0.045, 36, 3
"""Distances from the fitted face between which the field's own surface is looked for, world units; samples between; and
one point of so many looks for it, which the others take over."""
HALF = 0.5
"""Opacity at which a surface is seen."""
SOLID, THRESHOLD = 60.0, 0.35
"""Raw density of the surface, and the share of nothing at it for which distances are told."""
DEEP = 0.012
"""How far behind its surface the field is solid, world units: features are fetched from the densest place there."""
SQUARELY = (0.25, 0.6)
"""Cosines between normal and view between which the surface is looked for along the normal, and along the view."""
SPACING = 0.0035
"""Of the nodes, world units: 2 mm."""
WHOLE, REACH = 0.015, 0.028
"""Distances from the face up to which the field is told entirely, and from which not at all, world units."""
INWARDS = 0.006
"""Depth from which features are fetched from further inside, world units."""
RAMP, DENSE = 0.024, 0.003
"""Thickness over which the field thins out, and how far behind the surface of its density one sees it, world units."""
TOUCHING, CLOSE, BLURRED = 8, 0.012, 0.005
"""Points of the face that decide about a node, up to that distance from it, and over which distance none of them
decides alone, world units: else each would be a dimple."""
SMOOTHINGS, SMOOTHINGS_OF_WEIGHT = 2, 3
"""How often what one point found is mixed with what its neighbours did."""
JOINED = 0.35
"""Share of the face from which the field is told entirely; below, target and field are nearly the same."""
LOOK_PX = 64
"""Side of the feature picture in which the face of a head without a photo is found."""
NOSE_TIP, BROW = 1, 105


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
    found = _found(generator, field, camera, Target.of(face))
    if found is None:
        return field
    target, inside, weight = found
    emptiest = _emptiest(generator, field)
    with torch.no_grad():
        nothing = field.sample(emptiest[None])[0]
    air = _air(generator, field, target, inside, weight, nothing)
    return FormedField(field, _form(target, inside, weight, air), nothing)


def with_own_form(generator: Generator, head: Head) -> Head:
    """A head without a photo, with the face that its own picture shows; the very same one where none is found.

    Args:
        generator: the head's, without its tuning.
        head: as it was drawn; its fine detail is left out of the picture, because lines are not landmarks.
    """
    from core.align import find_meshes

    plain = replace(head, strands=None, face=None, eyewear=None)
    frame = HeadRenderer(generator, plain, neural_px=LOOK_PX).render(head.camera, Quality.NEAR)
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
    distance = camera.radius + np.linspace(-0.4, 0.1, 2 * SAMPLES)
    points = camera.position + along[:, None] * distance[None, :, None]
    density, _ = _looked(generator, field, points)
    reached = torch.cumsum(density, 1) * float(distance[1] - distance[0]) > -np.log(1 - HALF)
    depth: Array = np.where(reached.any(1).numpy(), distance[reached.float().argmax(1).numpy()], np.nan)
    return depth


def _looked(generator: Generator, field: Field, points: Array) -> tuple[Tensor, Tensor]:
    """Density [N, S], per world unit, and chances of the generator's parts [N, S, parts] at points [N, S, 3]."""
    sample = sampler_of(field)
    flat = torch.from_numpy(points.reshape(-1, 3)).float().to(field.device)
    raws, chances = [], []
    with torch.no_grad():
        for piece in flat.split(POINTS_PER_CHUNK):
            raw, features = generator.decode(sample(piece))
            logits = generator.label_logits(features)
            assert logits is not None
            raws.append(F.softplus(raw - 1).cpu())
            chances.append(logits.softmax(1).cpu())
    shape = points.shape[:2]
    return torch.cat(raws).view(shape), torch.cat(chances).view(*shape, -1)


def _found(generator: Generator, field: Field, camera: Camera, target: Target) -> tuple[Target, Array, Array] | None:
    """The target as it joins the field, from each of its points to where the field is solid [P, 3], and weights [P].

    Towards the ends of the face the target comes to lie on the field's own surface, so that there is no step where it
    is not told any more. None where the field shows hardly any skin.
    """
    towards = camera.position - target.points
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    squarely = smooth_step((towards * target.normals).sum(1), *SQUARELY)[:, None]
    outwards = target.normals + squarely * (towards - target.normals)
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    model = len(face_shapes().mean)
    looking = target.share > 0
    looking[:model] &= np.arange(model) % EVERY == 0
    chosen = np.flatnonzero(looking)
    along = np.linspace(BEFORE, -BEHIND, SAMPLES)
    step = along[0] - along[1]
    density, chances = _looked(
        generator, field, target.points[chosen, None] + along[None, :, None] * outwards[chosen, None]
    )
    reached = torch.cumsum(density, 1) * step > -np.log(1 - HALF)
    first = reached.float().argmax(1)
    # what is solid at once is inside the head
    known = reached.any(1) & (first > 1)
    number = torch.arange(SAMPLES)
    within = (number >= first[:, None]) & (number <= first[:, None] + int(DEEP / step))
    densest = torch.where(within, density, -1.0).argmax(1).numpy()
    skin = _skin(generator.info.parts, chances[torch.arange(len(chosen)), first].numpy(), target.height[chosen])

    told = target.share * looking
    weight, surface, deep = (np.zeros(len(told)) for _ in range(3))
    weight[chosen] = skin * known.numpy()
    surface[chosen] = np.where(known.numpy(), along[first.numpy()], 0.0)
    deep[chosen] = along[densest]
    if (weight * told).sum() < LEAST_SKIN * told.sum():
        return None
    surface, deep = (target.smoothed(one, weight * told + 1e-9, SMOOTHINGS) for one in (surface, deep))
    weight = target.smoothed(weight, told + 1e-9, SMOOTHINGS_OF_WEIGHT) * smooth_step(target.share, 0.0, JOINED)
    aside = np.where(target.ends, (1 - target.share) * surface, 0.0)
    inside = np.where(target.share > 0, deep - aside, 0.0)
    return target.moved(target.points + aside[:, None] * outwards), inside[:, None] * outwards, weight


def _skin(parts: Sequence[str], chances: Array, height: Array) -> Array:
    """How far the field is told at points that bear parts with some chances [P, parts], by their height [P], 0..1."""
    others = chances[:, [parts.index(part) for part in NOT_SKIN if part in parts]].sum(1)
    if "glasses" in parts:
        mark = face_shapes().mean[face_shapes().landmark_points, 1]
        before_eyes = (height > mark[NOSE_TIP]) & (height < mark[BROW])
        glasses = chances[:, parts.index("glasses")] * (height > mark[NOSE_TIP])
        others = others + glasses * bool(glasses[before_eyes].mean() > WORN)
    return 1 - smooth_step(others, 1 - SKIN[1], 1 - SKIN[0])


def _emptiest(generator: Generator, field: Field) -> Tensor:
    """A place [3] where there is nothing."""
    at = torch.linspace(-0.48, 0.48, 12, device=field.device) * field.box_side
    grid = torch.stack(torch.meshgrid(at, at, at, indexing="ij"), -1).view(-1, 3)
    with torch.no_grad():
        raw, _ = generator.decode(sampler_of(field)(grid))
    return grid[raw.argmin()]


def _air(generator: Generator, field: Field, target: Target, inside: Array, weight: Array, nothing: Tensor) -> Array:
    """Share of nothing at which what is solid below each point of the target ceases to be, [P]."""
    told = weight > 0
    some = torch.from_numpy((target.points + inside)[told]).float().to(field.device)
    with torch.no_grad():
        solid = sampler_of(field)(some)
        shares = np.linspace(0, 0.8, 11)
        mixed = [torch.lerp(solid, nothing.expand_as(solid), float(share)) for share in shares]
        raw = torch.stack([generator.decode(one)[0] for one in mixed], 1).cpu().numpy()
    last = np.maximum((raw > SOLID).cumprod(1).sum(1) - 1, 0)
    number = np.arange(len(raw))
    above, below = raw[number, last], raw[number, np.minimum(last + 1, len(shares) - 1)]
    part = np.clip((above - SOLID) / np.maximum(above - below, 1e-6), 0, 1)
    air = np.full(len(weight), THRESHOLD)
    air[told] = (last + part) * shares[1]
    return target.smoothed(air, weight + 1e-9, SMOOTHINGS)


def _form(target: Target, inside: Array, weight: Array, air: Array) -> Form:
    """What the nodes around the target say."""
    from scipy.spatial import cKDTree

    usable = np.flatnonzero(target.is_surface)
    low = target.points[weight > 0.01].min(0) - REACH
    counts = np.ceil((target.points[weight > 0.01].max(0) + REACH - low) / SPACING).astype(int) + 1
    near, distance, nearest = _near(target.points[usable], low, counts)
    x, y, z = near % counts[0], near // counts[0] % counts[1], near // (counts[0] * counts[1])
    nodes = low + SPACING * np.column_stack([x, y, z])
    # at the surface several points speak; further away the nearest does
    touching = np.repeat(nearest[:, None], TOUCHING, 1)
    shares = np.zeros((len(nodes), TOUCHING, 1))
    shares[:, 0] = 1.0
    close = distance < CLOSE
    exact, touching[close] = cKDTree(target.points[usable]).query(nodes[close], k=TOUCHING)
    inverse = 1 / (exact**2 + BLURRED**2) ** 2
    shares[close] = (inverse / inverse.sum(1, keepdims=True))[..., None]
    touching = usable[touching]

    normal = (shares * target.normals[touching]).sum(1)
    above = (shares[..., 0] * ((nodes[:, None] - target.points[touching]) * target.normals[touching]).sum(-1)).sum(1)
    amount = (shares[..., 0] * weight[touching]).sum(1) * (1 - smooth_step(distance, WHOLE, REACH))
    # below the surface everything is fetched from where the field is solid, and deeper down from as much deeper
    foot = -above[:, None] * normal + (shares * inside[touching]).sum(1)
    shift = foot + np.minimum(above + INWARDS, 0)[:, None] * normal
    # distances are told so that density is the same everywhere at the surface
    level = above - DENSE + RAMP * ((shares[..., 0] * air[touching]).sum(1) - THRESHOLD)
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
    )


def _near(points: Array, low: Array, counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], Array, NDArray[np.int64]]:
    """The nodes of a box within `REACH` of points [P, 3]: their numbers, about how far away, and the nearest point.

    Nodes of the box's faces are not among them.
    """
    from scipy.ndimage import distance_transform_edt

    x, y, z = np.round((points - low) / SPACING).astype(int).T
    inner = ((x >= 0) & (y >= 0) & (z >= 0) & (x < counts[0]) & (y < counts[1]) & (z < counts[2])).nonzero()[0]
    owner = np.full(counts[::-1], -1)
    owner[z[inner], y[inner], x[inner]] = inner
    distance, (k, j, i) = distance_transform_edt(owner < 0, return_indices=True)
    distance[[0, -1]] = distance[:, [0, -1]] = distance[:, :, [0, -1]] = np.inf
    near = np.flatnonzero(distance * SPACING < REACH)
    return near, distance.reshape(-1)[near] * SPACING, owner[k, j, i].reshape(-1)[near]
