"""Points of a surface seen from another camera: which are hidden, and the picture that the others make.

Visibility is a z-buffer of the points themselves, and of anything else that may stand before them: from the side or
from behind, the far side of a photographed face would otherwise show through the head. The picture is made of small
round splats that thin out towards their rim (HFGI3D's numbers, `Splats`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.inverters.pseudo_view_mesh import PIXEL_CENTRE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RASTER_PX = 512
"""Side of the published z-buffer."""
SLACK = 1 / 512
"""A point this far behind the nearest in its pixel, world units along z, is hidden."""
LEAST_RADIUS_PX = 0.75


@dataclass(frozen=True)
class Splats:
    """How points become a picture.

    Attributes:
        radius_px: of a point, in pictures of `RASTER_PX`.
        points: at most so many nearest ones count in a pixel.
        fade: opacity falls with the root of this times the squared distance in radii.
        least: that product is at least this.
    """

    radius_px: float = 2.0
    points: int = 16
    fade: float = 0.1
    least: float = 1e-3

    def opacity(self, squared_px: Array) -> Array:
        """Of a point at a squared distance from the pixel, 0..1."""
        return 1 - np.sqrt(np.clip(self.fade * squared_px / self.radius_px**2, self.least, 1))

    def scaled(self, picture_px: int) -> Splats:
        """For pictures of another side than the published one; each splat still reaches the centre of its pixel."""
        return replace(self, radius_px=max(self.radius_px * picture_px / RASTER_PX, LEAST_RADIUS_PX))


def seen_points(
    uv: Array,
    depth: Array,
    raster_px: int = RASTER_PX,
    slack: float = SLACK,
    *,
    before: NDArray[np.floating] | None = None,
    place: float = PIXEL_CENTRE,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which points a camera sees.

    Args:
        uv: [N, 2] from `Camera.project`.
        depth: [N] along the camera's z.
        raster_px: side of the z-buffer.
        slack: how far behind the nearest a point may lie.
        before: depth picture [raster_px, raster_px] of what else stands there, 0 where nothing does.
        place: where in a pixel its depth is meant.

    Returns:
        Bool [N], in the picture and before the camera; and bool [N], of those, not hidden.
    """
    pixels, inside = pixels_of(uv, raster_px, place)
    inside = inside & (depth > 0)
    flat = pixels[inside, 1] * raster_px + pixels[inside, 0]
    nearest = np.full(raster_px**2, np.inf)
    np.minimum.at(nearest, flat, depth[inside])
    if before is not None:
        other = before.astype(np.float64).ravel()
        nearest = np.minimum(nearest, np.where(other > 0, other, np.inf))
    seen = np.zeros(len(uv), dtype=bool)
    seen[inside] = ~(depth[inside] - nearest[flat] > slack)
    return inside, seen


def pixels_of(uv: Array, raster_px: int, place: float = PIXEL_CENTRE) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Column and row of the pixel of each uv, int64 [N, 2], and which lie in the picture, bool [N]."""
    nearest = np.round(np.nan_to_num(uv, nan=-1e3) * raster_px - place)
    # so far outside that it does not matter where
    pixels = np.clip(nearest, -1, raster_px).astype(np.int64)
    inside = (pixels >= 0) & (pixels < raster_px)
    return pixels, inside[:, 0] & inside[:, 1]


def splatted(
    uv: Array,
    depth: Array,
    values: NDArray[np.floating],
    picture_px: int,
    splats: Splats | None = None,
    *,
    place: float = PIXEL_CENTRE,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A picture of points, nearer ones over farther ones.

    Args:
        uv: [N, 2].
        depth: [N].
        values: [N, K], such as colours.
        picture_px: side of the picture.
        splats: None is as published.
        place: where in a pixel its colour is meant.

    Returns:
        Values float32 [px, px, K], premultiplied, and opacity float32 [px, px], 0..1.
    """
    splats = splats or Splats()
    at = uv * picture_px - place
    reach = int(np.ceil(splats.radius_px))
    steps = np.arange(-reach, reach + 1)
    order = np.argsort(depth, kind="stable")
    whole = np.round(at[order]).astype(np.int64)
    found: list[tuple[NDArray[np.int64], ...]] = []
    opacities: list[Array] = []
    for row in steps:
        for column in steps:
            pixel = whole + np.array([column, row])
            squared = ((pixel - at[order]) ** 2).sum(axis=1)
            chosen = (squared < splats.radius_px**2) & ((pixel >= 0) & (pixel < picture_px)).all(axis=1)
            rank = np.flatnonzero(chosen)
            found.append((pixel[rank, 1] * picture_px + pixel[rank, 0], rank))
            opacities.append(splats.opacity(squared[rank]))
    flat, rank = (np.concatenate(parts) for parts in zip(*found, strict=True))
    opacity = np.concatenate(opacities)
    # sorted by pixel and, within it, from the nearest on
    along = np.lexsort((rank, flat))
    flat, rank, opacity = flat[along], rank[along], opacity[along]
    starts = np.flatnonzero(np.diff(flat, prepend=-1))
    layer = np.arange(len(flat)) - np.repeat(starts, np.diff(np.append(starts, len(flat))))
    ordered = values[order].astype(np.float64)
    through = np.ones(picture_px**2)
    picture = np.zeros((picture_px**2, values.shape[1]))
    for number in range(splats.points):
        here = layer == number
        if not here.any():
            break
        cells = flat[here]
        weight = through[cells] * opacity[here]
        picture[cells] += weight[:, None] * ordered[rank[here]]
        through[cells] *= 1 - opacity[here]
    side = (picture_px, picture_px)
    return picture.reshape(*side, -1).astype(np.float32), (1 - through).reshape(side).astype(np.float32)
