"""What EG3D and PanoHead share before their planes are rendered: mapping, plane synthesis, decoder."""

from abc import ABC, abstractmethod
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.camera import Camera
from core.generators.conditioning import vector25_from_camera
from core.generators.stylegan2 import GAIN, LEAK, Dense, Synthesis
from core.generators.stylegan2 import Mapping as MappingNetwork
from core.protocols import GeneratorInfo

Activation = Literal["none", "lrelu", "sigmoid"]


class Backbone(nn.Module):
    """Mapping and plane synthesis."""

    def __init__(
        self,
        noise_size: int,
        condition_size: int,
        latent_size: int,
        mapping_layers: int,
        plane_px: int,
        channels: int,
        channel_base: int,
        channel_max: int,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.synthesis = Synthesis(latent_size, plane_px, channels, channel_base, channel_max, clamp)
        self.mapping = MappingNetwork(noise_size, condition_size, latent_size, mapping_layers)

    def latents(self, noise: Tensor, condition: Tensor, truncation: float = 1.0, cutoff: int | None = None) -> Tensor:
        """Latents [B, L, W] of noise [B, Z] and cameras [B, 25]; only the first `cutoff` are truncated."""
        count = self.synthesis.latent_count
        latent = self.mapping(noise, condition)
        first = count if cutoff is None else min(cutoff, count)
        short = self.mapping.truncated(latent, truncation)
        return torch.stack([short] * first + [latent] * (count - first), dim=1)


class Decoder(nn.Module):
    """Plane features [N, C] -> raw density [N] and features [N, F], as wide as what they come from unless told."""

    def __init__(
        self,
        channels: int,
        width: int,
        activation: Activation,
        learning_rate: float = 1.0,
        *,
        outputs: int | None = None,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.net = nn.Sequential(
            Dense(channels, width, learning_rate=learning_rate),
            nn.Softplus(),
            Dense(width, 1 + (outputs or channels), learning_rate=learning_rate),
        )

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        raw, decoded = self.net(features).tensor_split((1,), dim=1)
        if self.activation == "sigmoid":
            # the slight overshoot lets black and white be reached
            decoded = torch.sigmoid(decoded) * 1.002 - 0.001
        elif self.activation == "lrelu":
            decoded = F.leaky_relu(decoded, LEAK) * GAIN
        return raw[:, 0], decoded


class BackboneNetwork(nn.Module, ABC):
    """A network of one of the families: all weights under their official names."""

    backbone: Backbone
    decoder: Decoder

    @abstractmethod
    def planes(self, latents: Tensor) -> Tensor:
        """Planes [B, 3, C, D, H, W] of latents [B, L, W]."""


def front_condition(noise: Tensor, radius: float) -> Tensor:
    """The camera in front of a head at some distance, [B, 25], for noise [B, Z]."""
    front = torch.from_numpy(vector25_from_camera(Camera.orbit(radius=radius)))
    return front.to(noise).expand(len(noise), -1)


class BackboneGenerator:
    """What generators of both families do alike, each with its own network and info."""

    network: BackboneNetwork
    info: GeneratorInfo

    def mean_latents(self) -> Tensor:
        """See the protocol."""
        return self.network.backbone.mapping.w_avg.expand(self.info.latent_count, -1).clone()

    def planes(self, latents: Tensor) -> Tensor:
        """See the protocol."""
        return self.network.planes(latents)

    def decode(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """See the protocol."""
        raw, decoded = self.network.decoder(features)
        return raw, decoded

    def label_logits(self, features: Tensor) -> Tensor | None:
        """None: the published models know no parts."""
        del features
        return None
