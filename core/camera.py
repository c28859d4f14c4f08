"""The camera: a pose and a field of view, in the world that all heads share.

World: right-handed, +y up, the face looks along +z, +x is the person's left. The camera's own axes are OpenCV's:
x right, y down, z forward. Positive yaw moves the camera towards +x (it sees the person's left side), positive pitch
moves it up, positive roll turns it clockwise (its picture then turns anticlockwise). Pictures are square: uv runs 0..1
from the left and from the top.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

HEAD_FOCAL = 4.2647
"""Focal length of the camera that generators were trained with, in picture widths."""
HEAD_RADIUS = 2.7
"""Distance of that camera from the origin, in world units."""
HEAD_FOV_RADIANS = 2 * math.atan(0.5 / HEAD_FOCAL)
"""Its vertical field of view: 13.37 degrees."""
SEEN_HALF_HEIGHT = HEAD_RADIUS / (2 * HEAD_FOCAL)
"""How far above and below the origin it sees, world units. Nobody ever taught fields what to be beyond: busts end in
shreds there, and what lies there says nothing about a head."""
HEAD_NEAR, HEAD_FAR = 2.25, 3.3
"""Where its rays enter and leave the head's surroundings, in world units from the camera."""
MIRROR_X = np.diag([-1.0, 1.0, 1.0, 1.0])
ORIGIN = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera with a square picture.

    Attributes:
        world_from_camera: float64 [4, 4] rigid pose, OpenCV camera axes; kept as a read-only copy.
        vertical_fov_radians: angle between the top and the bottom of the picture.
        near: distance at which rays begin, world units.
        far: distance at which rays end, world units.
    """

    world_from_camera: Array
    vertical_fov_radians: float = HEAD_FOV_RADIANS
    near: float = HEAD_NEAR
    far: float = HEAD_FAR

    def __post_init__(self) -> None:
        pose = np.array(self.world_from_camera, dtype=np.float64)
        if pose.shape != (4, 4) or not np.isfinite(pose).all() or not np.allclose(pose[3], [0, 0, 0, 1], atol=1e-6):
            raise ValueError("world_from_camera must be a finite rigid 4 x 4 matrix")
        if not np.allclose(pose[:3, :3].T @ pose[:3, :3], np.eye(3), atol=1e-3) or np.linalg.det(pose[:3, :3]) < 0:
            raise ValueError("world_from_camera must hold a rotation, without scale or mirror")
        if not 0 < self.vertical_fov_radians < math.pi:
            raise ValueError(f"vertical_fov_radians must lie in 0..pi, not {self.vertical_fov_radians}")
        if not 0 < self.near < self.far < math.inf:
            raise ValueError(f"near and far must satisfy 0 < near < far, not {self.near}, {self.far}")
        pose.flags.writeable = False
        object.__setattr__(self, "world_from_camera", pose)
        for name in ("vertical_fov_radians", "near", "far"):
            object.__setattr__(self, name, float(getattr(self, name)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Camera):
            return NotImplemented
        return self._numbers() == other._numbers() and np.array_equal(self.world_from_camera, other.world_from_camera)

    def __hash__(self) -> int:
        # adding zero turns -0. into 0., which compare equal and so must hash alike
        return hash((self._numbers(), (self.world_from_camera + 0.0).tobytes()))

    def _numbers(self) -> tuple[float, float, float]:
        return self.vertical_fov_radians, self.near, self.far

    @staticmethod
    def orbit(
        yaw_radians: float = 0.0,
        pitch_radians: float = 0.0,
        radius: float = HEAD_RADIUS,
        target: Sequence[float] = ORIGIN,
        vertical_fov_radians: float = HEAD_FOV_RADIANS,
        roll_radians: float = 0.0,
    ) -> "Camera":
        """A camera on a sphere about `target` that looks at it; near and far keep their place about the target."""
        pose = np.eye(4)
        pose[:3, :3] = _facing(yaw_radians, pitch_radians) @ _about_z(roll_radians)
        pose[:3, 3] = np.asarray(target, dtype=np.float64) - radius * pose[:3, 2]
        near, far = _moved_range(HEAD_NEAR, HEAD_FAR, radius - HEAD_RADIUS)
        return Camera(pose, vertical_fov_radians, near, far)

    @property
    def position(self) -> Array:
        """Where the camera is, float64 [3]."""
        return self.world_from_camera[:3, 3]

    @property
    def forward(self) -> Array:
        """Unit direction in which it looks, float64 [3]."""
        return self.world_from_camera[:3, 2]

    @property
    def radius(self) -> float:
        """Distance from the world's origin."""
        return float(np.linalg.norm(self.position))

    @property
    def yaw_radians(self) -> float:
        """Yaw of the viewing direction, -pi..pi; 0 looks the head in the face."""
        if math.hypot(self.forward[0], self.forward[2]) > 1e-9:
            return math.atan2(-self.forward[0], -self.forward[2])
        # looking straight up or down: only the camera's right tells the yaw
        return math.atan2(-self.world_from_camera[2, 0], self.world_from_camera[0, 0])

    @property
    def pitch_radians(self) -> float:
        """Pitch of the viewing direction, -pi/2..pi/2; positive looks down from above."""
        return math.atan2(-self.forward[1], math.hypot(self.forward[0], self.forward[2]))

    @property
    def roll_radians(self) -> float:
        """Turn about the viewing direction, -pi..pi."""
        turn = _facing(self.yaw_radians, self.pitch_radians).T @ self.world_from_camera[:3, :3]
        return math.atan2(turn[1, 0], turn[0, 0])

    @property
    def focal(self) -> float:
        """Focal length in picture widths."""
        return 0.5 / math.tan(self.vertical_fov_radians / 2)

    @property
    def camera_from_world(self) -> Array:
        """Inverse of the pose, float64 [4, 4]."""
        rotation = self.world_from_camera[:3, :3].T
        inverse = np.eye(4)
        inverse[:3, :3] = rotation
        inverse[:3, 3] = -rotation @ self.position
        return inverse

    def orbited(self, yaw_radians: float, pitch_radians: float, target: Sequence[float] = ORIGIN) -> "Camera":
        """Carried around `target` at the same distance; the pitch stops straight above and straight below."""
        pitch = self.pitch_radians
        pitch_radians = min(math.pi / 2, max(-math.pi / 2, pitch + pitch_radians)) - pitch
        yaw = self.yaw_radians
        turn = _facing(yaw + yaw_radians, pitch + pitch_radians) @ _facing(yaw, pitch).T
        centre = np.asarray(target, dtype=np.float64)
        pose = np.eye(4)
        pose[:3, :3] = turn @ self.world_from_camera[:3, :3]
        pose[:3, 3] = centre + turn @ (self.position - centre)
        return replace(self, world_from_camera=pose)

    def dollied(self, factor: float, target: Sequence[float] = ORIGIN) -> "Camera":
        """With its distance from `target` multiplied by `factor`; near and far stay where they are in the world."""
        if factor <= 0:
            raise ValueError(f"factor must be positive, not {factor}")
        centre = np.asarray(target, dtype=np.float64)
        offset = self.position - centre
        near, far = _moved_range(self.near, self.far, (factor - 1) * float(np.linalg.norm(offset)))
        pose = self.world_from_camera.copy()
        pose[:3, 3] = centre + factor * offset
        return replace(self, world_from_camera=pose, near=near, far=far)

    def panned(self, right: float, up: float) -> "Camera":
        """Moved sideways along its own axes, world units."""
        pose = self.world_from_camera.copy()
        pose[:3, 3] += right * pose[:3, 0] - up * pose[:3, 1]
        return replace(self, world_from_camera=pose)

    def zoomed(self, factor: float) -> "Camera":
        """With a lens `factor` times as long: what it sees appears that much larger."""
        if factor <= 0:
            raise ValueError(f"factor must be positive, not {factor}")
        return replace(self, vertical_fov_radians=2 * math.atan(0.5 / (self.focal * factor)))

    def mirrored(self) -> "Camera":
        """The camera that sees the mirrored world (x -> -x) as this one sees the world, flipped left to right."""
        return replace(self, world_from_camera=MIRROR_X @ self.world_from_camera @ MIRROR_X)

    def rays(self, height_px: int, width_px: int) -> tuple[Array, Array]:
        """Rays through the pixel centres, row by row: origins and unit directions, each float64 [H*W, 3]."""
        u, v = np.meshgrid((np.arange(width_px) + 0.5) / width_px, (np.arange(height_px) + 0.5) / height_px)
        in_camera = np.stack([(u.ravel() - 0.5) / self.focal, (v.ravel() - 0.5) / self.focal, np.ones(u.size)], axis=1)
        directions = in_camera @ self.world_from_camera[:3, :3].T
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        return np.tile(self.position, (u.size, 1)), directions

    def project(self, points: ArrayLike) -> tuple[Array, Array]:
        """Where world points [N, 3] appear: uv float64 [N, 2] and the depth along the camera's z, float64 [N].

        A point at or behind the camera has a depth of 0 or less and uv of nan.
        """
        in_camera = (np.asarray(points, dtype=np.float64) - self.position) @ self.world_from_camera[:3, :3]
        depth = in_camera[:, 2]
        uv = np.full((len(depth), 2), np.nan)
        np.divide(in_camera[:, :2] * self.focal, depth[:, None], out=uv, where=depth[:, None] > 0)
        return uv + 0.5, depth

    def to_json(self) -> dict[str, Any]:
        """Plain numbers from which `from_json` makes an equal camera."""
        return {
            "world_from_camera": self.world_from_camera.tolist(),
            "vertical_fov_radians": self.vertical_fov_radians,
            "near": self.near,
            "far": self.far,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Camera":
        """The camera that `to_json` described.

        Raises:
            ValueError: the numbers describe no camera.
            KeyError: one is missing.
        """
        pose = np.array(data["world_from_camera"], dtype=np.float64)
        return Camera(pose, float(data["vertical_fov_radians"]), float(data["near"]), float(data["far"]))


def _facing(yaw_radians: float, pitch_radians: float) -> Array:
    """World-from-camera rotation [3, 3] of an upright camera on the sphere, defined at the poles too."""
    sin_yaw, cos_yaw = math.sin(yaw_radians), math.cos(yaw_radians)
    sin_pitch, cos_pitch = math.sin(pitch_radians), math.cos(pitch_radians)
    right = np.array([cos_yaw, 0.0, -sin_yaw])
    forward = -np.array([sin_yaw * cos_pitch, sin_pitch, cos_yaw * cos_pitch])
    return np.stack([right, np.cross(forward, right), forward], axis=1)


def _about_z(radians: float) -> Array:
    """Rotation [3, 3] about the camera's viewing axis."""
    sin, cos = math.sin(radians), math.cos(radians)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _moved_range(near: float, far: float, distance: float) -> tuple[float, float]:
    """Near and far after backing away by `distance`; a range behind the camera keeps a sliver in front of it."""
    near = max(near + distance, 1e-2)
    return near, max(far + distance, near + 1e-2)
