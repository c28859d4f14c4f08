"""Networks of the bundled generator `mini`: PanoHead's trigrid with a synthesis that learns on a CPU.

`latents [B, L, W] -> planes [B, 3, C, D, H, W]`. The synthesis differs from StyleGAN2 in three ways that let it learn
from 3D field supervision within an hour or two: learned position maps enter every level (a cell knows where it is, so
eyes and lips need not be carried through the pyramid), a learned mean trigrid is added at the end, and styles scale
activations instead of weights, so that one dense convolution serves the whole batch. The decoder gives density,
view-independent colour, part labels and free features, which the super-resolution reads.

Longer than usual: its parts have no meaning without each other, and the file beside the weights is read against them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.generators.mini_upscaler import Upscaler

SOLID_DENSITY = 400.0  # per world unit inside the surface: a sample 6 mm deep is opaque
UNTRAINED_BORDER = 0.012  # world units, two cells of 128
COLOUR_MARGIN = 0.001  # EG3D's colour range, sigmoid * 1.002 - 0.001, reaches 0 and 1


@dataclass(frozen=True)
class MiniConfig:
    """Sizes of the network; stored beside its weights.

    Attributes:
        latent_size: W, width of one latent.
        widths: feature channels at 4, 8, 16, ... px, one level each.
        position_channels: learned position maps at each level.
        fine_width: feature channels of a last level, twice as fine, that adds detail to the planes; 0 leaves it out.
        fine_position_channels: its position maps.
        channels: features C of a trigrid cell.
        depth: slices D of each grid.
        box_side: side of the cube that the trigrid covers, world units.
        hidden: width of the decoder's hidden layer.
        features: F, decoded features a point: 3 colours, the part logits, the rest free.
        neural_px: side of the volume-rendered feature picture.
        upscale_width: channels of the super-resolution.
        sharpen_width: channels of a second doubling of the picture; 0 leaves it out.
    """

    latent_size: int = 256
    widths: tuple[int, ...] = (256, 256, 192, 128, 96, 80)
    position_channels: tuple[int, ...] = (0, 32, 48, 64, 128, 160)
    fine_width: int = 48
    fine_position_channels: int = 32
    channels: int = 16
    depth: int = 3
    box_side: float = 0.8
    hidden: int = 64
    features: int = 32
    neural_px: int = 128
    upscale_width: int = 48
    sharpen_width: int = 24

    @property
    def coarse_px(self) -> int:
        """Side in cells of the finest of `widths`, and of the mean trigrid."""
        return 4 << (len(self.widths) - 1)

    @property
    def plane_px(self) -> int:
        """Side of the planes in cells."""
        return self.coarse_px * (2 if self.fine_width else 1)

    @property
    def picture_px(self) -> int:
        """Side of the picture after super-resolution."""
        return self.neural_px * (4 if self.sharpen_width else 2)

    @property
    def half_extent(self) -> float:
        """Half side of the supervised region: the last cells at the border of the box are never trained."""
        return self.box_side / 2 - UNTRAINED_BORDER

    @property
    def latent_count(self) -> int:
        """L: one latent a level."""
        return len(self.widths) + bool(self.fine_width)

    @property
    def plane_channels(self) -> int:
        """Channels of the synthesis output: 3 grids of C features in D slices."""
        return 3 * self.channels * self.depth

    def to_json(self) -> dict[str, object]:
        """Plain values, as stored in the safetensors metadata."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> "MiniConfig":
        """Inverse of `to_json`; JSON lists become tuples."""
        return cls(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})  # type: ignore[arg-type]


