"""The report in the window: made in the background, shown, saved as a page; and the repair that it may offer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

from app.jobs import Job
from widgets.report_values import FigureView, ReportView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from app.choosing import Choosing
    from app.edited_head import EditedHead
    from app.editing import Editing
    from app.engines import Engines
    from app.jobs import JobQueue
    from app.session import Session
    from app.viewing import Viewing
    from core.errors import VoltefaceError
    from core.evaluation.fidelity import Fidelity
    from core.progress import Progress, Report
    from widgets.studio_window import StudioWindow

KEY = "report"
NO_PHOTO = "This head has no photo to be compared with."
ABSENT = "This head was made with a model, or a version of it, that is not here, so it cannot be measured."


class Reporting(QObject):
    """Answers the window's wishes for reports and repairs."""

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        queue: JobQueue,
        engines: Engines,
        viewing: Viewing,
        choosing: Choosing,
        editing: Editing,
        edited: EditedHead,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._queue = queue
        self._engines = engines
        self._viewing = viewing
        self._choosing = choosing
        self._editing = editing
        self._edited = edited
        self._found: Fidelity | None = None
        self._running = False
        window.report_requested.connect(self.start)
        window.report_saved.connect(self.save)
        window.report_stopped.connect(lambda: queue.stop(KEY))
        window.repair_requested.connect(self.repair)

    def start(self) -> None:
        """Measure the head as it is now, and show it."""
        project = self._session.project
        if project is None or project.head is None or self._running:
            return
        if self._choosing.absence() is not None or project.alignment is None:
            self._window.show_error(NO_PHOTO if project.alignment is None else ABSENT)
            return
        economy = self._choosing.economy_of(project.head.generator)
        edited = self._edited.head_of(project)
        self._found, self._running = None, True
        self._window.dialogs.show_report(self._session.name)

        def work(report: Report) -> Fidelity:
            self._engines.use_threads(self._viewing.threads)
            return self._engines.fidelity_of(project, report, head=edited(), half=economy.half)

        def done(result: object) -> None:
            self._running = False
            self._found = cast("Fidelity", result)
            self._window.dialogs.set_report(report_view(self._found, self._session.name))

        def progressed(progress: Progress) -> None:
            self._window.dialogs.set_report_progress(progress.fraction, progress.message)

        def over(error: VoltefaceError | None = None) -> None:
            self._running = False
            self._window.dialogs.close_report()
            if error is not None:
                self._window.show_error(error.message, error.hint)

        self._queue.submit(
            Job(
                key=KEY,
                title="Measuring the head",
                work=work,
                progressed=progressed,
                done=done,
                failed=over,
                cancelled=over,
                yields=True,
            )
        )

    def save(self, path: Path) -> None:
        """Write the report that is shown as a page."""
        found, name = self._found, self._session.name
        if found is None:
            return
        self._queue.submit(
            Job(
                title=f"Saving {path.name}",
                work=lambda _report: self._engines.save_report(found, name, path),
                done=lambda _result: self._window.show_message(f"Saved {path}", 10),
                failed=lambda error: self._window.show_error(error.message, error.hint),
            )
        )

    def repair(self) -> None:
        """Make the hidden side up again, as an edit; a report that was open is made anew."""
        was_shown = self._window.dialogs.close_report()
        self._editing.repair(self.start if was_shown else lambda: None)


def report_view(found: Fidelity, title: str) -> ReportView:
    """A report as the window shows it."""
    from core.evaluation.fidelity_page import summary
    from core.evaluation.front_figures import MOST_DIFFERENCE

    front = [(found.photo, "The photo's person"), (found.render, "The head from the photo's camera")]
    if found.bare_render is not None:
        front.append((found.bare_render, "The model alone, without the photo"))
    front.append(
        (found.difference, f"Difference of photo and head: black is none, white {MOST_DIFFERENCE:.0%} or more")
    )
    shares = {} if found.seen is None else {"Whole head": found.seen, **found.seen_by_part}
    return ReportView(
        title=title,
        summary=summary(found),
        figures=tuple(FigureView(one.title, one.shown, one.shown_bare, one.meaning) for one in found.figures),
        front=tuple(front),
        turntable=_captioned(found.turntable),
        heat=_captioned(found.heat),
        identity=tuple(
            (f"{yaw}°", f"{value:.2f}" if math.isfinite(value) else "no face") for yaw, value in found.identity.items()
        ),
        shares=tuple((name, f"{share:.0%}") for name, share in shares.items()),
        findings=tuple(finding.sentence for finding in found.rear.findings),
        notes=found.notes,
        facts=found.facts,
    )


def _captioned(pictures: Mapping[int, NDArray[np.uint8]]) -> tuple[tuple[NDArray[np.uint8], str], ...]:
    return tuple((picture, f"{yaw}°") for yaw, picture in pictures.items())
