"""A head on its way into a file: what a writer may ask for, made when it asks."""

from dataclasses import replace
from functools import cached_property

import numpy as np
import torch

from core.camera import SEEN_HALF_HEIGHT, Camera
from core.errors import ExportError
from core.exporters.apart import run_apart
from core.exporters.calming import calmed
from core.exporters.density import RESOLUTION, sample_density
from core.exporters.head_density import density_of
from core.exporters.normal_map import with_normal_map
from core.exporters.options import LIFE_SIZE_MM, ExportOptions
from core.exporters.pictures import Pictures
from core.exporters.sculpting import FaceModeller, Sculpture
from core.exporters.texture import PointColours, Texels, baked, coloured, grid_colours, surface_colours
from core.exporters.views import views_around
from core.exporters.worn import with_eyewear
from core.frame import Frame, Quality
from core.head import Head
from core.mesh import Mesh
from core.progress import Progress, Report, silent
from core.protocols import Generator, Renderer
from core.rendering.eyewear import with_eyewear as wearing_eyewear
from core.rendering.marching import solid_region
from core.rendering.renderer import HeadRenderer
from core.rendering.seen import seen_on

VIEWS_SHARE = 0.65
"""Of the time that painting takes, for the renders that it takes its colours from."""
FINE_FACTOR, SCULPTED_FACTOR = 4, 12
"""Triangles of a mesh without texture for each one of a mesh with it: before it is sculpted, and at most thereafter."""
FACELESS_SHARE = 0.6
"""Of the triangles of a mesh for a texture, of the whole head before its face is modelled."""
FRONT_FINER = 2
"""How much finer the front of a face is drawn for its texture than other views."""
MOST_FRONT_PX = 1024
"""Side of the largest such picture: as fine as a texture of 2048."""
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

    `modeller` finds the head's face for meshes to be sculpted by; None leaves that as the density has it.
    """

    def __init__(
        self,
        head: Head,
        generator: Generator,
        options: ExportOptions,
        report: Report = silent,
        renderer: Renderer | None = None,
        modeller: FaceModeller | None = None,
    ) -> None:
        self.head = head
        self.options = options
        self.generator = generator.tuned(head.delta) if head.delta else generator
        self.renderer = renderer or HeadRenderer(generator, head)
        self._modeller = modeller
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
    def plain(self) -> Mesh:
        """The watertight surface as the density has it, finely."""
        return self._shape(self.options.triangles * FINE_FACTOR, found=0.4, until=0.7, sculpted=False)

    @cached_property
    def bare(self) -> Mesh:
        """The watertight surface, sculpted, without colours."""
        mesh = self._shape(self.options.triangles * FINE_FACTOR, found=0.4, until=0.7)
        return with_eyewear(self._carved(mesh, 0.7, 0.95), self.head.eyewear)

    @cached_property
    def coloured(self) -> Mesh:
        """The watertight surface, sculpted, with a colour at each vertex."""
        mesh = self._shape(self.options.triangles * FINE_FACTOR, found=0.08, until=0.16)
        mesh = self._carved(mesh, 0.16, 0.25)
        with torch.no_grad():
            painted = self.witnessed(coloured(mesh, self._paint(mesh, 0.25, 0.9)))
        return with_eyewear(painted, self.head.eyewear)

    @cached_property
    def textured(self) -> Mesh:
        """The surface with texture coordinates and a baked texture; with a normal map where it stands out."""
        most, sculpture = self.options.triangles, self._sculpture
        faced = sculpture is not None and sculpture.face is not None
        mesh = self._shape(round(most * FACELESS_SHARE) if faced else most, found=0.07, until=0.16)
        if sculpture is not None:
            mesh = sculpture.shaped(mesh, most)
        self.tell(0.2, "Unfolding the surface for its texture")
        given = {"vertices": mesh.vertices, "faces": mesh.faces, "half_sides": np.asarray(self._half_sides)}
        flat = Mesh(**run_apart("core.exporters.unwrap:cut_apart", given, self.still_wanted))
        with torch.no_grad():
            texels = Texels.of(flat, self.options.texture_px)
            painted = self.witnessed(baked(flat, texels, self._paint(flat, 0.28, 0.74)))
        if sculpture is not None and sculpture.relief is not None:
            painted = with_normal_map(painted, texels, sculpture.relief.heights_near, self.stretch(0.74, 0.81))
        return with_eyewear(painted, self.head.eyewear)

    def witnessed(self, mesh: Mesh) -> Mesh:
        """The mesh, in world units, with how well the options' photos show each vertex, where there are any."""
        return replace(mesh, seen=seen_on(mesh, self.options.seen_by)) if self.options.seen_by else mesh

    def frame(self, camera: Camera, quality: Quality, size_px: int | None = None) -> Frame:
        """A render of the head; the options' quality goes before the one asked for."""
        return self.renderer.render(camera, self.options.quality or quality, size_px=size_px, stale=self.still_wanted)

    def view(self, camera: Camera) -> Frame:
        """A render of the head such as its texture is taken from, with its glasses."""
        if self.head.styles:
            return self.frame(camera, Quality.NEAR)
        frame = self._pictures.render(camera, self._baked_quality, stale=self.still_wanted)
        return frame if self.head.eyewear is None else wearing_eyewear(frame, self.head.eyewear)

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

    def _shape(self, triangles: int, *, found: float, until: float, sculpted: bool = True) -> Mesh:
        """The surface with at most about so many triangles; what is to be sculpted has even hair.

        The bar stands at `found` when it is known where the surface lies, and at `until` in the end.
        """
        with torch.no_grad():
            grid = sample_density(
                density_of(self.generator, self.head),
                self._half_sides,
                RESOLUTION,
                report=self.stretch(0.0, found),
            )
        if grid.is_empty:
            raise ExportError("There is no surface in this head.", "Make the head again, or try another seed.")
        if sculpted and self._sculpture is not None and self._modeller is not None:
            grid = calmed(grid, self._bare.grid().on_processor)
        self.tell(found, "Building the surface")
        given = {
            "raw": grid.raw,
            "half_sides": np.asarray(grid.half_sides),
            "level": np.asarray(grid.level),
            "edges": grid.crossings.edges,
            "shares": grid.crossings.shares,
            "triangles": np.asarray(triangles),
        }
        mesh = Mesh(**run_apart("core.exporters.unwrap:mesh_apart", given, self.still_wanted))
        self.tell(until, "Sculpting the face and the hair")
        return mesh

    def _carved(self, mesh: Mesh, start: float, stop: float) -> Mesh:
        """The mesh with the face as it was modelled, and with the relief of hair and skin."""
        self.tell(start, "Sculpting the face and the hair")
        carved = mesh
        if self._sculpture is not None:
            carved = self._sculpture.carved(mesh, self.options.triangles * SCULPTED_FACTOR, self._half_sides)
        self.tell(stop, "Sculpting the face and the hair")
        return carved

    @property
    def _half_sides(self) -> tuple[float, float, float]:
        """Of the box in which there is a surface: busts are cut where their shreds begin."""
        x, y, z = solid_region(self.generator)
        return x, min(y, SEEN_HALF_HEIGHT), z

    @cached_property
    def _bare(self) -> HeadRenderer:
        """Draws the head without glasses and styles: glasses hide lids, and an artist's lines are no relief."""
        drawn = self.renderer
        if not isinstance(drawn, HeadRenderer):
            drawn = HeadRenderer(self.generator, replace(self.head, delta={}))
        drawn.grid(self.still_wanted)  # both know it then
        return drawn.bare()

    @cached_property
    def _bare_pictures(self) -> Renderer:
        return Pictures(self._bare)

    @cached_property
    def _pictures(self) -> Renderer:
        """Pictures of the head in its styles, without glasses.

        What is worn is joined as a mesh of its own, and must not be painted onto the skin behind it.
        """
        if not self.head.styles:
            return self._bare_pictures
        if self.head.eyewear is None:
            return Pictures(self.renderer)
        styled = replace(self.head, eyewear=None, delta={})  # the generator is tuned already
        return Pictures(HeadRenderer(self.generator, styled, below=self._bare.grid()))

    @cached_property
    def _sculpture(self) -> Sculpture | None:
        grid, head = self._bare.grid().on_processor, replace(self._bare.head, delta={})
        if self._modeller is None:
            return Sculpture.of(head, grid)
        return Sculpture.modelled(self.generator, head, grid, self._bare_pictures, self._modeller)

    def _paint(self, mesh: Mesh, start: float, stop: float) -> PointColours:
        """Colours of the mesh's surface points, from renders of the head."""
        middle = start + VIEWS_SHARE * (stop - start)
        views = views_around(
            self._pictures,
            self.head.camera,
            mesh,
            self.stretch(start, middle),
            quality=self._baked_quality,
            photo_px=front_px(self.head, self.generator.info.picture_px),
        )
        own = grid_colours(self._bare.grid().on_processor)
        return lambda points, normals: surface_colours(points, normals, views, own, self.stretch(middle, stop))

    @property
    def _baked_quality(self) -> Quality:
        return self.options.quality or Quality.NEAR


def front_px(head: Head, own_px: int) -> int | None:
    """Side of the picture that a front's texture is taken from: as fine as the photo is, or as a face is drawn.

    Args:
        head: as it is exported.
        own_px: side of its generator's pictures.

    Returns:
        None where those will do.
    """
    if head.photos:
        return max(min(len(photo.fine), MOST_FRONT_PX) for photo in head.photos)
    return FRONT_FINER * own_px if head.face is not None else None
