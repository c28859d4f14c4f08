"""Optimisers: they find minima, break off and go on as if nothing had happened."""

from __future__ import annotations

import pytest
import torch

from core.descent import Adam, Ranger


def bowl(point: torch.Tensor) -> torch.Tensor:
    """Least at (1, -2), a hundred times as steep one way."""
    return (point - torch.tensor([1.0, -2.0])).square() @ torch.tensor([1.0, 100.0])


def test_ranger_finds_the_minimum() -> None:
    point = torch.zeros(2).requires_grad_()
    ranger = Ranger([point], (0.9, 0.99))
    for step in range(1500):
        ranger.step(bowl(point), [0.008 * (1 - step / 1500)])
    assert torch.allclose(point.detach(), torch.tensor([1.0, -2.0]), atol=0.02)


def test_ranger_looks_ahead() -> None:
    """Every sixth step goes back half of the way to where the slow weights were."""
    point = torch.zeros(2).requires_grad_()
    ranger = Ranger([point], every=6, share=0.5)
    plain = torch.zeros(2).requires_grad_()
    never = Ranger([plain], every=1000)
    for _ in range(6):
        ranger.step(bowl(point), [0.001])
        never.step(bowl(plain), [0.001])
    assert torch.allclose(point.detach(), plain.detach() / 2, atol=1e-6)


def test_ranger_does_not_trust_the_first_steps() -> None:
    """Its first move is the plain gradient's, not a step of full length whatever the slope."""
    point = torch.zeros(1).requires_grad_()
    Ranger([point], every=1000).step(1e-4 * point.sum(), [1.0])
    assert float(point.detach()) == pytest.approx(-1e-4, rel=1e-3)


@pytest.mark.parametrize("kind", [Adam, Ranger])
def test_going_on_is_as_if_there_had_been_no_break(kind: type[Adam] | type[Ranger]) -> None:
    ends = []
    for stop in (None, 5, 8):
        point = torch.zeros(2).requires_grad_()
        descent = kind([point], (0.9, 0.99))
        for step in range(14):
            if step == stop:
                moments = descent.moments()
                descent = kind([point], (0.9, 0.99))
                descent.restore(moments)
            descent.step(bowl(point), [0.01])
        ends.append(point.detach().clone())
    assert torch.equal(ends[0], ends[1])
    assert torch.equal(ends[0], ends[2])
