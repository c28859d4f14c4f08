"""Edits of the open document, in a studio whose engines take no time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from core.camera import Camera
from core.edit import MoveSlider, Paint, Reshape
from core.frame import Quality
from core.project import Project
from tests.app.edits import LONG, edits_of, random_reference, wait_for_edits, wait_until_calm
from tests.app.studio_fakes import Workshop, grey_project
from tests.fakes import tiny_head
from widgets.edit_values import EditKind, Strokes
from widgets.export_values import ExportOptions

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio


def test_a_drag_of_a_slider_is_one_change_and_the_head_follows(studio: Studio, qtbot: QtBot) -> None:
    base = studio.session.project.head  # type: ignore[union-attr]
    for value in (0.2, 0.5, 1.0):
        studio.window.editing.slider_moved.emit("smile", value, True)
    studio.window.editing.slider_moved.emit("smile", 1.5, False)
    assert [(edit.name, edit.strength) for edit in edits_of(studio) if isinstance(edit, MoveSlider | Reshape)] == [
        ("smile", 1.5)
    ]
    assert studio.session.undo_stack.count() == 1
    wait_until_calm(studio, qtbot)
    shown = studio.edited.shown_head()
    assert shown is not None
    assert shown is not base
    studio.session.undo_stack.undo()
    assert studio.edited.shown_head() is base
    studio.session.undo_stack.redo()
    assert studio.edited.shown_head() is shown


def test_two_drags_are_two_changes_and_a_reset_takes_the_edit_away(studio: Studio) -> None:
    moved = studio.window.editing.slider_moved
    for value, live in ((1.0, True), (1.2, False), (0.5, True), (0.4, False)):
        moved.emit("age", value, live)
    assert studio.session.undo_stack.count() == 2
    moved.emit("age", 0.0, False)
    assert edits_of(studio) == ()
    moved.emit("age", 0.0, False)
    assert studio.session.undo_stack.count() == 3


def test_while_a_slider_is_dragged_only_the_newest_is_folded(studio: Studio, workshop: Workshop, qtbot: QtBot) -> None:
    workshop.fold_seconds = 0.2
    for step in range(12):
        studio.window.editing.slider_moved.emit("smile", 0.1 * (step + 1), True)
        qtbot.wait(10)
    studio.window.editing.slider_moved.emit("smile", 1.2, False)
    wait_until_calm(studio, qtbot)
    assert len(workshop.folds) <= 4
    assert workshop.folds[-1][0].strength == 1.2
    assert workshop.threads == {"edits"}


def test_before_and_after_are_wiped_from_the_same_camera(studio: Studio, qtbot: QtBot) -> None:
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    wait_until_calm(studio, qtbot)
    studio.window.editing.edits.wipe_button.click()
    viewer = studio.window.viewer
    qtbot.waitUntil(lambda: viewer.scene.before is not None, timeout=LONG)
    turned = Camera.orbit(0.7)
    studio.viewing.set_camera(turned)

    def both() -> bool:
        scene = viewer.scene
        return (
            scene.frame is not None and scene.before is not None and scene.before.camera == scene.frame.camera == turned
        )

    qtbot.waitUntil(both, timeout=LONG)
    studio.session.undo_stack.undo()
    assert viewer.scene.before is None
    assert not studio.window.editing.edits.wipe_button.isChecked()


def test_an_edit_that_no_longer_works_stays_and_says_why(studio: Studio, workshop: Workshop, qtbot: QtBot) -> None:
    workshop.wearing.add("glasses")
    studio.window.editing.part_removed.emit("glasses")
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    wait_for_edits(studio, 2, qtbot)
    workshop.wearing.clear()
    studio.session.replace("Make head", head=dataclasses.replace(tiny_head(3), generator="mini"))
    qtbot.waitUntil(
        lambda: any("wears no glasses" in row.view.problem for row in studio.window.editing.edits.rows), timeout=LONG
    )
    assert workshop.folds[-1] == tuple(edit for edit in edits_of(studio) if isinstance(edit, MoveSlider | Reshape))


def test_the_stack_is_switched_weakened_moved_doubled_and_emptied(studio: Studio, qtbot: QtBot) -> None:
    panels = studio.window.editing
    panels.slider_moved.emit("smile", 1.0, False)
    panels.slider_moved.emit("age", 0.5, False)
    smile, age = edits_of(studio)
    panels.edit_switched.emit(smile.key, False)
    panels.strength_moved.emit(age.key, 0.9, True)
    panels.strength_moved.emit(age.key, 1.0, False)
    panels.edit_moved.emit(smile.key, 1)
    panels.edit_duplicated.emit(age.key)
    moved = [edit for edit in edits_of(studio) if isinstance(edit, MoveSlider | Reshape)]
    names = [(edit.name, edit.strength, edit.enabled) for edit in moved]
    assert names == [("age", 1.0, True), ("age", 1.0, True), ("smile", 1.0, False)]
    assert len({edit.key for edit in edits_of(studio)}) == 3
    panels.edit_deleted.emit(smile.key)
    assert [edit.name for edit in edits_of(studio) if isinstance(edit, MoveSlider | Reshape)] == ["age", "age"]
    assert studio.session.undo_stack.count() == 7
    wait_until_calm(studio, qtbot)


def test_without_edits_shows_the_head_as_it_was_made(studio: Studio, qtbot: QtBot) -> None:
    base = studio.session.project.head  # type: ignore[union-attr]
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    wait_until_calm(studio, qtbot)
    edited = studio.edited.shown_head()
    studio.window.actions_by_name["bare"].trigger()
    assert studio.edited.shown_head() is base
    assert studio.window.editing.bare_caption.isVisibleTo(studio.window.viewer)
    studio.window.actions_by_name["bare"].trigger()
    assert studio.edited.shown_head() is edited
    assert not studio.session.undo_stack.canRedo()


def test_paint_becomes_an_edit_of_the_view(studio: Studio, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: (f := studio.viewing.frame) is not None and f.quality >= Quality.NEAR, timeout=LONG)
    frame = studio.viewing.frame
    assert frame is not None
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[30:34, 30:34] = (200, 30, 30, 255)
    studio.window.editing.painted.emit(Strokes(picture, frame))
    (edit,) = wait_for_edits(studio, 1, qtbot)
    assert isinstance(edit, Paint)
    assert edit.camera == frame.camera
    assert edit.depth is frame.depth
    row = studio.window.editing.edits.rows[0]
    assert row.view.kind is EditKind.PAINT
    assert row.view.thumbnail is not None


def test_saved_edits_come_back_and_what_is_exported_wears_them(
    studio: Studio, workshop: Workshop, qtbot: QtBot, tmp_path: Path
) -> None:
    key = random_reference(studio, qtbot)
    studio.window.editing.part_taken.emit("hair", key)
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    edits = wait_for_edits(studio, 2, qtbot)
    path = tmp_path / "ada.volteface"
    studio.saving.save(path)
    qtbot.waitUntil(lambda: not studio.files.is_busy(), timeout=LONG)
    assert not studio.session.is_modified
    loaded = Project.load(path)
    assert loaded.edits == edits
    assert [one.key for one in loaded.references] == [key]
    assert loaded.head == studio.session.project.head  # type: ignore[union-attr]
    studio.exporting.export(ExportOptions(tmp_path / "ada.png", ".png"))
    qtbot.waitUntil(lambda: bool(workshop.exported), timeout=LONG)
    assert workshop.heads_exported[-1].seed == 1002
    studio.window.editing.slider_moved.emit("smile", 0.5, False)
    assert studio.session.is_modified


def test_a_saved_head_is_seen_and_turned_while_its_edits_are_made_again(
    studio: Studio, workshop: Workshop, qtbot: QtBot, tmp_path: Path
) -> None:
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    wait_until_calm(studio, qtbot)
    edited = studio.edited.shown_head()
    qtbot.waitUntil(lambda: edited is not None and studio.viewing.finished(edited) is not None, timeout=LONG)
    look = studio.viewing.finished(edited)  # type: ignore[arg-type]
    assert look is not None
    studio.saving.save(tmp_path / "ada.volteface")
    qtbot.waitUntil(lambda: not studio.files.is_busy(), timeout=LONG)
    workshop.fold_seconds = 1.5
    folds = len(workshop.folds)
    studio.opening.open_path(tmp_path / "ada.volteface")
    qtbot.waitUntil(lambda: studio.session.document == 2, timeout=LONG)
    shown = studio.window.viewer.frame
    assert shown is not None
    np.testing.assert_array_equal(shown.rgb, look.rgb)
    turned = look.camera.orbited(0.3, 0.0)
    studio.window.set_camera(turned)
    studio.window.camera_changed.emit(turned, True)
    qtbot.waitUntil(lambda: studio.window.viewer.frame.camera == turned, timeout=LONG)  # type: ignore[union-attr]
    assert len(workshop.folds) == folds, "its edits are still being made"
    assert studio.window.viewer.frame.quality is Quality.PREVIEW  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: studio.viewing.frame.quality >= Quality.NEAR, timeout=LONG)  # type: ignore[union-attr]
    assert studio.viewing.head is not None
    assert studio.viewing.head.seed == 1001, "with its edits"


def test_another_document_begins_without_the_edits_of_the_last(studio: Studio, qtbot: QtBot) -> None:
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    wait_until_calm(studio, qtbot)
    other = grey_project()
    studio.session.begin(other)
    assert studio.edited.shown_head() is other.head
    assert studio.window.editing.edits.rows == []
    studio.session.begin(None)
    assert studio.edited.shown_head() is None
    assert not studio.window.actions_by_name["paint"].isEnabled()
