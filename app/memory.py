"""The memory that models take, and that there is: known from records, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import CheckpointError
from core.stand_in import ModelFacts

if TYPE_CHECKING:
    from core.checkpoints.record import ModelRecord
    from core.free_memory import MemoryNeed

BUNDLED = ModelFacts("mini", "Volteface Mini", "Apache-2.0 (trained on CC0 heads)", commercial=True, family="mini")
"""The generator that is always there; `core.generators.mini` says the same of itself."""
FLOAT_BYTES = 4
WORKING_MAPS = 12
"""Feature maps of full size that a super-resolution holds at once, with room for what its convolutions unfold."""
MAP_CHANNELS = 128
"""Channels of the widest of these."""
MINI_NEED = (80_000_000, 60_000_000, 500_000_000)
"""Measured on the bundled generator: weights, planes, working memory."""


@dataclass(frozen=True)
class Economy:
    """How a model is used that would not fit as it is.

    Attributes:
        half: its weights are kept in half precision.
        neural_px: side of the feature picture; None is the model's own.
    """

    half: bool = False
    neural_px: int | None = None


@dataclass(frozen=True)
class Room:
    """What a model needs and what there is.

    Attributes:
        need: of the model as it is.
        free: bytes that can be had; None where nobody knows.
        neural_px: side of its feature picture.
    """

    need: MemoryNeed
    free: int | None
    neural_px: int

    @property
    def suffices(self) -> bool:
        """Whether the model fits."""
        from core.free_memory import fits

        return fits(self.need, self.free)


def room_of(name: str) -> Room | None:
    """What the generator of that name needs, and what there is; None where nobody knows what it needs."""
    from core.device import best_device
    from core.free_memory import free_bytes

    need = need_of(name)
    return None if need is None else Room(need, free_bytes(best_device()), neural_px_of(name))


def need_of(name: str) -> MemoryNeed | None:
    """Memory that the generator of that name takes; None where nobody knows."""
    from core.free_memory import MemoryNeed

    if name == BUNDLED.name:
        return MemoryNeed(*MINI_NEED)
    from core.checkpoints import store

    try:
        return need_of_record(store.record(name))
    except CheckpointError:
        return None


def need_of_record(record: ModelRecord) -> MemoryNeed:
    """Memory that an installed model takes, from its weights' bytes and its config's sizes."""
    from core.free_memory import MemoryNeed

    config = _generator_config(record)
    channels, depth = getattr(config, "plane_channels", 0), getattr(config, "plane_depth", 1)
    planes = 3 * channels * depth * getattr(config, "plane_px", 0) ** 2 * FLOAT_BYTES
    # the planes once more as the table that is read from, and the super-resolution's maps
    working = planes + WORKING_MAPS * MAP_CHANNELS * getattr(config, "picture_px", 0) ** 2 * FLOAT_BYTES // 2
    return MemoryNeed(record.need_bytes, planes, working)


def neural_px_of(name: str) -> int:
    """Side of the feature picture of the generator of that name; 64 where nobody knows."""
    from core.checkpoints import store

    try:
        return int(getattr(_generator_config(store.record(name)), "neural_px", 64))
    except CheckpointError:
        return 64


def _generator_config(record: ModelRecord) -> object:
    """The config of the generator in a model; None where it has none that this Volteface knows."""
    from core.checkpoints.configs import from_json
    from core.checkpoints.families import FAMILIES

    for family in FAMILIES:
        if family.kind == "generator" and family.name in record.networks:
            return from_json(family.config_class(), record.networks[family.name])
    return None
