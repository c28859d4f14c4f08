"""What the nodes of a form say: how far each is from a target's surface, and where its features are fetched from.

The target is a mesh with sides that are much longer than a node's cell, above all where hair ends in the air. So its
triangles are sown with points first, close enough that the nearest few tell the distance like the mesh itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.formed_field import FAINT, Form
from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.spatial import cKDTree

    from core.editors.head_cover import Cover

    Array = NDArray[np.float64]
    Numbers = NDArray[np.int64]

THRESHOLD = 0.35
"""Share of nothing at the surface for which distances are told."""
SPACING = 0.0035
"""Of the nodes, world units: 2 mm."""
SOWN, MOST_SOWN = 0.003, 24
"""Distance of points that are sown on a triangle, world units, and how many lie along its side at most."""
WHOLE, FADING = 0.015, 0.013
"""Distance from the head up to which the field is told entirely, and over how much more it is told less and less, world
units."""
INWARDS = 0.006
"""Depth from which features are fetched from further inside, world units."""
RAMP, DENSE = 0.024, 0.003
"""Thickness over which the field thins out, and how far behind the surface of its density one sees it, world units."""
TOUCHING, CLOSE, BLURRED = 4, 0.012, 0.002
"""Points of the target that decide about a node, up to that distance from it, and over which distance none of them
decides alone, world units: else each would be a dimple."""
AT_ONCE = 100_000
"""Nodes that are told together: all of them would take a third of a gigabyte."""
WALL = 0.3
"""Difference of how far the corners of a triangle are covered from which it is the edge of what covers them."""


@dataclass(frozen=True, eq=False)
class _Sown:
    """Points on a target's triangles, and what is told there.

    Attributes:
        points: float64 [S, 3], world units.
        normals: float64 [S, 3] unit, outward.
        foot: float64 [S, 3], where the field is solid below its own surface, world units.
        rest: float64 [S, 4]: weight, distance that is to be empty, share worn, and share of nothing at the surface.
    """

    points: Array
    normals: Array
    foot: Array
    rest: Array

    @staticmethod
    def of(cover: Cover, air: Array) -> _Sown:
        """Those on a cover's target, with the share of nothing [P] at which each of its points ceases to be solid."""
        target = cover.target
        triangles = target.triangles[target.is_surface[target.triangles].all(1)]
        told = (cover.weight > 0)[triangles].all(1)
        corners, shares = sown(target.points, triangles[told])
        loose = np.setdiff1d(np.flatnonzero(target.is_surface), triangles[told])
        corners = np.concatenate([corners, np.repeat(loose[:, None], 3, 1)])
        shares = np.concatenate([shares, np.full((len(loose), 3), 1 / 3)])

        def mixed(values: Array) -> Array:
            mean: Array = np.einsum("sk,sk...->s...", shares, values[corners])
            return mean

        normals = mixed(target.normals)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        foot = target.points + cover.inside
        # the edge of hair is hair
        worn = cover.worn[corners]
        wall = np.ptp(worn, axis=1) > WALL
        most = corners[np.arange(len(corners)), worn.argmax(1)]
        rest = np.column_stack([cover.weight, cover.empty, cover.worn, air])
        return _Sown(mixed(target.points), normals, np.where(wall[:, None], foot[most], mixed(foot)), mixed(rest))


def sown(points: Array, triangles: Numbers, apart: float = SOWN) -> tuple[Numbers, Array]:
    """Corners [S, 3] and their shares [S, 3] of points that lie close together on triangles [F, 3] of points [P, 3]."""
    sides = points[triangles] - points[np.roll(triangles, 1, axis=1)]
    along = np.ceil(np.linalg.norm(sides, axis=2).max(1) / apart).astype(int).clip(1, MOST_SOWN)
    corners, shares = [], []
    for count in np.unique(along):
        # the middles of as many small triangles, without the flipped ones
        one, other = np.divmod(np.arange(count * count), count)
        inner = one + other < count
        first, second = ((numbers[inner] + 1 / 3) / count for numbers in (one, other))
        each = np.column_stack([first, second, 1 - first - second])
        chosen = triangles[along == count]
        corners.append(np.repeat(chosen, len(each), axis=0))
        shares.append(np.tile(each, (len(chosen), 1)))
    return np.concatenate(corners), np.concatenate(shares)


