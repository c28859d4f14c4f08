"""Whoever uses no pointer gets everywhere, sees where they are, and can do what the pointer can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton, QWidget

from core.camera import Camera
from tests.widgets.frames import sphere_frame
from widgets.edit_row import EditRow
from widgets.edit_values import EditingView, EditKind, EditView, PartView, ReferenceView, SliderView, Strokes
from widgets.part_row import PartRow
from widgets.placement_dialog import PlacementDialog
from widgets.reference_card import ReferenceCard
from widgets.shortcuts_dialog import ShortcutsDialog
from widgets.values import FaceView, HeadView, PhotoView

if TYPE_CHECKING:
    from PySide6.QtGui import QImage
    from pytestqt.qtbot import QtBot

    from widgets.studio_window import StudioWindow

PATIENCE = 100
"""How often the focus is looked for, twenty times a second."""
PICTURE = np.full((60, 90, 3), 120, np.uint8)
CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
PANELS = ("Photo", "References", "Parts", "Head", "Attributes", "Edits", "Curves", "Styles")


@pytest.fixture
def studio(window: StudioWindow, qtbot: QtBot) -> StudioWindow:
    """The window with a head in it that has been edited, in front of all others."""
    faces = (FaceView((5, 5, 30, 40)), FaceView((50, 5, 30, 40)))
    window.set_photo(PhotoView(PICTURE, "ada.png", faces, crop=PICTURE, landmarks=np.full((5, 2), 20.0)))
    window.show_studio()
    window.resize(1300, 820)
    window.set_photo_camera(Camera.orbit(0.2), PICTURE)
    window.set_head(HeadView("mini", "pivotal"))
    window.set_editing(
        EditingView(
            parts=(PartView("hair", 0.4), PartView("nose", 0.1)),
            references=tuple(
                ReferenceView(key, name, PICTURE, parts=("hair",)) for key, name in (("a", "Ada"), ("b", "Bo"))
            ),
            sliders=(SliderView("smile", "Sad", "Smiling", -1.0, 1.0),),
            edits=(EditView("1", EditKind.SLIDER, "Smile"), EditView("2", EditKind.TAKE, "Hair from Ada")),
        )
    )
    window.show_frame(sphere_frame(window.camera()))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.viewer.setFocus()
    return window


def _press(key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> QWidget:
    """Press a key where a person's keys go; returns what has them then."""
    before = QApplication.focusWindow()
    assert before is not None
    QTest.keyClick(before, key, keys)
    QApplication.processEvents()
    for _ in range(PATIENCE):
        # where a dialog has closed, the window manager gives the keys back in its own time
        if QApplication.focusWidget() is not None:
            break
        QTest.qWait(50)
    focused = QApplication.focusWidget()
    assert focused is not None
    return focused


def _stops(studio: StudioWindow, panel: int) -> list[QWidget]:
    """What the Tab key passes through in a panel, from its shortcut on."""
    first = _press(Qt.Key(Qt.Key.Key_0.value + panel), ALT)
    dock = studio.docks.all[panel - 1]
    stops = []
    while dock.isAncestorOf(first) and first not in stops:
        stops.append(first)
        first = _press(Qt.Key.Key_Tab)
    return stops


def _picture_of(widget: QWidget) -> QImage:
    return widget.window().grab(widget.rect().translated(widget.mapTo(widget.window(), QPoint()))).toImage()


def test_each_panel_is_two_keys_away_and_escape_goes_back_to_the_head(studio: StudioWindow) -> None:
    for number, title in enumerate(PANELS, 1):
        dock = studio.docks.all[number - 1]
        assert dock.windowTitle() == title
        focused = _press(Qt.Key(Qt.Key.Key_0.value + number), ALT)
        assert not dock.visibleRegion().isEmpty(), f"{title} is in front"
        if title != "Curves":  # where there is nothing to press yet
            assert dock.isAncestorOf(focused), title
        assert _press(Qt.Key.Key_Escape) is studio.viewer
    studio.docks.all[2].close()
    assert studio.docks.all[2].isAncestorOf(_press(Qt.Key.Key_3, ALT)), "a closed panel opens"


def test_the_tab_key_goes_down_each_panel_as_the_eye_does(studio: StudioWindow) -> None:
    for number in (2, 3, 6):
        stops = [stop for stop in _stops(studio, number) if isinstance(stop, ReferenceCard | PartRow | EditRow)]
        heights = [stop.mapTo(studio, QPoint()).y() for stop in stops]
        assert len(stops) == 2
        assert heights == sorted(heights), PANELS[number - 1]
    assert isinstance(_stops(studio, 3)[0], PartRow), "parts come before what is done with them"


def test_what_has_the_keys_can_be_seen(studio: StudioWindow) -> None:
    studio.editing.parts.choose("hair")  # what is chosen already looks different again when keys are at it
    unseen, count = [], 0
    for number in range(9):
        elsewhere = studio.viewer if number else studio.editing.parts.rows["nose"]
        for stop in _stops(studio, number) if number else [studio.viewer]:
            elsewhere.setFocus()
            without_keys = _picture_of(stop)
            stop.setFocus(Qt.FocusReason.TabFocusReason)
            count += 1
            # a layer's tools show while it has the keys, and a list scrolls for the Tab key alone
            if not stop.visibleRegion().isEmpty() and without_keys == _picture_of(stop):
                unseen.append(f"{type(stop).__name__} {stop.accessibleName()}")
    assert unseen == []
    assert count > 15


def test_keys_pan_and_stop_the_turntable(studio: StudioWindow) -> None:
    studio.actions_by_name["turntable"].trigger()
    _press(Qt.Key.Key_Right, CTRL)
    assert not studio.actions_by_name["turntable"].isChecked()
    seen, _ = studio.camera().project(np.zeros((1, 3)))
    assert seen[0, 0] > 0.51, "the picture moves where the arrow points"
    assert seen[0, 1] == pytest.approx(0.5, abs=0.01)


