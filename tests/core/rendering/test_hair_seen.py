"""What a photo tells of its hair, and how far its tones go."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.camera import Camera
from core.rendering.hair_seen import LUMINANCE, SeenHair
from core.rendering.tone_volume import spread, usual_beyond, value_at
from tests.core.rendering.photographed_ball import SIDE, photo_of, plain


def hue_of(taken: tuple[float, float, float]) -> np.ndarray:
    """Of hair whose red, green and blue take so much of its changes of lightness."""
    noise = cv2.GaussianBlur(np.random.default_rng(0).standard_normal((SIDE, SIDE)), (0, 0), 2)
    change = np.exp(0.2 * (noise / noise.std())[..., None] * np.array(taken))
    picture = (plain((120, 100, 80)) * change).clip(0, 255).astype(np.uint8)
    return SeenHair.of(photo_of(Camera.orbit(), picture, "hair")).hue


def test_what_lies_between_strands_is_as_colourful_as_in_the_photo() -> None:
    for taken in ((1.0, 1.0, 1.0), (0.7, 0.9, 1.5)):
        found = hue_of(taken)
        np.testing.assert_allclose(found / found.mean(), np.array(taken) / np.mean(taken), atol=0.08)
        assert float(found @ LUMINANCE) == pytest.approx(1, abs=1e-5)


def test_far_from_what_was_seen_a_part_has_its_mean_tone() -> None:
    """Light in the middle, dark at the side: behind it is neither."""
    around = np.random.default_rng(0).uniform(-0.05, 0.05, (900, 3))
    points = around + np.repeat([[0.0, 0.0, 0.2], [0.2, 0.0, 0.0]], (600, 300), axis=0)
    values = np.repeat(np.array([[0.6] * 3, [0.3] * 3], np.float32), (600, 300), axis=0)
    grid = usual_beyond(spread(points, values), points, values, 0.1)
    at = value_at(grid, np.array([[0.0, 0.0, 0.2], [0.2, 0.0, 0.0], [0.0, 0.1, -0.25]]))[:, 0]
    assert at[0] > 0.57
    assert at[1] < 0.38
    assert at[2] == pytest.approx(0.5, abs=0.01)
