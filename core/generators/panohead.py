"""PanoHead's generator at any width: noise -> latents -> trigrid -> features -> picture, under its official names.

The slips that its weights were trained with are kept, and named where they occur. Longer than usual: half of it is the
config, which is read off the weights and decides how the networks are built.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.errors import CheckpointError
from core.generators import stylegan2
from core.generators.backbone import (
    Activation,
    Backbone,
    BackboneGenerator,
    BackboneNetwork,
    Decoder,
    front_condition,
)
from core.generators.backbone_sizes import channel_base_of, loaded, ray_limits_of, settings_from_facts, sizes_from_state
from core.generators.stylegan2 import Noise, Synthesis, ToPicture
from core.generators.superresolution import (
    UPSCALERS,
    SuperResolution,
    Upscaling,
    over_white,
    scaled,
    upscaling_from_official,
)
from core.generators.tuning import tuned_network, weights_of
from core.protocols import GeneratorInfo
from core.trigrid import Trigrid


@dataclass(frozen=True)
class PanoHeadConfig:
    """Sizes and settings; the defaults are those of the released head model.

    Attributes:
        noise_size: Z.
        latent_size: W.
        condition_size: numbers of the camera that latents are conditioned on.
        mapping_layers: layers from noise to latent.
        plane_px: H and W of the trigrid.
        plane_channels: C of the trigrid, and F of the decoded features.
        plane_depth: D of the trigrid.
        channel_base: channels of the synthesis times its resolution, up to `channel_max`; the background has half.
        channel_max: see above.
        decoder_width: hidden units of the decoder.
        decoder_activation: what happens to decoded features.
        neural_px: side of the volume-rendered picture.
        upscaling: the super-resolution, which settles the picture's side.
        upscaling_clamp: bound of its activations, or None; published ones have it even in full precision.
        ray_limits: depths where rays begin and end; None bounds them by the box.
        coarse: samples of the first marching pass.
        fine: samples of the second.
        box_side: side of the trigrid's cube, world units.
        crop_margin: width of the cube's rim, in x and z but not in y, whose density the renderer ignores.
        camera_radius: distance of the cameras it was trained with.
    """

    noise_size: int = 512
    latent_size: int = 512
    condition_size: int = 25
    mapping_layers: int = 2
    plane_px: int = 256
    plane_channels: int = 32
    plane_depth: int = 3
    channel_base: int = 32768
    channel_max: int = 512
    decoder_width: int = 64
    decoder_activation: Activation = "none"
    neural_px: int = 64
    upscaling: Upscaling = "8XDC"
    upscaling_clamp: float | None = 256.0
    ray_limits: tuple[float, float] | None = (2.25, 3.3)
    coarse: int = 48
    fine: int = 48
    box_side: float = 1.0
    crop_margin: float = 0.1
    camera_radius: float = 2.7

    @property
    def picture_px(self) -> int:
        """Side of the finished picture."""
        return UPSCALERS[self.upscaling].sizes_px[1]

    @property
    def extent(self) -> tuple[float, float, float]:
        """Half sides of the region that is rendered."""
        half = self.box_side / 2 - self.crop_margin
        return half, math.inf, half

    @staticmethod
    def from_official(values: Mapping[str, Any], neural_px: int = 64) -> "PanoHeadConfig":
        """From the keyword arguments that the published constructor took.

        Raises:
            CheckpointError: the model is of a kind that this class does not compute.
        """
        rendering = values["rendering_kwargs"]
        _refuse_other_kinds(rendering)
        return PanoHeadConfig(
            noise_size=values["z_dim"],
            latent_size=values["w_dim"],
            condition_size=values["c_dim"],
            mapping_layers=values["mapping_kwargs"].get("num_layers", 8),
            plane_px=rendering["triplane_size"],
            plane_depth=rendering["triplane_depth"],
            channel_base=values["channel_base"],
            channel_max=values["channel_max"],
            decoder_activation=rendering["decoder_activation"],
            neural_px=neural_px,
            upscaling=upscaling_from_official(rendering["superresolution_module"]),
            upscaling_clamp=256.0 if values["sr_num_fp16_res"] > 0 else None,
            ray_limits=ray_limits_of(rendering, None),
            coarse=rendering["depth_resolution"],
            fine=rendering["depth_resolution_importance"],
            box_side=rendering["box_warp"],
            camera_radius=rendering["avg_camera_radius"],
        )

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> "PanoHeadConfig":
        """Sizes from the tensors; what they cannot tell from `facts`, else as in the released model.

        Args:
            state: official names and tensors.
            facts: values found in the file: "init_kwargs", "rendering_kwargs", "neural_rendering_resolution".

        Raises:
            CheckpointError: a tensor is missing, or the model is of a kind that this class does not compute.
        """
        sizes = sizes_from_state(state, "PanoHead")
        made_with, rendering = settings_from_facts(facts)
        _refuse_other_kinds(rendering)
        usual = PanoHeadConfig()
        last = f"backbone.synthesis.b{sizes['plane_px']}.torgb.weight"
        if last not in state:
            raise CheckpointError(f"{last} is missing.", "Check which model the file belongs to.")
        # the background is narrower, and so tells more of the base
        sizes["channel_base"] = max(
            sizes["channel_base"], 2 * channel_base_of(state, "bcg_synthesis.b", sizes["channel_max"])
        )
        return PanoHeadConfig(
            **sizes,
            plane_depth=state[last].shape[0] // (3 * sizes["plane_channels"]),
            decoder_activation=rendering.get("decoder_activation", usual.decoder_activation),
            neural_px=int(facts.get("neural_rendering_resolution") or usual.neural_px),
            upscaling_clamp=256.0 if made_with.get("sr_num_fp16_res", 4) > 0 else None,
            ray_limits=ray_limits_of(rendering, usual.ray_limits),
            coarse=rendering.get("depth_resolution", usual.coarse),
            fine=rendering.get("depth_resolution_importance", usual.fine),
            box_side=rendering.get("box_warp", usual.box_side),
            camera_radius=rendering.get("avg_camera_radius", usual.camera_radius),
        )


def _refuse_other_kinds(rendering: Mapping[str, Any]) -> None:
    """Raise for published settings that `PanoHeadNetwork` does not compute."""
    if "superresolution_module" in rendering:
        upscaling_from_official(rendering["superresolution_module"])
    unknown = {
        "no background": not rendering.get("use_background", True),
        "raw colours among its features": not rendering.get("use_torgb_raw", True),
        "a conditioning of its own": rendering.get("c_scale", 1) != 1 or rendering.get("c_gen_conditioning_zero"),
        "samples in disparity": rendering.get("disparity_space_sampling", False),
    }
    for kind, present in unknown.items():
        if present:
            raise CheckpointError(f"This PanoHead model has {kind}.", "Use the released head model.")


class PanoHeadNetwork(BackboneNetwork):
    """All weights under their official names, and the pieces of the published forward pass. Pictures run -1..1."""

    def __init__(self, config: PanoHeadConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(
            config.noise_size,
            config.condition_size,
            config.latent_size,
            config.mapping_layers,
            config.plane_px,
            3 * config.plane_channels * config.plane_depth,
            config.channel_base,
            config.channel_max,
        )
        self.superresolution = SuperResolution(
            config.upscaling, config.plane_channels, config.latent_size, config.upscaling_clamp
        )
        self.decoder = Decoder(config.plane_channels, config.decoder_width, config.decoder_activation)
        self.torgb = ToPicture(config.plane_channels, 3, config.latent_size)
        self.bcg_synthesis = Synthesis(
            config.latent_size,
            self.superresolution.sizes.input_px,
            config.plane_channels,
            config.channel_base // 2,
            config.channel_max,
        )
        # hidden layer as narrow as its output, the last one linear, an average of its own
        self.t_mapping = stylegan2.Mapping(
            config.noise_size, config.condition_size, 3, config.mapping_layers, learning_rate=1.0, last_active=False
        )

    def camera_offset(self, noise: Tensor, condition: Tensor, truncation: float = 1.0) -> Tensor:
        """How far to move the camera of noise [B, Z], world units [B, 3]: the dataset's heads are not all centred."""
        return self.t_mapping.truncated(self.t_mapping(noise, condition), truncation)

    def planes(self, latents: Tensor, noise: Noise = "const") -> Tensor:
        """Planes [B, 3, C, D, H, W] of latents [B, L, W]; within a plane the channels run slowest."""
        planes: Tensor = self.backbone.synthesis(latents, noise)
        return torch.unflatten(planes, 1, (3, self.config.plane_channels, self.config.plane_depth))

    def background(self, latents: Tensor, picture_px: int, noise: Noise = "const") -> Tensor:
        """Background features [B, F, h, w]."""
        # its pyramid may be shorter or longer than the trigrid's
        count = self.bcg_synthesis.latent_count
        latents = torch.cat([latents, latents[:, -1:].expand(-1, count, -1)], dim=1)[:, :count]
        return scaled(self.bcg_synthesis(latents, noise), picture_px)

    def raw_picture(self, features: Tensor, latents: Tensor) -> Tensor:
        """Small picture [B, 3, h, w] of composited features [B, F, h, w]."""
        raw: Tensor = self.torgb(features, latents[:, -1])
        return raw * 2 - 1 if self.config.decoder_activation == "sigmoid" else raw


