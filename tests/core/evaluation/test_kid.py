"""KID: nothing between a set and itself, more the further apart."""

from pathlib import Path

import pytest
import torch

from core.errors import VoltefaceError
from core.evaluation import kid


def features(count: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    return torch.randn(count, 64, generator=torch.Generator().manual_seed(seed)).clamp(min=0) + shift


def test_two_draws_of_one_distribution_have_no_distance_on_average() -> None:
    values = torch.tensor([kid.squared_mmd(features(30, 2 * n), features(20, 2 * n + 1)) for n in range(300)])
    assert abs(values.mean()) < 3 * values.std() / 300**0.5
    assert values.min() < 0 < values.max()


def test_distance_grows_with_the_shift() -> None:
    near, far = (kid.kid(features(60, 0), features(60, 1, shift)) for shift in (0.2, 0.6))
    assert near[1] < near[0] < far[0]


def test_spread_is_that_of_repeated_draws() -> None:
    values = [kid.kid(features(80, 2 * n), features(80, 2 * n + 1, 0.2)) for n in range(30)]
    means, spreads = (torch.tensor(column) for column in zip(*values, strict=True))
    assert 0.4 < spreads.mean() / means.std() < 2.5


@pytest.mark.parametrize(("yaw", "sector"), [(0, "front"), (-50, "front"), (72, "side"), (-110, "side"), (150, "back")])
def test_sectors(yaw: float, sector: str) -> None:
    assert kid.sector_of(yaw) == sector


def test_the_table_names_the_measure_and_both_sets() -> None:
    reference = {f"front/{name}": features(20, n) for n, name in enumerate((kid.HELD_OUT, kid.TRAINING))}
    part = kid.kid_part({"front": features(20, 3, 0.3)}, reference)
    assert part.title.startswith("KID on EfficientNet-Lite0 features")
    columns = [cell.column for cell in part.cells]
    assert columns == [
        "samples against held-out renders",
        "samples against training renders",
        "held-out renders against training renders",
    ]


def test_reference_file_round_trip(tmp_path: Path) -> None:
    kid.write_reference({"a": torch.ones(2, 3)}, tmp_path / "x" / "r.safetensors", {"age": 0.5})
    assert torch.equal(kid.read_reference(tmp_path / "x" / "r.safetensors")["a"], torch.ones(2, 3))
    with pytest.raises(VoltefaceError, match="could not be read"):
        kid.read_reference(tmp_path / "none.safetensors")
