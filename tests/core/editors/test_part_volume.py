"""Volumes of parts on a made-up grid: a ball with a cap of hair, a face in front, and a lock that hangs in the air."""

import torch

from core.editors.part_volume import HeadParts, fit_of, grown
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


def test_room_takes_the_part_and_what_only_it_held_and_leaves_other_parts() -> None:
    parts = _parts()
    room = parts.room("hair", 2, lambda points: torch.ones(len(points), dtype=torch.bool)).weights
    assert room[parts.nodes("hair")].min() > 0.3
    assert room[_lock()].min() > 0.3
    deep = parts.nodes("lips") & ~grown(parts.nodes("hair"), 3)
    assert room[deep].max() == 0


def test_a_part_keeps_to_itself_and_reaches_into_what_is_empty() -> None:
    parts = _parts(lock=False)
    volume = parts.volume("hair")
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
