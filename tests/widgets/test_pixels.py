from __future__ import annotations

import numpy as np

from core.frame import Frame, Quality
from tests.widgets.frames import sphere_frame
from widgets.gl.pixels import grown_depth, premultiplied
from widgets.pictures import array_of, image_of


def test_premultiplied_over_white_is_the_frame_again() -> None:
    frame = sphere_frame()
    rgba = premultiplied(frame).astype(int)
    assert (rgba[..., :3] + 255 - rgba[..., 3:] == frame.rgb).all()


def test_colour_never_exceeds_alpha() -> None:
    frame = sphere_frame()
    soft = type(frame)(frame.rgb, frame.alpha * np.float32(0.5), frame.depth, frame.labels, frame.camera, frame.quality)
    rgba = premultiplied(soft)
    assert (rgba[..., :3] <= rgba[..., 3:]).all()


def test_an_outline_leaves_no_dark_fringe() -> None:
    camera = sphere_frame().camera
    brown, none = np.full((4, 4, 3), (120, 80, 40), np.uint8), np.zeros((4, 4), np.float32)
    frame = Frame(brown, none + np.float32(0.5), none, None, camera, Quality.EXACT)
    rgba = premultiplied(frame).astype(int)
    assert (rgba[..., 3] == 255 - 40).all()
    assert (rgba[..., :3] + 255 - rgba[..., 3:] == brown).all()
    assert not premultiplied(Frame(brown, none, none, None, camera, Quality.EXACT)).any()


def test_depth_grows_outwards_and_keeps_what_it_knew() -> None:
    frame = sphere_frame(side=64)
    grown = grown_depth(frame.depth, side=64, rings=2)
    known = frame.depth > 0
    assert (grown[known] == frame.depth[known]).all()
    assert (grown > 0).sum() > known.sum()
    assert grown[0, 0] == 0


def test_a_large_depth_map_is_thinned() -> None:
    assert max(grown_depth(np.zeros((500, 500), np.float32)).shape) <= 128


def test_pictures_survive_qt() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (13, 7, 3), dtype=np.uint8)
    assert (array_of(image_of(pixels)) == pixels).all()
