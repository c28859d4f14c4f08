"""Density -> closed mesh: marching cubes, the largest piece, a light smoothing, fewer triangles.

Where the head leaves its box (the bottom of the bust) the mesh is capped by the box's face, so it is always watertight.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import ExportError
from core.exporters.crossings import NUDGE, Crossings
from core.mesh import Mesh

Vertices = NDArray[np.float32]
Faces = NDArray[np.int32]

SMOOTHING_PASSES = 6
SHRINK, GROW = 0.5, -0.53
"""Taubin's pair: the second step undoes the shrinking of the first."""
COLLAPSED = 1e-14
"""Area below which a triangle has no normal, square world units."""
PINCH = 0.05
"""Share of the way to its neighbours by which a vertex leaves the sheet that it touched."""


@dataclass(frozen=True, eq=False)
class DensityGrid:
    """Raw density on the corners of cubes that fill a box about the origin, its faces included.

    Attributes:
        raw: float32 [X, Y, Z].
        half_sides: half sides of the box (x, y, z), world units.
        level: raw density of the surface.
        crossings: where exactly the surface crosses the cubes' edges; of others the samples tell.
    """

    raw: NDArray[np.float32]
    half_sides: tuple[float, float, float]
    level: float
    crossings: Crossings

    @property
    def spacing(self) -> NDArray[np.float64]:
        """Side of a cell along x, y and z, world units."""
        sides = 2 * np.asarray(self.half_sides, dtype=np.float64)
        spacing: NDArray[np.float64] = sides / (np.asarray(self.raw.shape) - 1)
        return spacing

    @property
    def is_empty(self) -> bool:
        """Whether nothing in it is solid."""
        return not float(self.raw.max()) > self.level + NUDGE


def surface_of_grid(grid: DensityGrid, smoothing_passes: int = SMOOTHING_PASSES) -> Mesh:
    """The closed surface of a density.

    Args:
        grid: the density.
        smoothing_passes: passes of Taubin smoothing; 0 leaves the marching cubes' facets.

    Returns:
        A watertight mesh, wound outwards.

    Raises:
        ExportError: there is no surface.
    """
    if grid.is_empty:
        raise ExportError("There is no surface in this head.", "Make the head again, or try another seed.")
    vertices, faces = _marching_cubes(grid)
    vertices, faces = largest_piece(vertices, faces)
    vertices = smoothed(vertices, faces, smoothing_passes, grid.half_sides)
    return Mesh.of_triangles(vertices, faces)


def _marching_cubes(grid: DensityGrid) -> tuple[Vertices, Faces]:
    from skimage.measure import marching_cubes

    # so bounded, each vertex lies well within its edge, by which it is known
    above = (grid.raw - np.float32(grid.level)).clip(-1, 1)
    above[np.abs(above) < NUDGE] = NUDGE
    # one layer of emptiness around the box closes what leaves it; its vertices are then pushed back onto the box
    cells, faces, _, _ = marching_cubes(np.pad(above, 1, constant_values=-1), 0.0)
    cells = grid.crossings.placed(cells - 1, grid.raw.shape)
    half = np.asarray(grid.half_sides)
    vertices = np.clip(cells * grid.spacing - half, -half, half).astype(np.float32)
    # solid is where the density is high, which skimage takes for the inside of a hole
    return _without_collapsed(vertices, np.ascontiguousarray(faces[:, ::-1]).astype(np.int32))


def largest_piece(vertices: Vertices, faces: Faces) -> tuple[Vertices, Faces]:
    """The connected piece that encloses the most; bubbles inside of it and crumbs around it are dropped."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    links = coo_matrix((np.ones(len(start), dtype=np.int8), (start, end)), shape=(len(vertices), len(vertices)))
    count, piece = connected_components(links, directed=False)
    a, b, c = (vertices[faces[:, corner]].astype(np.float64) for corner in range(3))
    volumes = np.bincount(piece[faces[:, 0]], np.einsum("ij,ij->i", a, np.cross(b, c)) / 6, minlength=count)
    return _compacted(vertices, faces[piece[faces[:, 0]] == int(volumes.argmax())])


def smoothed(vertices: Vertices, faces: Faces, passes: int, half_sides: tuple[float, float, float]) -> Vertices:
    """Vertices after Taubin smoothing, which keeps the volume; those on the box's faces slide within them."""
    from scipy.sparse import coo_matrix

    if passes <= 0:
        return vertices
    count = len(vertices)
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    links = coo_matrix((np.ones(len(start), dtype=np.float32), (start, end)), shape=(count, count)).tocsr()
    # every edge of a closed mesh runs both ways, so its rows already count each neighbour once
    neighbours = np.maximum(np.diff(links.indptr), 1).astype(np.float32)[:, None]
    fixed = np.abs(vertices) >= np.asarray(half_sides, dtype=np.float32) - 1e-6
    moved = vertices
    for _ in range(passes):
        for step in (SHRINK, GROW):
            moved = moved + np.float32(step) * (links @ moved / neighbours - moved)
            moved = np.where(fixed, vertices, moved)
    return moved.astype(np.float32)


