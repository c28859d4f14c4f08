"""Photos lie flat on a mouth, whatever bumps its form has."""

from __future__ import annotations

import numpy as np

from core.camera import Camera
from core.mask import PARTS
from core.rendering.calm_mouth import calm_mouth

FRONT, SIDE = Camera.orbit(), 256


def face(part: str = "mouth") -> tuple[np.ndarray, np.ndarray]:
    """A flat face with waves on a part in its middle, and its labels."""
    depth = np.full((SIDE, SIDE), 2.5, np.float32)
    depth[110:146, 90:166] += 0.004 * np.sin(np.arange(76) * 1.2).astype(np.float32)
    labels = np.full((SIDE // 2, SIDE // 2), PARTS.index("skin"), np.uint8)
    labels[55:73, 45:83] = PARTS.index(part)
    return depth, labels


def test_waves_on_a_mouth_are_gone_and_nothing_else_moves() -> None:
    depth, labels = face()
    found = calm_mouth(depth, labels, FRONT)
    assert found[118:138, 100:156].std() < depth[118:138, 100:156].std() / 5
    np.testing.assert_array_equal(found[:80], depth[:80])
    np.testing.assert_array_equal(found[180:], depth[180:])


def test_waves_elsewhere_are_somebodys_form() -> None:
    depth, labels = face("nose")
    assert calm_mouth(depth, labels, FRONT) is depth
    assert calm_mouth(depth, None, FRONT) is depth


def test_a_nose_before_the_mouth_stays_where_it_is() -> None:
    """And so does the air beside it."""
    depth, labels = face()
    depth[:, 130:] = 2.3
    depth[:, :70] = 0
    found = calm_mouth(depth, labels, FRONT)
    near, none = depth == np.float32(2.3), depth == 0
    assert np.abs(found[near] - 2.3).max() < 0.003
    assert (found[none] == 0).all()


def test_the_depth_that_came_is_not_written_to() -> None:
    depth, labels = face()
    before = depth.copy()
    calm_mouth(depth, labels, FRONT)
    np.testing.assert_array_equal(depth, before)
