"""Small engines for tests of the studio: an aligner that finds what it is told, a search that takes a moment."""

from __future__ import annotations

import dataclasses
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.edit_facts import SliderFacts
from app.engines import Engines
from app.models import InstalledModel
from app.settings import SettingsFile
from app.shelf import Choice
from core.align import Alignment, FaceBox
from core.camera import Camera
from core.edit import MoveSlider, RemovePart, Reshape, TakePart, at_work
from core.errors import CheckpointError, NoFaceFound, VoltefaceError
from core.exporters import ExportOptions
from core.exporters.light import light_surface
from core.exporters.subject import Subject
from core.frame import Quality
from core.photo import Photo
from core.progress import Progress, Report
from core.project import Project
from core.reference import Reference
from core.rendering.mesh_view import MeshRenderer
from core.rendering.renderer import HeadRenderer
from core.stand_in import ModelFacts
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytestqt.qtbot import QtBot

    from app.memory import Room
    from app.studio import Studio
    from core.edit import Edit
    from core.head import Head
    from core.protocols import Renderer
    from core.stand_in import StandIn

FACE = "face"
SLIDERS = (SliderFacts("smile", "earnest .. smiling", (-1.5, 3.0)), SliderFacts("age", "younger .. older", (-2.5, 2.5)))
CROWD = "crowd"
FORMED = 500_000
"""Added to the seed of a head that was given its form."""


@contextmanager
def studio_in(folder: Path, qtbot: QtBot, engines: Engines, *, gl: bool | None = False) -> Iterator[Studio]:
    """A studio that keeps its settings and what it recovers in a folder; closed in the end; `gl` is as of `Studio`."""
    # core's tests use this module too, where Qt may be missing
    from app.studio import Studio

    settings = SettingsFile(folder / "settings.json")
    studio = Studio(engines=engines, settings=settings, recovery_root=folder / "recovery", gl=gl)
    qtbot.addWidget(studio.window)
    try:
        yield studio
    finally:
        studio.window.close_now()
        studio.close()


def grey_project(**others: Any) -> Project:  # noqa: ANN401 - any of a project's attributes
    """The mean head, under the name of the bundled model, of a photo without anything on it."""
    photo = Photo.from_array(np.zeros((32, 32, 3), dtype=np.uint8), "ada.png")
    return Project(
        photo=photo, camera=Camera.orbit(), **{"head": dataclasses.replace(tiny_head(), generator="mini"), **others}
    )


def alignment_of(photo: Photo, face_index: int | None = None, landmarks_hint: object = None) -> Alignment:
    """A face in the middle; two when the photo's name says crowd; none when it says empty, unless placed by hand."""
    if "empty" in photo.name and landmarks_hint is None:
        raise NoFaceFound(f"No face was found in {photo.name}.", "Use a photo that shows a face.")
    boxes: tuple[FaceBox, ...] = (
        (FaceBox(8.0, 8.0, 24.0, 24.0), FaceBox(36.0, 8.0, 20.0, 20.0)) if CROWD in photo.name else ()
    )
    boxes = boxes or (FaceBox(8.0, 8.0, 24.0, 24.0),)
    chosen = boxes[face_index or 0]
    yaw = 0.3 if landmarks_hint is not None else 0.1 * (face_index or 0)
    return Alignment(
        crop=np.full((512, 512, 3), 128, dtype=np.uint8),
        mask=np.ones((512, 512), dtype=np.float32),
        camera=Camera.orbit(yaw),
        landmarks=np.full((468, 2), 20.0, dtype=np.float32),
        face_box=chosen,
        crop_from_photo=np.eye(3),
        yaw_radians=yaw,
        pitch_radians=0.0,
        roll_radians=0.0,
        warnings=(),
        faces=boxes,
    )


