"""Glasses of a turned face: its near side tells, and where it is seen hangs on how far glasses stand off."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.camera import Camera
from core.editors.glasses_form import described, outlined
from core.editors.glasses_view import shares_of, sides_of
from core.mask import PARTS
from core.rendering.glasses_seen import silhouettes
from tests.core.glasses import CLEAR, pair_of_glasses

if TYPE_CHECKING:
    from core.eyewear import GlassesForm

SIDE = 512
SKIN, FRAME = (205, 160, 140), (30, 30, 40)
PLACE = (CLEAR.middle_x, CLEAR.centre[1], CLEAR.front_z)


def _measured(yaw: float) -> GlassesForm:
    """A pair on a photographed wall of skin; what lies beyond the nose is not seen."""
    camera = Camera.orbit(math.radians(yaw))
    frame, glass = silhouettes(camera, pair_of_glasses(), SIDE)
    nose = camera.project([[0.0, 0.0, CLEAR.front_z]])[0][0][0] * SIDE
    beyond = (np.arange(SIDE) - nose) * np.sign(yaw) < -12 if abs(yaw) > 15 else np.zeros(SIDE, np.bool_)
    picture = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
    picture[frame & ~beyond] = FRAME
    parts = np.zeros((len(PARTS), SIDE, SIDE), np.float32)
    parts[PARTS.index("glasses")] = (frame | glass) & ~beyond
    parts[PARTS.index("skin")] = 1 - parts[PARTS.index("glasses")]
    sides = sides_of(picture, camera, parts, PLACE)
    outline = outlined(sides)
    assert outline is not None
    form = described(sides, outline, PLACE)
    assert form is not None
    return form


def test_a_face_in_front_shows_both_sides_and_a_turned_one_the_near_one() -> None:
    assert shares_of(Camera.orbit()) == (0.5, 0.5)
    assert shares_of(Camera.orbit(0.6)) == (1.0, 0.0)
    assert shares_of(Camera.orbit(-0.6)) == (0.0, 1.0)
    left = [shares_of(Camera.orbit(yaw))[0] for yaw in np.linspace(-0.5, 0.5, 9).tolist()]
    assert left == sorted(left)


@pytest.mark.parametrize("yaw", [-30, 14, 30])
def test_a_pair_is_measured_from_the_side_as_from_the_front(yaw: float) -> None:
    front, turned = _measured(0), _measured(yaw)
    for name in ("half_width", "upper", "lower"):
        assert abs(getattr(turned, name) - getattr(front, name)) < 0.004
    np.testing.assert_allclose(turned.centre, front.centre, atol=0.004)
    assert abs(turned.squareness - front.squareness) < 0.8
    np.testing.assert_allclose(turned.frame_rgb, front.frame_rgb, atol=0.08)
