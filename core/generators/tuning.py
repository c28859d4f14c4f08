"""Weights that differ from a shared network by a delta, without copying or changing the network."""

import copy
from collections.abc import Mapping
from typing import TypeVar

from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


def tuned_network(network: Network, delta: Mapping[str, Tensor]) -> Network:
    """A network whose named weights are this one's plus `delta`; it shares all others with it.

    Differentiable: a loss on the tuned network flows into `delta`. Names that are no weight are ignored, because a
    head's delta may speak of other things, such as its planes.
    """
    weights = weights_of(network)
    # told that every tensor is its own copy, deepcopy copies the structure alone
    tuned = copy.deepcopy(network, {id(tensor): tensor for tensor in (*weights.values(), *network.buffers())})
    for name in delta.keys() & weights.keys():
        path, _, leaf = name.rpartition(".")
        owner = tuned.get_submodule(path)
        # a plain attribute in the parameter's place keeps the graph that a Parameter would cut
        owner._parameters.pop(leaf, None)
        setattr(owner, leaf, weights[name] + delta[name].to(weights[name].device))
    return tuned


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """All weights by name, those of a tuned network included."""
    found: dict[str, Tensor] = {}
    for path, module in network.named_modules():
        prefix = f"{path}." if path else ""
        own = {name: value for name, value in module.__dict__.items() if isinstance(value, Tensor)}
        own |= {name: value for name, value in module._parameters.items() if value is not None}
        found |= {prefix + name: value for name, value in own.items()}
    return found
