"""A linear model of faces, and the face of it that landmarks in a picture show: a morphable model, fitted.

The fit minimises the squared distances in the picture between the 468 landmarks and the model's, with a Gaussian prior
on the model's weights (Blanz and Vetter 1999), by Gauss-Newton; what is left is added smoothly around the landmarks.
Longer than usual: the model, its fit, and what the fit leaves share one way of seeing landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from core.perception import weights
from core.perception.face_mesh import OVAL
from core.perception.head_pose import canonical_face, view_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.camera import Camera

    Array = NDArray[np.float64]

LEFT_EYE, RIGHT_EYE = 1, 2
"""Owners of points that are not skin."""
STEPS = 10
NOISE, NOISE_OF_OUTLINE, NOISE_BEHIND = 0.0025, 0.006, 0.012
"""Spread of landmarks in the picture, picture widths: of most, of those that slide along the outline of the face, and
of those that the camera cannot see."""
CALM = 1.5
"""Weight of the prior of the model's weights, which vary with deviation 1."""
TURN, SIZE, SHIFT = 0.1, 0.06, 0.05
"""Spread of a head's turn, radians, of the logarithm of its size, and of its place, world units."""
DEPTH = 0.004
"""Spread of the mean depth of the face's landmarks, world units."""
NODDING = 0.0015
"""Spread of the depths of all landmarks together about their mean, world units: a picture hardly tells how far a head
nods. Small, because landmarks err together and are believed by their number."""
OFF = 0.02
"""Landmarks whose depth differs by so much from the others' lie on something else with even odds, world units."""
REACH, SMOOTH, MOST = 0.05, 0.03, 0.008
"""Of what is added around landmarks: over which distance, world units; how much each may be missed; its bound."""
CLOSE_REACH, CLOSE_SMOOTH = 0.02, 0.003
"""The same where a few landmarks are to lie just where they are seen."""
FACING = 0.2
"""Cosine between normal and view below which a landmark is not seen."""
AT_ONCE = 2000
"""Points that are moved together: all of them would take a tenth of a gigabyte."""


@dataclass(frozen=True, eq=False)
class FaceShapes:
    """The model. World units; `core.training.face_shapes` measured it.

    Attributes:
        mean: float64 [P, 3], points of skin and eyeballs.
        modes: float64 [K, P, 3], what one standard deviation of each adds.
        triangles: int64 [F, 3].
        owner: uint8 [P]: 0 skin, `LEFT_EYE` or `RIGHT_EYE`.
        landmark_points: int64 [468], the point nearest to each landmark of `core.perception.face_mesh`.
        landmark_offsets: float64 [468, 3], from there to the landmark.
    """

    mean: Array
    modes: Array
    triangles: NDArray[np.int64]
    owner: NDArray[np.uint8]
    landmark_points: NDArray[np.int64]
    landmark_offsets: Array

    def normals(self, points: Array) -> Array:
        """Unit normals [P, 3], outward, of the model's points [P, 3]; an eye's lead away from its middle."""
        a, b, c = (points[self.triangles[:, corner]] for corner in range(3))
        each = np.cross(b - a, c - a)
        normals = np.zeros_like(points)
        for corner in range(3):
            np.add.at(normals, self.triangles[:, corner], each)
        for eye in (LEFT_EYE, RIGHT_EYE):
            of_eye = self.owner == eye
            normals[of_eye] = points[of_eye] - points[of_eye].mean(0)
        unit: Array = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        return unit


@cache
def face_shapes() -> FaceShapes:
    """The bundled model."""
    read, _ = weights.read("face_shapes")
    known = {name: tensor.numpy() for name, tensor in read.items()}
    return FaceShapes(
        mean=known["mean"].astype(np.float64),
        modes=known["modes"].astype(np.float64),
        triangles=known["triangles"].astype(np.int64),
        owner=known["owner"],
        landmark_points=known["landmark_points"].astype(np.int64),
        landmark_offsets=known["landmark_offsets"].astype(np.float64),
    )


