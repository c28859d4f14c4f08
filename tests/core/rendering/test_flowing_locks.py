"""Locks that follow a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.rendering.flowing_locks import LockSize, flowing_locks

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS, COLUMNS = 200, 256
SIZE = LockSize(wide_px=(3.0, 6.0), long_px=(60.0, 120.0), layers=5.0)


def locks(slope: float, seed: int = 0) -> NDArray[np.float32]:
    return flowing_locks(np.full((ROWS, COLUMNS), slope, np.float32), np.ones(ROWS, np.float32), SIZE, seed)


@pytest.mark.parametrize("slope", [0.0, 0.7, -1.0])
def test_they_run_as_the_flow_does(slope: float) -> None:
    """Alike along the flow, unlike as far away across it."""
    found, step = locks(slope), 12
    along = np.roll(found, (step, round(slope * step)), (0, 1))[step:]
    across = np.roll(found, (step, round(slope * step) + step), (0, 1))[step:]
    like, unlike = (float(np.corrcoef(found[step:].ravel(), other.ravel())[0, 1]) for other in (along, across))
    assert like > 0.4
    assert unlike < like - 0.3


def test_columns_go_around_without_a_seam_and_a_seed_is_a_picture() -> None:
    found = locks(0.3)
    inside = np.abs(np.diff(found, axis=1)).mean()
    assert np.abs(found[:, 0] - found[:, -1]).mean() < 1.6 * inside
    np.testing.assert_array_equal(found, locks(0.3))
    assert np.abs(found - locks(0.3, seed=1)).mean() > 0.02


def test_they_lie_everywhere_and_are_neither_lighter_nor_darker_on_the_whole() -> None:
    found = locks(0.0)
    assert float(found.mean()) == pytest.approx(0, abs=1e-4)
    dark = float(found.min())
    assert (found < dark + 0.02).mean() < 0.02
