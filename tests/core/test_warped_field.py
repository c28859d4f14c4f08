"""Bent space keeps the laws of fields, and what moved comes back."""

import pytest
import torch

from core.grafted_field import GraftedField, Volume, changes
from core.packing import pack, unpack
from core.project import FIELDS
from core.rendering.sampling import sampler_of
from core.trigrid import PlaneAxes, Trigrid
from core.warped_field import Warp, WarpedField

LOW, HIGH = (-0.4, -0.3, -0.35), (0.4, 0.45, 0.35)
COUNTS = (41, 45, 49)


def _trigrid(seed: int = 0) -> Trigrid:
    return Trigrid(torch.randn(3, 4, 2, 16, 16, generator=torch.Generator().manual_seed(seed)))


def _points(count: int = 500, side: float = 1.0) -> torch.Tensor:
    return side * (torch.rand(count, 3, generator=torch.Generator().manual_seed(9)) - 0.5)


def _nodes() -> torch.Tensor:
    """World points [Z, Y, X, 3] of the nodes."""
    axes = [torch.linspace(low, high, count) for low, high, count in zip(LOW, HIGH, reversed(COUNTS), strict=True)]
    z, y, x = torch.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    return torch.stack([x, y, z], -1)


def _bump(direction: tuple[float, float, float], width: float = 0.1) -> torch.Tensor:
    """Moves [3, Z, Y, X] that are greatest in the middle and fade to nothing."""
    share = torch.exp(-(_nodes().norm(dim=-1) / width).square())
    share = share * (share > 1e-4)
    return torch.tensor(direction)[:, None, None, None] * share


def test_a_warp_of_nothing_is_the_identity() -> None:
    base, points = _trigrid(), _points()
    still = Warp.of_moves(torch.zeros(3, *COUNTS), LOW, HIGH)
    assert torch.equal(WarpedField(base, still).sample(points), base.sample(points))
    assert not still.bends(points).any()


def test_what_moved_comes_back() -> None:
    moves = _bump((0.03, -0.02, 0.04)) + _bump((-0.01, 0.03, 0.0), 0.2)
    points = _points(side=0.6)
    there = points + Warp(moves, LOW, HIGH).shift_at(points)
    assert (there - points).norm(dim=1).max() > 0.03
    torch.testing.assert_close(Warp.of_moves(moves, LOW, HIGH).back(there), points, atol=1e-3, rtol=0)


def test_space_that_is_folded_still_gives_numbers() -> None:
    warp = Warp.of_moves(_bump((0.3, 0.0, 0.0), 0.05), LOW, HIGH)
    assert warp.shift.isfinite().all()
    assert warp.shift.abs().max() < 0.31


def test_matter_goes_where_it_is_moved() -> None:
    def ball(points: torch.Tensor) -> torch.Tensor:
        return torch.exp(-(points.norm(dim=1, keepdim=True) / 0.05).square())

    shift = torch.tensor([0.02, 0.05, -0.03])
    flat = torch.ones(3, *COUNTS) * shift[:, None, None, None]
    edge = torch.zeros(COUNTS)
    edge[6:-6, 6:-6, 6:-6] = 1
    warp = Warp.of_moves(flat * edge, LOW, HIGH)
    nodes = _nodes().view(-1, 3)
    weight = WarpedField(_trigrid(), warp).read_by(lambda _: ball)(nodes)
    torch.testing.assert_close((nodes * weight).sum(0) / weight.sum(), shift, atol=2e-3, rtol=0)


def test_beyond_its_box_nothing_is_bent() -> None:
    base, warp = _trigrid(), Warp.of_moves(_bump((0.03, 0.03, 0.03), 0.3), LOW, HIGH)
    beyond = torch.tensor([[0.45, 0.0, 0.0], [0.0, -0.4, 0.0], [0.0, 0.0, 0.5]])
    torch.testing.assert_close(WarpedField(base, warp).sample(beyond), base.sample(beyond))


def test_the_fast_reader_reads_the_same() -> None:
    field = WarpedField(_trigrid(), Warp.of_moves(_bump((0.03, -0.02, 0.04)), LOW, HIGH))
    with torch.no_grad():
        torch.testing.assert_close(sampler_of(field)(_points()), field.sample(_points()), atol=1e-5, rtol=1e-4)


def test_a_field_tells_where_it_is_bent() -> None:
    base, points = _trigrid(), _points()
    field = WarpedField(base, Warp.of_moves(_bump((0.03, -0.02, 0.04)), LOW, HIGH))
    changed = changes(field, base, points)
    assert changed is not None
    assert changed.any()
    assert torch.equal(field.sample(points[~changed]), base.sample(points[~changed]))


def test_points_and_fields_get_gradients() -> None:
    trigrid, points = _trigrid(), _points(20, 0.1).requires_grad_()
    trigrid.planes.requires_grad_()
    WarpedField(trigrid, Warp.of_moves(_bump((0.03, -0.02, 0.04)), LOW, HIGH)).sample(points).sum().backward()
    assert points.grad is not None
    assert trigrid.planes.grad is not None
    assert trigrid.planes.grad.any()


@pytest.mark.parametrize("grafted", [False, True])
def test_it_survives_a_file(grafted: bool) -> None:
    field: WarpedField | GraftedField = WarpedField(_trigrid(), Warp(_bump((0.03, -0.02, 0.04)), LOW, HIGH))
    if grafted:
        field = GraftedField(field, _trigrid(1), Volume(torch.ones(2, 2, 2), (0.2, 0.2, 0.2)))
    tensors: dict[str, torch.Tensor] = {}
    packed = pack(field, "field", tensors)
    again = unpack(packed, tensors, {cls.__name__: cls for cls in (*FIELDS, PlaneAxes)})
    assert torch.equal(again.sample(_points()), field.sample(_points()))
    if not grafted:
        assert again == field
