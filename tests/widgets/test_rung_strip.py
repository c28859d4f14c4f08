"""The strip of rungs and the list of further photos, as a person uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QToolButton

from widgets.photo_panel import PhotoPanel
from widgets.rung_strip import RungStrip, words_of
from widgets.values import FurtherView, PhotoView, RungView

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PICTURE = np.full((32, 32, 3), 120, np.uint8)
RUNGS = tuple(RungView("Adding detail", float(n), PICTURE, 0.1 / (n + 1)) for n in range(4))


def _strip(qtbot: QtBot) -> RungStrip:
    strip = RungStrip()
    qtbot.addWidget(strip)
    strip.resize(280, 200)
    strip.show()
    return strip


def test_without_rungs_there_is_no_strip(qtbot: QtBot) -> None:
    strip = _strip(qtbot)
    strip.set_rungs((), -1, running=True)
    assert strip.isHidden()


def test_every_rung_tells_its_time_and_difference(qtbot: QtBot) -> None:
    strip = _strip(qtbot)
    strip.set_rungs(RUNGS, 3, running=True)
    assert [one.text() for one in strip.buttons()] == ["0 s", "1 s", "2 s", "3 s"]
    assert "difference 0.050" in strip.buttons()[1].toolTip()
    assert [one.isChecked() for one in strip.buttons()] == [False, False, False, True]
    assert words_of(RungView("First guess", 0.6, PICTURE)) == "First guess, 0.6 s"


def test_more_rungs_leave_the_buttons_that_are_there(qtbot: QtBot) -> None:
    strip = _strip(qtbot)
    strip.set_rungs(RUNGS[:2], 1, running=True)
    first = strip.buttons()[0]
    strip.set_rungs(RUNGS, 3, running=True)
    assert strip.buttons()[0] is first
    # one in between was dropped: its picture goes
    strip.set_rungs((*RUNGS[:1], *RUNGS[2:]), 2, running=True)
    assert [one.text() for one in strip.buttons()] == ["0 s", "2 s", "3 s"]


def test_a_click_asks_for_a_rung(qtbot: QtBot) -> None:
    strip = _strip(qtbot)
    strip.set_rungs(RUNGS, 3, running=True)
    with qtbot.waitSignal(strip.chosen) as asked:
        qtbot.mouseClick(strip.buttons()[1], Qt.MouseButton.LeftButton)
    assert asked.args == [1]


def test_an_old_rung_can_be_kept_and_compared(qtbot: QtBot) -> None:
    strip = _strip(qtbot)
    strip.set_rungs(RUNGS, 3, running=True)
    assert not strip.scrub.isVisible()
    strip.set_rungs(RUNGS, 1, running=True)
    assert strip.scrub.isVisible()
    assert strip.keep_button.isVisible()
    with qtbot.waitSignal(strip.scrubbed) as moved:
        strip.scrub.setValue(40)
    assert moved.args == [0.4]
    with qtbot.waitSignal(strip.keep_requested):
        strip.keep_button.click()
    strip.set_rungs(RUNGS, 1, running=False)
    assert not strip.keep_button.isVisible()


def _panel(qtbot: QtBot) -> PhotoPanel:
    panel = PhotoPanel()
    qtbot.addWidget(panel)
    panel.show()
    panel.set_photo(PhotoView(PICTURE, "ada.png", crop=PICTURE))
    return panel


def test_a_picture_without_a_face_takes_no_further_photos(qtbot: QtBot) -> None:
    panel = _panel(qtbot)
    assert panel.further.isVisible()
    panel.set_photo(PhotoView(PICTURE, "seed 7"))
    assert not panel.further.isVisible()


def test_further_photos_tell_their_side(qtbot: QtBot) -> None:
    panel = _panel(qtbot)
    panel.further.set_photos(
        (FurtherView("side.jpg", PICTURE, 84.0), FurtherView("back.jpg", PICTURE), FurtherView("x.jpg", PICTURE, 20.0))
    )
    assert [box.currentText() for box in panel.further.findChildren(QComboBox)] == [
        "Left side",
        "Find its side",
        "Turned 20° left",
    ]


def test_a_person_turns_and_removes_a_photo(qtbot: QtBot) -> None:
    panel = _panel(qtbot)
    panel.further.set_photos((FurtherView("back.jpg", PICTURE),))
    box = panel.further.findChild(QComboBox)
    assert box is not None
    with qtbot.waitSignal(panel.further.turned) as told:
        box.activated.emit(box.findText("From behind"))
        box.setCurrentIndex(box.findText("From behind"))
        box.activated.emit(box.currentIndex())
    assert told.args == [0, 180.0]
    remove = next(one for one in panel.further.findChildren(QToolButton) if one.accessibleName() == "Remove back.jpg")
    with qtbot.waitSignal(panel.further.removed) as gone:
        remove.click()
    assert gone.args == [0]


def test_a_photo_dropped_on_the_panel_is_another_view(qtbot: QtBot, tmp_path: Path) -> None:
    panel, data = _panel(qtbot), QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("side.jpg", "notes.txt")])
    enter = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    panel.dragEnterEvent(enter)
    assert enter.isAccepted()
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    with qtbot.waitSignal(panel.further.added) as added:
        panel.dropEvent(drop)
    assert added.args == [[tmp_path / "side.jpg"]]


def test_before_there_is_a_photo_a_drop_opens_one(qtbot: QtBot, tmp_path: Path) -> None:
    panel, data = _panel(qtbot), QMimeData()
    panel.set_photo(None)
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "ada.jpg"))])
    enter = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    panel.dragEnterEvent(enter)
    assert not enter.isAccepted()
