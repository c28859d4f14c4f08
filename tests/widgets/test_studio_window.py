from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDockWidget,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollBar,
    QTabBar,
    QWidget,
)

from core.camera import Camera
from tests.widgets.frames import sphere_frame
from widgets.actions import ACTIONS
from widgets.export_values import ExportOptions
from widgets.message_dialogs import ErrorDialog, UnsavedDialog
from widgets.navigation import NAMED_VIEWS
from widgets.recovery_dialog import RecoveryDialog, since
from widgets.theme import is_dark
from widgets.values import (
    DocumentView,
    FaceView,
    HeadView,
    JobState,
    JobView,
    PhotoView,
    Preferences,
    RecentItem,
    RecoveryItem,
    Theme,
    UnsavedAnswer,
)

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from widgets.studio_window import StudioWindow

PICTURE = np.full((40, 60, 3), 120, np.uint8)
CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QDockWidget)


@pytest.fixture
def studio(window: StudioWindow) -> StudioWindow:
    """The window with a head in it."""
    window.set_photo(
        PhotoView(
            PICTURE, "ada.png", (FaceView((5, 5, 10, 10)), FaceView((30, 5, 20, 25))), 0, angles_degrees=(1, 2, 3)
        )
    )
    window.show_studio()
    window.set_photo_camera(Camera.orbit(0.2), PICTURE)
    window.set_head(HeadView("mini", "pivotal", 7, 65.0, {"Identity similarity": 0.8}))
    window.show_frame(sphere_frame())
    return window


def _modal() -> QDialog:
    modal = QApplication.activeModalWidget()
    assert isinstance(modal, QDialog)
    return modal


def _named(root: QWidget, name: str) -> QAbstractButton:
    return next(button for button in root.findChildren(QAbstractButton) if button.accessibleName() == name)


def _owner_is_named(widget: QWidget) -> bool:
    owner = widget.parentWidget()
    return owner is not None and bool(owner.accessibleName())


def _controls_without_a_name(root: QWidget) -> list[str]:
    """Controls a person meets; Qt's own inner parts (object names `qt_...`) speak for their owner."""
    return [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in root.findChildren(QWidget)
        if isinstance(widget, CONTROLS)
        and not isinstance(widget, QScrollBar | QTabBar)
        and not widget.objectName().startswith("qt_")
        and not isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox | QTabBar | QMenu)
        and type(widget).__name__ not in {"SliderLabel", "_Slider", "QMenuBarExtension", "QToolBarExtension"}
        and not widget.accessibleName()
        and not (isinstance(widget, QAbstractSlider) and _owner_is_named(widget))
    ]


def test_every_control_has_an_accessible_name(qtbot: QtBot, studio: StudioWindow) -> None:
    studio.add_curve_values(1, {"loss": 1.0})
    studio.set_jobs([JobView("a", "Improving"), JobView("b", "Export", state=JobState.QUEUED)])
    studio.set_recent([RecentItem(Path("a.png"), "a")])
    assert _controls_without_a_name(studio) == []
    for name in ("export", "preferences", "shortcuts", "about"):
        studio.actions_by_name[name].trigger()
        assert _controls_without_a_name(_modal()) == []
        _modal().reject()
    studio.show_error("It failed.", "Try again.", "details")
    assert _controls_without_a_name(_modal()) == []
    _modal().reject()
    studio.dialogs.show_placement(PICTURE, None, lambda _: None)
    assert _controls_without_a_name(_modal()) == []
    _modal().reject()


def test_shortcuts_are_unique() -> None:
    keys = [QKeySequence(key).toString() for spec in ACTIONS for key in spec.keys]
    assert len(keys) == len(set(keys))
    assert all(keys)


def test_both_keys_redo(qtbot: QtBot, studio: StudioWindow) -> None:
    studio.set_undo(None, "Improve")
    keys = [sequence.toString() for sequence in studio.actions_by_name["redo"].shortcuts()]
    assert {"Ctrl+Y", "Ctrl+Shift+Z"} <= set(keys)
    with qtbot.waitSignal(studio.redo_requested):
        studio.actions_by_name["redo"].trigger()
    assert studio.actions_by_name["redo"].text() == "&Redo Improve"
    assert not studio.actions_by_name["undo"].isEnabled()


