"""An installed model as networks and, where it is one, as a generator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open

from core.checkpoints import store
from core.checkpoints.configs import from_json
from core.checkpoints.families import family_named
from core.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from core.checkpoints.family import Family
    from core.checkpoints.record import ModelRecord


@dataclass(frozen=True, eq=False)
class OpenModel:
    """A model in memory.

    Attributes:
        record: what is known of it.
        networks: by family name, with weights, for inference.
        configs: their configs by family name.
        tensors: what stood beside the networks, such as "latent_avg".
    """

    record: ModelRecord
    networks: Mapping[str, nn.Module]
    configs: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    def generator(self) -> Any:  # noqa: ANN401 - a core.protocols.Generator, which this layer does not know
        """The generator, under the model's own name.

        Raises:
            CheckpointError: the model is none.
        """
        for name, network in self.networks.items():
            family = family_named(name)
            if family.kind == "generator":
                made = family.maker_class()(self.configs[name], network)
                made.info = replace(
                    made.info,
                    name=self.record.name,
                    title=_title(family, self.record),
                    licence=self.record.licence,
                    commercial=self.record.commercial,
                )
                return made
        raise CheckpointError(
            f"{self.record.name} is no head model but a model of kind {self.record.kind}.",
            "Choose one that `volteface models list` calls a generator.",
        )


def open_model(name: str, only: frozenset[str] | None = None) -> OpenModel:
    """Load an installed model.

    Args:
        name: of the model.
        only: kinds of the networks that are wanted; none wants all.

    Raises:
        CheckpointError: there is none of that name, or it is damaged.
    """
    record = store.record(name)
    networks: dict[str, nn.Module] = {}
    configs: dict[str, Any] = {}
    loose: dict[str, Tensor] = {}
    try:
        with safe_open(store.tensors_file(record), framework="pt") as file:
            keys = list(file.keys())
            for wanted, values in record.networks.items():
                family = family_named(wanted)
                if only is not None and family.kind not in only:
                    continue
                prefix = f"{wanted}/"
                state = {key.removeprefix(prefix): file.get_tensor(key) for key in keys if key.startswith(prefix)}
                configs[wanted] = from_json(family.config_class(), values)
                networks[wanted] = _network(family, configs[wanted], state, record.name)
            prefix = f"{store.LOOSE}/"
            loose = {key.removeprefix(prefix): file.get_tensor(key) for key in keys if key.startswith(prefix)}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"The weights of the model {name} cannot be read.", _again(record)) from error
    return OpenModel(record, networks, configs, loose)


def _network(family: Family, config: object, state: Mapping[str, Tensor], name: str) -> nn.Module:
    """A network with these weights, for inference.

    It is made without memory of its own where it can be; one that computes tables when it is made, which no file
    holds, is made in full.
    """
    try:
        with torch.device("meta"):
            network = family.network_class()(config)
        network.load_state_dict(state, strict=not family.optional, assign=True)
        if _has_meta(network):
            network = family.network_class()(config)
            network.load_state_dict(state, strict=not family.optional, assign=True)
    except RuntimeError as error:
        reason = [*str(error).splitlines(), ""][1].strip()
        raise CheckpointError(
            f"The model {name} does not fit its own description: {reason}", "Remove it and add its file again."
        ) from error
    return network.eval().requires_grad_(False)


def _has_meta(network: nn.Module) -> bool:
    for module in network.modules():
        own = [*module._parameters.values(), *module._buffers.values(), *module.__dict__.values()]
        if any(isinstance(value, torch.Tensor) and value.is_meta for value in own):
            return True
    return False


def _title(family: Family, record: ModelRecord) -> str:
    """The family's title, with the name where that says more."""
    return family.title if record.name == family.name else f"{family.title} ({record.name})"


def _again(record: ModelRecord) -> str:
    return f"Remove it and add {record.source} again."
