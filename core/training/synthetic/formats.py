"""MakeHuman's text formats: OBJ meshes, shape targets, and .mhclo files that bind a mesh to the base mesh.

Lengths are decimetres; y is up, the face looks along +z, +x is the person's left.
"""

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import VoltefaceError
from core.training.synthetic.arrays import Floats, Ints

_TARGET_COLUMNS = 4
_BOUND_COLUMNS = 9
_RANGE = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")


@dataclass(frozen=True, eq=False)
class PolygonMesh:
    """An OBJ file.

    Attributes:
        vertices: float32 [V,3].
        uvs: float32 [T,2]; v points up.
        faces: for each face its vertex indices (any number of corners).
        uv_faces: for each face its uv indices.
        groups: for each face the name of its group.
    """

    vertices: Floats
    uvs: Floats
    faces: list[list[int]]
    uv_faces: list[list[int]]
    groups: list[str]


def parse_obj(text: str) -> PolygonMesh:
    """Vertices, uvs, faces and groups of an OBJ file; everything else in it is passed over."""
    vertices: list[list[float]] = []
    uvs: list[list[float]] = []
    faces: list[list[int]] = []
    uv_faces: list[list[int]] = []
    groups: list[str] = []
    group = ""
    for line in text.splitlines():
        words = line.split()
        match words:
            case ["v", *numbers]:
                vertices.append([float(x) for x in numbers[:3]])
            case ["vt", *numbers]:
                uvs.append([float(x) for x in numbers[:2]])
            case ["g", *names]:
                group = names[0] if names else ""
            case ["f", *corners]:
                indices = [corner.split("/") for corner in corners]
                faces.append([int(i[0]) - 1 for i in indices])
                uv_faces.append([int(i[1]) - 1 if len(i) > 1 and i[1] else 0 for i in indices])
                groups.append(group)
    return PolygonMesh(
        np.array(vertices, np.float32).reshape(-1, 3),
        np.array(uvs, np.float32).reshape(-1, 2),
        faces,
        uv_faces,
        groups,
    )


def parse_target(text: str) -> tuple[Ints, Floats]:
    """A shape target: vertex indices int32 [K] and displacements float32 [K,3]."""
    rows = " ".join(line for line in text.splitlines() if line[:1].isdigit())
    table = np.array(rows.split(), np.float32).reshape(-1, _TARGET_COLUMNS)
    return table[:, 0].astype(np.int32), table[:, 1:]


@dataclass(frozen=True, eq=False)
class Binding:
    """How a mesh follows the base mesh: each vertex is a weighted base triangle plus an offset.

    Attributes:
        base_index: int [N,3], vertices of the base mesh.
        weights: float [N,3].
        offsets: float [N,3], in units of the scales.
        scales: axis 0..2 -> (base vertex, base vertex, their distance along the axis on the neutral mesh).
        hidden: int [K], base vertices that lie under the garment.
    """

    base_index: Ints
    weights: Floats
    offsets: Floats
    scales: dict[int, tuple[int, int, float]]
    hidden: Ints

    def fit(self, base_vertices: Floats) -> Floats:
        """Vertices [N,3] on the shaped base mesh [V,3], same units."""
        scale = np.ones(3)
        for axis, (first, second, neutral) in self.scales.items():
            scale[axis] = abs(base_vertices[first, axis] - base_vertices[second, axis]) / neutral
        corners = base_vertices[self.base_index] * self.weights[..., None]
        fitted: Floats = corners.sum(1) + self.offsets * scale
        return fitted


def parse_mhclo(text: str) -> Binding:
    """The binding in a .mhclo file. Rows have one number (bound to one vertex) or nine (triangle, weights, offset)."""
    rows: list[list[float]] = []
    hidden: list[int] = []
    scales: dict[int, tuple[int, int, float]] = {}
    section = ""
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in ("x_scale", "y_scale", "z_scale"):
            scales["xyz".index(words[0][0])] = int(words[1]), int(words[2]), float(words[3])
        elif words[0] in ("verts", "delete_verts", "weights"):
            section = words[0]
        elif not words[0].isdigit():
            if section == "delete_verts":
                section = ""
        elif section == "verts" and len(words) == 1:
            rows.append([float(words[0])] * 3 + [1.0] + [0.0] * 5)
        elif section == "verts" and len(words) >= _BOUND_COLUMNS:
            rows.append([float(x) for x in words[:_BOUND_COLUMNS]])
        elif section == "delete_verts":
            for first, last in _RANGE.findall(line):
                hidden += range(int(first), int(last or first) + 1)
    table = np.array(rows, np.float64).reshape(-1, _BOUND_COLUMNS)
    return Binding(table[:, :3].astype(np.int64), table[:, 3:6], table[:, 6:9], scales, np.array(hidden, np.int64))


def read_text(path: Path) -> str:
    """Text of a file, unpacked when its name ends in .gz.

    Raises:
        VoltefaceError: when the file cannot be read.
    """
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode(errors="ignore")
    except (OSError, EOFError) as error:
        raise VoltefaceError(
            f"The asset {path} could not be read: {error}.", "Is the folder of assets complete?"
        ) from error
