"""LPIPS (Zhang et al. 2018), version 0.1, from the standard files: a torchvision backbone and the package's heads.

The same numbers as the `lpips` package gives with the same weights. Heads: BSD-2-Clause; torchvision's networks:
BSD-3-Clause. The bundled `core.perception.lpips` holds the same distance at half precision.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import CheckpointError
from core.perception.lpips import SCALE, SHIFT
from core.state_shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE: Final = "LPIPS"
Backbone = Literal["alex", "vgg"]
STAGES: Final = 5


@dataclass(frozen=True)
class Layer:
    """A convolution of a backbone, and what stands before it.

    Attributes:
        number: its number among torchvision's `features`.
        inputs: channels.
        width: channels.
        kernel: side in pixels.
        stride: in pixels.
        padding: in pixels.
        pool: side of the max pooling by steps of two before it, 0 for none.
        tapped: whether its activation is compared.
    """

    number: int
    inputs: int
    width: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1
    pool: int = 0
    tapped: bool = True


ALEX = (
    Layer(0, 3, 64, kernel=11, stride=4, padding=2),
    Layer(3, 64, 192, kernel=5, padding=2, pool=3),
    Layer(6, 192, 384, pool=3),
    Layer(8, 384, 256),
    Layer(10, 256, 256),
)
VGG = (
    Layer(0, 3, 64, tapped=False),
    Layer(2, 64, 64),
    Layer(5, 64, 128, pool=2, tapped=False),
    Layer(7, 128, 128),
    Layer(10, 128, 256, pool=2, tapped=False),
    Layer(12, 256, 256, tapped=False),
    Layer(14, 256, 256),
    Layer(17, 256, 512, pool=2, tapped=False),
    Layer(19, 512, 512, tapped=False),
    Layer(21, 512, 512),
    Layer(24, 512, 512, pool=2, tapped=False),
    Layer(26, 512, 512, tapped=False),
    Layer(28, 512, 512),
)
LAYERS: dict[Backbone, tuple[Layer, ...]] = {"alex": ALEX, "vgg": VGG}


@dataclass(frozen=True)
class LpipsConfig:
    """Which backbone: "alex" or "vgg"."""

    backbone: Backbone = "alex"

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> LpipsConfig:
        """The backbone of a state as `lpips_state` makes it.

        Raises:
            CheckpointError: heads or backbone are missing, or do not belong together.
        """
        del facts  # the tensors tell everything
        hint = "Give both files: the heads of the lpips package, and torchvision's AlexNet or VGG16."
        if "features.0.weight" not in state:
            raise CheckpointError(f"The tensor features.0.weight of {TITLE}'s backbone is missing.", hint)
        kernel = shape_of(state, "features.0.weight", 4, TITLE)[-1]
        backbone: Backbone = "alex" if kernel == ALEX[0].kernel else "vgg"
        widths = [layer.width for layer in LAYERS[backbone] if layer.tapped]
        for index, width in enumerate(widths):
            name = f"lin{index}.model.1.weight"
            if name not in state or tuple(state[name].shape) != (1, width, 1, 1):
                found = tuple(state[name].shape) if name in state else "nothing"
                raise CheckpointError(f"{TITLE}'s tensor {name} should be {(1, width, 1, 1)} but is {found}.", hint)
        return LpipsConfig(backbone)


class Head(nn.Module):
    """How much each channel of a stage counts. Its weights stand at 1, after a dropout that was for training only."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Dropout(), nn.Conv2d(width, 1, 1, bias=False))

    def forward(self, difference: Tensor) -> Tensor:
        """Squared differences [B, C, H, W] -> [B], the mean over the picture."""
        weighted: Tensor = self.model[1](difference)
        return weighted.mean((1, 2, 3))


class LpipsNetwork(nn.Module):
    """Backbone under torchvision's names, heads under those of the `lpips` package."""

    def __init__(self, config: LpipsConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = layers = LAYERS[config.backbone]
        self.features = nn.ModuleDict(
            {
                str(layer.number): nn.Conv2d(layer.inputs, layer.width, layer.kernel, layer.stride, layer.padding)
                for layer in layers
            }
        )
        for index, width in enumerate(layer.width for layer in layers if layer.tapped):
            self.add_module(f"lin{index}", Head(width))

    def stages(self, pictures: Tensor) -> list[Tensor]:
        """Activations of the five stages, of pictures [B, 3, H, W] in -1..1; each pixel's channels at unit length."""
        shift, scale = (pictures.new_tensor(values).view(3, 1, 1) for values in (SHIFT, SCALE))
        x = (pictures - shift) / scale
        found = []
        for layer in self.layers:
            if layer.pool:
                x = F.max_pool2d(x, layer.pool, 2)
            x = F.relu(self.features[str(layer.number)](x))
            if layer.tapped:
                # the small constant under the root keeps the gradient of an all-zero pixel finite
                found.append(x / ((x.square().sum(1, keepdim=True) + 1e-20).sqrt() + 1e-10))
        return found

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Distance [B] between pictures [B, 3, H, W] in -1..1; gradients reach both."""
        total = first.new_zeros(len(first))
        for index, (one, other) in enumerate(zip(self.stages(first), self.stages(second), strict=True)):
            total = total + self.get_submodule(f"lin{index}")((one - other).square())
        return total


def lpips_state(*states: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """One state dict out of what people have: heads, torchvision's backbone, or a whole `lpips.LPIPS` in one file.

    Names become those of `LpipsNetwork`; what it does not use (classifiers, copies of the heads, scaling constants) is
    left out.
    """
    merged = {}
    for state in states:
        for name, value in state.items():
            # a whole LPIPS cuts torchvision's numbered layers into slices
            plain = re.sub(r"^net\.slice\d+\.", "features.", name)
            if re.fullmatch(r"features\.\d+\.(weight|bias)|lin\d\.model\.1\.weight", plain):
                merged[plain] = value
    return merged
