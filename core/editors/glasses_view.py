"""Where a photo's pixels lie before a face: the raster on which its glasses are measured, and the sheet they lie in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.editors.glasses_form import ABOVE, BELOW, SIDE_X, START, STEP, Sides
from core.editors.glasses_mesh import bend, bent_z
from core.mask import PARTS
from core.ramp import smooth

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.camera import Camera
    from core.editors.glasses_form import Place
    from core.editors.head_parts import HeadParts
    from core.eyewear import GlassesForm

    Floats = NDArray[np.float64]

NOSE, EYE_BAND, FOREMOST = 0.11, 0.045, 0.95
"""From the middle of the face to its sides, and about the eyes, where glasses touch it, world units; and the share of
the face's points there that lie behind where it is touched: a few stick out of any surface."""
TURNED = (math.radians(9), math.radians(22))
"""Turns of a face from which its far side counts less, and from which it counts for nothing."""


@dataclass(frozen=True, eq=False)
class Lift:
    """From photo pixels to the bent sheet before the face in which a pair lies, x from the middle, and back.

    Attributes:
        camera: the photo's.
        form: the pair.
        size: side of the photo, pixels.
    """

    camera: Camera
    form: GlassesForm
    size: int

    @property
    def unit(self) -> float:
        """World units of a pixel there."""
        return (self.camera.radius - self.form.front_z) / self.camera.focal / self.size

    def lifted(self, pixels: Floats) -> Floats:
        """Pixels [N, 2] as points [N, 3]."""
        form = self.form
        points = unprojected(self.camera, pixels / self.size, lambda x: bent_z(form, x - form.middle_x))
        return points - [form.middle_x, 0, 0]

    def projected(self, points: Floats) -> Floats:
        """Points [N, 3] as pixels [N, 2]."""
        return np.asarray(self.camera.project(points + np.array([self.form.middle_x, 0, 0]))[0] * self.size, np.float64)


def shares_of(camera: Camera) -> tuple[float, float]:
    """How much the left and the right side of a face count that a camera sees: of a turned one only the near one."""
    far = 1 / 2 - float(smooth(*TURNED, np.array(abs(camera.yaw_radians)))) / 2
    return (1 - far, far) if camera.yaw_radians > 0 else (far, 1 - far)


def place_of(camera: Camera, eyes: Floats, wearer: HeadParts) -> Place:
    """Middle x, height of the eyes and depth of the face before which glasses stand, world units."""
    marks = wearer.landmarks()
    deep = [float(marks[name][2]) for name in ("left eyes", "right eyes") if name in marks]
    front = 0.0
    middle = _at_depth(camera, eyes, float(np.mean(deep)) if deep else front).mean(axis=0)
    # without eyes, how deep the face is hangs on where its middle is, a little
    for _ in range(2):
        face = wearer.points("skin", "nose", "brows", "eyes").double().cpu().numpy()
        near = face[(np.abs(face[:, 0] - middle[0]) < NOSE) & (np.abs(face[:, 1] - middle[1]) < EYE_BAND), 2]
        front = float(np.quantile(near, FOREMOST)) if len(near) else front
        middle = middle if deep else _at_depth(camera, eyes, front).mean(axis=0)
    return float(middle[0]), float(middle[1]), front


def sides_of(crop: NDArray[np.uint8], camera: Camera, parts: NDArray[np.float32], place: Place) -> Sides:
    """Both sides of the photographed face on one raster."""
    middle_x, eye_y, front = place
    chances = parts.astype(np.float32)
    skin = chances[PARTS.index("skin")] + chances[PARTS.index("nose")]
    known, colour = np.dstack([chances[PARTS.index("glasses")], skin]), crop.astype(np.float32) / np.float32(255)
    y, x = np.mgrid[ABOVE:-BELOW:-STEP, 0:SIDE_X:STEP].astype(np.float32)
    both = []
    for side in (1, -1):
        points = np.stack([middle_x + side * x, eye_y + y, front - bend(x, START["centre_x"])], axis=-1)
        at = camera.project(points.reshape(-1, 3))[0].reshape(*x.shape, 2).astype(np.float32) * len(crop) - 0.5
        both.append(np.dstack([cv2.remap(one, at[..., 0], at[..., 1], cv2.INTER_LINEAR) for one in (known, colour)]))
    found = np.stack(both).astype(np.float32)
    return Sides(x, y, found[..., 0], found[..., 1], found[..., 2:], shares_of(camera))


def _at_depth(camera: Camera, uv: Floats, z: float) -> Floats:
    """The points [N, 3] of some depth that a camera shows at some places [N, 2], 0..1."""
    return unprojected(camera, uv, lambda x: np.full_like(x, z))


def unprojected(camera: Camera, uv: Floats, depth_at: Callable[[Floats], Floats]) -> Floats:
    """The points [N, 3] of a sheet, whose z at each x is told, that a camera shows at some places [N, 2], 0..1."""
    rotation = camera.world_from_camera[:3, :3]
    ways = np.column_stack([(uv - 0.5) / camera.focal, np.ones(len(uv))]) @ rotation.T
    points = np.zeros((len(uv), 3))
    # sheets bend little: each pass is off by a tenth of the one before
    for _ in range(4):
        share = (depth_at(points[:, 0]) - camera.position[2]) / ways[:, 2]
        points = camera.position + ways * share[:, None]
    return points
