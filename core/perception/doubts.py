"""What a person should know before they expect too much of a photo, in sentences."""

import math

import numpy as np
from numpy.typing import NDArray

from core.perception import face_light, framing
from core.perception.face_detection import FaceBox
from core.perception.head_pose import HeadPose
from core.perception.similarity import moved, scale_of, warped

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

SOFT_FACE_PX = 128
GUESSED_YAW_RADIANS = math.radians(55)
EVENED_YAW_RADIANS = math.radians(35)
"""Of faces turned further the halves differ by more than the light."""
SOFT_DETAIL = 0.25
"""Detail of faces blurred by 2 hundredths of their width; sharp ones have 0.45 and more."""
DOUBTFUL_MISFIT = 0.5
"""Clear faces have 0.2 to 0.3; above, the pose may be wrong by tens of degrees."""
MOST_HIDDEN, MUCH_HIDDEN = 0.1, 0.25
"""Shares of the mesh beyond the photo's border from which a part of the face is missing: where no end of the head is,
and where that is told already."""
DARK, MOST_BURNT = 60.0, 0.1
"""Highlight below which a face of any skin lies in the dark, and share of plain white of an overexposed one."""
CHIP_PX = 128
"""Side of the picture in which the light is read."""
HEAD_ENDS = {
    "top of the head": (0.0, 0.235, 0.0),
    "chin": (0.0, -0.19, 0.17),
    "left side of the head": (0.15, 0.03, 0.0),
    "right side of the head": (-0.15, 0.03, 0.0),
}
"""Points of the heads' frame that should be in the photo; left and right are the person's."""


def shown_points(landmarks: NDArray[np.floating], photo_size_px: tuple[int, int]) -> NDArray[np.bool_]:
    """Which landmarks [N,2], photo pixels, lie in a photo of that width and height."""
    return np.asarray(((landmarks >= 0) & (landmarks <= photo_size_px)).all(axis=1))


def doubts(pixels: Pixels, face: FaceBox, pose: HeadPose, landmarks: Points) -> tuple[str, ...]:
    """What may be wrong with a photo.

    Args:
        pixels: uint8 [H,W,3], the photo.
        face: the face that was taken.
        pose: of its head.
        landmarks: float64 [468,2] of the face mesh, photo pixels.
    """
    shown = shown_points(landmarks, (pixels.shape[1], pixels.shape[0]))
    found = _cut_off(pixels, pose)
    if shown.mean() < 1 - (MUCH_HIDDEN if found else MOST_HIDDEN):
        found.append("Part of the face is cut off; it will be guessed.")
    size = max(face.width, face.height)
    if size < SOFT_FACE_PX:
        found.append(f"The face is only {size:.0f} pixels wide; the head will lack detail.")
    elif framing.detail(pixels, face) < SOFT_DETAIL:
        found.append("The face is not sharp; the head will lack detail.")
    found += _of_the_light(pixels, pose, landmarks, shown)
    if pose.misfit > DOUBTFUL_MISFIT:
        found.append("The face is hard to read; check its points, or place it by hand.")
    if abs(pose.yaw_radians) > GUESSED_YAW_RADIANS:
        side = "right" if pose.yaw_radians > 0 else "left"
        found.append(f"The face is seen from the side; its {side} half will be guessed.")
    return tuple(found)


def is_evened(pose: HeadPose) -> bool:
    """Whether harsh light from one side may be taken out of a photo of such a pose."""
    return abs(pose.yaw_radians) < EVENED_YAW_RADIANS


def _cut_off(pixels: Pixels, pose: HeadPose) -> list[str]:
    height, width = pixels.shape[:2]
    margin = 0.03 / scale_of(pose.picture_from_photo)  # a sliver of the head may be missing
    ends = zip(HEAD_ENDS, pose.in_photo(np.array(list(HEAD_ENDS.values()))), strict=True)
    return [
        f"The {name} is cut off."
        for name, (x, y) in ends
        if not (-margin <= x <= width + margin and -margin <= y <= height + margin)
    ]


def _of_the_light(pixels: Pixels, pose: HeadPose, landmarks: Points, shown: NDArray[np.bool_]) -> list[str]:
    chip_from_photo = np.diag([CHIP_PX, CHIP_PX, 1.0]) @ pose.picture_from_photo
    chip = warped(pixels, chip_from_photo, CHIP_PX, repeat_border=True)
    light = face_light.light_on(chip, moved(landmarks, chip_from_photo), shown)
    found = []
    if light.highlight < DARK:
        found.append("The face is very dark; a brighter photo gives a better head.")
    if light.burnt > MOST_BURNT:
        found.append("The face is overexposed; a darker photo gives a better head.")
    if is_evened(pose) and abs(light.shade) > face_light.USUAL_SHADE:
        found.append("One side of the face lies in the shade; it was made lighter.")
    return found
