"""EG3D's generator at any width: noise -> latents -> triplane -> features -> picture, under its official names.

The slips that its weights were trained with are kept, and named where they occur. Longer than usual: half of it is the
config, which is read off the weights and decides how the networks are built.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from core.errors import CheckpointError
from core.generators.backbone import Backbone, BackboneGenerator, BackboneNetwork, Decoder, front_condition
from core.generators.backbone_sizes import loaded, ray_limits_of, settings_from_facts, sizes_from_state
from core.generators.stylegan2 import Noise
from core.generators.superresolution import (
    UPSCALERS,
    SuperResolution,
    Upscaling,
    over_white,
    upscaling_from_official,
)
from core.generators.tuning import tuned_network, weights_of
from core.protocols import GeneratorInfo
from core.trigrid import PlaneAxes, Trigrid

ThirdPlane = Literal["zx", "yz", "zy"]
"""World axes along the third plane's columns and rows; the first two planes are always (x, y) and (x, z)."""
AXES: dict[ThirdPlane, PlaneAxes] = {"zx": PlaneAxes.EG3D, "yz": PlaneAxes.EG3D_YZ, "zy": PlaneAxes.EG3D_ZY}


@dataclass(frozen=True)
class EG3DConfig:
    """Sizes and settings; the defaults are those of the released ffhqrebalanced512-128.

    Attributes:
        noise_size: Z.
        latent_size: W.
        condition_size: numbers of the camera that latents are conditioned on.
        condition_scale: factor of those numbers; 0 for a model that ignores the camera.
        mapping_layers: layers from noise to latent.
        plane_px: H and W of the planes.
        plane_channels: C of a plane.
        third_plane: which world axes the third plane lies along; the released (z, x) is a slip that its weights need.
        channel_base: channels of the synthesis times its resolution, up to `channel_max`.
        channel_max: see above.
        backbone_clamp: bound of the synthesis' activations, or None.
        decoder_width: hidden units of the decoder.
        decoder_channels: F of the decoded features; the first three are the raw picture.
        decoder_rate: learning-rate factor that the decoder's weights are stored without.
        neural_px: side of the volume-rendered picture.
        upscaling: the super-resolution, which settles the picture's side.
        upscaling_clamp: bound of its activations, or None; published ones have it even in full precision.
        upscaling_noise: where the noise of its layers comes from.
        antialias: whether its input is low-passed when it has to shrink.
        ray_limits: depths where rays begin and end; None bounds them by the box.
        coarse: samples of the first marching pass.
        fine: samples of the second.
        box_side: side of the planes' cube, world units.
        white_background: whether empty space is white instead of black.
        camera_radius: distance of the cameras it was trained with.
    """

    noise_size: int = 512
    latent_size: int = 512
    condition_size: int = 25
    condition_scale: float = 1.0
    mapping_layers: int = 2
    plane_px: int = 256
    plane_channels: int = 32
    third_plane: ThirdPlane = "zx"
    channel_base: int = 32768
    channel_max: int = 512
    backbone_clamp: float | None = None
    decoder_width: int = 64
    decoder_channels: int = 32
    decoder_rate: float = 1.0
    neural_px: int = 128
    upscaling: Upscaling = "8XDC"
    upscaling_clamp: float | None = 256.0
    upscaling_noise: Noise = "none"
    antialias: bool = True
    ray_limits: tuple[float, float] | None = (2.25, 3.3)
    coarse: int = 48
    fine: int = 48
    box_side: float = 1.0
    white_background: bool = False
    camera_radius: float = 2.7

    @property
    def picture_px(self) -> int:
        """Side of the finished picture."""
        return UPSCALERS[self.upscaling].sizes_px[1]

    @property
    def axes(self) -> PlaneAxes:
        """How its planes lie in the world."""
        return AXES[self.third_plane]

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> "EG3DConfig":
        """Sizes from the tensors; what they cannot tell from `facts`, else as in the released model.

        Args:
            state: official names and tensors.
            facts: values found in the file: "init_kwargs", "rendering_kwargs", "neural_rendering_resolution",
                "plane_axes" (numbers [3, 3, 3], rows of each plane's frame).

        Raises:
            CheckpointError: a tensor is missing, or the model is of a kind that this class does not compute.
        """
        sizes = sizes_from_state(state, "EG3D")
        made_with, rendering = settings_from_facts(facts)
        if rendering.get("disparity_space_sampling", False):
            raise CheckpointError("This EG3D model has samples in disparity.", "Use a released model of heads.")
        if "superresolution_module" in rendering:
            upscaling_from_official(rendering["superresolution_module"])
        if "decoder.net.2.weight" not in state:
            raise CheckpointError("decoder.net.2.weight is missing.", "Check which model the file belongs to.")
        usual = EG3DConfig()
        noise = rendering.get("superresolution_noise_mode", usual.upscaling_noise)
        if noise not in ("const", "none", "random"):
            raise CheckpointError(f"This EG3D model has a noise of another kind, {noise}.", "Use a released model.")
        return EG3DConfig(
            **sizes,
            condition_scale=0.0 if rendering.get("c_gen_conditioning_zero") else float(rendering.get("c_scale", 1)),
            third_plane=third_plane_from_axes(facts["plane_axes"]) if "plane_axes" in facts else usual.third_plane,
            backbone_clamp=made_with.get("conv_clamp") if made_with.get("num_fp16_res") else usual.backbone_clamp,
            decoder_channels=state["decoder.net.2.weight"].shape[0] - 1,
            decoder_rate=float(rendering.get("decoder_lr_mul", usual.decoder_rate)),
            neural_px=int(facts.get("neural_rendering_resolution") or usual.neural_px),
            upscaling_clamp=256.0 if made_with.get("sr_num_fp16_res", 4) > 0 else None,
            upscaling_noise=noise,
            antialias=rendering.get("sr_antialias", usual.antialias),
            ray_limits=ray_limits_of(rendering, usual.ray_limits),
            coarse=rendering.get("depth_resolution", usual.coarse),
            fine=rendering.get("depth_resolution_importance", usual.fine),
            box_side=rendering.get("box_warp", usual.box_side),
            white_background=rendering.get("white_back", usual.white_background),
            camera_radius=rendering.get("avg_camera_radius", usual.camera_radius),
        )


