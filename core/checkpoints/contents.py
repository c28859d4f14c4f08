"""The networks in a file: their tensors under the names of a state dict, and what the file says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.checkpoints.inert import Holder, StoredTensor
from core.checkpoints.plain import facts_of
from core.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEEPEST_MODULE, DEEPEST_DICT = 64, 4
MOST_TENSORS = 100_000
FACTS = ("init_kwargs", "rendering_kwargs", "neural_rendering_resolution", "opts", "opt", "args", "config")
"""Entries beside a network that tell of it."""


@dataclass(frozen=True, eq=False)
class FoundNetwork:
    """One network of a file.

    Attributes:
        place: where in the file it is, such as "G_ema" or "state_dict"; empty for a bare state dict.
        tensors: by the name of a state dict.
        facts: what the file says of it, JSON: "class_name", "init_kwargs", "rendering_kwargs",
            "neural_rendering_resolution", "plane_axes", "opts".
        loose: tensors beside the network, such as "latent_avg".
    """

    place: str
    tensors: Mapping[str, StoredTensor]
    facts: Mapping[str, Any]
    loose: Mapping[str, StoredTensor]

    @property
    def size_bytes(self) -> int:
        """Bytes of all its tensors."""
        return sum(tensor.size_bytes for tensor in self.tensors.values())


def networks_in(root: object) -> tuple[FoundNetwork, ...]:
    """Every network of a file, in its order.

    Raises:
        CheckpointError: there is none, or it is nested without end.
    """
    found = tuple(_networks(root, "", {}, 0))
    if not found:
        raise CheckpointError(
            "The file holds no network: no module and no dict of tensors.", "Is it a checkpoint of a model?"
        )
    return found


def joined(networks: Sequence[FoundNetwork]) -> FoundNetwork:
    """One network whose tensors stood in several files."""
    tensors = {name: tensor for network in networks for name, tensor in network.tensors.items()}
    facts = {name: fact for network in networks for name, fact in network.facts.items()}
    return FoundNetwork("", tensors, facts, {})


def _networks(node: object, place: str, facts: Mapping[str, Any], depth: int) -> Iterator[FoundNetwork]:
    if depth > DEEPEST_DICT:
        return
    if isinstance(node, Holder):
        if _is_module(node):
            yield FoundNetwork(place, _of_module(node), {**facts, **_facts_of_module(node)}, {})
        return
    if not isinstance(node, dict):
        return
    tensors = {key: value for key, value in node.items() if isinstance(key, str) and isinstance(value, StoredTensor)}
    below = {key: value for key, value in node.items() if isinstance(key, str) and isinstance(value, dict | Holder)}
    facts = {**facts, **_facts_beside(node)}
    inner = [
        network
        for key, value in below.items()
        if key not in FACTS
        for network in _networks(value, f"{place}.{key}".strip("."), facts, depth + 1)
    ]
    if len(inner) > MOST_TENSORS:
        raise CheckpointError("The file is nested without end.", "It was not opened.")
    if tensors and not inner:
        yield FoundNetwork(place, tensors, facts, {})
    elif tensors and len(tensors) > len(inner) and any("." in name for name in tensors):
        # a state dict among whose names stand dicts
        yield FoundNetwork(place, tensors, facts, {})
        yield from inner
    else:
        for network in inner:
            yield FoundNetwork(network.place, network.tensors, network.facts, {**tensors, **network.loose})


def _facts_beside(node: dict[object, object]) -> dict[str, Any]:
    """What a dict says of the networks in it."""
    facts = {key: facts_of(node[key]) for key in FACTS if key in node and not isinstance(node[key], StoredTensor)}
    for other in ("opt", "args"):
        if "opts" not in facts and isinstance(facts.get(other), dict):
            facts["opts"] = facts[other]
    notes = node.get("__metadata__")
    if isinstance(notes, dict):
        facts |= {key: facts_of(value) for key, value in notes.items() if key in FACTS or key == "plane_axes"}
    return facts


def _is_module(node: Holder) -> bool:
    return all(isinstance(node.state.get(key), dict) for key in ("_parameters", "_buffers", "_modules"))


def _of_module(module: Holder) -> dict[str, StoredTensor]:
    """Tensors by the paths that lead to them, as torch names them; buffers that are not kept are left out."""
    found: dict[str, StoredTensor] = {}

    def look(node: Holder, prefix: str, depth: int) -> None:
        if depth > DEEPEST_MODULE or len(found) > MOST_TENSORS:
            raise CheckpointError("The network in the file is nested without end.", "It was not opened.")
        left_out = node.state.get("_non_persistent_buffers_set")
        for group in ("_parameters", "_buffers"):
            for name, tensor in _dict(node, group).items():
                if isinstance(left_out, set) and group == "_buffers" and name in left_out:
                    continue
                if isinstance(tensor, StoredTensor):
                    found[f"{prefix}{name}"] = tensor
        for name, child in _dict(node, "_modules").items():
            if isinstance(child, Holder):
                look(child, f"{prefix}{name}.", depth + 1)

    # a module that holds another one twice, and that one a third one twice, would never end
    seen: set[int] = set()

    def check(node: Holder) -> None:
        if id(node) in seen:
            raise CheckpointError("A module of the network in the file stands in two places.", "It was not opened.")
        seen.add(id(node))
        stack.extend(child for child in _dict(node, "_modules").values() if isinstance(child, Holder))

    stack = [module]
    while stack:
        check(stack.pop())
    look(module, "", 0)
    return found


def _dict(node: Holder, key: str) -> dict[object, object]:
    value = node.state.get(key)
    return value if isinstance(value, dict) else {}


def _facts_of_module(module: Holder) -> dict[str, Any]:
    """What a module's own attributes say; they override what it was made from, as in the official code."""
    state = module.state
    facts: dict[str, Any] = {"class_name": module.kind.name}
    if isinstance(state.get("_init_kwargs"), dict):
        facts["init_kwargs"] = facts_of(state["_init_kwargs"])
    for key in ("rendering_kwargs", "neural_rendering_resolution"):
        if key in state:
            facts[key] = facts_of(state[key])
    renderer = _dict(module, "_modules").get("renderer")
    if isinstance(renderer, Holder) and "plane_axes" in renderer.state:
        facts["plane_axes"] = facts_of(renderer.state["plane_axes"])
    return {key: value for key, value in facts.items() if value is not None}
