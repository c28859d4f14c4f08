"""A whole session without a pointer: real window, small engines, keys that go where a person's keys go."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu, QWidget

from core.edit import TakePart
from core.frame import Quality
from core.project import Project
from tests.app.dialogs import dialog_shown
from tests.gui.steps import LONG, project_of, wait_for_head
from widgets.amount_slider import AmountSlider
from widgets.export_dialog import ExportDialog

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from tests.app.studio_fakes import Workshop

CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
MOST_TABS = 12
"""From the first thing in a panel to anything in it."""


def _press(key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> QWidget | None:
    window = QApplication.focusWindow()
    assert window is not None
    QTest.keyClick(window, key, keys)
    QApplication.processEvents()
    return QApplication.focusWidget()


def _tab_to(name: str) -> None:
    for _ in range(MOST_TABS):
        focused = QApplication.focusWidget()
        if focused is not None and focused.accessibleName() == name:
            return
        _press(Qt.Key.Key_Tab)
    pytest.fail(f"{name} is too far away")


def _answer(studio: Studio, path: Path, qtbot: QtBot) -> None:
    """Type a path into the file dialog that is open."""
    dialog = dialog_shown(studio, QFileDialog, qtbot)
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QLineEdit), timeout=LONG)
    edit = QApplication.focusWidget()
    assert isinstance(edit, QLineEdit)
    edit.setText(str(path))  # letter by letter its completer would open a window of its own
    assert dialog.isAncestorOf(edit)
    _press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None, timeout=LONG)
    qtbot.waitUntil(studio.window.isActiveWindow, timeout=LONG)


def _edits(studio: Studio, count: int, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: len(project_of(studio).edits) == count and not studio.edits.is_busy(), timeout=LONG)


def test_a_session_by_keys_alone(studio: Studio, photo: Path, tmp_path: Path, workshop: Workshop, qtbot: QtBot) -> None:
    window = studio.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    _press(Qt.Key.Key_O, CTRL)
    _answer(studio, photo, qtbot)
    wait_for_head(studio, qtbot)
    qtbot.waitUntil(
        lambda: window.viewer.frame is not None and window.viewer.frame.quality is Quality.EXACT, timeout=LONG
    )

    assert _press(Qt.Key.Key_0, ALT) is window.viewer
    yaw = window.camera().yaw_radians
    _press(Qt.Key.Key_Right)
    assert window.camera().yaw_radians == pytest.approx(yaw + math.radians(15))

    _press(Qt.Key.Key_2, ALT)
    _tab_to("Add a random head")
    _press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(project_of(studio).references) == 1, timeout=LONG)
    qtbot.waitUntil(lambda: "hair" in window.editing.parts.rows, timeout=LONG)
    _press(Qt.Key.Key_3, ALT)
    _press(Qt.Key.Key_Space)
    assert window.editing.parts.chosen_parts == ("hair",)
    _tab_to("Take the part from a reference")
    _press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu), timeout=LONG)
    _press(Qt.Key.Key_Down)
    _press(Qt.Key.Key_Return)
    _edits(studio, 1, qtbot)
    assert isinstance(project_of(studio).edits[0], TakePart)

    assert isinstance(_press(Qt.Key.Key_5, ALT), AmountSlider)
    _press(Qt.Key.Key_Right)
    _edits(studio, 2, qtbot)

    assert _press(Qt.Key.Key_Escape) is window.viewer
    qtbot.waitUntil(
        lambda: window.viewer.frame is not None and window.viewer.frame.quality >= Quality.NEAR, timeout=LONG
    )
    _press(Qt.Key.Key_P)
    qtbot.waitUntil(lambda: window.editing.is_drawing, timeout=LONG)
    _press(Qt.Key.Key_Escape)
    assert not window.editing.is_drawing

    _press(Qt.Key.Key_Z, CTRL)
    _edits(studio, 1, qtbot)
    _press(Qt.Key.Key_Z, CTRL | SHIFT)
    _edits(studio, 2, qtbot)

    saved, exported = tmp_path / "ada.volteface", tmp_path / "ada.usdz"
    _press(Qt.Key.Key_S, CTRL)
    _answer(studio, saved, qtbot)
    qtbot.waitUntil(lambda: not window.isWindowModified(), timeout=LONG)
    assert len(Project.load(saved).edits) == 2

    _press(Qt.Key.Key_E, CTRL)
    export = dialog_shown(studio, ExportDialog, qtbot)
    qtbot.waitUntil(export.isActiveWindow, timeout=LONG)
    _press(Qt.Key.Key_Down)  # from GLB on
    _tab_to("File to write")
    export.path_edit.setText(str(exported))
    _press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [path for path, _ in workshop.exported] == [exported], timeout=LONG)

    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    _press(Qt.Key.Key_W, CTRL)
    qtbot.waitUntil(lambda: studio.session.project is None, timeout=LONG)
    assert window.welcome.isVisible()
