"""What EG3D and PanoHead share before their planes are rendered: mapping, plane synthesis, decoder.

Also how their sizes are read off a state dict, and the published settings off what else is in a file.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypedDict, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.camera import Camera
from core.errors import CheckpointError
from core.generators.conditioning import vector25_from_camera
from core.generators.stylegan2 import GAIN, LEAK, Dense, Synthesis
from core.generators.stylegan2 import Mapping as MappingNetwork
from core.generators.superresolution import Upscaling
from core.protocols import GeneratorInfo

Activation = Literal["none", "lrelu", "sigmoid"]
Network = TypeVar("Network", bound=nn.Module)


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


class BackboneSizes(TypedDict):
    """The sizes that a state dict tells, under the names that both families' configs have for them."""

    noise_size: int
    latent_size: int
    condition_size: int
    mapping_layers: int
    plane_px: int
    plane_channels: int
    channel_base: int
    channel_max: int
    decoder_width: int
    upscaling: Upscaling


def sizes_from_state(state: Mapping[str, Tensor], family: str) -> BackboneSizes:
    """Sizes of a generator of EG3D's kind.

    Args:
        state: its state dict.
        family: name for people, for errors.

    Raises:
        CheckpointError: a tensor that tells a size is missing or has no such shape.
    """

    def shape(name: str, axes: int) -> torch.Size:
        if name not in state:
            raise CheckpointError(
                f"This is no complete {family} generator: {name} is missing.", "Check which model the file belongs to."
            )
        if state[name].ndim != axes:
            raise CheckpointError(
                f"{name} should have {axes} axes but is {list(state[name].shape)}.",
                "Check which model the file belongs to.",
            )
        return state[name].shape

    prefix = "backbone.synthesis.b"
    blocks = sorted({int(number) for name in state if (number := _after(name, prefix)).isdecimal()})
    (latent_size,) = shape("backbone.mapping.w_avg", 1)
    channel_max = shape("backbone.synthesis.b4.conv1.weight", 4)[0]
    for size_px in blocks:
        shape(f"{prefix}{size_px}.conv1.weight", 4)
    decoder_width, plane_channels = shape("decoder.net.0.weight", 2)
    return BackboneSizes(
        noise_size=shape("backbone.mapping.fc0.weight", 2)[1] - latent_size,
        latent_size=latent_size,
        condition_size=shape("backbone.mapping.embed.weight", 2)[1],
        mapping_layers=sum(name.startswith("backbone.mapping.fc") and name.endswith(".weight") for name in state),
        plane_px=blocks[-1],
        plane_channels=plane_channels,
        channel_base=channel_base_of(state, prefix, channel_max),
        channel_max=channel_max,
        decoder_width=decoder_width,
        upscaling=_upscaling_of(
            shape("superresolution.block0.conv1.noise_const", 2)[0], shape("superresolution.block0.conv1.weight", 4)[0]
        ),
    )


def channel_base_of(state: Mapping[str, Tensor], prefix: str, channel_max: int) -> int:
    """Channels of a synthesis times its resolution, of the blocks whose names begin with a prefix.

    A block that is narrower than the most tells it; where all are equally wide, the least base that gives them.
    """
    widths = {
        int(number): value.shape[0]
        for name, value in state.items()
        if name.endswith(".conv1.weight") and (number := _after(name, prefix)).isdecimal()
    }
    told = [width * size_px for size_px, width in widths.items() if width < channel_max]
    return max(told, default=channel_max * max(widths, default=0))


def settings_from_facts(facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The published constructor's arguments and rendering settings that a file tells; empty where it tells none.

    Settings that hang on the network itself outrank those it was made with: scripts change them after training.
    """
    made_with = dict(facts.get("init_kwargs") or {})
    rendering = {**(made_with.get("rendering_kwargs") or {}), **(facts.get("rendering_kwargs") or {})}
    return made_with, rendering


def ray_limits_of(rendering: Mapping[str, Any], otherwise: tuple[float, float] | None) -> tuple[float, float] | None:
    """Depths where rays begin and end; None where the settings leave them to the box."""
    if "ray_start" not in rendering or "ray_end" not in rendering:
        return otherwise
    start, end = rendering["ray_start"], rendering["ray_end"]
    return None if "auto" in (start, end) else (float(start), float(end))


def loaded(make: Callable[[], Network], state: Mapping[str, Tensor], family: str) -> Network:
    """A network with official weights, ready to be used. It takes the tensors themselves: they are not copied.

    Args:
        make: makes the network, whatever its weights.
        state: official names and tensors.
        family: name for people, for errors.

    Raises:
        CheckpointError: names or shapes are not those of the network.
    """
    with torch.device("meta"):
        network = make()
    try:
        network.load_state_dict({name: value.detach().float() for name, value in state.items()}, assign=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip()
        raise CheckpointError(
            f"These are not the weights of this {family} model: {reason}", "Check which model the file belongs to."
        ) from error
    return network.eval().requires_grad_(False)


def _after(name: str, prefix: str) -> str:
    """What stands between a prefix and the next dot; empty when the name begins otherwise."""
    return name.removeprefix(prefix).partition(".")[0] if name.startswith(prefix) else ""


def _upscaling_of(first_px: int, first_width: int) -> Upscaling:
    known: dict[tuple[int, int], Upscaling] = {
        (64, 128): "2X",
        (128, 128): "4X",
        (256, 128): "8X",
        (256, 256): "8XDC",
    }
    if (first_px, first_width) not in known:
        raise CheckpointError(
            f"superresolution.block0 makes {first_width} channels of {first_px} pixels, which no published model does.",
            "Check which model the file belongs to.",
        )
    return known[first_px, first_width]
