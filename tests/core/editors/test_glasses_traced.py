"""Frames are followed in a photo: their middle, their thickness, their colours, and what goes on beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.camera import Camera
from core.editors.glasses_mesh import bent_z, rim_path
from core.editors.glasses_photo import alike
from core.editors.glasses_traced import Traced, end_piece, traced
from core.editors.glasses_view import unprojected
from core.rendering.glasses_seen import silhouettes
from tests.core.glasses import CLEAR, pair_of_glasses

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

SKIN, FRAME = np.array([0.8, 0.6, 0.5]), np.array([0.1, 0.1, 0.15])
ANGLE = np.arange(72) * 2 * np.pi / 72
CIRCLE = np.stack([np.cos(ANGLE), -np.sin(ANGLE)], axis=1)


def face_with(draw: Callable[[Pixels, list[float]], object]) -> Pixels:
    """Skin with something of a frame on it, drawn into the picture in a colour."""
    picture = np.tile((SKIN * 255).astype(np.uint8), (512, 512, 1))
    draw(picture, (FRAME * 255).tolist())
    return picture


def test_a_rim_is_found_beside_where_it_was_expected() -> None:
    picture = face_with(lambda p, rgb: cv2.ellipse(p, (250, 240), (60, 50), 0, 0, 360, rgb, 5, cv2.LINE_AA))
    found = traced(picture, [246.0, 243.0] + CIRCLE * [60, 50], 2.0, SKIN)
    off = np.hypot(*((found.path - [250.5, 240.5]) / [60, 50]).T)
    assert np.abs(off - 1).max() < 0.03
    assert 2 <= np.median(found.half) <= 4
    np.testing.assert_allclose(np.median(found.rgb, axis=0), FRAME, atol=0.05)


def test_what_goes_on_beyond_a_rim_ends_where_skin_begins() -> None:
    picture = face_with(lambda p, rgb: cv2.rectangle(p, (290, 215), (322, 224), rgb, -1))
    rim = Traced([250.0, 240.0] + CIRCLE * [57, 50], np.full(72, 3.0), np.tile(FRAME, (72, 1)), np.ones(72))
    found = end_piece(picture, rim, 1, SKIN, FRAME)
    assert found is not None
    assert abs(found.path[-1, 0] - 322) < 3
    assert abs(found.path[:, 1].mean() - 220) < 2
    assert end_piece(face_with(lambda *_: None), rim, 1, SKIN, FRAME) is None
    hair = face_with(lambda p, rgb: cv2.rectangle(p, (300, 150), (400, 330), rgb, -1))
    assert end_piece(hair, rim, 1, SKIN, FRAME) is None, "hair beside a lens is no frame"


def test_pixels_come_back_to_where_they_were_seen() -> None:
    camera = Camera.orbit(np.radians(12), np.radians(5))
    points = rim_path(CLEAR)
    uv, _ = camera.project(points)
    found = unprojected(camera, uv, lambda x: bent_z(CLEAR, x))
    np.testing.assert_allclose(found, points, atol=1e-4)


def test_glasses_are_alike_where_they_lie_on_one_another() -> None:
    pair = pair_of_glasses()
    wire, glass = silhouettes(Camera.orbit(), pair, 256)
    assert alike(pair, Camera.orbit(), wire | glass) > 0.99
    assert alike(pair, Camera.orbit(), np.roll(wire | glass, 30, axis=0)) < 0.5
