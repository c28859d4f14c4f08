"""Volumes of parts of a made-up head: what is taken and what is cleared."""

import torch

from core.editors.node_sets import grown
from core.editors.part_volume import part_volume, room_of
from core.mask import PARTS
from tests.core.editors.capped_ball import a_lock, axes, capped_ball


def _everywhere(points: torch.Tensor) -> torch.Tensor:
    return torch.ones(len(points), dtype=torch.bool)


def test_room_takes_the_part_and_what_only_it_held_and_leaves_other_parts() -> None:
    parts = capped_ball()
    room = room_of(parts, "hair", 2, _everywhere).weights
    assert room[parts.nodes("hair")].min() > 0.3
    assert room[a_lock()].min() > 0.3
    deep = parts.nodes("lips") & ~grown(parts.nodes("hair"), 3)
    assert room[deep].max() == 0


def test_a_part_keeps_to_itself_and_reaches_into_what_is_empty() -> None:
    parts = capped_ball(lock=False)
    volume = part_volume(parts, "hair")
    below = torch.tensor([[0.0, -0.05, 0.0]])
    above = torch.tensor([[0.0, 0.215, 0.0]])
    assert volume.at(above) > 0.5
    assert volume.at(below) == 0


def test_labels_that_nobody_bears_go_with_hair_behind_the_face_alone() -> None:
    parts = capped_ball(lock=False)
    assert parts.grid.labels is not None
    beside = parts.nodes("skin") & grown(parts.nodes("hair"), 2)
    stub, before = (beside & (axes()[2] < -0.1)), (beside & (axes()[2] > 0.1))
    parts.grid.labels[stub | before] = PARTS.index("glasses")
    room = room_of(parts, "hair", 1, _everywhere, ghosts=("glasses",)).weights
    assert room[stub].mean() > 0.5
    assert room[before & ~grown(parts.nodes("hair"), 2)].sum() == 0