def simplified(mesh: Mesh, triangles: int) -> Mesh:
    """The same surface with at most about so many triangles (quadric edge collapse); still watertight.

    Colours and the like are dropped: they belong to the old vertices.
    """
    import fast_simplification

    if len(mesh.faces) <= triangles:
        return replace(mesh, uvs=None, colours=None, texture=None, labels=None)
    # the quickest setting comes first; where its mesh cannot be closed, a gentler one and more triangles are tried
    for hurry, count in ((4, triangles), (2, triangles), (4, triangles * 5 // 4), (4, triangles * 2)):
        if count >= len(mesh.faces):
            continue
        vertices, faces = fast_simplification.simplify(mesh.vertices, mesh.faces, target_count=count, agg=hurry)
        vertices, faces = _without_collapsed(vertices.astype(np.float32), faces.astype(np.int32))
        vertices, faces = unpinched(vertices, faces)
        fewer = Mesh.of_triangles(*largest_piece(vertices, faces))
        if fewer.is_watertight:
            return fewer
    return replace(mesh, uvs=None, colours=None, texture=None, labels=None)


def unpinched(vertices: Vertices, faces: Faces) -> tuple[Vertices, Faces]:
    """Sheets that touch along an edge or in a point, set apart.

    Collapsing edges pinches thin handles until four triangles share an edge. Triangles that meet along an edge of
    two stay joined; elsewhere each sheet gets vertices of its own, drawn a little towards their neighbours.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    start, end = faces.ravel().astype(np.int64), np.roll(faces, -1, axis=1).ravel().astype(np.int64)
    edge = np.minimum(start, end) * len(vertices) + np.maximum(start, end)
    order = np.argsort(edge, kind="stable")
    first = np.flatnonzero(np.diff(edge[order], prepend=-1))
    pairs = first[np.diff(first, append=len(edge)) == 2]
    one, other = order[pairs], order[pairs + 1]
    opposite = start[one] != start[other]
    one, other = one[opposite], other[opposite]
    # corners are numbered like the edges that start at them
    following = np.arange(len(start)).reshape(-1, 3)[:, [1, 2, 0]].ravel()
    rows = np.concatenate([one, following[one]])
    columns = np.concatenate([following[other], other])
    links = coo_matrix((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(len(start), len(start)))
    count, corner = connected_components(links, directed=False)
    origin = np.zeros(count, dtype=np.int64)
    origin[corner] = start
    apart, faces = vertices[origin], corner.reshape(-1, 3).astype(np.int32)
    shared = np.bincount(origin, minlength=len(vertices))[origin] > 1
    if not shared.any():
        return vertices, start.reshape(-1, 3).astype(np.int32)
    valence = np.maximum(np.bincount(corner, minlength=count), 1)[:, None]
    around = np.zeros((count, 3))
    np.add.at(around, corner, apart[np.roll(faces, -1, axis=1).ravel()])
    drawn = apart + PINCH * (around / valence - apart)
    return np.where(shared[:, None], drawn, apart).astype(np.float32), faces


def _without_collapsed(vertices: Vertices, faces: Faces) -> tuple[Vertices, Faces]:
    """Without triangles that have no area: their shortest edge is closed up, which leaves no hole."""
    for _ in range(8):
        a, b, c = (vertices[faces[:, corner]].astype(np.float64) for corner in range(3))
        flat = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2 < COLLAPSED
        if not flat.any():
            break
        corners = np.stack([a, b, c], axis=1)[flat]
        shortest = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2).argmin(axis=1)
        rows = np.arange(int(flat.sum()))
        ends = np.stack([faces[flat][rows, shortest], faces[flat][rows, (shortest + 1) % 3]], axis=1)
        target = np.arange(len(vertices), dtype=np.int32)
        target[ends.max(axis=1)] = ends.min(axis=1)
        faces = target[faces]
        faces = faces[(faces != np.roll(faces, -1, axis=1)).all(axis=1)]
    return _compacted(vertices, faces)


def _compacted(vertices: Vertices, faces: Faces) -> tuple[Vertices, Faces]:
    """Without vertices that no triangle uses."""
    used, renamed = np.unique(faces, return_inverse=True)
    return vertices[used], renamed.reshape(-1, 3).astype(np.int32)
