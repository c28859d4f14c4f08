"""The part of a picture that shows a face, with the place of every pixel in the face's frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.places import at_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame
    from core.rendering.face_place import EarPlace, FacePlace

    Floats = NDArray[np.float64]

LOW, HIGH = (-1.35, -2.2, -1.6), (1.35, 1.1, 0.45)
"""Corners of the face's box, in distances of the eyes, in its frame."""
FACE = ("skin", "eyes", "brows", "lips", "nose", "mouth")
BEHIND = -0.02
LEAST_PX = 24
"""Smaller faces show no detail."""
LEAST_EAR_PX = 6


@dataclass(frozen=True, eq=False)
class FaceWindow:
    """A window of a picture.

    Attributes:
        rows, columns: of the window in the picture.
        rgb: float64 [h, w, 3], 0..1: own colours, without the white behind them.
        alpha: float64 [h, w].
        points: float64 [h, w, 3], places in the face's frame.
        rays: float64 [h, w, 3], unit, from the camera, in the face's frame.
        eye: float64 [3], where the camera is, in the face's frame.
        depth: float64 [h, w], along the camera's z.
        forward: float64 [3], the camera's direction in the face's frame.
        face, glasses, neck: float64 [h, w], 0..1, how much of a pixel is skin or what is on it, glasses, and neck.
        pixel: size of a pixel at the face, world units.
        ears: float64 [h, w], 0..1, how much of a pixel is ear; None in a window that was not cut for them.
    """

    rows: slice
    columns: slice
    rgb: Floats
    alpha: Floats
    points: Floats
    rays: Floats
    eye: Floats
    depth: Floats
    forward: Floats
    face: Floats
    glasses: Floats
    neck: Floats
    pixel: float
    ears: Floats | None = None

    @staticmethod
    def of(frame: Frame, at: FacePlace, *, behind: float = BEHIND, ear: EarPlace | None = None) -> FaceWindow | None:
        """The window of a frame; None where the face is not seen or tiny, or no parts are told.

        Args:
            frame: with labels.
            at: where the face is.
            behind: how far the camera may look the way that the face does; beyond it sees none of it.
            ear: cut the window for this ear and not for the face.
        """
        camera, labels, size = frame.camera, frame.labels, len(frame.rgb)
        if labels is None or (ear is None and float(camera.forward @ at.axes[2]) > behind):
            return None
        low, high = np.array(LOW) * at.apart, np.array(HIGH) * at.apart
        if ear is not None:
            half = np.array([ear.depth, ear.height, ear.depth]) * 1.3
            low, high = ear.middle - half, ear.middle + half
        corners = np.stack(np.meshgrid(*zip(low, high, strict=True)), axis=-1).reshape(-1, 3)
        uv, distance = camera.project(corners @ at.axes + at.origin)
        if not (distance > 0).all():
            return None
        first = np.clip(np.floor(uv.min(0) * size), 0, size).astype(int)
        last = np.clip(np.ceil(uv.max(0) * size), 0, size).astype(int)
        if (last - first < (LEAST_PX if ear is None else LEAST_EAR_PX)).any():
            return None
        rows, columns = slice(first[1], last[1]), slice(first[0], last[0])
        along = at_size(frame.depth, size)[rows, columns].astype(np.float64)
        x = ((np.arange(size) + 0.5) / size - 0.5) / camera.focal
        ways = np.stack([*np.meshgrid(x[columns], x[rows]), np.ones_like(along)], axis=-1)
        turn = camera.world_from_camera[:3, :3].T @ at.axes.T
        ways = ways @ turn
        eye = (camera.position - at.origin) @ at.axes.T
        share = frame.alpha[rows, columns].astype(np.float64)
        own = frame.rgb[rows, columns].astype(np.float64) / 255
        own = (own - (1 - share)[..., None]) / np.maximum(share, 0.2)[..., None]

        def shown(*parts: str) -> Floats:
            chosen = np.isin(labels, [PARTS.index(part) for part in parts]).astype(np.float32)
            soft = cv2.resize(cv2.GaussianBlur(chosen, (3, 3), 0), (size, size), interpolation=cv2.INTER_LINEAR)
            return np.asarray(soft[rows, columns], np.float64)

        return FaceWindow(
            rows,
            columns,
            own.clip(0, 1),
            share,
            eye + ways * along[..., None],
            ways / np.linalg.norm(ways, axis=-1, keepdims=True),
            eye,
            along,
            camera.forward @ at.axes.T,
            shown(*FACE) * (along > 0),
            shown("glasses"),
            shown("neck") * (along > 0),
            float(np.median(along[along > 0])) / camera.focal / size if (along > 0).any() else 1.0,
            None if ear is None else shown("ears") * (along > 0),
        )


def over(under: Floats, colour: Floats, share: Floats) -> Floats:
    """Colours [..., 3] with another colour [3] or [..., 3] laid on by a share [...]."""
    return np.asarray(under + (colour - under) * share[..., None], np.float64)
