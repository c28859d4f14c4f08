"""The fast reader of trigrids against the plain one."""

import pytest
import torch

from core.rendering import sampling
from core.rendering.sampling import PlaneTable, sampler_of
from core.trigrid import PlaneAxes, Trigrid


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((8, 3, 16, 16), PlaneAxes.PANOHEAD), ((4, 1, 12, 20), PlaneAxes.PANOHEAD), ((6, 1, 9, 9), PlaneAxes.EG3D)],
)
def test_it_reads_what_the_trigrid_gives(shape: tuple[int, ...], axes: PlaneAxes) -> None:
    generator = torch.Generator().manual_seed(1)
    trigrid = Trigrid(torch.randn(3, *shape, generator=generator), axes, 0.7)
    points = 1.5 * (torch.rand(4000, 3, generator=generator) - 0.5)
    assert torch.allclose(PlaneTable(trigrid).sample(points), trigrid.sample(points), atol=2e-6)
    edges = torch.tensor([[0.35, -0.35, 0.0], [0.35, 0.35, 0.35], [-0.35, 0.1, 9.0], [-50.0, 0.0, 0.0]])
    assert torch.allclose(PlaneTable(trigrid).sample(edges), trigrid.sample(edges), atol=2e-6)


def test_planes_with_their_channels_last_are_read_where_they_lie() -> None:
    planes = torch.randn(9, 11, 3, 3, 4).permute(2, 4, 3, 0, 1)
    points = torch.rand(500, 3) - 0.5
    table = PlaneTable(Trigrid(planes))
    assert table.rows.data_ptr() == planes.data_ptr()
    torch.testing.assert_close(table.sample(points), Trigrid(planes).sample(points))


def test_no_points_give_no_features() -> None:
    assert PlaneTable(Trigrid(torch.zeros(3, 5, 2, 4, 4))).sample(torch.zeros(0, 3)).shape == (0, 5)


def test_gradients_are_kept_where_they_are_wanted() -> None:
    trigrid = Trigrid(torch.randn(3, 2, 2, 4, 4).requires_grad_())
    sampler_of(trigrid)(torch.zeros(3, 3)).sum().backward()
    assert trigrid.planes.grad is not None
    with torch.no_grad():
        assert not sampler_of(trigrid)(torch.zeros(3, 3)).requires_grad


def test_tables_are_kept_while_their_planes_live_and_stay_as_they_are() -> None:
    planes = torch.randn(3, 2, 2, 4, 4)
    points = torch.rand(9, 3) - 0.5
    with torch.no_grad():
        first = sampler_of(Trigrid(planes))
        assert sampler_of(Trigrid(planes)) == first, "the same table"
        assert sampler_of(Trigrid(planes, box_side=2.0)) != first
        planes += 1
        torch.testing.assert_close(sampler_of(Trigrid(planes))(points), Trigrid(planes).sample(points))
        before = len(sampling._tables)
        del planes
        assert len(sampling._tables) < before, "nothing holds what nobody else holds"
