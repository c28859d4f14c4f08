"""Head pose: the camera under which the canonical face lands on the points found in a photo.

The camera stands on the head sphere and looks at the origin; the photo is turned, scaled and shifted until both agree.
What the face mesh shows under a camera is modelled as a Gaussian: the canonical points projected, a mean deviation that
depends smoothly on yaw and pitch (the mesh net draws turned faces a little too frontal), and the modes in which faces
and the net's mistakes vary. `core.training.canonical_face` measures all of it on synthetic heads with known cameras.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.perception import weights
from core.perception.similarity import Matrix, fit_similarity, inverse, moved, scale_of

Array = NDArray[np.float64]

MESH_NOISE = 0.002
"""Spread of mesh points beyond the modes, in picture widths."""
HAND_NOISE = 0.01
"""Spread of points that a person places."""
PITCH_SPREAD_RADIANS = 0.3
"""People rarely look far up or down; only a handful of points needs to be told so."""
SPREAD = 0.13
"""Typical root mean square distance of the points from their middle, in picture widths."""
MAX_STEPS = 20
MAX_YAW, MAX_PITCH = 1.65, 1.2
STARTS_RADIANS = (0.0, -0.7, 0.7)

# The points that a person places, as means of mesh points: the person's right eye, left eye, nose tip, and the right
# and left corner of the mouth.
FIVE_POINTS = ((33, 133, 159, 145), (263, 362, 386, 374), (1,), (61,), (291,))


@dataclass(frozen=True, eq=False)
class CanonicalFace:
    """What the face mesh is expected to show.

    Attributes:
        mean: float64 [468,3] the points on a mean head, in the heads' frame, world units.
        deviation: float64 [6,468,2]: factors of `view_terms` for the mean deviation in the picture, picture widths.
        modes: float64 [K,468,2]: deviation in the picture for one standard deviation of each mode.
    """

    mean: Array
    deviation: Array
    modes: Array

    def reduced(self, groups: tuple[tuple[int, ...], ...]) -> "CanonicalFace":
        """The same for a few points, each the mean of some of the 468."""
        pick = np.zeros((len(groups), len(self.mean)))
        for row, group in zip(pick, groups, strict=True):
            row[list(group)] = 1 / len(group)
        return CanonicalFace(pick @ self.mean, pick @ self.deviation, pick @ self.modes)

    def expected(self, yaw_radians: float, pitch_radians: float) -> Array:
        """Mean places [N,2] of the points in the picture of a camera, 0..1."""
        uv, _ = Camera.orbit(yaw_radians, pitch_radians).project(self.mean)
        return uv + np.tensordot(view_terms(yaw_radians, pitch_radians), self.deviation, 1)


@dataclass(frozen=True, eq=False)
class HeadPose:
    """How a head stands in a photo.

    Attributes:
        yaw_radians: Of the camera.
        pitch_radians: Of the camera.
        picture_from_photo: [3,3] similarity from photo pixels to the camera's picture, 0..1.
        misfit: How unusual the points are: 1 is typical.
    """

    yaw_radians: float
    pitch_radians: float
    picture_from_photo: Matrix
    misfit: float

    @property
    def camera(self) -> Camera:
        """The camera, upright; the photo's roll is in `picture_from_photo`."""
        return Camera.orbit(self.yaw_radians, self.pitch_radians)

    @property
    def roll_radians(self) -> float:
        """How far the head is turned in the photo, from x towards y (clockwise to the eye)."""
        return -math.atan2(self.picture_from_photo[1, 0], self.picture_from_photo[0, 0])

    def in_photo(self, points: Array) -> Array:
        """Where points [N,3] of the heads' frame lie in the photo, pixels [N,2]."""
        uv, _ = self.camera.project(points)
        return moved(uv, inverse(self.picture_from_photo))


def view_terms(yaw_radians: float, pitch_radians: float) -> Array:
    """The functions [6] of the view that the mean deviation is made of."""
    y, p = yaw_radians, pitch_radians
    return np.array([1.0, y, p, y * y, p * p, y * p])


@cache
def canonical_face() -> CanonicalFace:
    """The bundled canonical face."""
    tensors, _ = weights.read("canonical_face")
    mean, deviation, modes = (tensors[name].numpy().astype(np.float64) for name in ("mean", "deviation", "modes"))
    return CanonicalFace(mean, deviation, modes)


@cache
def _five_point_face() -> CanonicalFace:
    return canonical_face().reduced(FIVE_POINTS)


