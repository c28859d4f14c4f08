"""The stage between search and tuning: the photo's tones go around the whole head, and clutter goes.

An offset of the pivot's planes, and of the generator's weights - a decoder knows no hair redder than any it was shown -
is fitted at points in space, without rendering: cheap, so that it reaches every side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.descent import Adam
from core.inverters.clutter import clutter
from core.inverters.offset import PlaneOffset
from core.inverters.pose import RefinedCamera
from core.inverters.surface import CELLS, LAYER, Surface, steepness
from core.inverters.tone import Tones, tones
from core.inverters.visibility import free_cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from core.camera import Camera
    from core.inverters.evidence import Evidence, View
    from core.protocols import PlaneGenerator
    from core.trigrid import Trigrid

THICKNESS = 0.01
"""Of the layer whose opacity is compared, world units."""
PHOTO_PX = 256
"""Resolution at which the photo's colours are taken."""


@dataclass(frozen=True)
class ColouringSettings:
    """Numbers of the fit.

    Attributes:
        points: points of each kind in a step.
        rate, coarse_rate, weight_rate: Adam's steps for the fine and the coarse offset and the generator's weights.
        around: how far from the surface the shape is held, world units.
        colour, shape, labels, small: weights of the losses.
        empty: weight of what is left of the clutter.
    """

    points: int = 4096
    rate: float = 0.05
    coarse_rate: float = 0.025
    weight_rate: float = 0.004
    around: float = 0.04
    colour: float = 10.0
    shape: float = 4.0
    labels: float = 0.02
    small: float = 0.002
    empty: float = 4.0


@dataclass(frozen=True, eq=False)
class Coloured:
    """A head in its photo's tones, without what it took to find it.

    Attributes:
        latents: [L, W].
        camera: the photo's.
        trigrid: the planes.
        delta: what differs from what the latents alone give, as `Head.delta` holds it.
        surface: points on it, without clutter.
        tones: the colours that they should have, and which of them the photo shows.
        free: float32 [3, 1, D, H, W], 1 where a trigrid cell serves what the photo shows, 0 where it does not.
    """

    latents: Tensor
    camera: Camera
    trigrid: Trigrid
    delta: Mapping[str, Tensor]
    surface: Surface
    tones: Tones
    free: Tensor


