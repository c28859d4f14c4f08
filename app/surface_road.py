"""The road from a head to its shape as clay, roughly and as it is exported."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from app.road import loaded_generator, renderer_of
from core.mesh import Mesh
from core.progress import Progress, Report, silent

if TYPE_CHECKING:
    from core.head import Head
    from core.protocols import Renderer

SMOOTHINGS = 12
"""Passes of Taubin smoothing that a grid's steps need in a sketch."""
SKETCHED = 250_000
"""Triangles of a sketch, at most; of a grid that has more itself, as many."""
SEARCHED = 0.3
"""Of an export's bar: the density is sampled, and the rest of the surface is made in one go."""


def surface_sketch_of(head: Head, renderer: Renderer | None = None, *, half: bool = False) -> Renderer:
    """Draws the shape of `head`, with what it wears, as the grid has it that its pictures are drawn by, and its relief.

    The arguments and what is raised are those of `surface_renderer_of`.
    """
    from core.exporters.light import light_surface
    from core.exporters.sculpting import Sculpture
    from core.exporters.surface import smoothed
    from core.exporters.worn import with_eyewear
    from core.rendering.mesh_view import MeshRenderer
    from core.rendering.renderer import HeadRenderer

    if isinstance(renderer, MeshRenderer):
        return MeshRenderer(replace(renderer.mesh, colours=None))
    drawn = renderer.twin() if isinstance(renderer, HeadRenderer) else renderer_of(head, half=half)
    assert isinstance(drawn, HeadRenderer)
    grid = drawn.grid().on_processor
    # thinning it out would take longer than the rest
    mesh = light_surface(grid, sys.maxsize)
    mesh = Mesh.of_triangles(smoothed(mesh.vertices, mesh.faces, SMOOTHINGS, grid.half_sides), mesh.faces)
    sculpture = Sculpture.of(head, grid)  # looking for the face would take longer, too
    if sculpture is not None:
        mesh = sculpture.carved(mesh, max(SKETCHED, len(mesh.faces)), grid.half_sides)
    return MeshRenderer(with_eyewear(mesh, head.eyewear))


def surface_renderer_of(
    head: Head, renderer: Renderer | None = None, *, half: bool = False, report: Report = silent
) -> Renderer:
    """Draws the shape of `head`, with what it wears, as clay: the surface that is exported.

    Args:
        head: of any generator that is installed.
        renderer: one that has drawn it already, whose grid is used; a mesh that stands in for a head is its shape.
        half: as for `road.renderer_of`.
        report: told how far it is; nobody knows how long the second half takes.

    Raises:
        ExportError: there is no surface.
    """
    from core.editors.modelled_face import modelled_face
    from core.exporters import ExportOptions
    from core.exporters.subject import Subject
    from core.rendering.mesh_view import MeshRenderer
    from core.rendering.renderer import HeadRenderer

    if isinstance(renderer, MeshRenderer):
        return MeshRenderer(replace(renderer.mesh, colours=None))

    def told(progress: Progress) -> None:
        report(progress if progress.fraction < SEARCHED else Progress(0, 0, progress.message))

    known = renderer.twin() if isinstance(renderer, HeadRenderer) else None
    generator = loaded_generator(head.generator, half=half)
    return MeshRenderer(Subject(head, generator, ExportOptions(), told, known, modelled_face).bare)
