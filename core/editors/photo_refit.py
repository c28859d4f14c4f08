"""Photos that an edited head still wears: they follow its colours and leave what is no longer what they show.

Rays of a photo's camera are marched through a thin layer about the surface that the photo lies on, before the edits and
after. Where the surface moved a little the photo moves with it, where it took another colour the photo takes the same
change, and where another part is there now, or stands before it, the photo is laid off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.mask import PARTS
from core.rendering.marching import march_rays
from core.rendering.rays import camera_rays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from core.field import Field
    from core.photo_layer import PhotoLayer
    from core.protocols import Generator

RAYS_PX, SKETCH_RAYS_PX = 96, 48
"""Side of the picture of rays, and while a slider is dragged."""
REACH = 0.03
"""Half the thickness of the layer that is looked at, world units: edits move skin by less."""
SAMPLES = 10
BEFORE = 0.35
"""Length of ray in front of the surface in which newcomers are looked for, by every second ray."""
BEFORE_SAMPLES = 24
BEHIND, BEHIND_SAMPLES = 0.09, 24
"""Length of ray behind glass in which the face is looked for."""
GLASS_GAP, GLASS_WIRE = 1 / 60, 1 / 34
"""Gaps in what a photo shows of glasses, and the thickness of frames with their shadow, in picture sides."""
LEAST_GLASS, CLEAR = 1.5e-3, 0.55
"""Share of the picture that glass fills at least, and its lightness beside the skin's from which it is clear."""
STANDS = (0.15, 0.5)
"""Opacity of what stands before the surface at which the photo begins to go, and at which it is gone."""
RIM = 1 / 36
"""How far around a part its shadow and its loose ends reach, in picture sides."""
FADES = 1 / 30
"""Over what further width the photo comes back where hair is gone: skin that it threw light on has no edge there."""
FEATURES = ("eyes", "brows", "glasses")
"""Parts of the face that no light fades."""
GONE = (0.25, 0.7)
"""The same for the opacity that the surface itself has lost."""
FIRM = 0.8
"""Opacity from which a surface has a colour and a depth of its own."""
OTHER = (0.2, 0.6)
"""The same for the change of its part's chances, 0..1."""


@dataclass(frozen=True, eq=False)
class _Layer:
    """What rays meet about the surface: colours [R, 3], alpha [R], depth along the ray [R], chances of parts [R, P]."""

    colours: Tensor
    alpha: Tensor
    depth: Tensor
    parts: Tensor | None


def refitted(
    photos: Sequence[PhotoLayer],
    generator: Generator,
    before: Field,
    after: Field,
    *,
    gone: Mapping[str, float] = MappingProxyType({}),
    rays_px: int = RAYS_PX,
) -> tuple[PhotoLayer, ...]:
    """Photos that lie on a field, laid on what edits have made of it; the very same ones where they made nothing.

    Args:
        photos: on `before`.
        generator: decodes both fields.
        before: the head without edits.
        after: the head with edits.
        gone: parts that edits have taken off, with how far, 0..1: what the photos show of them goes, too, where the
            head's own part ended before the photo's.
        rays_px: side of the picture of rays, even.
    """
    if before is after:
        return tuple(photos)
    with torch.no_grad():
        through = [_seen_through(photo) * np.float32(min(gone.get("glasses", 0.0), 1.0)) for photo in photos]
        return tuple(
            _refitted(_untold(_without(photo, gone, glass), gone), glass, generator, before, after, rays_px)
            for photo, glass in zip(photos, through, strict=True)
        )


