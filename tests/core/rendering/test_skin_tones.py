"""Skin that no photo shows takes the tones of the skin that one shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from core.camera import Camera
from core.mask import PARTS
from core.rendering.form import form_of
from core.rendering.places import places_of
from core.rendering.skin_tones import GRAIN_MOST, SkinTones, in_skin_tones, skin_tones_of
from core.rendering.tone_volume import HALF_SIDE
from tests.core.rendering.photographed_ball import (
    RADIUS,
    SIDE,
    assert_in_the_shade,
    depth_of,
    frame_of,
    middle_of,
    photo_of,
    plain,
)

if TYPE_CHECKING:
    from core.photo_layer import PhotoLayer
    from core.rendering.head_light import HeadLight

TONE = (200, 150, 120)
BEHIND = Camera.orbit(np.pi)


def tones_of(photo: PhotoLayer) -> SkinTones:
    found = skin_tones_of(photo)
    assert found is not None
    return found


def drawn(own: tuple[int, int, int], part: str, tones: SkinTones, camera: Camera = BEHIND) -> np.ndarray:
    """The middle of what a camera sees of a ball whose own colour is `own`."""
    frame = frame_of(own, part, camera)
    return np.asarray(middle_of(in_skin_tones(frame, tones, form_of(frame.depth, camera))))


def test_the_hidden_side_takes_the_tone_of_the_seen_one_whatever_the_model_drew() -> None:
    tones = tones_of(photo_of(Camera.orbit(), plain(TONE)))
    for own in (TONE, (200, 120, 120), (90, 60, 50)):
        assert_in_the_shade(drawn(own, "skin", tones), TONE)


def test_where_the_photo_looks_the_tone_is_the_photos() -> None:
    front = Camera.orbit()
    tones = tones_of(photo_of(front, plain(TONE)))
    for own in (TONE, (200, 120, 120), (90, 60, 50)):
        np.testing.assert_allclose(drawn(own, "skin", tones, front), TONE, atol=5)


def test_what_is_no_skin_stays() -> None:
    tones = tones_of(photo_of(Camera.orbit(), plain(TONE)))
    np.testing.assert_allclose(drawn((20, 20, 25), "hair", tones), (20, 20, 25), atol=1)


def test_the_photos_light_falls_on_the_hidden_side_too() -> None:
    """Skin lit from the person's left: the right cheek lies in the shade."""
    front = Camera.orbit()
    depth = depth_of(front)
    points, _ = places_of(front, np.where(depth > 0, depth, 2.7).astype(np.float32), np.arange(SIDE * SIDE))
    shade = np.exp(0.25 * points[:, 0].clip(-RADIUS, RADIUS) / RADIUS).reshape(SIDE, SIDE, 1)
    tones = tones_of(photo_of(front, (np.asarray(TONE) * shade).clip(0, 255).astype(np.uint8)))
    assert tones.tones.light[0] > 0.1
    assert abs(tones.tones.light[1]) < 0.05
    left, right = (
        middle_of(in_skin_tones(frame, tones, form_of(frame.depth, camera)))
        for camera in (Camera.orbit(np.pi / 2), Camera.orbit(-np.pi / 2))
        for frame in (frame_of(TONE, "skin", camera),)
    )
    # which of the two is the person's left depends on where the orbit turns: the camera's own x tells
    sign = np.sign(Camera.orbit(np.pi / 2).position[0])
    assert ((left - right) * sign > 15).all()


