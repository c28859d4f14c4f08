"""Nothing that a person needs is cut off, covered or in reach at the wrong time, however small the window is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from tests.widgets.frames import sphere_frame
from widgets.edit_values import EditingView, PartView
from widgets.values import FaceView, HeadView, PhotoView, RecentItem

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from widgets.studio_window import StudioWindow

PICTURE = np.full((600, 512, 3), 120, np.uint8)


@pytest.fixture
def studio(window: StudioWindow) -> StudioWindow:
    """The window with a head in it."""
    window.show_studio()
    face = FaceView((90.0, 90.0, 200.0, 200.0))
    window.set_photo(PhotoView(PICTURE, "ada.png", (face,), crop=PICTURE[:512], angles_degrees=(1, 2, 3)))
    window.set_editing(EditingView(parts=(PartView("hair", 0.4),)))
    window.set_head(HeadView("Mini", "Search"))
    window.show_frame(sphere_frame(window.camera()))
    return window


def _cut_off(parent: QWidget) -> list[str]:
    """Texts of buttons in sight that are narrower than their words."""
    buttons = [one for one in parent.findChildren(QPushButton) if one.isVisible()]
    return [
        one.text()
        for one in buttons
        if one.width() < one.fontMetrics().horizontalAdvance(one.text()) + (0 if one.icon().isNull() else 20)
    ]


def _resized(window: StudioWindow, qtbot: QtBot, width: int, height: int) -> None:
    window.resize(width, height)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == (width, height), timeout=5000)
    QApplication.processEvents()


@pytest.mark.parametrize("drawing", ["paint", "mask"])
def test_the_smallest_window_has_room_for_all_tools_of_a_drawing(
    studio: StudioWindow, qtbot: QtBot, drawing: str
) -> None:
    _resized(studio, qtbot, 860, 600)
    if drawing == "paint":
        studio.actions_by_name["paint"].trigger()
    else:
        studio.editing.refine("hair")
    bar = (studio.editing.painting if drawing == "paint" else studio.editing.masking).bar
    assert bar is not None
    QApplication.processEvents()
    assert _cut_off(bar) == []
    assert studio.viewer.rect().contains(bar.geometry())
    assert bar.minimumSizeHint().width() <= bar.width()
    one_row = bar.height()
    _resized(studio, qtbot, 1340, 700)
    qtbot.waitUntil(lambda: bar.height() < one_row, timeout=5000)
    assert _cut_off(bar) == []


def test_nothing_else_is_done_to_a_head_that_is_drawn_on(studio: StudioWindow) -> None:
    panels = studio.editing.parts, studio.editing.references, studio.editing.attributes, studio.editing.edits
    assert all(panel.isEnabled() for panel in panels)
    assert studio.viewer.badge.isVisible()
    studio.editing.refine("hair")
    assert not any(panel.isEnabled() for panel in panels)
    assert not studio.viewer.badge.isVisible(), "the tools lie where it would be"
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Escape)
    assert not studio.editing.is_drawing
    assert all(panel.isEnabled() for panel in panels)
    assert studio.viewer.badge.isVisible()


def test_the_smallest_welcome_page_cuts_no_words_off(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.set_recent((RecentItem(tmp_path / "ada.volteface", "ada", str(tmp_path), None),))
    _resized(window, qtbot, 860, 600)
    assert _cut_off(window.welcome) == []
    assert window.welcome.minimumSizeHint().width() <= window.welcome.width()


def test_a_photo_leaves_room_for_what_is_said_of_it(studio: StudioWindow, qtbot: QtBot) -> None:
    _resized(studio, qtbot, 1300, 820)
    panel = studio.photo_panel
    qtbot.waitUntil(lambda: panel.verticalScrollBar().maximum() == 0, timeout=5000)
    assert panel.canvas.height() > 100
    tall = panel.canvas.height()
    panel.set_photo(PhotoView(PICTURE, "ada.png", crop=PICTURE[:512], warnings=("The face is small.", "It is dark.")))
    qtbot.waitUntil(lambda: panel.canvas.height() < tall, timeout=5000)


def test_a_small_window_shows_all_that_is_said_of_a_photo(studio: StudioWindow, qtbot: QtBot) -> None:
    photo = PhotoView(
        PICTURE, "ada.png", crop=PICTURE[:512], warnings=("The face is only 102 pixels wide; it is small.",)
    )
    studio.photo_panel.set_photo(photo)
    _resized(studio, qtbot, 1280, 800)
    bar = studio.photo_panel.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() == 0, timeout=5000)


def test_a_head_without_a_photo_offers_no_search_and_no_placing(studio: StudioWindow) -> None:
    panel = studio.head_panel
    assert panel.improve_button.isVisible()
    assert studio.actions_by_name["place_face"].isEnabled()
    studio.set_photo(PhotoView(PICTURE, "seed 7"))
    studio.set_head(HeadView("Mini", "", seed=7, has_photo=False))
    assert not panel.improve_button.isVisible()
    assert not panel.stop_button.isVisible()
    assert not panel.pickers.isVisible()
    assert not studio.actions_by_name["place_face"].isEnabled()


def test_panels_have_their_titles_before_they_are_seen(window: StudioWindow) -> None:
    window.show_studio()
    for dock in window.docks.all:
        others = window.tabifiedDockWidgets(dock)
        bar = dock.titleBarWidget()
        assert bar is not None
        assert (bar.maximumHeight() == 0) is bool(others), "a tab says the title already"


def test_a_style_panel_behind_another_one_is_not_looked_at(studio: StudioWindow, qtbot: QtBot) -> None:
    opened: list[bool] = []
    studio.style_panel.opened.connect(lambda: opened.append(True))
    assert not studio.style_panel.is_looked_at
    studio.docks.bring("style_dock")
    qtbot.waitUntil(lambda: studio.style_panel.is_looked_at, timeout=5000)
    assert opened
    studio.docks.bring("head_dock")
    qtbot.waitUntil(lambda: not studio.style_panel.is_looked_at, timeout=5000)


def test_the_tab_key_stays_in_sight(window: StudioWindow) -> None:
    for shown in (window.show_welcome, window.show_studio, window.show_welcome):
        shown()
        QApplication.processEvents()
        for _ in range(30):
            QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
            focused = QApplication.focusWidget()
            assert focused is not None
            assert window.rect().intersects(focused.rect().translated(focused.mapTo(window, focused.rect().topLeft())))
