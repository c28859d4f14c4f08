"""A face drawn with its fine detail, over what the generator draws and under photos and paint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.rendering.face_brows import with_brows
from core.rendering.face_eyes import with_eyes
from core.rendering.face_lips import with_lips
from core.rendering.face_skin import with_skin
from core.rendering.face_window import FaceWindow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.face_detail import FaceDetail
    from core.rendering.face_place import FacePlace


def with_face_detail(
    rgb: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    labels: NDArray[np.uint8],
    depth: NDArray[np.float32],
    camera: Camera,
    face: FaceDetail,
    at: FacePlace,
) -> NDArray[np.uint8]:
    """A picture whose face has crisp eyes, hairs in its brows, an edge to its lips, and pores.

    Args:
        rgb: uint8 [S, S, 3], on white.
        alpha: float32 [S, S].
        labels: uint8 [h, h], indices into `core.mask.PARTS`.
        depth: float32 [h, h], along the camera's z; 0 where there is nothing.
        camera: of the picture.
        face: what is drawn.
        at: where the face is.
    """
    window = FaceWindow.of(rgb, alpha, labels, depth, camera, at)
    if window is None:
        return rgb
    drawn = window.rgb
    for finish in (with_skin, with_lips, with_eyes, with_brows):
        drawn = finish(window, drawn, face, at)
    share = window.alpha[..., None]
    result = rgb.copy()
    whole = (drawn * share + 1 - share) * 255 + 0.5
    result[window.rows, window.columns] = np.where(share > 0.3, whole.clip(0, 255), result[window.rows, window.columns])
    return result
