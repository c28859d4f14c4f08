"""Figures of edits: laws of the comparisons, and one pair of the tiny generator from end to end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.edit import Recolour
from core.editors.fold import Folder
from core.errors import VoltefaceError
from core.evaluation import edit_pairs, edited_views, editing
from core.evaluation.edit_pairs import Pair, sampled_pairs
from core.evaluation.edit_record import NAIVE, WHOLE
from core.evaluation.edited_views import Outline, compared, left_of, views_of, where_worn
from core.evaluation.editing import REMOVAL, Plan, evaluate_editing, taking
from core.evaluation.figures import Cell, ModelFigures, Part
from core.evaluation.pair_log import PairLog
from core.frame import Frame, Quality
from core.grafted_field import Fit
from core.mask import PARTS
from core.progress import silent
from core.rendering.eyewear import with_eyewear
from tests.core.glasses import pair_of_glasses
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", autouse=True)
def few_views() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edited_views, "YAWS_DEGREES", (0, 180))
        patch.setattr(edit_pairs, "MOST_TRIES", 2)
        yield


PAIRS = (Pair(tiny_head(1), tiny_head(2), (1, 2)), Pair(tiny_head(3), replace(tiny_head(2), generator="mini"), (3, 4)))
"""One that can be measured, and one that is refused."""


@pytest.fixture(scope="module")
def log_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "pairs.jsonl"


@pytest.fixture(scope="module")
def measured(few_views: None, log_path: Path) -> Part:
    """What is said of both pairs, which the log has."""
    del few_views
    log = PairLog(log_path, "tiny")
    return taking(TinyGenerator(grid_nodes=64), "hair", PAIRS, "two pairs", 1, silent, log=log)


def test_the_camera_of_a_fit_sees_a_point_where_it_is_worn() -> None:
    camera, fit = Camera.orbit(0.6, 0.2), Fit(1.1, (0.02, -0.03, 0.01))
    points = np.random.default_rng(0).uniform(-0.2, 0.2, (20, 3))
    worn, _ = camera.project(points * fit.scale + np.array(fit.shift))
    seen, _ = where_worn(camera, fit).project(points)
    np.testing.assert_allclose(seen, worn, atol=1e-9)


def test_no_edit_changes_nothing_and_a_head_wears_its_own_part() -> None:
    views = views_of(TinyGenerator(grid_nodes=64), tiny_head(1))
    change = compared(views, views, views, "hair", pairs=(pair_of_glasses(), None))
    assert change.ssim == pytest.approx(1, abs=1e-5)
    assert change.squared == 0
    assert change.lpips == pytest.approx(0, abs=1e-6)
    assert change.iou == 1
    assert left_of(views, views, "hair") == 1


def test_what_leaks_out_of_an_edit_is_told_and_what_stays_inside_is_not() -> None:
    tiny, head = TinyGenerator(grid_nodes=64), tiny_head(1)
    blue = Folder(tiny, head, {}).folded((Recolour(key="1", part="hair", rgb=(0.1, 0.2, 0.9)),))
    before, after = views_of(tiny, head), views_of(tiny, blue)
    as_hair, as_eyes = (compared(before, after, before, part) for part in ("hair", "eyes"))
    assert as_eyes.squared > 10 * as_hair.squared
    assert as_eyes.ssim_on_head < as_eyes.ssim < 1
    assert as_hair.ssim > 0.99
    assert as_hair.lpips > as_eyes.lpips


@pytest.mark.slow
def test_a_pair_gives_rows_for_the_steps_and_for_the_whole_edit(measured: Part) -> None:
    rows = list(dict.fromkeys(cell.row for cell in measured.cells))
    assert rows[:3] == [NAIVE, "+ fitted", WHOLE]
    cells = {(cell.row, cell.column): cell for cell in measured.cells}
    assert cells[WHOLE, "label IoU"].mean > 0.5
    assert cells[WHOLE, "SSIM outside"].at_least == 0.98
    assert cells[NAIVE, "SSIM outside"].reached is None
    assert cells["first picture", "of work"].mean > 0
    assert len(measured.details["pairs"]) == 3


def test_what_was_measured_of_pairs_is_not_measured_again(
    measured: Part, log_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny, log = TinyGenerator(grid_nodes=64), PairLog(log_path, "tiny")
    with log_path.open("a") as stream:
        stream.write("{ cut sh\n")
    known = log.records("hair")
    assert [record.names for record in known] == [(1, 2), (3, 4)]
    assert log.records("nose") == PairLog(log_path, "other").records("hair") == []
    monkeypatch.setattr(editing, "recorded", None)
    again = taking(tiny, "hair", [], "two pairs", 1, silent, known=known)
    assert again.cells == measured.cells
    assert again.remarks == measured.remarks
    left = sampled_pairs(tiny, "hair", 3, 1, silent, [record.names for record in known])
    assert [pair.names for pair in left] == [(5, 6)]


def test_a_refused_pair_is_left_out_and_named(measured: Part) -> None:
    assert "4 on 3: The reference was made with mini" in measured.in_words
    with pytest.raises(VoltefaceError, match="No hair could be taken"):
        taking(TinyGenerator(grid_nodes=64), "hair", PAIRS[1:], "one pair", 0, silent)


def test_pairs_are_seeded() -> None:
    twice = [list(sampled_pairs(TinyGenerator(grid_nodes=64), "hair", 2, 5, silent)) for _ in range(2)]
    assert [pair.names for pair in twice[0]] == [(5, 6), (7, 8)]
    for a, b in zip(*twice, strict=True):
        assert torch.equal(a.reference.latents, b.reference.latents)
    with pytest.raises(VoltefaceError, match="None of 2 random heads shows glasses"):
        list(sampled_pairs(TinyGenerator(grid_nodes=64), "glasses", 1, 5, silent))


def test_finished_parts_are_kept_and_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[ModelFigures] = []
    monkeypatch.setattr(editing, "taking", lambda _generator, part, *_, **_known: Part(part, ()))
    plan = Plan(parts=("nose", REMOVAL), pairs=1)
    with pytest.raises(VoltefaceError, match="Nothing can be taken off"):
        evaluate_editing(TinyGenerator(grid_nodes=64), plan, silent, keep=kept.append)
    assert list(kept[-1].parts) == ["nose"]
    monkeypatch.setattr(editing, "taking", lambda *_, **_known: pytest.fail("measured again"))
    figures = evaluate_editing(TinyGenerator(grid_nodes=64), replace(plan, parts=("nose",)), silent, known=kept[-1])
    assert figures.parts == kept[-1].parts


def test_a_target_may_be_a_least() -> None:
    (reached,), (missed,) = (Cell.of("row", "IoU", values, at_least=0.8) for values in ([0.9, 0.8], [0.7]))
    assert reached.reached is True
    assert "target >= 0.8)" in reached.in_words
    assert missed.in_words.endswith("(target >= 0.8, missed)")


def test_lenses_belong_to_glasses_and_what_hair_hides_is_not_counted() -> None:
    depth = np.full((128, 128), Camera.orbit().radius - 0.2, np.float32)
    labels = np.full((128, 128), PARTS.index("skin"), np.uint8)
    wall = np.full((256, 256, 3), 180, np.uint8)
    bare = Frame(wall, np.ones((256, 256), np.float32), depth, labels, Camera.orbit(), Quality.NEAR)
    pair = pair_of_glasses()
    worn = with_eyewear(bare, pair)
    outline = Outline.of(worn, pair, "glasses")
    assert outline.whole.sum() > 1.5 * outline.drawn.sum()
    assert (outline.whole | ~outline.drawn).all()
    assert worn.labels is not None
    hidden = replace(worn, labels=np.where(np.arange(128) < 64, np.uint8(PARTS.index("hair")), worn.labels))
    half = compared({0: bare}, {0: worn}, {0: hidden}, "glasses")
    assert half.iou == 1
    assert half.plain_iou == pytest.approx(0.5, abs=0.05)
