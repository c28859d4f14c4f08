"""Short hair ends at a calm line on the neck where no photo shows it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.mask import PARTS
from core.rendering.nape import BINS, GAP, POLE, TAIL, Nape
from core.rendering.occupancy import FieldGrid
from core.rendering.places import places_of
from tests.core.rendering.photographed_ball import frame_of

FRONT, BEHIND = Camera.orbit(), Camera.orbit(np.pi)
HALF, NODES = 0.39, 80
LINE, COLLAR = -0.12, -0.22


def grid_whose_hair_ends(tail: float, below: float = 0.0) -> FieldGrid:
    """A pillar of hair, neck and clothes, whose hair ends in a zigzag, lower by `tail` in the middle of the back.

    Args:
        tail: world units.
        below: by how much all of the hair hangs lower, world units.
    """
    at = np.linspace(-HALF, HALF, NODES)
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    angle = np.arctan2(x, POLE - z)
    end = LINE + 0.012 * np.sign(np.sin(9 * angle)) - tail * (np.abs(angle) < 0.4) - below
    labels = np.where(y > end, PARTS.index("hair"), PARTS.index("neck"))
    labels = np.where((y < COLLAR) & (y < end), PARTS.index("cloth"), labels)
    sigma = np.where(np.hypot(x, z - POLE) < 0.11, 100, 0).astype(np.float32)
    colour = np.ones((4, NODES, NODES, NODES), np.float32)
    return FieldGrid(
        torch.from_numpy(sigma), torch.from_numpy(colour), torch.from_numpy(labels.astype(np.uint8)), (HALF,) * 3
    )


def test_a_torn_edge_becomes_a_calm_line_without_a_tail() -> None:
    found = Nape.of(grid_whose_hair_ends(tail=0.08))
    assert found is not None
    assert np.abs(np.diff(found.heights)).max() < 0.01
    assert found.heights == pytest.approx(LINE - 0.012, abs=TAIL + 0.01)
    assert found.heights.min() > LINE - 0.012 - TAIL - 0.01
    assert found.collar == pytest.approx(COLLAR, abs=0.02)


def test_long_hair_and_bald_heads_have_none() -> None:
    assert Nape.of(grid_whose_hair_ends(0, below=0.15)) is None
    grid = grid_whose_hair_ends(0)
    assert grid.labels is not None
    bald = torch.where(grid.labels == PARTS.index("hair"), PARTS.index("skin"), grid.labels)
    assert Nape.of(FieldGrid(grid.sigma, grid.colour, bald, grid.half_sides)) is None


def test_hair_below_the_line_is_neck_and_skin_above_it_is_hair() -> None:
    nape = Nape(np.full(BINS, -0.05), -0.3)
    for part, wrong in (("hair", "neck"), ("neck", "hair")):
        frame = frame_of((90, 80, 70), part, BEHIND)
        found = nape.drawn(frame)
        assert found.labels is not None
        chosen = np.flatnonzero(frame.depth.ravel() > 0)
        points = places_of(frame.camera, frame.depth, chosen)[0]
        changed = found.labels.ravel()[chosen] == PARTS.index(wrong)
        up = points[:, 1]
        moved = up < -0.05 if part == "hair" else (up > -0.05) & (up < GAP - 0.05)
        on_neck = np.hypot(points[:, 0], points[:, 2] - POLE) < 0.12
        behind = (points[:, 2] < -0.04) & on_neck if part == "hair" else points[:, 2] < -0.06
        assert (changed[behind] == moved[behind]).all()
        assert behind.sum() > 1000


def test_a_face_seen_from_the_front_stays() -> None:
    nape = Nape(np.full(BINS, -0.05), -0.3)
    for part in ("hair", "skin"):
        frame = frame_of((90, 80, 70), part, FRONT)
        found = nape.drawn(frame)
        assert found.labels is not None
        rows = slice(100, 156)
        np.testing.assert_array_equal(found.labels[rows, rows], np.asarray(frame.labels)[rows, rows])


def test_what_is_below_the_collar_is_cloth() -> None:
    frame = frame_of((90, 80, 70), "neck", BEHIND)
    found = Nape(np.full(BINS, 0.3), -0.08).drawn(frame)
    assert found.labels is not None
    middle = found.labels[:, found.labels.shape[1] // 2]
    assert middle[128 - 40] == PARTS.index("neck")
    assert middle[128 + 50] == PARTS.index("cloth")
