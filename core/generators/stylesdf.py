"""StyleSDF's generator: noise -> codes -> signed-distance field -> features -> picture, under its official names.

It has no planes: a head's field is the styled network itself (`core.siren_field`). Its world is 1 / `WORLD_SCALE` of
the studio's, which keeps its heads as large in the studio's usual picture as they are in its own.

Two things differ in the studio from the published pictures, which `stylesdf_renderer` draws: colours are asked for
along the view's axis instead of along each pixel's direction, so that a field has no camera; and what stands behind a
head when nothing stops the light, which the published code takes from the last sample of each ray, is taken from the
far plane as the camera in front sees it.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.camera import HEAD_FOCAL, HEAD_RADIUS, Camera
from core.errors import CheckpointError
from core.generators.backbone_sizes import loaded
from core.generators.stylegan2 import LEAK
from core.generators.stylesdf_decoder import SdfDecoder
from core.generators.stylesdf_renderer import HALF_FOV_DEGREES, HALF_RANGE, Marching, SdfCameras, density
from core.generators.stylesdf_siren import Siren
from core.generators.superresolution import over_white
from core.generators.tuning import tuned_network, weights_of
from core.protocols import GeneratorInfo
from core.siren_field import SirenField

WORLD_SCALE = HEAD_RADIUS / HEAD_FOCAL / (2 * math.tan(math.radians(HALF_FOV_DEGREES)))
"""Length of StyleSDF's unit in the studio: what its camera shows at the origin fills the studio's usual picture."""
MEAN_SAMPLES = 10_000
"""Noises whose codes are averaged, as in the published scripts."""
VIEW_AXIS = (0.0, 0.0, -1.0)
UNUSED = re.compile(r"decoder\.(conv1|convs\.\d+)\.bias")
"""Weights that are held only because the published checkpoints hold them."""


@dataclass(frozen=True)
class StyleSDFConfig:
    """Sizes and settings; the defaults are those of the released ffhq1024x1024.

    Attributes:
        width: width of the field's network and of its codes, Z too.
        depth: layers of the field's network before the view layer.
        style_layers: layers from noise to code.
        latent_size: width of the decoder's codes.
        mapping_layers: layers from the field's code to the decoder's.
        decoder_widths: channels of the decoder at each size, from `neural_px` up.
        neural_px: side of the rendered picture.
        samples: samples a ray.
        offset_sampling: whether samples begin their stretches.
        background: whether the last sample takes all light that is left.
        static_directions: whether colours are asked for along the camera's own axes.
        normalised: whether points are scaled by the range of depths.
        half_range: how far before and behind the origin rays begin and end, StyleSDF's units.
    """

    width: int = 256
    depth: int = 8
    style_layers: int = 3
    latent_size: int = 512
    mapping_layers: int = 5
    decoder_widths: tuple[int, ...] = (512, 256, 128, 64, 32)
    neural_px: int = 64
    samples: int = 24
    offset_sampling: bool = True
    background: bool = True
    static_directions: bool = True
    normalised: bool = True
    half_range: float = HALF_RANGE

    @property
    def picture_px(self) -> int:
        """Side of the finished picture."""
        return self.neural_px << (len(self.decoder_widths) - 1)

    @property
    def marching(self) -> Marching:
        """How the published renderer marches."""
        return Marching(self.samples, self.offset_sampling, self.background, self.static_directions, self.normalised)

    @property
    def box_side(self) -> float:
        """Side of the cube whose points reach -1..1, in the studio's units."""
        return WORLD_SCALE * 2 * (self.half_range if self.normalised else 1.0)

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> "StyleSDFConfig":
        """Sizes from the tensors; what they cannot tell from `facts`, else as in the released model.

        Args:
            state: official names and tensors.
            facts: values found in the file: "opts", the training's options, flat or in groups.

        Raises:
            CheckpointError: a tensor is missing, or the model is of a kind that this class does not compute.
        """

        def shape(name: str) -> torch.Size:
            if name not in state:
                raise CheckpointError(
                    f"This is no complete StyleSDF generator: {name} is missing.",
                    "Check which model the file belongs to; the renderer alone cannot draw finished pictures.",
                )
            return state[name].shape

        options = dict(facts.get("opts") or {})
        for group in [value for value in options.values() if isinstance(value, Mapping)]:
            options.update(group)
        if options.get("no_sdf", False):
            raise CheckpointError(
                "This StyleSDF model holds no signed distances.", "Use a model that was trained with them."
            )
        usual = StyleSDFConfig()

        def count(prefix: str) -> int:
            return sum(name.startswith(prefix) and name.count(".") == prefix.count(".") + 1 for name in state) // 2

        widths = [shape("decoder.conv1.activate.bias")[0]]
        while (name := f"decoder.convs.{2 * len(widths) - 1}.activate.bias") in state:
            widths.append(state[name].shape[0])
        return StyleSDFConfig(
            width=shape("renderer.network.sigma_linear.weight")[1],
            depth=sum(
                name.startswith("renderer.network.pts_linears.") and name.endswith(".gamma.weight") for name in state
            ),
            style_layers=count("style."),
            latent_size=shape("decoder.conv1.conv.modulation.weight")[1],
            mapping_layers=count("decoder.style."),
            decoder_widths=tuple(widths),
            neural_px=shape("decoder.noises.noise_0")[-1],
            samples=options.get("N_samples", usual.samples),
            offset_sampling=not options.get("no_offset_sampling", not usual.offset_sampling),
            background=options.get("force_background", usual.background),
            static_directions=options.get("static_viewdirs", usual.static_directions),
            normalised=not options.get("no_z_normalize", not usual.normalised),
            half_range=options.get("dist_radius", usual.half_range),
        )


