"""Figures of styles: what is known is not measured again, and the table says what the records say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.evaluation.held_out import HeldOutHead, TrueView
from core.evaluation.style import AGREEMENT, PEOPLE, PLAIN, REFERENCE_SEED, StylePlan, evaluate_style
from core.evaluation.style_log import StyledHead, StyleLog
from core.evaluation.style_measures import outline_overlap
from core.progress import silent
from core.stylizers.drawn_packs import drawn_pack
from tests.fakes import TinyGenerator

if TYPE_CHECKING:
    from pathlib import Path

    from core.evaluation.figures import Cell, Part


def _features(which: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.full((4,), which), 1280).float() + 0.01 * torch.rand(4, 1280)


def _fill(log: StyleLog) -> None:
    for number, name in enumerate((PLAIN, "ink", "oil")):
        log.add(StyledHead(-REFERENCE_SEED, name, features=_features(number)))
        for head, place in ((3, 0.0), (7, 1.0)):
            figures = {} if name == PLAIN else {"identity": (0.25, 0.5), "depth": (0.0,)}
            closer = 0.5 if name == "oil" else 1.0
            embedding = torch.zeros(128) + closer * place
            log.add(StyledHead(head, name, figures, _features(1 if name == "ink" else 0), embedding))


def _figures(part: Part) -> dict[tuple[str, str], Cell]:
    return {(cell.row, cell.column): cell for cell in part.cells}


def test_what_is_known_is_read_and_not_measured_again(tmp_path: Path) -> None:
    _fill(StyleLog(tmp_path / "log.jsonl", "plan"))
    with (tmp_path / "log.jsonl").open("a") as stream:
        stream.write('{"about": "plan", "head": 3}\nnot json\n')
    blank = TrueView(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8), Camera.orbit())
    truths = [HeldOutHead(seed, {0: blank}) for seed in (3, 7)]
    generator = TinyGenerator()
    packs = [drawn_pack(name, generator.info.name) for name in ("ink", "oil")]
    log = StyleLog(tmp_path / "log.jsonl", "plan")
    part = evaluate_style(generator, packs, truths, StylePlan(heads=2, references=1), log, silent)
    cells = _figures(part)
    assert cells["ink", "identity"].mean == pytest.approx(0.375)
    assert cells["ink", "identity"].reached
    assert cells["ink", AGREEMENT].mean == 1
    assert cells["oil", AGREEMENT].mean == 0
    assert cells["ink", PEOPLE].mean == pytest.approx(1, abs=0.01)
    assert cells["oil", PEOPLE].mean == pytest.approx(0.5, abs=0.01)
    assert not cells["oil", PEOPLE].reached
    assert StyleLog(tmp_path / "log.jsonl", "another plan").known(3, "ink") is None


def test_the_overlap_of_figures_passes_over_white_within() -> None:
    one = np.full((20, 20, 3), 255, np.uint8)
    one[4:16, 4:16] = 90
    other = one.copy()
    other[8:12, 8:12] = 255
    assert outline_overlap(one, other) == 1
    other = one.copy()
    other[:, 10:] = 255
    assert outline_overlap(one, other) == pytest.approx(0.5)


def test_a_white_shirt_that_the_picture_ends_is_no_hole_in_a_figure() -> None:
    one = np.full((20, 20, 3), 255, np.uint8)
    one[4:, 4:16] = 90
    other = one.copy()
    other[10:, 5:15] = 255
    assert outline_overlap(one, other) == 1
    other[10:, 4] = 255
    assert outline_overlap(one, other) < 0.7
