"""Planes that read as wanted: nothing to do is nothing done, and more steps come nearer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import torch

from core.editors.regressed_planes import regressed_planes
from core.errors import Cancelled
from tests.fakes import BOX_SIDE, TinyGenerator

if TYPE_CHECKING:
    from core.trigrid import Trigrid

POINTS = (torch.rand(6000, 3, generator=torch.Generator().manual_seed(0)) - 0.5) * BOX_SIDE


@dataclass(frozen=True)
class Halves:
    """One head above, another below: no trigrid reads like this."""

    upper: Trigrid
    lower: Trigrid
    box_side: float = BOX_SIDE

    @property
    def device(self) -> torch.device:
        return self.upper.device

    def sample(self, points: torch.Tensor) -> torch.Tensor:
        return torch.where(points[:, 1:2] > 0, self.upper.sample(points), self.lower.sample(points))

    def to(self, device: torch.device | str) -> Halves:
        del device
        return self

    def detached(self) -> Halves:
        return self


def head(seed: int) -> Trigrid:
    tiny = TinyGenerator()
    return tiny.trigrid(tiny.latents(torch.randn(1, 16, generator=torch.Generator().manual_seed(seed)))[0])


def test_a_field_that_is_read_already_changes_nothing() -> None:
    planes, left = regressed_planes(head(1), head(1), POINTS)
    assert planes == head(1)
    assert left == 0


def test_another_trigrid_is_reached() -> None:
    planes, left = regressed_planes(head(2), head(1), POINTS, steps=30)
    assert left < 1e-3
    error = (planes.sample(POINTS) - head(2).sample(POINTS)).square().sum()
    before = (head(1).sample(POINTS) - head(2).sample(POINTS)).square().sum()
    assert float(error / before) == pytest.approx(left, abs=1e-4)


def test_more_steps_come_nearer() -> None:
    wanted = Halves(head(1), head(2))
    lefts = [regressed_planes(wanted, head(1), POINTS, steps=steps)[1] for steps in (0, 2, 6)]
    assert lefts[0] == 1
    assert lefts[0] > lefts[1] > lefts[2]


def test_points_without_weight_do_not_count() -> None:
    upper = (POINTS[:, 1] > 0).float()
    planes, left = regressed_planes(Halves(head(1), head(2)), head(1), POINTS, upper)
    assert planes == head(1)
    assert left == 0


def test_coarse_changes_leave_fine_detail() -> None:
    planes, _ = regressed_planes(head(2), head(1), POINTS, cells=8)
    change = (planes.planes - head(1).planes).flatten(0, 2)
    assert change.abs().max() > 0
    rough = change.diff(dim=-1).diff(dim=-1).abs().mean()
    assert rough < 0.2 * change.abs().mean()


def test_it_can_be_cancelled() -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        regressed_planes(head(2), head(1), POINTS, stale=stop)
