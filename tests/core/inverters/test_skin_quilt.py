"""Gaps in skin are filled with its tone and with detail as fine as its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from core.inverters.skin_quilt import filled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bits = NDArray[np.bool_]

SIDE = 256
ROWS = np.arange(SIDE)[:, None]


def _skin() -> NDArray[np.uint8]:
    """Skin that grows lighter downwards, with pores."""
    pores = cv2.GaussianBlur(np.random.default_rng(1).normal(size=(SIDE, SIDE)), (0, 0), 0.6)
    light = 110 + 0.3 * ROWS + 8 * pores / pores.std()
    return np.asarray(np.clip(light[..., None] * [1.1, 0.85, 0.7], 0, 255), np.uint8)


def _band(first: int = 120, last: int = 134) -> Bits:
    return np.broadcast_to((first <= ROWS) & (last > ROWS), (SIDE, SIDE)).copy()


def _detail(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    light = picture.mean(axis=2)
    return np.asarray(light - cv2.GaussianBlur(light, (0, 0), 3), np.float64)


def test_a_band_in_skin_is_as_light_and_as_sharp_as_skin_around() -> None:
    skin, band = _skin(), _band()
    band[:, :60] = band[:, 200:] = False
    found = filled(np.where(band[..., None], np.uint8(10), skin), band, ~band, ~band)
    assert (found[~band] == skin[~band]).all(), "what was known stays"
    assert abs(float(found[band].mean()) - float(skin[band].mean())) < 4
    above, below = (float(found[rows, 70:190].mean()) for rows in (slice(120, 124), slice(130, 134)))
    assert below > above
    middle = np.s_[122:132, 70:190]
    assert 0.6 < _detail(found)[middle].std() / _detail(skin)[middle].std() < 1.4
    assert not np.array_equal(found[middle], skin[middle])


def test_neither_lashes_nor_colours_that_do_not_count_go_on() -> None:
    skin, band = _skin(), _band()
    lash = np.zeros_like(band)
    lash[105:108, ::24] = True
    hat = np.broadcast_to(ROWS < 60, band.shape)
    picture = np.where(lash[..., None], np.uint8(0), skin)
    picture[hat] = 0
    found = filled(picture, band, ~band & ~hat, ~band & ~hat)
    assert found[band].mean(axis=1).min() > 60
    assert abs(float(found[band].mean()) - float(skin[band].mean())) < 6


@pytest.mark.parametrize("told", [False, True])
def test_gaps_up_to_the_border_and_without_anything_near_are_no_trouble(*, told: bool) -> None:
    skin, nothing = _skin(), np.zeros((SIDE, SIDE), np.bool_)
    assert filled(skin, nothing, ~nothing, ~nothing) is skin
    whole = np.broadcast_to(ROWS < 40, nothing.shape)
    found = filled(skin, whole, ~whole & told, nothing)
    assert found.shape == skin.shape
    if told:
        assert np.abs(found[whole].mean(axis=0) - skin[40:50].mean(axis=(0, 1))).max() < 12, "tone alone goes on"
    else:
        assert found is skin