@dataclass(frozen=True, eq=False)
class FittedFace:
    """A face of the model on a head.

    Attributes:
        points: float64 [P, 3], world units.
        landmarks: float64 [468, 3], world units.
        misfit: root mean square distance of the landmarks in the picture that the model alone leaves, picture widths.
    """

    points: Array
    landmarks: Array
    misfit: float


def fitted_face(uv: Array, camera: Camera, depth: Array | None = None) -> FittedFace:
    """The face that is seen in a picture.

    Args:
        uv: float64 [468, 2], the landmarks, 0..1.
        camera: of the picture.
        depth: float64 [468] along the camera's z at each landmark, world units, nan where it is not known; None leaves
            the distance to what is usual.
    """
    shapes = face_shapes()
    bound = shapes.landmark_points
    mean, modes = shapes.mean[bound] + shapes.landmark_offsets, shapes.modes[:, bound]
    uv = _unbiased(uv, camera)
    noise = np.full(len(uv), NOISE)
    noise[list(OVAL)] = NOISE_OF_OUTLINE
    towards = camera.position - mean
    facing = (shapes.normals(shapes.mean)[bound] * towards).sum(1) / np.linalg.norm(towards, axis=1)
    noise[facing < FACING] = NOISE_BEHIND

    count = len(modes)
    parameters = np.zeros(count + 7)  # of modes, turn, log size, shift
    spread = np.concatenate([np.full(count, 1 / CALM), np.full(3, TURN), [SIZE], np.full(3, SHIFT)])
    turn = np.eye(3)
    for _ in range(STEPS):
        own, size, shift = parameters[:count], np.exp(parameters[count + 3]), parameters[count + 4 :]
        turned = size * (mean + np.tensordot(own, modes, 1)) @ turn.T
        points = turned + shift
        slopes = np.zeros((len(uv), 3, count + 7))
        slopes[..., :count] = np.einsum("ij,knj->nik", size * turn, modes)
        slopes[..., count : count + 3] = _crossed(turned)
        slopes[..., count + 3] = turned
        slopes[..., count + 4 :] = np.eye(3)
        missed, of_points = _missed(points, camera, uv)
        rows = [np.einsum("nij,njk->nik", of_points, slopes).reshape(-1, count + 7) / np.repeat(noise, 2)[:, None]]
        wanted = [missed.reshape(-1) / np.repeat(noise, 2)]
        if depth is not None:
            along = depth - (points - camera.position) @ camera.forward
            sure = np.isfinite(along) & (facing > FACING)
            if sure.any():
                trust = 1 / (1 + ((along[sure] - np.median(along[sure])) / OFF) ** 2)
                trust /= trust.sum()
                ways = np.einsum("i,nik->nk", camera.forward, slopes[sure])
                each = np.sqrt(trust) / NODDING
                rows += [trust[None] @ ways / DEPTH, each[:, None] * ways]
                wanted += [trust[None] @ along[sure] / DEPTH, each * along[sure]]
        rows.append(np.diag(1 / spread))
        wanted.append(-parameters / spread)
        step = np.linalg.lstsq(np.concatenate(rows), np.concatenate(wanted), rcond=None)[0]
        parameters += step
        turn = _rotation(step[count : count + 3]) @ turn
    own, size, shift = parameters[:count], np.exp(parameters[count + 3]), parameters[count + 4 :]
    whole = size * (shapes.mean + np.tensordot(own, shapes.modes, 1)) @ turn.T + shift
    landmarks = size * (mean + np.tensordot(own, modes, 1)) @ turn.T + shift
    missed, _ = _missed(landmarks, camera, uv)
    missed[noise > NOISE] = 0.0
    pulled = _pulled(whole, landmarks, missed, camera)
    misfit = float(np.sqrt((missed[noise <= NOISE] ** 2).sum(1).mean()))
    return FittedFace(pulled[: len(whole)], pulled[len(whole) :], misfit)


