"""Which family a network belongs to: told by the names and shapes of its tensors, never by the file's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.checkpoints.configs import checked
from core.checkpoints.families import FAMILIES
from core.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import torch

    from core.checkpoints.contents import FoundNetwork
    from core.checkpoints.family import Family
    from core.checkpoints.inert import StoredTensor

WRAPPERS = ("module.", "_orig_mod.")
"""What training wrappers put before every name."""
NEAR = 0.5
"""Share of a family's marks from which a network is taken for a damaged one of it."""
CHOICE = ("G_ema", "g_ema", "ema", "params_ema", "state_dict", "G", "g")
"""Where one family stands several times in a file, the first of these places is taken."""


@dataclass(frozen=True, eq=False)
class Recognised:
    """A network and its family.

    Attributes:
        family: whose it is.
        config: sizes and settings, an instance of the family's config.
        tensors: by their official names; the types may still be the file's.
        expected: type of each tensor that the network has, torch's name.
        place: where in the file it was.
        facts: what the file says of it.
        loose: tensors beside it.
    """

    family: Family
    config: Any
    tensors: Mapping[str, StoredTensor]
    expected: Mapping[str, str]
    place: str
    facts: Mapping[str, Any]
    loose: Mapping[str, StoredTensor]


def recognise(networks: Sequence[FoundNetwork]) -> tuple[Recognised, ...]:
    """The networks of a file that can be used, one of each family at most.

    Raises:
        CheckpointError: none can; the sentence names the nearest family and what is wrong or missing.
    """
    chosen: dict[str, tuple[Family, FoundNetwork]] = {}
    for network in networks:
        for family, part in _matches(network):
            other = chosen.get(family.name)
            if other is None or _rank(part.place) < _rank(other[1].place):
                chosen[family.name] = family, part
    if not chosen:
        raise _unknown(networks)
    return tuple(confirmed(family, network) for family, network in chosen.values())


def confirmed(family: Family, network: FoundNetwork) -> Recognised:
    """The network as one of the family, every name and shape compared.

    Raises:
        CheckpointError: a tensor is missing, foreign or of another shape.
    """
    import torch

    state = shapes_of(network.tensors)
    try:
        config = checked(family.config_class().from_state(state, network.facts))
        with torch.device("meta"):
            expected = family.network_class()(config).state_dict()
    except CheckpointError as error:
        if family.title in error.message:
            raise
        raise CheckpointError(
            f"{_called(network)} looks like {family.title}, but {as_clause(error.message)}", error.hint
        ) from error
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, ArithmeticError, RuntimeError) as error:
        name = str(error.args[0])[:80] if isinstance(error, KeyError) and error.args else ""
        missing = f"{name} is missing" if name else f"its sizes make no sense ({type(error).__name__})"
        raise CheckpointError(
            f"{_called(network)} looks like {family.title}, but {missing}.", "The file may be damaged or of a variant."
        ) from error
    _compare(family, network, expected)
    types = {name: str(tensor.dtype).removeprefix("torch.") for name, tensor in expected.items()}
    tensors = {name: tensor for name, tensor in network.tensors.items() if name in expected}
    return Recognised(family, config, tensors, types, network.place, network.facts, network.loose)


def shapes_of(tensors: Mapping[str, StoredTensor]) -> dict[str, torch.Tensor]:
    """Tensors without numbers, of the same shapes and types; small ones bring their numbers along."""
    import torch

    return {
        name: stored.tensor()
        if stored.count <= 1
        else torch.zeros(stored.shape, dtype=getattr(torch, stored.type), device="meta")
        for name, stored in tensors.items()
    }


