"""A head is drawn although memory is short; the errors are simulated by a generator that refuses large pieces."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.errors import DeviceError
from core.frame import Quality
from core.rendering.renderer import HeadRenderer
from tests.fakes import TinyGenerator, tiny_head

CAMERA = Camera.orbit(0.5, 0.1)


class Cramped(TinyGenerator):
    """Runs out of memory when it shall decode more than so many points at once."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.refused = 0

    def decode(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if len(features) > self.room:
            self.refused += 1
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().decode(features)


@pytest.mark.parametrize("quality", [Quality.NEAR, Quality.EXACT])
def test_the_picture_is_the_same_in_smaller_pieces(quality: Quality) -> None:
    plenty = HeadRenderer(TinyGenerator(), tiny_head(1))
    expected = plenty.render(CAMERA, quality)
    short = HeadRenderer(Cramped(8192), tiny_head(1))
    short.grid()
    cramped = short.generator
    assert isinstance(cramped, Cramped)
    cramped.room = 1000
    frame = short.render(CAMERA, quality)
    assert cramped.refused
    assert np.abs(frame.rgb.astype(int) - expected.rgb).max() <= 1
    np.testing.assert_allclose(frame.alpha, expected.alpha, atol=1e-4)
    refused = cramped.refused
    short.render(CAMERA.orbited(0.2, 0.0), quality)
    assert cramped.refused == refused, "the next picture begins with what sufficed"


def test_too_little_for_anything_is_one_sentence_and_the_head_stays() -> None:
    head = tiny_head(1)
    renderer = HeadRenderer(Cramped(0), head)
    with pytest.raises(DeviceError, match="not enough memory"):
        renderer.render(CAMERA, Quality.EXACT)
    assert renderer.head == head


def test_a_smaller_feature_picture_still_fills_the_picture() -> None:
    whole = HeadRenderer(TinyGenerator(), tiny_head(1)).render(CAMERA, Quality.EXACT)
    small = HeadRenderer(TinyGenerator(), tiny_head(1), neural_px=16).render(CAMERA, Quality.EXACT)
    assert small.rgb.shape == whole.rgb.shape
    assert small.depth.shape == (16, 16)
    assert np.abs(small.rgb.astype(int) - whole.rgb).mean() < 12


def test_a_twin_knows_what_its_sibling_knew_and_goes_its_own_way() -> None:
    renderer = HeadRenderer(TinyGenerator(), tiny_head(1))
    renderer.render(CAMERA, Quality.NEAR)
    twin = renderer.twin()
    assert twin.grid() is renderer.grid()
    assert len(twin.keys) == 1
    twin.render(CAMERA.orbited(1.0, 0.0), Quality.NEAR)
    assert len(twin.keys) == 2
    assert len(renderer.keys) == 1


@pytest.mark.gpu
def test_a_full_graphics_card_hands_over_to_the_processor() -> None:
    from dataclasses import replace

    from core.device import moved

    head = tiny_head(1)
    expected = HeadRenderer(TinyGenerator(), head).render(CAMERA, Quality.EXACT)
    away = replace(head, trigrid=head.trigrid.to("cuda"), latents=head.latents.to("cuda"))
    renderer = HeadRenderer(moved(TinyGenerator(), "cuda"), away)
    torch.cuda.set_per_process_memory_fraction(1e-6)
    try:
        frame = renderer.render(CAMERA, Quality.EXACT)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert renderer.head.trigrid.device.type == "cpu"
    assert np.abs(frame.rgb.astype(int) - expected.rgb).mean() < 1
