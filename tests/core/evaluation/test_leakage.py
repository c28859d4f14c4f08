"""Leakage of a planted linear generator is the planted one."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from core.editors.attributes import Slider, Sliders
from core.evaluation import kid, leakage
from core.mask import PARTS
from core.progress import silent
from core.protocols import Generator
from tests.fakes import TinyGenerator

COUNT = len(leakage.MEASURES)


def test_planted_leakage_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure j of a head is row j of a matrix times its latent; slider i moves latent entry i."""
    planted = torch.zeros(COUNT, 8)
    for measure in range(8):
        planted[measure, measure] = 2.0
    planted[3, 0] = 0.5  # age leaks into the jaw

    def measured_head(_: Generator, latents: Tensor, __: Mapping[str, Tensor]) -> leakage.Measured:
        return dict(zip(leakage.MEASURES, (planted @ latents[0]).tolist(), strict=True))

    monkeypatch.setattr(leakage, "measured_head", measured_head)
    sliders = Sliders([Slider(name, name, {}) for name in leakage.MEASURES[:8]], torch.eye(8))
    spread = dict.fromkeys(leakage.MEASURES, 2.0)
    found = leakage.responses(TinyGenerator(), sliders, 2, spread, {}, silent)
    assert found.shape == (2, 8, COUNT)
    np.testing.assert_allclose(found[1], planted.T / 2, atol=1e-5)
    part = leakage.leakage_part(found, sliders, 10)
    cells = {(cell.row, cell.column): cell for cell in part.cells}
    assert cells["age", "jaw"].mean == pytest.approx(0.25, abs=1e-5)
    assert cells["age", "wanted"].mean == pytest.approx(1, abs=1e-5)
    assert cells["age", "leak / wanted"].mean == pytest.approx(0.25 / (COUNT - 1) ** 0.5, abs=1e-5)
    assert cells["sex", "leak / wanted"].mean == pytest.approx(0, abs=1e-5)
    response = leakage.mean_response(found, sliders.names)
    torch.testing.assert_close(response, planted[:8].T / 2, atol=1e-5, rtol=0)
    names, mix = leakage.better_mix(part)
    assert names == list(sliders.names)
    better = mix @ response
    assert abs(better[0, 3]) < 0.2 * abs(response[0, 3])


def test_what_is_never_seen_counts_as_no_change_and_is_left_out_of_tables() -> None:
    found = np.full((2, 1, COUNT), math.nan)
    found[:, 0, 0] = 1.0
    part = leakage.leakage_part(found, Sliders([Slider("age", "age", {})], torch.eye(1)), 10)
    assert {cell.column for cell in part.cells} == {"wanted", "leak / wanted", "age"}
    assert leakage.mean_response(found, ["age"]).tolist() == [[1.0]]


def test_colours_and_extents_are_read_by_labels() -> None:
    rgb = np.full((64, 64, 3), 255, np.uint8)
    labels = np.zeros((32, 32), np.uint8)
    labels[8:24, 8:24] = PARTS.index("skin")
    rgb[16:48, 16:48] = (200, 150, 120)
    back_labels = labels.copy()
    back_labels[8:20, 8:24] = PARTS.index("hair")
    back = rgb.copy()
    back[16:40, 16:48] = (90, 40, 20)
    regressor = {
        "regressor/weight": torch.zeros(1280, len(kid.REGRESSED)),
        "regressor/bias": torch.tensor([0.5, 1.0, 0.0]),
    }
    values = leakage.measured((rgb, labels), (back, back_labels), regressor)
    assert values["skin"] == pytest.approx(-float(np.array([200, 150, 120]) / 255 @ leakage.LUMINANCE))
    assert values["hair-red"] == pytest.approx(60 / 255)
    assert values["hair-length"] == pytest.approx(19 / 32)
    assert values["glasses"] == 0
    assert (values["age"], values["sex"]) == (0.5, 1.0)
    assert math.isnan(values["smile"]), "there is no face in a square"
