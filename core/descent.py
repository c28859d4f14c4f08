"""Adam (Kingma and Ba 2015) and Ranger, a few lines each.

`torch.optim` loads torch's compiler and with it Triton: seconds at the moment when the person waits for the first head,
and a crash where Mesa's OpenGL has brought its own LLVM into the process before (seen in the tests).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    Agreed = Callable[[Sequence[Tensor | None], Sequence[Tensor]], Sequence[Tensor | None]]

SMALLEST = 1e-8


def own(gradients: Sequence[Tensor | None], _parameters: Sequence[Tensor]) -> Sequence[Tensor | None]:
    """Gradients as they are: no other process has any."""
    return gradients


class _Moments:
    """What both keep: the running means of gradients and of their squares, and how to go on with them."""

    def __init__(self, parameters: Sequence[Tensor], betas: tuple[float, float], agreed: Agreed) -> None:
        self.parameters = list(parameters)
        self._betas, self._agreed = betas, agreed
        self._means = [torch.zeros_like(p) for p in self.parameters]
        self._squares = [torch.zeros_like(p) for p in self.parameters]
        self._done = 0

    def _follow(self, loss: Tensor) -> list[int]:
        """Take in the gradients of a scalar; the numbers of the parameters that have one."""
        gradients = self._agreed(torch.autograd.grad(loss, self.parameters, allow_unused=True), self.parameters)
        self._done += 1
        first, second = self._betas
        with torch.no_grad():
            for mean, square, gradient in zip(self._means, self._squares, gradients, strict=True):
                if gradient is not None:
                    mean.lerp_(gradient, 1 - first)
                    square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        return [number for number, gradient in enumerate(gradients) if gradient is not None]

    def _kept(self) -> dict[str, list[Tensor]]:
        """What is kept of each parameter, by name; the lists themselves."""
        return {"mean": self._means, "square": self._squares}

    def moments(self) -> dict[str, Tensor]:
        """What `restore` needs to go on as if there had been no break."""
        tensors = {"done": torch.tensor(self._done)}
        for name, kept in self._kept().items():
            tensors |= {f"{name}.{i}": value for i, value in enumerate(kept)}
        return tensors

    def restore(self, moments: Mapping[str, Tensor]) -> None:
        """Take over what an earlier run with the same parameters left; one whose shape changed begins anew."""
        self._done = int(moments["done"])
        for i, parameter in enumerate(self.parameters):
            if moments[f"mean.{i}"].shape == parameter.shape:
                for name, kept in self._kept().items():
                    kept[i] = moments[f"{name}.{i}"].clone().to(parameter.device)


class Adam(_Moments):
    """Moves leaf tensors against their gradients.

    Attributes:
        parameters: the tensors, changed in place by `step`.
    """

    def __init__(self, parameters: Sequence[Tensor], betas: tuple[float, float], agreed: Agreed = own) -> None:
        """With the usual numbers.

        Args:
            parameters: leaf tensors.
            betas: of the two moments.
            agreed: what is made of the gradients of the parameters before each step, such as the mean of several
                processes.
        """
        super().__init__(parameters, betas, agreed)

    def step(self, loss: Tensor, rates: Sequence[float]) -> None:
        """One step down `loss`.

        Args:
            loss: a scalar that depends on the parameters.
            rates: how far each parameter moves at most, roughly.
        """
        numbers, (first, second) = self._follow(loss), self._betas
        with torch.no_grad():
            for i in numbers:
                scale = (self._squares[i] / (1 - second**self._done)).sqrt_().add_(SMALLEST)
                self.parameters[i].addcdiv_(self._means[i], scale, value=-rates[i] / (1 - first**self._done))


class Ranger(_Moments):
    """RAdam (Liu et al. 2020) with Lookahead (Zhang et al. 2019).

    Adam that trusts its second moments only once they are known, and every few steps goes back half of the way.

    Attributes:
        parameters: the tensors, changed in place by `step`.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        betas: tuple[float, float] = (0.95, 0.999),
        *,
        every: int = 6,
        share: float = 0.5,
        agreed: Agreed = own,
    ) -> None:
        """With the usual numbers.

        Args:
            parameters: leaf tensors.
            betas: of the two moments.
            every: steps after which the slow weights follow.
            share: of the way that they go.
            agreed: as of `Adam`.
        """
        super().__init__(parameters, betas, agreed)
        self._every, self._share = every, share
        self._slow = [p.detach().clone() for p in self.parameters]

    def step(self, loss: Tensor, rates: Sequence[float]) -> None:
        """One step down `loss`, a scalar; `rates` as for `Adam`."""
        numbers, (first, second) = self._follow(loss), self._betas
        kept = second**self._done
        most = 2 / (1 - second) - 1
        known = most - 2 * self._done * kept / (1 - kept)
        # below about five observations the variance of the second moment is not finite
        rectified = known > 5
        factor = math.sqrt((known - 4) * (known - 2) * most / ((most - 4) * (most - 2) * known)) if rectified else 1.0
        with torch.no_grad():
            for i in numbers:
                parameter, move = self.parameters[i], -rates[i] * factor / (1 - first**self._done)
                if rectified:
                    scale = (self._squares[i] / (1 - kept)).sqrt_().add_(SMALLEST)
                    parameter.addcdiv_(self._means[i], scale, value=move)
                else:
                    parameter.add_(self._means[i], alpha=move)
            if self._done % self._every == 0:
                for parameter, slow in zip(self.parameters, self._slow, strict=True):
                    parameter.copy_(slow.lerp_(parameter, self._share))

    def _kept(self) -> dict[str, list[Tensor]]:
        return {**super()._kept(), "slow": self._slow}