def test_the_frame_shows_who_came_by_keys_and_a_click_hides_it(studio: StudioWindow) -> None:
    frame = studio.viewer._focus_frame
    assert not frame.isVisible()
    _press(Qt.Key.Key_0, ALT)
    _press(Qt.Key.Key_1, ALT)
    assert not frame.isVisible()
    _press(Qt.Key.Key_0, ALT)
    assert frame.isVisible()
    QTest.mouseClick(studio.viewer, Qt.MouseButton.LeftButton)
    assert not frame.isVisible()


def test_keys_wipe_between_photo_and_head(studio: StudioWindow) -> None:
    _press(Qt.Key.Key_C)
    handle = _press(Qt.Key.Key_Tab)
    assert handle is studio.viewer.wipe
    assert "photo" in handle.accessibleName()
    before = studio.viewer.scene.wipe
    _press(Qt.Key.Key_Right)
    assert before < studio.viewer.scene.wipe < before + 0.1
    assert studio.actions_by_name["compare"].isChecked(), "that was no orbit"
    assert _press(Qt.Key.Key_C) is studio.viewer


def test_keys_choose_another_face(studio: StudioWindow, qtbot: QtBot) -> None:
    assert _press(Qt.Key.Key_1, ALT) is studio.photo_panel.canvas
    with qtbot.waitSignal(studio.face_chosen) as chosen:
        _press(Qt.Key.Key_Right)
        _press(Qt.Key.Key_Space)
    assert chosen.args == [1]


def test_keys_choose_parts_and_light_them_up(studio: StudioWindow) -> None:
    _press(Qt.Key.Key_3, ALT)
    _press(Qt.Key.Key_Space)
    _press(Qt.Key.Key_Tab)
    _press(Qt.Key.Key_Space, SHIFT)
    assert studio.editing.parts.chosen_parts == ("hair", "nose")
    assert studio.viewer.scene.highlight > 0


def test_a_face_is_placed_by_keys(studio: StudioWindow, qtbot: QtBot) -> None:
    studio.dialogs.show_placement(PICTURE, None, lambda _: None)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, PlacementDialog)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is dialog.canvas)
    start = dialog.canvas.placement()
    _press(Qt.Key.Key_Right)
    assert dialog.canvas.placement() is start, "nothing is held yet"
    for _ in ("box", "its corner", "right eye"):
        _press(Qt.Key.Key_Space)
    _press(Qt.Key.Key_Right, SHIFT)
    _press(Qt.Key.Key_Down)
    moved = dialog.canvas.placement().landmarks - start.landmarks
    assert moved[0] == pytest.approx((1.0, max(1.0, 0.02 * start.box[2])))
    assert np.abs(moved[1:]).max() == 0
    with qtbot.waitSignal(studio.face_placed):
        _press(Qt.Key.Key_Return)


def test_undo_takes_strokes_while_one_paints_and_the_key_of_the_brush_keeps_them(studio: StudioWindow) -> None:
    kept: list[Strokes] = []
    studio.editing.painted.connect(kept.append)
    undone: list[None] = []
    studio.undo_requested.connect(lambda: undone.append(None))
    undo, redo = studio.actions_by_name["undo"], studio.actions_by_name["redo"]
    studio.set_undo(None, "Smile")
    _press(Qt.Key.Key_P)
    assert (undo.isEnabled(), redo.isEnabled()) == (False, False), "the head stays as it is painted on"
    layer = studio.editing.painting.layer
    assert layer is not None
    middle = layer.rect().center()
    QTest.mouseClick(layer, Qt.MouseButton.LeftButton, pos=middle)
    assert (undo.text(), undo.isEnabled()) == ("&Undo stroke", True)
    _press(Qt.Key.Key_Z, CTRL)
    assert not undo.isEnabled()
    QTest.mouseClick(layer, Qt.MouseButton.LeftButton, pos=middle)
    _press(Qt.Key.Key_P)
    assert not studio.editing.is_drawing
    assert len(kept) == 1
    assert undone == []
    assert redo.text() == "&Redo Smile"


def test_names_tell_what_state_a_card_is_in(studio: StudioWindow) -> None:
    ada, bo = studio.editing.references.cards.values()
    assert "Chosen" in ada.accessibleDescription()
    assert "Chosen" not in bo.accessibleDescription()
    view = EditView("1", EditKind.SLIDER, "Smile", enabled=False)
    studio.set_editing(EditingView(edits=(view,)))
    assert studio.editing.edits.rows[0].accessibleName() == "Smile, switched off"


def test_the_list_of_shortcuts_shows_all_of_each(studio: StudioWindow, qtbot: QtBot) -> None:
    studio.set_undo("Smile", None)
    studio.actions_by_name["shortcuts"].trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ShortcutsDialog)
    rows = dict(dialog.rows)
    assert rows["Undo"] == "Ctrl+Z"
    assert rows["Attributes"] == "Alt+5"
    assert {"Pan by keys", "Keep the paint", "Move a layer up or down"} <= rows.keys()
    assert not dialog.area.horizontalScrollBar().isVisible()
    dialog.reject()


def test_no_button_in_sight_is_without_a_way_for_keys(studio: StudioWindow) -> None:
    buttons = [one for kind in (QPushButton, QToolButton) for one in studio.findChildren(kind)]
    names = [
        one.accessibleName() or one.objectName()
        for one in buttons
        if one.isVisible() and not one.objectName().startswith("qt_") and one.focusPolicy() is Qt.FocusPolicy.NoFocus
    ]
    assert names == []
