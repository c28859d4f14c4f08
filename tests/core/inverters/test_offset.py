"""An offset is what is sampled, in both of its parts."""

from __future__ import annotations

import torch

from core.inverters.offset import COARSE_CELLS, PlaneOffset
from core.trigrid import Trigrid

SIDE = 2 * COARSE_CELLS


def _base() -> Trigrid:
    return Trigrid(torch.randn(3, 4, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1)), box_side=0.8)


def _free() -> torch.Tensor:
    free = torch.zeros(3, 1, 3, SIDE, SIDE)
    free[:, :, 1:, 20:40, 10:50] = 0.5
    return free


def test_it_begins_with_nothing() -> None:
    offset = PlaneOffset(_base(), _free())
    assert torch.equal(offset.planes, torch.zeros_like(offset.planes))
    assert offset.trigrid == _base()
    assert offset.roughness().item() == offset.size().item() == 0


def test_what_is_sampled_is_what_is_kept() -> None:
    offset = PlaneOffset(_base(), _free())
    noise = torch.Generator().manual_seed(2)
    with torch.no_grad():
        rough = torch.randn(offset.coarse.shape, generator=noise)
        offset.coarse += torch.nn.functional.avg_pool3d(rough, (1, 7, 7), 1, (0, 3, 3)) * 7
        offset.fine += torch.randn(offset.fine.shape, generator=noise)
    points = (torch.rand(500, 3, generator=noise) - 0.5) * 0.74
    with torch.no_grad():
        kept, sampled = offset.trigrid.sample(points), offset.moved().sample(points)
    assert (kept - sampled).abs().mean() < 0.05 * sampled.abs().mean()
    fixed = (_free() == 0).expand_as(offset.planes)
    with torch.no_grad():
        offset.coarse.zero_()
    assert torch.equal(offset.planes[fixed], torch.zeros_like(offset.planes[fixed]))
    assert (offset.planes[~fixed] != 0).all()


def test_both_parts_get_gradients() -> None:
    offset = PlaneOffset(_base(), _free())
    offset.moved().sample(torch.zeros(1, 3)).sum().backward()
    assert offset.coarse.grad is not None
    assert offset.coarse.grad.abs().sum() > 0
    assert offset.fine.grad is not None
    assert offset.fine.grad.abs().sum() > 0


def test_rough_is_what_differs_from_its_neighbours() -> None:
    offset = PlaneOffset(_base(), _free())
    with torch.no_grad():
        offset.fine += 1
    assert offset.roughness().item() == 0
    with torch.no_grad():
        offset.fine[:, ::2] += 1
    assert offset.roughness().item() > 0.5


def test_nothing_free_is_no_error() -> None:
    offset = PlaneOffset(_base(), torch.zeros(3, 1, 3, SIDE, SIDE))
    assert offset.fine.numel() == 0
    assert offset.roughness().item() == 0
    assert offset.trigrid == _base()


def test_what_is_barred_does_not_move() -> None:
    noise = torch.Generator().manual_seed(3)
    barred = torch.nn.functional.normalize(torch.randn(_base().planes.shape, generator=noise), dim=1)
    offset = PlaneOffset(_base(), _free(), barred)
    with torch.no_grad():
        offset.fine += torch.randn(offset.fine.shape, generator=noise)
    assert (offset.planes * barred).sum(dim=1).abs().max() < 1e-5
    assert offset.planes.abs().max() > 0.1
    half = PlaneOffset(_base(), _free(), barred * 0.5**0.5)
    with torch.no_grad():
        half.fine += offset.fine
    whole = PlaneOffset(_base(), _free())
    with torch.no_grad():
        whole.fine += offset.fine
    assert torch.allclose(half.planes, (whole.planes + offset.planes) / 2, atol=1e-5), (
        "a firmness of one half bars half"
    )
