import dataclasses

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.head import Head
from core.mask import Mask
from tests.fakes import tiny_head


def test_equal_by_value() -> None:
    assert tiny_head(3) == tiny_head(3)
    assert hash(tiny_head(3)) == hash(tiny_head(3))
    assert tiny_head(3) != tiny_head(4)
    assert tiny_head(3) != "a head"


@pytest.mark.parametrize(
    "change",
    [
        {"camera": Camera.orbit(0.1)},
        {"method": "pivotal"},
        {"seed": 9},
        {"delta": {"to_rgb": torch.ones(3, 3)}},
        {"visibility": Mask(np.ones((2, 2), dtype=np.float32), "seen")},
    ],
)
def test_every_field_counts(head: Head, change: dict[str, object]) -> None:
    assert dataclasses.replace(head, **change) != head  # type: ignore[arg-type]


def test_deltas_are_compared_by_value(head: Head) -> None:
    one, same, other = (dataclasses.replace(head, delta={"skin": torch.full((3,), v)}) for v in (1.0, 1.0, 2.0))
    assert one == same
    assert one != other


@pytest.mark.parametrize("latents", [torch.zeros(1, 4, 8), torch.zeros(4, 8, dtype=torch.float64)])
def test_what_is_no_head(head: Head, latents: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="latents"):
        dataclasses.replace(head, latents=latents)
