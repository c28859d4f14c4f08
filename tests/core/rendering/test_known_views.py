"""What is dragged looks like the head that was just shown, and like its finished pictures where there are none."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.frame import Frame, Quality
from core.grafted_field import GraftedField, Volume
from core.rendering.renderer import HeadRenderer
from core.warped_field import Warp, WarpedField
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.field import Field
    from core.head import Head

FRONT, BESIDE, BEHIND = Camera.orbit(), Camera.orbit(0.35, 0.1), Camera.orbit(2.8)
HALF = (0.4, 0.4, 0.4)


class Lit(TinyGenerator):
    """Its pictures are darker and bluer than the colours that its decoder tells, as under another light; and larger."""

    def __init__(self) -> None:
        super().__init__(grid_nodes=64)
        self.info = replace(self.info, picture_px=128, neural_px=64)

    def picture(self, features: torch.Tensor, alpha: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        tint = torch.tensor([0.6, 0.7, 0.95])[None, :, None, None]
        return super().picture(torch.cat([features[:, :3] * tint, features[:, 3:]], dim=1), alpha, latents)


def off(frame: Frame, other: Frame) -> float:
    """Mean difference of two pictures where both show the head, of 255."""
    inside = (frame.alpha > 0.9) & (other.alpha > 0.9)
    return float(np.abs(frame.rgb.astype(int) - other.rgb.astype(int))[inside].mean())


def drawn(head: Head, *cameras: Camera) -> HeadRenderer:
    """Who has drawn finished pictures of a head."""
    renderer = HeadRenderer(Lit(), head)
    for camera in cameras:
        renderer.render(camera, Quality.NEAR)
    return renderer


def following(former: HeadRenderer, head: Head) -> HeadRenderer:
    return HeadRenderer(former.generator, head, former=former)


@pytest.fixture(scope="module")
def former() -> HeadRenderer:
    return drawn(tiny_head(1), FRONT)


def test_the_first_preview_of_a_head_in_which_nothing_changed_is_the_picture_that_was_finished(
    former: HeadRenderer,
) -> None:
    first = following(former, replace(former.head)).render(FRONT, Quality.PREVIEW)
    finished = former.render(FRONT, Quality.NEAR)
    assert off(first, finished) < 4
    assert off(first, former.render(FRONT, Quality.PREVIEW)) < 1
    assert off(HeadRenderer(former.generator, former.head).render(FRONT, Quality.PREVIEW), finished) > 25, "no test"


@pytest.mark.parametrize("camera", [BESIDE, BEHIND])
def test_where_no_finished_picture_saw_a_point_it_still_has_their_tones(former: HeadRenderer, camera: Camera) -> None:
    preview, raw = former.render(camera, Quality.PREVIEW), HeadRenderer(former.generator, former.head)
    finished = drawn(former.head).render(camera, Quality.NEAR)
    assert off(preview, finished) < 0.4 * off(raw.render(camera, Quality.PREVIEW), finished)


def test_what_an_edit_changed_is_not_taken_from_the_head_before(former: HeadRenderer) -> None:
    weights = torch.zeros(17, 17, 17)
    weights[:, 9:, :] = 1
    other = tiny_head(6).trigrid
    field: Field = GraftedField(former.head.trigrid, other, Volume(weights, HALF))
    head = replace(former.head, trigrid=field)
    preview = following(former, head).render(FRONT, Quality.PREVIEW)
    finished, before = drawn(head).render(FRONT, Quality.NEAR), former.render(FRONT, Quality.NEAR)
    rows = len(preview.rgb)
    lower, upper = slice(rows * 6 // 10, None), slice(0, rows * 4 // 10)

    def part(frame: Frame, which: slice) -> Frame:
        return replace(frame, rgb=frame.rgb[which], alpha=frame.alpha[which])

    assert off(part(preview, lower), part(finished, lower)) < 5, "below all is as it was"
    changed = off(part(before, upper), part(finished, upper))
    assert changed > 8, "no test"
    assert off(part(preview, upper), part(finished, upper)) < 0.8 * changed


def test_a_face_that_was_bent_takes_its_colours_along(former: HeadRenderer) -> None:
    shift = torch.zeros(3, 21, 21, 21)
    shift[1, 4:17, 4:17, 12:] = 0.03  # what is shown here lay 3 cm higher
    bent = replace(former.head, trigrid=WarpedField(former.head.trigrid, Warp(shift, (-0.3,) * 3, (0.3,) * 3)))
    finished = drawn(bent).render(FRONT, Quality.NEAR)
    once = following(former, bent)
    assert off(once.render(FRONT, Quality.PREVIEW), finished) < 6
    back = following(drawn(bent, FRONT), former.head)
    assert off(back.render(FRONT, Quality.PREVIEW), former.render(FRONT, Quality.NEAR)) < 6
    twice = following(once, replace(bent))
    assert off(twice.render(FRONT, Quality.PREVIEW), finished) < 6, "from one who has only borrowed"


def test_pictures_that_come_later_are_lent_too(former: HeadRenderer) -> None:
    late = drawn(former.head)
    late.render(FRONT, Quality.PREVIEW)
    after = following(late, replace(former.head))
    raw = after.render(FRONT, Quality.PREVIEW)
    finished = late.render(FRONT, Quality.NEAR)
    assert off(after.render(FRONT, Quality.PREVIEW), finished) < 4 < off(raw, finished)


def test_a_row_of_changes_keeps_no_head_of_it(former: HeadRenderer) -> None:
    first = drawn(former.head, FRONT)
    known = weakref.ref(first)
    row = [first]
    del first
    for _ in range(3):
        row.append(following(row[-1], replace(former.head)))
        row[-1].render(FRONT, Quality.PREVIEW)
    between = weakref.ref(row[1])
    del row[:-1]
    gc.collect()
    assert known() is None
    assert between() is None
    assert off(row[0].render(FRONT, Quality.PREVIEW), former.render(FRONT, Quality.NEAR)) < 4


def test_its_own_pictures_go_before_borrowed_ones(former: HeadRenderer) -> None:
    own = following(former, replace(former.head))
    own.render(FRONT, Quality.PREVIEW)
    alone = drawn(former.head, BESIDE)
    own.render(BESIDE, Quality.NEAR)
    pictures = [one.render(BESIDE, Quality.PREVIEW) for one in (own, alone)]
    assert off(*pictures) < 1


def test_previews_do_not_wait_for_a_picture_that_another_thread_finishes() -> None:
    renderer = drawn(tiny_head(1), FRONT)
    begun, go_on = threading.Event(), threading.Event()

    def stale() -> None:
        begun.set()
        assert go_on.wait(20)

    finishing = threading.Thread(target=lambda: renderer.render(BESIDE, Quality.EXACT, stale=stale))
    finishing.start()
    try:
        assert begun.wait(20)
        assert renderer.render(BESIDE, Quality.PREVIEW).alpha.max() == 1
        asked: list[int] = []
        with pytest.raises(TimeoutError):
            renderer.render(FRONT, Quality.NEAR, stale=given_up_after(3, asked))
        assert len(asked) == 3, "who waits gives way as who draws"
    finally:
        go_on.set()
        finishing.join()
    assert len(renderer.keys) == 2


def given_up_after(times: int, asked: list[int]) -> Callable[[], None]:
    def stale() -> None:
        asked.append(len(asked))
        if len(asked) == times:
            raise TimeoutError

    return stale
