"""The third stage: an offset of the trigrid, and of the super-resolution, that carries what the latents cannot say.

Around the pivot - the latents that the search found - the planes get an offset. It is free only in cells that serve the
surface which the photo saw; hidden surface keeps the pivot's own features, which a penalty on sampled hidden points
enforces where seen and hidden points share a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.descent import Adam
from core.inverters.evidence import part_loss
from core.inverters.glimpse import Glimpse
from core.inverters.pose import RefinedCamera
from core.inverters.visibility import Visibility
from core.losses import IdentityTarget, PerceptualTarget, identity_embedding, masked_l1

if TYPE_CHECKING:
    from torch import Tensor

    from core.camera import Camera
    from core.inverters.evidence import Evidence
    from core.inverters.glimpse import Seen
    from core.protocols import Generator
    from core.trigrid import Trigrid

THICKNESS = 0.01
"""Of the layer whose opacity is compared, world units."""
BEFORE = 0.12
"""How far before the surface nothing may appear, world units."""
IDENTITY_PX = 256
"""Side of the photo's crop whose face is embedded."""
Window = tuple[int, int, int, int]
"""First row, first column, side, and side of the whole picture, in neural pixels."""


@dataclass(frozen=True)
class TuningSettings:
    """Numbers of the tuning.

    Attributes:
        window_px: side of the rendered window, in neural pixels; the whole picture where that is smaller.
        samples: samples a ray.
        look_every: steps after which the coarse look is renewed.
        rate: Adam's step for the planes.
        colour, perceptual, silhouette, parts, identity: weights of the losses.
        hidden: weight of the change at hidden points.
        shape: weight of the change of opacity at and before the seen surface: one photo says little about depth.
        smooth: weight of the offset's differences between neighbouring cells.
        small: weight of the offset's size.
        points: hidden points, and points at the seen surface, looked at in a step.
    """

    window_px: int = 64
    samples: int = 10
    look_every: int = 12
    rate: float = 0.12
    colour: float = 3.0
    perceptual: float = 1.0
    silhouette: float = 0.5
    parts: float = 0.03
    identity: float = 0.3
    hidden: float = 30.0
    shape: float = 60.0
    smooth: float = 0.5
    small: float = 0.01
    points: int = 3072