def pose_of_mesh(mesh: Array, face: CanonicalFace | None = None) -> HeadPose:
    """The pose of a mesh [468,3] as `face_mesh` finds it; its depth gives the start."""
    face = face or canonical_face()
    return _Fit(mesh[:, :2], face, MESH_NOISE, math.inf).from_start(*turn_of(mesh, face.mean))


def pose_of_five(points: Array) -> tuple[HeadPose, Array]:
    """The pose from five points placed by hand.

    Args:
        points: [5,2] photo pixels, in the order of `FIVE_POINTS`.

    Returns:
        The pose, and where all 468 points most probably lie [468,2], photo pixels.
    """
    face = canonical_face()
    few = _five_point_face()
    fit = _Fit(points, few, HAND_NOISE, PITCH_SPREAD_RADIANS)
    pose = min((fit.from_start(yaw, 0.0) for yaw in STARTS_RADIANS), key=lambda pose: pose.misfit)
    # The modes that explain the five points tell of the others, too.
    expected = few.expected(pose.yaw_radians, pose.pitch_radians)
    off = (moved(points, pose.picture_from_photo) - expected).ravel()
    modes = few.modes.reshape(len(few.modes), -1)
    covariance = modes.T @ modes + HAND_NOISE**2 * np.eye(len(off))
    amounts = modes @ np.linalg.solve(covariance, off)
    picture = face.expected(pose.yaw_radians, pose.pitch_radians) + np.tensordot(amounts, face.modes, 1)
    return pose, moved(picture, inverse(pose.picture_from_photo))


def turn_of(mesh: Array, mean: Array) -> tuple[float, float]:
    """Yaw and pitch of the rotation that best takes canonical points to a mesh [N,3], as if seen from afar."""
    u, _, vt = np.linalg.svd((mesh - mesh.mean(0)).T @ (mean - mean.mean(0)))
    rotation = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt  # camera axes from the head's
    forward = rotation[2]
    return math.atan2(-forward[0], -forward[2]), math.atan2(-forward[1], math.hypot(forward[0], forward[2]))


class _Fit:
    """Searches yaw and pitch by Levenberg-Marquardt; the similarity has a closed form at every step."""

    def __init__(self, points: Array, face: CanonicalFace, noise: float, pitch_spread: float) -> None:
        self.points = np.asarray(points, np.float64)
        self.face = face
        self.noise = noise
        self.pitch_spread = pitch_spread
        self.spread = float(np.sqrt(((self.points - self.points.mean(0)) ** 2).sum(1).mean()))
        # Residuals are whitened by the Gaussian of modes and noise.
        _, spread, self.axes = np.linalg.svd(face.modes.reshape(len(face.modes), -1), full_matrices=False)
        self.damped = 1 - 1 / np.sqrt(1 + (spread / noise) ** 2)

    def matrix(self, yaw: float, pitch: float) -> Matrix:
        return fit_similarity(self.points, self.face.expected(yaw, pitch))

    def residuals(self, x: Array) -> Array:
        expected = self.face.expected(x[0], x[1])
        matrix = fit_similarity(self.points, expected)
        off = (moved(self.points, matrix) - expected).ravel()
        whitened = off - (self.damped * (self.axes @ off)) @ self.axes
        # Errors are made in the photo: a view that shrinks the points must not gain by shrinking their errors.
        shrunk = scale_of(matrix) * self.spread / SPREAD
        return np.append(whitened / (self.noise * shrunk), x[1] / self.pitch_spread)

    def from_start(self, yaw: float, pitch: float) -> HeadPose:
        limits = np.array([MAX_YAW, MAX_PITCH])
        x = np.clip([yaw, pitch], -limits, limits)
        r, damping, small = self.residuals(x), 1e-3, 1e-4
        for _ in range(MAX_STEPS):
            jacobian = np.stack([(self.residuals(x + d) - r) / small for d in np.eye(2) * small], 1)
            normal = jacobian.T @ jacobian
            step = -np.linalg.solve(normal + damping * np.diag(np.diag(normal)), jacobian.T @ r)
            trial = np.clip(x + np.clip(step, -0.3, 0.3), -limits, limits)
            r_trial = self.residuals(trial)
            if r_trial @ r_trial < r @ r:
                x, r, damping = trial, r_trial, damping / 5
            else:
                damping *= 5
            if np.abs(step).max() < 1e-5:
                break
        return HeadPose(float(x[0]), float(x[1]), self.matrix(x[0], x[1]), float(np.sqrt(np.mean(r * r))))
