"""The soft ramp."""

import numpy as np

from core.ramp import smooth


def test_it_rises_softly_from_one_threshold_to_the_other_and_may_fall() -> None:
    values = np.linspace(0, 1, 101)
    up = smooth(0.2, 0.6, values)
    assert (up[values < 0.2] == 0).all()
    assert (up[values > 0.6] == 1).all()
    assert (np.diff(up) >= 0).all()
    assert np.abs(np.diff(up)).max() < 0.04, "nowhere twice as steep as a straight line"
    np.testing.assert_allclose(smooth(0.6, 0.2, values), 1 - up, atol=1e-12)
