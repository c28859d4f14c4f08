"""Skin that no photo shows takes the tones of the skin that one shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.camera import Camera
from core.frame import Frame, Quality
from core.mask import PARTS
from core.photo_layer import PhotoLayer
from core.rendering.skin_tones import HALF_SIDE, SkinTones, in_skin_tones, skin_tones_of

SIDE = 256
SKIN, NECK, HAIR = (PARTS.index(part) for part in ("skin", "neck", "hair"))
TONE = (200, 150, 120)


def ball(camera: Camera, side: int, radius: float = 0.2) -> np.ndarray:
    """Depth of a ball about the origin."""
    origins, directions = camera.rays(side, side)
    towards = (origins * directions).sum(axis=1)
    inside = towards**2 - (origins**2).sum(axis=1) + radius**2
    along = -towards - np.sqrt(inside.clip(min=0))
    depth = np.where(inside > 0, along * (directions @ camera.forward), 0)
    return np.asarray(depth.reshape(side, side), np.float32)


def photo_of(camera: Camera, picture: np.ndarray) -> PhotoLayer:
    depth = ball(camera, SIDE)
    cover = (255 * (depth > 0)).astype(np.uint8)
    labels = np.where(depth > 0, SKIN, 0).astype(np.uint8)
    return PhotoLayer(picture=picture, cover=cover, cover_from_here=cover, camera=camera, depth=depth, labels=labels)


def plain(colour: tuple[int, int, int] = TONE) -> np.ndarray:
    return np.full((SIDE, SIDE, 3), colour, np.uint8)


def tones_of(photo: PhotoLayer) -> SkinTones:
    found = skin_tones_of(photo)
    assert found is not None
    return found


def drawn(own: tuple[int, int, int], part: int, tones: SkinTones) -> np.ndarray:
    """The middle of the ball's back, whose own colour is `own`."""
    camera = Camera.orbit(np.pi)
    depth = ball(camera, SIDE)
    rgb = np.where(depth[..., None] > 0, np.asarray(own, np.uint8), np.uint8(255)).astype(np.uint8)
    labels = np.where(depth > 0, part, 0).astype(np.uint8)
    frame = Frame(rgb, (depth > 0).astype(np.float32), depth, labels, camera, Quality.NEAR)
    finished = in_skin_tones(frame, tones).rgb
    middle = slice(SIDE // 2 - 20, SIDE // 2 + 20)
    assert (finished[depth == 0] == 255).all(), "the background stays"
    return np.asarray(finished[middle, middle].reshape(-1, 3).astype(float).mean(axis=0))


def test_the_hidden_side_takes_the_tone_of_the_seen_one() -> None:
    tones = tones_of(photo_of(Camera.orbit(), plain()))
    np.testing.assert_allclose(drawn(TONE, SKIN, tones), TONE, atol=3)
    reddish = drawn((200, 120, 120), SKIN, tones)
    assert np.ptp(reddish / np.asarray(TONE)) < 0.02, "another hue becomes the photo's"


def test_a_smudge_becomes_a_shade() -> None:
    tones = tones_of(photo_of(Camera.orbit(), plain()))
    smudge = drawn((100, 75, 60), SKIN, tones)
    assert (smudge > (100, 75, 60)).all()
    assert (smudge < TONE).all(), "shading stays"


def test_what_is_no_skin_stays() -> None:
    tones = tones_of(photo_of(Camera.orbit(), plain()))
    np.testing.assert_allclose(drawn((20, 20, 25), HAIR, tones), (20, 20, 25), atol=1)
    np.testing.assert_allclose(drawn((20, 20, 25), NECK, tones), (20, 20, 25), atol=1, err_msg="a black collar")


def test_a_side_that_was_not_seen_is_the_mirrored_one() -> None:
    """Seen from the person's left, dark on the far left and light in front."""
    camera = Camera.orbit(np.radians(70))
    picture = plain()
    picture[:, SIDE // 2 :] = (170, 128, 102)  # towards the back of the head
    grid = tones_of(photo_of(camera, picture)).grid
    cells = len(grid)
    at = (np.array([[0.18, 0, -0.05], [-0.18, 0, -0.05]]) / HALF_SIDE + 1) / 2 * cells
    left, right = (grid[tuple(cell)] for cell in at.astype(int))
    front = grid[cells // 2, cells // 2, int((0.19 / HALF_SIDE + 1) / 2 * cells)]
    np.testing.assert_allclose(left, right, atol=0.03)
    assert (left < front - 0.03).all()


def test_grain_is_the_photos_and_never_strong() -> None:
    camera = Camera.orbit()
    rough = plain().astype(float) * np.exp(np.random.default_rng(1).normal(0, 0.01, (SIDE, SIDE, 1)))
    grain = tones_of(photo_of(camera, rough.clip(0, 255).astype(np.uint8))).grain
    assert grain.std() == pytest.approx(0.01, rel=0.3)
    assert tones_of(photo_of(camera, plain())).grain.std() == pytest.approx(0, abs=1e-3)


def test_a_photo_without_skin_says_nothing() -> None:
    photo = photo_of(Camera.orbit(), plain())
    assert photo.labels is not None
    assert skin_tones_of(replace(photo, labels=np.full_like(photo.labels, HAIR))) is None
    assert skin_tones_of(replace(photo, labels=None)) is None
    assert skin_tones_of(replace(photo, cover=np.zeros_like(photo.cover))) is None
