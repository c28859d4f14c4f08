"""What covers a head, brought to the outline that its photo shows.

A search leaves hair a few millimetres short of its photo's outline, or beyond it, and whatever is put in order
afterwards adds to that. The photo tells that outline to a pixel: hair, hats and clothes whose surface ends near it in
the picture come to end on it. They move across the view, so as much behind as before, and least within the outline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.editors.face_target import Target
    from core.shown_person import ShownPerson

    Array = NDArray[np.float64]
    Floats = NDArray[np.float32]

SIDE_PX = 512
"""Side of the pictures in which outlines are compared."""
CALM, FIRM = 1 / 256, 0.7
"""Deviation of the blur that takes single hairs from the photo's outline, in picture sides; and share of the person
from which a pixel lies within it: what shines through is single hairs, or the background."""
NEAR = (0.026, 0.042)
"""Distances of the photo's outline, in picture sides, up to which it is that of the same thing, and from which not."""
REACH = 1 / 90
"""Deviation of the bell under which what neighbouring pixels of the outline tell is mixed, in picture sides."""
LEAST = 1e-3
"""Weight under that bell below which the outline is too far to tell."""
SLOPE_PX = 2.0
"""Deviation of the blur before the outline's way is taken, pixels."""
WITHIN = 0.09
"""How far within the outline the head still moves, in picture sides."""
BORDER = (0.01, 0.03)
"""Distances from where the photo ends, in picture sides, up to which it tells no outline, and from which it does."""
FRACTION_BITS = 4
"""Of a pixel, with which corners of triangles are drawn."""


def to_outline(target: Target, share: Array, camera: Camera, shown: ShownPerson) -> Array:
    """Ways [P, 3], world units, that bring what covers a head to the outline in a photo.

    Args:
        target: where the surface would be without it.
        share: float64 [P], how far each of its points may move, 0..1.
        camera: the photo's.
        shown: what the photo shows.
    """
    uv, depth = camera.project(target.points)
    column, row = np.clip(uv * SIDE_PX, 0, SIDE_PX - 1).astype(int).T
    aside = _aside(_signed(_silhouette(target, uv)), shown)[row, column] * (depth / camera.focal)[:, None]
    across = np.column_stack([aside, np.zeros(len(aside))])
    return np.asarray(across @ camera.world_from_camera[:3, :3].T * share[:, None], np.float64)


def _aside(drawn: Floats, shown: ShownPerson) -> Array:
    """Ways [S, S, 2] in picture sides, to the right and down, from the outline of what is drawn to that of a photo.

    Args:
        drawn: float32 [S, S], distance from the outline, pixels; positive inside.
        shown: what the photo shows.
    """
    firm = (_at_side(shown.person) > FIRM).astype(np.float32)
    wanted = _signed(cv2.GaussianBlur(firm, (0, 0), CALM * SIDE_PX) > 0.5)
    # the photo's outline lies to the side on which its distance falls
    slope = np.stack(np.gradient(cv2.GaussianBlur(wanted, (0, 0), SLOPE_PX))[::-1], axis=2)
    slope /= np.maximum(np.linalg.norm(slope, axis=2, keepdims=True), 1e-6)
    near = 1 - smooth(*NEAR, np.abs(wanted).astype(np.float64) / SIDE_PX)
    told = smooth(*BORDER, _signed(_at_side(shown.reached) > 0.5).astype(np.float64) / SIDE_PX)
    # clothes have a way of their own to it
    head = 1 - _at_side(shown.clothes)
    rim = ((np.abs(drawn) < 1) * near * told * head)[..., None]
    mixed = cv2.GaussianBlur(np.dstack([-wanted[..., None] * slope / SIDE_PX * rim, rim]), (0, 0), REACH * SIDE_PX)
    within = smooth(WITHIN, 0.0, drawn.astype(np.float64) / SIDE_PX) * smooth(0.0, LEAST, mixed[..., 2])
    return np.asarray(mixed[..., :2] / np.maximum(mixed[..., 2:], LEAST / 9) * within[..., None], np.float64)


def _signed(inside: NDArray[np.bool_]) -> Floats:
    """Distance [S, S] of each pixel from the border, pixels; positive inside. Nothing lies outside the picture."""
    bits = cv2.copyMakeBorder(inside.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    within, without = (cv2.distanceTransform(b, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for b in (bits, 1 - bits))
    return np.asarray((within - without)[1:-1, 1:-1] - np.where(inside, 0.5, -0.5), np.float32)


def _silhouette(target: Target, uv: Array) -> NDArray[np.bool_]:
    """Pixels [S, S] that the triangles of a target cover."""
    corners = (uv * SIDE_PX - 0.5)[target.triangles]
    shown = (target.share[target.triangles] > 0).all(axis=1)
    drawn = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    fixed = np.round(corners[shown] * (1 << FRACTION_BITS)).astype(np.int32)
    for triangle in fixed:
        cv2.fillConvexPoly(drawn, triangle, 1, cv2.LINE_8, FRACTION_BITS)
    return drawn > 0


def _at_side(picture: Floats) -> Floats:
    """A picture [S, S] as large as outlines are compared."""
    return np.asarray(cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.float32)
