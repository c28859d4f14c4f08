"""Points on a surface, and the features that would move it."""

from __future__ import annotations

import torch

from core.inverters.offset import PlaneOffset
from core.inverters.surface import Surface, steepness
from core.inverters.visibility import free_cells
from tests.fakes import TinyGenerator, tiny_head, trigrid_of


def test_an_offset_without_the_steepest_features_leaves_the_surface() -> None:
    generator, planes = TinyGenerator(), trigrid_of(tiny_head())
    surface = Surface.of(generator, planes, around=1)
    everywhere = torch.ones(len(surface.points))
    free = free_cells(planes, surface.points, everywhere)
    steep = steepness(generator, planes, surface.points, everywhere)
    moved = []
    for barred in (None, steep, steep * 0.5**0.5):
        offset = PlaneOffset(planes, free, barred)
        with torch.no_grad():
            offset.fine += 0.1 * torch.randn(offset.fine.shape, generator=torch.Generator().manual_seed(0))
            was, now = (generator.decode(one.sample(surface.points)) for one in (planes, offset.trigrid))
        moved.append(float((now[0] - was[0]).abs().mean()))
        assert float((now[1] - was[1]).abs().mean()) > 1e-3, "colours may still change"
    assert moved[1] < 0.35 * moved[0]
    assert moved[1] < moved[2] < moved[0]


def test_a_soft_outline_bars_less() -> None:
    generator, planes = TinyGenerator(), trigrid_of(tiny_head())
    surface = Surface.of(generator, planes, around=1)
    ones = torch.ones(len(surface.points))
    firm, soft = (steepness(generator, planes, surface.points, share * ones).norm(dim=1) for share in (1.0, 0.25))
    served = firm > 0.999  # of some cells a point has but a sliver
    assert 0 < int(served.sum()) < served.numel()
    assert torch.allclose(soft[served], torch.tensor(0.5), atol=1e-3)
    assert firm.max() < 1.001
