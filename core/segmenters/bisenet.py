"""Face parsing by BiSeNet (Yu et al. 2018) with a ResNet-18: a face -> 19 classes of CelebAMask-HQ, or our parts.

The network of zllrunning/face-parsing.PyTorch (79999_iter.pth). Its code is under the MIT licence; the weights were
learnt from CelebAMask-HQ, which is for non-commercial research. Longer than usual:
the published network is made of many small modules, under its official names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.mask import PARTS
from core.state_shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from core.segmenters import Segmenter

TITLE: Final = "BiSeNet"
SIZE_PX: Final = 512
"""Side of the pictures that it was trained on."""
IMAGENET_MEAN, IMAGENET_SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CLASSES: tuple[tuple[str, str], ...] = (
    ("background", "background"),
    ("skin", "skin"),
    ("left brow", "brows"),
    ("right brow", "brows"),
    ("left eye", "eyes"),
    ("right eye", "eyes"),
    ("glasses", "glasses"),
    ("left ear", "ears"),
    ("right ear", "ears"),
    ("earring", "ears"),
    ("nose", "nose"),
    ("mouth", "mouth"),
    ("upper lip", "lips"),
    ("lower lip", "lips"),
    ("neck", "neck"),
    ("necklace", "neck"),
    ("cloth", "cloth"),
    ("hair", "hair"),
    ("hat", "cloth"),
)
"""Each class, and which of `core.mask.PARTS` it belongs to."""
Normalisation = Literal["imagenet", "raw"]
"""What the network gets: colours by ImageNet's mean and spread, as it was trained; or -1..1, as triplane_edit feeds it
and its masks were tuned."""


@dataclass(frozen=True)
class BiSeNetConfig:
    """Sizes; the defaults are the released ones.

    Attributes:
        classes: how many there are.
        widths: channels of the four stages of the ResNet.
        depths: blocks of each stage.
        context_width: channels of the context path.
        fused_width: channels after the fusion.
        hidden_width: channels within the two auxiliary outputs.
    """

    classes: int = 19
    widths: tuple[int, ...] = (64, 128, 256, 512)
    depths: tuple[int, ...] = (2, 2, 2, 2)
    context_width: int = 128
    fused_width: int = 256
    hidden_width: int = 64

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> BiSeNetConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell everything
        layers = [f"cp.resnet.layer{stage}." for stage in range(1, 5)]
        return BiSeNetConfig(
            classes=shape_of(state, "conv_out.conv_out.weight", 4, TITLE)[0],
            widths=tuple(shape_of(state, f"{layer}0.conv2.weight", 4, TITLE)[0] for layer in layers),
            depths=tuple(sum(f"{layer}{i}.conv2.weight" in state for i in range(32)) for layer in layers),
            context_width=shape_of(state, "cp.arm16.conv_atten.weight", 4, TITLE)[0],
            fused_width=shape_of(state, "ffm.convblk.conv.weight", 4, TITLE)[0],
            hidden_width=shape_of(state, "conv_out16.conv.conv.weight", 4, TITLE)[0],
        )


class ActiveConvolution(nn.Module):
    """Convolution, norm and rectifier; the size stays."""

    def __init__(self, inputs: int, width: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, width, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, width, H, W]."""
        return F.relu(self.bn(self.conv(x)))


