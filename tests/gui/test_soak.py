"""PySide6 6.12.0 on Python 3.11 loses a reference to None at every paint and aborts after some thousands."""

import sys

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

REPAINTS = 20_000


class Canvas(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.paints = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        self.paints += 1
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self.paints % 256, 0, 0))
        painter.end()


def test_twenty_thousand_repaints_keep_every_reference_to_none(qtbot: QtBot) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(8, 8)
    picture = QImage(8, 8, QImage.Format.Format_RGB32)
    corner = QRegion(QRect(0, 0, 1, 1))
    before = sys.getrefcount(None)
    for _ in range(REPAINTS):
        canvas.render(picture, QPoint(), corner)
    assert canvas.paints == REPAINTS
    assert abs(sys.getrefcount(None) - before) < 100


@pytest.mark.gl
def test_a_shown_widget_repaints_as_often_as_asked(qtbot: QtBot) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    with qtbot.waitExposed(canvas):
        canvas.show()
    before, paints = sys.getrefcount(None), canvas.paints
    for _ in range(2_000):
        canvas.repaint()
    assert canvas.paints >= paints + 2_000
    assert abs(sys.getrefcount(None) - before) < 100
