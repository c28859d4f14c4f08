"""The checks of samples find what is planted and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.evaluation import samples, sheets
from core.head import Head
from core.mask import PARTS
from core.progress import silent
from core.rendering.occupancy import FieldGrid
from tests.fakes import TinyGenerator, trigrid_of

NODES, HALF = 128, 0.388


def grid(*balls: tuple[tuple[float, float, float], float], hollow: float = 0.0, part: str = "hair") -> FieldGrid:
    """Solid balls (centre, radius); the first may be hollow; all but the first wear a part."""
    axis = torch.linspace(-HALF, HALF, NODES)
    z, y, x = torch.meshgrid(axis, axis, axis, indexing="ij")
    sigma = torch.zeros(NODES, NODES, NODES)
    labels = torch.ones(NODES, NODES, NODES, dtype=torch.uint8)
    for number, (centre, radius) in enumerate(balls):
        distance = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2).sqrt()
        sigma[distance < radius] = 200
        if number:
            labels[distance < radius] = PARTS.index(part)
        elif hollow:
            sigma[distance < hollow] = 0
    return FieldGrid(sigma, torch.zeros(4, NODES, NODES, NODES), labels, (HALF, HALF, HALF))


HEAD = ((0.0, 0.0, 0.0), 0.2)


def test_a_ball_has_no_floaters() -> None:
    assert samples.floaters(grid(HEAD)) == ()


def test_a_planted_ball_is_found_with_its_volume() -> None:
    (volume,) = samples.floaters(grid(HEAD, ((0.3, 0.1, 0.0), 0.05)))
    expected = 4 / 3 * np.pi * 0.05**3 * samples.CM3_PER_UNIT3
    assert abs(volume - expected) < 0.1 * expected


def test_what_hangs_on_or_is_hidden_or_tiny_does_not_float() -> None:
    assert samples.floaters(grid(HEAD, ((0.2, 0.0, 0.0), 0.05))) == ()
    assert samples.floaters(grid(HEAD, ((0.0, 0.0, 0.0), 0.05), hollow=0.15)) == ()
    assert samples.floaters(grid(HEAD, ((0.3, 0.3, 0.0), 0.006))) == ()


def test_glasses_may_stand_off_the_head_a_little() -> None:
    near, far = ((0.0, 0.0, 0.245), 0.03), ((0.0, 0.0, 0.33), 0.03)
    assert samples.floaters(grid(HEAD, near, part="glasses")) == ()
    assert len(samples.floaters(grid(HEAD, near, part="hair"))) == 1
    assert len(samples.floaters(grid(HEAD, far, part="glasses"))) == 1


def disc(size: int = 128) -> NDArray[np.float32]:
    rows, columns = np.mgrid[:size, :size] - size / 2
    return np.asarray(np.clip(size / 3 - np.hypot(rows, columns), 0, 1), np.float32)


def test_holes() -> None:
    whole = disc()
    assert samples.holes(whole) == 0
    pierced = whole.copy()
    pierced[60:70, 60:70] = 0
    thin = whole.copy()
    thin[40:50, 74:84] = 0.7
    assert samples.holes(pierced) == 1
    assert samples.holes(np.minimum(pierced, thin)) == 2
    notched = whole.copy()
    notched[60:64] = 0
    assert samples.holes(notched) == 0, "a gap that is open to the outside is no hole"


def test_a_gap_between_two_things_is_no_hole() -> None:
    pierced = disc()
    pierced[60:70, 60:70] = 0
    labels = np.full((64, 64), PARTS.index("hair"), np.uint8)
    assert samples.holes(pierced, labels) == 1
    labels[:, :32] = PARTS.index("neck")
    assert samples.holes(pierced, labels) == 0


@pytest.mark.parametrize(
    ("front", "side", "back", "agrees"),
    [(0.4, 0.5, 0.6, True), (0.0, 0.0, 0.0, True), (0.05, 0.3, 0.5, True), (0.3, 0.4, 0.0, False), (0.3, 0, 0, False)],
)
def test_hair_on_all_sides_or_on_none(front: float, side: float, back: float, agrees: bool) -> None:
    assert samples.hair_agrees([(0, front), (72, side), (180, back), (-142, back)]) is agrees


def test_what_is_judged_and_shown_are_heads_with_their_form(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny, seeds = TinyGenerator(grid_nodes=64), []

    def gone(generator: TinyGenerator, head: Head) -> Head:
        """A form that leaves nothing to be seen."""
        assert generator is tiny
        seeds.append(head.seed)
        field = trigrid_of(head)
        return replace(head, trigrid=replace(field, planes=torch.zeros_like(field.planes)))

    for module in (samples, sheets):
        monkeypatch.setattr(module, "with_own_form", gone)
    (sample,) = samples.draw_samples(tiny, 1, silent, seed=3)
    assert max(view.alpha.max() for view in sample.views) < 0.01
    assert (sheets.samples_sheet(tiny, silent, count=1, columns=1, seed=4) == 255).all()
    assert seeds == [3, 4]


def test_a_good_head_passes_every_check(monkeypatch: pytest.MonkeyPatch) -> None:
    # the tiny generator's heads are no people
    monkeypatch.setattr(samples, "with_own_form", lambda _, head: head)
    drawn = samples.draw_samples(TinyGenerator(grid_nodes=64), 2, silent)
    part = samples.samples_part(drawn)
    assert [cell.mean for cell in part.cells if cell.row in ("floaters", "holes")] == [0, 0]
    assert [sample.seed for sample in drawn] == [0, 1]
    assert {abs(view.yaw_degrees) for view in drawn[0].views} == {0, 22, 45, 72, 105, 142, 180}
    again = samples.draw_sample(TinyGenerator(grid_nodes=64), 1)
    assert np.array_equal(again.views[3].rgb, drawn[1].views[3].rgb)
    assert "floaters" in part.in_words
