"""The face that a photo's landmarks show, pressed into the head that was found for the photo.

One photo says little about depth, and a small generator's faces are blurred below a few millimetres: from the side,
and as a mesh, a head that was fitted to a photo has lumps for a nose and none for lids. So the face of a linear model
is fitted to the landmarks (`core.editors.face_shapes`), and the field is told to have its surface there
(`core.formed_field`), in the parts of the face that the field shows as skin; hair and glasses stay where they are. Each
point of the face finds the field's own surface along the line of sight, so through the photo's camera nothing moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from core.editors.face_shapes import face_shapes, fitted_face
from core.formed_field import FAINT, Form, FormedField
from core.frame import Quality
from core.rendering.marching import POINTS_PER_CHUNK
from core.rendering.renderer import HeadRenderer
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.camera import Camera
    from core.editors.face_shapes import FittedFace
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
PARTED = 0.006
"""Distance of parted lips, world units, from which there is something between them."""
TEETH = 0.006
"""How far behind the lips that is, world units."""
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Landmarks along the inner edges of the lips, from corner to corner."""
CHIN_TALL, UNDERSIDE = 0.03, (0.35, 0.8)
"""Height of the chin, world units, and how far down its skin looks where it begins not to belong to the face, and where
it does not at all."""
LOOK_PX = 64
"""Side of the feature picture in which the face of a head without a photo is found."""
CHIN, TOP, JAW, EAR, NOSE_TIP, BROW = 152, 10, 132, 234, 1, 105


