"""The last stage: an offset of the trigrid that carries what latents and tones cannot say.

It has two parts. A coarse one, smooth and everywhere, moves outlines and tone. A fine one is free in cells that serve
the surface which the photo saw, the more squarely the more. Points all over the hidden surface keep the colours that
`tone` found for them and their place; the shape is held, strongly where the surface faces the camera - one photo says
little about depth, and its colours are fitted by pits and bumps where they may be - and weakly at the outline, which
the photo does show. So the fine part may not move along the features that density follows the quickest
(`surface.steepness`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.descent import Adam
from core.inverters.clutter import clutter
from core.inverters.colouring import PHOTO_PX, opacity
from core.inverters.evidence import part_loss
from core.inverters.further_views import FurtherViews
from core.inverters.glimpse import Glimpse, enlarged
from core.inverters.offset import PlaneOffset
from core.inverters.perceptual import QuickPerceptual
from core.inverters.pose import RefinedCamera
from core.inverters.surface import CELLS, LAYER, steepness
from core.losses import IdentityTarget, at_most, identity_embedding, masked_l1

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from core.inverters.colouring import Coloured
    from core.inverters.evidence import Evidence, View
    from core.inverters.further_views import FurtherView
    from core.inverters.glimpse import Seen
    from core.protocols import Generator
    from core.trigrid import Trigrid

BEFORE = 0.12
"""How far before the surface nothing may appear, world units."""
AROUND, CLOSE = 0.03, 0.006
"""How far from the surface the shape is held, world units, and how far at every other point: what is a millimetre off
shows in the light."""
RIM_FACING, RIM_WORTH = 0.5, 0.02
"""Where the cosine between normal and view is below the first, the photo shows an outline; how firm shape is there."""
IDENTITY_PX = 256
"""Side of the photo's crop whose face is embedded."""
MEASURED_PX = 256
"""Resolution of the whole picture at which it is compared."""
LEAST_PERSON = 0.05
"""Share of a window that the person must fill to be looked at."""
Window = tuple[int, int, int, int]
"""First row, first column, side, and side of the whole picture, in neural pixels."""


@dataclass(frozen=True)
class TuningSettings:
    """Numbers of the tuning.

    Attributes:
        window_px: side of the rendered window, in neural pixels; the whole picture where that is smaller.
        samples: samples a ray.
        look_every, clean_every: steps after which the coarse look is renewed, and clutter looked for.
        rate, coarse_rate, weight_rate: Adam's steps for the two parts and for the generator's weights.
        colour, perceptual, silhouette, parts, identity: weights of the losses.
        hidden: weight of the hidden surface's difference from its tones.
        shape: weight of the change of opacity around the surface and before it.
        smooth: weight of the fine part's differences between neighbouring cells.
        small: weight of the offset's size.
        empty: weight of what stands where `clutter` wants nothing.
        further: weight of the differences from further views.
        photo_every: the photo is looked at in one of so many steps, where there are further views.
        points: points of the surface looked at in a step.
    """

    window_px: int = 64
    samples: int = 8
    look_every: int = 12
    clean_every: int = 36
    rate: float = 0.1
    coarse_rate: float = 0.04
    weight_rate: float = 0.00015
    colour: float = 3.0
    perceptual: float = 1.0
    silhouette: float = 2.0
    parts: float = 0.03
    identity: float = 0.3
    hidden: float = 8.0
    shape: float = 100.0
    smooth: float = 0.05
    small: float = 0.01
    empty: float = 3.0
    further: float = 1.0
    photo_every: int = 2
    points: int = 3072


