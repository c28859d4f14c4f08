"""Files read again by somebody else: trimesh."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_mesh(path: Path) -> Any:  # noqa: ANN401 - trimesh carries no types
    """The only mesh of a file, as it stands there."""
    import trimesh

    (body,) = trimesh.load_scene(path, file_type=path.suffix[1:].lower(), process=False).geometry.values()
    return body


def welded(body: Any) -> Any:  # noqa: ANN401 - trimesh carries no types
    """The mesh with vertices at one place merged, whatever their normals and texture coordinates."""
    import trimesh

    return trimesh.Trimesh(body.vertices, body.faces, process=True, merge_norm=True, merge_tex=True)


def texture_of(body: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - trimesh carries no types
    """Its texture, uint8 [T, T, 3]."""
    material = body.visual.material
    picture = getattr(material, "baseColorTexture", None) or material.image
    return np.asarray(picture.convert("RGB"))


def textured_colours(body: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - trimesh carries no types
    """Colours of its texture at its vertices, uint8 [V, 3]; in trimesh v runs upwards."""
    pixels, uv = texture_of(body), np.asarray(body.visual.uv)
    rows = np.clip((1 - uv[:, 1]) * len(pixels), 0, len(pixels) - 1).astype(int)
    found: NDArray[np.uint8] = pixels[rows, np.clip(uv[:, 0] * len(pixels), 0, len(pixels) - 1).astype(int)]
    return found