def test_skin_ends_where_clothes_begin_all_around_the_neck() -> None:
    photo = photo_of(Camera.orbit(), plain(TONE), "neck")
    assert photo.labels is not None
    rows = np.arange(SIDE)[:, None]
    low = rows > SIDE // 2 + 40
    labels = np.where(low & (photo.labels > 0), PARTS.index("cloth"), photo.labels).astype(np.uint8)
    picture = np.where(low[..., None], np.uint8(30), photo.picture)
    tones = tones_of(replace(photo, labels=labels, picture=picture))
    frame = frame_of((120, 120, 120), "neck", BEHIND)
    found = in_skin_tones(frame, tones, form_of(frame.depth, BEHIND)).rgb[:, SIDE // 2]
    assert_in_the_shade(found[SIDE // 2], TONE)
    np.testing.assert_allclose(found[SIDE // 2 + 70], 30, atol=12)


def test_a_side_that_was_not_seen_is_the_mirrored_one() -> None:
    """Seen from the person's left, of another hue on the far left than in front."""
    camera = Camera.orbit(np.radians(70))
    picture = plain(TONE)
    picture[:, SIDE // 2 :] = (200, 130, 140)  # towards the back of the head
    tones = tones_of(photo_of(camera, picture)).tones
    at = np.array([[0.18, 0, -0.05], [-0.18, 0, -0.05], [0, 0, 0.19]])
    assert (np.abs(at) < HALF_SIDE).all()
    left, right, front = tones.at(at, np.broadcast_to(tones.facing, (3, 3)), np.zeros(3, np.float32))
    np.testing.assert_allclose(left, right, atol=0.04)
    assert left[1] < front[1] - 0.05
    assert left[2] > front[2] + 0.05


def test_grain_is_the_photos_and_never_strong() -> None:
    camera = Camera.orbit()
    rough = plain(TONE).astype(float) * np.exp(np.random.default_rng(1).normal(0, 0.01, (SIDE, SIDE, 1)))
    grain = tones_of(photo_of(camera, rough.clip(0, 255).astype(np.uint8))).grain
    assert grain is not None
    assert grain.tile.std() == pytest.approx(0.01, rel=0.3)
    calm = tones_of(photo_of(camera, plain(TONE))).grain
    assert calm is not None
    assert calm.tile.std() == pytest.approx(0, abs=1e-3)
    wild = plain(TONE).astype(float) * np.exp(np.random.default_rng(1).normal(0, 0.25, (SIDE, SIDE, 1)))
    bounded = tones_of(photo_of(camera, wild.clip(0, 255).astype(np.uint8))).grain
    assert bounded is None or np.abs(bounded.tile).max() < 3 * GRAIN_MOST


class Shade:
    """A head whose lower half lies in the shade."""

    def on_skin(self, places: np.ndarray) -> np.ndarray:
        return np.where(places[:, 1] < 0, np.float32(-0.4), np.float32(0))


def test_what_lies_in_the_shade_of_the_heads_shape_is_darker_and_the_photo_knows_it() -> None:
    """A photo with that shade: where it looks nothing changes, and behind the lower half is as dark."""
    front, shape = Camera.orbit(), cast("HeadLight", Shade())
    low = np.arange(SIDE)[:, None, None] > SIDE // 2
    photo = photo_of(front, np.where(low, np.exp(-0.2), 1) * plain(TONE))
    tones = skin_tones_of(replace(photo, picture=photo.picture.astype(np.uint8)), shape)
    assert tones is not None
    for camera in (front, BEHIND):
        frame = frame_of(TONE, "skin", camera)
        dark = np.where(np.arange(len(frame.depth))[:, None] > len(frame.depth) // 2, np.float32(-0.4), np.float32(0))
        lit = replace(form_of(frame.depth, camera), light=np.broadcast_to(dark, frame.depth.shape))
        found = in_skin_tones(frame, tones, lit).rgb[:, SIDE // 2].astype(float).mean(axis=1)
        above, below = found[SIDE // 2 - 30], found[SIDE // 2 + 30]
        assert 0.55 < below / above < 0.9


def test_a_photo_without_skin_says_nothing() -> None:
    photo = photo_of(Camera.orbit(), plain(TONE))
    assert skin_tones_of(photo_of(Camera.orbit(), plain(TONE), "hair")) is None
    assert skin_tones_of(replace(photo, labels=None)) is None
    assert skin_tones_of(replace(photo, cover=np.zeros_like(photo.cover))) is None
