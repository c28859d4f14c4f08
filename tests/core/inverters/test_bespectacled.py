"""Glasses of a photo: put on in the end, and then gone from the photo that lies on the skin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.camera import Camera
from core.inverters.behind_glasses import behind_glasses
from core.inverters.bespectacled import Bespectacled
from core.mask import PARTS
from core.progress import Progress, silent
from core.rendering.eyewear import silhouettes, with_eyewear
from tests.core.inverters.test_finishing import PHOTO, Finds
from tests.core.rendering.photographed_ball import frame_of, photo_of, plain
from tests.core.rendering.test_eyewear import CLEAR, FRONT, pair_of_glasses
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    import pytest
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.head import Head
    from core.protocols import Generator

BROWN = (150, 110, 90)


def test_only_the_answer_wears_glasses_and_whoever_has_none_stays_as_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.inverters.bespectacled.photo_parts", lambda _photo: np.zeros((len(PARTS), 8, 8)))
    seen: list[object] = []

    def put_on(generator: Generator, head: Head, alignment: Alignment, parts: NDArray[np.float32]) -> Head:
        del generator, alignment, parts
        return replace(head, eyewear=pair_of_glasses())

    def wearing(progress: Progress) -> None:
        seen.append(progress.result.eyewear)  # type: ignore[attr-defined]

    head = Bespectacled(Finds(), put_on).invert(PHOTO, TinyGenerator(), wearing)
    assert head.eyewear is not None
    assert seen == [None, head.eyewear]
    bare = Bespectacled(Finds(), lambda _g, head, _a, _p: head).invert(PHOTO, TinyGenerator(), silent)
    assert bare == tiny_head(1)


def test_a_photo_shows_skin_where_its_frame_was() -> None:
    pair = pair_of_glasses()
    picture = plain(BROWN).copy()
    wire, glass = silhouettes(FRONT, pair, len(picture))
    picture[wire] = 20
    photo = photo_of(FRONT, picture)
    assert photo.labels is not None
    labels = np.where(wire, PARTS.index("glasses"), photo.labels).astype(np.uint8)
    found, worn = behind_glasses(replace(photo, labels=labels), pair)
    inside = wire & (photo.cover > 0)
    np.testing.assert_allclose(found.picture[inside], np.broadcast_to(BROWN, (inside.sum(), 3)), atol=25)
    lens = glass & ~wire
    assert (found.cover[lens] == photo.cover[lens]).all(), "clear glass shows the face"
    assert found.labels is not None
    assert not (found.labels == PARTS.index("glasses")).any()
    skin = frame_of(BROWN, "skin", FRONT)
    here, turned = with_eyewear(skin, worn), with_eyewear(replace(skin, camera=Camera.orbit(0.3)), worn)
    np.testing.assert_allclose(here.rgb[inside], picture[inside], atol=3)
    np.testing.assert_array_equal(turned.rgb, with_eyewear(replace(skin, camera=Camera.orbit(0.3)), pair).rgb)


def test_dark_glass_hides_the_face() -> None:
    pair = pair_of_glasses(replace(CLEAR, lens_opacity=0.9))
    found, _ = behind_glasses(photo_of(FRONT, plain(BROWN)), pair)
    _, glass = silhouettes(FRONT, pair, len(found.picture))
    assert found.cover[glass].max() < 40
