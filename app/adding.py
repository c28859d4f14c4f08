"""Further photos of the person: added, turned, taken away; each time the head is made anew with what is there."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from app.jobs import Job
from app.views import further_views

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engines import Engines
    from app.jobs import JobQueue
    from app.making import Making
    from app.session import Session
    from core.errors import VoltefaceError
    from core.further_photo import FurtherPhoto
    from core.progress import Report
    from widgets.studio_window import StudioWindow


class Adding:
    """Answers the wishes of the photo panel's further photos."""

    def __init__(
        self, window: StudioWindow, session: Session, files: JobQueue, engines: Engines, making: Making
    ) -> None:
        self._window, self._session, self._files = window, session, files
        self._engines, self._making = engines, making
        self._shown: tuple[FurtherPhoto, ...] | None = None
        panel = window.photo_panel.further
        panel.added.connect(self.add)
        panel.turned.connect(self.turn)
        panel.removed.connect(self.remove)
        session.changed.connect(self._show)

    def add(self, paths: Sequence[Path]) -> None:
        """Read and frame photos, then make the head of all of them."""
        project = self._session.project
        if project is None or project.alignment is None or not paths:
            return
        document = self._session.document
        name = paths[0].name if len(paths) == 1 else f"{len(paths)} photos"

        def read(_report: Report) -> tuple[FurtherPhoto, ...]:
            return tuple(self._engines.further_photo(path) for path in paths)

        self._files.submit(
            Job(title=f"Adding {name}", work=read, done=partial(self._added, document), failed=self._failed)
        )

    def turn(self, number: int, yaw_degrees: float) -> None:
        """Say from which side a photo was taken."""
        project = self._session.project
        if project is None or not 0 <= number < len(project.further):
            return
        from core.further_photo import turned

        photos = list(project.further)
        photos[number] = turned(photos[number], math.radians(yaw_degrees))
        self._use("Turn another view", tuple(photos))

    def remove(self, number: int) -> None:
        """Take a photo away."""
        project = self._session.project
        if project is not None and 0 <= number < len(project.further):
            self._use("Take another view away", (*project.further[:number], *project.further[number + 1 :]))

    def _added(self, asked: int, found: object) -> None:
        project = self._session.project
        # another document may have been opened meanwhile
        if project is not None and self._session.document == asked and isinstance(found, tuple):
            self._use("Add another view", (*project.further, *found))

    def _use(self, text: str, further: tuple[FurtherPhoto, ...]) -> None:
        self._making.stop()
        self._session.replace(text, further=further)
        project = self._session.project
        if project is not None and project.alignment is not None:
            self._making.start(project.alignment, text="Make with all views")

    def _show(self) -> None:
        project = self._session.project
        further = project.further if project is not None else ()
        if further is not self._shown:
            self._shown = further
            self._window.photo_panel.further.set_photos(further_views(project) if project is not None else ())

    def _failed(self, error: VoltefaceError) -> None:
        self._window.show_error(error.message, error.hint)
