"""Edits and references of the open document, in a studio whose engines take no time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.camera import Camera
from core.edit import REGION, MoveSlider, Paint, Recolour, RemovePart, Reshape, TakePart
from core.frame import Quality
from core.project import Project
from core.rendering.renderer import HeadRenderer
from tests.app.dialogs import error_shown
from tests.app.studio_fakes import Workshop, grey_project, studio_in
from tests.fakes import TinyGenerator, tiny_head
from widgets.edit_values import FREE_PART, Drawing, EditKind, Strokes
from widgets.values import ExportOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from core.edit import Edit

LONG = 15_000


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, workshop: Workshop) -> Iterator[Studio]:
    with studio_in(tmp_path, qtbot, workshop.engines()) as made:
        made.session.begin(grey_project())
        made.window.show_studio()
        yield made


def _edits(studio: Studio) -> tuple[Edit, ...]:
    assert studio.session.project is not None
    return studio.session.project.edits


def _wait_for_edits(studio: Studio, count: int, qtbot: QtBot) -> tuple[Edit, ...]:
    qtbot.waitUntil(lambda: len(_edits(studio)) == count and not studio.edits.is_busy(), timeout=LONG)
    return _edits(studio)


def _calm(studio: Studio, qtbot: QtBot) -> None:
    def is_calm() -> bool:
        shown = studio.editing.shown_head()
        return not studio.edits.is_busy() and shown is not None and studio.viewing.known_renderer(shown) is not None

    qtbot.waitUntil(is_calm, timeout=LONG)


def _reference(studio: Studio, qtbot: QtBot, seed: int = 7) -> str:
    assert studio.session.project is not None
    before = len(studio.session.project.references)
    studio.window.editing.random_reference_requested.emit(seed)
    qtbot.waitUntil(lambda: len(studio.session.project.references) == before + 1, timeout=LONG)  # type: ignore[union-attr]
    return studio.session.project.references[-1].key


def test_a_drag_of_a_slider_is_one_change_and_the_head_follows(studio: Studio, qtbot: QtBot) -> None:
    base = studio.session.project.head  # type: ignore[union-attr]
    for value in (0.2, 0.5, 1.0):
        studio.window.editing.slider_moved.emit("smile", value, True)
    studio.window.editing.slider_moved.emit("smile", 1.5, False)
    assert [(edit.name, edit.strength) for edit in _edits(studio) if isinstance(edit, MoveSlider | Reshape)] == [
        ("smile", 1.5)
    ]
    assert studio.session.undo_stack.count() == 1
    _calm(studio, qtbot)
    shown = studio.editing.shown_head()
    assert shown is not None
    assert shown is not base
    studio.session.undo_stack.undo()
    assert studio.editing.shown_head() is base
    studio.session.undo_stack.redo()
    assert studio.editing.shown_head() is shown


def test_two_drags_are_two_changes_and_a_reset_takes_the_edit_away(studio: Studio) -> None:
    moved = studio.window.editing.slider_moved
    for value, live in ((1.0, True), (1.2, False), (0.5, True), (0.4, False)):
        moved.emit("age", value, live)
    assert studio.session.undo_stack.count() == 2
    moved.emit("age", 0.0, False)
    assert _edits(studio) == ()
    moved.emit("age", 0.0, False)
    assert studio.session.undo_stack.count() == 3


def test_while_a_slider_is_dragged_only_the_newest_is_folded(studio: Studio, workshop: Workshop, qtbot: QtBot) -> None:
    workshop.fold_seconds = 0.2
    for step in range(12):
        studio.window.editing.slider_moved.emit("smile", 0.1 * (step + 1), True)
        qtbot.wait(10)
    studio.window.editing.slider_moved.emit("smile", 1.2, False)
    _calm(studio, qtbot)
    assert len(workshop.folds) <= 4
    assert workshop.folds[-1][0].strength == 1.2
    assert workshop.threads == {"edits"}


def test_a_part_is_taken_from_a_random_head(studio: Studio, workshop: Workshop, qtbot: QtBot) -> None:
    key = _reference(studio, qtbot)
    view = studio.referencing.views()[0]
    assert (view.name, view.parts, view.progress) == ("Seed 7", ("hair", "eyes"), None)
    assert view.thumbnail is not None
    qtbot.waitUntil(lambda: workshop.prepared == [key], timeout=LONG)
    studio.window.editing.part_taken.emit("hair", key)
    (edit,) = _wait_for_edits(studio, 1, qtbot)
    assert isinstance(edit, TakePart)
    assert (edit.part, edit.reference) == ("hair", key)
    assert studio.session.undo_stack.undoText() == "Hair from Seed 7"


def test_a_part_taken_anew_takes_the_place_of_what_was_taken(studio: Studio, qtbot: QtBot) -> None:
    first, second = _reference(studio, qtbot), _reference(studio, qtbot, 8)
    panels = studio.window.editing
    panels.part_taken.emit("hair", first)
    panels.part_coloured.emit("hair", (0.4, 0.1, 0.1))
    _wait_for_edits(studio, 2, qtbot)
    panels.part_taken.emit("hair", second)
    qtbot.waitUntil(lambda: isinstance(e := _edits(studio)[0], TakePart) and e.reference == second, timeout=LONG)
    panels.part_coloured.emit("hair", (0.1, 0.1, 0.4))
    qtbot.waitUntil(lambda: isinstance(e := _edits(studio)[1], Recolour) and e.rgb[2] == 0.4, timeout=LONG)
    assert len(_edits(studio)) == 2
    # what was taken is taken off on top of it; taking anew replaces both
    panels.part_removed.emit("hair")
    edits = _wait_for_edits(studio, 3, qtbot)
    assert isinstance(edits[2], RemovePart)
    panels.part_taken.emit("hair", first)
    edits = _wait_for_edits(studio, 2, qtbot)
    assert isinstance(edits[0], TakePart)
    assert edits[0].reference == first


def test_before_and_after_are_wiped_from_the_same_camera(studio: Studio, qtbot: QtBot) -> None:
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    _calm(studio, qtbot)
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


def test_a_seam_is_dragged_and_colours_follow(studio: Studio, qtbot: QtBot) -> None:
    key = _reference(studio, qtbot)
    panels = studio.window.editing
    panels.part_taken.emit("hair", key)
    (edit,) = _wait_for_edits(studio, 1, qtbot)
    (row,) = panels.edits.rows
    assert row.fit_button.isVisibleTo(row)
    assert (row.fit.seam_slider.amount(), row.fit.harmony_slider.amount()) == (1.0, 0.0)
    count = studio.session.undo_stack.count()
    for value in (1.5, 2.0, 3.0):
        panels.fit_moved.emit(edit.key, "seam", value, True)
    panels.fit_moved.emit(edit.key, "seam", 3.0, False)
    panels.fit_moved.emit(edit.key, "harmony", 0.5, False)
    assert studio.session.undo_stack.count() == count + 2
    assert isinstance(edit, TakePart)
    assert _edits(studio) == (dataclasses.replace(edit, seam=3.0, harmonise=0.5),)
    _calm(studio, qtbot)


def _drawing(studio: Studio, part: str, at: int = 20) -> Drawing:
    frame = HeadRenderer(TinyGenerator(), tiny_head(1)).render(Camera.orbit(), Quality.NEAR)
    added, removed = np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint8)
    added[at : at + 12, 24:40] = 255
    removed[50:, :] = 255
    return Drawing(part, added, removed, frame)


def test_what_is_drawn_changes_what_was_taken_or_waits_for_it(studio: Studio, qtbot: QtBot) -> None:
    key = _reference(studio, qtbot)
    panels = studio.window.editing
    panels.region_drawn.emit(_drawing(studio, "hair"))
    assert _edits(studio) == ()
    panels.part_taken.emit("hair", key)
    (edit,) = _wait_for_edits(studio, 1, qtbot)
    assert isinstance(edit, TakePart)
    assert len(edit.regions) == 1
    panels.region_drawn.emit(_drawing(studio, "hair", at=30))
    qtbot.waitUntil(lambda: len(_edits(studio)[0].regions) == 2, timeout=LONG)  # type: ignore[union-attr]
    assert _edits(studio)[0].key == edit.key
    studio.session.undo_stack.undo()
    assert _edits(studio) == (edit,)


@pytest.mark.parametrize(("rows", "columns", "words"), [(1, 1, "Hardly anything"), (6, 64, "beside the head")])
def test_a_slip_of_the_pen_and_a_mask_of_the_background_change_nothing(
    rows: int, columns: int, words: str, studio: Studio, qtbot: QtBot
) -> None:
    drawing = _drawing(studio, FREE_PART)
    added, removed = np.zeros((256, 256), np.uint8), np.zeros((256, 256), np.uint8)
    added[:rows, :columns] = 255
    studio.window.editing.region_drawn.emit(dataclasses.replace(drawing, added=added, removed=removed))
    assert words in error_shown(studio, qtbot)
    assert FREE_PART not in studio.window.editing.parts.rows
    assert _edits(studio) == ()


def test_a_drawn_region_is_a_part_to_take(studio: Studio, qtbot: QtBot) -> None:
    key = _reference(studio, qtbot)
    panels = studio.window.editing
    assert FREE_PART not in panels.parts.rows
    panels.region_drawn.emit(_drawing(studio, FREE_PART))
    assert panels.parts.chosen_part == FREE_PART
    panels.part_taken.emit(FREE_PART, key)
    (edit,) = _wait_for_edits(studio, 1, qtbot)
    assert isinstance(edit, TakePart)
    assert (edit.part, len(edit.regions)) == (REGION, 1)
    qtbot.waitUntil(lambda: FREE_PART not in panels.parts.rows, timeout=LONG)
    assert studio.session.undo_stack.undoText() == "Drawn region from Seed 7"


def test_a_rough_stroke_is_cut_out_along_the_edges(studio: Studio, qtbot: QtBot) -> None:
    panels = studio.window.editing
    frame = HeadRenderer(TinyGenerator(), tiny_head(1)).render(Camera.orbit(), Quality.NEAR)
    panels.masking.begin(frame, "hair", "no model")
    layer = panels.masking.layer
    assert layer is not None
    assert not panels.masking.bar.click_button.isEnabled()  # type: ignore[union-attr]
    before = layer.drawn
    panels.masking.bar.cut_button.click()  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: layer.surface.can_undo, timeout=LONG)
    assert (layer.drawn != before).any()
    panels.undo_stroke()
    assert (layer.drawn == before).all()
    panels.stop_drawing()
    assert not panels.is_drawing


def test_what_cannot_be_made_is_said_and_leaves_the_stack(studio: Studio, qtbot: QtBot) -> None:
    key = _reference(studio, qtbot)
    count = studio.session.undo_stack.count()
    studio.window.editing.part_taken.emit("glasses", key)
    assert "No glasses were found" in error_shown(studio, qtbot)
    studio.window.editing.part_removed.emit("glasses")
    assert "wears no glasses" in error_shown(studio, qtbot)
    assert _edits(studio) == ()
    assert studio.session.undo_stack.count() == count


def test_a_take_that_is_stopped_leaves_the_stack(studio: Studio, workshop: Workshop, qtbot: QtBot) -> None:
    key = _reference(studio, qtbot)
    workshop.fold_seconds = 0.3
    studio.window.editing.part_taken.emit("hair", key)
    qtbot.waitUntil(studio.edits.is_busy, timeout=LONG)
    qtbot.wait(50)
    studio.edits.stop_all()
    qtbot.waitUntil(lambda: not studio.edits.is_busy(), timeout=LONG)
    assert _edits(studio) == ()
    assert studio.session.undo_stack.undoText().startswith("Add reference")


def test_a_removed_reference_switches_its_edits_off_and_undo_brings_both_back(studio: Studio, qtbot: QtBot) -> None:
    key = _reference(studio, qtbot)
    studio.window.editing.part_taken.emit("hair", key)
    _wait_for_edits(studio, 1, qtbot)
    studio.window.editing.reference_removed.emit(key)
    (edit,) = _edits(studio)
    assert not edit.enabled
    assert "removed" in studio.window.editing.edits.rows[0].view.problem
    studio.window.editing.edit_switched.emit(edit.key, True)
    _calm(studio, qtbot)
    assert "removed" in studio.window.editing.edits.rows[0].view.problem
    studio.session.undo_stack.undo()
    studio.session.undo_stack.undo()
    assert _edits(studio)[0].enabled
    assert studio.session.project is not None
    assert [one.key for one in studio.session.project.references] == [key]


def test_an_edit_that_no_longer_works_stays_and_says_why(studio: Studio, workshop: Workshop, qtbot: QtBot) -> None:
    workshop.wearing.add("glasses")
    studio.window.editing.part_removed.emit("glasses")
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    _wait_for_edits(studio, 2, qtbot)
    workshop.wearing.clear()
    studio.session.replace("Make head", head=dataclasses.replace(tiny_head(3), generator="mini"))
    qtbot.waitUntil(
        lambda: any("wears no glasses" in row.view.problem for row in studio.window.editing.edits.rows), timeout=LONG
    )
    assert workshop.folds[-1] == tuple(edit for edit in _edits(studio) if isinstance(edit, MoveSlider | Reshape))


def test_the_stack_is_switched_weakened_moved_doubled_and_emptied(studio: Studio, qtbot: QtBot) -> None:
    panels = studio.window.editing
    panels.slider_moved.emit("smile", 1.0, False)
    panels.slider_moved.emit("age", 0.5, False)
    smile, age = _edits(studio)
    panels.edit_switched.emit(smile.key, False)
    panels.strength_moved.emit(age.key, 0.9, True)
    panels.strength_moved.emit(age.key, 1.0, False)
    panels.edit_moved.emit(smile.key, 1)
    panels.edit_duplicated.emit(age.key)
    moved = [edit for edit in _edits(studio) if isinstance(edit, MoveSlider | Reshape)]
    names = [(edit.name, edit.strength, edit.enabled) for edit in moved]
    assert names == [("age", 1.0, True), ("age", 1.0, True), ("smile", 1.0, False)]
    assert len({edit.key for edit in _edits(studio)}) == 3
    panels.edit_deleted.emit(smile.key)
    assert [edit.name for edit in _edits(studio) if isinstance(edit, MoveSlider | Reshape)] == ["age", "age"]
    assert studio.session.undo_stack.count() == 7
    _calm(studio, qtbot)


def test_without_edits_shows_the_head_as_it_was_made(studio: Studio, qtbot: QtBot) -> None:
    base = studio.session.project.head  # type: ignore[union-attr]
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    _calm(studio, qtbot)
    edited = studio.editing.shown_head()
    studio.window.actions_by_name["bare"].trigger()
    assert studio.editing.shown_head() is base
    assert studio.window.editing.bare_caption.isVisibleTo(studio.window.viewer)
    studio.window.actions_by_name["bare"].trigger()
    assert studio.editing.shown_head() is edited
    assert not studio.session.undo_stack.canRedo()


def test_paint_becomes_an_edit_of_the_view(studio: Studio, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: (f := studio.viewing.frame) is not None and f.quality >= Quality.NEAR, timeout=LONG)
    frame = studio.viewing.frame
    assert frame is not None
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[30:34, 30:34] = (200, 30, 30, 255)
    studio.window.editing.painted.emit(Strokes(picture, frame))
    (edit,) = _wait_for_edits(studio, 1, qtbot)
    assert isinstance(edit, Paint)
    assert edit.camera == frame.camera
    assert edit.depth is frame.depth
    row = studio.window.editing.edits.rows[0]
    assert row.view.kind is EditKind.PAINT
    assert row.view.thumbnail is not None


def test_references_are_made_of_photos_and_of_other_heads(
    studio: Studio, workshop: Workshop, qtbot: QtBot, tmp_path: Path
) -> None:
    from PIL import Image

    photo, project = tmp_path / "bo.png", tmp_path / "cy.volteface"
    Image.fromarray(np.full((48, 48, 3), 90, np.uint8)).save(photo)
    project.write_bytes(b"PK")
    studio.window.editing.reference_files_chosen.emit([photo, project])
    assert [view.progress for view in studio.referencing.views()] == [0.0, 0.0]
    qtbot.waitUntil(lambda: len(studio.session.project.references) == 2, timeout=LONG)  # type: ignore[union-attr]
    assert {view.name for view in studio.referencing.views()} == {"bo", "cy"}
    assert workshop.wishes[-1]["seconds"] == studio.referencing.seconds


def test_a_photo_without_a_face_is_no_reference(studio: Studio, qtbot: QtBot, tmp_path: Path) -> None:
    from PIL import Image

    photo = tmp_path / "empty.png"
    Image.fromarray(np.full((48, 48, 3), 90, np.uint8)).save(photo)
    studio.window.editing.reference_files_chosen.emit([photo])
    assert "No face" in error_shown(studio, qtbot)
    assert studio.referencing.views() == ()
    studio.window.editing.random_reference_requested.emit(13)
    assert "13" in error_shown(studio, qtbot)
    assert studio.referencing.views() == ()


def test_a_reference_that_is_being_made_can_be_given_up(
    studio: Studio, workshop: Workshop, qtbot: QtBot, tmp_path: Path
) -> None:
    from PIL import Image

    photo = tmp_path / "bo.png"
    Image.fromarray(np.full((48, 48, 3), 90, np.uint8)).save(photo)
    workshop.endless.set()
    studio.window.editing.reference_files_chosen.emit([photo])
    qtbot.waitUntil(lambda: bool(workshop.wishes), timeout=LONG)
    studio.window.editing.reference_removed.emit(studio.referencing.views()[0].key)
    qtbot.waitUntil(lambda: not studio.heads.is_busy(), timeout=LONG)
    assert studio.referencing.views() == ()


def test_a_renamed_reference_keeps_its_edits(studio: Studio, qtbot: QtBot) -> None:
    key = _reference(studio, qtbot)
    studio.window.editing.part_taken.emit("hair", key)
    _wait_for_edits(studio, 1, qtbot)
    studio.window.editing.reference_renamed.emit(key, "Bob cut")
    assert studio.window.editing.edits.rows[0].view.title == "Hair from Bob cut"


def test_saved_edits_come_back_and_what_is_exported_wears_them(
    studio: Studio, workshop: Workshop, qtbot: QtBot, tmp_path: Path
) -> None:
    key = _reference(studio, qtbot)
    studio.window.editing.part_taken.emit("hair", key)
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    edits = _wait_for_edits(studio, 2, qtbot)
    path = tmp_path / "ada.volteface"
    studio.saving.save(path)
    qtbot.waitUntil(lambda: not studio.files.is_busy(), timeout=LONG)
    assert not studio.session.is_modified
    loaded = Project.load(path)
    assert loaded.edits == edits
    assert [one.key for one in loaded.references] == [key]
    assert loaded.head == studio.session.project.head  # type: ignore[union-attr]
    studio.saving.export(ExportOptions(tmp_path / "ada.png", ".png"))
    qtbot.waitUntil(lambda: bool(workshop.exported), timeout=LONG)
    assert workshop.heads_exported[-1].seed == 1002
    studio.window.editing.slider_moved.emit("smile", 0.5, False)
    assert studio.session.is_modified


def test_another_document_begins_without_the_edits_of_the_last(studio: Studio, qtbot: QtBot) -> None:
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    _calm(studio, qtbot)
    other = grey_project()
    studio.session.begin(other)
    assert studio.editing.shown_head() is other.head
    assert studio.window.editing.edits.rows == []
    studio.session.begin(None)
    assert studio.editing.shown_head() is None
    assert not studio.window.actions_by_name["paint"].isEnabled()