class StyledConvolution(nn.Module):
    """Convolution of 3 x 3 whose input is scaled by a style and whose output is demodulated (StyleGAN2, eq. 1-3).

    Scaling activations instead of weights is the same function for a batch with one latent each.
    """

    def __init__(self, inputs: int, outputs: int, latent_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.gain = (inputs * 9) ** -0.5
        self.style = _style(latent_size, inputs)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        """Features [B, I, H, W] and latent [B, W] -> [B, O, H, W]."""
        style = self.style(latent)
        weight = self.weight * self.gain
        if len(x) == 1:
            return self._alone(x, style[0], weight)
        y = F.conv2d(x * style[:, :, None, None], weight, padding=1)
        scale = torch.rsqrt(style.square() @ weight.square().sum((2, 3)).T + 1e-8)
        return F.leaky_relu(y * scale[:, :, None, None] + self.bias[:, None, None], 0.2) * 2**0.5

    def _alone(self, x: Tensor, style: Tensor, weight: Tensor) -> Tensor:
        """The same for one head, whose style may as well scale the weights, which are smaller than pictures."""
        weight = weight * style[:, None, None]
        scale = torch.rsqrt(weight.square().sum((1, 2, 3)) + 1e-8) * 2**0.5
        y = F.conv2d(x, weight * scale[:, None, None, None], self.bias * 2**0.5, padding=1)
        return F.leaky_relu_(y, 0.2)


class StyledSum(nn.Module):
    """Adds to planes what each place of a picture gives, its channels scaled by a style (StyleGAN2's skips)."""

    def __init__(self, inputs: int, outputs: int, latent_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.gain = inputs**-0.5
        self.style = _style(latent_size, inputs)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, planes: Tensor, x: Tensor, latent: Tensor) -> Tensor:
        """Planes [1 or B, O, H, W], features [B, I, H, W] and latent [B, W] -> [B, O, H, W]."""
        weight = self.weight[:, :, 0, 0] * self.gain * self.style(latent)[:, None]
        # with channels last in memory these are views, and what is added costs no pass of its own
        before = planes.expand(len(x), -1, -1, -1).movedim(1, -1).flatten(1, 2)
        total = torch.baddbmm(before, x.movedim(1, -1).flatten(1, 2), weight.transpose(1, 2)).add_(self.bias)
        summed: Tensor = total.unflatten(1, x.shape[2:]).movedim(-1, 1)
        return summed


def _style(latent_size: int, inputs: int) -> nn.Linear:
    """From a latent to the scales of channels, near one until it is trained."""
    style = nn.Linear(latent_size, inputs)
    nn.init.normal_(style.weight, std=latent_size**-0.5)
    nn.init.ones_(style.bias)
    return style


def smooth_maps(count: int, size_px: int) -> Tensor:
    """Random maps [1, count, size, size] of unit variance without detail: neighbouring cells begin alike.

    White noise would have to be unlearned cell by cell, and stays where no picture reaches.
    """
    knots = torch.randn(1, count, min(size_px, 8), min(size_px, 8))
    maps = F.interpolate(knots, (size_px, size_px), mode="bicubic", align_corners=True)
    return maps / maps.std().clamp(min=1e-6) if count else maps


class Level(nn.Module):
    """One level of the pyramid: upsample, place, convolve."""

    def __init__(self, inputs: int, width: int, position: int, size_px: int, config: MiniConfig) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(inputs, width, 1) if inputs != width else nn.Identity()
        self.position = nn.Parameter(smooth_maps(position, size_px))
        self.place = StyledConvolution(width + position, width, config.latent_size)
        self.mix = StyledConvolution(width, width, config.latent_size) if size_px <= 64 else None

    def forward(self, x: Tensor, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Features [B, I, h, w] -> what came up and what was made of it, both [B, O, 2h, 2w]."""
        carried = F.interpolate(self.narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False)
        x = self.place(torch.cat([carried, self.position.expand(len(x), -1, -1, -1).to(carried.dtype)], 1), latent)
        if self.mix is not None:
            x = self.mix(x, latent)
        return carried, x


class Synthesis(nn.Module):
    """Latents [B, L, W] -> planes [B, 3, C, D, H, W].

    The planes' channels are computed in the order plane, slice, feature with channels last in memory, so that
    `sample_planes` gathers whole cells without a copy.
    """

    def __init__(self, config: MiniConfig) -> None:
        super().__init__()
        self.config = config
        self.constant = nn.Parameter(torch.randn(1, config.widths[0], 4, 4))
        self.first = StyledConvolution(config.widths[0], config.widths[0], config.latent_size)
        pairs = zip(config.widths[:-1], config.widths[1:], config.position_channels[1:], strict=True)
        self.levels = nn.ModuleList(
            Level(inputs, width, position, 8 << index, config) for index, (inputs, width, position) in enumerate(pairs)
        )
        self.planes = StyledSum(2 * config.widths[-1], config.plane_channels, config.latent_size)
        self.mean = nn.Parameter(torch.zeros(1, config.plane_channels, config.coarse_px, config.coarse_px))
        self.fine: Level | None = None
        if config.fine_width:
            width, position = config.fine_width, config.fine_position_channels
            self.fine = Level(config.widths[-1], width, position, config.plane_px, config)
            self.fine_planes = StyledSum(2 * width, config.plane_channels, config.latent_size)
            nn.init.zeros_(self.fine_planes.weight)

    def coarse(self, latents: Tensor) -> Tensor:
        """Planes [B, 3, C, D, h, w] of all but the fine level."""
        return self._split(self._coarse(latents)[0])

    def forward(self, latents: Tensor) -> Tensor:
        """See the class. Each of the two finest levels gives planes, which are summed (StyleGAN2's skips)."""
        planes, x = self._coarse(latents)
        if self.fine is not None:
            planes = F.interpolate(planes, scale_factor=2.0, mode="bilinear", align_corners=False)
            planes = self.fine_planes(planes, torch.cat(self.fine(x, latents[:, -1]), 1), latents[:, -1])
        return self._split(planes)

    def _coarse(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Planes [B, 3 * D * C, h, w] of all but the fine level, and the features [B, O, h, w] that it continues."""
        config = self.config
        each = latents.unbind(1)
        carried = x = self.first(self.constant.expand(len(latents), -1, -1, -1), each[0])
        for level, latent in zip(self.levels, each[1:], strict=False):
            carried, x = level(x, latent)
        return self.planes(self.mean, torch.cat([carried, x], 1), each[len(config.widths) - 1]), x

    def _split(self, planes: Tensor) -> Tensor:
        """[B, 3 * D * C, h, w] -> [B, 3, C, D, h, w], a view."""
        config = self.config
        split: Tensor = planes.view(len(planes), 3, config.depth, config.channels, *planes.shape[-2:])
        return split.transpose(2, 3)


class Decoder(nn.Module):
    """Trigrid features -> density and features: an MLP with one hidden layer, as in EG3D."""

    def __init__(self, config: MiniConfig) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(config.channels, config.hidden), nn.Softplus(), nn.Linear(config.hidden, 1 + config.features)
        )

    def occupancy_and_features(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """[..., C] -> occupancy logit [...], 0 on the surface, and features [..., F], colours in 0..1 first."""
        y = self.net(features)
        colour = torch.sigmoid(y[..., 1:4]) * (1 + 2 * COLOUR_MARGIN) - COLOUR_MARGIN
        if torch.is_grad_enabled():
            return y[..., 0], torch.cat([colour, y[..., 4:]], -1)
        y[..., 1:4] = colour  # a copy of all features takes as long as a layer
        return y[..., 0], y[..., 1:]

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """[N, C] -> raw density [N], sigma = softplus(raw - 1), and features [N, F]."""
        logit, decoded = self.occupancy_and_features(features)
        return raw_density_from_occupancy(logit), decoded


class MiniNetwork(nn.Module):
    """All trained tensors of the generator but its latent prior."""

    def __init__(self, config: MiniConfig) -> None:
        super().__init__()
        self.config = config
        self.synthesis = Synthesis(config)
        self.decoder = Decoder(config)
        self.upscaler = Upscaler(config.features, config.upscale_width, config.sharpen_width)


def raw_density_from_occupancy(logit: Tensor) -> Tensor:
    """Raw density whose softplus(raw - 1) is `SOLID_DENSITY * sigmoid(logit)^2`.

    The square keeps unsure empty space clear: at a logit of -5 it is 0.02 a unit, not 2.7.
    """
    sigma = SOLID_DENSITY * torch.sigmoid(logit).square() + 1e-6
    return 1 + sigma + torch.log(-torch.expm1(-sigma))


def sample_planes(planes: Tensor, points: Tensor, axes: tuple[tuple[int, int, int], ...], box_side: float) -> Tensor:
    """Mean of the three grids at points, trilinear, zero outside: `grid_sample` of every plane, at twice its speed.

    The 24 cells around a point are one bag of rows of a `[cells, C]` table, which the CPU gathers a cache line at a
    time; cells outside have weight zero, as `padding_mode="zeros"` and `align_corners=False` give them.

    Args:
        planes: [B, 3, C, D, H, W].
        points: [B, P, 3], world coordinates.
        axes: for each plane which coordinate is its column, row and slice.
        box_side: side of the cube that the planes cover.

    Returns:
        [B, P, C].
    """
    batch, count, channels, depth, rows, columns = planes.shape
    table = planes.permute(0, 4, 5, 1, 3, 2).reshape(-1, channels)
    sizes = torch.tensor([columns, rows, depth], dtype=points.dtype, device=points.device)
    order = torch.tensor(axes, device=points.device)
    at = ((points[:, :, order] * (2 / box_side) + 1) * sizes - 1) / 2  # [B, P, 3 planes, 3]
    low = at.floor()
    corners = torch.stack([low, low + 1], -1)  # [B, P, plane, axis, 2]
    inside = (corners >= 0) & (corners < sizes[:, None])
    weights = (1 - (at[..., None] - corners).abs()) * inside
    index = torch.minimum(corners.clamp(min=0), sizes[:, None] - 1).long()
    x, y, z = index.unbind(3)
    plane = torch.arange(count, device=points.device)[:, None]
    head = torch.arange(batch, device=points.device)[:, None, None, None]
    row = (head * rows + y)[..., None, :, None] * columns + x[..., None, None, :]
    cells = row * (count * depth) + (plane * depth + z)[..., :, None, None]
    wx, wy, wz = weights.unbind(3)
    bag = wz[..., :, None, None] * wy[..., None, :, None] * wx[..., None, None, :] / count
    shape = (batch * points.shape[1], count * 8)
    mixed = F.embedding_bag(
        cells.reshape(shape), table, per_sample_weights=bag.reshape(shape).to(table.dtype), mode="sum"
    )
    return mixed.view(batch, -1, channels)
