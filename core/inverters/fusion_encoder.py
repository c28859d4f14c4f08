"""The encoder of implicit fusion: a picture of a pasted head, seen from straight in front -> latents of a whole one.

It is the bundled encoder with other level offsets: trunk, summary and attributes stay as they are, and only what leads
from the summary to the levels was trained again (`core.training.fusion`), on clean renders of heads that were pasted
together, seam and all. So its file holds those layers alone, and fits one encoder and one generator.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from core.errors import CheckpointError
from core.generators.mini import Mini
from core.inverters.encoder import WEIGHTS, LevelOffsets, bundled_encoder, fingerprint
from core.inverters.published_encoder import published_latents
from core.resizing import sized
from core.whole_file import written_whole

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from core.inverters.encoder_network import EncoderNetwork
    from core.protocols import Generator

METADATA_KEY = "fusion"


@dataclass(frozen=True, eq=False)
class FusionEncoder:
    """Network and offsets.

    Attributes:
        network: the bundled encoder's.
        offsets: what is added to the code of the attributes, level by level.
    """

    network: EncoderNetwork
    offsets: LevelOffsets

    def summary(self, picture: Tensor, alpha: Tensor, generator: Mini) -> tuple[Tensor, Tensor]:
        """What is seen and does not depend on the offsets: hidden [B, H] and the code [B, W] of the attributes.

        Args:
            picture: [B, 3, S, S] on white, 0..1, from straight in front.
            alpha: [B, 1, S, S], how much of each pixel is the head.
            generator: whose attributes.
        """
        rgb, mask = (sized(one, self.network.config.picture_px).clamp(0, 1) for one in (picture, alpha))
        hidden = self.network.hidden(self.network.glance(rgb, mask))
        decided = self.network.layout.decided(self.network.attributes(self.network.answers(hidden)))
        return hidden, generator.prior.latent_from_attributes(decided)

    def latents(self, picture: Tensor, alpha: Tensor, generator: Mini) -> Tensor:
        """Latents [B, L, W] of the head that a picture shows; arguments as for `summary`.

        Raises:
            CheckpointError: the offsets are of another generator.
        """
        if self.offsets.generator != fingerprint(generator.prior):
            raise CheckpointError(
                f"The fusion encoder was trained for another version of {generator.info.title}.",
                "Train it again with `volteface train fusion`.",
            )
        hidden, code = self.summary(picture, alpha, generator)
        return code[:, None] + self.offsets.of(hidden)


def network_print(network: EncoderNetwork) -> str:
    """Tells encoders apart: 16 hexadecimal digits of what leads to the summary."""
    return hashlib.sha256(network.summary.weight.detach().half().contiguous().numpy().tobytes()).hexdigest()[:16]


def save_fusion(encoder: FusionEncoder, path: Path) -> int:
    """Write the offsets in half precision; the bytes written."""
    tensors = {"weight": encoder.offsets.weight, "bias": encoder.offsets.bias}
    described = {"generator": encoder.offsets.generator, "encoder": network_print(encoder.network)}
    metadata = {METADATA_KEY: json.dumps(described), "licence": "Apache-2.0"}
    data = save({name: value.detach().half().contiguous() for name, value in tensors.items()}, metadata)
    with written_whole(path) as stream:
        stream.write(data)
    return len(data)


def load_fusion(path: Path, network: EncoderNetwork) -> FusionEncoder:
    """The encoder that `save_fusion` wrote.

    Raises:
        CheckpointError: the file is damaged, of something else, or of another encoder.
    """
    try:
        with safe_open(path, framework="pt") as file:
            described = json.loads((file.metadata() or {})[METADATA_KEY])
            weight, bias = (file.get_tensor(name).float() for name in ("weight", "bias"))
        generator, encoder = str(described["generator"]), str(described["encoder"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"The fusion encoder at {path} could not be read.", "Restore that file.") from error
    if encoder != network_print(network) or weight.shape[-1] != network.config.hidden:
        raise CheckpointError(
            f"The fusion encoder at {path} belongs to another encoder.", "Train it with `volteface train fusion`."
        )
    return FusionEncoder(network, LevelOffsets(weight, bias, generator))


def fusion_latents(generator: Generator, picture: Tensor, alpha: Tensor) -> Tensor | None:
    """Latents [1, L, W] of what a picture of a pasted head shows, by the encoder that there is for its generator.

    Args:
        generator: of the head.
        picture: [1, 3, S, S] on white, 0..1, from straight in front.
        alpha: [1, 1, S, S], how much of each pixel is the head.

    Returns:
        None where there is none: neither one that was trained for fusion, nor one that a person has installed.
    """
    encoder = bundled_fusion_encoder(generator.info.name) if isinstance(generator, Mini) else None
    if encoder is not None and isinstance(generator, Mini):
        with torch.no_grad():
            return encoder.latents(picture, alpha, generator)
    published = published_latents(picture, generator)
    return None if published is None else published[None]


@cache
def bundled_fusion_encoder(generator_name: str) -> FusionEncoder | None:
    """The fusion encoder that comes with a generator, loaded once per process; None where there is none."""
    path, encoder = WEIGHTS / f"{generator_name}_fusion.safetensors", bundled_encoder(generator_name)
    return load_fusion(path, encoder.network) if encoder is not None and path.is_file() else None
