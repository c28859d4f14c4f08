"""Which weights a distillation moves, and that what it learned can be put away and taken up again."""

from __future__ import annotations

import pytest
import torch

from core.errors import VoltefaceError
from core.stylizers.learned_delta import LearnedDelta, weights_to_tune
from tests.fakes import TinyGenerator

BETAS = (0.9, 0.99)


def test_biases_stay_frozen() -> None:
    class Biased(TinyGenerator):
        def parameters_to_tune(self) -> dict[str, torch.Tensor]:
            return super().parameters_to_tune() | {"layer.bias": torch.zeros(3), "decoder.net": torch.zeros(3)}

    assert weights_to_tune(Biased()).keys() == TinyGenerator().parameters_to_tune().keys()
    assert weights_to_tune(Biased(), ("sk",)).keys() == {"skin"}


def test_what_was_learned_of_other_weights_is_refused() -> None:
    kept = LearnedDelta({"a": torch.zeros(3)}, BETAS).state()
    for weights in ({"b": torch.zeros(3)}, {"a": torch.zeros(4)}, {"a": torch.zeros(3), "b": torch.zeros(3)}):
        with pytest.raises(VoltefaceError, match="another distillation"):
            LearnedDelta(weights, BETAS).restore(kept)


def test_a_change_goes_on_with_its_momentum() -> None:
    def stepped(learned: LearnedDelta, count: int) -> LearnedDelta:
        for _ in range(count):
            learned.step((learned.leaves["a"] - 1).square().sum(), 0.1)
        return learned

    weights = {"a": torch.zeros(2, 3)}
    other = LearnedDelta(weights, BETAS)
    other.restore(stepped(LearnedDelta(weights, BETAS), 3).state())
    assert torch.equal(stepped(other, 4).found()["a"], stepped(LearnedDelta(weights, BETAS), 7).found()["a"])
