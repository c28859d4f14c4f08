"""Parts of a made-up head: which nodes are theirs."""

import torch

from core.editors.head_parts import HeadParts
from core.mask import PARTS
from core.rendering.occupancy import FieldGrid
from tests.core.editors.capped_ball import HALF, NODES, SKIN, axes, capped_ball


def test_coverage_names_the_parts_that_are_there() -> None:
    assert set(capped_ball().coverage()) == {"hair", "mouth"}


def test_glasses_stand_before_both_eyes_and_specks_beside_one_are_none() -> None:
    x, y, z = axes()

    def wearing(*sides: int) -> HeadParts:
        solid = x.square() + y.square() + z.square() < 0.2**2
        labels = torch.full_like(solid, SKIN, dtype=torch.uint8)
        for side in (-1, 1):
            eye = ((x - side * 0.06).abs() < 0.03) & ((y - 0.02).abs() < 0.02)
            labels[eye & (z > 0.1)] = PARTS.index("eyes")
            if side in sides:
                lens = (((x - side * 0.06).abs() < 0.05) & ((y - 0.02).abs() < 0.04)) & ((z - 0.22).abs() < 0.045)
                solid |= lens
                labels[lens] = PARTS.index("glasses")
        everything = torch.ones(4, NODES, NODES, NODES)
        return HeadParts(FieldGrid(solid.float() * 100, everything, labels, (HALF, HALF, HALF)))

    pair, speck = wearing(-1, 1), wearing(1)
    assert pair.shows("glasses")
    assert "glasses" in pair.coverage()
    assert speck.has("glasses")
    assert not speck.shows("glasses")
    assert "glasses" not in speck.coverage()


def test_what_shines_in_hair_is_no_eye() -> None:
    parts = capped_ball(lock=False)
    x, y, z = axes()
    labels = parts.grid.labels
    assert labels is not None
    labels[(z > 0.1) & (y.abs() < 0.04) & (x.abs() < 0.05)] = PARTS.index("nose")
    labels[(z > 0.08) & ((y - 0.065).abs() < 0.02) & ((x.abs() - 0.06).abs() < 0.02)] = PARTS.index("eyes")
    before = HeadParts(parts.grid).landmarks()
    # more nodes than both eyes have
    labels[(y > 0.12) & (z < 0) & (x > 0)] = PARTS.index("eyes")
    after = HeadParts(parts.grid).landmarks()
    assert before.keys() == after.keys() >= {"left eyes", "right eyes", "nose"}
    for name, middle in before.items():
        torch.testing.assert_close(after[name], middle)
