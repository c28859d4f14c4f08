"""The editing panels by hand: sliders, cards, parts, layers, paint."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QColorDialog, QInputDialog, QLabel, QMenu

from tests.widgets.frames import sphere_frame
from widgets.amount_slider import AmountSlider
from widgets.attributes_panel import AttributesPanel
from widgets.edit_values import (
    FREE_PART,
    CutTool,
    CutWish,
    Drawing,
    EditingView,
    EditKind,
    EditView,
    PartView,
    Portrait,
    ReferenceView,
    SliderView,
    Strokes,
)
from widgets.edits_panel import EditsPanel
from widgets.parts_panel import PartsPanel
from widgets.references_panel import ReferencesPanel
from widgets.studio_window import StudioWindow
from widgets.values import HeadView

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SMILE = SliderView("smile", "Earnest", "Smiling", -1.5, 3.0)
EDITS = (
    EditView("a", EditKind.SLIDER, "Smile", strength=1.0, minimum=-1.5, maximum=3.0, neutral=0.0),
    EditView("b", EditKind.TAKE, "Hair from Seed 7"),
    EditView("c", EditKind.COLOUR, "Hair colour", rgb=(0.4, 0.1, 0.1)),
)


def _shown(qtbot: QtBot, widget: object) -> None:
    qtbot.addWidget(widget)
    widget.resize(280, 420)  # type: ignore[attr-defined]
    widget.show()  # type: ignore[attr-defined]
    qtbot.waitExposed(widget)


def test_a_slider_goes_where_it_is_clicked_and_tells_when_the_hand_leaves(qtbot: QtBot) -> None:
    slider = AmountSlider("Smile", -1.0, 3.0)
    _shown(qtbot, slider)
    told: list[tuple[float, bool]] = []
    slider.amount_changed.connect(lambda amount, live: told.append((round(amount, 1), live)))
    middle = slider.height() // 2
    QTest.mousePress(slider, LEFT, NONE, QPoint(slider.width() // 2, middle))
    QTest.mouseRelease(slider, LEFT, NONE, QPoint(slider.width() // 2, middle))
    assert told == [(1.0, True), (1.0, False)]
    QTest.mouseDClick(slider, LEFT, NONE, QPoint(slider.width() // 2, middle))
    assert told[-1] == (0.0, False)
    assert slider.amount() == 0


def test_keys_move_a_slider_and_count_as_one_movement(qtbot: QtBot) -> None:
    slider = AmountSlider("Smile", -1.0, 3.0)
    _shown(qtbot, slider)
    told: list[tuple[float, bool]] = []
    slider.amount_changed.connect(lambda amount, live: told.append((round(amount, 1), live)))
    for _ in range(3):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    assert all(live for _, live in told)
    qtbot.waitUntil(lambda: bool(told) and told[-1] == (0.3, False), timeout=3000)
    slider.set_amount(2.0)
    assert told[-1] == (0.3, False)


def test_attributes_are_shown_reset_and_kept_while_a_hand_is_at_them(qtbot: QtBot) -> None:
    panel = AttributesPanel()
    _shown(qtbot, panel)
    panel.set_sliders((SMILE,))
    row = panel.rows["smile"]
    told: list[tuple[str, float, bool]] = []
    panel.moved.connect(lambda name, value, live: told.append((name, value, live)))
    panel.set_sliders((SliderView("smile", "Earnest", "Smiling", -1.5, 3.0, 1.25),))
    assert panel.rows["smile"] is row
    assert row.slider.amount() == 1.25
    assert told == []
    row.reset_button.click()
    assert told == [("smile", 0.0, False)]
    QTest.mousePress(row.slider, LEFT, NONE, QPoint(row.slider.width() - 10, 8))
    held = row.slider.amount()
    panel.set_sliders((SMILE,))
    assert row.slider.amount() == held
    QTest.mouseRelease(row.slider, LEFT, NONE, QPoint(row.slider.width() - 10, 8))
    grouped = tuple(dataclasses.replace(SMILE, name=name, group=name[:1]) for name in ("a1", "a2", "b1"))
    panel.set_sliders(grouped)
    headings = [one.text() for one in panel.findChildren(QLabel) if one.property("role") == "section"]
    assert sorted(text for text in headings if text in "ab") == ["a", "b"]
    assert list(panel.rows) == ["a1", "a2", "b1"]
    tops = [panel.rows[name].y() for name in panel.rows]
    assert tops == sorted(tops)
    panel.set_sliders((), "This model knows no attributes.")
    assert panel.rows == {}


@pytest.fixture
def references(qtbot: QtBot) -> ReferencesPanel:
    panel = ReferencesPanel()
    _shown(qtbot, panel)
    return panel


def _reference(key: str = "r", **more: object) -> ReferenceView:
    frame = sphere_frame(side=64)
    facts: dict[str, object] = {
        "thumbnail": frame.rgb, "portrait": Portrait(frame.rgb, frame.labels), "parts": ("hair", "nose"), **more
    }  # fmt: skip
    return ReferenceView(key, "Ada", **facts)  # type: ignore[arg-type]


def test_a_part_is_taken_by_pointing_at_it_on_the_card(references: ReferencesPanel, qtbot: QtBot) -> None:
    taken: list[tuple[str, str]] = []
    references.part_taken.connect(lambda part, key: taken.append((part, key)))
    references.set_references((_reference(),))
    assert references.selected_key == "r"
    qtbot.wait(20)
    picture = references.cards["r"].picture
    middle = QPointF(picture.width() / 2, picture.height() / 2)
    assert picture.part_at(middle - QPointF(0, 20)) == "hair"
    assert picture.part_at(middle + QPointF(0, 20)) == ""
    QTest.mouseClick(picture, LEFT, NONE, (middle - QPointF(0, 20)).toPoint())
    QTest.mouseClick(picture, LEFT, NONE, (middle + QPointF(0, 20)).toPoint())
    assert taken == [("hair", "r")]
    chips = [one for one in references.cards["r"].findChildren(type(references.cards["r"].picture)) if one is picture]
    assert chips == [picture]


def test_cards_come_are_chosen_and_go(references: ReferencesPanel) -> None:
    removed: list[str] = []
    chosen: list[str] = []
    references.removed.connect(removed.append)
    references.selected.connect(chosen.append)
    coming = ReferenceView("n", "Bo", progress=0.3)
    references.set_references((_reference(), coming))
    QTest.mouseClick(references.cards["n"], LEFT, NONE, QPoint(70, 20))
    assert references.selected_key == "r"
    QTest.keyClick(references.cards["r"], Qt.Key.Key_Return)
    assert references.selected_key == ""
    QTest.keyClick(references.cards["r"], Qt.Key.Key_Return)
    QTest.keyClick(references.cards["n"], Qt.Key.Key_Delete)
    assert removed == ["n"]
    references.set_references(())
    assert references.selected_key == ""
    assert chosen == ["r", "", "r", ""]
    assert references.cards == {}


def test_a_random_head_has_the_seed_that_was_shown(references: ReferencesPanel) -> None:
    seeds: list[int] = []
    references.random_requested.connect(seeds.append)
    references.seed_box.setValue(41)
    references.random_button.click()
    references.random_button.click()
    assert seeds == [41, 42]
    assert references.seed_box.value() == 43


def test_several_files_can_be_dropped(references: ReferencesPanel) -> None:
    dropped: list[list[Path]] = []
    references.files_chosen.connect(dropped.append)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/there/a.png"), QUrl.fromLocalFile("/there/b.volteface")])
    enter = QDragEnterEvent(QPoint(40, 200), Qt.DropAction.CopyAction, mime, LEFT, NONE)
    QApplication.sendEvent(references, enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPointF(40, 200), Qt.DropAction.CopyAction, mime, LEFT, NONE)
    QApplication.sendEvent(references, drop)
    assert dropped == [[Path("/there/a.png"), Path("/there/b.volteface")]]


def test_a_reference_is_renamed(references: ReferencesPanel, qtbot: QtBot) -> None:
    named: list[tuple[str, str]] = []
    references.renamed.connect(lambda key, name: named.append((key, name)))
    references.set_references((_reference(),))
    QTest.keyClick(references.cards["r"], Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: bool(references.window().findChildren(QInputDialog)))
    dialog = references.window().findChildren(QInputDialog)[0]
    dialog.setTextValue("  Bob cut ")
    dialog.accept()
    assert named == [("r", "Bob cut")]


@pytest.fixture
def parts(qtbot: QtBot) -> PartsPanel:
    panel = PartsPanel()
    _shown(qtbot, panel)
    panel.set_parts((PartView("hair", 0.4), PartView("glasses"), PartView("beard")), (_reference(),))
    return panel


def test_what_can_be_done_depends_on_the_part(parts: PartsPanel) -> None:
    def can() -> tuple[bool, bool, bool]:
        return parts.take_button.isEnabled(), parts.remove_button.isEnabled(), parts.colour_button.isEnabled()

    assert can() == (False, False, False)
    parts.choose("hair")
    assert can() == (True, True, True)
    parts.choose("glasses")
    assert can() == (True, False, False)
    parts.choose("beard")
    assert can() == (False, True, False)
    parts.choose("skin")
    assert parts.chosen_part == ""


def test_parts_are_taken_and_removed(parts: PartsPanel) -> None:
    did: list[tuple[str, ...]] = []
    parts.taken.connect(lambda part, key: did.append((part, key)))
    parts.removed.connect(lambda part: did.append((part,)))
    parts.rows["hair"].click()
    parts.remove_button.click()
    menu = QMenu(parts)
    parts.fill_menu(menu, "hair")
    take = next(one for one in menu.actions() if one.menu() is not None).menu()
    assert isinstance(take, QMenu)
    take.actions()[0].trigger()
    glasses = QMenu(parts)
    parts.fill_menu(glasses, "glasses")
    lacking = next(one for one in glasses.actions() if one.menu() is not None).menu()
    assert isinstance(lacking, QMenu)
    assert not lacking.actions()[0].isEnabled()
    assert "no glasses" in lacking.actions()[0].text()
    assert did == [("hair",), ("hair", "r")]


def test_shift_adds_parts_and_all_of_them_are_taken(parts: PartsPanel) -> None:
    did: list[tuple[str, str]] = []
    parts.taken.connect(lambda part, key: did.append((part, key)))
    QTest.mouseClick(parts.rows["hair"], LEFT)
    QTest.mouseClick(parts.rows["glasses"], LEFT, Qt.KeyboardModifier.ShiftModifier)
    assert parts.chosen_parts == ("hair", "glasses")
    assert not parts.refine_button.isEnabled()
    parts.take_button.click()
    menu = next(one for one in parts.findChildren(QMenu) if one.isVisible())
    assert "no glasses" in menu.actions()[0].text()
    menu.actions()[0].trigger()
    menu.close()
    assert did == [("hair", "r")]
    QTest.mouseClick(parts.rows["hair"], LEFT, Qt.KeyboardModifier.ShiftModifier)
    assert tuple(parts.chosen_parts) == ("glasses",)
    assert parts.refine_button.isEnabled()


def test_a_mask_is_drawn_and_only_its_change_is_told(window: StudioWindow) -> None:
    drawn: list[Drawing] = []
    window.editing.region_drawn.connect(drawn.append)
    window.editing.parts.choose("hair")
    window.editing.parts.refine_button.click()
    masking = window.editing.masking
    assert masking.is_active
    assert not window.actions_by_name["view_front"].isEnabled()
    assert masking.layer is not None
    assert masking.bar is not None
    shown = masking.layer.drawn
    assert shown.max() == 255
    masking.finish()
    assert drawn == []
    window.editing.parts.refine_button.click()
    assert masking.layer is not None
    middle = window.viewer.picture_square().center().toPoint()
    QTest.mouseClick(masking.layer, LEFT, NONE, middle + QPoint(0, 60))
    masking.bar.eraser_button.click()
    QTest.mouseClick(masking.layer, LEFT, NONE, middle - QPoint(0, 60))
    masking.bar.done_button.click()
    (drawing,) = drawn
    assert drawing.part == "hair"
    assert drawing.added.any()
    assert drawing.removed.any()
    assert not ((drawing.added > 0) & (drawing.removed > 0)).any()
    assert not masking.is_active
    assert window.actions_by_name["view_front"].isEnabled()


def test_a_box_asks_for_a_cut_and_its_answer_joins_the_mask(window: StudioWindow) -> None:
    wishes: list[CutWish] = []
    window.editing.cut_wished.connect(wishes.append)
    window.editing.refine(FREE_PART)
    masking = window.editing.masking
    assert masking.layer is not None
    assert masking.bar is not None
    assert not masking.layer.drawn.any()
    masking.bar.box_button.click()
    middle = window.viewer.picture_square().center().toPoint()
    QTest.mousePress(masking.layer, LEFT, NONE, middle - QPoint(40, 40))
    QTest.mouseMove(masking.layer, middle)
    QTest.mouseRelease(masking.layer, LEFT, NONE, middle + QPoint(40, 40))
    (wish,) = wishes
    assert wish.tool is CutTool.BOX
    assert len(wish.place) == 4
    found = np.zeros_like(wish.rough)
    found[400:600, 400:600] = 255
    window.editing.show_cut(wish, found)
    assert (masking.layer.drawn == found).all()
    window.editing.undo_stroke()
    assert not masking.layer.drawn.any()
    window.editing.stop_drawing()


def test_a_colour_is_chosen_for_the_part(parts: PartsPanel, qtbot: QtBot) -> None:
    coloured: list[tuple[str, tuple[float, ...]]] = []
    parts.coloured.connect(lambda part, rgb: coloured.append((part, rgb)))
    parts.choose("hair")
    parts.colour_button.click()
    qtbot.waitUntil(lambda: bool(parts.window().findChildren(QColorDialog)))
    parts.window().findChildren(QColorDialog)[0].accept()
    ((part, rgb),) = coloured
    assert part == "hair"
    assert all(0 <= value <= 1 for value in rgb)


@pytest.fixture
def edits(qtbot: QtBot) -> EditsPanel:
    panel = EditsPanel()
    _shown(qtbot, panel)
    panel.set_edits(EDITS)
    qtbot.wait(20)
    return panel


def test_the_last_edit_lies_on_top(edits: EditsPanel) -> None:
    assert [row.view.key for row in edits.rows] == ["c", "b", "a"]


def test_a_layer_has_room_for_its_title_until_it_is_asked_for_its_tools(edits: EditsPanel) -> None:
    top = edits.rows[0]
    assert not top.delete_button.isVisible()
    assert top.eye_button.isVisible()
    top.setFocus()
    assert top.delete_button.isVisible()
    assert top.copy_button.isVisible()
    edits.rows[1].setFocus()
    assert not top.delete_button.isVisible()


def test_layers_are_switched_doubled_and_deleted(edits: EditsPanel) -> None:
    did: list[tuple[object, ...]] = []
    edits.switched.connect(lambda key, on: did.append((key, on)))
    edits.duplicated.connect(lambda key: did.append(("copy", key)))
    edits.deleted.connect(lambda key: did.append(("delete", key)))
    edits.strength_moved.connect(lambda key, value, live: did.append((key, value, live)))
    top = edits.rows[0]
    top.eye_button.click()
    top.copy_button.click()
    top.delete_button.click()
    QTest.keyClick(top, Qt.Key.Key_Space)
    edits.rows[2].slider.reset()
    assert did == [("c", False), ("copy", "c"), ("delete", "c"), ("c", False), ("a", 0.0, False)]


def test_a_layer_is_dragged_to_another_place(edits: EditsPanel, qtbot: QtBot) -> None:
    moved: list[tuple[str, int]] = []
    edits.moved.connect(lambda key, index: moved.append((key, index)))
    top, bottom = edits.rows[0], edits.rows[2]
    grip = top.grip
    QTest.mousePress(grip, LEFT, NONE, grip.rect().center())
    end = bottom.mapToGlobal(QPoint(5, bottom.height() - 2))
    QTest.mouseMove(grip, grip.mapFromGlobal(end))
    qtbot.wait(20)
    assert [row.view.key for row in edits.rows] == ["b", "a", "c"]
    edits.set_edits(EDITS)  # what arrives meanwhile does not tear it out of the hand
    assert [row.view.key for row in edits.rows] == ["b", "a", "c"]
    QTest.mouseRelease(grip, LEFT, NONE, grip.mapFromGlobal(end))
    assert moved == [("c", 0)]
    QTest.keyClick(edits.rows[0], Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert moved == [("c", 0), ("b", 2)]


@pytest.fixture
def window(qtbot: QtBot) -> StudioWindow:
    made = StudioWindow(gl=False)
    qtbot.addWidget(made)
    made.show_studio()
    made.show()
    qtbot.waitExposed(made)
    made.set_editing(EditingView(parts=(PartView("hair", 0.4),), edits=EDITS))
    made.set_head(HeadView("Mini", "Search"))
    made.show_frame(sphere_frame(made.camera()))
    return made


def test_a_click_on_the_head_chooses_its_part(window: StudioWindow) -> None:
    square = window.viewer.picture_square()
    at = square.center() - QPointF(0, square.height() * 0.1)
    QTest.mouseClick(window.viewer, LEFT, NONE, at.toPoint())
    assert window.editing.parts.chosen_part == "hair"
    assert window.editing.parts.remove_button.isEnabled()


def test_paint_on_the_view_keeps_strokes_with_their_frame(window: StudioWindow, qtbot: QtBot) -> None:
    painted: list[Strokes] = []
    window.editing.painted.connect(painted.append)
    frame = window.viewer.frame
    window.actions_by_name["paint"].trigger()
    painting = window.editing.painting
    assert painting.is_active
    assert not window.actions_by_name["view_front"].isEnabled()
    layer = painting.layer
    assert layer is not None
    middle = window.viewer.picture_square().center().toPoint()
    for shift in (0, 30):
        QTest.mousePress(layer, LEFT, NONE, middle + QPoint(0, shift))
        QTest.mouseMove(layer, middle + QPoint(40, shift))
        QTest.mouseRelease(layer, LEFT, NONE, middle + QPoint(40, shift))
    both = int((layer.surface.pixels[..., 3] > 0).sum())
    window.actions_by_name["undo"].setEnabled(True)
    window.actions_by_name["undo"].trigger()
    assert 0 < int((layer.surface.pixels[..., 3] > 0).sum()) < both
    assert painting.bar is not None
    painting.bar.done_button.click()
    (strokes,) = painted
    assert strokes.frame is frame
    assert strokes.picture.shape == (1024, 1024, 4)
    assert strokes.picture[512, 512, 3] > 0
    assert not painting.is_active
    assert not window.actions_by_name["paint"].isChecked()
    assert window.actions_by_name["view_front"].isEnabled()


def test_painting_waits_for_a_finished_picture_and_can_be_given_up(window: StudioWindow) -> None:
    from core.frame import Quality

    painted: list[Strokes] = []
    window.editing.painted.connect(painted.append)
    window.show_frame(sphere_frame(window.camera(), quality=Quality.PREVIEW))
    window.actions_by_name["paint"].trigger()
    assert not window.editing.painting.is_active
    window.show_frame(sphere_frame(window.camera(), quality=Quality.NEAR))
    assert window.editing.painting.is_active
    layer = window.editing.painting.layer
    assert layer is not None
    QTest.keyClick(layer, Qt.Key.Key_BracketRight)
    QTest.keyClick(layer, Qt.Key.Key_Escape)
    assert not window.editing.painting.is_active
    assert painted == []


def test_a_head_that_cannot_be_edited_says_so(window: StudioWindow) -> None:
    window.set_editing(EditingView(refusal="No.", slider_note="No."))
    assert not window.actions_by_name["paint"].isEnabled()
    assert not window.editing.references.isEnabled()
    assert window.editing.parts.rows == {}


def test_tabs_say_the_titles_of_their_panels(window: StudioWindow, qtbot: QtBot) -> None:
    from widgets.panel_dock import PanelDock

    photo, styles, parts = (window.findChild(PanelDock, name) for name in ("photo_dock", "style_dock", "part_dock"))
    assert isinstance(photo, PanelDock)
    assert isinstance(styles, PanelDock)
    assert isinstance(parts, PanelDock)
    qtbot.waitUntil(lambda: photo.titleBarWidget().height() == 0)
    assert styles.titleBarWidget().height() == 0
    assert parts.titleBarWidget().height() > 0
    other = window.findChild(PanelDock, "reference_dock")
    assert isinstance(other, PanelDock)
    other.close()
    qtbot.waitUntil(lambda: photo.titleBarWidget().height() > 0)


def test_the_swatch_of_a_colour_is_painted(edits: EditsPanel) -> None:
    image = edits.rows[0]._picture.pixmap().toImage()
    colour = image.pixelColor(image.width() // 2, image.height() // 2)
    assert np.allclose([colour.redF(), colour.greenF(), colour.blueF()], (0.4, 0.1, 0.1), atol=0.01)
