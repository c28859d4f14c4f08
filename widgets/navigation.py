"""How the view moves: a small value between the user's hands and the camera. No Qt."""

import math
from dataclasses import dataclass, replace

import numpy as np

from core.camera import HEAD_FOCAL, HEAD_RADIUS, Camera

MIN_ZOOM, MAX_ZOOM = 0.5, 8.0
MAX_PITCH_RADIANS = math.pi / 2
# The target may not leave the head by more than this, so that nobody loses it; world units.
MAX_PAN = 0.45
# A viewport narrower than high may hide this much of the picture's sides, where there are only shoulders.
NARROW_CROP = 1.2

NAMED_VIEWS: dict[str, tuple[float, float]] = {
    "front": (0.0, 0.0),
    "back": (180.0, 0.0),
    "right": (90.0, 0.0),
    "left": (-90.0, 0.0),
    "top": (0.0, 90.0),
    "bottom": (0.0, -90.0),
}
"""Yaw and pitch in degrees; right is +x as in Blender, where the head's own left side shows."""


@dataclass(frozen=True)
class View:
    """An upright look at the head.

    Attributes:
        yaw_radians: -pi..pi, positive towards +x.
        pitch_radians: -pi/2..pi/2, positive from above.
        zoom: 1 shows the framing that generators are trained with.
        target: the world point that the camera looks at and turns about.
    """

    yaw_radians: float = 0.0
    pitch_radians: float = 0.0
    zoom: float = 1.0
    target: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @staticmethod
    def of_camera(camera: Camera) -> "View":
        """Return the upright view nearest to a camera; a roll is dropped."""
        offset = camera.position + HEAD_RADIUS * camera.forward
        # An upright photo camera looks at the origin up to a rounding error, which should not become a pan.
        target = offset if float(np.linalg.norm(offset)) > 1e-4 else np.zeros(3)
        return View(
            camera.yaw_radians,
            camera.pitch_radians,
            camera.focal / HEAD_FOCAL,
            (float(target[0]), float(target[1]), float(target[2])),
        )

    def camera(self) -> Camera:
        """Return the camera of this view."""
        fov = 2 * math.atan(0.5 / (HEAD_FOCAL * self.zoom))
        return Camera.orbit(self.yaw_radians, self.pitch_radians, HEAD_RADIUS, self.target, fov)

    def facing(self, yaw_radians: float, pitch_radians: float) -> "View":
        """Return the view from another direction; yaw wraps, pitch stops at the poles."""
        yaw = math.remainder(yaw_radians, 2 * math.pi)
        pitch = min(MAX_PITCH_RADIANS, max(-MAX_PITCH_RADIANS, pitch_radians))
        return replace(self, yaw_radians=yaw, pitch_radians=pitch)

    def orbited(self, yaw_radians: float, pitch_radians: float) -> "View":
        """Return the view after turning about the target."""
        return self.facing(self.yaw_radians + yaw_radians, self.pitch_radians + pitch_radians)

    def zoomed(self, factor: float) -> "View":
        """Return the view `factor` times as close."""
        return replace(self, zoom=min(MAX_ZOOM, max(MIN_ZOOM, self.zoom * factor)))

    def panned(self, right: float, down: float) -> "View":
        """Return the view after dragging the picture by parts of its own side."""
        pose = self.camera().world_from_camera
        width = HEAD_RADIUS / (HEAD_FOCAL * self.zoom)
        moved = np.asarray(self.target) - width * (right * pose[:3, 0] + down * pose[:3, 1])
        distance = float(np.linalg.norm(moved))
        if distance > MAX_PAN:
            moved *= MAX_PAN / distance
        return replace(self, target=(float(moved[0]), float(moved[1]), float(moved[2])))

    def named(self, name: str) -> "View":
        """Return the view from a direction of `NAMED_VIEWS`, with the same zoom and no pan."""
        yaw, pitch = NAMED_VIEWS[name]
        return View(zoom=self.zoom).facing(math.radians(yaw), math.radians(pitch))


def picture_place(width: float, height: float, camera: Camera) -> tuple[float, float, float]:
    """Return left, top and side of the square in a viewport that a picture from `camera` fills, in the same unit.

    The square fits the viewport and stands on its lower edge; in a narrow one the empty sides may be cut off a little.
    Zooming in first lets the square grow over the longer side, so that no edge is seen.
    """
    fitting = max(1.0, min(height, width * NARROW_CROP))
    zoom = camera.focal / HEAD_FOCAL
    side = fitting * min(max(zoom, 1.0), max(1.0, max(width, height) / fitting))
    return (width - side) / 2, height - side if side < height else (height - side) / 2, side