def test_the_welcome_page_emits_what_one_begins_with(qtbot: QtBot, window: StudioWindow) -> None:
    with qtbot.waitSignal(window.sample_requested):
        qtbot.mouseClick(_named(window.welcome, "Try the sample portrait"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(window.random_requested):
        qtbot.mouseClick(_named(window.welcome, "Make a random head"), Qt.MouseButton.LeftButton)
    path = Path("somewhere") / "ada.png"
    window.set_recent([RecentItem(path, "ada", "today", PICTURE)])
    with qtbot.waitSignal(window.path_opened) as opened:
        qtbot.mouseClick(window.welcome.recent_cards()[0], Qt.MouseButton.LeftButton)
    assert opened.args == [path]
    with qtbot.waitSignal(window.recent_cleared):
        qtbot.mouseClick(_named(window.welcome, "Clear the list of recent files"), Qt.MouseButton.LeftButton)


def test_a_photo_is_opened_with_the_dialog(qtbot: QtBot, window: StudioWindow, tmp_path: Path) -> None:
    path = tmp_path / "in put ü.png"
    QImage(8, 8, QImage.Format.Format_RGB888).save(str(path))
    window.actions_by_name["open_photo"].trigger()
    dialog = window.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    edit = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(edit, QLineEdit)
    edit.setText(str(path))
    with qtbot.waitSignal(window.path_opened) as opened:
        dialog.accept()
    assert opened.args == [path]


def test_a_file_is_dropped_anywhere(qtbot: QtBot, window: StudioWindow, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a b.png"))])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(50, 50), copy, data, left, none))
    assert window._overlay.isVisible()
    with qtbot.waitSignal(window.path_opened) as opened:
        QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), copy, data, left, none))
    assert opened.args == [tmp_path / "a b.png"]
    assert not window._overlay.isVisible()


def test_a_picture_is_pasted(qtbot: QtBot, window: StudioWindow) -> None:
    image = QImage(5, 4, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    with qtbot.waitSignal(window.image_pasted) as pasted:
        window.actions_by_name["paste"].trigger()
    assert pasted.args is not None
    assert pasted.args[0].shape == (4, 5, 3)
    assert tuple(pasted.args[0][0, 0]) == (255, 0, 0)
    QGuiApplication.clipboard().setText("words")
    window.actions_by_name["paste"].trigger()


def _tabs(window: StudioWindow) -> list[list[str]]:
    bars = (bar for bar in window.findChildren(QTabBar) if bar.parent() is window and bar.isVisible())
    return sorted([bar.tabText(number) for number in range(bar.count())] for bar in bars if bar.count())


def test_each_panel_has_one_tab_and_the_welcome_page_none(window: StudioWindow) -> None:
    assert _tabs(window) == []
    for _ in range(2):
        window.show_studio()
        QApplication.processEvents()
        assert _tabs(window) == [
            ["Edits", "Curves"],
            ["Head", "Attributes", "Styles"],
            ["Photo", "References"],
        ]
        window.show_welcome()
        QApplication.processEvents()
        assert _tabs(window) == []


def test_the_window_begins_no_larger_than_the_screen(window: StudioWindow) -> None:
    room = window.screen().availableGeometry()
    if room.height() > window.minimumHeight() and room.width() > window.minimumWidth():
        assert room.height() >= window.frameGeometry().height()
        assert room.width() >= window.frameGeometry().width()


def test_without_a_head_nothing_can_be_exported(window: StudioWindow) -> None:
    for name in ("save", "export", "compare", "turntable", "improve", "copy_picture", "view_front"):
        assert not window.actions_by_name[name].isEnabled()
    assert not window.editing.parts.region_button.isEnabled()


def test_views_from_the_menu_move_the_camera(studio: StudioWindow) -> None:
    for name in NAMED_VIEWS:
        studio.actions_by_name[f"view_{name}"].trigger()
        assert studio.camera() == studio.viewer.view().named(name).camera()


@pytest.mark.parametrize(
    ("key", "keys", "axis", "sign"),
    [
        (Qt.Key.Key_3, Qt.KeyboardModifier.KeypadModifier, 0, 1),
        (Qt.Key.Key_3, Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ControlModifier, 0, -1),
        (Qt.Key.Key_9, Qt.KeyboardModifier.NoModifier, 2, -1),
        (Qt.Key.Key_7, Qt.KeyboardModifier.KeypadModifier, 1, 1),
    ],
)
def test_number_keys_choose_views(
    qtbot: QtBot, studio: StudioWindow, key: Qt.Key, keys: Qt.KeyboardModifier, axis: int, sign: int
) -> None:
    studio.activateWindow()
    qtbot.waitUntil(studio.isActiveWindow)
    qtbot.keyClick(studio.viewer, key, keys)
    assert studio.camera().position[axis] == pytest.approx(2.7 * sign)


def test_digits_in_a_field_stay_there(qtbot: QtBot, studio: StudioWindow) -> None:
    studio.activateWindow()
    qtbot.waitUntil(studio.isActiveWindow)
    box = studio.view_bar.yaw_box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "37")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert np.degrees(studio.camera().yaw_radians) == pytest.approx(37)


