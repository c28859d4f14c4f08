"""OBJ with material (.mtl), texture and normal map (.png) beside it; millimetres, +y up, the face looks along +z."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.exporters.files import picture_bytes, write_whole
from core.exporters.subject import Subject
from core.mesh import Mesh

UNITS_PER_METRE = 1000.0
NEWLINE = "\n"


def write(subject: Subject, path: Path) -> Mesh:
    """Write the head's textured mesh; answers it as it stands in the file."""
    mesh = subject.textured
    mesh = mesh.scaled(subject.scale(mesh, UNITS_PER_METRE))
    subject.tell(0.82, f"Writing {path.name}")
    # the file that names the others comes last: whoever finds it finds them
    for name, content in reversed(obj_files(mesh, path.stem, path.name, subject.credit).items()):
        write_whole(path.with_name(name), content)
    return mesh


def files_of(path: Path) -> tuple[Path, ...]:
    """The files that make up an OBJ: itself, its material, its texture, and its normal map where it names one."""
    material = path.with_name(f"{path.stem}.mtl")
    bumps = path.with_name(normal_map_name(path.stem))
    named = (bumps,) if bumps.name in material.read_text(errors="replace") else ()
    return path, material, path.with_name(texture_name(path.stem)), *named


def texture_name(stem: str) -> str:
    """File name of the texture; not that of a picture which may be exported beside it."""
    return f"{stem}_texture.png"


def normal_map_name(stem: str) -> str:
    """File name of the normal map."""
    return f"{stem}_normal.png"


def obj_files(mesh: Mesh, stem: str, name: str, credit: str) -> dict[str, bytes]:
    """Contents of the OBJ file `name`, its material, its texture and its normal map, by file name.

    Args:
        mesh: in millimetres, with uvs and texture.
        stem: of the material's and the texture's file names.
        name: of the OBJ file.
        credit: written as a comment.
    """
    if mesh.uvs is None or mesh.texture is None:
        raise ValueError("an OBJ needs texture coordinates and a texture")
    corner = mesh.faces + 1
    lines = [
        f"# {_one_line(credit)}",
        "# millimetres, +y up, the face looks along +z",
        f"mtllib {stem}.mtl",
        "o head",
        _table("v", mesh.vertices, "%.4f"),
        _table("vt", mesh.uvs, "%.6f"),
        _table("vn", mesh.normals, "%.4f"),
        "usemtl head",
        NEWLINE.join(f"f {a}/{a}/{a} {b}/{b}/{b} {c}/{c}/{c}" for a, b, c in corner.tolist()),
    ]
    material = ["newmtl head", "Ka 1 1 1", "Kd 1 1 1", "Ks 0 0 0", "illum 1", f"map_Kd {texture_name(stem)}"]
    pictures = {texture_name(stem): picture_bytes(mesh.texture)}
    if mesh.normal_map is not None:
        # what Blender, Maya and the like take for the normal map of a material of this kind
        material.append(f"map_Bump -bm 1 {normal_map_name(stem)}")
        pictures[normal_map_name(stem)] = picture_bytes(mesh.normal_map)
    return {
        name: (NEWLINE.join(lines) + NEWLINE).encode(),
        f"{stem}.mtl": (NEWLINE.join(material) + NEWLINE).encode(),
        **pictures,
    }


def _table(keyword: str, rows: NDArray[np.float32], number: str) -> str:
    """One line for each row of numbers."""
    line = " ".join([keyword] + [number] * rows.shape[1])
    return NEWLINE.join(line % tuple(row) for row in rows.tolist())


def _one_line(text: str) -> str:
    return " ".join(text.split())
