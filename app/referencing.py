"""Heads to take parts from: made from photos, opened from files, drawn at random, kept in the project.

Longer than usual: the wishes are a few lines each, and share what is being made and whom it is for.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal

from app.edit_views import SEED_WORD, reference_title
from app.jobs import Job, JobQueue
from app.reference_looks import Look, ReferenceLooks, thumbnail_of
from core.edit import TakePart
from widgets.edit_values import ReferenceView
from widgets.values import PROJECT_SUFFIX

if TYPE_CHECKING:
    from app.choosing import Choosing
    from app.engines import Engines
    from app.session import Session
    from app.viewing import Viewing
    from core.errors import VoltefaceError
    from core.head import Head
    from core.progress import Progress, Report
    from core.project import Project
    from core.protocols import Renderer
    from core.reference import Reference
    from widgets.studio_window import StudioWindow

SECONDS = 15.0
"""Of a reference's search: parts are taken from it, it is not looked at for its own sake."""


@dataclass(frozen=True)
class _Coming:
    """A reference that is still being made."""

    job: str
    name: str
    fraction: float = 0.0


class Referencing(QObject):
    """Keeps the references of the open document.

    Signals:
        changed: their views are others now.
        look_wanted: there is a `next_look`.
    """

    changed = Signal()
    look_wanted = Signal()

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        heads: JobQueue,
        queue: JobQueue,
        engines: Engines,
        viewing: Viewing,
        choosing: Choosing,
    ) -> None:
        super().__init__(window)
        self.seconds = SECONDS
        self._window = window
        self._session = session
        self._heads = heads
        self._queue = queue
        self._engines = engines
        self._viewing = viewing
        self._choosing = choosing
        self._looks = ReferenceLooks(engines, viewing)
        self._asked: set[str] = set()
        self._looks_wanted: deque[Reference] = deque()
        self._coming: dict[str, _Coming] = {}
        panels = window.editing
        panels.reference_files_chosen.connect(self.add_files)
        panels.random_reference_requested.connect(self.add_random)
        panels.reference_selected.connect(self.look_at)
        panels.reference_removed.connect(self.remove)
        panels.reference_renamed.connect(self.rename)
        session.opened.connect(self._forget)

    def views(self) -> tuple[ReferenceView, ...]:
        """The cards, the newest first; one that did not change is the same object."""
        project = self._session.project
        if project is None:
            return ()
        views = []
        for one in reversed(project.references):
            look = self._looks.of(one)
            note = ""
            if project.head is not None and not self._are_kin(one.head.generator, project.head.generator):
                note = f"Made with {self._choosing.title_of(one.head.generator)}, so nothing can be taken from it."
            facts = (one.name, one.thumbnail, look, note)
            views.append(
                self._looks.view(
                    one.key,
                    facts,
                    ReferenceView(
                        one.key,
                        reference_title(one.name),
                        one.thumbnail,
                        look.portrait if look else None,
                        look.parts if look else None,
                        None,
                        note,
                    ),
                )
            )
        being_made = [
            self._looks.view(key, (one,), ReferenceView(key, reference_title(one.name), progress=one.fraction))
            for key, one in reversed(self._coming.items())
        ]
        return (*being_made, *views)

    def renderer_of(self, head: Head) -> Renderer | None:
        """What has drawn a reference already; may be asked in any thread."""
        return self._looks.renderer_of(head)

    def add_files(self, paths: list[Path]) -> None:
        """Make references of photos and projects."""
        for path in paths:
            self._add_file(Path(path))

    def add_random(self, seed: int) -> None:
        """Draw a random head of the present model."""
        head = self._present_head()
        if head is None:
            return
        generator, half = head.generator, self._choosing.economy_of(head.generator).half

        def make(_report: Report, key: str) -> Reference:
            return self._engines.seeded_reference(generator, seed, key, half=half)

        self._begin(f"{SEED_WORD}{seed}", make, self._queue)

    def look_at(self, key: str) -> None:
        """Have a reference drawn, so that its parts can be pointed at, when the open head has its edits."""
        project = self._session.project
        reference = next((one for one in project.references if one.key == key), None) if project else None
        if reference is None or self._looks.of(reference) is not None or key in self._asked:
            return
        if self._engines.facts_of(reference.head.generator) is None:
            return
        self._asked.add(key)
        self._looks_wanted.append(reference)
        self.look_wanted.emit()

    def next_look(self) -> Job | None:
        """Draws the next reference that is looked at."""
        if not self._looks_wanted:
            return None
        reference = self._looks_wanted.popleft()
        key = reference.key

        def done(result: object) -> None:
            self._asked.discard(key)
            self._looks.keep(key, cast("Look", result))
            self.changed.emit()

        def failed(error: VoltefaceError) -> None:
            self._asked.discard(key)
            self._fail(error)

        return Job(
            title=f"Drawing {reference_title(reference.name)}",
            work=lambda _report: self._looks.made(reference.head),
            done=done,
            failed=failed,
            shown=False,
        )

    def remove(self, key: str) -> None:
        """Take a reference away; edits that use it stay, switched off. One that is being made is given up."""
        coming = self._coming.get(key)
        if coming is not None:
            self._heads.stop(coming.job, abandon=True)
            self._queue.stop(coming.job)
            return
        project = self._session.project
        reference = next((one for one in project.references if one.key == key), None) if project else None
        if project is None or reference is None:
            return
        edits = tuple(
            dataclasses.replace(edit, enabled=False) if isinstance(edit, TakePart) and edit.reference == key else edit
            for edit in project.edits
        )
        others = tuple(one for one in project.references if one is not reference)
        self._session.replace(f"Remove reference {reference_title(reference.name)}", references=others, edits=edits)

    def rename(self, key: str, name: str) -> None:
        """Call a reference by another name."""
        project = self._session.project
        if project is not None:
            renamed = tuple(
                dataclasses.replace(one, name=name) if one.key == key else one for one in project.references
            )
            self._session.replace("Rename reference", references=renamed)

    def _add_file(self, path: Path) -> None:
        head = self._present_head()
        if head is None:
            return
        generator, half = head.generator, self._choosing.economy_of(head.generator).half
        method, seconds = head.method or self._choosing.method, self.seconds

        def read(_report: Report, key: str) -> Reference:
            return self._engines.project_reference(path, generator, key, half=half)

        def search(report: Report, key: str) -> Reference:
            from core.reference import Reference

            alignment = self._engines.align(self._engines.open_photo(path))
            found = self._engines.make_head(
                alignment, report, generator=generator, method=method, seed=0, seconds=seconds, half=half
            )
            return Reference(key=key, name=path.stem, head=found)

        is_project = path.suffix.lower() == PROJECT_SUFFIX
        self._begin(path.stem, read if is_project else search, self._queue if is_project else self._heads)

    def _begin(self, name: str, make: object, queue: JobQueue) -> None:
        """Make a reference in the background; its card is there at once."""
        key = uuid.uuid4().hex[:12]
        title = reference_title(name)

        def work(report: Report) -> tuple[Reference, Look]:
            self._engines.use_threads(self._viewing.threads)
            reference = cast("Reference", make(report, key))  # type: ignore[operator]
            look = self._looks.made(reference.head)
            return dataclasses.replace(reference, thumbnail=thumbnail_of(look.portrait)), look

        def progressed(progress: Progress) -> None:
            if key in self._coming and progress.total:
                fraction = min(1.0, progress.step / progress.total)
                self._coming[key] = dataclasses.replace(self._coming[key], fraction=fraction)
                self.changed.emit()

        def over() -> bool:
            """Whether the document that wanted it is still open."""
            return self._coming.pop(key, None) is not None

        def done(result: object) -> None:
            reference, look = cast("tuple[Reference, Look]", result)
            if over() and self._session.project is not None:
                self._looks.keep(key, look)
                references = (*self._session.project.references, reference)
                self._session.replace(f"Add reference {title}", references=references)
            self.changed.emit()

        def failed(error: VoltefaceError) -> None:
            if over():
                self._fail(error)
            self.changed.emit()

        def cancelled() -> None:
            self._coming.pop(key, None)
            self.changed.emit()

        job = f"reference-{key}"
        self._coming[key] = _Coming(job, name)
        self.changed.emit()
        queue.submit(
            Job(
                key=job,
                title=f"Making reference {title}",
                work=work,
                done=done,
                failed=failed,
                cancelled=cancelled,
                progressed=progressed,
                yields=True,
            )
        )

    def _are_kin(self, one: str, other: str) -> bool:
        """Whether heads of two generators lend each other parts, as far as that is known."""
        from core.editors.kinship import look_kin

        return one == other or look_kin(self._engines.facts_of(one), self._engines.facts_of(other))

    def _present_head(self) -> Head | None:
        project: Project | None = self._session.project
        if project is None or project.head is None:
            self._window.show_message("References come after the head: open a photo first.")
            return None
        return project.head

    def _forget(self) -> None:
        """Another document is open."""
        for coming in self._coming.values():
            self._heads.stop(coming.job, abandon=True)
            self._queue.stop(coming.job)
        self._coming.clear()
        self._looks.forget()
        self._asked.clear()
        self._looks_wanted.clear()

    def _fail(self, error: VoltefaceError) -> None:
        self._window.show_error(error.message, error.hint)