class Colouring:
    """One running fit. `step` improves it; `delta` and `trigrid` tell where it stands.

    Attributes:
        camera, latents: of the pivot; its planes are those of the latents, and an offset where there is one.
        surface: points on the pivot's surface, without clutter.
        tones: the colours that they should have, and which of them the photo shows.
        free: float32 [3, 1, D, H, W], 1 where a trigrid cell serves what the photo shows, 0 where it does not.
    """

    def __init__(
        self,
        generator: PlaneGenerator,
        evidence: Evidence,
        camera: Camera,
        latents: Tensor,
        *,
        steps: int,
        seed: int = 0,
        settings: ColouringSettings | None = None,
        further: Sequence[tuple[View, RefinedCamera]] = (),
        offset: Tensor | None = None,
    ) -> None:
        self._generator, self._steps = generator, max(steps, 1)
        self._settings = settings or ColouringSettings()
        self.camera, self.latents = camera, latents
        refined, view = RefinedCamera(camera).frozen(), evidence.at(PHOTO_PX)
        with torch.no_grad():
            pivot = generator.trigrid(latents)
        planes = pivot.planes if offset is None else pivot.planes + offset
        self._pivot, self._begun = pivot.with_planes(planes.contiguous()), offset
        self._clutter, wrong = clutter(generator, self._pivot, view, refined)
        surface = Surface.of(generator, self._pivot, seed, around=1)
        if offset is not None:
            # the offset has its shape from the photo; its colours are right where the photo is, which tells them again
            surface = surface.in_colours_of(generator, pivot)
        self.surface = _without(wrong, pivot.box_side, surface)
        self.tones: Tones = tones(generator, self._pivot, self.surface, view, refined, generator.info.parts, further)
        self.free = free_cells(self._pivot, self.surface.points, self.tones.seen)
        self._noise = torch.Generator().manual_seed(seed)
        firm = torch.ones(len(self.surface.points))
        barred = steepness(generator, self._pivot, self.surface.points, firm)
        self._offset = PlaneOffset(self._pivot, self.free, barred)
        weights = generator.parameters_to_tune()
        self._weights = {
            name: torch.zeros_like(weight, dtype=torch.float32).requires_grad_() for name, weight in weights.items()
        }
        self._adam = Adam([self._offset.coarse, self._offset.fine, *self._weights.values()], betas=(0.8, 0.98))
        self._done = 0

    @property
    def delta(self) -> dict[str, Tensor]:
        """What differs from the pivot, as `Head.delta` holds it."""
        moved = {name: weight.detach().clone() for name, weight in self._weights.items() if weight.any()}
        planes = self._offset.planes
        return moved | {"trigrid": planes if self._begun is None else planes.add_(self._begun)}

    @property
    def trigrid(self) -> Trigrid:
        """The planes as they stand."""
        return self._offset.trigrid

    @property
    def coloured(self) -> Coloured:
        """The head as it stands, as a value that holds none of the fit's memory."""
        return Coloured(self.latents, self.camera, self.trigrid, self.delta, self.surface, self.tones, self.free)

    def step(self, done: float = 0.0) -> dict[str, float]:
        """One step of Adam; the losses before it, by name.

        Args:
            done: share of the time that is used up, where time is limited: the steps become finer towards the end.
        """
        settings, surface, noise = self._settings, self.surface, self._noise
        generator, moved = self._generator.tuned(self._weights), self._offset.moved()
        chosen = torch.randint(max(1, len(surface.points)), (settings.points,), generator=noise)
        points, normals = surface.points[chosen], surface.normals[chosen]
        within = points - (LAYER * torch.rand(len(points), 1, generator=noise) - 0.002) * normals
        held = points + settings.around * torch.randn(len(points), 1, generator=noise) * normals
        both = torch.cat([within, held])
        raw, features = generator.decode(moved.sample(both))
        with torch.no_grad():
            was_raw, was = self._generator.decode(self._pivot.sample(both))
        seen = features[: len(within)]
        losses = {
            "colour": (generator.colours(seen) - self.tones.wanted[chosen]).square().sum(dim=1).mean(),
            "shape": 2 * (opacity(raw) - opacity(was_raw)).square().mean(),
            "small": self._offset.size(),
        }
        logits, were = generator.label_logits(seen), generator.label_logits(was[: len(within)])
        if logits is not None and were is not None:
            losses["labels"] = (logits - were).square().mean()
        if len(self._clutter):
            some = self._clutter[torch.randint(len(self._clutter), (settings.points // 4,), generator=noise)]
            some = some + (torch.rand(some.shape, generator=noise) - 0.5) * (self._pivot.box_side / CELLS)
            losses["empty"] = opacity(generator.decode(moved.sample(some))[0]).square().mean()
        loss = torch.stack([getattr(settings, name) * value for name, value in losses.items()]).sum()
        done = min(1.0, max(done, self._done / self._steps))
        rates = [settings.coarse_rate, settings.rate, *[settings.weight_rate] * len(self._weights)]
        pace = max(0.1, min(1.0, 2 * (1 - done)))
        self._adam.step(loss, [rate * pace for rate in rates])
        self._done += 1
        return {"loss": float(loss.detach())} | {name: float(value.detach()) for name, value in losses.items()}


def opacity(raw: Tensor) -> Tensor:
    """Of a thin layer with that raw density, 0..1."""
    return 1 - torch.exp(-THICKNESS * F.softplus(raw - 1))


def _without(wrong: Tensor, box_side: float, surface: Surface) -> Surface:
    """The points of a surface that lie in none of the wrong cells."""
    cells = ((surface.points / box_side + 0.5) * CELLS).long().clamp(0, CELLS - 1)
    right = ~wrong[tuple(cells.T)]
    if not right.any():
        return surface
    return Surface(surface.points[right], surface.normals[right], surface.colours[right], surface.parts[right])
