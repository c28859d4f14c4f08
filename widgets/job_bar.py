"""The running job in the foot of the window: what it does, how far it is, how to stop it, what waits behind it."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from widgets.icons import dress
from widgets.parts import button, label
from widgets.pictures import thumbnail
from widgets.progress_line import ProgressLine
from widgets.values import JobState, JobView, Picture

_PREVIEW = QSize(34, 34)


class JobBar(QWidget):
    """Shows the first unfinished job and the number of those that wait."""

    stop_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Running job")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._jobs: tuple[JobView, ...] = ()
        self._shown: JobView | None = None
        self._waiting: tuple[tuple[str, str], ...] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 6, 2)
        row.setSpacing(12)
        self._preview = QLabel()
        self._preview.setFixedSize(_PREVIEW)
        self._preview.setAccessibleName("Preview of the running job")
        self._preview.hide()
        row.addWidget(self._preview)
        column = QVBoxLayout()
        column.setSpacing(4)
        words = QHBoxLayout()
        words.setSpacing(8)
        self._title = label("", "title")
        self._message = QElidingLabel()
        self._message.setProperty("role", "muted")
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._elapsed = label("", "muted")
        words.addWidget(self._title)
        words.addWidget(self._message, 1)
        words.addWidget(self._elapsed)
        self.progress = ProgressLine()
        self.progress.setAccessibleName("Progress")
        column.addStretch(1)
        column.addLayout(words)
        column.addWidget(self.progress)
        column.addStretch(1)
        row.addLayout(column, 1)
        self.stop_button = button("Cancel", "Stop the running job", self.stop, icon="stop")
        row.addWidget(self.stop_button)
        self.queue_button = QToolButton()
        self.queue_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.queue_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.queue_button.setAccessibleName("Jobs that wait")
        self._queue_menu = QMenu(self)
        self.queue_button.setMenu(self._queue_menu)
        dress(self.queue_button, "queue")
        row.addWidget(self.queue_button)
        self._show_queue()
        self.set_jobs(())

    def set_jobs(self, jobs: Sequence[JobView]) -> None:
        """Show these jobs; the first that runs is in front. None hides the bar."""
        self._jobs = tuple(jobs)
        running = [job for job in jobs if job.state is not JobState.QUEUED]
        self._shown = running[0] if running else (self._jobs[0] if self._jobs else None)
        self.setVisible(self._shown is not None)
        if self._shown is None:
            self.progress.set_fraction(0.0)
            self.set_preview(None)
            return
        job = self._shown
        self._title.setText(job.title)
        if self._message.toolTip() != job.message:
            self._message.setText(job.message)
            self._message.setToolTip(job.message)
        # whole seconds: a repaint for each tenth would cost more than it tells
        seconds = int(job.elapsed_seconds)
        self._elapsed.setText(f"{seconds // 60}:{seconds % 60:02d}" if seconds else "")
        self.progress.set_fraction(min(1.0, job.step / job.total) if job.total else None)
        stopping = job.state is JobState.STOPPING
        self.stop_button.setEnabled(not stopping)
        text = "Stopping…" if stopping else ("Stop and keep the best" if job.keeps_best else "Cancel")
        if self.stop_button.text() != f" {text}":
            self.stop_button.setText(f" {text}")
        waiting = tuple((one.key, one.title) for one in self._jobs if one is not job)
        if waiting != self._waiting:
            self._waiting = waiting
            self._show_queue()

    def set_preview(self, pixels: Picture | None) -> None:
        """Show how the job's result looks so far."""
        self._preview.setVisible(pixels is not None)
        if pixels is not None:
            self._preview.setPixmap(thumbnail(pixels, _PREVIEW, self.devicePixelRatioF(), 5))

    def best_kept(self) -> str:
        """Return the key of a running job whose stop keeps the best so far, or an empty string."""
        for job in self._jobs:
            if job.keeps_best and job.state is JobState.RUNNING:
                return job.key
        return ""

    def _show_queue(self) -> None:
        self.queue_button.setVisible(bool(self._waiting))
        self.queue_button.setText(f"{len(self._waiting)} waiting")
        self._queue_menu.clear()
        for key, title in self._waiting:
            action = self._queue_menu.addAction(f"Cancel “{title}”")
            action.triggered.connect(lambda _=False, key=key: self.stop_requested.emit(key))

    def stop(self) -> None:
        """Ask for the shown job to stop."""
        if self._shown is not None:
            self.stop_requested.emit(self._shown.key)