def form_of(cover: Cover, air: Array) -> Form:
    """What the nodes around a cover's target say.

    Args:
        cover: the target as it joins the field.
        air: float64 [P], share of nothing at which what is solid below each point of the target ceases to be.
    """
    from scipy.spatial import cKDTree

    on = _Sown.of(cover, air)
    weight, empty = on.rest[:, 0], on.rest[:, 1]
    whole = np.maximum(WHOLE, empty)
    told, reach = weight > 0.01, whole + FADING
    low = (on.points - reach[:, None])[told].min(0)
    high = (on.points + reach[:, None])[told].max(0)
    counts = np.ceil((high - low) / SPACING).astype(int) + 1
    near, distance, nearest = _near(on.points, low, counts, np.where(told, reach, 0.0))
    tree = cKDTree(on.points)
    pieces = [
        _told(on, tree, low, counts, near[piece], distance[piece], nearest[piece])
        for piece in np.array_split(np.arange(len(near)), -(-len(near) // AT_ONCE))
    ]
    nodes, values, worn, thin = (torch.cat(parts) for parts in zip(*pieces, strict=True))
    high = low + SPACING * (counts - 1)
    return Form(
        nodes,
        values.T.contiguous(),
        (int(counts[2]), int(counts[1]), int(counts[0])),
        (float(low[0]), float(low[1]), float(low[2])),
        (float(high[0]), float(high[1]), float(high[2])),
        RAMP,
        THRESHOLD,
        worn,
        thin,
    )


def _told(
    on: _Sown, tree: cKDTree, low: Array, counts: Numbers, near: Numbers, distance: Array, nearest: Numbers
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """What is told at some nodes of a box: their numbers [N], values float16 [N, 5], how much is worn, how thin it is.

    Args:
        on: the points of a target.
        tree: of those.
        low: corner of the box.
        counts: of its nodes along x, y and z.
        near: numbers of the nodes.
        distance: of each, about, from the nearest point.
        nearest: which that is.
    """
    x, y, z = near % counts[0], near // counts[0] % counts[1], near // (counts[0] * counts[1])
    nodes = low + SPACING * np.column_stack([x, y, z])
    # at the surface several points speak; further away the nearest does
    close = np.flatnonzero(distance < CLOSE)
    exact, touching = tree.query(nodes[close], k=TOUCHING)
    shares = 1 / (exact**2 + BLURRED**2) ** 2
    shares /= shares.sum(1, keepdims=True)

    def told_by(values: Array) -> Array:
        told = values[nearest]
        told[close] = np.einsum("nk,nk...->n...", shares, values[touching])
        return told

    normal = told_by(on.normals)
    above = ((nodes - on.points[nearest]) * on.normals[nearest]).sum(1)
    planes = ((nodes[close, None] - on.points[touching]) * on.normals[touching]).sum(-1)
    above[close] = (shares * planes).sum(1)
    share, _, worn, thin = told_by(on.rest).T
    # the field's own surface may lie far before the target
    whole = np.maximum(WHOLE, on.rest[nearest, 1])
    until = np.where(above > 0, whole, WHOLE)
    amount = share * (1 - smooth(0.0, FADING, distance - until))
    # below the surface everything is fetched from where the field is solid, and deeper down from as much deeper
    foot = told_by(on.foot - on.points) - above[:, None] * normal
    shift = foot + np.minimum(above + INWARDS, 0)[:, None] * normal
    # distances are told so that density is the same everywhere at the surface
    level = above - DENSE + RAMP * (thin - THRESHOLD)
    values = np.concatenate([shift * amount[:, None], (level * amount)[:, None], amount[:, None]], 1)
    telling = amount > FAINT
    return (
        torch.from_numpy(near[telling].astype(np.int32)),
        torch.from_numpy(values[telling]).half(),
        torch.from_numpy(worn[telling]).half(),
        torch.from_numpy(thin[telling]).half(),
    )


def _near(points: Array, low: Array, counts: Numbers, reach: Array) -> tuple[Numbers, Array, Numbers]:
    """The nodes of a box near points [S, 3], within a reach of each: numbers, about how far away, the nearest point.

    Nodes of the box's faces are not among them.
    """
    from scipy.ndimage import distance_transform_edt

    x, y, z = np.round((points - low) / SPACING).astype(int).T
    inner = ((x >= 0) & (y >= 0) & (z >= 0) & (x < counts[0]) & (y < counts[1]) & (z < counts[2])).nonzero()[0]
    owner = np.full(counts[::-1], -1, np.int32)
    owner[z[inner], y[inner], x[inner]] = inner
    distance, (k, j, i) = distance_transform_edt(owner < 0, return_indices=True)
    distance[[0, -1]] = distance[:, [0, -1]] = distance[:, :, [0, -1]] = np.inf
    nearest = owner[k, j, i].reshape(-1)
    away = distance.reshape(-1) * SPACING
    near = np.flatnonzero(away < reach[nearest])
    return near, away[near], nearest[near]
