"""LPIPS: perceptual distance between pictures from VGG16 or AlexNet features.

The distance of Zhang et al. 2018, version 0.1 heads. It is written as a squared distance between embeddings: the
features of each stage, normalised over channels and scaled by the root of the head's weights. An optimisation that
compares many pictures with one target embeds the target once.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.perception import weights

Backbone = Literal["vgg", "alex"]
Embedding = tuple[Tensor, ...]

STAGES = 5
# Mean and spread of the training pictures, for pictures in -1..1.
SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
SMALLEST_SIDE_PX = {"vgg": 16, "alex": 32}  # below this a stage has no pixel left


def vgg_stages() -> list[nn.Sequential]:
    """The five stages of VGG16's convolutions; each but the first begins with pooling."""
    stages, inputs = [], 3
    for index, (width, depth) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))):
        layers: list[nn.Module] = [nn.MaxPool2d(2)] if index else []
        for _ in range(depth):
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
            inputs = width
        stages.append(nn.Sequential(*layers))
    return stages


def alex_stages() -> list[nn.Sequential]:
    """The five convolutions of AlexNet."""
    pool, relu = nn.MaxPool2d(3, 2), nn.ReLU()
    return [
        nn.Sequential(nn.Conv2d(3, 64, 11, 4, 2), relu),
        nn.Sequential(pool, nn.Conv2d(64, 192, 5, padding=2), relu),
        nn.Sequential(pool, nn.Conv2d(192, 384, 3, padding=1), relu),
        nn.Sequential(nn.Conv2d(384, 256, 3, padding=1), relu),
        nn.Sequential(nn.Conv2d(256, 256, 3, padding=1), relu),
    ]


class PerceptualNet(nn.Module):
    """Maps pictures to embeddings whose squared distance is LPIPS. Frozen; gradients reach the pictures."""

    shift: Tensor
    scale: Tensor

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone
        self.stages = nn.ModuleList(vgg_stages() if backbone == "vgg" else alex_stages())
        convolutions = [m for m in self.stages.modules() if isinstance(m, nn.Conv2d)]
        widths = [[m for m in stage.modules() if isinstance(m, nn.Conv2d)][-1].out_channels for stage in self.stages]
        for index, width in enumerate(widths):
            self.register_buffer(f"head_{index}", torch.zeros(1, width, 1, 1))
        self.register_buffer("shift", torch.tensor(SHIFT).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor(SCALE).view(1, 3, 1, 1))
        tensors, _ = weights.read(f"lpips_{backbone}")
        with torch.no_grad():
            for index, layer in enumerate(convolutions):
                layer.weight.copy_(tensors[f"conv_{index}.weight"])
                if layer.bias is not None:
                    layer.bias.copy_(tensors[f"conv_{index}.bias"])
            for index in range(STAGES):
                self.get_buffer(f"head_{index}").copy_(tensors[f"head_{index}"].view(1, -1, 1, 1).clamp(min=0).sqrt())
        self.requires_grad_(requires_grad=False).eval()

    def features(self, pictures: Tensor, stages: int = STAGES) -> list[Tensor]:
        """Activations after each of the first `stages` stages.

        Args:
            pictures: [B,3,H,W], 0..1.
            stages: How many stages to run, 1..5.
        """
        smallest = SMALLEST_SIDE_PX[self.backbone]
        if min(pictures.shape[-2:]) < smallest:
            message = f"{self.backbone} features need pictures of at least {smallest} px, got {tuple(pictures.shape)}"
            raise ValueError(message)
        x = (pictures * 2 - 1 - self.shift) / self.scale
        activations = []
        for stage in self.stages[:stages]:
            x = stage(x)
            activations.append(x)
        return activations

    def embed(self, pictures: Tensor, stages: int = STAGES) -> Embedding:
        """The embedding of pictures [B,3,H,W], 0..1: one tensor [B,C,h,w] a stage."""
        embedding = []
        for index, x in enumerate(self.features(pictures, stages)):
            # The small constant stands under the root: the gradient at an all-zero pixel stays finite.
            length = (x.square().sum(1, keepdim=True) + 1e-20).sqrt() + 1e-10
            embedding.append(x / length * self.get_buffer(f"head_{index}"))
        return tuple(embedding)


def embedding_distance(a: Embedding, b: Embedding, mask: Tensor | None = None) -> Tensor:
    """LPIPS [B] between embeddings of equally large pictures.

    Args:
        a: Embedding of B pictures.
        b: Embedding of B pictures, or of one.
        mask: [B,1,H,W] or [1,1,H,W] weights 0..1; the distance is then the mean over the mask.
    """
    total = torch.zeros((), device=a[0].device)
    for x, y in zip(a, b, strict=True):
        distance = (x - y).square().sum(1, keepdim=True)
        if mask is None:
            total = total + distance.mean((1, 2, 3))
        else:
            weight = F.interpolate(mask, distance.shape[-2:], mode="area")
            total = total + (distance * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp(min=1e-6)
    return total


@cache
def perceptual_net(backbone: Backbone = "vgg", device: torch.device | str = "cpu") -> PerceptualNet:
    """The net for a device, loaded once per process (VGG16: 59 MB in float32, AlexNet: 10 MB)."""
    return PerceptualNet(backbone).to(device)