def test_numbers_typed_move_the_camera(qtbot: QtBot, studio: StudioWindow) -> None:
    with qtbot.waitSignal(studio.camera_changed) as changed:
        studio.view_bar.yaw_box.setValue(30)
    assert changed.args is not None
    camera, moving = changed.args
    assert camera.yaw_radians == pytest.approx(np.radians(30))
    assert not moving
    studio.actions_by_name["view_left"].trigger()
    assert studio.view_bar.yaw_box.value() == -90


def test_compare_moves_to_the_photo_and_is_left_by_moving(qtbot: QtBot, studio: StudioWindow) -> None:
    compare = studio.actions_by_name["compare"]
    with qtbot.waitSignal(studio.compare_toggled) as toggled:
        compare.trigger()
    assert toggled.args == [True]
    assert studio.camera() == Camera.orbit(0.2)
    studio.actions_by_name["reset_view"].trigger()
    assert not compare.isChecked()


def test_another_face_can_be_chosen(qtbot: QtBot, studio: StudioWindow) -> None:
    canvas = studio.photo_panel.canvas
    scale = canvas.width() / 60
    with qtbot.waitSignal(studio.face_chosen) as chosen:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(40 * scale), round(15 * scale)))
    assert chosen.args == [1]


def test_jobs_are_shown_and_stopped(qtbot: QtBot, studio: StudioWindow) -> None:
    studio.set_jobs(
        [
            JobView("q", "Export", state=JobState.QUEUED),
            JobView("i", "Improving", "step 3", 3, 10, 12.0, keeps_best=True),
        ]
    )
    assert studio.job_bar.isVisible()
    assert "keep the best" in studio.job_bar.stop_button.text()
    assert studio.job_bar.progress.fraction() == pytest.approx(0.3)
    assert studio.head_panel.stop_button.isEnabled()
    assert not studio.head_panel.improve_button.isEnabled()
    with qtbot.waitSignal(studio.stop_requested) as stopped:
        studio.job_bar.stop_button.click()
    assert stopped.args == ["i"]
    with qtbot.waitSignal(studio.stop_requested) as stopped:
        studio.job_bar.queue_button.menu().actions()[0].trigger()
    assert stopped.args == ["q"]
    studio.set_jobs([JobView("i", "Improving", state=JobState.STOPPING)])
    assert not studio.job_bar.stop_button.isEnabled()
    studio.set_jobs([])
    assert not studio.job_bar.isVisible()


def test_curves_grow_and_may_be_logarithmic(studio: StudioWindow) -> None:
    studio.begin_curves()
    for step in range(3):
        studio.add_curve_values(step, {"loss": 1.0 - step / 2, "identity": 0.1})
    studio.curve_panel.log_box.setChecked(True)
    assert studio.curve_panel.values()["loss"] == ([0.0, 1.0, 2.0], [1.0, 0.5, 0.0])
    studio.begin_curves()
    assert studio.curve_panel.values() == {}
    studio.add_curve_values(0, {"other": 2.0})


