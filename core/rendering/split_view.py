"""Two heads in one picture, left and right of a line, from a camera that may move: before and after."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from core.frame import Quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.camera import Camera
    from core.frame import Frame
    from core.protocols import Renderer

Number = TypeVar("Number", np.uint8, np.float32)
LINE_RGB = (255, 255, 255)
LINE_PX = 1 / 256
"""Width of the line, in picture sides."""


class SplitRenderer:
    """Implements `core.protocols.Renderer`."""

    def __init__(
        self,
        left: Renderer,
        right: Renderer,
        share: float = 0.5,
        seen: tuple[Frame | None, Frame | None] = (None, None),
    ) -> None:
        """Of two renderers.

        Args:
            left: what is drawn left of the line.
            right: what is drawn right of it.
            share: how much of the picture the left one has, 0..1.
            seen: finished frames of the two, which are better than previews from their camera.
        """
        self._sides = _Remembering(left, seen[0]), _Remembering(right, seen[1])
        self._share = share

    def at(self, share: float) -> SplitRenderer:
        """The same two with the line elsewhere; what either of them drew last is not drawn again for that."""
        other = copy(self)
        other._share = min(1.0, max(0.0, share))
        return other

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = lambda: None,
    ) -> Frame:
        """See `core.protocols.Renderer.render`."""
        left, right = (side.render(camera, quality, size_px=size_px, stale=stale) for side in self._sides)
        return joined(left, right, self._share)


class _Remembering:
    """A renderer with the last frame of each quality."""

    def __init__(self, renderer: Renderer, seen: Frame | None) -> None:
        self._renderer = renderer
        self._last: dict[Quality, tuple[int | None, Frame]] = {}
        if seen is not None:
            self._last[Quality.PREVIEW] = None, seen

    def render(self, camera: Camera, quality: Quality, *, size_px: int | None, stale: Callable[[], None]) -> Frame:
        size, frame = self._last.get(quality, (None, None))
        if frame is None or frame.camera != camera or size != size_px:
            frame = self._renderer.render(camera, quality, size_px=size_px, stale=stale)
            self._last[quality] = size_px, frame
        return frame


def joined(left: Frame, right: Frame, share: float) -> Frame:
    """One frame of two from the same camera; where their sizes differ the left one takes the right one's."""
    labels = None
    if left.labels is not None and right.labels is not None:
        labels = _joined(left.labels, right.labels, share)
    rgb = _joined(left.rgb, right.rgb, share, cv2.INTER_LINEAR)
    width = rgb.shape[1]
    at, half = round(share * width), max(1, round(LINE_PX * width)) / 2
    rgb[:, max(0, round(at - half)) : round(at + half)] = LINE_RGB
    return replace(
        right,
        rgb=rgb,
        alpha=_joined(left.alpha, right.alpha, share, cv2.INTER_LINEAR),
        depth=_joined(left.depth, right.depth, share),
        labels=labels,
        quality=min(left.quality, right.quality),
    )


def _joined(
    left: NDArray[Number], right: NDArray[Number], share: float, interpolation: int = cv2.INTER_NEAREST
) -> NDArray[Number]:
    height, width = right.shape[:2]
    if left.shape[:2] != right.shape[:2]:
        left = np.asarray(cv2.resize(left, (width, height), interpolation=interpolation), right.dtype)
    whole = right.copy()
    column = round(share * width)
    whole[:, :column] = left[:, :column]
    return whole
