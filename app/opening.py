"""Everything that leads to another document: drop, paste, open, a random head, what was lost in a crash.

A file is read and aligned completely before the open document is touched, so bad input leaves the work as it is.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app import road
from app.deferred import Deferred
from app.jobs import Job
from app.placing import Placing
from core.edit import at_work
from core.errors import PhotoError, VoltefaceError
from widgets.values import PROJECT_SUFFIX, UnsavedAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from app.engines import Engines
    from app.forming import Forming
    from app.jobs import JobQueue
    from app.making import Making
    from app.saving import Saving
    from app.session import Session
    from app.viewing import Viewing
    from core.align import Alignment
    from core.photo import Photo
    from core.progress import Report
    from core.project import Project
    from core.protocols import Renderer
    from widgets.studio_window import StudioWindow


SEEDS = 100_000
"""Random heads that the window draws from: few enough that a seed can be told and typed."""


@dataclass(frozen=True)
class Opened:
    """What reading a file gave: a project, with who has drawn its head, or a photo whose face the person must place.

    A head that is rough was only just drawn, and gets its form while it is looked at.
    """

    project: Project | None = None
    renderer: Renderer | None = None
    is_rough: bool = False
    path: Path | None = None
    faceless: Photo | None = None
    why: str = ""


class Opening:
    """Answers the window's wishes for another document."""

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        files: JobQueue,
        engines: Engines,
        viewing: Viewing,
        making: Making,
        forming: Forming,
        saving: Saving,
    ) -> None:
        self._window = window
        self._session = session
        self._files = files
        self._engines = engines
        self._viewing = viewing
        self._making = making
        self._forming = forming
        self._saving = saving
        self.placing = Placing(window, session, files, engines, viewing, making, self._open_aligned)
        window.path_opened.connect(self.open_path)
        window.image_pasted.connect(self.open_pixels)
        window.sample_requested.connect(lambda: self.open_path(road.SAMPLE_PHOTO))
        window.random_requested.connect(self.open_random)
        window.close_document_requested.connect(self.close_document)

    def open_path(self, path: Path) -> None:
        """Open a photo or a project."""
        path = Path(path)

        def read(_report: Report) -> Opened:
            if path.suffix.lower() == PROJECT_SUFFIX:
                return Opened(project=self._engines.open_project(path), path=path)
            return self._aligned(self._engines.open_photo(path))

        self._read(path.name, read, path)

    def open_pixels(self, pixels: NDArray[np.uint8]) -> None:
        """Open a picture from the clipboard."""

        def read(_report: Report) -> Opened:
            from core.photo import Photo

            return self._aligned(Photo.from_array(pixels))

        self._read("the pasted picture", read, None)

    def open_random(self) -> None:
        """Draw a random head, to change and to export like any other."""
        seed = secrets.randbelow(SEEDS)

        def drawn(_report: Report) -> Opened:
            project, renderer = self._engines.random_drawn(seed, renderer_of=self._viewing.made_renderer)
            return Opened(project=project, renderer=renderer, is_rough=True)

        self._read("a random head", drawn, None)

    def restore(self, path: Path, original: Path | None, done: Callable[[], None]) -> None:
        """Open an autosave as unsaved work that belongs to `original`."""

        def opened(result: object) -> None:
            assert isinstance(result, Opened)

            def begin() -> None:
                assert result.project is not None
                self._making.stop()
                self._recall(result.project)
                self._session.begin(result.project, original, modified=True)
                self._window.show_studio()
                done()

            self._unless_unsaved(begin)

        self._files.submit(
            Job(
                title="Restoring",
                work=lambda _report: Opened(project=self._engines.open_project(path)),
                done=opened,
                failed=self._window_error,
            )
        )

    def close_document(self) -> None:
        """Back to the welcome page."""

        def close() -> None:
            self._making.stop()
            self._session.begin(None)
            self._saving.forget_autosave()
            self._window.show_welcome()

        self._unless_unsaved(close)

    def _read(
        self,
        name: str,
        read: Callable[[Report], Opened],
        path: Path | None,
        failed: Callable[[VoltefaceError], None] | None = None,
    ) -> None:
        self._files.submit(
            Job(
                title=f"Opening {name}",
                work=read,
                done=lambda result: self._opened(result, path),
                failed=failed or self._window_error,
            )
        )

    def _open_aligned(
        self, photo: Photo, align: Callable[[Photo], Alignment], failed: Callable[[VoltefaceError], None]
    ) -> None:
        self._read(photo.name, lambda _report: Opened(project=_project_of(photo, align(photo))), None, failed)

    def _aligned(self, photo: Photo) -> Opened:
        try:
            return Opened(project=_project_of(photo, self._engines.align(photo)))
        except PhotoError as error:
            return Opened(faceless=photo, why=error.message)

    def _opened(self, result: object, path: Path | None) -> None:
        assert isinstance(result, Opened)
        if result.faceless is not None:
            self.placing.faceless = result.faceless
            self.placing.ask_placement(result.why)
        elif result.project is not None:
            self._unless_unsaved(lambda: self._begin(result, path))

    def _begin(self, result: Opened, source: Path | None) -> None:
        project, project_path = result.project, result.path
        assert project is not None
        self._making.stop()
        self.placing.faceless = None
        if project.head is not None and result.renderer is not None:
            self._viewing.remember(project.head, result.renderer)
        self._recall(project)
        # a head that is in no file is work
        self._session.begin(project, project_path, modified=project.head is not None and project_path is None)
        self._saving.forget_autosave()
        if source is not None and source != road.SAMPLE_PHOTO:
            self._saving.note_recent(source)
        if result.is_rough:
            self._forming.start()
        self._window.show_studio()
        if project.head is None and project.alignment is not None:
            self._making.start(project.alignment)

    def _recall(self, project: Project) -> None:
        """Draw a head without edits from the first on as it looked when it was saved."""
        head, viewing, stored = project.head, self._viewing, self._engines.stored_view_of(project)
        if head is not None and stored is not None and not at_work(project.edits):
            viewing.remember(head, Deferred(lambda: viewing.made_renderer(head, stored=stored)))

    def _unless_unsaved(self, go_on: Callable[[], None]) -> None:
        def answered(answer: UnsavedAnswer) -> None:
            if answer is UnsavedAnswer.SAVE:
                self._saving.after_save(go_on)
            elif answer is UnsavedAnswer.DISCARD:
                go_on()

        self._window.dialogs.ask_unsaved(answered)

    def _window_error(self, error: VoltefaceError) -> None:
        self._window.show_error(error.message, error.hint)


def _project_of(photo: Photo, alignment: Alignment) -> Project:
    from core.project import Project

    return Project(photo=photo, alignment=alignment, head=None, camera=alignment.camera)
