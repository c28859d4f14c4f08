"""Renders of a head from all around, each with what it can be trusted to tell about the surface."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from core.camera import Camera
from core.frame import Frame, Quality
from core.mesh import Mesh
from core.progress import Progress, Report
from core.protocols import Renderer
from core.rendering.raster import seen_by

RINGS = ((0.0, range(0, 360, 45)), (40.0, range(0, 360, 90)), (-25.0, range(45, 360, 90)), (85.0, (0,)))
"""Pitch and yaws, degrees, of the cameras beside the photo's."""
SOLID_ALPHA = 0.9
"""Alpha from which a pixel shows the head and not what is behind it."""
TORN = 0.03
"""Difference of depth among neighbouring pixels that is an edge and not a slope, world units."""
DISAGREEMENT = 0.05
"""Difference from which mesh and render show different surfaces, world units."""
RIM, FEATHER = 0.012, 0.03
"""Distance from outlines that a view says nothing about, and over which it then gains its say, in picture widths."""
PHOTO_PRIORITY = 12.0
ALIKE_RADIANS = 0.15
"""Angle within which a camera sees nothing that the photo's does not."""


@dataclass(frozen=True, eq=False)
class View:
    """A render and how far it can be trusted.

    Attributes:
        camera: where it was taken from.
        colours: float32 [3, S, S], 0..1; what shone through from the background is taken out.
        trust: float32 [1, S, S], 0..1; 0 at outlines, where the background bleeds in.
        depth: float32 [1, S, S] of the mesh, along the camera's z; infinite where it is not seen.
        priority: weight against other views.
    """

    camera: Camera
    colours: torch.Tensor
    trust: torch.Tensor
    depth: torch.Tensor
    priority: float


def views_around(
    renderer: Renderer,
    photo_camera: Camera,
    mesh: Mesh,
    report: Report,
    *,
    quality: Quality = Quality.NEAR,
    photo_px: int | None = None,
) -> list[View]:
    """Render a head from the photo's camera and from all around.

    Args:
        renderer: of the head.
        photo_camera: its view comes first and has priority.
        mesh: the head's surface, world units.
        report: told before each render; may raise `Cancelled`.
        quality: of the renders.
        photo_px: side of the render from the photo's camera, where that shows more than others do.
    """
    cameras = [photo_camera]
    for pitch, yaws in RINGS:
        around = [Camera.orbit(math.radians(yaw), math.radians(pitch)) for yaw in yaws]
        cameras += [camera for camera in around if _angle(camera, photo_camera) > ALIKE_RADIANS]
    views = []
    for index, camera in enumerate(cameras):

        def stale(index: int = index) -> None:
            report(Progress(index, len(cameras), "Looking at the head from all sides"))

        is_photo = index == 0
        frame = renderer.render(camera, quality, size_px=photo_px if is_photo else None, stale=stale)
        stale()
        views.append(view_of(frame, mesh, PHOTO_PRIORITY if is_photo else 1.0))
    return views


def _angle(one: Camera, other: Camera) -> float:
    """Between the directions in which two cameras look, radians."""
    ways = (camera.world_from_camera[:3, 2] for camera in (one, other))
    return math.acos(min(1.0, max(-1.0, float(np.dot(*ways)))))


def view_of(frame: Frame, mesh: Mesh, priority: float = 1.0) -> View:
    """What a frame tells about a mesh's surface."""
    size = frame.rgb.shape[0]
    depth = seen_by(frame.camera, mesh.vertices, mesh.faces, size).depth
    rgb = torch.from_numpy(frame.rgb.astype(np.float32) / 255).movedim(-1, 0)
    alpha = torch.from_numpy(frame.alpha)
    own = ((rgb - (1 - alpha)) / alpha.clamp(min=0.5)).clamp(0, 1)
    return View(
        frame.camera,
        own.contiguous(),
        torch.from_numpy(trust_of(frame, depth))[None],
        torch.from_numpy(depth)[None],
        priority,
    )


def trust_of(frame: Frame, depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each pixel of a frame can be trusted to show the mesh's nearest surface, float32 [S, S], 0..1."""
    import cv2

    size = frame.rgb.shape[0]
    rendered = cv2.resize(frame.depth, (size, size), interpolation=cv2.INTER_NEAREST)
    seen = np.where(np.isfinite(depth), depth, 0.0).astype(np.float32)
    # a pixel of nothing is as far as can be from its neighbours, so outlines are edges too
    window = np.ones((3, 3), np.uint8)
    torn = cv2.dilate(seen, window) - cv2.erode(seen, window) > TORN
    agrees = (rendered == 0) | (np.abs(rendered - seen) < DISAGREEMENT)
    valid = (frame.alpha > SOLID_ALPHA) & (seen > 0) & ~torn & agrees
    # a frame of head from edge to edge has its own border as an outline
    bordered = np.pad(valid, 1).astype(np.uint8)
    distance = cv2.distanceTransform(bordered, cv2.DIST_L2, 3)[1:-1, 1:-1] / size
    trust: NDArray[np.float32] = np.clip((distance - RIM) / FEATHER, 0, 1).astype(np.float32)
    return trust


def sampled(picture: torch.Tensor, uv: torch.Tensor, mode: str = "bilinear") -> torch.Tensor:
    """Values [N, C] of a picture [C, S, S] at uv [N, 2], 0..1 from the left and top; the border's outside of it."""
    grid = (uv * 2 - 1)[None, None]
    return F.grid_sample(picture[None], grid, mode=mode, padding_mode="border", align_corners=False)[0, :, 0].T
