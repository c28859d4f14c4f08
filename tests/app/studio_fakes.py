"""Small engines for tests of the studio: an aligner that finds what it is told, a search that takes a moment."""

from __future__ import annotations

import dataclasses
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engines import Engines
from app.models import InstalledModel
from app.shelf import Choice, Room
from core.align import Alignment, FaceBox
from core.camera import Camera
from core.errors import CheckpointError, NoFaceFound
from core.progress import Progress, Report
from core.rendering.renderer import HeadRenderer
from core.stand_in import ModelFacts
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from core.head import Head
    from core.photo import Photo
    from core.stand_in import StandIn

FACE = "face"
CROWD = "crowd"


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
class Workshop:
    """The engines of one test and what they were asked for."""

    steps: int = 6
    pause_seconds: float = 0.01
    heads_made: list[Camera] = field(default_factory=list)
    exported: list[tuple[Path, dict[str, object]]] = field(default_factory=list)
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

    def export(self, _head: Head | StandIn, path: Path, **options: object) -> None:
        """Remember the wish and write a file."""
        self.exported.append((path, options))
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

    def engines(self) -> Engines:
        """What the studio is given."""
        return Engines(
            align=alignment_of,
            make_head=self.make_head,
            renderer_of=lambda head, **_: HeadRenderer(TinyGenerator(), head),
            facts_of=self.facts_of,
            room_of=self.room_of,
            generator_choices=lambda: tuple(self.choices),
            method_choices=lambda: (Choice("pivotal", "Search and tuning"),),
            models=lambda: tuple(self.models),
            add_model=self.add_model,
            verify_models=self.verify_models,
            remove_model=self.remove_model,
            models_folder=lambda: self.folder,
            likeness=lambda *_: {"Likeness": 0.5},
            export=self.export,
            warm_up=lambda: None,
            use_threads=lambda _count: None,
        )