@dataclass
class _TinyFolder:
    """Sliders add up to another head; only what is worn comes off, only what is kept lends."""

    workshop: Workshop
    project: Project

    def prepare(self, references: Sequence[str], stale: Callable[[], None]) -> None:
        """Nothing takes long."""
        stale()
        self.workshop.prepared += references

    def prepare_face(self, stale: Callable[[], None]) -> None:
        """No face is looked for."""
        stale()

    def seen(self, head: Head) -> None:
        """Nothing is known of any head."""

    def know(self, references: Mapping[str, Head], names: Mapping[str, str]) -> None:
        """Have these references from now on."""
        kept = tuple(Reference(key=key, name=names[key], head=head) for key, head in references.items())
        self.project = dataclasses.replace(self.project, references=kept)

    def folded(self, edits: Sequence[Edit], *, sketch: bool = False, stale: Callable[[], None] = lambda: None) -> Head:
        """See `core.editors.fold.Folder.folded`."""
        del sketch
        stale()
        working = at_work(edits)
        head = self.project.head
        assert head is not None
        self.workshop.threads.add(threading.current_thread().name)
        time.sleep(self.workshop.fold_seconds)
        for edit in working:
            if isinstance(edit, RemovePart) and edit.part not in self.workshop.wearing:
                raise VoltefaceError(f"This head wears no {edit.part}.", "There is nothing to take off.")
            if isinstance(edit, TakePart) and edit.reference not in {one.key for one in self.project.references}:
                raise VoltefaceError("The reference of this edit is gone.", "Choose another one.")
            if isinstance(edit, TakePart) and edit.part == "glasses":
                raise VoltefaceError("No glasses were found on the reference.", "Choose another reference.")
        self.workshop.folds.append(working)
        if not working:
            return head
        moved = sum(edit.strength for edit in working if isinstance(edit, MoveSlider | Reshape))
        return dataclasses.replace(head, seed=1000 + len(working), latents=head.latents + 0.1 * moved)


