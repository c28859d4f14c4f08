"""Irises and eyelids: finer points of the eyes than the face mesh has (MediaPipe iris)."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from core.perception import face_mesh
from core.perception.graph import GraphNet
from core.perception.similarity import inverse, moved, warped, window

MARGIN = 2.3
"""Side of the square that the net sees, in widths of the eye."""
EYELID_POINTS, IRIS_POINTS = 71, 5


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye, in photo pixels.

    Attributes:
        iris: float64 [5,2]: the centre, then four points of the rim.
        eyelids: float64 [71,2]: the contour of the lids, then that of the brow.
    """

    iris: NDArray[np.float64]
    eyelids: NDArray[np.float64]

    @property
    def centre(self) -> NDArray[np.float64]:
        """Middle of the iris."""
        return np.asarray(self.iris[0])

    @property
    def radius(self) -> float:
        """Mean distance of the rim from the centre."""
        return float(np.linalg.norm(self.iris[1:] - self.iris[0], axis=1).mean())


@cache
def _net() -> GraphNet:
    return GraphNet("iris")


def raw_outputs(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The net on left eyes [B,3,64,64], 0..1: eyelids [B,71,3] and iris [B,5,3] in pixels of the input."""
    eyelids, iris = _net()(pictures)
    return eyelids.reshape(len(pictures), EYELID_POINTS, 3), iris.reshape(len(pictures), IRIS_POINTS, 3)


def find_eyes(pixels: NDArray[np.uint8], mesh: NDArray[np.float64]) -> tuple[Eye, Eye]:
    """The person's right and left eye.

    Args:
        pixels: [H,W,3] RGB.
        mesh: [468,2 or 3] points of the face.
    """
    size = _net().size_px
    corners = (
        (mesh[face_mesh.RIGHT_EYE_OUTER, :2], mesh[face_mesh.RIGHT_EYE_INNER, :2]),
        (mesh[face_mesh.LEFT_EYE_INNER, :2], mesh[face_mesh.LEFT_EYE_OUTER, :2]),
    )
    mirror = np.array([[-1.0, 0, size], [0, 1, 0], [0, 0, 1]])
    matrices, pictures = [], []
    for index, (a, b) in enumerate(corners):
        along = b - a
        turn = float(np.arctan2(along[1], along[0]))
        matrix = window((a + b) / 2, max(MARGIN * float(np.linalg.norm(along)), 1.0), turn, size)
        picture = warped(pixels, matrix, size, repeat_border=True).astype(np.float32) / 255
        is_right = index == 0  # the net knows left eyes only
        matrices.append(mirror @ matrix if is_right else matrix)
        pictures.append(picture[:, ::-1] if is_right else picture)
    batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    eyelids, irises = (output.numpy().astype(np.float64) for output in raw_outputs(batch))
    inverses = [inverse(matrix) for matrix in matrices]
    right, left = (Eye(moved(irises[i], m), moved(eyelids[i], m)) for i, m in enumerate(inverses))
    return right, left
