"""A head on its way into a file: what a writer may ask for, made when it asks."""

from dataclasses import replace
from functools import cached_property

import numpy as np
import torch

from core.camera import SEEN_HALF_HEIGHT, Camera
from core.errors import ExportError
from core.exporters.apart import run_apart
from core.exporters.density import RESOLUTION, sample_density
from core.exporters.head_density import density_of
from core.exporters.options import LIFE_SIZE_MM, ExportOptions
from core.exporters.texture import PointColours, baked, coloured, field_colours, surface_colours
from core.exporters.views import views_around
from core.exporters.worn import with_eyewear
from core.frame import Frame, Quality
from core.head import Head
from core.mesh import Mesh
from core.progress import Progress, Report, silent
from core.protocols import Generator, Renderer
from core.rendering.marching import solid_region
from core.rendering.renderer import HeadRenderer
from core.rendering.seen import seen_on

VIEWS_SHARE = 0.65
"""Of the time that painting takes, for the renders that it takes its colours from."""
FINE_FACTOR = 4
"""Triangles of a mesh without texture for each one of a mesh with it."""
STEPS = 1000
"""Steps of a whole export, as told to the job bar. What each part of the work fills of it is what it takes of the time:
unfolding a textured head takes as long as a fourth of all, and reading the file again an eighth."""


class Subject:
    """One head, one export. Its meshes are in world units and painted from `renderer`'s pictures.

    Attributes:
        head: what is exported.
        options: the person's choices.
        generator: the head's, tuned for it.
        renderer: draws the head.
    """

    def __init__(
        self,
        head: Head,
        generator: Generator,
        options: ExportOptions,
        report: Report = silent,
        renderer: Renderer | None = None,
    ) -> None:
        self.head = head
        self.options = options
        self.generator = generator.tuned(head.delta) if head.delta else generator
        self.renderer = renderer or HeadRenderer(generator, head)
        self._report = report
        self._latest = Progress(0, STEPS, "Preparing the export")

    @property
    def photo_camera(self) -> Camera:
        """Where the photo was taken from."""
        return self.head.camera

    @property
    def credit(self) -> str:
        """One line: where the head comes from and under which licence its model is."""
        return f"Head made with Volteface, model {self.generator.info.title} ({self.generator.info.licence})"

    @cached_property
    def bare(self) -> Mesh:
        """The watertight surface, finely."""
        mesh = self._shape(self.options.triangles * FINE_FACTOR, flat=False, found=0.5, until=0.9)
        return with_eyewear(mesh, self.head.eyewear)

    @cached_property
    def coloured(self) -> Mesh:
        """The watertight surface, finely, with a colour at each vertex."""
        mesh = self._shape(self.options.triangles * FINE_FACTOR, flat=False, found=0.1, until=0.2)
        with torch.no_grad():
            painted = self.witnessed(coloured(mesh, self._paint(mesh, 0.2, 0.9)))
        return with_eyewear(painted, self.head.eyewear)

    @cached_property
    def textured(self) -> Mesh:
        """The surface with texture coordinates and a baked texture."""
        mesh = self._shape(self.options.triangles, flat=True, found=0.07, until=0.28)
        with torch.no_grad():
            painted = self.witnessed(baked(mesh, self.options.texture_px, self._paint(mesh, 0.28, 0.8)))
        return with_eyewear(painted, self.head.eyewear)

    def witnessed(self, mesh: Mesh) -> Mesh:
        """The mesh, in world units, with how well the options' photos show each vertex, where there are any."""
        return replace(mesh, seen=seen_on(mesh, self.options.seen_by)) if self.options.seen_by else mesh

    def frame(self, camera: Camera, quality: Quality, size_px: int | None = None) -> Frame:
        """A render of the head; the options' quality goes before the one asked for."""
        return self.renderer.render(camera, self.options.quality or quality, size_px=size_px, stale=self.still_wanted)

    def scale(self, mesh: Mesh, units_per_metre: float) -> float:
        """Factor from world units to a file's units that gives the mesh the height asked for."""
        if self.options.height_mm is None:
            return LIFE_SIZE_MM / 1000 * units_per_metre
        height = float(np.ptp(mesh.vertices[:, 1]))
        return self.options.height_mm / 1000 * units_per_metre / max(height, 1e-9)

    def tell(self, fraction: float, message: str) -> None:
        """Report progress; raises `Cancelled` when the person changed their mind."""
        self._latest = Progress(round(fraction * STEPS), STEPS, message)
        self._report(self._latest)

    def still_wanted(self) -> None:
        """Report again what was last reported, so that the report can raise `Cancelled`."""
        self._report(self._latest)

    def stretch(self, start: float, stop: float) -> Report:
        """A report for a part of the work, which fills the bar from one fraction to another."""
        return lambda progress: self.tell(start + (stop - start) * progress.fraction, progress.message)

    def _shape(self, triangles: int, *, flat: bool, found: float, until: float) -> Mesh:
        """The surface with at most about so many triangles; `flat` cuts it into charts for a texture.

        The bar stands at `found` when it is known where the surface lies, and at `until` in the end.
        """
        x, y, z = solid_region(self.generator)
        with torch.no_grad():
            grid = sample_density(
                density_of(self.generator, self.head),
                (x, min(y, SEEN_HALF_HEIGHT), z),  # busts are cut where their shreds begin
                RESOLUTION,
                report=self.stretch(0.0, found),
            )
        if grid.is_empty:
            raise ExportError("There is no surface in this head.", "Make the head again, or try another seed.")
        self.tell(found, "Unfolding the surface for its texture" if flat else "Building the surface")
        given = {
            "raw": grid.raw,
            "half_sides": np.asarray(grid.half_sides),
            "level": np.asarray(grid.level),
            "edges": grid.crossings.edges,
            "shares": grid.crossings.shares,
            "triangles": np.asarray(triangles),
            "flat": np.asarray(flat),
        }
        return Mesh(**run_apart("core.exporters.unwrap:mesh_apart", given, self.still_wanted))

    def _paint(self, mesh: Mesh, start: float, stop: float) -> PointColours:
        """Colours of the mesh's surface points, from renders of the head."""
        middle = start + VIEWS_SHARE * (stop - start)
        report = self.stretch(start, middle)
        # what is worn is joined as a mesh of its own, and must not be painted onto the skin behind it
        bare = replace(self.head, eyewear=None, delta={})  # the generator is tuned already
        renderer = HeadRenderer(self.generator, bare) if self.head.eyewear is not None else self.renderer
        views = views_around(renderer, self.head.camera, mesh, report, quality=self.options.quality)
        own = field_colours(self.generator, self.head.trigrid)
        return lambda points, normals: surface_colours(points, normals, views, own, self.stretch(middle, stop))
