"""STL: binary, the bare watertight surface; millimetres, as printers want it, +y up, the face looks along +z."""

from pathlib import Path

import numpy as np

from core.exporters.files import write_whole
from core.exporters.subject import Subject
from core.mesh import Mesh

UNITS_PER_METRE = 1000.0
HEADER_BYTES = 80


def write(subject: Subject, path: Path) -> Mesh:
    """Write the head's watertight surface; answers it as it stands in the file."""
    mesh = subject.bare
    mesh = mesh.scaled(subject.scale(mesh, UNITS_PER_METRE))
    subject.tell(0.95, f"Writing {path.name}")
    write_whole(path, stl_bytes(mesh, subject.credit))
    return mesh


def stl_bytes(mesh: Mesh, credit: str) -> bytes:
    """A binary STL of a mesh in millimetres; `credit` goes into its header, cut to fit."""
    corners = mesh.vertices[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    records = np.zeros(
        len(mesh.faces), dtype=[("normal", "<f4", (3,)), ("corners", "<f4", (3, 3)), ("attribute", "<u2")]
    )
    records["normal"], records["corners"] = normals, corners
    # a header that begins with "solid" would be taken for the text form
    header = f"binary, millimetres; {credit}".encode("ascii", "replace")[:HEADER_BYTES].ljust(HEADER_BYTES)
    return header + np.uint32(len(records)).tobytes() + records.tobytes()
