"""PLY: binary, a colour and a normal at each vertex; millimetres, +y up, the face looks along +z.

How well photos show a vertex, where asked for, is the float property `seen`: 0 guessed, 1 seen.
"""

from pathlib import Path

import numpy as np

from core.exporters.files import write_whole
from core.exporters.subject import Subject
from core.mesh import Mesh

UNITS_PER_METRE = 1000.0


def write(subject: Subject, path: Path) -> Mesh:
    """Write the head's watertight mesh with vertex colours; answers it as it stands in the file."""
    mesh = subject.coloured
    mesh = mesh.scaled(subject.scale(mesh, UNITS_PER_METRE))
    subject.tell(0.95, f"Writing {path.name}")
    write_whole(path, ply_bytes(mesh, subject.credit))
    return mesh


def ply_bytes(mesh: Mesh, credit: str) -> bytes:
    """A binary little-endian PLY of a mesh with vertex colours.

    Args:
        mesh: in millimetres.
        credit: written as a comment.
    """
    if mesh.colours is None:
        raise ValueError("a PLY needs vertex colours")
    fields = [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")]
    fields += [(name, "u1") for name in ("red", "green", "blue")]
    if mesh.seen is not None:
        fields.append(("seen", "<f4"))
    rows = np.zeros(len(mesh.vertices), dtype=fields)
    for index, axis in enumerate("xyz"):
        rows[axis] = mesh.vertices[:, index]
        rows[f"n{axis}"] = mesh.normals[:, index]
    for index, colour in enumerate(("red", "green", "blue")):
        rows[colour] = mesh.colours[:, index]
    if mesh.seen is not None:
        rows["seen"] = mesh.seen
    triangles = np.zeros(len(mesh.faces), dtype=[("count", "u1"), ("corners", "<i4", (3,))])
    triangles["count"] = 3
    triangles["corners"] = mesh.faces
    types = {"<f4": "float", "u1": "uchar"}
    header = [
        "ply",
        "format binary_little_endian 1.0",
        f"comment {' '.join(credit.split())}",
        "comment millimetres, +y up, the face looks along +z",
        f"element vertex {len(rows)}",
        *(f"property {types[kind]} {name}" for name, kind in fields),
        f"element face {len(triangles)}",
        "property list uchar int vertex_indices",
        "end_header",
    ]
    return ("\n".join(header) + "\n").encode("ascii", "replace") + rows.tobytes() + triangles.tobytes()
