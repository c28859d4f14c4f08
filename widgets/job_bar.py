"""The running job in the foot of the window: what it does, how far it is, how to stop it, what waits behind it."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from widgets.head_panel import duration
from widgets.icons import dress
from widgets.parts import button, label
from widgets.pictures import thumbnail
from widgets.values import JobState, JobView, Picture

_PREVIEW = QSize(34, 34)
_STEPS = 1000


class JobBar(QWidget):
    """Shows the first unfinished job and the number of those that wait."""

    stop_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Running job")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._jobs: tuple[JobView, ...] = ()
        self._shown: JobView | None = None
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
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
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
        self.set_jobs(())

    def set_jobs(self, jobs: Sequence[JobView]) -> None:
        """Show these jobs; the first that runs is in front. None hides the bar."""
        self._jobs = tuple(jobs)
        running = [job for job in jobs if job.state is not JobState.QUEUED]
        self._shown = running[0] if running else (self._jobs[0] if self._jobs else None)
        self.setVisible(self._shown is not None)
        if self._shown is None:
            self.set_preview(None)
            return
        job = self._shown
        self._title.setText(job.title)
        self._message.setText(job.message)
        self._message.setToolTip(job.message)
        self._elapsed.setText(duration(job.elapsed_seconds) if job.elapsed_seconds else "")
        self.progress.setRange(0, _STEPS if job.total else 0)
        if job.total:
            self.progress.setValue(round(_STEPS * min(1.0, job.step / job.total)))
        stopping = job.state is JobState.STOPPING
        self.stop_button.setEnabled(not stopping)
        text = "Stopping…" if stopping else ("Stop and keep the best" if job.keeps_best else "Cancel")
        if self.stop_button.text() != f" {text}":
            self.stop_button.setText(f" {text}")
        waiting = [one for one in self._jobs if one is not job]
        self.queue_button.setVisible(bool(waiting))
        self.queue_button.setText(f"{len(waiting)} waiting")
        self._queue_menu.clear()
        for one in waiting:
            action = self._queue_menu.addAction(f"Cancel “{one.title}”")
            action.triggered.connect(lambda _=False, key=one.key: self.stop_requested.emit(key))

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

    def stop(self) -> None:
        """Ask for the shown job to stop."""
        if self._shown is not None:
            self.stop_requested.emit(self._shown.key)
