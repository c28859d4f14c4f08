"""A stand-in on its way into a file: the mesh that a project kept, where the head's generator is not installed."""

from functools import cached_property

from core.camera import Camera
from core.exporters.apart import Arrays, run_apart
from core.exporters.options import ExportOptions
from core.exporters.subject import STEPS, Subject
from core.exporters.texture import painted
from core.mesh import Mesh
from core.progress import Progress, Report, silent
from core.rendering.mesh_view import MeshRenderer
from core.stand_in import StandIn


class StoredSubject(Subject):
    """As `Subject`, made of a mesh instead of a head; so there is no generator, and nothing to look at more closely."""

    def __init__(self, stand_in: StandIn, options: ExportOptions, report: Report = silent) -> None:
        self.options = options
        self.renderer = MeshRenderer(stand_in.mesh)
        self._stand_in = stand_in
        self._report = report
        self._latest = Progress(0, STEPS, "Preparing the export")

    @property
    def photo_camera(self) -> Camera:
        """Straight in front: a stand-in does not know the photo's."""
        return Camera.orbit()

    @property
    def credit(self) -> str:
        """One line: where the head comes from and under which licence its model is."""
        model = self._stand_in.model
        return f"Head made with Volteface, model {model.title} ({model.licence}), from its stored mesh"

    @cached_property
    def bare(self) -> Mesh:
        """The stored surface."""
        return self._stand_in.mesh

    @cached_property
    def coloured(self) -> Mesh:
        """The stored surface with its colours."""
        return self.witnessed(self._stand_in.mesh)

    @cached_property
    def textured(self) -> Mesh:
        """The stored surface with its colours as a texture."""
        mesh = self._stand_in.mesh
        assert mesh.colours is not None
        self.tell(0.1, "Unfolding the surface for its texture")
        given: Arrays = {"vertices": mesh.vertices, "faces": mesh.faces, "colours": mesh.colours}
        flat = Mesh(**run_apart("core.exporters.unwrap:unwrapped_apart", given, self.still_wanted))
        self.tell(0.6, "Painting the texture")
        return self.witnessed(painted(flat, self.options.texture_px))