def test_saving_asks_for_a_name_once(qtbot: QtBot, studio: StudioWindow, tmp_path: Path) -> None:
    studio.set_document(DocumentView("ada", None, modified=True))
    assert studio.isWindowModified()
    studio.actions_by_name["save"].trigger()
    dialog = studio.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    with qtbot.waitSignal(studio.save_requested) as saved:
        dialog.accept()
    assert saved.args == [tmp_path / "ada.volteface"]
    studio.set_document(DocumentView("ada", tmp_path / "ada.volteface"))
    with qtbot.waitSignal(studio.save_requested) as saved:
        studio.actions_by_name["save"].trigger()
    assert saved.args == [tmp_path / "ada.volteface"]


@pytest.mark.parametrize("answer", ["Save the changes", "Discard the changes", "Cancel"])
def test_closing_asks_about_unsaved_work(qtbot: QtBot, studio: StudioWindow, tmp_path: Path, answer: str) -> None:
    path = tmp_path / "ada.volteface"
    studio.set_document(DocumentView("ada", path, modified=True))
    closed: list[bool] = []
    saved: list[Path] = []
    studio.closing.connect(lambda: closed.append(True))
    studio.save_and_close_requested.connect(saved.append)
    studio.close()
    assert studio.isVisible()
    dialog = _modal()
    assert isinstance(dialog, UnsavedDialog)
    _named(dialog, answer).click()
    assert closed == ([True] if answer.startswith("Discard") else [])
    assert saved == ([path] if answer.startswith("Save") else [])


def test_no_question_without_changes(studio: StudioWindow) -> None:
    answers: list[UnsavedAnswer] = []
    studio.dialogs.ask_unsaved(answers.append)
    assert answers == [UnsavedAnswer.DISCARD]


def test_export_asks_for_what_the_format_understands(qtbot: QtBot, studio: StudioWindow, tmp_path: Path) -> None:
    from widgets.export_dialog import ExportDialog

    studio.set_document(DocumentView("ada", tmp_path / "ada.volteface"))
    studio.actions_by_name["export"].trigger()
    dialog = _modal()
    assert isinstance(dialog, ExportDialog)
    assert dialog.texture_box.isVisible()
    dialog.choose_format(".mp4")
    assert not dialog.texture_box.isVisible()
    assert dialog.seconds_box.isVisible()
    dialog.choose_format(".stl")
    dialog.height_box.setValue(180)
    with qtbot.waitSignal(studio.export_requested) as exported:
        dialog.export_button.click()
    assert exported.args is not None
    options = exported.args[0]
    assert isinstance(options, ExportOptions)
    assert (options.path, options.suffix) == (tmp_path / "ada.stl", ".stl")
    assert options.height_mm == 180


def test_preferences_change_the_theme_at_once(qtbot: QtBot, studio: StudioWindow) -> None:
    from widgets.preferences_dialog import PreferencesDialog

    studio.actions_by_name["preferences"].trigger()
    dialog = _modal()
    assert isinstance(dialog, PreferencesDialog)
    dialog.theme_box.setCurrentIndex(dialog.theme_box.findData(Theme.LIGHT))
    dialog.autosave_slider.setValue(5)
    with qtbot.waitSignal(studio.preferences_changed) as changed:
        dialog.accept()
    assert changed.args is not None
    assert (changed.args[0].theme, changed.args[0].autosave_minutes) == (Theme.LIGHT, 5)
    assert not is_dark(studio.palette())
    assert studio.viewer.scene.centre[0] > 0.9
    studio.set_preferences(Preferences())
    assert is_dark(studio.palette())


