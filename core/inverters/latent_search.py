"""The second stage: latents for every layer, and the camera, that reproduce the photo.

The search runs in coordinates in which the generator's own samples are a standard Gaussian: one code shared by all
layers and an offset for each layer, both drawn towards where samples lie, so that what the photo does not show stays
plausible and matches what it shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import torch
import torch.nn.functional as F

from core.descent import Adam
from core.inverters.evidence import group_loss, part_loss
from core.inverters.further_views import FurtherSettings, FurtherViews
from core.inverters.glimpse import Glimpse
from core.inverters.perceptual import QuickPerceptual, multiplies_half
from core.inverters.pose import RefinedCamera
from core.losses import IdentityTarget, masked_l1
from core.protocols import PlaneGenerator
from core.trigrid import Trigrid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from core.camera import Camera
    from core.field import Field
    from core.inverters.evidence import Evidence
    from core.inverters.further_views import FurtherView
    from core.inverters.latent_space import LatentSpace
    from core.protocols import Generator

IDENTITY_EVERY = 2
IDENTITY_PX = 256
"""Side of the photo's crop whose face is embedded."""


@dataclass(frozen=True)
class SearchSettings:
    """Numbers of the search.

    Attributes:
        picture_px: side of the rendered pictures.
        samples: samples a ray.
        look_every: steps after which the coarse look is renewed.
        rate: Adam's step for the latents, in standard deviations.
        camera_rate: for the camera, in its usual spreads.
        colour, perceptual, silhouette, parts, groups, identity: weights of the losses.
        usual: weight of the shared code's distance from the mean.
        even: weight of the layers' distance from each other.
        pose: weight of the camera's corrections.
        further: weight of the differences from further photos.
    """

    picture_px: int = 64
    samples: int = 8
    look_every: int = 8
    rate: float = 0.06
    camera_rate: float = 0.04
    colour: float = 2.0
    perceptual: float = 1.0
    silhouette: float = 2.0
    parts: float = 0.1
    groups: float = 0.2
    identity: float = 0.1
    usual: float = 0.03
    even: float = 0.4
    pose: float = 0.04
    further: float = 0.7


@runtime_checkable
class Sketches(Protocol):
    """A generator that can leave out the finest cells of its planes, which small pictures do not show."""

    def sketch(self, latents: Tensor) -> Tensor:
        """Planes [B, 3, C, D, h, w] of latents [B, L, W]; differentiable."""
        ...


