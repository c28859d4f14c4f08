"""Small engines for tests of the studio: an aligner that finds what it is told, a search that takes a moment."""

from __future__ import annotations

import dataclasses
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from app.engines import Engines
from core.align import Alignment, FaceBox
from core.camera import Camera
from core.errors import NoFaceFound
from core.progress import Progress, Report
from core.rendering.renderer import HeadRenderer
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from pathlib import Path

    from core.head import Head
    from core.photo import Photo

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

    def make_head(self, alignment: Alignment, report: Report, **options: object) -> Head:
        """Better heads by and by; with `endless` set it never ends by itself."""
        del options
        self.threads.add(threading.current_thread().name)
        self.heads_made.append(alignment.camera)
        step = 0
        head = self._head(alignment, 0)
        while step < self.steps or self.endless.is_set():
            step += 1
            head = self._head(alignment, step)
            report(Progress(step, self.steps, "Searching", {"lpips": 1.0 / step}, result=head))
            time.sleep(self.pause_seconds)
        return self._head(alignment, 99)

    def _head(self, alignment: Alignment, seed: int) -> Head:
        return dataclasses.replace(tiny_head(seed), camera=alignment.camera)

    def export(self, _head: Head, path: Path, **options: object) -> None:
        """Remember the wish and write a file."""
        self.exported.append((path, options))
        path.write_bytes(b"exported")

    def engines(self) -> Engines:
        """What the studio is given."""
        return Engines(
            align=alignment_of,
            make_head=self.make_head,
            renderer_of=lambda head: HeadRenderer(TinyGenerator(), head),
            likeness=lambda *_: {"Likeness": 0.5},
            export=self.export,
            warm_up=lambda: None,
            use_threads=lambda _count: None,
        )
