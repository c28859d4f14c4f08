"""Glasses of a photo: put on in the end, and then gone from the photo that lies on the skin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.camera import Camera
from core.inverters.behind_glasses import behind_glasses
from core.inverters.bespectacled import Bespectacled
from core.mask import PARTS
from core.perception.face_mesh import LEFT_EYE
from core.progress import Progress, silent
from core.rendering.eyewear import with_eyewear
from core.rendering.glasses_seen import silhouettes
from tests.core.glasses import CLEAR, pair_of_glasses
from tests.core.inverters.test_finishing import PHOTO, Finds
from tests.core.rendering.photographed_ball import frame_of, photo_of, plain
from tests.core.rendering.test_eyewear import FRONT
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
        if progress.result is not None:
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


def test_behind_dark_glass_skin_goes_on_around_the_heads_own_eyes() -> None:
    pair = pair_of_glasses(replace(CLEAR, lens_opacity=0.9))
    picture = plain(BROWN).copy()
    wire, glass = silhouettes(FRONT, pair, len(picture))
    picture[wire | glass] = 15
    eyes = np.zeros(wire.shape, np.float32)
    eye = np.round(FRONT.project([[0.06, 0.02, 0.24]])[0][0] * len(picture)).astype(int)
    cv2.circle(eyes, eye.tolist(), 4, 1.0, -1)
    photo = photo_of(FRONT, picture)
    found, _ = behind_glasses(photo, pair, features=eyes)
    away = glass & (cv2.dilate(eyes, np.ones((25, 25))) == 0)
    assert (found.cover[away] == photo.cover[away]).all()
    assert np.abs(found.picture[away].astype(int) - BROWN).max() < 12
    assert found.cover[eyes > 0].mean() < 20


def test_light_that_glass_throws_back_goes_and_the_white_of_eyes_stays() -> None:
    pair = pair_of_glasses()
    camera = FRONT
    picture = plain(BROWN).copy()
    eye, spot = (camera.project([[x, 0.02, 0.24]])[0][0] * len(picture) for x in (0.06, -0.06))
    at = [tuple(np.round(one).astype(int).tolist()) for one in (eye, spot)]
    cv2.circle(picture, at[0], 4, (250, 250, 250), -1)
    cv2.circle(picture, at[1], 3, (250, 250, 250), -1)
    mesh = np.zeros((468, 2))
    mesh[list(LEFT_EYE)] = eye + 5 * np.stack([np.cos(np.arange(16) * np.pi / 8), np.sin(np.arange(16) * np.pi / 8)], 1)
    found, _ = behind_glasses(photo_of(camera, picture), pair, mesh)
    assert (found.picture[at[0][1], at[0][0]] == 250).all()
    assert np.abs(found.picture[at[1][1], at[1][0]].astype(int) - BROWN).max() < 12
    unknown, _ = behind_glasses(photo_of(camera, picture), pair)
    assert (unknown.picture[at[1][1], at[1][0]] == 250).all(), "without landmarks it may be an eye"


def test_what_a_temple_behind_the_head_would_hide_stays() -> None:
    photo = photo_of(FRONT, plain(BROWN))
    near = replace(photo, depth=np.where(photo.depth > 0, FRONT.radius - 0.5, 0).astype(np.float32))
    pores = np.random.default_rng(0).integers(-9, 9, photo.picture.shape)
    near = replace(near, picture=(photo.picture + pores).astype(np.uint8))
    found, _ = behind_glasses(near, pair_of_glasses())
    np.testing.assert_array_equal(found.picture, near.picture)
