"""Distillation row by row: each row has one thing more than the one before, and rows are compared where they agree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from core.evaluation import style_ablation
from core.evaluation.style_ablation import (
    LD_ROW,
    SDS_ROW,
    AblationPlan,
    Look,
    ablated,
    ablation_part,
    ablation_rows,
    distance_at,
)
from core.progress import silent
from core.stylizers.score import Distillation
from tests.core.stylizers.test_distillation import GreenPrior
from tests.fakes import TinyGenerator

if TYPE_CHECKING:
    from core.stylizers.presets import Preset


def _looks(*pairs: tuple[float, float]) -> list[Look]:
    return [Look(step, agreement, 0.0, (distance,), (0.0,)) for step, (agreement, distance) in enumerate(pairs, 1)]


def test_each_row_has_what_its_name_says_and_what_came_before() -> None:
    rows = ablation_rows(24)
    said: dict[str, list[bool]] = {}

    def has(preset: Preset) -> list[bool]:
        single, grids = preset.single, preset.single_share < 1
        return [
            preset.control_scale > 0,
            single.score.distillation is Distillation.LIKELIHOOD,
            single.score.rank_weights is not None,
            grids,
            grids and preset.grid.upscaled_by is not None,
            single.mirror_weight > 0,
        ]

    for name, preset in rows.items():
        said[name] = has(preset)
    assert [sum(one) for one in said.values()] == list(range(7))
    for before, after in zip(list(said.values()), list(said.values())[1:], strict=False):
        assert all(later or not earlier for earlier, later in zip(before, after, strict=True))


def test_distance_is_read_between_looks_and_only_where_a_row_came_so_far() -> None:
    looks = _looks((0.2, 0.1), (0.4, 0.5))
    assert distance_at(looks, 0.1, "features") == pytest.approx(0.05)
    assert distance_at(looks, 0.3, "features") == pytest.approx(0.3)
    assert math.isnan(distance_at(looks, 0.5, "features"))


def test_the_verdict_compares_at_equal_agreement_and_says_when_it_cannot() -> None:
    plan = AblationPlan()
    apart = {SDS_ROW: _looks((0.2, 0.4)), LD_ROW: _looks((0.4, 0.4))}
    assert "keeps the person better" in ablation_part(apart, plan).remarks[-1]
    apart = {SDS_ROW: _looks((0.2, 0.1)), LD_ROW: _looks((0.4, 0.4))}
    assert "does not keep" in ablation_part(apart, plan).remarks[-1]
    apart[SDS_ROW] = _looks((-0.3, 0.9))
    assert "cannot be compared" in ablation_part(apart, plan).remarks[-1]


def test_rows_are_taught_and_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_ablation, "NEURAL_PX", 16)
    monkeypatch.setattr(style_ablation, "YAWS_DEGREES", (0.0,))
    monkeypatch.setattr(style_ablation, "SIZE_PX", 64)
    plan = AblationPlan("ink", heads=1, steps=2, looks=2, rows=(LD_ROW,))
    found, sheet = ablated(TinyGenerator(), GreenPrior(), plan, silent)
    assert [look.step for look in found[LD_ROW]] == [1, 2]
    assert all(math.isfinite(look.features + look.tones) for look in found[LD_ROW])
    assert sheet.shape == (2 * 160, 160, 3)
