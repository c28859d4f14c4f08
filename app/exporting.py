"""The head, with its edits, as a mesh, a picture or a film."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.jobs import Job

if TYPE_CHECKING:
    from pathlib import Path

    from app.choosing import Choosing
    from app.edited_head import EditedHead
    from app.engines import Engines
    from app.jobs import JobQueue
    from app.session import Session
    from core.errors import VoltefaceError
    from core.progress import Report
    from core.rendering.seen import Witness
    from widgets.export_values import ExportOptions
    from widgets.studio_window import StudioWindow


class Exporting(QObject):
    """Answers the window's wishes for files of other programs."""

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        queue: JobQueue,
        engines: Engines,
        choosing: Choosing,
        edited: EditedHead,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._queue = queue
        self._engines = engines
        self._choosing = choosing
        self._edited = edited
        window.export_requested.connect(self.export)

    def export(self, options: ExportOptions) -> None:
        """Write the head in another format, in the background."""
        project = self._session.project
        if project is None or project.head is None:
            return
        stand_in, edited = project.stand_in, self._edited.head_of(project)
        is_absent = self._choosing.absence() is not None
        if is_absent and stand_in is None:
            return
        camera = self._window.camera()
        economy = self._choosing.economy_of(project.head.generator)

        def work(report: Report) -> object:
            seen_by: tuple[Witness, ...] = ()
            if options.seen:
                seen_by = self._engines.witnesses_of(project, half=economy.half, neural_px=economy.neural_px)
            return self._engines.export(
                stand_in if is_absent and stand_in is not None else edited(),
                options.path,
                report=report,
                half=economy.half,
                neural_px=economy.neural_px,
                camera=camera,
                texture_px=options.texture_px,
                height_mm=options.height_mm,
                picture_px=options.picture_px,
                transparent=options.transparent,
                seconds=options.seconds,
                frames_per_second=options.frames_per_second,
                seen_by=seen_by,
            )

        self._queue.submit(
            Job(
                title=f"Exporting {options.path.name}",
                work=work,
                done=lambda report: self._window.show_message(exported(options.path, report), 20),
                failed=self._show,
                yields=True,
            )
        )

    def _show(self, error: VoltefaceError) -> None:
        self._window.show_error(error.message, error.hint)


def exported(path: Path, report: object) -> str:
    """What came of an export, in a line: where it lies, how large it is, how like the head."""
    from core.exporters.options import ExportReport

    words = [f"Exported {path}"]
    if isinstance(report, ExportReport):
        words.append(f"{report.size_bytes / 1e6:.1f} MB")
        if report.triangles:
            words.append(f"{report.triangles:,} triangles")
        if report.psnr_db is not None:
            words.append(f"read again {report.psnr_db:.0f} dB PSNR to the head")
    return "  ·  ".join(words)
