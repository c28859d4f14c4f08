"""The table of inversions: every row of the methods, folders that are wrong, views in one frame, resuming."""

from __future__ import annotations

import json
import math
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from core.errors import VoltefaceError
from core.evaluation import inversion, inversion_methods, inversion_views, rear_check
from core.evaluation.inversion import InversionRow, figures_of, row_to_json, rows_from_json
from core.evaluation.inversion_methods import (
    DUAL,
    ENCODER,
    FAITHFUL,
    MIXED,
    ONE_CODE,
    PIVOTAL,
    PUBLISHED,
    WORN,
    Wanted,
    checked_methods,
)
from core.exporters.options import LIFE_SIZE_MM
from core.progress import silent
from tests.core.evaluation.test_reconstruction import tiny_truth
from tests.fakes import TinyGenerator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.progress import Report


def row(head: str, method: str, lpips: float, *, rear: bool = False) -> InversionRow:
    values = {"lpips": {0: lpips, 180: 2 * lpips}, "identity": {0: math.nan}}
    return InversionRow(head, method, 0.5, rear, values)


@pytest.mark.slow
@pytest.mark.usefixtures("asked")
def test_one_pass_rows_of_a_known_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rear_check, "REAR_YAWS_DEGREES", (180,))
    # it has no code, and nothing is installed for it
    wanted = Wanted(methods=(ONE_CODE, ENCODER, FAITHFUL, MIXED, PUBLISHED, DUAL))
    rows = inversion.held_out_rows(TinyGenerator(grid_nodes=64), tiny_truth(), wanted, silent)
    assert [r.method for r in rows] == [ENCODER, FAITHFUL, MIXED, DUAL, DUAL + WORN]
    assert all(set(r.values["lpips"]) == {0, 90} for r in rows)
    assert all(r.seconds > 0 for r in rows)
    by_method = {r.method: r.values["psnr"][0] for r in rows}
    assert by_method[DUAL + WORN] > 20  # it wears the photo itself
    assert rows_from_json(json.loads(json.dumps([row_to_json(r) for r in rows])))[0].method == ENCODER


def test_a_surface_half_a_unit_off() -> None:
    true = np.zeros((8, 8), np.float32)
    true[2:, 2:] = 2.5
    near = np.full((4, 4), 3.0, np.float32)
    assert inversion.surface_off_mm(near, true) == pytest.approx(0.5 * LIFE_SIZE_MM)
    assert math.isnan(inversion.surface_off_mm(np.zeros((4, 4), np.float32), true))


def test_the_table_has_mean_and_spread() -> None:
    rows = [row("19", DUAL, 0.1), row("39", DUAL, 0.2, rear=True), row("19", PIVOTAL, 0.05)]
    figures = figures_of("Title", rows, ["skipped x"])
    cells = {(c.row, c.column): c for c in figures.parts["lpips"].cells}
    assert cells[DUAL, "0 degrees"].mean == pytest.approx(0.15)
    assert cells[DUAL, "0 degrees"].count == 2
    assert cells[DUAL, "0 degrees"].reached is False
    assert list(dict.fromkeys(c.row for c in figures.parts["lpips"].cells)) == [PIVOTAL, DUAL]  # the table's order
    rear = {c.row: c.mean for c in figures.parts["cost"].cells if "behind" in c.column}
    assert rear[DUAL] == 0.5
    assert "identity" not in figures.parts  # nobody saw a face
    assert "skipped x" in figures.in_words


def test_nothing_measured_is_a_sentence() -> None:
    with pytest.raises(VoltefaceError, match="Nothing could be measured"):
        figures_of("Title", [], [])