class LatentSearch:
    """One running search. `step` improves it; `latents` and `camera` tell where it stands.

    Attributes:
        offset: what is added to the planes that latents give, [3, C, D, H, W], or None; it stays as it is.
        refined: the camera with its corrections.
    """

    def __init__(
        self,
        generator: Generator,
        evidence: Evidence,
        camera: Camera,
        start: Tensor,
        space: LatentSpace,
        *,
        steps: int,
        seed: int = 0,
        settings: SearchSettings | None = None,
        offset: Tensor | None = None,
    ) -> None:
        self.offset = offset
        self._generator, self._space, self._steps = generator, space, max(steps, 1)
        self._settings = settings or SearchSettings()
        self._view = evidence.at(self._settings.picture_px)
        self._perceptual = QuickPerceptual(_enlarged(self._view.rgb), _enlarged(self._view.weight), backbone="alex")
        self._identity = IdentityTarget.of(evidence.at(IDENTITY_PX).rgb, evidence.chip_from_crop)
        self._noise = torch.Generator().manual_seed(seed)
        codes = space.coordinates(start)
        self._shared = codes.mean(dim=0).requires_grad_()
        self._offsets = (codes - codes.mean(dim=0)).requires_grad_()
        self.refined = RefinedCamera(camera)
        self._rates: tuple[float, ...] = (
            self._settings.rate,
            0.5 * self._settings.rate,
            self._settings.camera_rate,
        )
        self._adam = Adam((self._shared, self._offsets, self.refined.corrections), betas=(0.9, 0.99))
        self._glimpse: Glimpse | None = None
        self._trigrid = generator.trigrid(start)
        self._offset_of_size = cache(self._offset_at)
        self._further = FurtherViews((), self._noise)
        self._further_cameras: list[RefinedCamera] = []
        self._done = 0

    def join(self, views: Sequence[FurtherView]) -> None:
        """From now on look at further photos, too; their cameras move along. Once, and before many steps are done."""
        self._further = FurtherViews(views, self._noise, FurtherSettings(window_px=self._settings.picture_px))
        self._further_cameras = [view.camera for view in views]
        self._adam = Adam(
            [*self._adam.parameters, *(camera.corrections for camera in self._further_cameras)], betas=(0.9, 0.99)
        )
        self._rates = (*self._rates, *[self._settings.camera_rate] * len(views))

    @property
    def latents(self) -> Tensor:
        """Latents [L, W] as they stand."""
        with torch.no_grad():
            return self._latents()

    def _latents(self) -> Tensor:
        return self._space.latents(self._shared + self._offsets)

    def _field(self) -> Field:
        """Field of the latents as they stand; of a generator that can sketch, without its finest cells."""
        generator, latents = self._generator, self._latents()
        if not isinstance(generator, PlaneGenerator):
            return generator.trigrid(latents)
        assert isinstance(self._trigrid, Trigrid)
        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_half()):
            codes = latents[None]
            planes = generator.sketch(codes) if isinstance(generator, Sketches) else generator.planes(codes)
        moved = planes[0].float()
        return self._trigrid.with_planes(
            moved if self.offset is None else moved + self._offset_of_size(planes.shape[-1])
        )

    def _offset_at(self, side: int) -> Tensor:
        """The offset averaged down to planes `side` wide."""
        assert self.offset is not None
        if self.offset.shape[-1] == side:
            return self.offset
        return F.adaptive_avg_pool2d(self.offset.flatten(0, 2), side).view(*self.offset.shape[:3], side, side)

    @property
    def done(self) -> int:
        """Steps so far."""
        return self._done

    @property
    def picture_px(self) -> int:
        """Side of the pictures that are compared."""
        return self._settings.picture_px

    @property
    def camera(self) -> Camera:
        """The camera as it stands."""
        return self.refined.camera()

    def step(self, done: float = 0.0) -> dict[str, float]:
        """One step of Adam; the losses before it, by name.

        Args:
            done: share of the time that is used up, where time is limited: the steps become finer towards the end.
        """
        settings = self._settings
        trigrid = self._field()
        if self._glimpse is None or self._done % settings.look_every == 0:
            self._glimpse = Glimpse(self._generator, trigrid, self.refined)
        side = settings.picture_px
        seen = self._glimpse.see(
            self._generator, trigrid, self.refined, (0, 0, side, side), settings.samples, self._noise
        )
        view, picture = self._view, seen.on_white()
        losses = {
            "colour": masked_l1(picture, view.rgb, view.weight).mean(),
            "perceptual": self._perceptual.distance(_enlarged(picture)).mean(),
            "silhouette": ((seen.alpha - view.mask).square() * view.weight).mean(),
            "usual": self._shared.square().mean(),
            "even": self._offsets.square().mean(),
            "pose": self.refined.penalty(),
        }
        if self._done % IDENTITY_EVERY == 0:
            losses["identity"] = self._identity.distance(picture).mean()
        if len(self._further):
            losses["further"] = self._further.loss(self._generator, trigrid)
            losses["pose"] = losses["pose"] + torch.stack([c.penalty() for c in self._further_cameras]).mean()
        logits = self._generator.label_logits(seen.features.permute(1, 2, 0))
        if logits is not None:
            chances, names = logits.permute(2, 0, 1)[None], self._generator.info.parts
            losses |= {"parts": part_loss(chances, view, names), "groups": group_loss(chances, view, names)}
        loss = torch.stack([getattr(settings, name) * value for name, value in losses.items()]).sum()
        done = min(1.0, max(done, self._done / self._steps))
        # a short warm-up, then a slow end, so that where it stops does not depend on the last step's samples
        pace = min(1.0, (self._done + 1) / 5) * max(0.1, min(1.0, 2 * (1 - done)))
        self._adam.step(loss, [rate * pace for rate in self._rates])
        self._done += 1
        return {"loss": float(loss.detach())} | {name: float(value.detach()) for name, value in losses.items()}


def _enlarged(picture: Tensor) -> Tensor:
    """Twice as large: AlexNet's first layer strides over four pixels."""
    return F.interpolate(picture, scale_factor=2.0, mode="bilinear", align_corners=False)