@dataclass(frozen=True, eq=False)
class Target:
    """Where a face is to be.

    Attributes:
        points: float64 [P, 3], world units.
        normals: float64 [P, 3] unit, outward.
        neighbours: int64 [E, 2], pairs of points that touch.
        share: float64 [P], how much each is to be believed, 0..1.
    """

    points: Array
    normals: Array
    neighbours: NDArray[np.int64]
    share: Array

    @staticmethod
    def of(face: FittedFace) -> Target:
        """Of a fitted face, and of what is between its lips."""
        shapes = face_shapes()
        normals = shapes.normals(face.points)
        share = face_share()
        # of an eye only what may be seen between the lids
        share[(shapes.owner > 0) & (shapes.normals(shapes.mean)[:, 2] < 0)] = 0.0
        edges = np.concatenate([shapes.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
        teeth, forwards = _between_lips(face)
        count = len(teeth)
        return Target(
            np.concatenate([face.points, teeth]),
            np.concatenate([normals, np.repeat(forwards[None], count, 0)]),
            np.concatenate([edges, edges[:, ::-1]]),
            np.concatenate([share, np.ones(count)]),
        )

    def smoothed(self, values: Array, weight: Array, times: int) -> Array:
        """Values [P] that are weighted means of their neighbours', a few times over."""
        one, other = self.neighbours.T
        for _ in range(times):
            total = values * weight + np.bincount(one, (values * weight)[other], len(values))
            of_weight = weight + np.bincount(one, weight[other], len(values))
            values = np.where(of_weight > 1e-9, total / np.maximum(of_weight, 1e-9), values)
        return values


def face_share() -> Array:
    """How much each point of the model belongs to the face: 1 from the hairline to the jaw and to before the ears."""
    shapes = face_shapes()
    x, y, z = shapes.mean.T
    mark = shapes.mean[shapes.landmark_points] + shapes.landmark_offsets
    around = np.degrees(np.abs(np.arctan2(x, z + 0.02)))
    ear_x, jaw_x = abs(mark[EAR, 0]), abs(mark[JAW, 0])
    chin, jaw = mark[CHIN, 1], mark[JAW, 1]
    edge = np.interp(
        np.abs(x), [0, 0.5 * jaw_x, 0.9 * jaw_x, ear_x], [chin - 0.012, chin + 0.005, jaw - 0.03, jaw - 0.02]
    )
    upwards = 1 - _step(y, mark[TOP, 1], mark[TOP, 1] + 0.05)
    # the underside of the jaw meets a neck that nobody has fitted
    down = -shapes.normals(shapes.mean)[:, 1] * (y < chin + CHIN_TALL)
    share: Array = (1 - _step(around, 50, 64)) * upwards * _step(y, edge - 0.05, edge + 0.005)
    share *= 1 - _step(down, *UNDERSIDE)
    return share


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
    target = Target.of(face)
    found = _found(generator, field, camera, target)
    if found is None:
        return field
    inside, weight = found
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


def _found(generator: Generator, field: Field, camera: Camera, target: Target) -> tuple[Array, Array] | None:
    """From each point of the target to where the field is solid below its own surface [P, 3], and weights [P], 0..1.

    None where the field shows hardly any skin.
    """
    towards = camera.position - target.points
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    squarely = _step((towards * target.normals).sum(1), *SQUARELY)[:, None]
    outwards = target.normals + squarely * (towards - target.normals)
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    skin_points = len(face_shapes().mean)
    looking = target.share > 0
    looking[:skin_points] &= np.arange(skin_points) % EVERY == 0
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
    seen = chances[torch.arange(len(chosen)), first].numpy()
    parts = generator.info.parts
    others = seen[:, [parts.index(part) for part in NOT_SKIN if part in parts]].sum(1)
    if "glasses" in parts:
        # the model's own points, because a head may be tilted
        height = np.concatenate([face_shapes().mean[:, 1], np.full(len(target.share), -1.0)])[chosen]
        mark = face_shapes().mean[face_shapes().landmark_points, 1]
        before_eyes = (height > mark[NOSE_TIP]) & (height < mark[BROW])
        glasses = seen[:, parts.index("glasses")] * (height > mark[NOSE_TIP])
        others = others + glasses * bool(glasses[before_eyes].mean() > WORN)
    number = torch.arange(SAMPLES)
    within = (number >= first[:, None]) & (number <= first[:, None] + int(DEEP / step))
    densest = torch.where(within, density, -1.0).argmax(1).numpy()
    weight, depth = np.zeros(len(target.share)), np.zeros(len(target.share))
    weight[chosen] = _step(1 - others, *SKIN) * known.numpy()
    told = target.share * looking
    if (weight * told).sum() < LEAST_SKIN * told.sum():
        return None
    depth[chosen] = along[densest]
    depth = target.smoothed(depth, weight * told + 1e-9, SMOOTHINGS)
    weight = target.smoothed(weight, told + 1e-9, SMOOTHINGS_OF_WEIGHT) * target.share
    inside = np.where(target.share > 0, depth, 0.0)[:, None] * outwards
    return inside, weight


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

    believed = target.share > 0
    believed[: len(face_shapes().owner)] |= face_shapes().owner == 0
    usable = np.flatnonzero(believed)
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
    amount = (shares[..., 0] * weight[touching]).sum(1) * (1 - _step(distance, WHOLE, REACH))
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


def _between_lips(face: FittedFace) -> tuple[Array, Array]:
    """Points [N, 3] of what is seen between parted lips, none where they are closed, and the way out [3]."""
    upper, lower = face.landmarks[list(UPPER_LIP)], face.landmarks[list(LOWER_LIP)]
    across, down = upper[-1] - upper[0], (lower - upper).mean(0)
    forwards = np.cross(down, across)
    forwards /= max(float(np.linalg.norm(forwards)), 1e-12)
    if forwards[2] < 0:
        forwards = -forwards
    gap = np.linalg.norm(lower - upper, axis=1)
    if gap.max() < PARTED:
        return np.zeros((0, 3)), forwards
    shares = np.linspace(0, 1, 9)[:, None, None]
    columns = np.linspace(0, len(upper) - 1, 31)
    numbers = np.arange(len(upper))

    def finer(chain: Array) -> Array:
        return np.column_stack([np.interp(columns, numbers, chain[:, axis]) for axis in range(3)])

    rows = finer(upper) + shares * (finer(lower) - finer(upper))
    back = TEETH * np.minimum(1, np.interp(columns, numbers, gap) / PARTED)
    return (rows - back[:, None] * forwards).reshape(-1, 3), forwards


def _step(values: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, smooth between; bounds may be arrays."""
    share = np.clip((values - low) / (high - low), 0, 1)
    smooth: Array = share * share * (3 - 2 * share)
    return smooth
