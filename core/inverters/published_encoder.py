"""A published encoder that a person has installed beside a published generator, as the first guess of a search.

pSp (as TriPlaneNet uses it) and GOAE answer latents that are added to the mean of the generator that they were trained
for: the one in the same file, or an EG3D. Whether the answer is any good is for the search to judge: it begins with the
better of this guess and the mean head.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

import torch

from core.errors import CheckpointError
from core.resizing import sized

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.checkpoints.record import ModelRecord
    from core.protocols import Generator, GeneratorInfo

log = logging.getLogger(__name__)

PREFERRED = ("goae", "psp")
"""Families whose networks take a picture and answer latents, the better first."""
TRAINED_FOR = "eg3d"
"""The family of generators that they were published for."""
PICTURE_PX = 256


def published_latents(rgb: Tensor, generator: Generator) -> Tensor | None:
    """Latents [L, W] that an installed encoder finds, or None where none fits the generator.

    Args:
        rgb: [1, 3, h, w] the aligned person on white, 0..1.
        generator: one that was installed.
    """
    for model in candidates(generator.info.name):
        for family in PREFERRED:
            if family in model.networks:
                latents = latents_by(model.name, family, rgb, generator)
                if latents is not None:
                    return latents
    return None


def latents_by(model: str, family: str, rgb: Tensor, generator: Generator) -> Tensor | None:
    """Latents [L, W] that one encoder of an installed model finds; None where it is damaged, or speaks of others."""
    latents = _answer(model, family, rgb, generator.info)
    return None if latents is None else generator.mean_latents() + latents


def candidates(generator: str) -> list[ModelRecord]:
    """Installed models whose encoders may be for a generator: its own file first."""
    from core.checkpoints import store

    if generator not in store.names():
        return []
    try:
        own = store.record(generator)
    except CheckpointError:
        return []
    others = [one for one in store.installed() if one.name != generator] if TRAINED_FOR in own.networks else []
    return [one for one in (own, *others) if store.state(one) == "ready" and set(PREFERRED) & set(one.networks)]


def _answer(name: str, family: str, rgb: Tensor, info: GeneratorInfo) -> Tensor | None:
    """What an encoder makes of a picture; None where it is damaged, or speaks of other latents."""
    try:
        network = opened(name)[family]
    except (CheckpointError, KeyError) as error:
        log.info("the encoder %s of %s is not used: %s", family, name, error)
        return None
    side = getattr(getattr(network, "config", None), "picture_px", PICTURE_PX)
    small = sized(rgb, side)
    try:
        with torch.no_grad():
            latents: Tensor = network(small * 2 - 1)[0].float()
    except RuntimeError as error:
        # it takes pictures of another size
        log.info("the encoder %s of %s is not used: %s", family, name, error)
        return None
    fits = latents.shape == (info.latent_count, info.latent_size) and bool(latents.isfinite().all())
    return latents if fits else None


@cache
def opened(name: str) -> dict[str, nn.Module]:
    """The encoders in an installed model, loaded once."""
    from core.checkpoints.opening import open_model

    return {family: network.eval() for family, network in open_model(name, frozenset({"encoder"})).networks.items()}
