"""Photo -> head in the background: the first guess at once, better heads as they come, stop keeps the best."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.jobs import Job
from app.memory import BUNDLED
from app.rungs import Rung, Rungs
from app.searching import Made, Searching, Wish
from app.views import curve_values, head_view
from core.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.choosing import Choosing
    from app.engines import Engines
    from app.jobs import JobQueue
    from app.session import Session
    from app.viewing import Viewing
    from core.align import Alignment
    from core.errors import VoltefaceError
    from core.head import Head
    from core.progress import Report
    from widgets.studio_window import StudioWindow

BUNDLED_METHOD = "pivotal"


class Making(QObject):
    """Starts, follows and stops the search of the open document's head."""

    finished = Signal()

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        heads: JobQueue,
        engines: Engines,
        viewing: Viewing,
        choosing: Choosing,
    ) -> None:
        super().__init__(window)
        self.seed = 0
        self.seconds: float | None = None
        self.rungs = Rungs(window, session, viewing)
        self.searching = Searching(engines, viewing, choosing)
        self._window = window
        self._session = session
        self._heads = heads
        self._viewing = viewing
        self._choosing = choosing
        self._run = 0
        self._key = ""
        self._started = 0.0
        self._figures: Mapping[str, float] = {}
        self._kept: Head | None = None
        window.improve_requested.connect(self.improve)
        window.make_requested.connect(self.make_again)
        session.opened.connect(self._forget_figures)
        self.rungs.kept.connect(self.keep)

    @property
    def is_busy(self) -> bool:
        """Whether a search is running for the open document."""
        return bool(self._key)

    def start(self, alignment: Alignment, *, generator: str = "", method: str = "", text: str = "") -> None:
        """Search the head of `alignment`; a running search is stopped first.

        Args:
            alignment: the photo's.
            generator: whose head; empty is the chosen one.
            method: how; empty is the chosen one.
            text: what undo calls it; empty is the making of a first head, and its improvement.
        """
        project = self._session.project
        further = project.further if project is not None and project.alignment is alignment else ()
        names = generator or self._choosing.generator, method or self._choosing.method
        wish = Wish(alignment, *names, self._patience(), text=text, further=further, seed=self.seed)
        self._choosing.when_there_is_room(wish.generator, lambda: self._begin(wish))

    def make_again(self) -> None:
        """Make the head of the present photo with the chosen generator and method; the former one is behind an undo."""
        project = self._session.project
        if project is not None and project.alignment is not None:
            self.start(project.alignment, text=f"Make with {self._choosing.title_of(self._choosing.generator)}")

    def make_bundled(self) -> None:
        """Make it with the generator that is always there."""
        project = self._session.project
        if project is not None and project.alignment is not None:
            text = f"Make with {BUNDLED.title}"
            self.start(project.alignment, generator=BUNDLED.name, method=BUNDLED_METHOD, text=text)

    def _begin(self, wish: Wish) -> None:
        self.stop()
        self._run += 1
        run = self._run
        tokens = (self._session.new_token(), self._session.new_token())
        self._started, self._kept = time.monotonic(), None
        self._window.begin_curves()
        self.rungs.begin()
        self._viewing.is_hurried = True

        def work(report: Report) -> Made:
            return self.searching.found(wish, report)

        def progressed(progress: Progress) -> None:
            if run == self._run:
                self._progressed(progress, wish, tokens)

        def ended(result: object = None) -> None:
            if run == self._run:
                self._ended(result, wish, tokens)

        def failed(error: VoltefaceError) -> None:
            if run == self._run:
                self._ended(None, wish, tokens)
                self._window.show_error(error.message, error.hint)

        self._key = f"head-{run}"
        self._heads.submit(
            Job(
                key=self._key,
                title="Making the head",
                work=work,
                progressed=progressed,
                done=ended,
                cancelled=ended,
                failed=failed,
                keeps_best=True,
                yields=True,
            )
        )

    def improve(self) -> None:
        """Search on from the present head, for twice as long as before; it stays behind an undo."""
        project = self._session.project
        if project is not None and project.alignment is not None and project.head is not None:
            head, method = project.head, project.head.method or self._choosing.method
            wish = Wish(
                project.alignment,
                head.generator,
                method,
                2 * self._patience(),
                head,
                further=project.further,
                seed=self.seed,
            )
            self._choosing.when_there_is_room(wish.generator, lambda: self._begin(wish))

    def keep(self) -> None:
        """Stop the search; the head that is looked at stays."""
        if self._key:
            self._heads.stop(self._key)

    def stop(self) -> None:
        """Leave the search for good: what it still reports is not wanted."""
        if self._key:
            self._heads.stop(self._key, abandon=True)
            self._run += 1
            self._rest()

    def show_facts(self) -> None:
        """Fill the head panel."""
        project = self._session.project
        known = project.head.making if project is not None and project.head is not None else None
        seconds = time.monotonic() - self._started if self.is_busy else known.seconds if known is not None else None
        view = head_view(project, self._figures, seconds, self._choosing, busy=self.is_busy) if project else None
        self._window.set_head(view)
        self._choosing.show()

    def _progressed(self, progress: Progress, wish: Wish, tokens: tuple[int, int]) -> None:
        if progress.values:
            self._window.add_curve_values(progress.step, curve_values(progress.values))
        if progress.preview is not None:
            self._window.set_preview(progress.preview)
        if isinstance(progress.result, Made):
            self._take(progress.result, wish, tokens)
            self._note(progress, progress.result)

    def _note(self, progress: Progress, made: Made) -> None:
        """Keep a head of the search as a rung; those that are not drawn yet can be drawn when they are asked for."""
        picture = made.picture if made.picture is not None else progress.preview
        if picture is not None:
            seconds, difference = time.monotonic() - self._started, progress.values.get("difference")
            self.rungs.add(Rung(made.head, progress.message, seconds, picture, difference))

    def _patience(self) -> float:
        """How long a search may take."""
        return self.seconds or self._choosing.seconds

    def _take(self, made: Made, wish: Wish, tokens: tuple[int, int]) -> None:
        if self.rungs.pinned:
            # the person looks at an earlier one, and goes on doing so
            self._kept = None
            return
        if made.renderer is None:
            self._kept = made.head
            return
        self._kept = None
        self._figures = made.figures
        self._viewing.remember(made.head, made.renderer)
        if made.frame is not None:
            self._viewing.remember_frame(made.frame)
        is_first = self._session.project is not None and self._session.project.head is None
        text, token = ("Make head", tokens[0]) if is_first else (wish.text or "Improve head", tokens[1])
        self._session.replace(text, token=token, head=made.head)
        self.show_facts()

    def _ended(self, result: object, wish: Wish, tokens: tuple[int, int]) -> None:
        if isinstance(result, Made):
            self._take(result, wish, tokens)
            self._note(Progress(0, 0, "Finished"), result)
        elif self._kept is not None and not self.rungs.pinned:
            renderer = self._viewing.made_renderer(self._kept, former=self._viewing.head)
            self._take(Made(self._kept, renderer), wish, tokens)
        self._rest()
        self._viewing.refresh()
        self.finished.emit()

    def _rest(self) -> None:
        self._key = ""
        self.rungs.end()
        self._viewing.is_hurried = False
        self._window.set_preview(None)
        self.show_facts()

    def _forget_figures(self) -> None:
        self._figures = {}
