"""A mesh of a head made finer where that shows: the face as it was modelled, then the relief of hair and skin."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.camera import Camera
from core.exporters.refinement import refined
from core.exporters.relief import HAIR, PartShares, Relief
from core.frame import Quality
from core.mesh import smooth_normals
from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.head import Head
    from core.mesh import Mesh
    from core.protocols import Generator, Renderer
    from core.rendering.occupancy import FieldGrid

    Array = NDArray[np.float64]

LOOKS = tuple(Camera.orbit(math.radians(yaw)) for yaw in (0, 45, 315))
"""Cameras that see a face from in front and from its sides; some of `views.RINGS`, so textures can use these, too."""
HAIR_EDGE = 0.0035
"""Longest edges of hair whose strands are carved, world units: 2 mm."""
FLAT_EDGE = 0.006
"""Distance from where the bust is cut off over which relief begins, world units."""
LIGHT_EDGE = 2.2
"""How much longer the edges of a face may be in a mesh for a texture, whose normal map has the rest."""


class Modelled(Protocol):
    """A face that is known finer than a density tells it; `core.editors.modelled_face` has one."""

    def longest_at(self, points: Array) -> Array:
        """Longest edge [N] that a mesh may have at world points [N, 3]; infinite where nothing is modelled."""

    def pressed_into(self, mesh: Mesh, bare: Array) -> Mesh:
        """The mesh with the face, where its vertices [V] are bare."""


class FaceModeller(Protocol):
    """Finds the modelled face of a head; None where there is none."""

    def __call__(self, generator: Generator, head: Head, renderer: Renderer, /) -> Modelled | None:
        """Of a head that `renderer` draws without glasses; `generator` has its tuning."""


@dataclass(frozen=True, eq=False)
class Sculpture:
    """What a head's mesh is too coarse for.

    Attributes:
        parts: of the head.
        face: None where none is modelled.
        relief: None where nothing is known.
    """

    parts: PartShares
    face: Modelled | None
    relief: Relief | None

    @staticmethod
    def of(head: Head, grid: FieldGrid) -> Sculpture | None:
        """What is known of a head at once, without a face; None where nothing tells its parts.

        Args:
            head: what is sculpted.
            grid: of it, in the main memory.
        """
        if grid.labels is None:
            return None
        parts = PartShares(grid)
        return Sculpture(parts, None, Relief.of(head, parts))

    @staticmethod
    def modelled(
        generator: Generator, head: Head, grid: FieldGrid, renderer: Renderer, modeller: FaceModeller
    ) -> Sculpture | None:
        """With the face, and with what pictures show; None where nothing tells the head's parts.

        Args:
            generator: with the head's tuning.
            head: what is sculpted.
            grid: of it, in the main memory.
            renderer: draws it without glasses and styles.
            modeller: finds its face.
        """
        if grid.labels is None:
            return None
        parts = PartShares(grid)
        # what a face without a photo has of wrinkles and beards its pictures show
        looks = () if head.photos or head.face is None else LOOKS
        relief = Relief.of(head, parts, [renderer.render(way, Quality.NEAR) for way in looks])
        return Sculpture(parts, modeller(generator, head, renderer), relief)

    def carved(self, mesh: Mesh, most_triangles: int, half_sides: tuple[float, float, float]) -> Mesh:
        """The mesh with face and relief, of at most so many triangles.

        Args:
            mesh: nothing but vertices, faces and normals.
            most_triangles: it may have.
            half_sides: of the box that it is cut off at: a cut stays flat.
        """
        mesh = self._with_face(refined(mesh, lambda points: self._longest_at(points), most_triangles))
        if self.relief is None:
            return mesh
        heights = self.relief.heights(mesh.vertices.astype(np.float64), mesh.normals)
        heights *= smooth(0.0, FLAT_EDGE, (np.asarray(half_sides) - np.abs(mesh.vertices)).min(axis=1))
        vertices = (mesh.vertices + heights[:, None] * mesh.normals).astype(np.float32)
        return replace(mesh, vertices=vertices, normals=smooth_normals(vertices, mesh.faces))

    def shaped(self, mesh: Mesh, most_triangles: int) -> Mesh:
        """The mesh with the face alone: a normal map may hold the relief."""
        face = self.face
        if face is None:
            return mesh
        return self._with_face(refined(mesh, lambda points: LIGHT_EDGE * face.longest_at(points), most_triangles))

    def _with_face(self, mesh: Mesh) -> Mesh:
        if self.face is None:
            return mesh
        return self.face.pressed_into(mesh, 1 - self.parts.at(HAIR, mesh.vertices))

    def _longest_at(self, points: Array) -> Array:
        longest = np.full(len(points), np.inf) if self.face is None else self.face.longest_at(points)
        if self.relief is not None:
            longest = np.where(self.parts.at(HAIR, points) > 0, np.minimum(longest, HAIR_EDGE), longest)
        return longest