class PanoHead(BackboneGenerator):
    """Implements `core.protocols.PlaneGenerator`. Made from a config and, usually, a state dict."""

    def __init__(
        self, config: PanoHeadConfig, network: PanoHeadNetwork | None = None, info: GeneratorInfo | None = None
    ) -> None:
        self.config = config
        self.network: PanoHeadNetwork = network or PanoHeadNetwork(config).eval()
        self.info = info or GeneratorInfo(
            name="panohead",
            title="PanoHead",
            licence="CC-BY-NC-4.0",
            latent_count=self.network.backbone.synthesis.latent_count,
            latent_size=config.latent_size,
            noise_size=config.noise_size,
            picture_px=config.picture_px,
            neural_px=config.neural_px,
            box_side=config.box_side,
            parts=(),
            commercial=False,
            extent=config.extent,
            samples=(config.coarse, config.fine),
        )

    @staticmethod
    def from_state_dict(state: Mapping[str, Tensor], config: PanoHeadConfig) -> "PanoHead":
        """The generator of official weights.

        Raises:
            CheckpointError: names or shapes are not those of the config.
        """
        return PanoHead(config, loaded(lambda: PanoHeadNetwork(config), state, "PanoHead"))

    def latents(self, noise: Tensor, truncation: float = 0.7) -> Tensor:
        """Latents of heads as the camera in front of them would see them."""
        front = front_condition(noise, self.config.camera_radius)
        return self.network.backbone.latents(noise, front, truncation)

    def trigrid(self, latents: Tensor) -> Trigrid:
        """See the protocol."""
        return Trigrid(self.planes(latents[None])[0], box_side=self.config.box_side)

    def colours(self, features: Tensor) -> Tensor:
        """RGB by the mean head's colouring: a point alone does not tell whose it is."""
        latent = self.network.backbone.mapping.w_avg[None]
        flat = self.network.raw_picture(features.reshape(-1, features.shape[-1], 1, 1), latent[:, None])
        return ((flat.reshape(*features.shape[:-1], 3) + 1) / 2).clamp(0, 1)

    def picture(self, features: Tensor, alpha: Tensor, latents: Tensor) -> Tensor:
        """See the protocol.

        The super-resolution knows heads only before a background of the model's own, so it gets one; white takes its
        place afterwards.
        """
        network = self.network
        filled = features + (1 - alpha) * network.background(latents, features.shape[-1])
        return over_white(network.superresolution(network.raw_picture(filled, latents), filled, latents), alpha)

    def tuned(self, delta: Mapping[str, Tensor]) -> "PanoHead":
        """See the protocol."""
        return type(self)(self.config, tuned_network(self.network, delta), self.info)

    def parameters_to_tune(self) -> dict[str, Tensor]:
        """All but the mappings, which a head with latents of its own does not use, and the background."""
        fixed = ("backbone.mapping.", "t_mapping.", "bcg_synthesis.")
        return {name: weight for name, weight in weights_of(self.network).items() if not name.startswith(fixed)}
