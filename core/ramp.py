"""A soft ramp between two thresholds."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def smooth(low: float | Floats, high: float | Floats, values: Floats) -> Floats:
    """0 below `low`, 1 above `high`, with a soft ramp between; `high` may lie below `low`."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float64)