class ResidualPair(nn.Module):
    """ResNet's basic block."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = (
            None
            if inputs == width and stride == 1
            else nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, width, H / stride, W / stride]."""
        residual = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(residual + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """ResNet-18 without its head, under torchvision's names."""

    def __init__(self, config: BiSeNetConfig) -> None:
        super().__init__()
        inputs = config.widths[0]
        self.conv1 = nn.Conv2d(3, inputs, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(inputs)
        for stage, (width, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            blocks = []
            for index in range(depth):
                blocks.append(ResidualPair(inputs, width, stride=2 if stage and not index else 1))
                inputs = width
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures [B, 3, H, W] -> features at an eighth, a sixteenth and a thirty-second of their side."""
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(pictures))), 3, 2, padding=1)
        eighth = self.get_submodule("layer2")(self.get_submodule("layer1")(x))
        sixteenth = self.get_submodule("layer3")(eighth)
        return eighth, sixteenth, self.get_submodule("layer4")(sixteenth)


class AttentionRefinement(nn.Module):
    """Convolved features, each channel weighted by what the whole picture says of it."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.conv = ActiveConvolution(inputs, width)
        self.conv_atten = nn.Conv2d(width, width, 1, bias=False)
        self.bn_atten = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, width, H, W]."""
        features: Tensor = self.conv(x)
        weight: Tensor = self.bn_atten(self.conv_atten(features.mean((2, 3), keepdim=True))).sigmoid()
        return features * weight


class ContextPath(nn.Module):
    """The ResNet, and its deeper features brought back to an eighth of the side."""

    def __init__(self, config: BiSeNetConfig) -> None:
        super().__init__()
        width, (*_, third, fourth) = config.context_width, config.widths
        self.resnet = ResNet(config)
        self.arm16 = AttentionRefinement(third, width)
        self.arm32 = AttentionRefinement(fourth, width)
        self.conv_head32 = ActiveConvolution(width, width)
        self.conv_head16 = ActiveConvolution(width, width)
        self.conv_avg = ActiveConvolution(fourth, width, kernel=1)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures [B, 3, H, W] -> shallow and deep features at an eighth of the side, deeper ones at a sixteenth."""
        eighth, sixteenth, deepest = self.resnet(pictures)
        x = self.arm32(deepest) + self.conv_avg(deepest.mean((2, 3), keepdim=True))
        deeper = self.conv_head32(F.interpolate(x, sixteenth.shape[-2:], mode="nearest"))
        x = self.arm16(sixteenth) + deeper
        return eighth, self.conv_head16(F.interpolate(x, eighth.shape[-2:], mode="nearest")), deeper


class FeatureFusion(nn.Module):
    """Shallow and deep features together, the stronger channels lifted."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.convblk = ActiveConvolution(inputs, width, kernel=1)
        self.conv1 = nn.Conv2d(width, width // 4, 1, bias=False)
        self.conv2 = nn.Conv2d(width // 4, width, 1, bias=False)

    def forward(self, shallow: Tensor, deep: Tensor) -> Tensor:
        """Two of [B, C, H, W] -> [B, width, H, W]."""
        features: Tensor = self.convblk(torch.cat([shallow, deep], dim=1))
        weight: Tensor = self.conv2(F.relu(self.conv1(features.mean((2, 3), keepdim=True)))).sigmoid()
        return features + features * weight


class Output(nn.Module):
    """Features [B, C, H, W] -> logits [B, classes, H, W]."""

    def __init__(self, inputs: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.conv = ActiveConvolution(inputs, hidden)
        self.conv_out = nn.Conv2d(hidden, classes, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        logits: Tensor = self.conv_out(self.conv(x))
        return logits


class BiSeNetNetwork(nn.Module):
    """All weights under their official names; the two auxiliary outputs were for training, but files hold them."""

    def __init__(self, config: BiSeNetConfig) -> None:
        super().__init__()
        self.config = config
        context, fused, classes = config.context_width, config.fused_width, config.classes
        self.cp = ContextPath(config)
        self.ffm = FeatureFusion(config.widths[1] + context, fused)
        self.conv_out = Output(fused, fused, classes)
        self.conv_out16 = Output(context, config.hidden_width, classes)
        self.conv_out32 = Output(context, config.hidden_width, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits [B, 19, H, W] of pictures [B, 3, H, W] normalised as `normalised` does it; gradients reach them."""
        shallow, deep, _ = self.cp(pictures)
        logits = self.conv_out(self.ffm(shallow, deep))
        return F.interpolate(logits, pictures.shape[-2:], mode="bilinear", align_corners=True)


def normalised(pictures: Tensor, normalisation: Normalisation = "imagenet") -> Tensor:
    """What the network gets for pictures [B, 3, H, W] RGB in 0..1."""
    if normalisation == "raw":
        return pictures * 2 - 1
    mean, spread = (pictures.new_tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_SPREAD))
    return (pictures - mean) / spread


def part_of_class() -> NDArray[np.uint8]:
    """For each of the 19 classes the index of its part in `core.mask.PARTS`."""
    return np.array([PARTS.index(part) for _, part in CLASSES], dtype=np.uint8)


def classes_of(
    network: BiSeNetNetwork, rgb: NDArray[np.uint8], normalisation: Normalisation = "imagenet"
) -> NDArray[np.uint8]:
    """The class that each pixel of a picture uint8 [H, W, 3] shows: uint8 [H, W], 0..18."""
    height, width = rgb.shape[:2]
    shrinks = min(height, width) > SIZE_PX
    seen = cv2.resize(rgb, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    device = network.get_parameter("conv_out.conv_out.weight").device
    picture = torch.from_numpy(seen.astype(np.float32) / 255).permute(2, 0, 1)[None].to(device)
    with torch.no_grad():
        logits = network(normalised(picture, normalisation))
        if (height, width) != (SIZE_PX, SIZE_PX):
            logits = F.interpolate(logits, (height, width), mode="bilinear", align_corners=False)
        classes: NDArray[np.uint8] = logits[0].argmax(0).to(torch.uint8).cpu().numpy()
    return classes


def segmenter_of(network: BiSeNetNetwork, normalisation: Normalisation = "imagenet") -> Segmenter:
    """A function from a picture uint8 [H, W, 3] to labels uint8 [H, W] of `core.mask.PARTS`."""
    parts = part_of_class()

    def parse_with(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        labels: NDArray[np.uint8] = parts[classes_of(network, rgb, normalisation)]
        return labels

    return parse_with
