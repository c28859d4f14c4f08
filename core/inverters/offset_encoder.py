"""The second stage of the dual encoder: what the first reconstruction missed, as an offset of the trigrid's planes.

TriPlaneNet predicts its offsets from (input, first reconstruction, difference) by one large network. This one is small
enough to learn on a CPU because it is told what is known anyway. A U-Net looks at the three pictures and at the first
surface; its answers - change of colour, of density, of free features - are carried to the planes at the points that the
pixels show (E3DGE's local features), where a change of colour is already a change of features by the decoder's own
slope; colours that belong to parts that go on behind are carried there (`carrying`). At first it therefore just
recolours the head. A second, coarse network works in the planes:
it sees what arrived there, the planes themselves and where outlines disagree, and adds what is smooth: shape, and
the colours around the head. Longer than usual: what the networks are told and the networks are read against each other.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.generators.mini_upscaler import silent
from core.inverters.carrying import carried_change
from core.inverters.lifting import (
    INSIDE,
    Filling,
    ReadField,
    SeenSurface,
    Splat,
    feature_slopes,
    logit_change,
    seen_surface,
    view_rays,
)
from core.inverters.occlusion import hidden_cells
from core.inverters.perceptual import multiplies_half

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.camera import Camera
    from core.inverters.first_look import FirstLook
    from core.protocols import Generator
    from core.trigrid import Trigrid

PHOTO_CHANNELS, LOOK_CHANNELS = 16, 19
"""Channels of the network's input: the photo with its pixels unshuffled, and all else."""
HULL_RAYS, HULL_SAMPLES = 64, 10
HULL_REACH = 0.36
"""Outlines are carried this far before and behind the origin's distance, world units."""
FIRST_GAIN, FIRST_CARRY = 0.9, 0.8
"""Shares of the photo's colour that a branch begins with: on the surface, and, of E2 alone, around the head."""


@dataclass(frozen=True)
class OffsetEncoderConfig:
    """Sizes; stored beside the weights.

    Attributes:
        channels: C of the trigrid.
        depth: D of the trigrid.
        widths: of the U-Net, from half the photo's size down.
        coarse_px: side of the planes in which the second network works.
        coarse_widths: its channels, from `coarse_px` down.
    """

    channels: int = 16
    depth: int = 3
    widths: tuple[int, ...] = (40, 56, 80, 112)
    coarse_px: int = 64
    coarse_widths: tuple[int, ...] = (56, 80, 96)

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> OffsetEncoderConfig:
        """Inverse of `to_json`; JSON lists become tuples."""
        return cls(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})  # type: ignore[arg-type]