class CodeLayer(nn.Module):
    """A layer from noise to code: linear, then a leaky rectifier without the usual gain."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, width) * width**-0.5)
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """[B, W] -> [B, W]."""
        return F.leaky_relu(F.linear(x, self.weight, self.bias), LEAK)


class SdfRenderer(nn.Module):
    """The field's network and the width of its surface."""

    def __init__(self, depth: int, width: int) -> None:
        super().__init__()
        self.sigmoid_beta = nn.Parameter(torch.full((1,), 0.1))
        self.network = Siren(depth, width)


class StyleSDFNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: StyleSDFConfig) -> None:
        super().__init__()
        self.config = config
        self.style = nn.Sequential(*(CodeLayer(config.width) for _ in range(config.style_layers)))
        self.renderer = SdfRenderer(config.depth, config.width)
        self.decoder = SdfDecoder(
            config.width,
            config.width,
            config.latent_size,
            config.mapping_layers,
            config.decoder_widths,
            config.neural_px,
        )

    def codes(
        self, noise: Tensor, truncation: float = 1.0, means: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The field's code [B, W] and the decoder's [B, V] of noise [B, W].

        Args:
            noise: standard normal.
            truncation: draws both towards their means, the second after it was computed from the drawn first.
            means: [1, W] and [1, V]; needed unless the truncation is 1.
        """
        code = self.style(noise)
        if means is not None:
            code = torch.lerp(means[0], code, truncation)
        latent = self.decoder.style(code)
        if means is not None:
            latent = torch.lerp(means[1], latent, truncation)
        return code, latent

    def mean_codes(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Means [1, W] and [1, V] of the codes of noise [N, W]."""
        code = self.style(noise)
        return code.mean(0, keepdim=True), self.decoder.style(code).mean(0, keepdim=True)


class StyleSDF:
    """Implements `core.protocols.Generator`. Made from a config and, usually, a state dict.

    Its latents are one row for each layer of the field, of which only the first `width` numbers count, then one for
    each layer of the decoder.
    """

    def __init__(
        self,
        config: StyleSDFConfig,
        network: StyleSDFNetwork | None = None,
        info: GeneratorInfo | None = None,
        means: tuple[Tensor, Tensor] | None = None,
    ) -> None:
        self.config = config
        self.network = network or StyleSDFNetwork(config).eval()
        self._given_means = means
        self._field_rows = config.depth + 1
        half = WORLD_SCALE * config.half_range
        self.info = info or GeneratorInfo(
            name="stylesdf",
            title="StyleSDF",
            licence="StyleSDF's own (University of Washington, non-commercial)",
            latent_count=self._field_rows + self.network.decoder.latent_count,
            latent_size=max(config.width, config.latent_size),
            noise_size=config.width,
            picture_px=config.picture_px,
            neural_px=config.neural_px,
            box_side=config.box_side,
            parts=(),
            commercial=False,
            extent=(half, half, half),
            samples=(config.samples, config.samples),
            # a point takes a million multiplications, so that a grid as fine as others would take a minute
            grid_nodes=64,
            latent_kinds=(self._field_rows, self.network.decoder.latent_count),
        )

    @staticmethod
    def from_state_dict(state: Mapping[str, Tensor], config: StyleSDFConfig) -> "StyleSDF":
        """The generator of official weights.

        Raises:
            CheckpointError: names or shapes are not those of the config.
        """
        return StyleSDF(config, loaded(lambda: StyleSDFNetwork(config), state, "StyleSDF"))

    @cached_property
    def means(self) -> tuple[Tensor, Tensor]:
        """The mean head's codes, [1, W] and [1, V]; the checkpoints hold none, so they are those of fixed noises."""
        if self._given_means is not None:
            return self._given_means
        weight = self.network.renderer.sigmoid_beta
        noise = torch.randn(MEAN_SAMPLES, self.config.width, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            return self.network.mean_codes(noise.to(weight))

    def latents_of_codes(self, codes: Tensor, decoder_codes: Tensor) -> Tensor:
        """Latents [B, L, W] of the field's codes and the decoder's, one for all layers or one for each.

        Args:
            codes: [B, width] or [B, layers, width], such as E3DGE's encoder gives.
            decoder_codes: [B, latent_size] or [B, layers, latent_size].
        """
        size, decoder_rows = self.info.latent_size, self.network.decoder.latent_count
        parts = [
            F.pad(rows, (0, size - rows.shape[-1])).reshape(len(rows), -1, size).expand(-1, count, -1)
            for rows, count in ((codes, self._field_rows), (decoder_codes, decoder_rows))
        ]
        return torch.cat(parts, dim=1)

    def codes_of_latents(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Codes [..., layers, width] of the field and [..., layers, latent_size] of the decoder, of [..., L, W]."""
        rows = self._field_rows
        return latents[..., :rows, : self.config.width], latents[..., rows:, : self.config.latent_size]

    def latents(self, noise: Tensor, truncation: float = 0.7) -> Tensor:
        """See the protocol."""
        return self.latents_of_codes(*self.network.codes(noise, truncation, self.means))

    def mean_latents(self) -> Tensor:
        """See the protocol."""
        return self.latents_of_codes(*self.means)[0].clone()

    def trigrid(self, latents: Tensor) -> SirenField:
        """The field of one head's latents [L, W]; differentiable."""
        codes, _ = self.codes_of_latents(latents)
        return self.network.renderer.network.field(codes, VIEW_AXIS, self.config.box_side)

    def decode(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """See the protocol; the decoded features are RGB, then what the decoder finishes."""
        renderer, width = self.network.renderer, self.config.width
        shape, look = features[:, :width], features[:, width:]
        distance = renderer.network.distance(shape)[:, 0]
        # a density for each of the studio's units; what the exporters and renderers turn back by softplus(raw - 1)
        sigma = (density(distance, renderer.sigmoid_beta) / WORLD_SCALE).clamp(min=1e-20)
        raw = 1 + sigma + torch.log(-torch.expm1(-sigma))
        return raw, torch.cat([torch.sigmoid(renderer.network.rgb_linear(look)), look], dim=1)

    def label_logits(self, features: Tensor) -> Tensor | None:
        """None: the published model knows no parts."""
        del features
        return None

    def colours(self, features: Tensor) -> Tensor:
        """The first three features are RGB."""
        return features[..., :3]

    def background(self, latents: Tensor) -> Tensor:
        """Features [B, N, h, w] of the far plane that the camera in front sees, of latents [B, L, W]."""
        config, siren = self.config, self.network.renderer.network
        cameras = SdfCameras.around(torch.zeros(1, 2, device=latents.device), config.neural_px)
        origins, directions, own = cameras.rays()
        far = 1 + config.half_range * (1 - 2 / config.samples if config.offset_sampling else 1)
        points = (origins + far * directions) / (config.half_range if config.normalised else 1.0)
        codes, _ = self.codes_of_latents(latents)
        count = (len(latents), -1, -1, -1)
        hidden = siren.backbone(points.expand(count), codes)
        _, features = siren.appearance(hidden, F.normalize(own, dim=-1).expand(count), codes)
        return features.movedim(-1, 1)

    def picture(self, features: Tensor, alpha: Tensor, latents: Tensor) -> Tensor:
        """See the protocol.

        The decoder knows heads only before a background of the model's own, so it gets one; white takes its place
        afterwards.
        """
        filled = features[:, 3:] + (1 - alpha) * self.background(latents)
        return over_white(self.network.decoder(filled, self.codes_of_latents(latents)[1]), alpha)

    def tuned(self, delta: Mapping[str, Tensor]) -> "StyleSDF":
        """See the protocol. The mean head stays that of the untuned weights."""
        return StyleSDF(self.config, tuned_network(self.network, delta), self.info, self.means)

    def parameters_to_tune(self) -> dict[str, Tensor]:
        """All but the mappings, which a head with latents of its own does not use, and the biases that nobody uses."""
        weights = weights_of(self.network)
        return {
            name: weight
            for name, weight in weights.items()
            if not name.startswith(("style.", "decoder.style.")) and not UNUSED.fullmatch(name)
        }


def camera_from_sdf(cameras: SdfCameras, index: int = 0) -> Camera:
    """One of StyleSDF's cameras in the studio's world: the same picture of the same head."""
    pose = np.eye(4)
    pose[:3] = cameras.poses[index].double().cpu().numpy()
    pose[:3, 1:3] *= -1  # OpenGL's up and back are OpenCV's down and forward, negated
    pose[:3, 3] *= WORLD_SCALE
    fov = 2 * math.atan(0.5 * cameras.picture_px / float(cameras.focal[index]))
    return Camera(pose, fov, float(cameras.near[index]) * WORLD_SCALE, float(cameras.far[index]) * WORLD_SCALE)


def sdf_from_camera(camera: Camera, picture_px: int) -> SdfCameras:
    """A camera of the studio as StyleSDF writes it, for a picture of that side; inverse of `camera_from_sdf`."""
    pose = camera.world_from_camera[:3].copy()
    pose[:, 1:3] *= -1
    pose[:, 3] /= WORLD_SCALE

    def number(value: float) -> Tensor:
        return torch.full((1, 1, 1), value)

    return SdfCameras(
        torch.from_numpy(pose).float()[None],
        number(camera.focal * picture_px),
        number(camera.near / WORLD_SCALE),
        number(camera.far / WORLD_SCALE),
        picture_px,
    )
