"""Hair comes to end where its photo ends it; faces, far outlines and the photo's own border tell nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.camera import Camera
from core.editors.face_shapes import FittedFace, face_shapes
from core.editors.face_target import Target
from core.editors.photo_outline import to_outline
from core.shown_person import ShownPerson

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE_PX = 256
CAMERA = Camera.orbit()


def _target() -> Target:
    mean = face_shapes().mean
    return Target.of(FittedFace(mean, mean[face_shapes().landmark_points], 0.0))


def _photo(target: Target, larger_px: float, reached: NDArray[np.float32] | None = None) -> ShownPerson:
    """A photo of all of a target, whose outline lies so many pixels further out."""
    uv, _ = CAMERA.project(target.points)
    drawn = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    for triangle in np.round((uv * SIDE_PX - 0.5)[target.triangles] * 16).astype(np.int32):
        cv2.fillConvexPoly(drawn, triangle, 1, cv2.LINE_8, 4)
    outside, inside = (cv2.distanceTransform(bits, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for bits in (1 - drawn, drawn))
    away = np.where(drawn > 0, 0.5 - inside, outside - 0.5)
    person = np.asarray(away < larger_px, np.float32)
    return ShownPerson(person, person, np.zeros_like(person), np.ones_like(person) if reached is None else reached)


def _crown(target: Target) -> NDArray[np.bool_]:
    return np.asarray(target.points[:, 1] > np.quantile(target.points[target.scalp, 1], 0.995))


def test_a_head_comes_to_end_where_its_photo_ends_it() -> None:
    target = _target()
    crown, all_of_it = _crown(target), np.ones(len(target.points))
    pixel = CAMERA.project(target.points[crown])[1].mean() / CAMERA.focal / SIDE_PX
    for larger_px in (-3.0, 3.0):
        ways = to_outline(target, all_of_it, CAMERA, _photo(target, larger_px))
        np.testing.assert_allclose(ways[crown, 1].mean(), larger_px * pixel, atol=0.5 * pixel)
        # across the view alone, and not within the outline
        assert np.abs(ways @ (CAMERA.world_from_camera[:3, 2])).max() < 1e-9
        middle = np.linalg.norm(target.points[:, :2] - target.points[target.face > 0.99][:, :2].mean(0), axis=1) < 0.04
        assert np.linalg.norm(ways[middle & (target.points[:, 2] > 0)], axis=1).max() < 0.1 * pixel


def test_nothing_moves_that_may_not_or_that_has_no_outline() -> None:
    target = _target()
    some = _crown(target).astype(float)
    ways = to_outline(target, some, CAMERA, _photo(target, 3.0))
    assert np.linalg.norm(ways[some == 0], axis=1).max() == 0
    far = to_outline(target, some, CAMERA, _photo(target, 16.0))
    assert np.linalg.norm(far, axis=1).max() < 1e-3
    cut = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    cut[int(CAMERA.project(target.points[_crown(target)])[0][:, 1].min() * SIDE_PX) - 1 :] = 1
    beyond = to_outline(target, some, CAMERA, _photo(target, 3.0, cut))
    assert np.linalg.norm(beyond, axis=1).max() < 1e-3
