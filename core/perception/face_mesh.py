"""468 points of a face, in depth too (MediaPipe face mesh)."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from core.perception import weights
from core.perception.face_detection import FaceBox
from core.perception.graph import GraphNet
from core.perception.similarity import Matrix, inverse, moved, warped, window

POINTS = 468
# Indices of points with names; right and left are the person's.
RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_INNER, LEFT_EYE_OUTER = 33, 133, 362, 263
# Outlines of parts; the brows' points are all there are.
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
MOUTH = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_BROW = (46, 53, 52, 65, 55, 107, 66, 105, 63, 70)
LEFT_BROW = (276, 283, 282, 295, 285, 336, 296, 334, 293, 300)
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""Points along the outline of the face."""
NOSE_TIP, CHIN, FOREHEAD, MOUTH_RIGHT, MOUTH_LEFT = 1, 152, 10, 61, 291
MARGIN = 1.5
"""Side of the square that the net sees, in sides of the face's box."""


@dataclass(frozen=True, eq=False)
class FaceMesh:
    """The points of one face.

    Attributes:
        points: float64 [468,3]: x and y in photo pixels, z in pixels too, growing away from the viewer.
        presence: How sure the net is that there is a face, 0..1.
        window_px: Side of the square of the photo that the net saw.
    """

    points: NDArray[np.float64]
    presence: float
    window_px: float


@cache
def _net() -> GraphNet:
    return GraphNet("face_mesh")


@cache
def mirror_partners() -> NDArray[np.int64]:
    """For each point the one at its place in the mirrored face, [468]."""
    tensors, _ = weights.read("canonical_face")
    partners: NDArray[np.int64] = tensors["partners"].numpy().astype(np.int64)
    return partners


def raw_outputs(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The net on pictures [B,3,192,192], 0..1: points [B,468,3] in pixels of the input, logits [B] of presence."""
    points, presence = _net()(pictures)
    return points.reshape(len(pictures), POINTS, 3), presence.reshape(-1)


def find_mesh(pixels: NDArray[np.uint8], face: FaceBox, passes: int = 2) -> FaceMesh:
    """The mesh of a detected face; every pass after the first looks where the last one found the face."""
    eyes = face.key_points[:2] if len(face.key_points) else np.array([[0.0, 0.0], [1.0, 0.0]])
    mesh = _mesh_in(pixels, face.centre, MARGIN * max(face.width, face.height), _angle(eyes[0], eyes[1]))
    for _ in range(passes - 1):
        again = _mesh_in(pixels, *_square_of(mesh))
        if again.presence < 0.5 <= mesh.presence:
            break
        mesh = again
    return mesh


def _square_of(mesh: FaceMesh) -> tuple[NDArray[np.float64], float, float]:
    """Centre, side and turn of the square around a mesh."""
    points = mesh.points[:, :2]
    angle = _angle(points[RIGHT_EYE_OUTER], points[LEFT_EYE_OUTER])
    upright = window(np.zeros(2), 1.0, angle, 1)  # turns only
    turned = moved(points, upright)
    low, high = turned.min(0), turned.max(0)
    centre = moved(((low + high) / 2)[None], inverse(upright))[0]
    return centre, MARGIN * float((high - low).max()), angle


def _mesh_in(pixels: NDArray[np.uint8], centre: NDArray[np.float64], side: float, angle: float) -> FaceMesh:
    net = _net()
    input_from_photo: Matrix = window(centre, side, angle, net.size_px)
    picture = torch.from_numpy(warped(pixels, input_from_photo, net.size_px).astype(np.float32) / 255)
    # The mean of the face and of its mirror image: steadier, and mirrored photos give mirrored meshes.
    points, logits = raw_outputs(torch.stack([picture, picture.flip(1)]).permute(0, 3, 1, 2))
    straight, mirrored = points.numpy().astype(np.float64)
    mirrored = mirrored[mirror_partners()] * [-1, 1, 1] + [net.size_px, 0, 0]
    found = (straight + mirrored) / 2
    flat = moved(found, inverse(input_from_photo))
    depth = found[:, 2:] * side / net.size_px
    return FaceMesh(np.hstack([flat, depth]), float(torch.sigmoid(logits).mean()), side)


def _angle(right_eye: NDArray[np.float64], left_eye: NDArray[np.float64]) -> float:
    """How far the line from the person's right eye to the left one is turned, x towards y."""
    along = left_eye - right_eye
    return float(np.arctan2(along[1], along[0]))
