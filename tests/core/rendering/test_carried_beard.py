"""A full beard goes on to the ears; a goatee and the shade of a lamp do not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.camera import Camera
from core.mask import PARTS
from core.rendering.carried_beard import CarriedBeard
from core.rendering.ears import Ear
from core.rendering.form import form_of
from tests.core.rendering.photographed_ball import RADIUS, SIDE, frame_of, photo_of

if TYPE_CHECKING:
    from core.photo_layer import PhotoLayer

SKIN, BEARD = 170, 60
FRONT = Camera.orbit()
EARS = (Ear(1, (0.0, -0.02), 0.05), Ear(-1, (0.0, -0.02), 0.05))


def _photo(first: float, last: float) -> PhotoLayer:
    """A ball's face with a nose in its middle and something dark below that, between two shares of its width."""
    rows, columns = np.indices((SIDE, SIDE))
    plain = photo_of(FRONT, np.zeros((SIDE, SIDE, 3), np.uint8), "skin")
    across = np.flatnonzero((plain.depth > 0).any(axis=0))
    at = (columns - across[0]) / (across[-1] - across[0])
    nose = (np.abs(rows - SIDE / 2) < 12) & (np.abs(columns - SIDE / 2) < 10)
    assert plain.labels is not None
    labels = np.where(nose, PARTS.index("nose"), plain.labels).astype(np.uint8)
    dark = (rows > SIDE / 2 + 14) & (at > first) & (at < last)
    picture = np.where(dark[..., None], BEARD, SKIN).repeat(3, axis=2).astype(np.uint8)
    return replace(plain, picture=picture, labels=labels)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_full_beard_grows_to_the_ears_and_no_further(side: int) -> None:
    beard = CarriedBeard.of(_photo(-0.1, 1.1), EARS)
    assert beard is not None
    camera = Camera.orbit(side * np.pi / 2)
    frame = frame_of((SKIN,) * 3, "skin", camera)
    drawn = beard.drawn(frame, form_of(frame.depth, camera))

    def seen(height: float, z: float) -> float:
        x = side * float(np.sqrt(RADIUS**2 - height**2 - z**2))
        (uv,), _ = camera.project(np.array([[x, height, z]]))
        column, row = (uv * SIDE).astype(int)
        return float(drawn.rgb[row - 1 : row + 2, column - 1 : column + 2].mean())

    assert seen(-0.09, 0.08) < 0.6 * SKIN, "on the jaw"
    assert seen(0.08, 0.08) == pytest.approx(SKIN, abs=2), "not on the temple"
    assert seen(-0.09, -0.08) == pytest.approx(SKIN, abs=2), "not behind the ear"


@pytest.mark.parametrize(("first", "last"), [(0.35, 0.65), (0.5, 1.1), (2.0, 3.0)])
def test_a_goatee_a_lamps_shade_and_a_bare_face_go_on_nowhere(first: float, last: float) -> None:
    assert CarriedBeard.of(_photo(first, last), EARS) is None


def test_without_ears_nobody_knows_where_a_beard_ends() -> None:
    assert CarriedBeard.of(_photo(-0.1, 1.1), ()) is None
