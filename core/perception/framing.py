"""The square crop around a head: which of it the photo shows, what stands beyond its border, how sharp the face is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.perception.face_detection import FaceBox
from core.perception.similarity import Matrix, fit_similarity, inverse, moved, warped

Pixels = NDArray[np.uint8]

CROP_PX = 512


def inside_photo(photo_size_px: tuple[int, int], crop_from_photo: Matrix) -> NDArray[np.float32]:
    """1 where the crop shows the photo."""
    centres = np.stack(np.meshgrid(*[np.arange(CROP_PX) + 0.5] * 2), -1).reshape(-1, 2)
    source = moved(centres, inverse(crop_from_photo))
    inside = ((source >= 0) & (source <= photo_size_px)).all(1)
    return np.asarray(inside.reshape(CROP_PX, CROP_PX), np.float32)


def softened(crop: Pixels, inside: NDArray[np.float32]) -> Pixels:
    """The crop with its repeated border blurred, more so farther out."""
    if inside.all():
        return crop
    distance = cv2.distanceTransform((inside < 0.5).astype(np.uint8), cv2.DIST_L2, 5)[..., None]
    soft = crop.astype(np.float32)
    for sigma in (4, 12, 32):
        blurred = cv2.GaussianBlur(crop, (0, 0), sigma).astype(np.float32)
        amount = np.clip(distance / (1.5 * sigma), 0, 1)
        soft = soft * (1 - amount) + blurred * amount
    return np.asarray(np.round(soft), np.uint8)


def of_one_person(mask: NDArray[np.float32], landmarks: NDArray[np.float64]) -> NDArray[np.float32]:
    """The mask without people who do not touch the one whose face it is."""
    count, labels = cv2.connectedComponents((mask > 0.3).astype(np.uint8))
    at = np.clip(landmarks.astype(int), 0, CROP_PX - 1)
    own = np.bincount(labels[at[:, 1], at[:, 0]], minlength=count)
    own[0] = 0
    if not own.any():
        return mask
    near = cv2.dilate((labels == own.argmax()).astype(np.uint8), np.ones((9, 9), np.uint8))
    return np.asarray(mask * near, np.float32)


def detail(pixels: Pixels, face: FaceBox) -> float:
    """Contrast of a face at the scale of a hundredth of its width, relative to that of a tenth."""
    size = int(min(64, max(face.width, 16)))
    low = np.array([face.x, face.y])
    corners = low + np.array([[0, 0], [face.width, 0], [0, face.height]])
    matrix = fit_similarity(corners, np.array([[0, 0], [size, 0], [0, size]]))
    chip = cv2.cvtColor(warped(pixels, matrix, size, repeat_border=True), cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine, middle, coarse = (cv2.GaussianBlur(chip, (0, 0), size * sigma / 64) for sigma in (1, 4, 8))
    return float((chip - fine).std() / max((middle - coarse).std(), 1.0))
