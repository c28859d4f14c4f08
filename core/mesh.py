"""A triangle mesh with what may cover it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles, wound anticlockwise as seen from outside. Arrays are never written in place.

    Attributes:
        vertices: float32 [V, 3], world units, +y up, the face looks along +z.
        faces: int32 [F, 3], indices of vertices.
        normals: float32 [V, 3], unit length, outwards.
        uvs: float32 [V, 2], from the texture's bottom left, or None.
        colours: uint8 [V, 3] RGB, or None.
        texture: uint8 [T, T, 3] RGB, first row on top, or None.
        normal_map: uint8 [T, T, 3], a unit vector as 127 times it and 128: along u, up v and outwards; or None.
        labels: uint8 [V] indices into `core.mask.PARTS`, or None.
        seen: float32 [V], 0 guessed .. 1 seen in a photo, or None.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    normals: NDArray[np.float32]
    uvs: NDArray[np.float32] | None = None
    colours: NDArray[np.uint8] | None = None
    texture: NDArray[np.uint8] | None = None
    normal_map: NDArray[np.uint8] | None = None
    labels: NDArray[np.uint8] | None = None
    seen: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        count = len(self.vertices)
        if self.vertices.shape != (count, 3) or self.vertices.dtype != np.float32:
            raise ValueError(f"vertices must be float32 [V, 3], not {self.vertices.dtype} {list(self.vertices.shape)}")
        if self.faces.shape != (len(self.faces), 3) or self.faces.dtype != np.int32:
            raise ValueError(f"faces must be int32 [F, 3], not {self.faces.dtype} {list(self.faces.shape)}")
        if self.faces.size and not (self.faces.min() >= 0 and self.faces.max() < count):
            raise ValueError("faces must name vertices that exist")
        expected: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
            "normals": ((count, 3), np.float32),
            "uvs": ((count, 2), np.float32),
            "colours": ((count, 3), np.uint8),
            "labels": ((count,), np.uint8),
            "seen": ((count,), np.float32),
        }
        for name, (shape, dtype) in expected.items():
            array = getattr(self, name)
            if array is not None and (array.shape != shape or array.dtype != dtype):
                raise ValueError(f"{name} must be {dtype.__name__} {shape}, not {array.dtype} {array.shape}")

    @staticmethod
    def of_triangles(vertices: ArrayLike, faces: ArrayLike) -> "Mesh":
        """A bare mesh with normals averaged from its triangles by their area."""
        points, triangles = np.asarray(vertices, dtype=np.float32), np.asarray(faces, dtype=np.int32)
        return Mesh(points, triangles, smooth_normals(points, triangles))

    @property
    def bounds(self) -> NDArray[np.float32]:
        """Lowest and highest corner, float32 [2, 3]."""
        return np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])

    @property
    def volume(self) -> float:
        """Enclosed volume, cubic world units; negative when wound inwards. Means nothing unless watertight."""
        a, b, c = (self.vertices[self.faces[:, corner]].astype(np.float64) for corner in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)

    @property
    def is_watertight(self) -> bool:
        """Whether every edge is shared by exactly two triangles that run along it in opposite directions.

        Vertices at one place count as one: a texture's seams do not open a mesh.
        """
        if not len(self.faces):
            return False
        _, merged = np.unique(self.vertices, axis=0, return_inverse=True)
        corners = merged.reshape(-1)[self.faces].astype(np.int64)
        if (corners == np.roll(corners, -1, axis=1)).any():
            return False
        start, end = corners.ravel(), np.roll(corners, -1, axis=1).ravel()
        count = int(corners.max()) + 1
        along, against = np.sort(start * count + end), np.sort(end * count + start)
        return bool(np.array_equal(along, against) and (np.diff(along) > 0).all())

    def scaled(self, factor: float) -> "Mesh":
        """The same mesh, `factor` times as large, about the origin."""
        if factor <= 0:
            raise ValueError(f"factor must be positive, not {factor}")
        return replace(self, vertices=self.vertices * np.float32(factor))


def smooth_normals(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float32]:
    """Unit normals [V, 3], averaged over the triangles at each vertex by their area; +y where there is no triangle."""
    corners = vertices.astype(np.float64)[faces]
    by_face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros((len(vertices), 3))
    for corner in range(3):
        np.add.at(normals, faces[:, corner], by_face)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 1e-30, normals / np.maximum(length, 1e-30), [0.0, 1.0, 0.0]).astype(np.float32)
