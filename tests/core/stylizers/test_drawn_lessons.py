"""What a prior drew is learned by the super-resolution, and stopping in between changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from core.errors import VoltefaceError
from core.progress import Progress, silent
from core.stylizers.drawn_lessons import LessonDistiller, LessonRecipe
from tests.core.stylizers.test_distillation import GreenPrior
from tests.fakes import TinyGenerator

if TYPE_CHECKING:
    from collections.abc import Mapping

SMALL = LessonRecipe(views=3, draw_steps=2, iterations=6, rate=0.05, perceptual=0.0, neural_px=8, samples=(8, 8))


class Paintable(TinyGenerator):
    """Its skin is what its super-resolution says."""

    def parameters_to_tune(self) -> dict[str, torch.Tensor]:
        return {f"upscaler.{name}": value for name, value in super().parameters_to_tune().items()}

    def tuned(self, delta: Mapping[str, torch.Tensor]) -> TinyGenerator:
        return super().tuned({name.removeprefix("upscaler."): value for name, value in delta.items()})


def distiller(recipe: LessonRecipe = SMALL, prior: GreenPrior | None = None) -> LessonDistiller:
    return LessonDistiller(Paintable(), prior or GreenPrior(), "green", recipe, seed=3)


def test_what_is_learned_comes_nearer_to_the_drawings() -> None:
    told: list[Progress] = []
    distiller(replace(SMALL, iterations=12, rate=0.4)).run(told.append)
    learning = [progress.values["difference"] for progress in told if progress.values]
    assert len(told) == 3 + 12
    assert sum(learning[-3:]) < 0.95 * sum(learning[:3])


def test_it_goes_on_as_if_there_had_been_no_break() -> None:
    whole, first, second = distiller(), distiller(), distiller()
    whole.run(silent)
    first.run(silent, until=2)
    second.restore(first.state())
    found = second.run(silent)
    assert all(torch.equal(found[name], value) for name, value in whole.delta.items())
    assert any(bool(value.any()) for value in found.values())


def test_pictures_that_are_none_stop_it_with_a_sentence() -> None:
    with pytest.raises(VoltefaceError, match="no picture"):
        distiller(prior=GreenPrior(broken=True)).run(silent)
