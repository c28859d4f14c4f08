"""Pieces that float, and what the photo's person cannot have."""

from __future__ import annotations

from dataclasses import replace

import torch

from core.camera import Camera
from core.inverters.clutter import clutter, largest_piece
from core.inverters.evidence import Evidence
from core.inverters.pose import RefinedCamera
from tests.core.inverters.portraits import portrait
from tests.fakes import TinyGenerator

CAMERA = Camera.orbit()


def test_the_largest_piece_is_kept_whole() -> None:
    filled = torch.zeros(30, 30, 30, dtype=torch.bool)
    filled[5:17, 5:17, 5:17] = True
    # a thin arm belongs to it
    filled[17:27, 10, 10] = True
    wanted = filled.clone()
    filled[24:28, 24:28, 2:6] = True
    assert torch.equal(largest_piece(filled), wanted)
    nothing = torch.zeros(10, 10, 10, dtype=torch.bool)
    assert torch.equal(largest_piece(nothing), nothing)


def test_a_head_that_fits_its_photo_has_no_clutter() -> None:
    tiny = TinyGenerator()
    mean = tiny.mean_latents()
    view = Evidence(portrait(tiny, mean, CAMERA)).at(256)
    points, wrong = clutter(tiny, tiny.trigrid(mean), view, RefinedCamera(CAMERA))
    assert len(points) == int(wrong.sum()) < 20


def test_what_stands_beyond_the_outline_is_clutter() -> None:
    tiny = TinyGenerator()
    mean = tiny.mean_latents()
    view = Evidence(portrait(tiny, mean, CAMERA)).at(256)
    narrow = replace(view, mask=view.mask * (torch.arange(256) < 128))
    points, _ = clutter(tiny, tiny.trigrid(mean), narrow, RefinedCamera(CAMERA))
    # the camera looks along -z: the right half of the picture is the person's left, +x
    assert len(points) > 1000
    assert points[:, 0].min() > 0
