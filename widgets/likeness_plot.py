"""How far styles take a person from who they are, over the sides from which they are seen: points, and a floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from widgets.theme import is_dark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

_HIGHEST = 0.8
"""Distance at the top of the plot; none of one person is near it."""
_HEIGHT_PX, _LEFT_PX, _FOOT_PX = 84, 26, 16
_GOOD, _BAD = ("#3cbfac", "#0b7f71"), ("#ef8a80", "#b3362c")


class LikenessPlot(QWidget):
    """Shows identity distances by yaw, and the distance that is allowed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Identity distance by yaw")
        self._distances: tuple[tuple[float, float], ...] = ()
        self._floor = 0.45
        self.setFixedHeight(_HEIGHT_PX)

    def set_values(self, distances: Sequence[tuple[float, float]], floor: float) -> None:
        """Show yaws in degrees with their distances, and the line that they shall stay below."""
        self._distances, self._floor = tuple(sorted(distances)), floor
        words = ", ".join(f"{value:.2f} at {yaw:+.0f} degrees" for yaw, value in self._distances)
        self.setAccessibleDescription(f"{words}; at most {floor:.2f} is wanted." if words else "")
        self.update()

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(220, _HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self.palette().color(QPalette.ColorRole.Text)
        faint = QColor(text)
        faint.setAlpha(110)
        font = painter.font()
        font.setPointSizeF(max(6.0, font.pointSizeF() * 0.8))
        painter.setFont(font)
        width, foot = self.width() - _LEFT_PX - 6, self.height() - _FOOT_PX
        reach = max((abs(yaw) for yaw, _ in self._distances), default=1.0) or 1.0

        def place(yaw: float, value: float) -> QPointF:
            return QPointF(
                _LEFT_PX + width * (yaw + reach) / (2 * reach), foot - (foot - 6) * min(value, _HIGHEST) / _HIGHEST
            )

        painter.setPen(QPen(faint, 1))
        painter.drawLine(place(-reach, 0), place(reach, 0))
        painter.setPen(QPen(faint, 1, Qt.PenStyle.DashLine))
        painter.drawLine(place(-reach, self._floor), place(reach, self._floor))
        painter.setPen(text)
        painter.drawText(QPointF(0, place(-reach, self._floor).y() + 4), f"{self._floor:.2f}")
        good, bad = (QColor(pair[0 if is_dark(self.palette()) else 1]) for pair in (_GOOD, _BAD))
        painter.setPen(QPen(faint, 1.5))
        painter.drawPolyline(QPolygonF([place(yaw, value) for yaw, value in self._distances]))
        for yaw, value in self._distances:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(good if value <= self._floor else bad)
            painter.drawEllipse(place(yaw, value), 4, 4)
            painter.setPen(text)
            painter.drawText(QPointF(place(yaw, 0).x() - 10, self.height() - 3), f"{yaw:+.0f}°")
        painter.end()
