"""Figures: spread, targets in words, JSON there and back."""

import json
import math

from core.evaluation.figures import Cell, ModelFigures, Part


def test_a_cell_has_the_spread_of_what_could_be_measured() -> None:
    (cell,) = Cell.of("30 degrees", "LPIPS", [0.1, math.nan, 0.3], at_most=0.13)
    assert (cell.mean, cell.count) == (0.2, 2)
    assert math.isclose(cell.deviation, 0.02**0.5)
    assert cell.in_words == "0.2 ± 0.141 (target <= 0.13, missed)"
    assert Cell.of("90 degrees", "identity", [math.nan]) == ()


def test_a_target_is_reached_at_its_very_value() -> None:
    assert Cell("a", "b", 0.13, at_most=0.13).reached
    assert Cell("a", "b", 0.13).reached is None


def test_json_round_trip() -> None:
    part = Part("Title", Cell.of("a", "b", [1.0, 2.0], 1.0), ("seed 3",), {"seeds": [3], "nested": {"x": None}})
    figures = ModelFigures("Mini").with_part("kid", part)
    assert ModelFigures.from_json(json.loads(json.dumps(figures.to_json()))) == figures


def test_tables_line_up_and_leave_blanks() -> None:
    part = Part("Title", (Cell("long row", "a", 1.0), Cell("x", "b", 12345.0)), ("remark",))
    lines = part.in_words.splitlines()
    assert lines[0] == "Title"
    assert lines[1].index("a") == lines[2].index("1")
    assert lines[3].split() == ["x", "12,345"]
    assert lines[4].strip() == "remark"
