"""Moving heads in drawn styles: a preview is drawn by the same artists, on a small picture.

A finished frame is drawn from what was composited; a preview has no more than its picture, its depth and its labels.
They are enough for an artist, so a head keeps its style while it turns, coarser than at rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.drawing.styles import drawing, reshaped, tinted
from core.drawing.subject import Subject
from core.mask import PARTS
from core.rendering.glasses_seen import frames_seen
from core.rendering.subject_view import read_labels, with_frames
from core.worn_style import WornStyle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.drawing.landmarks import Landmarks
    from core.drawing.subject import Values
    from core.edit import Restyle
    from core.frame import Frame
    from core.head import Head
    from core.rendering.subject_view import Reader

SKETCHED_PX = 256
"""Side of the picture that is drawn, in .05 to .15 s of a core; enlarged softly."""
SOFT_PX = 1.0
"""Of the rim of the parts that wear a style."""


def sketched(frame: Frame, head: Head, landmarks: Landmarks, seed: int, read: Reader | None = None) -> Frame:
    """A preview in its head's styles.

    Args:
        frame: without styles, all else that is worn on.
        head: all its styles are drawn by artists.
        landmarks: of the head.
        seed: of the drawings, as for finished frames.
        read: who reads labels off the picture, where the frame has none or worse ones.
    """
    size, side = len(frame.rgb), min(len(frame.rgb), SKETCHED_PX)
    picture, alpha = _sized(frame.rgb, side) / np.float32(255), _sized(frame.alpha, side)
    at = ((np.arange(side) + 0.5) * len(frame.depth) / side).astype(np.intp)
    near = np.ascontiguousarray(frame.depth[np.ix_(at, at)])
    known = None if frame.labels is None else frame.labels[np.ix_(at, at)]
    if read is not None:
        parts = read_labels(picture, alpha, read)
        if known is None:
            alpha = np.minimum(alpha, _softened((parts > 0).astype(np.float32)))
        else:
            parts = np.where((parts > 0) & (known > 0), parts, known)
    elif known is not None:
        parts = known
    else:
        return frame
    frames = frames_seen(frame, head.eyewear, side)
    subject = Subject(
        rgb=picture,
        labels=with_frames(np.where(near > 0, parts, 0).astype(np.uint8), frames),
        depth=near,
        world_from_camera=np.asarray(frame.camera.world_from_camera, np.float32),
        landmarks=landmarks,
        focal=float(frame.camera.focal),
        alpha=alpha,
        frames=frames,
    )
    if not subject.figure.any():
        return frame
    cover = frame.alpha
    for style in head.styles:
        drawn: Values = drawing(subject, style.pack.artist, seed)
        if style.pack.tint is not None:
            drawn = tinted(drawn, style.pack.tint)
        share = _share(style, subject) * min(1.0, max(0.0, style.strength))
        picture = np.asarray(picture + share * (drawn - picture), np.float32)
        other = reshaped(subject, style.pack.artist, seed)
        if other is not subject:
            moved = share[..., 0] * (other.cover - subject.cover)[..., 0]
            cover = np.clip(cover + cv2.resize(moved, (size, size), interpolation=cv2.INTER_LINEAR), 0, 1)
        subject = other.repainted(picture)
    rgb = np.asarray(np.clip(picture, 0, 1) * 255 + 0.5, np.uint8)
    return replace(
        frame,
        rgb=cv2.resize(rgb, (size, size), interpolation=cv2.INTER_LINEAR),
        alpha=np.asarray(cover, np.float32),
    )


def _sized(picture: NDArray[np.uint8] | Values, side_px: int) -> Values:
    return np.asarray(cv2.resize(np.asarray(picture), (side_px, side_px), interpolation=cv2.INTER_AREA), np.float32)


def _softened(mask: Values) -> Values:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.8), np.float32)


def _share(style: Restyle, subject: Subject) -> Values:
    """Where a style is worn, float32 [S, S, 1], 0..1."""
    share = np.ones((subject.size_px,) * 2, np.float32)
    if style.region:
        share = subject.part(*(PARTS.index(part) for part in style.region), soft_px=SOFT_PX)
    if isinstance(style, WornStyle) and style.places:
        points = torch.from_numpy(subject.points).view(-1, 3)

        def chance(parts: tuple[str, ...]) -> torch.Tensor:
            return torch.from_numpy(subject.part(*(PARTS.index(part) for part in parts), soft_px=0)).view(-1)

        share = share * style.share_at(points, chance).view(share.shape).numpy()
    return share[..., None]
