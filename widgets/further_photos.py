"""Further photos of the person below the first one: added by a drop or a button, each with the side it shows."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from widgets.icons import dress
from widgets.intake import PHOTO_FILTER
from widgets.parts import button
from widgets.pictures import thumbnail
from widgets.values import FurtherView

_PICTURE = QSize(44, 44)
SIDES = (("Left side", 90.0), ("Right side", -90.0), ("From behind", 180.0), ("Half left", 45.0), ("Half right", -45.0))
"""What a person can say about a photo, and the camera's yaw in degrees: positive sees the person's left."""
_BY_ITSELF = "Find its side"
_SAME_DEGREES = 12.0


class FurtherPhotos(QWidget):
    """Shows further photos.

    Signals:
        added: list of Path.
        turned: number of a photo, and the yaw in degrees that the person tells.
        removed: number of a photo.
    """

    added = Signal(list)
    turned = Signal(int, float)
    removed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Further photos")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        column.addLayout(self._rows)
        self.add_button = button("Add another view…", "Add another photo of this person", self.ask, icon="open_photo")
        self.add_button.setToolTip("A photo of the same person from the side or from behind; or drop it here")
        column.addWidget(self.add_button)
        self._views: tuple[FurtherView, ...] = ()

    def set_photos(self, views: tuple[FurtherView, ...]) -> None:
        """Show these photos."""
        if views == self._views:
            return
        self._views = views
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for number, view in enumerate(views):
            self._rows.addWidget(self._row(number, view))

    def ask(self) -> None:
        """Let the person choose files; does not block."""
        dialog = QFileDialog(self, "Add photos of this person", "", PHOTO_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.added.emit([Path(name) for name in names]))
        dialog.open()

    def _row(self, number: int, view: FurtherView) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        picture = QLabel()
        picture.setFixedSize(_PICTURE)
        picture.setPixmap(thumbnail(view.picture, _PICTURE, self.devicePixelRatioF()))
        line.addWidget(picture)
        words = QVBoxLayout()
        words.setSpacing(2)
        name = QElidingLabel(view.name)
        name.setElideMode(Qt.TextElideMode.ElideMiddle)
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        name.setToolTip(view.name)
        words.addWidget(name)
        words.addWidget(self._sides(number, view))
        line.addLayout(words, 1)
        remove = QToolButton()
        remove.setAccessibleName(f"Remove {view.name}")
        remove.setToolTip("Take this photo away")
        dress(remove, "close")
        remove.clicked.connect(partial(self.removed.emit, number))
        line.addWidget(remove)
        return row

    def _sides(self, number: int, view: FurtherView) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(f"Side that {view.name} shows")
        box.setToolTip("From which side the photo was taken")
        yaw = view.yaw_degrees
        named = next((n for n, (_, side) in enumerate(SIDES) if yaw is not None and _is_near(yaw, side)), None)
        if named is None:
            box.addItem(_BY_ITSELF if yaw is None else f"Turned {abs(yaw):.0f}° {'left' if yaw > 0 else 'right'}", None)
        for title, side in SIDES:
            box.addItem(title, side)
        box.setCurrentIndex(0 if named is None else named)
        box.activated.connect(lambda _index: self._tell(number, box.currentData()))
        return box

    def _tell(self, number: int, side: float | None) -> None:
        if side is not None:
            self.turned.emit(number, side)


def _is_near(yaw: float, side: float) -> bool:
    return abs((yaw - side + 180) % 360 - 180) < _SAME_DEGREES
