"""Fields of fields keep the laws of fields."""

import pytest
import torch

from core.grafted_field import Fit, GraftedField, RemappedField, Volume
from core.rendering.sampling import sampler_of
from core.trigrid import Trigrid


def _trigrid(seed: int) -> Trigrid:
    return Trigrid(torch.randn(3, 4, 2, 16, 16, generator=torch.Generator().manual_seed(seed)))


def _points(count: int = 500) -> torch.Tensor:
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(9)) - 0.5


def _half(weight: float = 1.0) -> Volume:
    """The half of the box where x is positive."""
    weights = torch.zeros(9, 9, 9)
    weights[:, :, 5:] = weight
    return Volume(weights, (0.5, 0.5, 0.5))


def test_outside_its_volume_a_graft_is_the_base_and_inside_it_is_itself() -> None:
    base, graft, points = _trigrid(0), _trigrid(1), _points()
    features = GraftedField(base, graft, _half()).sample(points)
    left, right = points[:, 0] < 0, points[:, 0] > 0.125
    torch.testing.assert_close(features[left], base.sample(points[left]))
    torch.testing.assert_close(features[right], graft.sample(points[right]))


@pytest.mark.parametrize(("strength", "share"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_strength_is_the_share_of_the_graft(strength: float, share: float) -> None:
    base, graft, points = _trigrid(0), _trigrid(1), _points()
    everywhere = Volume(torch.ones(2, 2, 2), (0.5, 0.5, 0.5))
    features = GraftedField(base, graft, everywhere, strength=strength).sample(points)
    torch.testing.assert_close(features, torch.lerp(base.sample(points), graft.sample(points), share))


def test_a_field_grafted_onto_itself_is_itself() -> None:
    base, points = _trigrid(0), _points()
    torch.testing.assert_close(GraftedField(base, base, _half(0.6)).sample(points), base.sample(points))


def test_a_fit_moves_the_graft_with_its_volume() -> None:
    base, graft = _trigrid(0), _trigrid(1)
    fit = Fit(1.25, (0.05, -0.02, 0.1))
    there = torch.tensor([[0.2, 0.1, -0.1]])
    here = there * 1.25 + torch.tensor([fit.shift])
    grafted = GraftedField(base, graft, _half(), fit)
    torch.testing.assert_close(fit.undone(here), there)
    torch.testing.assert_close(grafted.sample(here), graft.sample(there))


def test_a_remap_of_nothing_is_the_identity_and_strength_scales_it() -> None:
    base, points = _trigrid(0), _points()
    nothing = RemappedField(base, torch.zeros(4, 4), torch.zeros(4))
    assert torch.equal(nothing.sample(points), base.sample(points))
    shift = torch.tensor([1.0, 2.0, 3.0, 4.0])
    half = RemappedField(base, torch.eye(4), shift, strength=0.5).sample(points)
    torch.testing.assert_close(half, 1.5 * base.sample(points) + 0.5 * shift)
    bounded = RemappedField(base, torch.eye(4), shift, _half()).sample(points)
    left = points[:, 0] < 0
    torch.testing.assert_close(bounded[left], base.sample(points[left]))


def test_the_fast_reader_reads_the_same() -> None:
    base, graft, points = _trigrid(0), _trigrid(1), _points()
    field = RemappedField(GraftedField(base, graft, _half(0.7), Fit(1.1)), torch.eye(4), torch.ones(4), _half())
    with torch.no_grad():
        torch.testing.assert_close(sampler_of(field)(points), field.sample(points), atol=1e-5, rtol=1e-5)


def test_gradients_reach_both_fields() -> None:
    base, graft = _trigrid(0), _trigrid(1)
    leaves = [field.planes.clone().requires_grad_() for field in (base, graft)]
    field = GraftedField(base.with_planes(leaves[0]), graft.with_planes(leaves[1]), _half(0.5))
    for gradient in torch.autograd.grad(field.sample(_points()).square().sum(), leaves):
        assert gradient.abs().max() > 0
