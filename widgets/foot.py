"""The foot of the window: a hint, a message for a while, and the running job."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

STUDIO_HINT = "Drag to orbit  ·  wheel to zoom  ·  Shift-drag to pan  ·  Home to reset"
WELCOME_HINT = "Photos can be dropped anywhere on this window."
ROOMY_PX = 1100
"""Width of the window from which the hint has room beside a job."""


class Foot:
    """What the status bar of a window says."""

    def __init__(self, bar: QStatusBar, jobs: QWidget) -> None:
        """Fill the bar; `jobs` stands at its right end."""
        self._hint = WELCOME_HINT
        self._label = QLabel(self._hint)
        self._label.setProperty("role", "muted")
        self._label.setAccessibleName("Status")
        self._timer = QTimer(bar, singleShot=True)
        self._timer.timeout.connect(self.say_hint)
        bar.setSizeGripEnabled(False)
        bar.setFixedHeight(44)
        bar.setContentsMargins(10, 0, 4, 0)
        bar.addWidget(self._label, 1)
        bar.addPermanentWidget(jobs, 2)

    def set_hint(self, hint: str) -> None:
        """Say this whenever there is nothing else to say."""
        self._hint = hint
        self.say_hint()

    def say_hint(self) -> None:
        """Go back to the hint."""
        self._label.setText(self._hint)

    def say(self, text: str, seconds: float | None = None) -> None:
        """Say something, for so many seconds or until something else is said."""
        self._label.setText(text)
        if seconds is not None:
            self._timer.start(round(seconds * 1000))

    def make_room(self, width_px: int, *, busy: bool) -> None:
        """Leave the foot of a narrow window to its job."""
        self._label.setVisible(not busy or width_px > ROOMY_PX)
