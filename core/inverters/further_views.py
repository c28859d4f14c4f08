"""What a head should look like from cameras other than the photo's: pseudo-views, and further photos of the person.

Both are pictures with a camera; they differ in how far they are believed, and in whether their camera is known. They
are compared with renders of the decoded colours, before the generator's last layers enlarge them: cheap, and those
layers are held by the photo itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.inverters.glimpse import Glimpse
from core.inverters.perceptual import QuickPerceptual
from core.losses import masked_l1

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from core.field import Field
    from core.inverters.pose import RefinedCamera
    from core.protocols import Generator

LEAST_SHOWN = 0.03
"""Share of a window that the person must fill to be looked at."""
ENLARGED = 2
"""AlexNet's first layer strides over four pixels: a picture is enlarged so many times before it is compared."""


@dataclass(frozen=True, eq=False)
class FurtherView:
    """A picture of the head from elsewhere; [1, channels, px, px] each.

    Attributes:
        camera: where from; its corrections move where the picture is a photo.
        rgb: the head on white.
        mask: how much of each pixel is head, 0..1.
        weight: how far its colours are believed.
        outline: how far its outline is believed.
        glimpse: where a head that is much like it was seen by the camera, or None.
    """

    camera: RefinedCamera
    rgb: Tensor
    mask: Tensor
    weight: Tensor
    outline: Tensor
    glimpse: Glimpse | None = None


@dataclass(frozen=True)
class FurtherSettings:
    """How further views are compared.

    Attributes:
        window_px: side of the rendered window, in pixels of the views; the whole picture where that is smaller.
        samples: samples a ray.
        look_every: visits of a view after which its coarse look is renewed; outlines hardly move.
        colour, perceptual, silhouette: weights of the losses.
    """

    window_px: int = 48
    samples: int = 8
    look_every: int = 12
    colour: float = 3.0
    perceptual: float = 1.0
    silhouette: float = 2.0


class FurtherViews:
    """Visits one window of one view at a time, every view as often as the others."""

    def __init__(
        self, views: Sequence[FurtherView], noise: torch.Generator, settings: FurtherSettings | None = None
    ) -> None:
        self._views, self._noise, self._settings = tuple(views), noise, settings or FurtherSettings()
        self._waiting: list[int] = []
        self._glimpses = {number: (1, view.glimpse) for number, view in enumerate(self._views)}
        self._targets: dict[tuple[int, int, int], QuickPerceptual] = {}

    def __len__(self) -> int:
        return len(self._views)

    def loss(self, generator: Generator, field: Field) -> Tensor:
        """How far the head is from the next view's picture, in one window; differentiable in planes and camera.

        Args:
            generator: decodes the samples.
            field: the head.
        """
        settings, number = self._settings, self._next()
        view = self._views[number]
        whole = view.rgb.shape[-1]
        side = min(settings.window_px, whole)
        row, column = self._window(view, side)
        visits, glimpse = self._glimpses[number]
        if glimpse is None or visits % settings.look_every == 0:
            glimpse = Glimpse(generator, field, view.camera)
        self._glimpses[number] = (visits + 1, glimpse)
        seen = glimpse.see(generator, field, view.camera, (row, column, side, whole), settings.samples, self._noise)
        rgb, mask, weight, outline = (
            _cut(t, row, column, side) for t in (view.rgb, view.mask, view.weight, view.outline)
        )
        worth, picture = weight.mean(), seen.on_white()
        place = (number, row, column)
        if place not in self._targets:
            self._targets[place] = QuickPerceptual(_enlarged(rgb), _enlarged(weight), backbone="alex")
        perceptual = self._targets[place].distance(_enlarged(picture)).mean()
        return (
            worth * settings.colour * masked_l1(picture, rgb, weight).mean()
            + worth * settings.perceptual * perceptual
            + settings.silhouette * ((seen.alpha - mask).square() * outline).mean()
        )

    def _next(self) -> int:
        if not self._waiting:
            self._waiting = torch.randperm(len(self._views), generator=self._noise).tolist()
        return self._waiting.pop()

    def _window(self, view: FurtherView, side: int) -> tuple[int, int]:
        """First row and column of a window that shows something of the person."""
        whole = view.rgb.shape[-1]
        half = max(1, side // 2)
        steps = sorted({min(whole - side, step) for step in range(0, whole - side + half, half)})
        shown = F.avg_pool2d(view.mask, side, 1)[0, 0]
        places = [(row, column) for row in steps for column in steps if float(shown[row, column]) > LEAST_SHOWN]
        if not places:
            return (whole - side) // 2, (whole - side) // 2
        return places[int(torch.randint(len(places), (), generator=self._noise))]


def _cut(picture: Tensor, row: int, column: int, side: int) -> Tensor:
    return picture[:, :, row : row + side, column : column + side]


def _enlarged(picture: Tensor) -> Tensor:
    return F.interpolate(picture, scale_factor=float(ENLARGED), mode="bilinear", align_corners=False)
