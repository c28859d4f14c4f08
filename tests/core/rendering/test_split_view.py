"""Two heads in one picture: nothing is drawn that is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.camera import Camera
from core.frame import Frame, Quality
from core.rendering.split_view import SplitRenderer

if TYPE_CHECKING:
    from collections.abc import Callable

CAMERA = Camera.orbit(0.2)


def _frame(shade: int, camera: Camera, quality: Quality) -> Frame:
    rgb, alpha = np.full((8, 8, 3), shade, np.uint8), np.ones((8, 8), np.float32)
    return Frame(rgb=rgb, alpha=alpha, depth=alpha, labels=None, camera=camera, quality=quality)


class _Shade:
    """Draws one shade and counts how often."""

    def __init__(self, shade: int) -> None:
        self.shade, self.drawn = shade, 0

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = lambda: None,
    ) -> Frame:
        """See `core.protocols.Renderer.render`."""
        del size_px, stale
        self.drawn += 1
        return _frame(self.shade, camera, quality)


def test_the_line_moves_without_drawing_anew() -> None:
    left, right = _Shade(10), _Shade(200)
    both = SplitRenderer(left, right)
    first = both.render(CAMERA, Quality.PREVIEW)
    assert (first.rgb[0, 0, 0], first.rgb[0, -1, 0]) == (10, 200)
    mostly_right = both.at(0.25).render(CAMERA, Quality.PREVIEW)
    assert (mostly_right.rgb[:, :, 0] == 10).sum() < (first.rgb[:, :, 0] == 10).sum()
    assert (left.drawn, right.drawn) == (1, 1)


def test_what_was_seen_finely_is_shown_before_any_preview() -> None:
    left, right = _Shade(10), _Shade(200)
    seen = _frame(20, CAMERA, Quality.NEAR), _frame(210, CAMERA, Quality.EXACT)
    both = SplitRenderer(left, right, seen=seen)
    shown = both.render(CAMERA, Quality.PREVIEW)
    assert (shown.rgb[0, 0, 0], shown.rgb[0, -1, 0]) == (20, 210)
    assert shown.quality is Quality.NEAR
    assert (left.drawn, right.drawn) == (0, 0)
    moved = both.render(Camera.orbit(0.5), Quality.PREVIEW)
    assert (moved.rgb[0, 0, 0], moved.rgb[0, -1, 0]) == (10, 200), "from elsewhere they are drawn"
