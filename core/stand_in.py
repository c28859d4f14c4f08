"""What a project shows of its head where the head's generator is not installed: a light mesh, and whose work it is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from core.mesh import Mesh

MOST_TRIANGLES = 40_000
"""Triangles of a stand-in's mesh: enough to recognise a person, under a megabyte in the file."""


@dataclass(frozen=True)
class ModelFacts:
    """The generator that made a head, as the project remembers it.

    Attributes:
        name: how heads and options call it; the person who installs it again must give it this name.
        title: for people.
        licence: of its weights.
        commercial: whether that licence lets a person sell what they make.
        family: the architecture, as `volteface models list` names it; empty where it is not known.
        sha256: of its weights; empty where it has none.
    """

    name: str
    title: str
    licence: str = ""
    commercial: bool = False
    family: str = ""
    sha256: str = ""

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "ModelFacts":
        """The facts that `to_json` described; what a later version may add is left alone.

        Raises:
            TypeError: a field is missing or of the wrong type.
        """
        known = {field.name: data[field.name] for field in fields(ModelFacts) if field.name in data}
        for name, value in known.items():
            if not isinstance(value, bool if name == "commercial" else str):
                raise TypeError(f"{name} of the model is a {type(value).__name__}")
        return ModelFacts(**known)


@dataclass(frozen=True, eq=False)
class StandIn:
    """What stands in for a head.

    Attributes:
        mesh: the head's surface with a colour at each vertex, world units.
        model: the generator that the head needs.
    """

    mesh: Mesh
    model: ModelFacts

    def __post_init__(self) -> None:
        if self.mesh.colours is None:
            raise ValueError("a stand-in's mesh needs vertex colours")


def bytes_of_mesh(mesh: Mesh) -> bytes:
    """A coloured mesh as safetensors; normals and texture are left out."""
    from safetensors.numpy import save

    colours = np.zeros_like(mesh.vertices, dtype=np.uint8) if mesh.colours is None else mesh.colours
    arrays = {"vertices": mesh.vertices, "faces": mesh.faces, "colours": colours}
    data: bytes = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    return data


def mesh_of_bytes(data: bytes) -> Mesh:
    """The mesh that `bytes_of_mesh` wrote.

    Raises:
        ValueError: it is no mesh.
        KeyError: a part is missing.
        safetensors.SafetensorError: it is no safetensors file.
    """
    from safetensors.numpy import load

    arrays = load(data)
    bare = Mesh.of_triangles(arrays["vertices"], arrays["faces"])
    return Mesh(bare.vertices, bare.faces, bare.normals, colours=arrays["colours"])
