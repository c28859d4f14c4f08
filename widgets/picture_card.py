"""A wide button with a thumbnail, a title and a line of detail: recent files, formats."""

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

_PADDING = 8


class PictureCard(QAbstractButton):
    """Shows one thing that can be chosen; checkable cards are outlined while chosen."""

    def __init__(self, title: str, detail: str, pixmap: QPixmap, picture: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(detail)
        self.setToolTip(detail)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._detail = detail
        self._pixmap = pixmap
        self._picture = picture

    def sizeHint(self) -> QSize:
        """As high as the thumbnail."""
        return QSize(220, self._picture.height() + 2 * _PADDING)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, thumbnail and two lines."""
        del event
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        if self.isDown() or self.underMouse():
            painter.fillPath(outline, palette.color(QPalette.ColorRole.Light))
        elif self.isChecked():
            painter.fillPath(outline, palette.color(QPalette.ColorRole.Button))
        if self.isChecked() or self.hasFocus():
            both = self.isChecked() and self.hasFocus()
            around = QPalette.ColorRole.WindowText if both else QPalette.ColorRole.Highlight
            painter.setPen(QPen(palette.color(around), 1.2))
            painter.drawPath(outline)
        place = QRect(_PADDING, _PADDING, self._picture.width(), self._picture.height())
        painter.drawPixmap(place, self._pixmap)
        self._paint_text(painter, place.right() + 13)
        painter.end()

    def enterEvent(self, event: QEvent) -> None:
        """Light up."""
        del event
        self.update()

    def _paint_text(self, painter: QPainter, left: int) -> None:
        palette = self.palette()
        width = self.width() - left - _PADDING
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        metrics = painter.fontMetrics()
        lines = 2 if self._detail else 1
        top = (self.height() - lines * metrics.height() - (lines - 1) * 2) // 2
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        title = metrics.elidedText(self.text(), Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(QRect(left, top, width, metrics.height()), Qt.AlignmentFlag.AlignVCenter, title)
        if self._detail:
            small = QFont(self.font())
            small.setPointSizeF(small.pointSizeF() - 0.8)
            painter.setFont(small)
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            detail = painter.fontMetrics().elidedText(self._detail, Qt.TextElideMode.ElideRight, width)
            second = QRect(left, top + metrics.height() + 2, width, metrics.height())
            painter.drawText(second, Qt.AlignmentFlag.AlignVCenter, detail)
