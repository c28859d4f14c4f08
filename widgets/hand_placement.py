"""Where a face is placed by hand: where its points begin, and how box and points follow what is dragged."""

from dataclasses import replace

import numpy as np

from widgets.values import HandPlacement, Picture

POINT_NAMES = ("right eye", "left eye", "nose tip", "right corner of the mouth", "left corner of the mouth")
"""Right and left are the person's own."""

# Where the five points stand in a frontal face box, in parts of its width and height.
_TYPICAL = np.asarray([(0.31, 0.40), (0.69, 0.40), (0.50, 0.60), (0.36, 0.78), (0.64, 0.78)], np.float32)
_SMALLEST_BOX = 8.0


def placement_in(box: tuple[float, float, float, float]) -> HandPlacement:
    """Return the usual frontal face in a box."""
    left, top, width, height = box
    return HandPlacement(box, (np.asarray((left, top)) + _TYPICAL * (width, height)).astype(np.float32))


def default_placement(photo: Picture) -> HandPlacement:
    """Return a face in the middle of the photo, to begin with."""
    height, width = photo.shape[:2]
    side = 0.45 * min(width, height)
    return placement_in(((width - side) / 2, (height - side) / 2.4, side, side))


def dragged(placement: HandPlacement, grip: str, right: float, down: float) -> HandPlacement:
    """Return a placement after a drag by photo pixels; the points ride with the box, a point moves alone."""
    kind, _, number = grip.partition(" ")
    left, top, width, height = placement.box
    if kind == "point":
        landmarks = placement.landmarks.copy()
        landmarks[int(number)] += (right, down)
        return replace(placement, landmarks=landmarks)
    if kind == "box":
        moved = (placement.landmarks + np.asarray((right, down))).astype(np.float32)
        return HandPlacement((left + right, top + down, width, height), moved)
    on_right, on_bottom = int(number) & 1, int(number) >> 1
    new_width = max(_SMALLEST_BOX, width + (right if on_right else -right))
    new_height = max(_SMALLEST_BOX, height + (down if on_bottom else -down))
    new_left = left if on_right else left + width - new_width
    new_top = top if on_bottom else top + height - new_height
    parts = (placement.landmarks - (left, top)) / (width, height)
    scaled = (parts * (new_width, new_height) + (new_left, new_top)).astype(np.float32)
    return HandPlacement((new_left, new_top, new_width, new_height), scaled)
