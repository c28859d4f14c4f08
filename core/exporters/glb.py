"""GLB: one binary glTF 2.0 file with mesh, texture and normal map; metres, +y up, the face looks along +z.

How well photos show a vertex, where asked for, is the float attribute `_SEEN`: 0 guessed, 1 seen.
"""

from pathlib import Path
from typing import Any

import numpy as np

from core.exporters.files import write_whole
from core.exporters.subject import Subject
from core.mesh import Mesh

UNITS_PER_METRE = 1.0
GENERATOR = "Volteface"
ROUGHNESS = 0.8


def write(subject: Subject, path: Path) -> Mesh:
    """Write the head's textured mesh; answers it as it stands in the file."""
    mesh = subject.textured
    mesh = mesh.scaled(subject.scale(mesh, UNITS_PER_METRE))
    subject.tell(0.82, f"Writing {path.name}")
    write_whole(path, glb_bytes(mesh, subject.credit))
    return mesh


def glb_bytes(mesh: Mesh, credit: str) -> bytes:
    """A GLB of a mesh with uvs and texture.

    Args:
        mesh: in metres.
        credit: kept as the asset's copyright line.
    """
    import trimesh
    from PIL import Image
    from trimesh.visual.material import PBRMaterial
    from trimesh.visual.texture import TextureVisuals

    if mesh.uvs is None or mesh.texture is None:
        raise ValueError("a GLB needs texture coordinates and a texture")
    material = PBRMaterial(
        name="head",
        baseColorTexture=Image.fromarray(mesh.texture),
        normalTexture=None if mesh.normal_map is None else Image.fromarray(mesh.normal_map),
        baseColorFactor=[255, 255, 255, 255],
        metallicFactor=0.0,
        roughnessFactor=ROUGHNESS,
    )
    body = trimesh.Trimesh(
        mesh.vertices,
        mesh.faces,
        vertex_normals=mesh.normals,
        visual=TextureVisuals(uv=mesh.uvs, material=material),
        process=False,
        # the writer puts the underscore before it that glTF asks of what is not its own
        vertex_attributes=None if mesh.seen is None else {"SEEN": mesh.seen},
    )
    scene = trimesh.Scene()
    scene.add_geometry(body, node_name="head", geom_name="head")

    def signed(tree: dict[str, Any]) -> None:
        tree["asset"].update(
            generator=GENERATOR, copyright=credit, extras={"title": "Head", "units": "metre", "up": "+y", "front": "+z"}
        )

    return bytes(scene.export(file_type="glb", include_normals=True, tree_postprocessor=signed))


def read(path: Path) -> Mesh:
    """The mesh of a GLB that this module wrote, in metres."""
    import trimesh

    (body,) = trimesh.load_scene(path).geometry.values()
    seen = body.vertex_attributes.get("SEEN", body.vertex_attributes.get("_SEEN"))
    material = body.visual.material
    texture, bumps = (
        None if one is None else np.asarray(one.convert("RGB"))
        for one in (material.baseColorTexture, material.normalTexture)
    )
    return Mesh(
        np.asarray(body.vertices, np.float32),
        np.asarray(body.faces, np.int32),
        np.asarray(body.vertex_normals, np.float32),
        uvs=np.asarray(body.visual.uv, np.float32),
        texture=texture,
        normal_map=bumps,
        seen=None if seen is None else np.asarray(seen, np.float32).reshape(-1),
    )
