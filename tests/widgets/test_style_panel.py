"""The style panel: what it shows and what it asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt

from widgets.style_panel import StylePanel
from widgets.style_values import StyleCard, StyleView, TeachingView, WornStyle

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

PICTURE = np.full((16, 16, 3), 200, np.uint8)
VIEW = StyleView(
    cards=(StyleCard("marble", "Marble statue", "Fitted.", PICTURE), StyleCard("mine", "Mine", "", PICTURE, own=True)),
    regions=("everything", "hair"),
    presets=("draft", "good"),
    suggestions=("pencil sketch",),
)


@pytest.fixture
def panel(qtbot: QtBot) -> StylePanel:
    made = StylePanel()
    qtbot.addWidget(made)
    made.resize(280, 700)
    made.show()
    made.set_view(VIEW)
    return made


def test_a_click_wears_a_style_and_another_one_takes_it_off(qtbot: QtBot, panel: StylePanel) -> None:
    with qtbot.waitSignal(panel.worn) as worn:
        qtbot.mouseClick(panel.tiles["marble"], Qt.MouseButton.LeftButton)
    assert worn.args == ["marble", False]
    assert not panel.tiles["marble"].isChecked()
    panel.set_view(replace(VIEW, worn=(WornStyle("k", "marble", "Marble statue", 0.5),)))
    assert panel.tiles["marble"].isChecked()
    assert panel.sliders["k"].amount() == 0.5
    with qtbot.waitSignal(panel.taken_off) as off:
        qtbot.mouseClick(panel.tiles["marble"], Qt.MouseButton.LeftButton)
    assert off.args == ["k"]


def test_mixing_is_asked_for_beside(qtbot: QtBot, panel: StylePanel) -> None:
    panel.mix_box.setChecked(True)
    with qtbot.waitSignal(panel.worn) as worn:
        panel.tiles["mine"].click()
    assert worn.args == ["mine", True]


def test_a_strength_is_followed(qtbot: QtBot, panel: StylePanel) -> None:
    panel.set_view(replace(VIEW, worn=(WornStyle("k", "marble", "Marble statue", 1.0),)))
    with qtbot.waitSignal(panel.strength_moved) as moved:
        panel.sliders["k"].setValue(40)
    assert moved.args == ["k", 0.4, True]


def test_a_prompt_is_started_paused_and_kept(qtbot: QtBot, panel: StylePanel) -> None:
    panel.show_prompt("pencil sketch")
    with qtbot.waitSignal(panel.teaching_started) as started:
        panel.teaching.start_button.click()
    assert started.args == ["pencil sketch", "draft"]
    panel.set_view(
        replace(VIEW, teaching=TeachingView("Step 3 of 9", 0.3, running=True, preview=PICTURE, can_keep=True))
    )
    assert not panel.teaching.start_button.isEnabled()
    for button, signal in (
        (panel.teaching.pause_button, panel.teaching_paused),
        (panel.teaching.keep_button, panel.teaching_kept),
    ):
        assert button.isVisible()
        with qtbot.waitSignal(signal):
            button.click()


def test_enter_in_the_prompt_box_wears_the_nearest(qtbot: QtBot, panel: StylePanel) -> None:
    panel.show_prompt("gold statue")
    with qtbot.waitSignal(panel.prompted) as asked:
        qtbot.keyClick(panel.prompt_box, Qt.Key.Key_Return)
    assert asked.args == ["gold statue"]
    panel.set_view(replace(VIEW, presets=(), answer="Put on: bronze statue in gold."))
    assert panel._answer.isVisible()
    assert panel.wear_button.isVisible()
    assert not panel.teaching.start_button.isVisible()


def test_without_a_head_nothing_can_be_worn(panel: StylePanel) -> None:
    panel.set_view(StyleView(refusal="Once there is a head it can be restyled here."))
    assert not panel.tiles
    assert not panel.teaching.start_button.isEnabled()
