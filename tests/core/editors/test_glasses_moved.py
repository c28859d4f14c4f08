"""Photographed glasses on another head: the front goes as it is, temples are laid along the head that wears them."""

from dataclasses import replace

import numpy as np
import pytest

from core.editors.glasses_mesh import RIM_POINTS, RIM_SIDES
from core.editors.glasses_moved import moved
from core.grafted_field import Fit
from core.mesh import Mesh
from tests.core.editors.capped_ball import capped_ball
from tests.core.glasses import TEMPLE, pair_of_glasses

TEMPLE_SHARE = len(TEMPLE) * RIM_SIDES + 2
RIM = slice(TEMPLE_SHARE, TEMPLE_SHARE + RIM_POINTS * RIM_SIDES)
"""Of the points of a frame: a temple comes first, and a rim after it."""


@pytest.mark.parametrize("scale", [0.9, 1.0])
def test_a_front_goes_as_it_is_and_temples_follow_the_head(scale: float) -> None:
    pair = pair_of_glasses()
    paint = np.random.default_rng(2).uniform(size=pair.frame_points.shape).astype(np.float32)
    pair = replace(pair, paint=paint, strength=0.4)
    worn = moved(pair, Fit(scale, (0.01, 0.02, -0.03)), capped_ball(lock=False))
    assert worn.strength == 1
    assert worn.paint is not None
    assert len(worn.paint) == len(worn.frame_points)
    added = (len(worn.frame_points) - len(pair.frame_points)) // 2
    rim = worn.frame_points[RIM.start + added : RIM.stop + added]
    before = pair.frame_points[RIM]
    np.testing.assert_allclose(rim - rim.mean(axis=0), scale * (before - before.mean(axis=0)), atol=1e-5)
    np.testing.assert_array_equal(worn.paint[RIM.start + added : RIM.stop + added], paint[RIM])
    np.testing.assert_allclose(np.ptp(worn.lens_points, axis=0), scale * np.ptp(pair.lens_points, axis=0), atol=1e-5)
    temple = slice(0, TEMPLE_SHARE + added)
    assert len(np.unique(worn.paint[temple], axis=0)) == 1
    ball = np.linalg.norm(worn.frame_points[temple] - [worn.form.middle_x, 0, 0], axis=1)
    assert ball.min() > 0.19, "outside the head"
    assert Mesh.of_triangles(worn.frame_points, worn.frame_faces).is_watertight


def test_what_has_gone_to_another_head_goes_on_to_a_third() -> None:
    pair = pair_of_glasses()
    pair = replace(pair, paint=np.full_like(pair.frame_points, 0.3))
    heads = [moved(pair, Fit(shift=(0.0, 0.0, -0.03)), capped_ball(lock=False))]
    for _ in range(2):
        heads.append(moved(heads[-1], Fit(), capped_ball(lock=False)))
    np.testing.assert_allclose(heads[2].frame_points, heads[1].frame_points, atol=1e-3)
