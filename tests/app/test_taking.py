"""Parts that are taken, regions that are drawn, and the references that lend them; engines that take no time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.camera import Camera
from core.edit import REGION, Recolour, RemovePart, TakePart
from core.frame import Quality
from core.rendering.renderer import HeadRenderer
from tests.app.dialogs import error_shown
from tests.app.edits import LONG, edits_of, random_reference, wait_for_edits, wait_until_calm
from tests.fakes import TinyGenerator, tiny_head
from widgets.edit_values import FREE_PART, Drawing

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from tests.app.studio_fakes import Workshop


def test_a_part_is_taken_from_a_random_head(studio: Studio, workshop: Workshop, qtbot: QtBot) -> None:
    key = random_reference(studio, qtbot)
    view = studio.referencing.views()[0]
    assert (view.name, view.parts, view.progress) == ("Seed 7", ("hair", "eyes"), None)
    assert view.thumbnail is not None
    qtbot.waitUntil(lambda: workshop.prepared == [key], timeout=LONG)
    studio.window.editing.part_taken.emit("hair", key)
    (edit,) = wait_for_edits(studio, 1, qtbot)
    assert isinstance(edit, TakePart)
    assert (edit.part, edit.reference) == ("hair", key)
    assert studio.session.undo_stack.undoText() == "Hair from Seed 7"


def test_a_part_taken_anew_takes_the_place_of_what_was_taken(studio: Studio, qtbot: QtBot) -> None:
    first, second = random_reference(studio, qtbot), random_reference(studio, qtbot, 8)
    panels = studio.window.editing
    panels.part_taken.emit("hair", first)
    panels.part_coloured.emit("hair", (0.4, 0.1, 0.1))
    wait_for_edits(studio, 2, qtbot)
    panels.part_taken.emit("hair", second)
    qtbot.waitUntil(lambda: isinstance(e := edits_of(studio)[0], TakePart) and e.reference == second, timeout=LONG)
    panels.part_coloured.emit("hair", (0.1, 0.1, 0.4))
    qtbot.waitUntil(lambda: isinstance(e := edits_of(studio)[1], Recolour) and e.rgb[2] == 0.4, timeout=LONG)
    assert len(edits_of(studio)) == 2
    # what was taken is taken off on top of it; taking anew replaces both
    panels.part_removed.emit("hair")
    edits = wait_for_edits(studio, 3, qtbot)
    assert isinstance(edits[2], RemovePart)
    panels.part_taken.emit("hair", first)
    edits = wait_for_edits(studio, 2, qtbot)
    assert isinstance(edits[0], TakePart)
    assert edits[0].reference == first


def test_a_seam_is_dragged_and_colours_follow(studio: Studio, qtbot: QtBot) -> None:
    key = random_reference(studio, qtbot)
    panels = studio.window.editing
    panels.part_taken.emit("hair", key)
    (edit,) = wait_for_edits(studio, 1, qtbot)
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
    assert edits_of(studio) == (dataclasses.replace(edit, seam=3.0, harmonise=0.5),)
    wait_until_calm(studio, qtbot)


def _drawing(studio: Studio, part: str, at: int = 20) -> Drawing:
    frame = HeadRenderer(TinyGenerator(), tiny_head(1)).render(Camera.orbit(), Quality.NEAR)
    added, removed = np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint8)
    added[at : at + 12, 24:40] = 255
    removed[50:, :] = 255
    return Drawing(part, added, removed, frame)


def test_what_is_drawn_changes_what_was_taken_or_waits_for_it(studio: Studio, qtbot: QtBot) -> None:
    key = random_reference(studio, qtbot)
    panels = studio.window.editing
    panels.region_drawn.emit(_drawing(studio, "hair"))
    assert edits_of(studio) == ()
    panels.part_taken.emit("hair", key)
    (edit,) = wait_for_edits(studio, 1, qtbot)
    assert isinstance(edit, TakePart)
    assert len(edit.regions) == 1
    panels.region_drawn.emit(_drawing(studio, "hair", at=30))
    qtbot.waitUntil(lambda: len(edits_of(studio)[0].regions) == 2, timeout=LONG)  # type: ignore[union-attr]
    assert edits_of(studio)[0].key == edit.key
    studio.session.undo_stack.undo()
    assert edits_of(studio) == (edit,)


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
    assert edits_of(studio) == ()


def test_a_drawn_region_is_a_part_to_take(studio: Studio, qtbot: QtBot) -> None:
    key = random_reference(studio, qtbot)
    panels = studio.window.editing
    assert FREE_PART not in panels.parts.rows
    panels.region_drawn.emit(_drawing(studio, FREE_PART))
    assert panels.parts.chosen_part == FREE_PART
    panels.part_taken.emit(FREE_PART, key)
    (edit,) = wait_for_edits(studio, 1, qtbot)
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
    key = random_reference(studio, qtbot)
    count = studio.session.undo_stack.count()
    studio.window.editing.part_taken.emit("glasses", key)
    assert "No glasses were found" in error_shown(studio, qtbot)
    studio.window.editing.part_removed.emit("glasses")
    assert "wears no glasses" in error_shown(studio, qtbot)
    assert edits_of(studio) == ()
    assert studio.session.undo_stack.count() == count


def test_a_take_that_is_stopped_leaves_the_stack(studio: Studio, workshop: Workshop, qtbot: QtBot) -> None:
    key = random_reference(studio, qtbot)
    workshop.fold_seconds = 0.3
    studio.window.editing.part_taken.emit("hair", key)
    qtbot.waitUntil(studio.edits.is_busy, timeout=LONG)
    qtbot.wait(50)
    studio.edits.stop_all()
    qtbot.waitUntil(lambda: not studio.edits.is_busy(), timeout=LONG)
    assert edits_of(studio) == ()
    assert studio.session.undo_stack.undoText().startswith("Add reference")


def test_a_removed_reference_switches_its_edits_off_and_undo_brings_both_back(studio: Studio, qtbot: QtBot) -> None:
    key = random_reference(studio, qtbot)
    studio.window.editing.part_taken.emit("hair", key)
    wait_for_edits(studio, 1, qtbot)
    studio.window.editing.reference_removed.emit(key)
    (edit,) = edits_of(studio)
    assert not edit.enabled
    assert "removed" in studio.window.editing.edits.rows[0].view.problem
    studio.window.editing.edit_switched.emit(edit.key, True)
    wait_until_calm(studio, qtbot)
    assert "removed" in studio.window.editing.edits.rows[0].view.problem
    studio.session.undo_stack.undo()
    studio.session.undo_stack.undo()
    assert edits_of(studio)[0].enabled
    assert studio.session.project is not None
    assert [one.key for one in studio.session.project.references] == [key]


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
    key = random_reference(studio, qtbot)
    studio.window.editing.part_taken.emit("hair", key)
    wait_for_edits(studio, 1, qtbot)
    studio.window.editing.reference_renamed.emit(key, "Bob cut")
    assert studio.window.editing.edits.rows[0].view.title == "Hair from Bob cut"
