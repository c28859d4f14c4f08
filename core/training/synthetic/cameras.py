"""From where heads are seen: cameras on a sphere about the origin, looking at it."""

import math
from dataclasses import dataclass

import numpy as np

from core.camera import Camera

# Yaw and pitch in degrees: all around at eye level, dense in front, then from below, from above and over the crown.
TRAINING_RING = (
    (0, 4),
    (0, 4),
    (22, 4),
    (-22, 4),
    (45, 4),
    (-45, 4),
    (72, 4),
    (-72, 4),
    (105, 4),
    (-105, 4),
    (142, 4),
    (-142, 4),
    (180, 4),
    (0, -22),
    (50, -22),
    (-50, -22),
    (180, -18),
    (25, 32),
    (-70, 32),
    (120, 32),
    (-155, 32),
    (0, 62),
)
WIDE_RING = (
    *TRAINING_RING,
    (12, 4),
    (-12, 4),
    (33, 4),
    (-33, 4),
    (60, 4),
    (-60, 4),
    (90, 4),
    (-90, 4),
    (160, -5),
    (-25, -28),
)
"""The training ring, whose views keep their numbers, with more in front and at the sides."""
_SEED_OFFSET = 10_000_000  # keeps the cameras' draws apart from the head's


@dataclass(frozen=True)
class ViewRing:
    """Directions from which a head is seen, each shifted a little at random.

    Attributes:
        directions_degrees: (yaw, pitch) of each view.
        yaw_jitter_degrees: deviation.
        pitch_jitter_degrees: deviation.
    """

    directions_degrees: tuple[tuple[float, float], ...] = TRAINING_RING
    yaw_jitter_degrees: float = 7.0
    pitch_jitter_degrees: float = 5.0

    def cameras(self, seed: int) -> tuple[Camera, ...]:
        """The cameras of a seed. Their poses are exact in float32, which is how they are stored."""
        rng = np.random.RandomState(seed + _SEED_OFFSET)
        cameras = []
        for yaw, pitch in self.directions_degrees:
            yaw_radians = math.radians(yaw + rng.normal(0, self.yaw_jitter_degrees))
            pitch_radians = math.radians(pitch + rng.normal(0, self.pitch_jitter_degrees))
            pose = Camera.orbit(yaw_radians, pitch_radians).world_from_camera
            cameras.append(Camera(pose.astype(np.float32).astype(np.float64)))
        return tuple(cameras)
