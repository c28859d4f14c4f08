"""What the prior is taught by: drawings of a head's own views, and its depth as a control net is shown it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.camera import Camera
from core.drawing.styles import STYLES
from core.progress import silent
from core.stylizers.view_grid import nearness
from core.training.prior_drawings import DrawnHead, draw_heads, drawn_views, nearness_picture
from tests.core.training.drawn_heads import META, write_drawn_heads
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from pathlib import Path


def test_depth_is_shown_as_to_a_control_net() -> None:
    depth = np.random.default_rng(0).uniform(2.4, 2.8, (32, 32)).astype(np.float32)
    depth[:4] = 0
    ours = nearness_picture(depth)
    assert ours[0, 0] == 0
    assert ours.max() == 1
    theirs = nearness(torch.from_numpy(np.where(depth > 0, depth, 9.0)))
    assert np.allclose(ours, theirs.numpy(), atol=1e-5)


def test_all_artists_draw_the_views_and_a_file_keeps_them(tmp_path: Path) -> None:
    cameras = [Camera.orbit(math.radians(yaw)) for yaw in (0, 40)]
    head = drawn_views(TinyGenerator(), tiny_head(), cameras, META)
    assert head.pictures.shape == (2, 1 + len(STYLES), 128, 128, 3)
    assert head.styles == ("photo", *STYLES)
    for view in range(2):
        apart = np.abs(head.pictures[view, 1:].astype(int) - head.pictures[view, 0]).mean((1, 2, 3))
        assert apart.min() > 0.2, dict(zip(STYLES, apart, strict=True))
        figure = head.pictures[view, 0].min(-1) < 200
        assert head.depth[view][figure].mean() > 100 + head.depth[view][~figure].mean()
    head.write(tmp_path / "000003.npz")
    again = DrawnHead.read(tmp_path / "000003.npz")
    assert np.array_equal(again.pictures, head.pictures)
    assert np.array_equal(again.depth, head.depth)
    assert (again.styles, again.meta) == (head.styles, META)


def test_what_is_drawn_is_not_drawn_again(tmp_path: Path) -> None:
    files = write_drawn_heads(tmp_path, (0, 1))
    times = [file.stat().st_mtime_ns for file in files]
    assert draw_heads(TinyGenerator(), tmp_path, 2, silent) == files
    assert times == [file.stat().st_mtime_ns for file in files]
