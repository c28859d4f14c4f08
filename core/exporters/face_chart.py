"""The face of a head as one piece of its texture's map, upright and little stretched.

xatlas grows charts until their triangles turn too far from one another, which cuts a face along its nose. Here the
front of the head is taken as it is: a disk of triangles, flattened with as little change of angles as can be (LSCM)
and from there as little change of lengths (as rigid as possible): most of it is within a sixth of its size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FACE_RADIANS = 1.22, 0.95, 0.7
"""How far the face goes round the upright axis, to either side: less where locks or a hand make a handle of it."""
FACE_HEIGHTS = -0.16, 0.13
"""From below the chin to the hair, world units."""
ROUNDS_OF_BORDER = 3
"""In which the border of the face gives up its teeth."""
RIGID_STEPS = 12
MOST_FOLDED = 1e-4
"""Share of its area that may lie upside down: single needles of triangles."""
STEEPEST = 30.0
"""Largest cotangent of a corner: a needle weighs no more."""
_TINY = 1e-12


class Front(NamedTuple):
    """The front of a head, flattened.

    Attributes:
        chosen: bool [F], the triangles.
        vertices: int [V], of theirs, each once.
        flat: complex [V], their places: real to the person's left, imaginary up, as long as in the world.
    """

    chosen: NDArray[np.bool_]
    vertices: NDArray[Any]
    flat: NDArray[np.complex128]


def flat_front(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> Front | None:
    """The front of a closed surface in world units, where it can lie flat in one piece; else None."""
    tried = (_flat_within(vertices, faces, radians) for radians in FACE_RADIANS)
    return next((front for front in tried if front is not None), None)


def _flat_within(vertices: NDArray[np.float32], faces: NDArray[np.int32], radians: float) -> Front | None:
    """The front as far round as this, flattened; None where it does not lie flat."""
    chosen = _disk(vertices, faces, radians)
    if chosen is None:
        return None
    own, corners = np.unique(faces[chosen], return_inverse=True)
    triangles = corners.reshape(-1, 3)
    points = vertices[own].astype(np.float64)
    guess = np.arctan2(points[:, 0], points[:, 2]) * float(np.median(np.hypot(points[:, 0], points[:, 2])))
    seen = guess + 1j * points[:, 1]
    shapes = _in_own_planes(points, triangles)
    flat = _rigid(shapes, triangles, _conformal(shapes, triangles, seen))
    middle = np.abs(points[:, 0]) < np.median(np.abs(points[:, 0]))
    lean = ((flat - flat[middle].mean()) * (seen - seen[middle].mean()).conj())[middle].sum()
    flat = flat * (lean.conjugate() / max(abs(lean), _TINY))
    return Front(chosen, own, flat) if np.isfinite(flat).all() and _lies_flat(flat, triangles) else None


def _disk(vertices: NDArray[np.float32], faces: NDArray[np.int32], radians: float) -> NDArray[np.bool_] | None:
    """Triangles around the frontmost of a surface that hang together without a hole; None where there are none."""
    middles = vertices[faces].mean(axis=1)
    low, high = FACE_HEIGHTS
    ahead = (middles[:, 2] > 0) & (np.abs(np.arctan2(middles[:, 0], middles[:, 2])) < radians)
    ahead &= (middles[:, 1] > low) & (middles[:, 1] < high)
    if not ahead.any():
        return None
    pairs = _neighbours(faces)
    first = np.flatnonzero(ahead)[np.argmax((middles[:, 2] - 2 * np.abs(middles[:, 0]))[ahead])]
    body = _piece_of(first, pairs, np.ones(len(faces), bool))
    chosen = _without_holes(_piece_of(first, pairs, ahead), body, pairs)
    for _ in range(ROUNDS_OF_BORDER):
        inner = np.bincount(pairs[chosen[pairs].all(axis=1)].ravel(), minlength=len(faces))
        chosen = _without_holes(_piece_of(first, pairs, chosen & (inner > 1)), body, pairs)
        if not chosen[first]:
            return None
    edges = np.unique(np.sort(faces[chosen][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    is_disk = len(np.unique(faces[chosen])) - len(edges) + chosen.sum() == 1
    return chosen if is_disk else None


def _neighbours(faces: NDArray[np.int32]) -> NDArray[np.int64]:
    """[P, 2] triangles that share an edge."""
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1).astype(np.int64)
    keys = edges[:, 0] * (int(faces.max()) + 1) + edges[:, 1]
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(np.diff(keys[order]) == 0)
    return np.stack([order[same], order[same + 1]], axis=1) // 3


def _pieces(pairs: NDArray[np.int64], among: NDArray[np.bool_]) -> NDArray[np.int32]:
    """[F] which piece each triangle belongs to, where only those of `among` hang together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    one, other = pairs[among[pairs].all(axis=1)].T
    links = coo_matrix((np.ones(len(one), bool), (one, other)), shape=(len(among), len(among)))
    pieces: NDArray[np.int32] = connected_components(links, directed=False)[1]
    return pieces