def third_plane_from_axes(plane_axes: object) -> ThirdPlane:
    """The third plane of published plane axes [3, 3, 3]: a point's coordinates times the inverse of a plane's frame.

    Raises:
        CheckpointError: the axes are none that any EG3D has had.
    """
    frames = np.asarray(plane_axes, dtype=np.float64)
    if frames.shape == (3, 3, 3) and np.isfinite(frames).all():
        # each frame only renames the axes, so its inverse is its transpose: column k is the axis of coordinate k
        seen = tuple(tuple(int(axis) for axis in np.abs(frame.T).argmax(0)[:2]) for frame in frames)
        for name, axes in AXES.items():
            if seen == tuple(row[:2] for row in axes.value) and np.allclose(
                frames @ frames.transpose(0, 2, 1), np.eye(3)
            ):
                return name
    raise CheckpointError("The planes of this EG3D model lie in an unknown way.", "Use one of the released models.")


class EG3DNetwork(BackboneNetwork):
    """All weights under their official names, and the pieces of the published forward pass. Pictures run -1..1."""

    def __init__(self, config: EG3DConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(
            config.noise_size,
            config.condition_size,
            config.latent_size,
            config.mapping_layers,
            config.plane_px,
            3 * config.plane_channels,
            config.channel_base,
            config.channel_max,
            config.backbone_clamp,
        )
        self.superresolution = SuperResolution(
            config.upscaling,
            config.decoder_channels,
            config.latent_size,
            config.upscaling_clamp,
            antialias=config.antialias,
        )
        self.decoder = Decoder(
            config.plane_channels,
            config.decoder_width,
            "sigmoid",
            config.decoder_rate,
            outputs=config.decoder_channels,
        )

    def latents(self, noise: Tensor, condition: Tensor, truncation: float = 1.0, cutoff: int | None = None) -> Tensor:
        """Latents [B, L, W] of noise [B, Z] and cameras [B, 25]; only the first `cutoff` are truncated."""
        return self.backbone.latents(noise, condition * self.config.condition_scale, truncation, cutoff)

    def planes(self, latents: Tensor, noise: Noise = "const") -> Tensor:
        """Planes [B, 3, C, 1, H, W] of latents [B, L, W]."""
        return self.as_planes(self.backbone.synthesis(latents, noise))

    def as_planes(self, picture: Tensor) -> Tensor:
        """The synthesis' picture [B, 3C, H, W] as planes [B, 3, C, 1, H, W]."""
        return torch.unflatten(picture, 1, (3, self.config.plane_channels, 1))

    def composited(self, features: Tensor, alpha: Tensor) -> Tensor:
        """Premultiplied features [B, F, h, w] as the published marcher gives them, -1..1 with a plain background."""
        return (features + (1 - alpha) if self.config.white_background else features) * 2 - 1

    def picture(self, composited: Tensor, latents: Tensor) -> Tensor:
        """Finished picture [B, 3, H, W] of composited features [B, F, h, w]; their first three are the small one."""
        finished: Tensor = self.superresolution(composited[:, :3], composited, latents, self.config.upscaling_noise)
        return finished


class EG3D(BackboneGenerator):
    """Implements `core.protocols.PlaneGenerator`. Made from a config and, usually, a state dict."""

    def __init__(
        self, config: EG3DConfig, network: EG3DNetwork | None = None, info: GeneratorInfo | None = None
    ) -> None:
        self.config = config
        self.network: EG3DNetwork = network or EG3DNetwork(config).eval()
        self.info = info or GeneratorInfo(
            name="eg3d",
            title="EG3D",
            licence="NVIDIA Source Code License (non-commercial)",
            latent_count=self.network.backbone.synthesis.latent_count,
            latent_size=config.latent_size,
            noise_size=config.noise_size,
            picture_px=config.picture_px,
            neural_px=config.neural_px,
            box_side=config.box_side,
            parts=(),
            commercial=False,
            # the published renderer looks past the box too, where each plane fades out by itself
            extent=(math.inf, math.inf, math.inf),
            samples=(config.coarse, config.fine),
        )

    @staticmethod
    def from_state_dict(state: Mapping[str, Tensor], config: EG3DConfig) -> "EG3D":
        """The generator of official weights.

        Raises:
            CheckpointError: names or shapes are not those of the config.
        """
        return EG3D(config, loaded(lambda: EG3DNetwork(config), state, "EG3D"))

    def latents(self, noise: Tensor, truncation: float = 0.7) -> Tensor:
        """Latents of heads as the camera in front of them would see them."""
        front = front_condition(noise, self.config.camera_radius)
        return self.network.latents(noise, front, truncation)

    def trigrid(self, latents: Tensor) -> Trigrid:
        """See the protocol."""
        return Trigrid(self.planes(latents[None])[0], self.config.axes, self.config.box_side)

    def colours(self, features: Tensor) -> Tensor:
        """The first three features are RGB."""
        return features[..., :3].clamp(0, 1)

    def picture(self, features: Tensor, alpha: Tensor, latents: Tensor) -> Tensor:
        """See the protocol.

        The super-resolution knows heads before the plain background of its training, so it gets that; white takes
        its place afterwards. What a model has grown behind the head is part of its field and stays.
        """
        return over_white(self.network.picture(self.network.composited(features, alpha), latents), alpha)

    def tuned(self, delta: Mapping[str, Tensor]) -> "EG3D":
        """See the protocol."""
        return EG3D(self.config, tuned_network(self.network, delta), self.info)

    def parameters_to_tune(self) -> dict[str, Tensor]:
        """All but the mapping, which a head with latents of its own does not use."""
        weights = weights_of(self.network)
        return {name: weight for name, weight in weights.items() if not name.startswith("backbone.mapping.")}
