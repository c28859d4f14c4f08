"""Official files of EG3D and PanoHead: sizes read off a state dict, published settings, and the network."""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict, TypeVar

import torch
from torch import Tensor, nn

from core.errors import CheckpointError
from core.generators.superresolution import Upscaling

Network = TypeVar("Network", bound=nn.Module)


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