class PivotalTuning:
    """One running tuning. `step` improves it; `delta` and `trigrid` tell where it stands."""

    def __init__(
        self,
        generator: Generator,
        evidence: Evidence,
        camera: Camera,
        latents: Tensor,
        *,
        steps: int,
        seed: int = 0,
        settings: TuningSettings | None = None,
    ) -> None:
        self._generator, self._evidence, self._latents, self._steps = generator, evidence, latents, max(steps, 1)
        self._settings = settings or TuningSettings()
        self._person = identity_embedding(evidence.at(IDENTITY_PX).rgb, evidence.chip_from_crop)
        self._noise = torch.Generator().manual_seed(seed)
        self._refined = RefinedCamera(camera).frozen()
        with torch.no_grad():
            self._pivot = generator.trigrid(latents)
        self.visibility = Visibility.of(generator, self._pivot, self._refined, seed)
        self._position = self._refined.pose()[1].float()
        self._offset = torch.zeros_like(self._pivot.planes).requires_grad_()
        self._adam = Adam([self._offset], betas=(0.8, 0.99))
        self._glimpse: Glimpse | None = None
        self._done = 0

    @property
    def delta(self) -> dict[str, Tensor]:
        """What the tuning changed, as `Head.delta` holds it."""
        return {"trigrid": (self._offset * self.visibility.free).detach().clone()}

    @property
    def trigrid(self) -> Trigrid:
        """The planes as they stand."""
        return self._pivot.with_planes(self._pivot.planes + self.delta["trigrid"])

    def _window(self) -> Window:
        """A square of the neural picture: every other time the face, else anywhere, more often near the middle."""
        whole = self._generator.info.neural_px
        side = min(self._settings.window_px, whole)
        room = whole - side
        if self._done % 2 == 0:
            middle = self._evidence.face_centre * whole - side / 2
            column, row = (int(min(max(0, round(float(c))), room)) for c in middle)
            return row, column, side, whole
        # the mean of two draws lies near the middle
        places = torch.rand(2, 2, generator=self._noise).mean(dim=0) * (room + 1)
        row, column = (min(room, int(place)) for place in places)
        return row, column, side, whole

    def step(self, done: float = 0.0) -> dict[str, float]:
        """One step of Adam; the losses before it, by name.

        Args:
            done: share of the time that is used up, where time is limited: the steps become finer towards the end.
        """
        settings, generator = self._settings, self._generator
        change = self._offset * self.visibility.free
        trigrid = self._pivot.with_planes(self._pivot.planes + change)
        if self._glimpse is None or self._done % settings.look_every == 0:
            self._glimpse = Glimpse(generator, trigrid.with_planes(trigrid.planes.detach()), self._refined)
        window = self._window()
        seen = self._glimpse.see(generator, trigrid, self._refined, window, settings.samples, self._noise)
        losses = self._differences_from_photo(seen, window)
        losses |= {
            "hidden": self._change_of_hidden(trigrid.with_planes(change)),
            "shape": self._change_of_shape(trigrid),
            "smooth": _differences(self._offset),
            "small": self._offset.square().mean(),
        }
        loss = torch.stack([getattr(settings, name) * value for name, value in losses.items()]).sum()
        done = min(1.0, max(done, self._done / self._steps))
        self._adam.step(loss, [settings.rate * max(0.05, min(1.0, 2 * (1 - done)))])
        self._done += 1
        return {"loss": float(loss.detach())} | {name: float(value.detach()) for name, value in losses.items()}

    def _differences_from_photo(self, seen: Seen, window: Window) -> dict[str, Tensor]:
        """Losses of a rendered window, by name."""
        generator, evidence = self._generator, self._evidence
        row, column, side, whole = window
        picture = generator.picture(seen.features[None], seen.alpha[None, None], self._latents[None])
        ratio = picture.shape[-1] / side
        view = evidence.at(round(whole * ratio)).cut(round(row * ratio), round(column * ratio), picture.shape[-1])
        small = evidence.at(whole).cut(row, column, side)
        # the means over a window forget how much the window as a whole counts
        worth = small.weight.mean()
        target = PerceptualTarget.of(view.rgb, view.weight, backbone="alex", size_px=128)
        coarse = masked_l1(seen.on_white(), small.rgb, small.weight).mean()
        losses = {
            "colour": worth * (masked_l1(picture, view.rgb, view.weight).mean() + coarse),
            "perceptual": worth * target.distance(picture).mean(),
            "silhouette": ((seen.alpha - small.mask[0, 0]).square() * small.weight[0, 0]).mean(),
        }
        logits = generator.label_logits(seen.features.permute(1, 2, 0))
        if logits is not None:
            losses["parts"] = part_loss(logits.permute(2, 0, 1)[None], small, generator.info.parts)
        if self._done % 2 == 0:
            whole_from_window = np.array([[side, 0, column], [0, side, row], [0, 0, whole]]) / whole
            person = IdentityTarget(self._person, evidence.chip_from_crop @ whole_from_window)
            losses["identity"] = person.distance(picture).mean()
        return losses

    def _change_of_hidden(self, change: Trigrid) -> Tensor:
        """Mean square of the offset at some hidden points."""
        hidden = self.visibility.hidden
        if len(hidden) == 0:
            return torch.zeros(())
        some = torch.randint(len(hidden), (self._settings.points,), generator=self._noise)
        return change.sample(hidden[some]).square().mean()

    def _change_of_shape(self, trigrid: Trigrid) -> Tensor:
        """Mean square change of opacity at some points around the seen surface and before it."""
        seen = self.visibility.seen
        if len(seen) == 0:
            return torch.zeros(())
        some = seen[torch.randint(len(seen), (self._settings.points,), generator=self._noise)]
        before = BEFORE * torch.rand(len(some), 1, generator=self._noise) ** 2
        points = some + before * torch.nn.functional.normalize(self._position - some, dim=1)
        with torch.no_grad():
            was = self._opacity(self._pivot, points)
        return (self._opacity(trigrid, points) - was).square().mean()

    def _opacity(self, trigrid: Trigrid, points: Tensor) -> Tensor:
        raw, _ = self._generator.decode(trigrid.sample(points))
        return 1 - torch.exp(-THICKNESS * torch.nn.functional.softplus(raw - 1))


def _differences(planes: Tensor) -> Tensor:
    """Mean square difference of neighbouring cells in a slice."""
    rows = (planes[..., 1:, :] - planes[..., :-1, :]).square().mean()
    columns = (planes[..., 1:] - planes[..., :-1]).square().mean()
    return rows + columns
