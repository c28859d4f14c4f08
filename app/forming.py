"""A random head is shown as it was drawn; in the background it is settled, then gets the face that its picture shows.

Nobody asked for that step, so it is behind no undo, and what was made of the head meanwhile lies on the better one.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

from app.jobs import Job
from core.edit import Paint
from core.frame import Quality
from core.progress import Progress

if TYPE_CHECKING:
    from app.choosing import Choosing
    from app.engines import Engines
    from app.jobs import JobQueue
    from app.making import Making
    from app.session import Session
    from app.viewing import Viewing
    from core.errors import VoltefaceError
    from core.frame import Frame
    from core.head import Head
    from core.photo import Photo
    from core.progress import Report
    from core.project import Project
    from core.protocols import Renderer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Shaped:
    """A head with its face, who has drawn it, and its picture where a photo's would be."""

    head: Head
    renderer: Renderer
    frame: Frame


class Forming(QObject):
    """Gives the open random head its face, and the document a picture that is no longer rough."""

    def __init__(
        self,
        session: Session,
        queue: JobQueue,
        engines: Engines,
        viewing: Viewing,
        choosing: Choosing,
        making: Making,
    ) -> None:
        super().__init__(session)
        self._session = session
        self._queue = queue
        self._engines = engines
        self._viewing = viewing
        self._choosing = choosing
        self._making = making
        self._key = ""
        self._head: Head | None = None
        self._picture: Photo | None = None
        session.opened.connect(self._stop)
        viewing.shown.connect(self._look)

    def start(self) -> None:
        """Begin with the open document, whose head was just drawn and whose photo is a rough picture of it."""
        project = self._session.project
        if project is None or project.head is None:
            return
        head, half = project.head, self._choosing.economy_of(project.head.generator).half
        self._head, self._picture = head, project.photo
        self._viewing.is_hurried = True
        self._viewing.refresh()

        def work(report: Report) -> _Shaped:
            former = head

            def pass_on(settled: Head) -> None:
                nonlocal former
                former = settled
                renderer = self._viewing.made_renderer(settled, former=head)
                frame = renderer.render(head.camera, Quality.PREVIEW)
                report(Progress(0, 0, "", result=_Shaped(settled, renderer, frame)))

            wanted = Progress(0, 0, "")
            report(wanted)
            self._engines.use_threads(self._viewing.threads)
            shaped = self._engines.formed(head, half=half, passing=pass_on)
            report(wanted)
            renderer = self._viewing.made_renderer(shaped, former=former)
            return _Shaped(shaped, renderer, renderer.render(head.camera, Quality.NEAR))

        def progressed(progress: Progress) -> None:
            if self._key == key and isinstance(progress.result, _Shaped):
                self._put_under(progress.result)

        def done(result: object) -> None:
            if self._key == key:
                shaped = cast("_Shaped", result)
                self._put_under(shaped)
                self._take_picture(shaped.frame)
                self._rest()

        def failed(error: VoltefaceError) -> None:
            log.warning("a random head keeps the face that it was drawn with: %s", error)
            cancelled()

        def cancelled() -> None:
            if self._key == key:
                self._rest()

        key = self._key = f"form-{self._session.document}"
        self._queue.submit(
            Job(
                key=key,
                title="Shaping the face",
                work=work,
                progressed=progressed,
                done=done,
                failed=failed,
                cancelled=cancelled,
                yields=True,
            )
        )

    def _put_under(self, shaped: _Shaped) -> None:
        """Have the better head in every state of the document but those that are painted: paint lies on a surface."""
        head, self._head = self._head, shaped.head

        def change(project: Project) -> Project:
            painted = any(isinstance(edit, Paint) for edit in project.edits)
            if project.head is not head or painted:
                return project
            return dataclasses.replace(project, head=shaped.head, stand_in=None, view=None)

        if shaped.head is not head:
            self._viewing.remember(shaped.head, shaped.renderer, shaped.frame)
            self._session.amend(change)

    def _look(self, head: Head, frame: Frame) -> None:
        """Take the fine pictures for the document that come by."""
        if head is self._head and frame.camera == head.camera and frame.quality >= Quality.NEAR:
            self._take_picture(frame)

    def _take_picture(self, frame: Frame) -> None:
        """Put a fine picture where the document has a worse one."""
        worse = self._picture
        if worse is None:
            return
        from core.photo import Photo

        photo = self._picture = Photo.from_array(frame.rgb, worse.name)
        self._session.amend(
            lambda project: dataclasses.replace(project, photo=photo) if project.photo is worse else project
        )

    def _stop(self) -> None:
        """Another document is open."""
        if self._key:
            self._queue.stop(self._key)
            self._rest()

    def _rest(self) -> None:
        self._key, self._head, self._picture = "", None, None
        self._viewing.is_hurried = self._making.is_busy
        self._viewing.refresh()
