"""Laws of the two surfaces: no pixel of a step lies in the air, no slope is taken for a step."""

import numpy as np
import pytest

from core.rendering.paint import SKIN_DEEP
from core.rendering.places import at_size
from core.rendering.two_surfaces import FLAT, two_surfaces

NEAR, FAR = 2.54, 2.58
SIDE, SIZE = 32, 128


def _step(turned: bool = False) -> np.ndarray:
    """A plate before another one, with one pixel between whose ray met a little of both."""
    row = np.full(SIDE, NEAR, np.float32)
    row[16], row[17:] = NEAR + 0.6 * (FAR - NEAR), FAR
    depth = np.repeat(row[None], SIDE, axis=0)
    return depth.T.copy() if turned else depth


@pytest.mark.parametrize("turned", [False, True])
def test_every_pixel_of_a_step_lies_on_one_of_both_surfaces(turned: bool) -> None:
    surfaces = two_surfaces(_step(turned), SIZE)
    shown = np.where(surfaces.beyond < 0.5, surfaces.near, surfaces.far)
    middle = shown[SIZE // 2] if not turned else shown[:, SIZE // 2]
    between = FLAT * (FAR - NEAR) + 1e-4
    assert np.all((middle < NEAR + between) | (middle > FAR - between))
    interpolated = at_size(_step(turned), SIZE)
    assert np.any((interpolated > NEAR + between) & (interpolated < FAR - between))
    assert np.all(np.diff(middle) > -1e-5)


def test_the_line_between_both_is_soft_and_thin() -> None:
    beyond = two_surfaces(_step(), SIZE).beyond[SIZE // 2]
    assert set(beyond[:50]) == {0.0}
    assert beyond.max() == 1.0
    assert 1 <= np.count_nonzero((beyond > 0) & (beyond < 1)) <= 3


@pytest.mark.parametrize("slope", [0.005, 0.02, 0.05])
def test_a_slope_however_steep_is_one_surface(slope: float) -> None:
    depth = np.repeat(2.5 + slope * np.arange(SIDE, dtype=np.float32)[None], SIDE, axis=0)
    surfaces = two_surfaces(depth, SIZE)
    inner = np.s_[16:-16, 16:-16]
    assert np.array_equal(surfaces.near[inner], at_size(depth, SIZE)[inner])
    assert np.array_equal(surfaces.near[inner], surfaces.far[inner])


def test_a_round_thing_before_nothing_is_one_surface_but_for_specks_at_its_rim() -> None:
    rows, columns = np.indices((SIZE, SIZE)) - SIZE / 2
    outward = np.clip(1 - (rows**2 + columns**2) / 50**2, 0, 1)
    depth = np.where(outward > 0, 2.7 - 0.2 * np.sqrt(outward), 0).astype(np.float32)
    surfaces = two_surfaces(depth, 4 * SIZE)
    apart = surfaces.far - surfaces.near
    assert np.count_nonzero(apart) < 0.005 * np.count_nonzero(surfaces.near)
    assert apart.max() < SKIN_DEEP


def test_a_picture_as_small_as_its_depth_has_no_ramps() -> None:
    surfaces = two_surfaces(_step(), SIDE)
    assert np.array_equal(surfaces.near, surfaces.far)
    assert not surfaces.beyond.any()
