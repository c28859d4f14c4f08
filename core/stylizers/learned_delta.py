"""What a distillation learns: a change of some of a generator's weights, which Adam moves and a file keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from core.descent import Adam
from core.errors import VoltefaceError
from core.generators.tuning import weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from core.protocols import PlaneGenerator

SYNTHESIS = ("synthesis.", "backbone.synthesis.")
"""Beginnings of the names of weights that make planes."""


def weights_to_tune(generator: PlaneGenerator, only: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """The weights that a distillation moves: synthesis and super-resolution without biases and decoder.

    Args:
        generator: any.
        only: beginnings of names to which it is confined; empty is all.
    """
    tuned = dict(generator.parameters_to_tune())
    network = getattr(generator, "network", None)
    if isinstance(network, nn.Module):
        tuned |= {name: value for name, value in weights_of(network).items() if name.startswith(SYNTHESIS)}
    frozen = ("bias", "noise_strength", "noise_const")
    return {
        name: value
        for name, value in tuned.items()
        if value.is_floating_point()
        and not name.endswith(frozen)
        and not name.startswith("decoder.")
        and (not only or name.startswith(only))
    }


class LearnedDelta:
    """A change that begins as none.

    Attributes:
        leaves: what is added to each weight, by name; changed in place by `step`.
    """

    def __init__(self, weights: Mapping[str, Tensor], betas: tuple[float, float]) -> None:
        """Of weights by name, moved with Adam's betas."""
        self.leaves = {name: torch.zeros_like(value).requires_grad_() for name, value in weights.items()}
        self._adam = Adam(list(self.leaves.values()), betas)

    def step(self, loss: Tensor, rate: float) -> None:
        """One step of Adam down a scalar that depends on the leaves."""
        self._adam.step(loss, [rate] * len(self.leaves))

    def found(self) -> dict[str, Tensor]:
        """The change as it is now, in tensors of its own."""
        return {name: value.detach().clone() for name, value in self.leaves.items()}

    def state(self) -> dict[str, Tensor]:
        """What `restore` needs to go on as if there had been no break."""
        # what safetensors takes: channels-last weights and views it does not
        state = {f"delta.{name}": value.contiguous().clone() for name, value in self.found().items()}
        return state | {f"adam.{name}": value.contiguous().clone() for name, value in self._adam.moments().items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over what `state` gave, among whatever else.

        Raises:
            VoltefaceError: it is of other weights.
        """
        learned = {name.removeprefix("delta."): value for name, value in state.items() if name.startswith("delta.")}
        if {n: v.shape for n, v in learned.items()} != {n: v.shape for n, v in self.leaves.items()}:
            raise VoltefaceError("The kept state is of another distillation.", "Begin anew.")
        with torch.no_grad():
            for name, value in learned.items():
                self.leaves[name].copy_(value)
        self._adam.restore({k.removeprefix("adam."): v.clone() for k, v in state.items() if k.startswith("adam.")})