def _seen_through(photo: PhotoLayer) -> NDArray[np.float32]:
    """How much a photo shows the face through clear glass, [h, w]; nothing where it was taken without, or dark ones."""
    nothing = np.zeros((2, 2), np.float32)
    if photo.labels is None:
        return nothing
    from scipy.ndimage import binary_fill_holes

    worn, side = photo.labels == PARTS.index("glasses"), len(photo.labels)
    wide = np.ones((round(side * GLASS_GAP) | 1,) * 2, np.uint8)
    closed = cv2.morphologyEx(worn.astype(np.uint8), cv2.MORPH_CLOSE, wide)
    wire = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(side * GLASS_WIRE) | 1,) * 2)
    filled = binary_fill_holes(closed)
    holes = filled & ~worn
    # glass is called glasses as well by some, by others what is seen through it
    within = cv2.erode((holes if holes.sum() > filled.sum() / 4 else filled).astype(np.uint8), wire)
    skin = photo.labels == PARTS.index("skin")
    if within.sum() < LEAST_GLASS * side**2 or not skin.any():
        return nothing
    light = cv2.resize(photo.picture.mean(axis=2).astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    if np.median(light[within > 0]) < CLEAR * np.median(light[skin]):
        return nothing
    return np.asarray(cv2.blur(within.astype(np.float32), (5, 5)), np.float32)


def _without(photo: PhotoLayer, gone: Mapping[str, float], through: NDArray[np.float32]) -> PhotoLayer:
    """A photo that is laid off where it shows certain parts, but for what it shows through glass."""
    if photo.labels is None or not gone:
        return photo
    wide = np.ones((round(len(photo.labels) * RIM) | 1,) * 2, np.uint8)
    off = np.zeros(photo.labels.shape, np.float32)
    for part, share in gone.items():
        shown = cv2.dilate((photo.labels == PARTS.index(part)).astype(np.float32), wide)
        if part == "hair":
            soft = round(len(shown) * FADES) | 1
            further = cv2.dilate(shown, np.ones((soft,) * 2, np.uint8))
            features = np.isin(photo.labels, [PARTS.index(part) for part in FEATURES]).astype(np.float32)
            shown = np.maximum(shown, cv2.blur(further, (soft, soft)) * (1 - cv2.dilate(features, wide)))
        if part == "glasses":
            shown = shown * (1 - _at_size(through, len(shown)))
        off = np.maximum(off, shown * np.float32(min(share, 1.0)))
    kept = 1 - cv2.resize(cv2.blur(off, (3, 3)), photo.cover.shape, interpolation=cv2.INTER_LINEAR)
    covers = {name: (getattr(photo, name) * kept).astype(np.uint8) for name in ("cover", "cover_from_here")}
    return replace(photo, **covers)


def _untold(photo: PhotoLayer, gone: Mapping[str, float]) -> PhotoLayer:
    """A photo that says nothing about the tones of parts that are gone: it knows those of another's hair no better."""
    off = [PARTS.index(part) for part, share in gone.items() if share > 1 / 2]
    if photo.labels is None or not off:
        return photo
    labels = np.where(np.isin(photo.labels, off), np.uint8(0), photo.labels)
    gains = None
    if photo.gains is not None:
        gains = photo.gains.copy()
        gains[off] = 1
    return replace(photo, labels=labels, gains=gains)


def _at_size(mask: NDArray[np.float32], side_px: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(mask, (side_px, side_px), interpolation=cv2.INTER_LINEAR), np.float32)


def _refitted(
    photo: PhotoLayer,
    through: NDArray[np.float32],
    generator: Generator,
    before: Field,
    after: Field,
    rays_px: int,
) -> PhotoLayer:
    rays = _Rays.of(photo, rays_px)
    if not len(rays.along):
        return photo
    was, now = _about(generator, before, rays), _about(generator, after, rays)
    gone = _between((was.alpha - now.alpha).clamp(min=0), GONE)
    if was.parts is not None and now.parts is not None:
        gone = torch.maximum(gone, _between((was.parts - now.parts).abs().sum(dim=1) / 2, OTHER))
    few = _Rays.of(photo, rays_px // 2)
    stands = (_before(generator, after, few) - _before(generator, before, few)).clamp(min=0)
    newcomers = few.as_picture(_between(stands, STANDS)[:, None], rays_px // 2)[..., 0]
    # thin things fall between the rays
    newcomers = cv2.resize(cv2.dilate(newcomers, np.ones((3, 3), np.uint8)), (rays_px, rays_px))
    gone = torch.maximum(gone, torch.from_numpy(newcomers.ravel())[rays.at])
    # what was seen through glass is the face, which now lies open further back
    spared = torch.from_numpy(_at_size(through, rays_px).ravel())[rays.at]
    gone = gone * (1 - spared)
    # a colour or a depth of hardly anything is no colour and no depth
    same = (gone < 1) & (was.alpha > FIRM) & (now.alpha > FIRM) & (spared == 0)
    shift = torch.where(same[:, None], now.colours - was.colours, 0.0)
    moved = torch.where(same, now.depth - was.depth, 0.0) * rays.forward
    if bool((spared > 0).any()):
        moved[spared > 0] = _behind(generator, after, rays.chosen(spared > 0))
    picture = rays.as_picture(shift, len(photo.picture))
    kept = 1 - rays.as_picture(gone[:, None], len(photo.cover))[..., 0]
    nearer = rays.as_picture(moved[:, None], len(photo.depth))[..., 0]
    return replace(
        photo,
        picture=np.clip(photo.picture + 255 * picture + 0.5, 0, 255).astype(np.uint8),
        cover=(photo.cover * kept + 0.5).astype(np.uint8),
        cover_from_here=(photo.cover_from_here * kept + 0.5).astype(np.uint8),
        depth=np.where(photo.depth > 0, photo.depth + nearer, 0).astype(np.float32),
    )


@dataclass(frozen=True, eq=False)
class _Rays:
    """Rays of a photo's camera that meet the surface.

    Attributes:
        at: int64 [R], their pixels in a picture of `side_px`, row by row.
        origins: [R, 3].
        directions: [R, 3], unit.
        along: [R], depth along the ray at which the surface is met.
        forward: [R], length along the camera's z of one unit of ray.
        side_px: side of the picture.
    """

    at: Tensor
    origins: Tensor
    directions: Tensor
    along: Tensor
    forward: Tensor
    side_px: int

    @staticmethod
    def of(photo: PhotoLayer, side_px: int) -> _Rays:
        """Of a photo."""
        surface = cv2.resize(photo.depth, (side_px, side_px), interpolation=cv2.INTER_NEAREST).ravel()
        at = torch.from_numpy(np.flatnonzero(surface > 0))
        origins, directions, forward = (values[at] for values in camera_rays(photo.camera, side_px))
        return _Rays(at, origins, directions, torch.from_numpy(surface)[at] / forward, forward, side_px)

    def chosen(self, which: Tensor) -> _Rays:
        """Some of them, bool [R]."""
        return _Rays(
            self.at[which],
            self.origins[which],
            self.directions[which],
            self.along[which],
            self.forward[which],
            self.side_px,
        )

    def as_picture(self, values: Tensor, side_px: int) -> NDArray[np.float32]:
        """Values [R, K] as a picture [side, side, K], which goes on a little beyond them."""
        flat = np.zeros((self.side_px**2, values.shape[1] + 1), np.float32)
        flat[self.at.numpy()] = torch.cat([values, torch.ones_like(values[:, :1])], dim=1).numpy()
        picture = flat.reshape(self.side_px, self.side_px, -1)
        spread = cv2.blur(picture, (3, 3))
        spread /= np.maximum(spread[..., -1:], 1e-6)
        filled = np.ascontiguousarray(np.where(picture[..., -1:] > 0, picture, spread)[..., :-1])
        large = cv2.resize(filled, (side_px, side_px), interpolation=cv2.INTER_LINEAR)
        return np.asarray(large, np.float32).reshape(side_px, side_px, -1)


def _about(generator: Generator, field: Field, rays: _Rays) -> _Layer:
    """A field about the surface that rays meet."""
    near, far = rays.along - REACH, rays.along + REACH
    features, alpha, depth = _marched(generator, field, rays, near, far, SAMPLES)
    full = features / alpha.clamp(min=1e-3)[:, None]
    logits = generator.label_logits(full)
    met = torch.isfinite(depth) & (alpha > 0.5)
    return _Layer(
        generator.colours(full).clamp(0, 1).cpu(),
        alpha.cpu(),
        torch.where(met.cpu(), depth.cpu(), rays.along).clamp(near, far),
        None if logits is None else logits.softmax(dim=1).cpu(),
    )


def _behind(generator: Generator, field: Field, rays: _Rays) -> Tensor:
    """How far behind the surface that rays met they meet another one, along the camera's z, [R]."""
    _, alpha, depth = _marched(generator, field, rays, rays.along - REACH, rays.along + BEHIND, BEHIND_SAMPLES)
    met = torch.isfinite(depth) & (alpha > 1 / 2)
    return torch.where(met.cpu(), depth.cpu() - rays.along, 0.0) * rays.forward


def _before(generator: Generator, field: Field, rays: _Rays) -> Tensor:
    """How much of the light a field stops before the surface, [R]."""
    end = rays.along - REACH
    return _marched(generator, field, rays, end - BEFORE, end, BEFORE_SAMPLES)[1].cpu()


def _marched(
    generator: Generator, field: Field, rays: _Rays, near: Tensor, far: Tensor, samples: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Features [R, F], alpha [R] and depth [R] between two depths of each ray."""
    origins, directions, start, end = (
        values.to(field.device) for values in (rays.origins, rays.directions, near[:, None], far[:, None])
    )
    features, alpha, depth, _ = march_rays(generator, field, origins, directions, (start, end), samples, 0)
    return features, alpha, depth


def _between(value: Tensor, ends: tuple[float, float]) -> Tensor:
    return ((value - ends[0]) / (ends[1] - ends[0])).clamp(0, 1)
