"""What of the mean head belongs to the face, to the ears and to what is told at all, and where its landmarks are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.editors.face_shapes import face_shapes
from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

CHIN, TOP, JAW, EAR, NOSE_TIP, BROW = 152, 10, 132, 234, 1, 105
"""Landmarks of the face mesh."""
AXIS_Z, BEFORE_EARS_DEGREES = -0.02, (50, 64)
"""Where the head's axis lies, and angles about it from the nose at which the face begins to end, and where it has."""
ABOVE, BELOW = 0.05, (-0.05, 0.005)
"""Heights over which it ends above the forehead, from its top; and below the jaw, from its edge; world units."""
CHIN_TALL, UNDERSIDE = 0.03, (0.35, 0.8)
"""Height of the chin, world units, and how far down its skin looks where it begins not to belong to the face, and where
it does not at all: the underside of the jaw meets a neck whose shape no landmark tells."""
EAR_YZ, EAR_RADII, EAR_RIM = (-0.022, 0.0), (0.072, 0.05), (1.0, 1.45)
"""Middle of the mean head's ears and their half height and width, world units; and where beside them, in these, the
scalp begins, and where there is nothing but scalp."""
AURICLE_YZ, AURICLE_RADII, AURICLE_TILT, AURICLE_RIM = (-0.021, 0.028), (0.056, 0.034), 0.25, (1.0, 1.3)
"""The same of the ears themselves, and how far their tops lean back, radians."""
BUST, RIM = -0.24, (0.0, 0.06)
"""Height below which the model is cut off, and distances from that cut over which the target ends, world units."""


def mean_height(landmark: int) -> float:
    """Of a landmark on the mean head, world units."""
    shapes = face_shapes()
    return float(shapes.mean[shapes.landmark_points[landmark], 1])


def face_share() -> Array:
    """How much each point of the model belongs to the face: 1 from the hairline to the jaw and to before the ears."""
    mark = _mean_landmarks()
    y = face_shapes().mean[:, 1]
    share: Array = (1 - smooth(*BEFORE_EARS_DEGREES, mean_around_degrees())) * _above_jaw(_jaw_edge())
    share *= 1 - smooth(0.0, ABOVE, y - mark[TOP, 1])
    return share


def head_share() -> Array:
    """How much each point of the model belongs to the head that is told: all but the edge where its bust is cut off."""
    from scipy.spatial import cKDTree

    shapes = face_shapes()
    edges = np.sort(np.concatenate([shapes.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]), 1)
    ends, times = np.unique(edges, axis=0, return_counts=True)
    rim = shapes.mean[np.unique(ends[times == 1])]
    away, _ = cKDTree(rim[rim[:, 1] < BUST]).query(shapes.mean)
    share: Array = smooth(*RIM, away)
    return share


def ear_share() -> Array:
    """How much each point of the model belongs to an ear and the skin around it, 0..1."""
    y, z = face_shapes().mean[:, 1:].T
    away = np.hypot((y - EAR_YZ[0]) / EAR_RADII[0], (z - EAR_YZ[1]) / EAR_RADII[1])
    # the middle of the face is as high and as far forward as no ear
    share: Array = (1 - smooth(*EAR_RIM, away)) * (1 - face_share())
    return share


def auricle_share() -> Array:
    """How much each point of the model belongs to an ear itself, 0..1."""
    y, z = (face_shapes().mean[:, 1:] - AURICLE_YZ).T
    lean, upright = np.sin(AURICLE_TILT), np.cos(AURICLE_TILT)
    away = np.hypot((upright * y - lean * z) / AURICLE_RADII[0], (lean * y + upright * z) / AURICLE_RADII[1])
    share: Array = (1 - smooth(*AURICLE_RIM, away)) * (ear_share() > 0)
    return share


def _mean_landmarks() -> Array:
    shapes = face_shapes()
    return shapes.mean[shapes.landmark_points] + shapes.landmark_offsets


def mean_around_degrees() -> Array:
    """Angle of each point of the mean head about its axis from the nose, 0..180."""
    x, _, z = face_shapes().mean.T
    around: Array = np.degrees(np.abs(np.arctan2(x, z - AXIS_Z)))
    return around


def _jaw_edge() -> Array:
    """Height at which the face ends below each point, from the middle of the chin along the jaw up to the ear."""
    mark = _mean_landmarks()
    ear_x, jaw_x = abs(mark[EAR, 0]), abs(mark[JAW, 0])
    chin, jaw = mark[CHIN, 1], mark[JAW, 1]
    known = ([0, 0.5 * jaw_x, 0.9 * jaw_x, ear_x], [chin - 0.012, chin + 0.005, jaw - 0.03, jaw - 0.02])
    edge: Array = np.interp(np.abs(face_shapes().mean[:, 0]), *known)
    return edge


def _above_jaw(edge: Array) -> Array:
    shapes = face_shapes()
    y = shapes.mean[:, 1]
    down = -shapes.normals(shapes.mean)[:, 1] * (y < _mean_landmarks()[CHIN, 1] + CHIN_TALL)
    return smooth(*BELOW, y - edge) * (1 - smooth(*UNDERSIDE, down))
