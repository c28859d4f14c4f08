"""diffusers' networks, without what it brings along.

Importing them loads torch's compiler and with it Triton, whose LLVM and Mesa's crash in one process (`app/bootstrap`);
so Triton is declared absent first, in every process that did not load it before.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class DiffusersClasses:
    """The classes that priors are made of; they carry no types."""

    autoencoder: Any
    unet: Any
    control: Any
    ddim: Any


@cache
def diffusers_classes() -> DiffusersClasses:
    """Import them; seconds at the first call."""
    sys.modules.setdefault("triton", None)  # type: ignore[arg-type]
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.controlnets.controlnet import ControlNetModel
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from diffusers.schedulers.scheduling_ddim import DDIMScheduler

    return DiffusersClasses(AutoencoderKL, UNet2DConditionModel, ControlNetModel, DDIMScheduler)
