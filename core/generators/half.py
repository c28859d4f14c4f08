"""Networks whose weights are kept in half precision and computed with in full: half the memory, the same picture.

Only the layer that computes widens its own weights, for as long as it computes. Nothing else changes: names, gradients
of deltas (see `tuning`) and the mathematics stay those of the full network.
"""

from typing import Any, TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


class _Widening:
    """Comes before a module's own class: its half-precision weights are read as float32."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - Module's own signature
        value = super().__getattr__(name)  # type: ignore[misc]  # nn.Module's, which follows in every made class
        return value.float() if isinstance(value, Tensor) and value.dtype == torch.float16 else value


def halve(network: Network) -> Network:
    """Keep the network's own float32 weights in half precision, in place; it answers itself."""
    made: dict[type[nn.Module], type[nn.Module]] = {}
    for module in network.modules():
        own = {name: weight for name, weight in module._parameters.items() if weight is not None}
        for name, weight in own.items():
            if weight.dtype == torch.float32:
                module._parameters[name] = nn.Parameter(weight.detach().half(), requires_grad=False)
        if own:
            kind = type(module)
            if kind not in made:
                made[kind] = type(kind.__name__, (_Widening, kind), {"__module__": kind.__module__})
            module.__class__ = made[kind]
    return network
