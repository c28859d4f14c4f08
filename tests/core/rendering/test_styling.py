"""Drawn styles: they draw what lies below, leave depth and labels alone, and take no account of the model's version."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.camera import Camera
from core.drawing.styles import STYLES, tinted
from core.edit import Restyle
from core.editors.fold import Folder
from core.frame import Frame, Quality
from core.mouth_inside import MouthInside
from core.rendering.renderer import HeadRenderer
from core.rendering.styling import reader_of
from core.stylizers.drawn_packs import drawn_pack
from tests.core.glasses import pair_of_glasses
from tests.core.rendering.photographed_ball import photo_of, plain
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray


def _frame(*styles: str, strength: float = 1.0, tint: tuple[float, float, float] | None = None) -> Frame:
    generator = TinyGenerator()
    packs = [replace(drawn_pack(style, generator.info.name), tint=tint) for style in styles]
    edits = [Restyle(key=str(n), pack=pack, strength=strength) for n, pack in enumerate(packs)]
    head = Folder(generator, tiny_head(), {}).folded(edits)
    return HeadRenderer(generator, head).render(Camera.orbit(math.radians(20)), Quality.NEAR, size_px=64)


@pytest.mark.parametrize("style", ["pencil", "zombie", "marble"])
def test_a_drawn_style_changes_colours_and_nothing_else(style: str) -> None:
    plain, styled = _frame(), _frame(style)
    assert np.abs(plain.rgb.astype(int) - styled.rgb).mean() > 4
    assert np.array_equal(plain.depth, styled.depth)
    assert plain.labels is not None
    assert styled.labels is not None
    assert np.array_equal(plain.labels, styled.labels)
    assert np.all(styled.alpha >= plain.alpha)


def test_a_style_over_another_draws_that_one() -> None:
    over, alone = _frame("joker", "ink"), _frame("ink")
    assert np.ptp(over.rgb.astype(int), axis=-1).max() < 8
    assert np.abs(over.rgb.astype(int) - alone.rgb).mean() > 1


def test_strength_is_a_share_and_a_tint_a_colour() -> None:
    plain, half, full = (
        _frame(*styles, strength=s).rgb.astype(int) for styles, s in (((), 1), (("ink",), 0.5), (("ink",), 1))
    )
    assert np.abs((plain + full) / 2 - half).max() <= 2
    red = _frame("marble", tint=(0.8, 0.2, 0.2)).rgb.astype(int)
    figure = _frame().depth > 0
    shown = red[:: 64 // len(figure), :: 64 // len(figure)][figure]
    assert (shown[:, 0] - shown[:, 2]).mean() > 20


def test_a_tint_keeps_black_and_white_and_the_order_of_tones() -> None:
    tones = np.linspace(0, 1, 20, dtype=np.float32)[:, None, None].repeat(3, -1)
    coloured = tinted(tones, (0.2, 0.5, 0.3))
    assert coloured[0].max() < 1e-6
    assert coloured[-1].min() > 1 - 1e-6
    assert np.all(np.diff(coloured, axis=0) >= 0)
    assert len(STYLES) == 16


def _seen(frame: Frame) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(frame.rgb, np.float64)


@pytest.mark.parametrize("style", ["pencil", "marble"])
def test_a_head_keeps_its_style_while_it_turns(style: str) -> None:
    generator, head = TinyGenerator(), tiny_head()
    edits = [Restyle(key="s", pack=drawn_pack(style, generator.info.name))]
    renderer, bare = (HeadRenderer(generator, Folder(generator, head, {}).folded(some)) for some in (edits, []))
    for one in (renderer, bare):
        one.render(Camera.orbit(), Quality.NEAR, size_px=64)
    aside = Camera.orbit(math.radians(70))
    moving = _seen(renderer.render(aside, Quality.PREVIEW, size_px=64))
    resting = _seen(renderer.render(aside, Quality.NEAR, size_px=64))
    plain = _seen(bare.render(aside, Quality.PREVIEW, size_px=64))
    assert np.abs(moving - resting).mean() < 0.6 * np.abs(plain - resting).mean()


def test_the_picture_on_a_card_is_the_worn_head() -> None:
    """With glasses on and the inside of an opened mouth, which artists draw too."""
    generator = TinyGenerator()
    line = np.stack([np.linspace(-0.08, 0.08, 9), np.full(9, -0.05), np.full(9, 0.3)], 1).astype(np.float32)
    mouth = MouthInside(upper=line, lower=line - np.array([0, 0.08, 0], np.float32), teeth=True, light=0.8)
    head = replace(tiny_head(), eyewear=pair_of_glasses(), mouth=mouth)
    worn = (Restyle(key="s", pack=drawn_pack("zombie", generator.info.name)),)
    plain, card = HeadRenderer(generator, head).in_styles(Camera.orbit(), [(), worn], size_px=64)
    shown = HeadRenderer(generator, replace(head, styles=worn)).render(Camera.orbit(), Quality.NEAR, size_px=64)
    without = HeadRenderer(generator, replace(head, eyewear=None, mouth=None)).render(
        Camera.orbit(), Quality.NEAR, size_px=64
    )
    assert np.array_equal(card.rgb, shown.rgb)
    assert np.abs(_seen(plain) - _seen(without)).max() > 40


class _Unlabelled(TinyGenerator):
    """A generator that tells no parts, as those of others."""

    def __init__(self) -> None:
        super().__init__()
        self.info = replace(self.info, parts=())

    def label_logits(self, features: torch.Tensor) -> torch.Tensor | None:
        return None


def test_heads_without_parts_have_them_read_off_their_picture() -> None:
    generator, head = _Unlabelled(), tiny_head()
    worn = (Restyle(key="s", pack=drawn_pack("marble", "mini")),)
    head = Folder(generator, head, {}).folded(list(worn))

    def read(rgb: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return np.asarray(rgb.min(-1) < 245, np.uint8)

    blind, reading = HeadRenderer(generator, head), HeadRenderer(generator, head, read=read)
    plain = HeadRenderer(generator, tiny_head())
    for quality in (Quality.NEAR, Quality.PREVIEW):
        unstyled, unread, styled = (
            _seen(one.render(Camera.orbit(0.3), quality, size_px=64)) for one in (plain, blind, reading)
        )
        assert np.array_equal(unstyled, unread)
        assert np.abs(styled - unstyled).mean() > 4
        figure = unstyled.min(-1) < 200
        assert np.ptp(styled[figure], axis=-1).mean() < np.ptp(unstyled[figure], axis=-1).mean()


def test_parts_of_photographed_heads_are_read_off_their_pictures() -> None:
    """What a photo tuned in a field moved the features that tell parts: pictures know them better."""
    generator, head = TinyGenerator(), tiny_head()

    def read(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ones(rgb.shape[:2], np.uint8)

    photographed = replace(head, photos=(photo_of(Camera.orbit(), plain((90, 80, 70))),))
    assert reader_of(generator, head, read) is None
    assert reader_of(generator, photographed, read) is read