class PivotalTuning:
    """One running tuning. `step` improves it; `delta` and `trigrid` tell where it stands."""

    def __init__(
        self,
        generator: Generator,
        evidence: Evidence,
        coloured: Coloured,
        *,
        steps: int,
        seed: int = 0,
        settings: TuningSettings | None = None,
        further: Sequence[FurtherView] = (),
    ) -> None:
        self._begun = coloured.delta
        self._generator, self._evidence, self._latents = generator.tuned(self._begun), evidence, coloured.latents
        self._steps, self._settings = max(steps, 1), settings or TuningSettings()
        self._person = identity_embedding(evidence.at(IDENTITY_PX).rgb, evidence.chip_from_crop)
        self._noise = torch.Generator().manual_seed(seed)
        self._refined = RefinedCamera(coloured.camera).frozen()
        self._base = coloured.trigrid
        self._surface, self._tones = coloured.surface, coloured.tones
        self._position = self._refined.pose()[1].float()
        towards = torch.nn.functional.normalize(self._position - self._surface.points, dim=1)
        facing = (self._surface.normals * towards).sum(dim=1)
        self._firm = torch.where(facing.abs() < RIM_FACING, RIM_WORTH, 1.0)
        barred = steepness(self._generator, self._base, self._surface.points, self._firm)
        self._offset = PlaneOffset(self._base, coloured.free, barred)
        weights = self._generator.parameters_to_tune()
        self._weights = {
            name: torch.zeros_like(weight, dtype=torch.float32).requires_grad_() for name, weight in weights.items()
        }
        self._adam = Adam([self._offset.coarse, self._offset.fine, *self._weights.values()], betas=(0.8, 0.99))
        self._further = FurtherViews(further, self._noise)
        self._glimpse: Glimpse | None = None
        self._clutter = torch.zeros(0, 3)
        self._windows = self._useful_windows()
        self._target = cache(self._target_of)
        self._done = self._looked = 0

    @property
    def delta(self) -> dict[str, Tensor]:
        """What differs from the pivot, as `Head.delta` holds it."""
        change = {name: weight.detach().clone() for name, weight in self._weights.items() if weight.any()}
        change["trigrid"] = self._offset.planes
        for name, begun in self._begun.items():
            change[name] = change[name].add_(begun) if name in change else begun
        return change

    @property
    def trigrid(self) -> Trigrid:
        """The planes as they stand."""
        return self._offset.trigrid

    def _useful_windows(self) -> list[Window]:
        """Squares of the neural picture that show the person: first the face, then half overlapping ones."""
        whole = self._generator.info.neural_px
        side = min(self._settings.window_px, whole)
        room, mask = whole - side, self._evidence.at(whole).mask[0, 0]
        middle = self._evidence.face_centre * whole - side / 2
        column, row = (int(min(max(0, round(float(c))), room)) for c in middle)
        steps = sorted({round(room * i / max(1, -(-2 * room // side))) for i in range(-(-2 * room // side) + 1)})
        tiles = [(r, c, side, whole) for r in steps for c in steps]
        shown = [t for t in tiles if float(mask[t[0] : t[0] + side, t[1] : t[1] + side].mean()) > LEAST_PERSON]
        return [(row, column, side, whole), *shown]

    def _window(self) -> Window:
        """Every other time the face, else any."""
        self._looked += 1
        if self._looked % 2 == 1 or len(self._windows) == 1:
            return self._windows[0]
        return self._windows[1 + int(torch.randint(len(self._windows) - 1, (), generator=self._noise))]

    def _target_of(self, window: Window) -> tuple[View, QuickPerceptual]:
        """The photo in a window, and its embedding at the resolution at which it is measured."""
        row, column, side, whole = window
        ratio = max(1, min(MEASURED_PX, self._generator.info.picture_px) // whole)
        view = self._evidence.at(whole * ratio).cut(row * ratio, column * ratio, side * ratio)
        return view, QuickPerceptual(view.rgb, view.weight)

    def step(self, done: float = 0.0) -> dict[str, float]:
        """One step of Adam; the losses before it, by name.

        Args:
            done: share of the time that is used up, where time is limited: the steps become finer towards the end.
        """
        settings, generator = self._settings, self._generator.tuned(self._weights)
        trigrid = self._offset.moved()
        if self._glimpse is None or self._done % settings.look_every == 0:
            self._glimpse = Glimpse(generator, self._offset.trigrid, self._refined)
        if self._done % settings.clean_every == 0:
            whole = self._evidence.at(PHOTO_PX)
            self._clutter, _ = clutter(generator, self._offset.trigrid, whole, self._refined)
        losses: dict[str, Tensor] = {}
        if len(self._further) == 0 or self._done % settings.photo_every == 0:
            window = self._window()
            seen = self._glimpse.see(generator, trigrid, self._refined, window, settings.samples, self._noise)
            losses |= self._differences_from_photo(generator, seen, window)
        losses |= self._held(generator, trigrid)
        losses |= {"smooth": self._offset.roughness(), "small": self._offset.size()}
        losses["empty"] = self._left_clutter(generator, trigrid)
        if len(self._further):
            losses["further"] = self._further.loss(generator, trigrid)
        loss = torch.stack([getattr(settings, name) * value for name, value in losses.items()]).sum()
        done = min(1.0, max(done, self._done / self._steps))
        pace = max(0.05, min(1.0, 2 * (1 - done)))
        rates = [settings.coarse_rate, settings.rate, *[settings.weight_rate] * len(self._weights)]
        self._adam.step(loss, [rate * pace for rate in rates])
        self._done += 1
        return {"loss": float(loss.detach())} | {name: float(value.detach()) for name, value in losses.items()}

    def _differences_from_photo(self, generator: Generator, seen: Seen, window: Window) -> dict[str, Tensor]:
        """Losses of a rendered window, by name."""
        evidence = self._evidence
        row, column, side, whole = window
        picture = enlarged(generator, seen, self._latents)
        view, perceptual = self._target(window)
        ratio = picture.shape[-1] // side
        full = evidence.at(whole * ratio).cut(row * ratio, column * ratio, side * ratio)
        small = evidence.at(whole).cut(row, column, side)
        # the means over a window forget how much the window as a whole counts
        worth = small.weight.mean()
        coarse = masked_l1(seen.on_white(), small.rgb, small.weight).mean()
        measured = at_most(picture, view.rgb.shape[-1])
        losses = {
            "colour": worth * (masked_l1(picture, full.rgb, full.weight).mean() + coarse),
            "perceptual": worth * perceptual.distance(measured).mean(),
            "silhouette": ((seen.alpha - small.mask[0, 0]).square() * small.weight[0, 0]).mean(),
        }
        logits = generator.label_logits(seen.features.permute(1, 2, 0))
        if logits is not None:
            losses["parts"] = part_loss(logits.permute(2, 0, 1)[None], small, generator.info.parts)
        if self._looked % 2 == 1:
            whole_from_window = np.array([[side, 0, column], [0, side, row], [0, 0, whole]]) / whole
            person = IdentityTarget(self._person, evidence.chip_from_crop @ whole_from_window)
            losses["identity"] = person.distance(picture).mean()
        return losses

    def _left_clutter(self, generator: Generator, trigrid: Trigrid) -> Tensor:
        """Mean square opacity where nothing should be."""
        if len(self._clutter) == 0:
            return torch.zeros(())
        some = self._clutter[torch.randint(len(self._clutter), (self._settings.points // 4,), generator=self._noise)]
        some = some + (torch.rand(some.shape, generator=self._noise) - 0.5) * (self._base.box_side / CELLS)
        return opacity(generator.decode(trigrid.sample(some))[0]).square().mean()

    def _held(self, generator: Generator, trigrid: Trigrid) -> dict[str, Tensor]:
        """How far the hidden surface has left its tones, and the shape its place."""
        surface, noise = self._surface, self._noise
        chosen = torch.randint(len(surface.points), (self._settings.points,), generator=noise)
        points, normals, firm = surface.points[chosen], surface.normals[chosen], self._firm[chosen]
        hidden = 1 - self._tones.seen[chosen]
        within = points - LAYER * torch.rand(len(points), 1, generator=noise) * normals
        reach = torch.full((len(points), 1), AROUND)
        reach[::2] = CLOSE
        around = points + reach * torch.randn(len(points), 1, generator=noise) * normals
        before = BEFORE * torch.rand(len(points), 1, generator=noise) ** 2
        before = points + before * torch.nn.functional.normalize(self._position - points, dim=1)
        count = len(points)
        raw, features = generator.decode(trigrid.sample(torch.cat([within, around, before[: count // 2]])))
        with torch.no_grad():
            was, _ = self._generator.decode(self._base.sample(torch.cat([around, before[: count // 2]])))
        change = (opacity(raw[count:]) - opacity(was)).square() * torch.cat([firm, firm[: count // 2]])
        colours = generator.colours(features[:count])
        difference = (colours - self._tones.wanted[chosen]).square().sum(dim=1)
        return {"hidden": (difference * hidden).mean(), "shape": change.mean()}