def _compare(family: Family, network: FoundNetwork, expected: Mapping[str, torch.Tensor]) -> None:
    hint = f"Use the file that {family.title}'s authors released, or one trained with their code."
    optional = [re.compile(pattern) for pattern in family.optional]

    def matters(name: str) -> bool:
        return not any(pattern.search(name) for pattern in optional)

    for name, tensor in expected.items():
        shape = list(tensor.shape)
        if name not in network.tensors:
            if matters(name):
                raise CheckpointError(
                    f"{_called(network)} looks like {family.title}, but the tensor {name} {shape} is missing.", hint
                )
        elif list(network.tensors[name].shape) != shape:
            found = list(network.tensors[name].shape)
            raise CheckpointError(
                f"{_called(network)} looks like {family.title}, but its tensor {name} is {found} "
                f"where {shape} is expected.",
                hint,
            )
    for name in network.tensors:
        if name not in expected and matters(name):
            raise CheckpointError(
                f"{_called(network)} looks like {family.title}, but has a tensor {name[:120]} that it does not know.",
                "It may be of a variant that is not computed here. " + hint,
            )


def _matches(network: FoundNetwork) -> Iterator[tuple[Family, FoundNetwork]]:
    """Families of which the network, or a part of it under a prefix, has every mark."""
    for part in _parts(network):
        for family in FAMILIES:
            named = _renamed(family, part)
            if _share(family, named) == 1:
                yield family, named


def _parts(network: FoundNetwork) -> Iterator[FoundNetwork]:
    """The network without wrappers, then what stands under each prefix that a family knows."""
    tensors: Mapping[str, StoredTensor] = network.tensors
    for wrapper in WRAPPERS:
        if tensors and all(name.startswith(wrapper) for name in tensors):
            tensors = {name.removeprefix(wrapper): tensor for name, tensor in tensors.items()}
    yield _replaced(network, network.place, tensors)
    for prefix in sorted({prefix for family in FAMILIES for prefix in family.prefixes}):
        under = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        if under:
            yield _replaced(network, f"{network.place}.{prefix.rstrip('.')}".strip("."), under)


def _renamed(family: Family, network: FoundNetwork) -> FoundNetwork:
    """The network under the names of the family's network."""
    tensors = network.tensors
    for pattern, name in family.renames:
        tensors = {re.sub(pattern, name, key): tensor for key, tensor in tensors.items()}
    return _replaced(network, network.place, tensors)


def _replaced(network: FoundNetwork, place: str, tensors: Mapping[str, StoredTensor]) -> FoundNetwork:
    return type(network)(place, tensors, network.facts, network.loose)


def _share(family: Family, network: FoundNetwork) -> float:
    """How many of the family's marks a network has, 0..1; 0 where it has what the family does not."""
    tensors = network.tensors
    if any(name.startswith(family.absent) for name in tensors) if family.absent else False:
        return 0.0
    return sum(mark in tensors for mark in family.marks) / len(family.marks)


def _rank(place: str) -> int:
    """Smaller for a better place of a network in its file."""
    parts = place.split(".")
    return min((CHOICE.index(part) for part in parts if part in CHOICE), default=len(CHOICE))


def _unknown(networks: Sequence[FoundNetwork]) -> CheckpointError:
    """What to say of a file that no family claims."""
    candidates = [
        (_renamed(family, part), family) for network in networks for part in _parts(network) for family in FAMILIES
    ]
    part, family = max(candidates, key=lambda pair: (_share(pair[1], pair[0]), -_rank(pair[0].place)))
    share = _share(family, part)
    if share >= NEAR:
        try:
            confirmed(family, part)
        except CheckpointError as error:
            return error
    missing = next((mark for mark in family.marks if mark not in part.tensors), "")
    first = next(iter(networks[0].tensors), "nothing")
    if share == 0:
        return CheckpointError(
            f"The file is of no family that Volteface knows; its first tensor is {first[:80]}.",
            f"Known are: {', '.join(family.title for family in FAMILIES)}.",
        )
    return CheckpointError(
        f"The file is of no family that Volteface knows; the nearest is {family.title}, but {missing} is missing.",
        "Use the file that its authors released.",
    )


def as_clause(sentence: str) -> str:
    """A sentence as the second half of another; names keep their capitals."""
    first, _, rest = sentence.partition(" ")
    return f"{first.lower()} {rest}" if first in ("The", "A", "An", "Behind", "There", "This") else sentence


def _called(network: FoundNetwork) -> str:
    return f"The network {network.place}" if network.place else "The file"
