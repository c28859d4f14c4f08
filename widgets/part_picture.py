"""A picture of a head whose parts can be pointed at."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.mask import PARTS
from widgets.edit_values import Portrait, part_of_label
from widgets.pictures import image_of

_PORTRAIT_PX = 176


class PartPicture(QWidget):
    """A picture of a head; the part under the pointer lights up and can be clicked."""

    part_pointed = Signal(str)
    part_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Picture of the reference")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_PORTRAIT_PX)
        self._portrait: Portrait | None = None
        self._offered: frozenset[str] = frozenset()
        self._lit = ""
        self._drawn: tuple[str, QPixmap] | None = None

    def set_portrait(self, portrait: Portrait | None, offered: tuple[str, ...]) -> None:
        """Show a picture whose parts `offered` can be clicked."""
        same = portrait is self._portrait
        self._portrait, self._offered = portrait, frozenset(offered)
        if not same:
            self._drawn = None
        self.update()

    def part_at(self, position: QPointF) -> str:
        """Return the part at a widget position that can be clicked; empty for none."""
        portrait = self._portrait
        if portrait is None or portrait.labels is None:
            return ""
        square = self._square()
        u, v = (position.x() - square.x()) / square.width(), (position.y() - square.y()) / square.height()
        if not (0 <= u < 1 and 0 <= v < 1):
            return ""
        rows, columns = portrait.labels.shape
        index = int(portrait.labels[int(v * rows), int(u * columns)])
        part = part_of_label(PARTS[index]) if index < len(PARTS) else ""
        return part if part in self._offered else ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up what is under the pointer."""
        self._light(self.part_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep the click."""
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take the part under the pointer."""
        part = self.part_at(event.position())
        if part and event.button() is Qt.MouseButton.LeftButton:
            self.part_clicked.emit(part)

    def leaveEvent(self, event: object) -> None:
        """Nothing is pointed at any more."""
        del event
        self._light("")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, the lit part tinted."""
        del event
        portrait = self._portrait
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        square = self._square()
        outline = QPainterPath()
        outline.addRoundedRect(square, 8, 8)
        if portrait is None:
            painter.fillPath(outline, self.palette().color(QPalette.ColorRole.Base))
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(square, Qt.AlignmentFlag.AlignCenter, "Drawing…")
        else:
            if self._drawn is None or self._drawn[0] != self._lit:
                self._drawn = (self._lit, QPixmap.fromImage(image_of(self._tinted(portrait))))
            painter.setClipPath(outline)
            painter.drawPixmap(square, self._drawn[1], QRectF(self._drawn[1].rect()))
        painter.end()

    def _tinted(self, portrait: Portrait) -> "np.typing.NDArray[np.uint8]":
        pixels, labels = portrait.pixels, portrait.labels
        if not self._lit or labels is None:
            return pixels
        import cv2

        wanted = [index for index, name in enumerate(PARTS) if part_of_label(name) == self._lit]
        size = (pixels.shape[1], pixels.shape[0])
        weight = cv2.resize(np.isin(labels, wanted).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        rim = np.clip((weight - 0.12) / 0.38, 0, 1) * (1 - np.clip((weight - 0.5) / 0.4, 0, 1))
        amount = np.maximum(0.3 * weight, 0.85 * rim)[..., None]
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        colour = np.array([accent.red(), accent.green(), accent.blue()], np.float32)
        return np.asarray(pixels * (1 - amount) + colour * amount, np.uint8)

    def _light(self, part: str) -> None:
        if part != self._lit:
            self._lit = part
            self.setCursor(Qt.CursorShape.PointingHandCursor if part else Qt.CursorShape.ArrowCursor)
            self.update()
            self.part_pointed.emit(part)

    def _square(self) -> QRectF:
        side = float(min(self.width(), self.height()))
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
