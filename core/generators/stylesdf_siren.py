"""StyleSDF's field: a network with sines whose frequencies and phases the codes set (FiLM), under its official names.

A point gives a signed distance, and with a viewing direction a colour and features. E3DGE reads and changes the same
network. B batch, W width, D depth; codes are [B, W], or one for each layer [B, D + 1, W], the last for the view layer.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.siren_field import SirenField

FREQUENCY_GAIN, FREQUENCY = 15.0, 30.0
"""A code moves the frequency by its gain about this one."""
PHASE_GAIN = 0.25


class FilmLayer(nn.Module):
    """sin(frequency * (A x + b) + phase), frequency and phase affine in a code."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, inputs) / inputs)
        self.bias = nn.Parameter(torch.zeros(width))
        self.gamma = nn.Linear(width, width)
        self.beta = nn.Linear(width, width)

    def modulation(self, code: Tensor) -> tuple[Tensor, Tensor]:
        """Frequency and phase [..., W] of a code [..., W]."""
        return FREQUENCY_GAIN * self.gamma(code) + FREQUENCY, PHASE_GAIN * self.beta(code)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """[B, ..., I] and code [B, W] -> [B, ..., W]."""
        frequency, phase = (value.view(len(code), *[1] * (x.ndim - 2), -1) for value in self.modulation(code))
        return torch.sin(frequency * F.linear(x, self.weight, self.bias) + phase)

    def folded(self, code: Tensor) -> tuple[Tensor, Tensor]:
        """A and b of sin(A x + b), the same function, for one code [W]."""
        frequency, phase = self.modulation(code)
        return frequency[:, None] * self.weight, frequency * self.bias + phase


class Siren(nn.Module):
    """Points and directions -> colour, signed distance, features."""

    def __init__(self, depth: int, width: int) -> None:
        super().__init__()
        self.pts_linears = nn.ModuleList(FilmLayer(3 if index == 0 else width, width) for index in range(depth))
        self.views_linears = FilmLayer(width + 3, width)
        self.rgb_linear = nn.Linear(width, 3)
        self.sigma_linear = nn.Linear(width, 1)

    @property
    def layers(self) -> list[FilmLayer]:
        """The layers that take a code, in the order of the codes."""
        return [layer for layer in (*self.pts_linears, self.views_linears) if isinstance(layer, FilmLayer)]

    def codes_of_layers(self, codes: Tensor) -> list[Tensor]:
        """One code [B, W] for each layer, of one for all or one for each."""
        return [codes] * len(self.layers) if codes.ndim == 2 else list(codes.unbind(1))

    def backbone(self, points: Tensor, codes: Tensor) -> Tensor:
        """Points [B, ..., 3] in -1..1 -> what the shape is read off, [B, ..., W]."""
        x = points
        for layer, code in zip(self.layers[:-1], self.codes_of_layers(codes), strict=False):
            x = layer(x, code)
        return x

    def distance(self, hidden: Tensor) -> Tensor:
        """Signed distance [..., 1] of the backbone's output; negative inside."""
        distance: Tensor = self.sigma_linear(hidden)
        return distance

    def appearance(
        self, hidden: Tensor, directions: Tensor, codes: Tensor, modulation: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Colour and features.

        Args:
            hidden: the backbone's output [B, ..., W].
            directions: unit viewing directions [B, ..., 3].
            codes: [B, W] or [B, D + 1, W].
            modulation: E3DGE's local detail, (alpha, beta) [B, ..., W]: hidden * (alpha + 1) + beta takes its place.

        Returns:
            Raw colour [B, ..., 3], whose sigmoid is RGB, and features [B, ..., W].
        """
        if modulation is not None:
            alpha, beta = modulation
            hidden = (alpha + 1) * hidden + beta
        features = self.views_linears(torch.cat([hidden, directions], dim=-1), self.codes_of_layers(codes)[-1])
        return self.rgb_linear(features), features

    def forward(self, points_and_directions: Tensor, codes: Tensor) -> Tensor:
        """[B, ..., 6] -> [B, ..., 3 + 1 + W]: raw colour, signed distance, features."""
        points, directions = points_and_directions.split(3, dim=-1)
        hidden = self.backbone(points, codes)
        colour, features = self.appearance(hidden, directions, codes)
        return torch.cat([colour, self.distance(hidden), features], dim=-1)

    def field(self, codes: Tensor, direction: tuple[float, float, float], box_side: float) -> SirenField:
        """The network with one head's codes [D + 1, W] folded in, seen along one direction; differentiable."""
        folded = [layer.folded(code) for layer, code in zip(self.layers, codes, strict=True)]
        weight, bias = folded.pop()
        folded.append((weight[:, :-3], bias + weight[:, -3:] @ weight.new_tensor(direction)))
        weights, biases = zip(*folded, strict=True)
        return SirenField(weights, biases, box_side)
