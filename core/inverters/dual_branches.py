"""The two branches of the dual encoder, and the file that holds them: one pair for each generator."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open

from core.errors import CheckpointError
from core.generators.mini_prior import LatentPrior
from core.inverters.encoder import fingerprint
from core.inverters.offset_encoder import OffsetEncoder, OffsetEncoderConfig
from core.tensor_file import write_tensors

if TYPE_CHECKING:
    from core.protocols import Generator
    from core.trigrid import Trigrid

WEIGHTS = Path(__file__).resolve().parents[2] / "resources" / "weights"
METADATA_KEY = "dual"
UNTRAINED_COARSE_PX = 16


@dataclass(frozen=True, eq=False)
class Branches:
    """The two offset encoders.

    Attributes:
        faithful: E1.
        natural: E2.
        generator: `fingerprint` of the prior of the generator for which they were trained; empty where that is open.
    """

    faithful: OffsetEncoder
    natural: OffsetEncoder
    generator: str = ""

    def fits(self, generator: Generator) -> bool:
        """Whether they were trained for this very generator, and not for an earlier one of its name."""
        prior = getattr(generator, "prior", None)
        return not self.generator or (isinstance(prior, LatentPrior) and fingerprint(prior) == self.generator)

    @staticmethod
    def untrained(trigrid: Trigrid) -> Branches:
        """Of planes that nothing was trained for."""
        _, channels, depth, _, width = trigrid.planes.shape
        config = OffsetEncoderConfig(channels=channels, depth=depth, coarse_px=min(UNTRAINED_COARSE_PX, width))
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(0)
            pair = [OffsetEncoder(config).eval().requires_grad_(requires_grad=False) for _ in range(2)]
        pair[1].carries()
        return Branches(pair[0], pair[1])


def save_branches(branches: Branches, path: Path) -> None:
    """Write the file that `load_branches` reads, in half precision."""
    tensors = {f"faithful.{name}": value for name, value in branches.faithful.state_dict().items()}
    tensors |= {f"natural.{name}": value for name, value in branches.natural.state_dict().items()}
    described = {"config": branches.faithful.config.to_json(), "generator": branches.generator}
    halves = {name: value.detach().half() for name, value in tensors.items()}
    write_tensors(path, halves, {METADATA_KEY: json.dumps(described), "licence": "Apache-2.0"})


def load_branches(path: Path) -> Branches:
    """Branches that `save_branches` wrote.

    Raises:
        CheckpointError: the file is damaged or of something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            described = json.loads((file.metadata() or {})[METADATA_KEY])
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - not a dict
        config = OffsetEncoderConfig.from_json(described["config"])
        networks = []
        for branch in ("faithful", "natural"):
            network = OffsetEncoder(config)
            own = {k.removeprefix(branch + "."): v for k, v in tensors.items() if k.startswith(branch + ".")}
            network.load_state_dict(own)
            networks.append(network.eval().requires_grad_(requires_grad=False))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"The dual encoder at {path} could not be read.", "Restore that file.") from error
    return Branches(networks[0], networks[1], str(described["generator"]))


@cache
def bundled_branches(generator_name: str) -> Branches | None:
    """The branches that come with a generator, loaded once per process, or None."""
    return load_branches(_bundled_path(generator_name)) if has_branches(generator_name) else None


def has_branches(generator_name: str) -> bool:
    """Whether branches come with a generator."""
    return _bundled_path(generator_name).is_file()


def _bundled_path(generator_name: str) -> Path:
    return WEIGHTS / f"{generator_name}_dual.safetensors"