def test_known_rows_are_not_measured_again() -> None:
    asked: list[tuple[int, tuple[str, ...]]] = []

    def measure(number: int, wanted: Wanted, report: Report) -> list[InversionRow]:
        del report
        asked.append((number, wanted.methods))
        if number == 2:
            raise VoltefaceError("No face.", "Take another.")
        return [row(str(number), name, 0.3) for name in wanted.methods]

    kept: list[Sequence[InversionRow]] = []
    known = [row("0", DUAL, 0.1), row("0", ENCODER, 0.1), row("1", DUAL, 0.1)]
    wanted = Wanted(methods=(ENCODER, DUAL))
    cases = {str(number): partial(measure, number) for number in range(3)}
    rows, remarks = inversion.evaluated(cases, wanted, silent, known, kept.append)
    assert asked == [(1, (ENCODER,)), (2, (ENCODER, DUAL))]
    assert len(rows) == 4
    assert len(kept) == 1
    assert remarks == ["skipped 2: No face. Take another."]


def test_methods_are_checked() -> None:
    with pytest.raises(VoltefaceError, match="There is no method 'magic'"):
        checked_methods(["magic"])
    assert checked_methods([DUAL, ENCODER]) == (ENCODER, DUAL)


def test_folders_without_branches(tmp_path: Path) -> None:
    assert inversion_methods.ablations_in(None) == ()
    with pytest.raises(VoltefaceError, match="no dual encoders"):
        inversion_methods.ablations_in(tmp_path)


def picture(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), np.full((32, 32, 3), 200, np.uint8))


def test_views_with_their_cameras(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / "ann" / f"{number:03d}.png")
    cameras = tmp_path / "ann" / "cameras.json"
    cameras.write_text(json.dumps({"000": {"yaw": 40}, "001.png": {"yaw": 350, "pitch": 5}, "002": {"yaw": 180}}))
    (views,) = map(inversion_views.view_set, inversion_views.view_places(tmp_path))
    assert views.name == "ann"
    assert [view.yaw_degrees for view in views.views] == [40, -10, -180]
    assert views.front.path.name == "001.png"
    cameras.write_text(json.dumps([{"yaw": 0}, {"yaw": 90}, {"yaw": -90}]))
    assert inversion_views.view_set(tmp_path / "ann").front.path.name == "000.png"


@pytest.mark.parametrize(
    ("cameras", "sentence"),
    [
        (None, "has no cameras.json"),
        ("{", "cannot be read"),
        ("3", "holds no cameras"),
        ('[{"yaw": 0}]', "has 1 cameras for 2 pictures"),
        ('{"000": {"yaw": 0}}', "fewer than two"),
        ('{"000": {"yaw": 0}, "nine": {"yaw": 1}}', "speaks of nine"),
        ('{"000": {"yaw": 0}, "001": {"pitch": 1}}', "camera without a yaw"),
        ('{"000": {"yaw": 0}, "001": {"yaw": "x"}}', "camera without a yaw"),
        ('{"000": {"yaw": 0}, "001": {"yaw": 5, "pitch": 95}}', "5 and 95 degrees"),
        ('{"000": {"yaw": 0}, "001": 7}', "camera without a yaw"),
    ],
)
def test_bad_views_are_a_sentence(tmp_path: Path, cameras: str | None, sentence: str) -> None:
    for name in ("000", "001"):
        picture(tmp_path / "bob" / f"{name}.png")
    if cameras is not None:
        (tmp_path / "bob" / "cameras.json").write_text(cameras)
    with pytest.raises(VoltefaceError, match=sentence):
        inversion_views.view_set(tmp_path / "bob")


def test_folders_that_are_no_views(tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="There is no folder"):
        inversion_views.view_places(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(VoltefaceError, match="There are no heads"):
        inversion_views.view_places(tmp_path)


@pytest.mark.parametrize("data", [[{"head": "1"}], [3], [{"head": "1", "method": "a", "values": 3}]])
def test_rows_that_nobody_wrote(data: list[dict[str, object]]) -> None:
    with pytest.raises(VoltefaceError, match="earlier run"):
        rows_from_json(data)
