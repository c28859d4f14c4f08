"""Adam (Kingma and Ba 2015), a few lines long.

`torch.optim` loads torch's compiler and with it Triton: seconds at the moment when the person waits for the first head,
and a crash where Mesa's OpenGL has brought its own LLVM into the process before (seen in the tests).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

SMALLEST = 1e-8


class Adam:
    """Moves leaf tensors against their gradients.

    Attributes:
        parameters: the tensors, changed in place by `step`.
    """

    def __init__(self, parameters: Sequence[Tensor], betas: tuple[float, float]) -> None:
        self.parameters = list(parameters)
        self._betas = betas
        self._means = [torch.zeros_like(p) for p in self.parameters]
        self._squares = [torch.zeros_like(p) for p in self.parameters]
        self._done = 0

    def step(self, loss: Tensor, rates: Sequence[float]) -> None:
        """One step down `loss`.

        Args:
            loss: a scalar that depends on the parameters.
            rates: how far each parameter moves at most, roughly.
        """
        gradients = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        self._done += 1
        first, second = self._betas
        with torch.no_grad():
            for i, (parameter, gradient) in enumerate(zip(self.parameters, gradients, strict=True)):
                if gradient is None:
                    continue
                self._means[i].lerp_(gradient, 1 - first)
                self._squares[i].mul_(second).addcmul_(gradient, gradient, value=1 - second)
                scale = (self._squares[i] / (1 - second**self._done)).sqrt_().add_(SMALLEST)
                parameter.addcdiv_(self._means[i], scale, value=-rates[i] / (1 - first**self._done))

    def moments(self) -> dict[str, Tensor]:
        """What `restore` needs to go on as if there had been no break."""
        tensors = {"done": torch.tensor(self._done)}
        tensors |= {f"mean.{i}": mean for i, mean in enumerate(self._means)}
        return tensors | {f"square.{i}": square for i, square in enumerate(self._squares)}

    def restore(self, moments: Mapping[str, Tensor]) -> None:
        """Take over the moments of an earlier run with the same parameters; one whose shape changed begins anew."""
        self._done = int(moments["done"])
        for i, parameter in enumerate(self.parameters):
            if moments[f"mean.{i}"].shape == parameter.shape:
                self._means[i], self._squares[i] = moments[f"mean.{i}"], moments[f"square.{i}"]
