"""A function for a process of its own, in a module that imports quickly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def multiplied(values: NDArray[np.float64], factor: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    if not factor:
        raise ValueError("factor is zero")
    return {"product": values * factor}
