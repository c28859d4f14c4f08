"""The studio as a person uses it: real window, real session and queues, small engines."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog

from app.kept_views import KEPT
from app.viewing import MOST_PX, STEP_PX
from core.errors import InversionError
from core.frame import Quality
from core.rendering.renderer import HeadRenderer
from tests.app.dialogs import dialog_shown, error_shown
from tests.fakes import tiny_head
from tests.gui.steps import LONG, discard_unsaved, drop, head_of, make_head_of, photo_at, wait_for_head
from widgets.export_values import ExportOptions
from widgets.placement_dialog import PlacementDialog
from widgets.values import Preferences, Theme

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from core.head import Head
    from tests.app.studio_fakes import Workshop
    from tests.gui.conftest import MakeStudio


def test_the_whole_road(make_studio: MakeStudio, photo: Path, tmp_path: Path, qtbot: QtBot, workshop: Workshop) -> None:
    studio = make_studio()
    studio.start()
    window = studio.window
    with qtbot.waitExposed(window):
        window.show()
    make_head_of(studio, photo, qtbot)
    assert head_of(studio).seed == 99
    assert window.windowTitle().startswith("ada ü")
    assert window.isWindowModified()
    qtbot.waitUntil(
        lambda: window.viewer.frame is not None and window.viewer.frame.quality == Quality.EXACT, timeout=LONG
    )

    before = window.camera()
    centre = window.viewer.rect().center()
    qtbot.mousePress(window.viewer, Qt.MouseButton.LeftButton, pos=centre)
    qtbot.mouseMove(window.viewer, centre + QPoint(60, 0))
    qtbot.mouseMove(window.viewer, centre + QPoint(90, 5))
    qtbot.mouseRelease(window.viewer, Qt.MouseButton.LeftButton, pos=centre + QPoint(90, 5))
    assert window.camera() != before
    qtbot.waitUntil(
        lambda: window.viewer.frame is not None and window.viewer.frame.camera == window.camera(), timeout=LONG
    )

    saved = tmp_path / "ada.volteface"
    window.actions_by_name["save"].trigger()
    dialog = dialog_shown(studio, QFileDialog, qtbot)
    dialog.fileSelected.emit(str(saved))
    dialog.reject()
    qtbot.waitUntil(saved.is_file, timeout=LONG)
    qtbot.waitUntil(lambda: not window.isWindowModified(), timeout=LONG)
    camera = window.camera()

    window.actions_by_name["close_document"].trigger()
    assert studio.session.project is None
    assert window.windowTitle() == "Volteface[*]"
    drop(studio, saved)
    qtbot.waitUntil(lambda: studio.session.project is not None, timeout=LONG)
    assert head_of(studio).seed == 99
    assert window.camera() == camera
    assert window.windowTitle().startswith("ada")
    assert not window.isWindowModified()
    assert len(workshop.heads_made) == 1, "a project with a head is not searched again"

    exported = tmp_path / "ada.glb"
    window.export_requested.emit(ExportOptions(exported, ".glb", texture_px=512))
    qtbot.waitUntil(exported.is_file, timeout=LONG)
    assert workshop.exported[0][1]["texture_px"] == 512
    assert studio.settings.value.recent_files == (str(saved), str(photo))


def test_a_random_head_needs_no_photo_and_is_unsaved_work(studio: Studio, qtbot: QtBot) -> None:
    studio.window.actions_by_name["new_random"].trigger()
    wait_for_head(studio, qtbot)
    qtbot.waitUntil(lambda: studio.window.viewer.frame is not None and not studio.forms.is_busy(), timeout=LONG)
    assert studio.session.project is not None
    assert studio.session.project.alignment is None
    assert studio.window.windowTitle().startswith("seed ")
    assert studio.window.isWindowModified()
    act = studio.window.actions_by_name
    assert act["export"].isEnabled()
    assert not act["improve"].isEnabled(), "there is no photo to come closer to"
    assert studio.session.project.head is not None
    drawn_by = studio.viewing.known_renderer(studio.session.project.head)
    assert isinstance(drawn_by, HeadRenderer)
    assert any(key.quality is Quality.NEAR for key in drawn_by.keys), "who drew it first draws it on"


def test_a_resting_view_has_as_many_pixels_as_the_screen_shows(studio: Studio, photo: Path, qtbot: QtBot) -> None:
    make_head_of(studio, photo, qtbot)
    viewer = studio.window.viewer

    def fills() -> bool:
        frame, most = viewer.frame, min(viewer.picture_px(), MOST_PX)
        return frame is not None and frame.quality is Quality.EXACT and most <= len(frame.rgb) < most + STEP_PX

    qtbot.waitUntil(fills, timeout=LONG)
    before = viewer.picture_px()
    studio.window.resize(studio.window.width() + 300, studio.window.height() + 300)
    qtbot.waitUntil(lambda: viewer.picture_px() > before + STEP_PX, timeout=LONG)
    qtbot.waitUntil(fills, timeout=LONG)


def test_a_head_that_was_left_long_ago_is_there_coarsely_before_it_is_drawn_finely(
    studio: Studio, photo: Path, qtbot: QtBot
) -> None:
    make_head_of(studio, photo, qtbot)
    viewing, first = studio.viewing, head_of(studio)
    viewing._worker._milliseconds = dict.fromkeys(Quality, 1e9)  # a slow machine
    for seed in range(KEPT):
        viewing.show_head(tiny_head(seed))
    viewing.set_camera(viewing.camera.orbited(0.5, 0.0))
    qtbot.waitUntil(lambda: viewing.frame is not None and viewing.frame.camera == viewing.camera, timeout=LONG)
    seen: list[tuple[Head, Quality]] = []
    viewing.shown.connect(lambda head, frame: seen.append((head, frame.quality)))
    viewing.show_head(first)
    qtbot.waitUntil(lambda: any(head is first for head, _ in seen), timeout=LONG)
    assert next(quality for head, quality in seen if head is first) is Quality.PREVIEW


def test_the_first_head_can_be_undone_to_and_redone_from(studio: Studio, photo: Path, qtbot: QtBot) -> None:
    make_head_of(studio, photo, qtbot)
    actions = studio.window.actions_by_name
    assert "Improve head" in actions["undo"].text()
    actions["undo"].trigger()
    assert head_of(studio).seed == 1
    actions["undo"].trigger()
    assert studio.session.project is not None
    assert studio.session.project.head is None
    assert not actions["undo"].isEnabled()
    actions["redo"].trigger()
    actions["redo"].trigger()
    assert head_of(studio).seed == 99


def test_stop_keeps_the_best(studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop) -> None:
    workshop.endless.set()
    drop(studio, photo)
    qtbot.waitUntil(lambda: any(view.keeps_best and view.step > 8 for view in studio.heads.views()), timeout=LONG)
    studio.window.stop_requested.emit(studio.heads.views()[0].key)
    wait_for_head(studio, qtbot)
    assert head_of(studio).seed > 8
    assert studio.heads.views() == ()


def test_undo_ends_a_running_search(studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop) -> None:
    workshop.endless.set()
    drop(studio, photo)
    qtbot.waitUntil(lambda: studio.session.undo_stack.canUndo(), timeout=LONG)
    studio.window.actions_by_name["undo"].trigger()
    qtbot.waitUntil(lambda: not studio.heads.is_busy(), timeout=LONG)
    qtbot.wait(50)
    assert studio.session.project is not None
    assert studio.session.project.head is None


def test_the_viewer_answers_while_the_search_runs(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    workshop.endless.set()
    drop(studio, photo)
    qtbot.waitUntil(lambda: studio.window.viewer.frame is not None, timeout=LONG)
    camera = studio.window.camera().orbited(0.4, 0.1)
    studio.window.set_camera(camera)
    studio.window.camera_changed.emit(camera, True)
    frame = studio.window.viewer
    qtbot.waitUntil(lambda: frame.frame is not None and frame.frame.camera == camera, timeout=LONG)
    assert studio.making.is_busy
    assert workshop.threads == {"heads"}


def test_another_face_is_another_head_and_can_be_undone(
    studio: Studio, tmp_path: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    make_head_of(studio, photo_at(tmp_path / "crowd.png"), qtbot)
    studio.window.face_chosen.emit(1)
    qtbot.waitUntil(lambda: len(workshop.heads_made) == 2, timeout=LONG)
    wait_for_head(studio, qtbot)
    assert studio.session.project is not None
    assert studio.session.project.alignment is not None
    assert studio.session.project.alignment.yaw_radians == pytest.approx(0.1)
    while "face" not in studio.session.undo_stack.undoText():
        studio.session.undo_stack.undo()
    studio.session.undo_stack.undo()
    assert studio.session.project.alignment.yaw_radians == 0
    assert head_of(studio).seed == 99


def test_without_a_face_it_is_placed_by_hand(
    studio: Studio, tmp_path: Path, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    make_head_of(studio, photo, qtbot)
    before = studio.session.project
    drop(studio, photo_at(tmp_path / "empty street.png"))
    dialog = dialog_shown(studio, PlacementDialog, qtbot)
    assert "No face was found" in dialog.accessibleDescription()
    assert studio.session.project is before, "the work is untouched until a face was placed"
    dialog.accept()
    discard_unsaved(studio, qtbot)
    qtbot.waitUntil(lambda: studio.session.name == "empty street", timeout=LONG)
    wait_for_head(studio, qtbot)
    assert workshop.heads_made[-1].yaw_radians == pytest.approx(0.3)


def test_a_face_that_nobody_moved_is_told_as_it_was_found_and_changes_nothing(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    make_head_of(studio, photo, qtbot)
    before = studio.session.project
    studio.window.placement_requested.emit()
    dialog = dialog_shown(studio, PlacementDialog, qtbot)
    assert dialog.state.text() == "The head is seen from the front."
    assert dialog.doubts.text() == ""
    dialog.accept()
    qtbot.wait(50)
    assert studio.session.project is before
    assert len(workshop.heads_made) == 1


def test_a_pasted_picture_becomes_a_head(studio: Studio, qtbot: QtBot) -> None:
    studio.window.image_pasted.emit(np.full((64, 48, 3), 200, dtype=np.uint8))
    wait_for_head(studio, qtbot)
    assert studio.window.isWindowModified()


def test_preferences_are_kept_and_used(make_studio: MakeStudio, tmp_path: Path) -> None:
    studio = make_studio()
    studio.start()
    chosen = Preferences(
        theme=Theme.LIGHT,
        threads=1,
        autosave_minutes=0,
        release_quality=Quality.NEAR,
        default_folder=tmp_path,
    )
    studio.window.preferences_changed.emit(chosen)
    assert studio.viewing.finest == Quality.NEAR
    again = make_studio()
    assert again.window.preferences() == chosen


def test_improve_makes_the_present_head_an_undo_step(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    make_head_of(studio, photo, qtbot)
    present = studio.session.project
    studio.window.improve_requested.emit()
    qtbot.waitUntil(lambda: len(workshop.heads_made) == 2, timeout=LONG)
    wait_for_head(studio, qtbot)
    studio.window.actions_by_name["undo"].trigger()
    assert studio.session.project is not None
    assert present is not None
    assert studio.session.project.head is present.head


def test_an_error_of_the_search_is_a_dialog(
    make_studio: MakeStudio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise InversionError("The photo shows no person.", "Use another photo.")

    studio = make_studio()
    studio.making.searching.engines = dataclasses.replace(workshop.engines(), make_head=fail)  # type: ignore[arg-type]
    studio.start()
    drop(studio, photo)
    assert "no person" in error_shown(studio, qtbot)
    assert not studio.making.is_busy
    assert studio.session.project is not None