def with_landmarks(face: FittedFace, uv: Array, camera: Camera, chosen: Sequence[int]) -> FittedFace:
    """A fitted face with some landmarks just where they are seen, and the skin close to them taken along.

    Args:
        face: fitted to them.
        uv: float64 [468, 2], the landmarks, 0..1.
        camera: of the picture.
        chosen: numbers of the landmarks, close together as those of lids are.
    """
    near = face.landmarks[list(chosen)]
    missed, _ = _missed(near, camera, _unbiased(uv, camera)[list(chosen)])
    skin = face_shapes().owner == 0
    count = int(skin.sum())
    moved = _pulled(face.points[skin], near, missed, camera, CLOSE_REACH, CLOSE_SMOOTH)
    points, landmarks = face.points.copy(), face.landmarks.copy()
    points[skin], landmarks[list(chosen)] = moved[:count], moved[count:]
    return FittedFace(points, landmarks, face.misfit)


def _unbiased(uv: Array, camera: Camera) -> Array:
    """Landmarks as they would be if the mesh net did not draw turned faces a little too frontal."""
    bias = np.tensordot(view_terms(camera.yaw_radians, camera.pitch_radians), canonical_face().deviation, 1)
    return np.asarray(uv - bias, np.float64)


def _missed(points: Array, camera: Camera, uv: Array) -> tuple[Array, Array]:
    """How far points [N, 3] are from where they are seen [N, 2], picture widths, and uv's slopes [N, 2, 3] at them."""
    x, y, z = ((points - camera.position) @ camera.world_from_camera[:3, :3]).T
    local = np.zeros((len(points), 2, 3))
    local[:, 0, 0] = local[:, 1, 1] = camera.focal / z
    local[:, 0, 2], local[:, 1, 2] = -camera.focal * x / z**2, -camera.focal * y / z**2
    seen = camera.focal * np.column_stack([x, y]) / z[:, None] + 0.5
    return uv - seen, local @ camera.world_from_camera[:3, :3].T


def _pulled(
    points: Array,
    landmarks: Array,
    missed: Array,
    camera: Camera,
    reach: float = REACH,
    smooth: float = SMOOTH,
) -> Array:
    """Points [P, 3] and landmarks [N, 3], one after the other, moved across the view by what was missed [N, 2]."""
    depth = (landmarks - camera.position) @ camera.forward
    across = (missed * (depth / camera.focal)[:, None]) @ camera.world_from_camera[:3, :2].T
    across *= np.minimum(1, MOST / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9))
    pull = np.linalg.solve(_kernel(landmarks, landmarks, reach) + smooth * np.eye(len(landmarks)), across)
    everything = np.concatenate([points, landmarks])
    pieces = np.array_split(everything, -(-len(everything) // AT_ONCE))
    moved: Array = everything + np.concatenate([_kernel(piece, landmarks, reach) @ pull for piece in pieces])
    return moved


def _kernel(points: Array, centres: Array, reach: float) -> Array:
    """Matern kernel of smoothness 3/2 [N, M] between points [N, 3] and centres [M, 3]."""
    squared = (points**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * points @ centres.T
    distance = np.sqrt(np.maximum(squared, 0)) * (3**0.5 / reach)
    kernel: Array = (1 + distance) * np.exp(-distance)
    return kernel


def _crossed(points: Array) -> Array:
    """How points [N, 3] go with a small turn of the head, [N, 3, 3]: the cross product with it."""
    x, y, z = points.T
    nought = np.zeros_like(x)
    rows = [[nought, z, -y], [-z, nought, x], [y, -x, nought]]
    return np.stack([np.stack(row, 1) for row in rows], 1)


def _rotation(turn: Array) -> Array:
    """The rotation [3, 3] about an axis [3] by its length, radians (Rodrigues)."""
    angle = float(np.linalg.norm(turn))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = turn / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
