"""Processes that train together: halves of a batch lead where the whole batch leads, and one alone changes nothing.

The processes are threads here, whose mean a barrier makes; two real ones, started by `accelerate launch`, would take as
long as importing torch twice.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
import torch
from torch import nn

from core.descent import Adam, Ranger
from core.training import crew
from core.training.crew import ALONE, Crew, gathered_crew, placed
from core.trigrid import Trigrid


class Meeting:
    """Makes means as accelerate does."""

    def __init__(self, count: int) -> None:
        self._brought: dict[int, torch.Tensor] = {}
        self._barrier = threading.Barrier(count)

    def reduce(self, whole: torch.Tensor, reduction: str) -> torch.Tensor:
        assert reduction == "mean"
        self._brought[threading.get_ident()] = whole
        self._barrier.wait()
        mean = torch.stack(list(self._brought.values())).mean(0)
        self._barrier.wait()
        return mean


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2), nn.Linear(2, 2))


def trained(kind: type[Adam] | type[Ranger], own: Crew, learner: nn.Sequential) -> torch.Tensor:
    """Weights after a few steps on this process's share of each batch; the last layer is of no use."""
    parameters = list(learner.parameters())
    descent = kind(parameters, (0.9, 0.99), agreed=own.agreed)
    for batch in torch.randn(8, 6, 3, generator=torch.Generator().manual_seed(0)):
        mine = batch.chunk(own.count)[own.number]
        descent.step(learner[:3](mine).square().mean(), [0.05] * len(parameters))
    return torch.cat([x.detach().flatten() for x in parameters])


@pytest.mark.parametrize("kind", [Adam, Ranger])
def test_halves_of_a_batch_lead_where_the_whole_leads(kind: type[Adam] | type[Ranger]) -> None:
    meeting, learners = cast("Any", Meeting(2)), [network(), network()]
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(lambda n: trained(kind, Crew(n, 2, accelerator=meeting), learners[n]), range(2)))
    whole = trained(kind, ALONE, network())
    assert torch.equal(ends[0], ends[1])
    assert torch.allclose(ends[0], whole, atol=1e-5)
    begun = torch.cat([x.detach().flatten() for x in network().parameters()])
    assert not torch.allclose(whole, begun, atol=0.01)


def test_one_alone_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(crew.LAUNCHED, raising=False)
    assert gathered_crew() is ALONE
    gradients = [torch.ones(2), None]
    assert ALONE.agreed(gradients, [torch.zeros(2), torch.zeros(1)]) is gradients
    assert (ALONE.share(40), ALONE.seeds, ALONE.is_first) == (40, (), True)


def test_values_are_placed_with_all_that_is_in_them() -> None:
    head = Trigrid(torch.zeros(3, 2, 1, 4, 4), box_side=0.8)
    there, (also, word) = placed((head, (torch.zeros(2), "word")), torch.device("meta"))
    assert there.planes.is_meta
    assert also.is_meta
    assert (there.box_side, word) == (0.8, "word")
    assert placed(head, crew.PROCESSOR) is head
