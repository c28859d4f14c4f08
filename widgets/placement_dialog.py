"""The dialog in which a face is placed by hand."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from widgets.hand_placement import default_placement
from widgets.parts import GAP, MARGIN, button, label
from widgets.placement_canvas import PlacementCanvas, Reproject
from widgets.values import HandPlacement, Picture


class PlacementDialog(QDialog):
    """Emits the HandPlacement the user has agreed to."""

    placed = Signal(object)

    def __init__(
        self,
        photo: Picture,
        start: HandPlacement | None,
        reproject: Reproject,
        message: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Place the face by hand")
        self.setAccessibleName("Place the face by hand")
        self._start = start or default_placement(photo)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP + 2)
        if message:
            column.addWidget(label(message, "warning", wrap=True))
            self.setAccessibleDescription(message)
        column.addWidget(label("Put the box around the face, then each ring on its place", "section"))
        self.canvas = PlacementCanvas(photo, self._start, reproject)
        column.addWidget(self.canvas, 1)
        self.state = label("", wrap=True)
        self.doubts = label("", "warning", wrap=True)
        column.addWidget(self.state)
        column.addWidget(self.doubts)
        self.canvas.placement_changed.connect(self._tell)
        foot = QHBoxLayout()
        foot.setSpacing(GAP)
        foot.addWidget(
            label(
                "Wheel zooms, dragging beside the box moves the photo. Space and arrow keys work, too.",
                "muted",
                wrap=True,
            ),
            1,
        )
        foot.addWidget(button("Start over", "Put the face back where it began", self._restart, kind="quiet"))
        foot.addWidget(button("Cancel", "Cancel", self.reject))
        self.accept_button = button("Use this face", "Use this face", self.accept, kind="primary")
        self.accept_button.setDefault(True)
        foot.addWidget(self.accept_button)
        column.addLayout(foot)
        self._tell()
        self.canvas.setFocus()
        self.resize(860, 720)

    def accept(self) -> None:
        """Emit the placement and close."""
        self.placed.emit(self.canvas.placement())
        super().accept()

    def _tell(self) -> None:
        """Say how the head is seen so, and what is doubtful about it."""
        placed = self.canvas.placed()
        self.state.setText(
            "The five points make no face: put each ring on its place." if placed is None else placed.text
        )
        doubts = () if placed is None else placed.doubts
        self.doubts.setText("\n".join(doubts))
        self.doubts.setVisible(bool(doubts))

    def _restart(self) -> None:
        self.canvas.set_placement(self._start)