@dataclass
class Workshop:
    """The engines of one test and what they were asked for."""

    steps: int = 6
    pause_seconds: float = 0.01
    heads_made: list[Camera] = field(default_factory=list)
    exported: list[tuple[Path, dict[str, object]]] = field(default_factory=list)
    heads_exported: list[Any] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    endless: threading.Event = field(default_factory=threading.Event)
    wishes: list[dict[str, object]] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=lambda: [Choice("mini", "Volteface Mini", "Apache-2.0")])
    models: list[InstalledModel] = field(
        default_factory=lambda: [InstalledModel("mini", "generator", "Volteface Mini", "Apache-2.0", "ready")]
    )
    checksum: str = ""
    gone: set[str] = field(default_factory=set)
    room: Room | None = None
    folder: Path = Path("models")
    folds: list[tuple[Edit, ...]] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    fold_seconds: float = 0.0
    slow_to_form: threading.Event = field(default_factory=threading.Event)
    wearing: set[str] = field(default_factory=lambda: {"hair"})

    def make_head(self, alignment: Alignment, report: Report, *, generator: str = "mini", **options: object) -> Head:
        """Better heads by and by; with `endless` set it never ends by itself."""
        self.wishes.append({"generator": generator, **options})
        self.threads.add(threading.current_thread().name)
        self.heads_made.append(alignment.camera)
        step = 0
        head = self._head(alignment, 0, generator)
        while step < self.steps or self.endless.is_set():
            step += 1
            head = self._head(alignment, step, generator)
            report(Progress(step, self.steps, "Searching", {"lpips": 1.0 / step}, result=head))
            time.sleep(self.pause_seconds)
        return self._head(alignment, 99, generator)

    def _head(self, alignment: Alignment, seed: int, generator: str) -> Head:
        return dataclasses.replace(tiny_head(seed), camera=alignment.camera, generator=generator)

    def export(self, head: Head | StandIn, path: Path, **options: object) -> None:
        """Remember the wish and write a file."""
        self.exported.append((path, options))
        self.heads_exported.append(head)
        path.write_bytes(b"exported")

    def facts_of(self, generator: str) -> ModelFacts | None:
        """What is installed: the tiny generator, under the names of the choices."""
        if generator in self.gone:
            return None
        if generator == "tiny" or any(one.name == generator for one in self.choices):
            return ModelFacts(generator, generator.capitalize(), "Apache-2.0", commercial=True, sha256=self.checksum)
        return None

    def room_of(self, _generator: str) -> Room | None:
        """Room for anything, unless told otherwise."""
        return self.room

    def add_model(self, path: Path, _name: str | None, report: Report) -> InstalledModel:
        """Takes a moment; refuses what is called hostile."""
        for step in range(self.steps):
            report(Progress(step, self.steps, "Reading the file"))
            time.sleep(self.pause_seconds)
        if "hostile" in path.name:
            raise CheckpointError(f"{path.name} was not installed: it would run os.system.", "Do not trust it.")
        row = InstalledModel(
            path.stem, "generator", "PanoHead", "CC-BY-NC-4.0", "ready",
            sha256="ab", commercial=False, bundled=False, generator=True, need_bytes=200_000_000, source=path.name,
        )  # fmt: skip
        self.models.append(row)
        self.choices.append(Choice(row.name, row.title, "CC-BY-NC", commercial=False))
        return row

    def verify_models(self, name: str | None, _report: Report) -> tuple[InstalledModel, ...]:
        """As they are."""
        return tuple(row for row in self.models if row.name == name)

    def remove_model(self, name: str) -> str:
        """Gone."""
        self.models = [row for row in self.models if row.name != name]
        self.choices = [one for one in self.choices if one.name != name]
        return name

    def folder_of(self, project: Project, **_: object) -> Any:  # noqa: ANN401 - a Folder in all but name
        """Folds in no time; remembers what it was asked for."""
        return _TinyFolder(self, project)

    def seeded_reference(self, generator: str, seed: int, key: str, **_: object) -> Reference:
        """A random head; 13 cannot be drawn."""
        if seed == 13:
            raise VoltefaceError("Seed 13 was not drawn.", "Choose another one.")
        return self._reference(f"seed:{seed}", seed, generator, key)

    def random_drawn(
        self, seed: int, *, renderer_of: Callable[[Head], Renderer], **_: object
    ) -> tuple[Project, Renderer]:
        """A random head without a photo."""
        picture = np.full((64, 64, 3), seed % 256, np.uint8)
        head = tiny_head(seed)
        project = Project(photo=Photo.from_array(picture, f"seed {seed}"), camera=Camera.orbit(), head=head)
        renderer = renderer_of(head)
        renderer.render(head.camera, Quality.PREVIEW)
        return project, renderer

    def formed(self, head: Head, **_: object) -> Head:
        """Another head; with `slow_to_form` set, not before it is clear."""
        self.threads.add(threading.current_thread().name)
        while self.slow_to_form.is_set():
            time.sleep(self.pause_seconds)
        return dataclasses.replace(head, seed=head.seed + FORMED)

    def _reference(self, name: str, seed: int, generator: str, key: str) -> Reference:
        head = dataclasses.replace(tiny_head(seed), generator=generator)
        return Reference(key=key, name=name, head=head)

    def engines(self) -> Engines:
        """What the studio is given."""
        return Engines(
            align=alignment_of,
            make_head=self.make_head,
            renderer_of=lambda head, **_: HeadRenderer(TinyGenerator(grid_nodes=64), head),
            random_drawn=self.random_drawn,
            formed=self.formed,
            surface_sketch_of=lambda head, *_, **__: MeshRenderer(
                light_surface(HeadRenderer(TinyGenerator(grid_nodes=64), head).grid(), 2000)
            ),
            surface_renderer_of=lambda head, *_, **__: MeshRenderer(
                Subject(head, TinyGenerator(), ExportOptions(triangles=2000)).bare
            ),
            facts_of=self.facts_of,
            room_of=self.room_of,
            generator_choices=lambda: tuple(self.choices),
            method_choices=lambda: (Choice("pivotal", "Search and tuning"),),
            models=lambda: tuple(self.models),
            add_model=self.add_model,
            verify_models=self.verify_models,
            remove_model=self.remove_model,
            models_folder=lambda: self.folder,
            folder_of=self.folder_of,
            sliders_of=lambda _generator: SLIDERS,
            coverage_of=lambda _renderer: {"hair": 0.4, "eyes": 0.01},
            seeded_reference=self.seeded_reference,
            project_reference=lambda path, generator, key, **_: self._reference(path.stem, 5, generator, key),
            likeness=lambda *_: {"Likeness": 0.5},
            export=self.export,
            style_pictures=lambda *_: None,  # its heads are called mini, but the bundled generator cannot read them
            warm_up=lambda: None,
            use_threads=lambda _count: None,
        )
