"""First training stage of `mini`: the field is supervised in 3D, without marching a single ray.

At points on and just behind the visible surface the field must be solid, with the pixel's colour and part; in front of
it and along background rays it must be empty. That is a hundred times cheaper than rendering, and gives gradients
everywhere. A head's latent is an affine function of its attributes plus a residual of its own, so that what one head
teaches about beards serves all.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from core.descent import Adam
from core.generators.mini_network import MiniConfig, MiniNetwork, sample_planes
from core.mask import PARTS
from core.training.dataset import HeadViews, pixel_rays
from core.trigrid import PlaneAxes

LABELS = slice(3, 3 + len(PARTS))
BETAS = (0.5, 0.99)  # Adam's, in both stages


@dataclass(frozen=True)
class FieldConfig:
    """Recipe of the stage. The bundled weights: these numbers, but `convolution_rate` 2e-3 until step 2000.

    Attributes:
        steps: length of the cosine schedule.
        batch: heads a step.
        points: supervised points a head, drawn from three of its views.
        rate: Adam's learning rate of styles and decoder.
        convolution_rate: the same of the synthesis' convolutions, whose weights have unit variance.
        table_rate: the same of position maps, mean trigrid and residuals, of which a step touches little.
        latent_noise: deviation of the noise on latents, on the whole and on each level: neighbours are heads too.
        colour: weight of the colour's L1 beside the occupancy's cross-entropy.
        part: weight of the label's cross-entropy.
        residual: weight of the residuals' mean square.
        smooth: weight of the squared differences between neighbouring cells: where no view looks, planes stay calm.
    """

    steps: int = 7700
    batch: int = 4
    points: int = 9000
    rate: float = 2e-3
    convolution_rate: float = 5e-3
    table_rate: float = 1e-2
    latent_noise: float = 0.05
    colour: float = 3.0
    part: float = 0.15
    residual: float = 1e-3
    smooth: float = 0.03
    warm_up: int = 100


class Codes(nn.Module):
    """Attributes [B, A] and head numbers [B] -> latents [B, W]."""

    mean: Tensor
    std: Tensor

    def __init__(self, attributes: Tensor, heads: int, latent_size: int) -> None:
        """Standardise by the attributes [H, A] of the data."""
        super().__init__()
        count = attributes.shape[1]
        self.linear = nn.Linear(count, latent_size)
        nn.init.normal_(self.linear.weight, std=count**-0.5)
        nn.init.zeros_(self.linear.bias)
        self.residual = nn.Parameter(torch.zeros(heads, latent_size))
        self.register_buffer("mean", attributes.mean(0))
        self.register_buffer("std", attributes.std(0).clamp(min=0.08))

    def forward(self, attributes: Tensor, heads: Tensor | None = None) -> Tensor:
        """Without head numbers, the latents of heads that were never seen."""
        latents: Tensor = self.linear((attributes - self.mean) / self.std)
        return latents if heads is None else latents + self.residual[heads]


@dataclass(frozen=True, eq=False)
class FieldBatch:
    """Points of some heads: points [B, P, 3], of the first S of each colours [B, S, 3] and labels [B, S]."""

    points: Tensor
    colours: Tensor
    labels: Tensor


def view_odds(world_from_camera: NDArray[np.float32]) -> NDArray[np.float64]:
    """Odds [V] of drawing each view: three times as high in front, where the detail is, as behind."""
    position = world_from_camera[:, :3, 3].astype(np.float64)
    frontal = position[:, 2] / np.linalg.norm(position, axis=1)
    odds = 1 + 2 * np.clip(frontal, 0, 1) ** 2
    normalised: NDArray[np.float64] = odds / odds.sum()
    return normalised


def drawn_batch(heads: list[HeadViews], config: FieldConfig, rng: np.random.Generator) -> FieldBatch:
    """Points from three random views of each head."""
    rays = pixel_rays(heads[0].rgb.shape[1])
    drawn = []
    for head in heads:
        views = rng.choice(len(head), 3, p=view_odds(head.world_from_camera), replace=False)
        parts = [head.field_points(int(view), config.points // 3, rays, rng) for view in views]
        solid = len(parts[0].labels)
        points = [p.points[:solid] for p in parts] + [p.points[solid:] for p in parts]
        drawn.append([np.concatenate(x) for x in (points, [p.colours for p in parts], [p.labels for p in parts])])
    return FieldBatch(*(torch.from_numpy(np.stack(column)) for column in zip(*drawn, strict=True)))


def field_losses(network: MiniNetwork, latents: Tensor, batch: FieldBatch, config: FieldConfig) -> dict[str, Tensor]:
    """Weighted terms of the loss, by name.

    Args:
        network: what is trained.
        latents: [B, W], one for each head of the batch.
        batch: what is known about them.
        config: weights of the terms.
    """
    size: MiniConfig = network.config
    shape = (len(latents), size.latent_count, size.latent_size)
    noise = torch.randn(len(latents), 1, size.latent_size) + torch.randn(shape)
    with torch.autocast("cpu", torch.bfloat16):
        planes = network.synthesis.coarse(latents[:, None] + config.latent_noise * noise)
    cells = sample_planes(planes.float(), batch.points, PlaneAxes.PANOHEAD.value, size.box_side)
    logit, decoded = network.decoder.occupancy_and_features(cells)
    solid = batch.labels.shape[1]
    inside = (batch.points.abs().amax(-1) < size.half_extent + 0.002).float()  # a little beyond what is drawn
    wanted = (torch.arange(logit.shape[1]) < solid).float().expand_as(logit)
    occupancy = (F.binary_cross_entropy_with_logits(logit, wanted, reduction="none") * inside).mean()
    colour = ((decoded[:, :solid, :3] - batch.colours).abs().mean(-1) * inside[:, :solid]).mean()
    part = F.cross_entropy(decoded[:, :solid, LABELS].flatten(0, 1), batch.labels.flatten(), reduction="none")
    return {
        "occupancy": occupancy,
        "colour": config.colour * colour,
        "part": config.part * (part * inside[:, :solid].flatten()).mean(),
        "smooth": config.smooth * roughness(planes),
    }


def roughness(planes: Tensor) -> Tensor:
    """Mean squared difference of neighbouring cells of planes [..., H, W]."""
    return planes.diff(dim=-1).square().mean() + planes.diff(dim=-2).square().mean()


def optimiser(network: MiniNetwork, codes: Codes, config: FieldConfig) -> tuple[Adam, list[float]]:
    """Adam and the rate of each parameter: higher for tables of which a step touches little."""
    rates = {codes.residual: config.table_rate}
    rates |= dict.fromkeys(codes.linear.parameters(), config.rate / 2)
    for name, weight in network.named_parameters():
        if name.startswith("upscaler."):
            continue
        rates[weight] = config.rate
        if name.endswith("position") or name == "synthesis.mean":
            rates[weight] = config.table_rate
        elif name.startswith("synthesis.") and weight.ndim == 4 and name.endswith("weight") and "narrow" not in name:
            rates[weight] = config.convolution_rate
    return Adam(list(rates), BETAS), list(rates.values())


def rate_factor(step: int, steps: int, warm_up: int) -> float:
    """Linear warm-up, then a cosine down to 2 %."""
    return min(1.0, step / warm_up) * (0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * min(1.0, step / steps)))))