def _piece_of(first: np.int64, pairs: NDArray[np.int64], among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The triangles of `among` that hang together with one."""
    pieces = _pieces(pairs, among)
    return np.asarray(among & (pieces == pieces[first]))


def _without_holes(chosen: NDArray[np.bool_], body: NDArray[np.bool_], pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The chosen triangles and what they enclose of their body: all that is no part of its largest rest."""
    rest = body & ~chosen
    if not rest.any():
        return chosen
    pieces = _pieces(pairs, rest)
    return np.asarray(chosen | (rest & (pieces != np.bincount(pieces[rest]).argmax())))


def _in_own_planes(points: NDArray[np.float64], triangles: NDArray[Any]) -> NDArray[np.complex128]:
    """[T, 3] corners of each triangle as it lies flat by itself, the first at 0."""
    origin, along, other = (points[triangles[:, corner]] for corner in range(3))
    first, second = along - origin, other - origin
    length = np.maximum(np.linalg.norm(first, axis=1), _TINY)
    forth = (second * first).sum(axis=1) / length
    up = np.linalg.norm(second - (forth / length)[:, None] * first, axis=1)
    return np.stack([np.zeros(len(triangles)), length, forth + 1j * np.maximum(up, 1e-9)], axis=1)


def _conformal(
    shapes: NDArray[np.complex128], triangles: NDArray[Any], guess: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    """[V] flat places that keep the triangles' angles, as near as can be; the lowest and highest stay as guessed."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import splu

    opposite = np.roll(shapes, -2, axis=1) - np.roll(shapes, -1, axis=1)
    terms = opposite / np.sqrt(np.maximum(_areas(shapes), _TINY))[:, None]
    rows = np.repeat(np.arange(len(triangles)), 3)
    bent = coo_matrix((terms.ravel(), (rows, triangles.ravel())), shape=(len(triangles), len(guess))).tocsc()
    held = np.array([guess.imag.argmin(), guess.imag.argmax()])
    free = np.setdiff1d(np.arange(len(guess)), held)
    moving = bent[:, free]
    back = moving.conj().T
    flat = guess.copy()
    flat[free] = splu((back @ moving).tocsc()).solve(-(back @ (bent[:, held] @ guess[held])))
    return flat


def _rigid(
    shapes: NDArray[np.complex128], triangles: NDArray[Any], flat: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    """[V] flat places that turn each triangle and change its lengths as little as can be, from `flat` on."""
    from scipy.sparse import coo_matrix, identity
    from scipy.sparse.linalg import splu

    sides = [(corner, (corner + 1) % 3, (corner + 2) % 3) for corner in range(3)]
    weights, rows, columns, values = [], [], [], []
    for corner, after, before in sides:
        to_one, to_other = shapes[:, after] - shapes[:, corner], shapes[:, before] - shapes[:, corner]
        turned = to_one.conj() * to_other
        weight = np.clip(turned.real / np.maximum(np.abs(turned.imag), _TINY), 1 / STEEPEST, STEEPEST)
        one, other = triangles[:, after], triangles[:, before]
        weights.append(weight)
        rows += [one, other, one, other]
        columns += [one, other, other, one]
        values += [weight, weight, -weight, -weight]
    places = np.concatenate(rows), np.concatenate(columns)
    count = len(flat)
    stiff = coo_matrix((np.concatenate(values), places), shape=(count, count)).tocsc()
    solver = splu(stiff + 1e-9 * identity(count, format="csc"))  # the whole may lie anywhere
    for _ in range(RIGID_STEPS):
        turn = np.zeros(len(triangles), complex)
        for weight, (_, after, before) in zip(weights, sides, strict=True):
            side = (shapes[:, before] - shapes[:, after]).conj()
            turn += weight * (flat[triangles[:, before]] - flat[triangles[:, after]]) * side
        turn /= np.maximum(np.abs(turn), _TINY)
        pulls = np.zeros(count, complex)
        for weight, (_, after, before) in zip(weights, sides, strict=True):
            pull = weight * turn * (shapes[:, before] - shapes[:, after])
            np.add.at(pulls, triangles[:, before], pull)
            np.add.at(pulls, triangles[:, after], -pull)
        flat = solver.solve(pulls.real) + 1j * solver.solve(pulls.imag)
    return flat


def _areas(corners: NDArray[np.complex128]) -> NDArray[np.float64]:
    """[T] of triangles with these corners, [T, 3]; below 0 where they lie upside down."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.asarray((first.conj() * second).imag / 2)


def _lies_flat(flat: NDArray[np.complex128], triangles: NDArray[Any]) -> bool:
    """Whether no triangle lies on another: none is upside down, and the border nowhere meets itself."""
    areas = _areas(flat[triangles])
    if -areas[areas < 0].sum() > MOST_FOLDED * areas.sum():
        return False
    edges = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    _, first, count = np.unique(np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True)
    start, end = flat[edges[first[count == 1]]].T

    def side(point: NDArray[np.complex128]) -> NDArray[np.bool_]:
        """[B, B] whether each point lies left of each border's edge."""
        return np.asarray(((end - start).conj()[:, None] * (point[None] - start[:, None])).imag > 0)

    parted = side(start) != side(end)
    crossing = parted & parted.T
    borders = edges[first[count == 1]]
    touching = (borders[:, None, :, None] == borders[None, :, None, :]).any(axis=(2, 3))
    return not (crossing & ~touching).any()
