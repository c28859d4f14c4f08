"""What a program that draws heads is shown of one: the picture as it is worn, its parts, its depth, its landmarks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from core.drawing.landmark_search import landmarks_of_view
from core.drawing.landmarks import NOWHERE
from core.drawing.subject import CLOTH, GLASSES, GREY, NECK, SKIN, Subject
from core.likeliest import likeliest
from core.mask import PARTS
from core.rendering.rays import camera_rays

if TYPE_CHECKING:
    from core.camera import Camera
    from core.drawing.landmarks import Landmarks
    from core.protocols import Generator
    from core.rendering.marching import Composite

    Values = NDArray[np.float32]

Reader = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""Reads the parts of a head, indices into `PARTS`, uint8 [S, S], off its picture, uint8 [S, S, 3]."""
SOLID = 0.5
"""Alpha from which a pixel belongs to the head."""
LANDMARK_PX = 256
FADED = 0.45
"""Share of the face's lightness and redness that the skin of a neck has at least."""
CUT_OUT_SHARE = 1 / 320
"""How softly a head is cut out by its labels, in picture sides."""


def subject_seen(
    picture: NDArray[np.float32],
    alpha: NDArray[np.float32] | None,
    seen: Composite,
    camera: Camera,
    generator: Generator,
    landmarks: Landmarks,
    read: Reader | None = None,
    frames: Values | None = None,
) -> Subject | None:
    """A view as the artists of `core.drawing` take it; None where its parts are not known, or nothing is seen.

    Args:
        picture: float32 [S, S, 3], 0..1, on white.
        alpha: float32 [S, S], or None.
        seen: what was composited, [1, F, h, w].
        camera: of the picture.
        generator: who decodes labels.
        landmarks: of the head.
        read: who reads them off the picture, where that is known better than what the generator decodes.
        frames: float32 [S, S], how far the frame of worn glasses covers each pixel, or None.
    """
    size = len(picture)
    labels = _labels(seen, generator, size)
    if read is not None:
        told = read_labels(picture, alpha, read)
        if labels is None:
            # a head before a background of its own is cut out
            alpha = cv2.GaussianBlur((told > 0).astype(np.float32), (0, 0), CUT_OUT_SHARE * size)
        labels = told if labels is None else np.where((labels > 0) & (told > 0), told, labels)
    if labels is None or not labels.any():
        return None
    labels = with_frames(labels, frames)
    along = camera_rays(camera, seen.depth.shape[-1])[2].view_as(seen.depth[0, 0].cpu())
    depth = enlarged((seen.depth[0, 0].cpu() * along).numpy(), seen.alpha[0, 0].float().cpu().numpy(), size)
    return Subject(
        rgb=picture,
        labels=labels,
        depth=np.where(labels > 0, depth, 0).astype(np.float32),
        world_from_camera=np.asarray(camera.world_from_camera, np.float32),
        landmarks=landmarks,
        focal=float(camera.focal),
        alpha=alpha,
        frames=frames,
    )


def with_frames(labels: NDArray[np.uint8], frames: Values | None) -> NDArray[np.uint8]:
    """Labels [S, S] of a head, and of the frame [S, S] of its glasses; what is seen through them stays."""
    if frames is None:
        return labels
    return np.where(frames > SOLID, GLASSES, labels).astype(np.uint8)


def landmarks_seen(
    seen: Composite, camera: Camera, generator: Generator, picture: Callable[[], Values], read: Reader | None = None
) -> Landmarks | None:
    """Where the eyes, mouth, nose and ears of a head are, by a view from the front; None where it tells no parts.

    Args:
        seen: what was composited.
        camera: of the view.
        generator: who decodes labels.
        picture: draws the view, float32 [S, S, 3], 0..1; asked for where labels are read off it.
        read: as for `subject_seen`.
    """
    shown = np.ones((LANDMARK_PX, LANDMARK_PX, 3), np.float32) if read is None else picture()
    front = subject_seen(shown, None, seen, camera, generator, NOWHERE, read)
    return None if front is None else landmarks_of_view(front)


def read_labels(picture: Values, alpha: Values | None, read: Reader) -> NDArray[np.uint8]:
    """Indices into `PARTS`, uint8 [S, S], 0 on the background, as they are read off a picture [S, S, 3], 0..1."""
    labels = read(np.asarray(np.clip(picture, 0, 1) * 255 + 0.5, np.uint8))
    labels = _collared(picture, labels)
    return labels if alpha is None else np.where(alpha > SOLID, labels, 0).astype(np.uint8)


def _collared(picture: Values, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Labels [S, S] in which what was taken for a neck and is dark without a skin's colour is cloth."""
    skin, neck = labels == SKIN, labels == NECK
    if not skin.any() or not neck.any():
        return labels
    usual = np.median(picture[skin], 0)
    red = (picture[..., 0] - picture[..., 2]) < FADED * (usual[0] - usual[2])
    dark = picture @ GREY < FADED * float(usual @ GREY)
    return np.where(neck & red & dark, CLOTH, labels).astype(np.uint8)


def enlarged(depth: NDArray[np.float32], alpha: NDArray[np.float32], size_px: int) -> NDArray[np.float32]:
    """Depth at another size; at the rim that of the head and not of what is behind."""
    sure = (alpha > SOLID).astype(np.float32)
    near, total = cv2.blur(depth * sure, (5, 5)), cv2.blur(sure, (5, 5))
    middle = float((depth * sure).sum() / max(float(sure.sum()), 1.0))
    filled = np.where(sure > 0, depth, np.where(total > 0, near / np.maximum(total, 1e-6), middle)).astype(np.float32)
    return np.asarray(cv2.resize(filled, (size_px, size_px), interpolation=cv2.INTER_LINEAR), np.float32)


def _labels(seen: Composite, generator: Generator, size_px: int) -> NDArray[np.uint8] | None:
    """Indices into `PARTS`, uint8 [S, S], 0 on the background; boundaries are as smooth as the picture is large."""
    logits = generator.label_logits(seen.features.movedim(1, -1))
    if logits is None or not generator.info.parts:
        return None
    index = np.array([PARTS.index(part) for part in generator.info.parts], np.uint8)
    labels = index[likeliest(logits[0].movedim(-1, 0).float().cpu().numpy(), size_px, size_px)]
    cover = np.ascontiguousarray(seen.alpha[0, 0].float().cpu().numpy())
    cover = cv2.resize(cover, (size_px, size_px), interpolation=cv2.INTER_LINEAR)
    return np.where(cover > SOLID, labels, 0).astype(np.uint8)
