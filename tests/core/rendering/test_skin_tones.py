"""Skin that no photo shows takes the tones of the skin that one shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.camera import Camera
from core.mask import PARTS
from core.rendering.form import form_of
from core.rendering.places import places_of
from core.rendering.skin_tones import SkinTones, in_skin_tones, skin_tones_of
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
    left, right, front = tones.at(at, np.broadcast_to(tones.facing, (3, 3)))
    np.testing.assert_allclose(left, right, atol=0.04)
    assert left[1] < front[1] - 0.05
    assert left[2] > front[2] + 0.05


def test_grain_is_the_photos_and_never_strong() -> None:
    camera = Camera.orbit()
    rough = plain(TONE).astype(float) * np.exp(np.random.default_rng(1).normal(0, 0.01, (SIDE, SIDE, 1)))
    grain = tones_of(photo_of(camera, rough.clip(0, 255).astype(np.uint8))).grain
    assert grain.std() == pytest.approx(0.01, rel=0.3)
    assert tones_of(photo_of(camera, plain(TONE))).grain.std() == pytest.approx(0, abs=1e-3)


def test_a_photo_without_skin_says_nothing() -> None:
    photo = photo_of(Camera.orbit(), plain(TONE))
    assert skin_tones_of(photo_of(Camera.orbit(), plain(TONE), "hair")) is None
    assert skin_tones_of(replace(photo, labels=None)) is None
    assert skin_tones_of(replace(photo, cover=np.zeros_like(photo.cover))) is None
