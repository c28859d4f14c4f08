"""Layers with equalised learning rate as the encoders have them: weights at unit variance, scaled when used."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAK, GAIN = 0.2, 2**0.5
"""Slope of StyleGAN's leaky rectifier and the gain that keeps its output at unit variance."""


class EqualLinear(nn.Module):
    """Fully connected layer with equalised learning rate."""

    def __init__(self, inputs: int, outputs: int, learning_rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / learning_rate)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.weight_gain = learning_rate / math.sqrt(inputs)
        self.bias_gain = learning_rate

    def forward(self, x: Tensor) -> Tensor:
        """[..., inputs] -> [..., outputs]."""
        return F.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)


class EqualConvolution(nn.Module):
    """Convolution with equalised learning rate that keeps the picture's size; kernels are odd."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.gain = 1 / math.sqrt(inputs * kernel**2)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, outputs, H, W]."""
        return F.conv2d(x, self.weight * self.gain, self.bias, padding=self.weight.shape[-1] // 2)


class ScaledLeakyReLU(nn.Module):
    """StyleGAN's activation without a bias."""

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, ...] -> the same shape."""
        return F.leaky_relu(x, LEAK) * GAIN
