"""How E3DGE (Lan et al. 2023) brings local features to points in space: place codes, pixel alignment, modulation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAK = 0.2
FREQUENCIES = 7
"""Octaves of the code of a place."""


class ResidualDense(nn.Module):
    """Two linear layers, each after a rectifier, beside a shortcut (Mescheder et al. 2019, Occupancy Networks)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        hidden = min(inputs, outputs)
        self.fc_0, self.fc_1 = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.shortcut = None if inputs == outputs else nn.Linear(inputs, outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[..., inputs] -> [..., outputs]."""
        residual: Tensor = self.fc_1(F.relu(self.fc_0(F.relu(x))))
        return residual + (x if self.shortcut is None else self.shortcut(x))


class DenseFusion(nn.Module):
    """A feature and what a guide makes of it by scale and shift (spatial feature transform, Wang et al. 2018)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.encode_enc = ResidualDense(inputs + outputs, outputs)
        self.scale = dense_pair(outputs)
        self.shift = dense_pair(outputs)

    def forward(self, guide: Tensor, features: Tensor) -> Tensor:
        """Guide [..., inputs] and features [..., outputs] -> [..., outputs]."""
        both = self.encode_enc(torch.cat([guide, features], dim=-1))
        fused: Tensor = features + features * self.scale(both) + self.shift(both)
        return fused


def dense_pair(width: int) -> nn.Sequential:
    """Two linear layers of one width."""
    return nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(LEAK), nn.Linear(width, width))


def place_code(points: Tensor, frequencies: int = FREQUENCIES) -> Tensor:
    """Points [..., 3] -> themselves and sine and cosine of their octaves, [..., 3 + 6 * frequencies]."""
    angles = [points * 2.0**octave for octave in range(frequencies)]
    return torch.cat([points, *(wave for angle in angles for wave in (angle.sin(), angle.cos()))], dim=-1)


def perspective(points: Tensor, calibrations: Tensor) -> Tensor:
    """Points [B, 3, N] through calibrations [B, 4, 4] -> x and y over the depth, and the depth: [B, 3, N].

    The camera looks along its -z and its y points up.
    """
    placed = calibrations[:, :3, :3] @ points + calibrations[:, :3, 3:]
    depth = -placed[:, 2:]
    return torch.cat([placed[:, :2] / depth, depth], dim=1)


def picture_places(projected: Tensor) -> Tensor:
    """Where in a picture projected points [B, 3, N] lie: [B, 2, N], -1..1 to the right and down."""
    return torch.stack([projected[:, 0], -projected[:, 1]], dim=1)


def features_at(features: Tensor, places: Tensor) -> Tensor:
    """Features [B, C, H, W] at places [B, 2, N] in the picture, bilinear, nothing outside: [B, C, N]."""
    grid = places.transpose(1, 2)[:, :, None]
    sampled = F.grid_sample(features, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return sampled[..., 0]
