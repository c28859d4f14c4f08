"""EfficientNet-Lite0: light image features (Tan and Le 2019; the Lite variant of Google's TPU models).

Trained on ImageNet. Its batch norms are folded into the convolutions when the weights are converted, so the net is
convolutions and ReLU6 only: the same in training and use, and free to be fine-tuned.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.perception import weights

NAME = "efficientnet_lite0"
STEM_CHANNELS = 32
# Kernel, stride, expansion, channels, repeats of the seven groups of blocks.
GROUPS = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
STAGE_CHANNELS = (16, 24, 40, 112, 320)
"""Channels of `EfficientNetLite0.stages`, at `STAGE_STRIDES`."""
STAGE_STRIDES = (2, 4, 8, 16, 32)
FEATURES = 1280
# The training pictures' 0..255 values were shifted by 127 and divided by 128.
SHIFT = 127 / 255
SCALE = 128 / 255


class SameConvolution(nn.Conv2d):
    """A convolution padded as TensorFlow's 'SAME'.

    The output has ceil(size / stride) pixels; where the padding is odd, the right and lower sides get the larger part.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups=groups)
        self.symmetric = (kernel - 1) // 2 if stride == 1 else None

    def forward(self, input: Tensor) -> Tensor:
        """[B,inputs,H,W] to [B,outputs,ceil(H/stride),ceil(W/stride)]."""
        if self.groups > 1:
            # In bfloat16 the gradients of channels that are filtered one by one are three times slower on CPUs.
            with torch.autocast(input.device.type, enabled=False):
                return self._padded(input.float())
        return self._padded(input)

    def _padded(self, x: Tensor) -> Tensor:
        if self.symmetric is not None:
            return F.conv2d(x, self.weight, self.bias, 1, self.symmetric, 1, self.groups)
        stride, kernel = self.stride[0], self.kernel_size[0]
        padding: list[int] = []
        for size in (x.shape[3], x.shape[2]):
            missing = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            padding += [missing // 2, missing - missing // 2]
        return F.conv2d(F.pad(x, padding), self.weight, self.bias, stride, 0, 1, self.groups)


class Block(nn.Module):
    """Inverted bottleneck: widen, filter each channel, narrow; added to its input where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = inputs * expansion
        self.expand = SameConvolution(inputs, width, 1) if expansion > 1 else None
        self.depthwise = SameConvolution(width, width, kernel, stride, groups=width)
        self.project = SameConvolution(width, outputs, 1)
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """[B,inputs,h,w] to [B,outputs,h/stride,w/stride]."""
        wide = x if self.expand is None else F.relu6(self.expand(x))
        y: Tensor = self.project(F.relu6(self.depthwise(wide)))
        return x + y if self.is_residual else y


class EfficientNetLite0(nn.Module):
    """The net without its classifier. Parameters are plain: callers freeze or fine-tune them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConvolution(3, STEM_CHANNELS, 3, 2)
        inputs, groups = STEM_CHANNELS, []
        for kernel, stride, expansion, outputs, repeats in GROUPS:
            blocks = [Block(inputs, outputs, kernel, stride, expansion)]
            blocks += [Block(outputs, outputs, kernel, 1, expansion) for _ in range(repeats - 1)]
            groups.append(nn.Sequential(*blocks))
            inputs = outputs
        self.groups = nn.ModuleList(groups)
        self.head = SameConvolution(inputs, FEATURES, 1)

    def stages(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """What the net knows at each resolution.

        Args:
            pictures: [B,3,H,W] RGB, 0..1.

        Returns:
            Five tensors [B,C,ceil(H/s),ceil(W/s)] with C of `STAGE_CHANNELS` and s of `STAGE_STRIDES`.
        """
        x = F.relu6(self.stem((pictures - SHIFT) / SCALE))
        found: list[Tensor] = []
        for index, group in enumerate(self.groups):
            x = group(x)
            if index + 1 == len(GROUPS) or GROUPS[index + 1][1] == 2:
                found.append(x)
        return tuple(found)

    def forward(self, pictures: Tensor) -> Tensor:
        """Features [B,1280] of pictures [B,3,H,W] RGB 0..1, averaged over the picture (trained at 224 px)."""
        return F.relu6(self.head(self.stages(pictures)[-1])).mean((2, 3))


def load_efficientnet() -> EfficientNetLite0:
    """A net of its own with the bundled weights, in evaluation mode; its parameters want gradients.

    Raises:
        CheckpointError: the weights are missing.
    """
    net = EfficientNetLite0()
    net.load_state_dict(weights.read(NAME)[0])
    return net.eval()


@cache
def feature_net(device: torch.device | str = "cpu") -> EfficientNetLite0:
    """The frozen net for a device, loaded once per process; gradients reach the pictures."""
    return load_efficientnet().requires_grad_(requires_grad=False).to(device)