class UNet(nn.Module):
    """Convolutions down and up again, with skips: [B, I, s, s] -> features [B, widths[0], s, s] and a summary."""

    def __init__(self, inputs: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.read = nn.Conv2d(inputs, widths[0], 3, padding=1)
        pairs = list(itertools.pairwise(widths))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in pairs)
        self.work = nn.ModuleList(nn.Conv2d(b, b, 3, padding=1) for _, b in pairs)
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairs)
        self.join = nn.ModuleList(nn.Conv2d(2 * a, a, 3, padding=1) for a, _ in pairs)
        self.last = nn.Conv2d(widths[0], widths[0], 3, padding=1)

    def forward(self, x: Tensor, added: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Features, and the deepest ones' mean [B, widths[-1]]; `added` [B, widths[-1]] joins them before."""
        x = F.leaky_relu(self.read(x), 0.2)
        kept = []
        for down, work in zip(self.down, self.work, strict=True):
            kept.append(x)
            x = F.leaky_relu(down(x), 0.2)
            x = x + F.leaky_relu(work(x), 0.2)
        if added is not None:
            x = x + added[:, :, None, None]
        summary = x.mean((2, 3))
        for narrow, join, skip in reversed(list(zip(self.narrow, self.join, kept, strict=True))):
            x = F.interpolate(narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = F.leaky_relu(join(torch.cat([x, skip], 1)), 0.2)
        return x + F.leaky_relu(self.last(x), 0.2), summary


@dataclass(frozen=True, eq=False)
class Lifted:
    """What the branch knows before its networks: made without gradients, once for a photo.

    Attributes:
        seen: float32 [1, PHOTO_CHANNELS + LOOK_CHANNELS, S, S], the U-Net's input.
        change: [1, 3, S, S] from the drawn colours to the photo's, in logits, 0 where either shows no head.
        colour: [S * S, C, 3] and
        density: [S * S, C], see `FeatureSlopes`.
        splat: of the surface, as dense as the planes' cells.
        filling: of the splat.
        coarse: [3, C * D + 2 * D, p, p] the planes and the outlines' disagreement, at the coarse size.
        carried: [3 * D, C, p, p] change that carries the photo's colours to what it does not show.
        hidden: [3, 1, D, H, W] the occlusion mask.
        surface: what the photo's camera sees.
    """

    seen: Tensor
    change: Tensor
    colour: Tensor
    density: Tensor
    splat: Splat
    filling: Filling
    coarse: Tensor
    carried: Tensor
    hidden: Tensor
    surface: SeenSurface


def lifted(
    generator: Generator,
    trigrid: Trigrid,
    camera: Camera,
    look: FirstLook,
    coarse_px: int,
    field: ReadField | None = None,
) -> Lifted:
    """What the first look tells about a trigrid's surface; `field` is the same head, where it is laid out already."""
    with torch.no_grad():
        field = field or ReadField.of(trigrid)
        surface = seen_surface(look.depth, look.alpha, camera)
        side = look.drawn.shape[-1]
        photo, mask = (F.avg_pool2d(x, look.photo.shape[-1] // side) for x in (look.photo, look.mask))
        change = logit_change(look.drawn, photo) * (look.alpha * mask)
        fine = F.pixel_unshuffle(torch.cat([look.photo, look.mask], 1), look.photo.shape[-1] // side)
        facts = [photo, look.drawn, photo - look.drawn, look.alpha, mask - look.alpha]
        facts += [4 * surface.points, surface.normals, surface.facing, (look.depth - 2.7) * 4]
        _, directions = view_rays(camera, side)
        behind = (surface.points + INSIDE * directions).flatten(2)[0].T
        slopes = feature_slopes(generator, field, behind)
        plane_px = trigrid.planes.shape[-1]
        splat = Splat.of(trigrid, splat_surface(surface, plane_px))
        coarse = torch.cat(
            [_shrunk(trigrid.planes, coarse_px), _outlines(trigrid, camera, mask, look.alpha, coarse_px)], 1
        )
        hidden = hidden_cells(trigrid, surface)
        carried = carried_change(generator, trigrid, field, camera, surface, change, look.alpha * mask, coarse_px)
        carried = carried * F.interpolate(hidden[:, 0], (coarse_px,) * 2, mode="area").flatten(0, 1)[:, None]
    return Lifted(
        torch.cat([fine, *facts], 1),
        change,
        slopes.colour,
        slopes.density,
        splat,
        splat.filling(),
        coarse,
        carried,
        hidden,
        surface,
    )


def _shrunk(planes: Tensor, side_px: int) -> Tensor:
    """Planes [3, C, D, H, W] as pictures [3, C * D, p, p]."""
    # with channels last in memory all of them are one picture as they lie
    together = planes.transpose(1, 2).reshape(1, -1, *planes.shape[-2:])
    small = F.interpolate(together, (side_px,) * 2, mode="area")
    return small.view(*planes.transpose(1, 2).shape[:3], side_px, side_px).transpose(1, 2).flatten(1, 2)


def splat_surface(surface: SeenSurface, plane_px: int) -> SeenSurface:
    """The surface, sampled as densely as planes have cells."""
    return SeenSurface(*(_as_dense(x, plane_px) for x in vars(surface).values()))


def _as_dense(picture: Tensor, plane_px: int) -> Tensor:
    """A picture of at least as many pixels as planes have cells."""
    side = (max(plane_px, picture.shape[-1]),) * 2
    return F.interpolate(picture, side, mode="bilinear", align_corners=False)


def _outlines(trigrid: Trigrid, camera: Camera, mask: Tensor, alpha: Tensor, side_px: int) -> Tensor:
    """Where the photo's outline leaves the drawn one, mean of all rays through a cell: [3, 2 * D, p, p]."""
    depth = trigrid.planes.shape[2]
    both = torch.cat([mask, mask - alpha], 1)
    both = F.interpolate(both, (HULL_RAYS,) * 2, mode="area").flatten(2)[0].T
    origin, directions = view_rays(camera, HULL_RAYS)
    along = torch.linspace(-HULL_REACH, HULL_REACH, HULL_SAMPLES) + camera.radius
    points = origin.view(1, 1, 3) + directions.flatten(2)[0].T[:, None] * along[:, None]
    at = points.reshape(-1, 3) * (2 / trigrid.box_side)
    values = both[:, None].expand(-1, HULL_SAMPLES, -1).reshape(-1, 2)
    inside = (at.abs() < 1).all(1)
    at, values = at[inside], torch.cat([values[inside], torch.ones(int(inside.sum()), 1)], 1)
    cells = ((at + 1) / 2 * side_px).long().clamp(0, side_px - 1)
    slices = ((at + 1) / 2 * depth).long().clamp(0, depth - 1)
    found = []
    for column, row, slice_ in trigrid.axes.value:
        number = slices[:, slice_] if slice_ is not None else torch.zeros_like(cells[:, 0])
        flat = (number * side_px + cells[:, row]) * side_px + cells[:, column]
        total = values.new_zeros(depth * side_px**2, 3).index_add(0, flat, values)
        mean = total[:, :2] / total[:, 2:].clamp(min=1)
        found.append(mean.T.reshape(2 * depth, side_px, side_px))
    return torch.stack(found)


class OffsetEncoder(nn.Module):
    """The branch: see the module."""

    def __init__(self, config: OffsetEncoderConfig) -> None:
        """Untrained it lays the photo's colours on the surface and leaves all else as it is."""
        super().__init__()
        self.config = config
        count = config.channels * config.depth
        self.look = UNet(PHOTO_CHANNELS + LOOK_CHANNELS, config.widths)
        self.answer = silent(nn.Conv2d(config.widths[0], 3 + 1 + config.channels, 1))
        self.gain = nn.Parameter(torch.tensor(FIRST_GAIN))
        self.carry = nn.Parameter(torch.tensor(0.0))
        first = config.coarse_widths[0]
        inputs = 2 * count + 3 * config.depth
        self.place = nn.Parameter(torch.zeros(3, first, config.coarse_px, config.coarse_px))
        self.arrive = nn.ModuleList(nn.Conv2d(inputs, first, 1) for _ in range(3))
        self.spread = UNet(first, config.coarse_widths)
        self.told = nn.Linear(config.widths[-1], config.coarse_widths[-1])
        self.cross = nn.Linear(3 * first, config.coarse_widths[-1])
        self.depart = nn.ModuleList(silent(nn.Conv2d(first, count, 1)) for _ in range(3))

    def carries(self) -> None:
        """Begin to carry colours around the head, as E2 does."""
        with torch.no_grad():
            self.carry.fill_(FIRST_CARRY)

    def forward(self, known: Lifted, plane_px: int) -> Tensor:
        """The offset [3, C, D, H, W] of planes `plane_px` cells wide; differentiable in the weights."""
        config = self.config
        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_half()):
            features, summary = self.look(known.seen.contiguous(memory_format=torch.channels_last))
            answer = self.answer(features)
        answer = answer.float()
        recoloured = (known.change * self.gain + answer[:, :3]).flatten(2)[0].T
        change = (known.colour @ recoloured[..., None])[..., 0]
        change = change + known.density * answer[:, 3].flatten()[:, None] + answer[:, 4:].flatten(2)[0].T
        picture = change.T.reshape(1, config.channels, *answer.shape[-2:])
        values = _as_dense(picture, plane_px).flatten(2)[0].T
        fine = known.filling.means(known.splat.spread(values))  # [3 * D, C, H, W]
        # where it does not pay the coarse network was silenced (`core.training.dual_choice`): then it need not work
        silent = not torch.is_grad_enabled() and not any(bool(x.any()) for x in self.depart.parameters())
        coarse = self.carry * known.carried if silent else self._coarse(known, fine, summary)
        coarse = coarse.contiguous(memory_format=torch.channels_last)  # as the fine ones lie
        planes = F.interpolate(coarse, (plane_px,) * 2, mode="bilinear", align_corners=False).add_(fine)
        whole: Tensor = planes.unflatten(0, (3, config.depth)).transpose(1, 2)
        return whole

    def _coarse(self, known: Lifted, fine: Tensor, summary: Tensor) -> Tensor:
        """What the coarse network adds, and what is carried: [3 * D, C, p, p]."""
        config = self.config
        factor = fine.shape[-1] // config.coarse_px
        arrived = F.avg_pool2d(fine, factor).unflatten(0, (3, config.depth)).flatten(1, 2)
        weight = F.avg_pool2d(known.filling.weight, factor).clamp(max=1).view(3, config.depth, *arrived.shape[-2:])
        inputs = torch.cat([arrived, known.coarse, weight], 1)
        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_half()):
            read = [arrive(plane[None]) for arrive, plane in zip(self.arrive, inputs, strict=True)]
            x = F.leaky_relu(torch.cat(read) + self.place, 0.2)
            told = self.told(summary) + self.cross(x.mean((2, 3)).flatten()[None])
            x, _ = self.spread(x, told.expand(3, -1))
            out = torch.cat([depart(plane[None]) for depart, plane in zip(self.depart, x, strict=True)])
        out = out.float().unflatten(1, (config.depth, config.channels)).flatten(0, 1)
        added: Tensor = out + self.carry * known.carried
        return added
