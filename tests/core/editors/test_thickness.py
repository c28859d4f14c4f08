"""What covers a head begins gently beside faces, and has no lumps of a finger's width even at an outline."""

import numpy as np

from core.editors.face_shapes import FittedFace, face_shapes
from core.editors.face_shares import CHIN, JAW, mean_height
from core.editors.face_target import Target
from core.editors.thickness import thickness_of

CM = 1 / 56.5
"""World units."""


def _target() -> Target:
    mean = face_shapes().mean
    return Target.of(FittedFace(mean, mean[face_shapes().landmark_points], 0.0))


def test_a_beard_begins_below_a_chin_without_a_step() -> None:
    from scipy.spatial import cKDTree

    target = _target()
    none, all_of_it = np.zeros(len(target.points)), np.ones(len(target.points))
    surface = np.where(target.height < mean_height(JAW), 2 * CM, 0.0)
    thick = thickness_of(target, surface, target.face < 0.5, none, all_of_it, none, none)
    away, _ = cKDTree(target.points[target.face > 0.95]).query(target.points)
    below = target.is_skin & (target.face < 0.05) & (target.height < mean_height(CHIN)) & (target.around_degrees < 45)
    edge, far = below & (away < 1.5 * CM), below & (away > 6 * CM)
    assert edge.any()
    assert far.any()
    assert thick[edge].max() < 1.4 * CM
    assert thick[far].max() > 1.9 * CM


def test_lumps_of_an_outline_are_evened() -> None:
    target = _target()
    none, all_of_it = np.zeros(len(target.points)), np.ones(len(target.points))
    lumps = np.prod(np.sin(np.pi * target.points / CM), axis=1) * CM
    scalp = target.scalp & (target.ear < 0.05)
    thick = thickness_of(target, 3 * CM + lumps, scalp, all_of_it, all_of_it, all_of_it, none)[scalp]
    assert np.abs(thick - thick.mean()).mean() < 0.2 * np.abs(lumps[scalp]).mean()
