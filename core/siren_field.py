"""A head as a small network with sines, as StyleSDF makes it: no planes, the weights themselves are the head.

StyleSDF's codes only scale and shift what each layer feeds to its sine, so for one head they fold into the layers:
what is left is a plain network of half a million numbers that is kept, saved and sampled as a trigrid is.
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F


@dataclass(frozen=True, eq=False)
class SirenField:
    """Layers y = sin(A x + b), one after the other.

    Attributes:
        weights: A of each layer, float32 [W, 3], then [W, W]. Never written in place.
        biases: b of each layer, float32 [W].
        box_side: side of the cube about the origin whose points reach -1..1; what lies outside is as on its faces.
    """

    weights: tuple[torch.Tensor, ...]
    biases: tuple[torch.Tensor, ...]
    box_side: float

    def __post_init__(self) -> None:
        if len(self.weights) < 2 or len(self.weights) != len(self.biases):
            raise ValueError(f"{len(self.weights)} weights and {len(self.biases)} biases make no field")
        width = 3
        for weight, bias in zip(self.weights, self.biases, strict=True):
            if weight.dtype != torch.float32 or bias.dtype != torch.float32:
                raise ValueError(f"layers must be float32, not {weight.dtype} and {bias.dtype}")
            if weight.ndim != 2 or weight.shape[1] != width or bias.shape != weight.shape[:1]:
                raise ValueError(f"a layer {list(weight.shape)}, {list(bias.shape)} cannot follow {width} numbers")
            width = weight.shape[0]
        if not self.box_side > 0:
            raise ValueError(f"box_side must be positive, not {self.box_side}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SirenField):
            return NotImplemented
        ours, theirs = (*self.weights, *self.biases), (*other.weights, *other.biases)
        return (
            self.box_side == other.box_side
            and len(ours) == len(theirs)
            and all(torch.equal(one, another) for one, another in zip(ours, theirs, strict=True))
        )

    def __hash__(self) -> int:
        return hash((len(self.weights), tuple(self.weights[0].shape), self.box_side))

    @property
    def device(self) -> torch.device:
        """Where the layers are."""
        return self.weights[0].device

    def sample(self, points: torch.Tensor) -> torch.Tensor:
        """Outputs [N, 2W] of the last two layers at world points float32 [N, 3]: the shape's, then the look's.

        Differentiable in the layers and in the points.
        """
        shape = (points * (2 / self.box_side)).clamp(-1, 1)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            shape = torch.sin(F.linear(shape, weight, bias))
        return torch.cat([shape, torch.sin(F.linear(shape, self.weights[-1], self.biases[-1]))], dim=1)

    def to(self, device: torch.device | str) -> "SirenField":
        """The same field on another device."""
        if self.device == torch.device(device):
            return self
        weights, biases = (tuple(tensor.to(device) for tensor in part) for part in (self.weights, self.biases))
        return replace(self, weights=weights, biases=biases)

    def detached(self) -> "SirenField":
        """The same field in tensors of its own that carry no graph."""
        weights, biases = (tuple(tensor.detach().clone() for tensor in part) for part in (self.weights, self.biases))
        return replace(self, weights=weights, biases=biases)
