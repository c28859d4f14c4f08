import numpy as np
import pytest
from numpy.typing import NDArray

from core.mask import PARTS, Mask


def test_labels_are_indices_of_parts() -> None:
    assert [PARTS.index(part) for part in ("background", "skin", "hair", "glasses", "mouth")] == [0, 1, 2, 8, 11]


def test_equal_by_value() -> None:
    weights = np.ones((2, 2), dtype=np.float32)
    assert Mask(weights, "skin") == Mask(weights.copy(), "skin")
    assert hash(Mask(weights, "skin")) == hash(Mask(weights.copy(), "skin"))
    assert Mask(weights, "skin") != Mask(weights, "hair")
    assert Mask(weights, "skin") != Mask(weights * np.float32(0.5), "skin")
    assert Mask(weights, "skin") != 1


@pytest.mark.parametrize(
    "weights",
    [
        np.zeros((2, 2, 1), dtype=np.float32),
        np.zeros((2, 2), dtype=np.uint8),
        np.full((2, 2), 1.5, dtype=np.float32),
        np.array([[0, np.nan]], dtype=np.float32),
    ],
)
def test_what_is_no_mask(weights: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Mask(weights, "skin")
