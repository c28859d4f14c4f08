"""The trigrid: three feature volumes that hold a head, with the convention to read them.

The convention travels with the data: PanoHead's planes are (x, y), (x, z), (y, z), each with a depth along the third
axis; EG3D's third plane is (z, x), a known slip that its released weights need, and its planes have no depth. A trigrid
of depth 1 is not a triplane: it still fades out along the third axis.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F


class PlaneAxes(enum.Enum):
    """For each plane, which world coordinate (0 x, 1 y, 2 z) is the column, the row and the slice; None: no slice."""

    PANOHEAD = ((0, 1, 2), (0, 2, 1), (1, 2, 0))
    EG3D = ((0, 1, None), (0, 2, None), (2, 0, None))
    # models trained after that slip was mended, one way or the other
    EG3D_YZ = ((0, 1, None), (0, 2, None), (1, 2, None))
    EG3D_ZY = ((0, 1, None), (0, 2, None), (2, 1, None))

    @property
    def has_slices(self) -> bool:
        """Whether planes of these axes have a depth."""
        return self.value[0][2] is not None


@dataclass(frozen=True, eq=False)
class Trigrid:
    """Feature planes and how they lie in the world.

    Attributes:
        planes: float32 [3, C, D, H, W]; plane, channel, slice, row, column. Never written in place.
        axes: which world coordinate runs along slices, rows and columns.
        box_side: side of the cube about the origin that the planes cover, world units.
    """

    planes: torch.Tensor
    axes: PlaneAxes = PlaneAxes.PANOHEAD
    box_side: float = 1.0

    def __post_init__(self) -> None:
        if self.planes.ndim != 5 or self.planes.shape[0] != 3:
            raise ValueError(f"planes must be [3, C, D, H, W], not {list(self.planes.shape)}")
        if self.planes.dtype != torch.float32:
            raise ValueError(f"planes must be float32, not {self.planes.dtype}")
        if not self.axes.has_slices and self.planes.shape[2] != 1:
            raise ValueError("EG3D's planes have no depth: D must be 1")
        if not self.box_side > 0:
            raise ValueError(f"box_side must be positive, not {self.box_side}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trigrid):
            return NotImplemented
        return self._lies_like(other) and torch.equal(self.planes, other.planes)

    def __hash__(self) -> int:
        return hash((tuple(self.planes.shape), self.axes, self.box_side))

    def _lies_like(self, other: "Trigrid") -> bool:
        return self.planes.shape == other.planes.shape and self.axes is other.axes and self.box_side == other.box_side

    @property
    def device(self) -> torch.device:
        """Where the planes are."""
        return self.planes.device

    @property
    def channels(self) -> int:
        """Features at each point, C."""
        return self.planes.shape[1]

    def sample(self, points: torch.Tensor) -> torch.Tensor:
        """Features [N, C] at world points float32 [N, 3]: the mean of the three planes; zero outside the box.

        Differentiable in the planes and in the points.
        """
        coordinates = points * (2 / self.box_side)
        nowhere = torch.zeros_like(coordinates[:, 0])
        grid = torch.stack(
            [
                torch.stack([nowhere if axis is None else coordinates[:, axis] for axis in row], dim=-1)
                for row in self.axes.value
            ]
        )
        sampled = F.grid_sample(
            self.planes, grid[:, None, None], mode="bilinear", padding_mode="zeros", align_corners=False
        )
        return sampled[:, :, 0, 0].mean(dim=0).T

    def blended(self, other: "Trigrid", weights: torch.Tensor) -> "Trigrid":
        """This trigrid where `weights` is 0, the other where it is 1; weights broadcast to the planes."""
        if not self._lies_like(other):
            raise ValueError("only trigrids of one shape, axes and box blend")
        return replace(self, planes=torch.lerp(self.planes, other.planes, weights.expand_as(self.planes)))

    def with_planes(self, planes: torch.Tensor) -> "Trigrid":
        """Other planes that lie in the world as these do."""
        return replace(self, planes=planes)

    def to(self, device: torch.device | str) -> "Trigrid":
        """The same trigrid on another device."""
        return self if self.planes.device == torch.device(device) else replace(self, planes=self.planes.to(device))

    def detached(self) -> "Trigrid":
        """The same trigrid in planes of its own that carry no graph."""
        return self.with_planes(self.planes.detach().clone())

    def to_tensors(self) -> dict[str, torch.Tensor]:
        """Tensors for a safetensors file, from which `from_tensors` makes an equal trigrid."""
        axes = torch.tensor([[-1 if axis is None else axis for axis in row] for row in self.axes.value])
        planes = self.planes.detach().cpu().contiguous()
        return {"planes": planes, "axes": axes, "box_side": torch.tensor(self.box_side, dtype=torch.float64)}

    @staticmethod
    def from_tensors(tensors: Mapping[str, torch.Tensor]) -> "Trigrid":
        """The trigrid that `to_tensors` described.

        Raises:
            ValueError: the tensors describe no trigrid.
            KeyError: one is missing.
        """
        rows = tuple(tuple(None if axis < 0 else axis for axis in row) for row in tensors["axes"].tolist())
        return Trigrid(tensors["planes"], PlaneAxes(rows), float(tensors["box_side"]))
