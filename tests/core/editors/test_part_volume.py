"""Volumes of parts on a made-up grid: a ball with a cap of hair, a face in front, and a lock that hangs in the air."""

import torch

from core.editors.head_parts import HeadParts
from core.editors.node_sets import grown
from core.editors.part_fit import fit_of
from core.editors.part_volume import part_volume, room_of
from core.mask import PARTS
from core.rendering.occupancy import FieldGrid

NODES, HALF = 40, 0.4
SKIN, HAIR, LIPS = (PARTS.index(name) for name in ("skin", "hair", "lips"))


def _axes() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    z, y, x = torch.meshgrid(*[torch.linspace(-HALF, HALF, NODES)] * 3, indexing="ij")
    return x, y, z


def _parts(radius: float = 0.2, middle: float = 0.0, *, lock: bool = True) -> HeadParts:
    x, y, z = _axes()
    solid = (x - middle).square() + y.square() + z.square() < radius**2
    labels = torch.where(y > 0.08, HAIR, SKIN)
    labels[(z > 0.1) & (y < 0.0)] = LIPS
    if lock:
        solid |= _lock()
        labels[_lock()] = SKIN  # a wrong name
    grid = FieldGrid(
        solid.float() * 100, torch.ones(4, NODES, NODES, NODES), labels.to(torch.uint8), (HALF, HALF, HALF)
    )
    return HeadParts(grid)


def _lock() -> torch.Tensor:
    x, y, z = _axes()
    return (x - 0.32).abs().maximum((y - 0.1).abs()).maximum(z.abs()) < 0.03


def _everywhere(points: torch.Tensor) -> torch.Tensor:
    return torch.ones(len(points), dtype=torch.bool)


def test_room_takes_the_part_and_what_only_it_held_and_leaves_other_parts() -> None:
    parts = _parts()
    room = room_of(parts, "hair", 2, _everywhere).weights
    assert room[parts.nodes("hair")].min() > 0.3
    assert room[_lock()].min() > 0.3
    deep = parts.nodes("lips") & ~grown(parts.nodes("hair"), 3)
    assert room[deep].max() == 0


def test_a_part_keeps_to_itself_and_reaches_into_what_is_empty() -> None:
    parts = _parts(lock=False)
    volume = part_volume(parts, "hair")
    below = torch.tensor([[0.0, -0.05, 0.0]])
    above = torch.tensor([[0.0, 0.215, 0.0]])
    assert volume.at(above) > 0.5
    assert volume.at(below) == 0


def test_a_fit_moves_features_onto_features() -> None:
    source, target = _parts(lock=False), _parts(middle=0.05, lock=False)
    fit = fit_of(source, target, "mouth")
    lips = source.points("lips").mean(0) * fit.scale + torch.tensor(fit.shift)
    torch.testing.assert_close(lips, target.points("lips").mean(0), atol=1e-4, rtol=0)


def test_coverage_names_the_parts_that_are_there() -> None:
    assert set(_parts().coverage()) == {"hair", "mouth"}


def test_glasses_stand_before_both_eyes_and_specks_beside_one_are_none() -> None:
    x, y, z = _axes()

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


def test_labels_that_nobody_bears_go_with_hair_behind_the_face_alone() -> None:
    parts = _parts(lock=False)
    assert parts.grid.labels is not None
    beside = parts.nodes("skin") & grown(parts.nodes("hair"), 2)
    stub, before = (beside & (_axes()[2] < -0.1)), (beside & (_axes()[2] > 0.1))
    parts.grid.labels[stub | before] = PARTS.index("glasses")
    room = room_of(parts, "hair", 1, _everywhere, ghosts=("glasses",)).weights
    assert room[stub].mean() > 0.5
    assert room[before & ~grown(parts.nodes("hair"), 2)].sum() == 0


def test_what_shines_in_hair_is_no_eye() -> None:
    parts = _parts(lock=False)
    x, y, z = _axes()
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
