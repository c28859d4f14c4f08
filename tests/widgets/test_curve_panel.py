"""The plot tells what was reported, and nothing where nothing was."""

import math

from pytestqt.qtbot import QtBot

from widgets.curve_panel import CurvePanel


def test_a_stage_that_does_not_look_at_a_value_interrupts_its_curve(qtbot: QtBot) -> None:
    panel = CurvePanel()
    qtbot.addWidget(panel)
    for step in range(4):
        panel.add(step, {"colour": 1.0, "identity": 0.5})
    for step in range(4, 20):
        panel.add(step, {"colour": 0.8})
    panel.add(20, {"colour": 0.6, "identity": 0.2})
    colour, identity = panel.values()["colour"], panel.values()["identity"]
    assert not any(math.isnan(value) for value in colour[1])
    assert [math.isnan(value) for value in identity[1]] == [False] * 4 + [True, False]


def test_a_value_that_comes_now_and_then_keeps_its_curve(qtbot: QtBot) -> None:
    panel = CurvePanel()
    qtbot.addWidget(panel)
    for step in range(12):
        panel.add(step, {"colour": 1.0} | ({"identity": 0.5} if step % 3 == 0 else {}))
    assert panel.values()["identity"][1] == [0.5] * 4


def test_a_new_run_begins_without_the_last(qtbot: QtBot) -> None:
    panel = CurvePanel()
    qtbot.addWidget(panel)
    panel.add(300, {"identity": 0.5})
    panel.begin()
    for step in range(9):
        panel.add(step, {"colour": 1.0})
    panel.add(9, {"identity": 0.5})
    assert panel.values()["identity"] == ([9.0], [0.5])
