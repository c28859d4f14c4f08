"""SPLAT: a head as flat 3D Gaussians on its surface, for viewers of splats on the web and in game engines.

32 bytes each, the largest first: place and extent (float32 x 3 each), RGBA (bytes), turn (a quaternion w x y z, each
byte 128 + 127 times the number), as antimatter15's viewer reads them. Metres, +y up, the face looks along +z.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.exporters.files import write_whole
from core.exporters.subject import Subject
from core.mesh import Mesh

UNITS_PER_METRE = 1.0
OVERLAP = 0.75
"""Standard deviation of a Gaussian in the surface, in sides of the square that it stands for: no gaps are left."""
FLATNESS = 0.15
"""Its deviation along the normal, as a share of the one in the surface."""

Floats = NDArray[np.float32]


def write(subject: Subject, path: Path) -> Mesh:
    """Write a Gaussian for each vertex of the head's fine coloured mesh; answers that mesh in metres."""
    mesh = subject.coloured
    mesh = mesh.scaled(subject.scale(mesh, UNITS_PER_METRE))
    subject.tell(0.95, f"Writing {path.name}")
    write_whole(path, splat_bytes(mesh))
    return mesh


def splat_bytes(mesh: Mesh) -> bytes:
    """The Gaussians of a mesh with vertex colours, in metres."""
    if mesh.colours is None:
        raise ValueError("splats need vertex colours")
    across = OVERLAP * np.sqrt(_areas(mesh)).astype(np.float32)
    rows = np.zeros(
        len(mesh.vertices),
        dtype=[("place", "<f4", (3,)), ("extent", "<f4", (3,)), ("rgba", "u1", (4,)), ("turn", "u1", (4,))],
    )
    rows["place"] = mesh.vertices
    rows["extent"] = across[:, None] * np.array([1, 1, FLATNESS], np.float32)
    rows["rgba"][:, :3] = mesh.colours
    rows["rgba"][:, 3] = 255
    rows["turn"] = np.round(turns_to(mesh.normals) * 127 + 128).astype(np.uint8)
    return rows[np.argsort(-across, kind="stable")].tobytes()


def turns_to(directions: Floats) -> Floats:
    """Unit quaternions [N, 4], w x y z, of the shortest turns that bring +z to unit directions [N, 3]."""
    x, y, z = directions.T
    turns = np.stack([1 + z, -y, x, np.zeros_like(z)], axis=1)
    # straight back any half turn does
    turns[1 + z < 1e-6] = (0, 1, 0, 0)
    return np.asarray(turns / np.linalg.norm(turns, axis=1, keepdims=True), np.float32)


def _areas(mesh: Mesh) -> NDArray[np.float64]:
    """The share [V] of the surface that each vertex stands for."""
    first, second, third = (mesh.vertices[mesh.faces[:, corner]].astype(np.float64) for corner in range(3))
    area = np.linalg.norm(np.cross(second - first, third - first), axis=1) / 2
    return np.asarray(np.bincount(mesh.faces.ravel(), np.repeat(area / 3, 3), len(mesh.vertices)), np.float64)
