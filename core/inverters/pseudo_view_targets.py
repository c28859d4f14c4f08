"""Pseudo-views as targets of an optimisation: the photo's colours carried to other cameras, a head's own elsewhere.

The head is the pivot with the photo's tones: what it looks like from elsewhere is the published method's "occluded
part" (HFGI3D, section 3.3), already in the photo's colours and, unlike a head that was tuned to the photo alone, clean
at its outline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.inverters.further_views import FurtherView
from core.inverters.glimpse import Glimpse
from core.inverters.pose import RefinedCamera
from core.inverters.pseudo_views import PhotoSurface, WarpSettings, pseudo_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.camera import Camera
    from core.inverters.evidence import View
    from core.protocols import Generator
    from core.trigrid import Trigrid

SOLID_ABOVE = 0.5
"""Opacity of a pixel that has a depth."""
NEAR_DEGREES = 40
WISP = 0.012
"""Half the width of what an outline is smoothed over, in sides of the picture."""
SHARPNESS = 3.0
FAINT = 1e-3
"""How much the colours around count where a pixel has one of its own."""


@dataclass(frozen=True)
class TargetSettings:
    """How pseudo-views are made.

    Attributes:
        turns_degrees: yaw and pitch of each camera, from the photo's.
        points: scattered over the photo's surface.
        samples: samples a ray of the head's own pictures.
        generated: how far the head's own colours are believed, where the photo's are 1.
        outline: how far its outline is believed.
    """

    turns_degrees: tuple[tuple[float, float], ...] = (
        *((-25, 6), (25, 6), (-50, -4), (50, -4), (-85, 4), (85, 4), (-135, 0), (135, 0)),
    )
    points: int = 60_000
    samples: int = 14
    generated: float = 0.4
    outline: float = 1.0


@dataclass(frozen=True, eq=False)
class Portrayed:
    """A head from a camera.

    Attributes:
        rgb: float32 [px, px, 3] on white.
        alpha: float32 [px, px].
        depth: float32 [px, px] along the camera's z; 0 where nothing solid is.
        glimpse: where along the rays it lies.
    """

    rgb: NDArray[np.float32]
    alpha: NDArray[np.float32]
    depth: NDArray[np.float32]
    glimpse: Glimpse


def portrayed(generator: Generator, trigrid: Trigrid, camera: Camera, px: int, samples: int = 20) -> Portrayed:
    """Draw a head's decoded colours, before the generator's last layers."""
    refined = RefinedCamera(camera).frozen()
    with torch.no_grad():
        glimpse = Glimpse(generator, trigrid, refined)
        seen = glimpse.see(generator, trigrid, refined, (0, 0, px, px), samples)
        rgb = seen.on_white()[0].permute(1, 2, 0).clamp(0, 1).numpy().astype(np.float32)
        alpha = seen.alpha.clamp(0, 1).numpy().astype(np.float32)
        along = (seen.depth / seen.alpha.clamp(min=1e-6)).numpy()
    at = (np.arange(px) + 0.5) / px - 0.5
    slope = 1 + (at[None] ** 2 + at[:, None] ** 2) / camera.focal**2
    depth = np.where(alpha > SOLID_ABOVE, along / np.sqrt(slope), 0).astype(np.float32)
    return Portrayed(rgb, alpha, depth, glimpse)


def pseudo_targets(
    generator: Generator,
    trigrid: Trigrid,
    photo: View,
    camera: Camera,
    settings: TargetSettings | None = None,
    *,
    taken: Sequence[Camera] = (),
) -> list[FurtherView]:
    """The pseudo-views of a photo.

    Args:
        generator: of the head, tuned.
        trigrid: the head in the photo's tones.
        photo: at the resolution that the views shall have.
        camera: the photo's.
        settings: how.
        taken: cameras of real photos; near them nothing is made up.
    """
    settings = settings or TargetSettings()
    px = photo.rgb.shape[-1]
    warp = WarpSettings(points=settings.points)
    front = portrayed(generator, trigrid, camera, px, settings.samples)
    # only where the photo, too, shows the person is the surface the photo's
    depth = np.where(photo.mask[0, 0].numpy() > SOLID_ABOVE, front.depth, 0)
    rgb = np.ascontiguousarray(photo.rgb[0].permute(1, 2, 0).numpy(), np.float32)
    surface = PhotoSurface.of(rgb, depth, camera, warp)
    cameras = [camera.orbited(math.radians(yaw), math.radians(pitch)) for yaw, pitch in settings.turns_degrees]
    near = math.cos(math.radians(NEAR_DEGREES))
    free = [one for one in cameras if all(float(one.forward @ other.forward) < near for other in taken)]
    return [_target(generator, trigrid, surface, one, px, settings, warp) for one in free]


def _target(
    generator: Generator,
    trigrid: Trigrid,
    surface: PhotoSurface,
    elsewhere: Camera,
    px: int,
    settings: TargetSettings,
    warp: WarpSettings,
) -> FurtherView:
    own = _tidied(portrayed(generator, trigrid, elsewhere, px, settings.samples))
    view = pseudo_view(surface, elsewhere, own.rgb, own.depth, warp)
    trusted = torch.from_numpy(view.trusted)[None, None]
    return FurtherView(
        camera=RefinedCamera(elsewhere).frozen(),
        rgb=torch.from_numpy(view.picture).permute(2, 0, 1)[None].contiguous(),
        mask=torch.from_numpy(own.alpha)[None, None],
        weight=settings.generated + (1 - settings.generated) * trusted,
        outline=torch.full_like(trusted, settings.outline),
        glimpse=own.glimpse,
    )


def _tidied(own: Portrayed) -> Portrayed:
    """Without the wisps and notches at its outline that a search leaves where its photo does not look."""
    px = len(own.alpha)
    size = 2 * max(1, round(WISP * px)) + 1
    solid = (own.alpha > SOLID_ABOVE).astype(np.float32)
    # half of a disc's surroundings lie within a straight outline: what is much thinner goes, what is narrower fills up
    smooth = cv2.GaussianBlur(solid, (4 * size + 1, 4 * size + 1), size / 2)
    alpha = np.clip(SHARPNESS * (smooth - 0.5) + 0.5, 0, 1).astype(np.float32)
    known = own.alpha[..., None] * solid[..., None]
    colours = (own.rgb - 1 + own.alpha[..., None]) * solid[..., None]
    wide = (4 * size + 1, 4 * size + 1)
    around = cv2.GaussianBlur(colours, wide, size) * FAINT + colours
    weight = cv2.GaussianBlur(known, wide, size)[..., None] * FAINT + known
    rgb = alpha[..., None] * (around / np.maximum(weight, 1e-6)) + 1 - alpha[..., None]
    return replace(own, rgb=rgb.clip(0, 1).astype(np.float32), alpha=alpha)