def test_a_head_of_a_long_path_can_be_restored_without_scrolling(qtbot: QtBot, window: StudioWindow) -> None:
    path = "/home/ada/" + "a very long folder/" * 12 + "head.volteface"
    window.dialogs.show_recovery([RecoveryItem("a", "ada " * 40, datetime(2025, 11, 21, 14, 5), path, PICTURE)])
    dialog = _modal()
    restore = next(one for one in dialog.findChildren(QPushButton) if one.accessibleName().startswith("Restore"))
    qtbot.waitUntil(lambda: restore.isVisible() and restore.visibleRegion().boundingRect() == restore.rect())
    shown = next(one for one in dialog.findChildren(QLabel) if one.toolTip() == path)
    assert "…" in shown.text()
    assert shown.text().endswith("volteface")
    dialog.reject()


def test_recovery_is_a_list_that_shrinks(qtbot: QtBot, window: StudioWindow) -> None:
    now = datetime(2025, 11, 21, 14, 5)
    items = [RecoveryItem("a", "ada", now, "mini", PICTURE), RecoveryItem("b", "grace", now - timedelta(days=1))]
    window.dialogs.show_recovery(items)
    dialog = _modal()
    assert isinstance(dialog, RecoveryDialog)
    assert _controls_without_a_name(dialog) == []
    with qtbot.waitSignal(window.discard_requested) as discarded:
        _named(dialog, "Discard grace").click()
    assert discarded.args == ["b"]
    window.dialogs.set_recovery(items[:1])
    with qtbot.waitSignal(window.restore_requested) as restored:
        _named(dialog, "Restore ada").click()
    assert restored.args == ["a"]
    window.dialogs.set_recovery([])
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)
    assert since(now, now) == "today at 14:05"
    assert since(now - timedelta(days=1), now) == "yesterday at 14:05"


def test_errors_can_be_copied(studio: StudioWindow) -> None:
    studio.show_error("It failed.", "Try again.", "Traceback")
    dialog = _modal()
    assert isinstance(dialog, ErrorDialog)
    _named(dialog, "Copy the details").click()
    assert QGuiApplication.clipboard().text() == "It failed.\nTry again.\nTraceback"
    dialog.accept()


def test_the_smallest_promised_size_is_enough(qtbot: QtBot, studio: StudioWindow) -> None:
    studio.resize(1024, 700)
    qtbot.wait(50)
    assert studio.width() <= 1024
    assert studio.viewer.width() >= 400
    for panel in (studio.photo_panel, studio.head_panel):
        inside = panel.widget()
        assert inside is not None
        assert inside.minimumSizeHint().width() <= panel.viewport().width() + 1


@pytest.mark.parametrize("width", [860, 1024, 1060, 1100, 1240, 1280])
def test_the_strip_below_the_picture_never_squeezes_what_it_shows(
    qtbot: QtBot, studio: StudioWindow, width: int
) -> None:
    studio.resize(width, 700)
    qtbot.wait(50)
    inside = [child for child in studio.view_bar.findChildren(QWidget) if child.parent() is studio.view_bar]
    shown = sorted((child.geometry() for child in inside if child.isVisible()), key=lambda place: place.left())
    assert all(one.right() < other.left() for one, other in itertools.pairwise(shown))


def test_panels_are_as_high_after_the_welcome_page_as_before(qtbot: QtBot, studio: StudioWindow) -> None:
    head, edits = (studio.findChild(QDockWidget, name) for name in ("head_dock", "edit_dock"))
    assert isinstance(head, QDockWidget)
    assert isinstance(edits, QDockWidget)
    first = head.height()
    studio.resizeDocks([head, edits], [300, 400], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: head.height() != first)
    before = head.height(), edits.height()
    studio.show_welcome()
    qtbot.wait(20)
    studio.show_studio()
    qtbot.wait(20)
    assert (head.height(), edits.height()) == before


def test_panels_come_back_after_the_welcome_page(studio: StudioWindow) -> None:
    dock = studio.findChild(QDockWidget, "curve_dock")
    assert isinstance(dock, QDockWidget)
    dock.close()
    studio.show_welcome()
    studio.show_studio()
    assert dock.isHidden()
    other = studio.findChild(QDockWidget, "photo_dock")
    assert isinstance(other, QDockWidget)
    assert not other.isHidden()
