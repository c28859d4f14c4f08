"""Views redrawn by a prior and laid on the head."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.camera import Camera
from core.errors import VoltefaceError
from core.frame import Quality
from core.rendering.renderer import HeadRenderer
from core.stylizers.drawing_prior import untrained_prior
from core.stylizers.lifting import lifted
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from core.progress import Progress


def test_a_head_wears_its_redrawn_views() -> None:
    head, numbers, told = tiny_head(1), count(), []
    renderer = HeadRenderer(TinyGenerator(), head)

    def report(progress: Progress) -> None:
        told.append(progress.step)

    layers = lifted(
        renderer,
        untrained_prior(),
        "pencil sketch",
        lambda: str(next(numbers)),
        report,
        strength=0.0,
        yaws_degrees=(90, 0),
    )
    assert [layer.key for layer in layers] == ["0", "1"]
    assert told == [0, 1, 2]
    assert all(layer.picture.shape == (64, 64, 4) for layer in layers)
    cover = layers[1].picture[..., 3]
    assert cover[32, 32] > 200
    assert cover[0, 0] == 0
    # at strength 0 the views are the head's own, so laid on it they change next to nothing
    plain = renderer.render(Camera.orbit(), Quality.NEAR).rgb.astype(float)
    worn = HeadRenderer(TinyGenerator(), replace(head, paint=layers)).render(Camera.orbit(), Quality.NEAR).rgb
    assert np.abs(worn - plain).mean() < 3


def test_a_prompt_that_says_nothing_is_refused() -> None:
    with pytest.raises(VoltefaceError):
        lifted(HeadRenderer(TinyGenerator(), tiny_head(1)), untrained_prior(), "qqq zzz", lambda: "a", lambda _p: None)
