import pytest
import torch

from core.trigrid import PlaneAxes, Trigrid

BOX = 0.8


def random_points(count: int = 200, inside: float = 0.3) -> torch.Tensor:
    return (torch.rand(count, 3, generator=torch.Generator().manual_seed(1)) * 2 - 1) * inside


def random_planes(channels: int = 4, depth: int = 3, side: int = 8, seed: int = 0) -> torch.Tensor:
    return torch.randn(3, channels, depth, side, side, generator=torch.Generator().manual_seed(seed))


def coordinates(side: int) -> torch.Tensor:
    return ((torch.arange(side) + 0.5) / side - 0.5) * BOX


def test_constant_planes_give_their_mean() -> None:
    planes = torch.tensor([1.0, 2.0, 6.0])[:, None, None, None, None].expand(3, 2, 3, 8, 8)
    sampled = Trigrid(planes, box_side=BOX).sample(random_points(inside=0.26))
    torch.testing.assert_close(sampled, torch.full((200, 2), 3.0))


@pytest.mark.parametrize("plane", [0, 1, 2])
@pytest.mark.parametrize("along", ["column", "row", "slice"])
def test_linear_planes_are_linear_along_the_axis_that_the_convention_names(plane: int, along: str) -> None:
    depth, side = 5, 8
    slices, rows, columns = torch.meshgrid(coordinates(depth), coordinates(side), coordinates(side), indexing="ij")
    planes = torch.zeros(3, 1, depth, side, side)
    planes[plane, 0] = {"column": columns, "row": rows, "slice": slices}[along]
    points = random_points()
    axis = {
        (0, "column"): 0, (0, "row"): 1, (0, "slice"): 2,
        (1, "column"): 0, (1, "row"): 2, (1, "slice"): 1,
        (2, "column"): 1, (2, "row"): 2, (2, "slice"): 0,
    }[plane, along]  # fmt: skip
    sampled = Trigrid(planes, box_side=BOX).sample(points)
    torch.testing.assert_close(sampled[:, 0], points[:, axis] / 3, atol=1e-6, rtol=0)


def test_the_third_plane_of_eg3d_is_z_x() -> None:
    side = 8
    rows, columns = torch.meshgrid(coordinates(side), coordinates(side), indexing="ij")
    planes = torch.zeros(3, 2, 1, side, side)
    planes[2, 0, 0], planes[2, 1, 0] = columns, rows
    points = random_points()
    sampled = Trigrid(planes, PlaneAxes.EG3D, BOX).sample(points)
    torch.testing.assert_close(sampled, points[:, [2, 0]] / 3, atol=1e-6, rtol=0)


def test_a_triplane_has_no_depth_and_a_trigrid_of_depth_one_fades() -> None:
    planes = torch.ones(3, 1, 1, 8, 8)
    point = torch.tensor([[0.0, 0.0, 0.2]])
    assert Trigrid(planes, PlaneAxes.EG3D, BOX).sample(point).item() == pytest.approx(1)
    # half way to the box's side in z: a quarter of the (x, y) plane has faded, the others are whole
    assert Trigrid(planes, PlaneAxes.PANOHEAD, BOX).sample(point).item() == pytest.approx((0.75 + 1 + 1) / 3)


def test_outside_of_the_box_is_nothing() -> None:
    planes = torch.ones(3, 1, 3, 8, 8)
    assert Trigrid(planes, box_side=BOX).sample(torch.tensor([[0.7, 0.7, 0.7], [0, 9.0, 9]])).abs().max() == 0


def test_gradients_reach_planes_and_points() -> None:
    planes, points = random_planes().requires_grad_(), random_points(inside=0.26).requires_grad_()
    Trigrid(planes, box_side=BOX).sample(points).sum().backward()
    assert planes.grad is not None
    assert points.grad is not None
    # every point lies inside and hands its whole weight to the cells: they sum to N / 3 in every plane and channel
    torch.testing.assert_close(planes.grad.sum(dim=(2, 3, 4)), torch.full((3, 4), 200 / 3))


def test_no_points() -> None:
    assert Trigrid(random_planes()).sample(torch.zeros(0, 3)).shape == (0, 4)


def test_blend_by_weight() -> None:
    one, other = Trigrid(random_planes(seed=1)), Trigrid(random_planes(seed=2))
    shape = (3, 1, 1, 1, 1)
    assert one.blended(other, torch.zeros(shape)) == one
    assert one.blended(other, torch.ones(shape)) == other
    torch.testing.assert_close(
        one.blended(other, torch.full(shape, 0.25)).planes, 0.75 * one.planes + 0.25 * other.planes
    )


def test_only_grids_that_lie_alike_blend() -> None:
    one = Trigrid(random_planes())
    for other in (Trigrid(random_planes(side=4)), Trigrid(random_planes(), box_side=2.0)):
        with pytest.raises(ValueError, match="blend"):
            one.blended(other, torch.zeros(1))


@pytest.mark.parametrize(("axes", "depth"), [(PlaneAxes.PANOHEAD, 3), (PlaneAxes.PANOHEAD, 1), (PlaneAxes.EG3D, 1)])
def test_tensors_there_and_back(axes: PlaneAxes, depth: int) -> None:
    grid = Trigrid(random_planes(depth=depth), axes, 0.7)
    again = Trigrid.from_tensors(grid.to_tensors())
    assert again == grid
    assert hash(again) == hash(grid)


def test_equal_by_value() -> None:
    grid = Trigrid(random_planes())
    assert grid.with_planes(grid.planes.clone()) == grid
    assert grid.with_planes(grid.planes + 1) != grid
    assert grid != Trigrid(grid.planes, box_side=2.0)
    assert grid != "a trigrid"
    assert grid.to("cpu") is grid
    assert grid.channels == 4


@pytest.mark.parametrize(
    ("planes", "axes", "side", "why"),
    [
        (torch.zeros(2, 1, 1, 4, 4), PlaneAxes.PANOHEAD, 1.0, "planes"),
        (torch.zeros(3, 1, 4, 4), PlaneAxes.PANOHEAD, 1.0, "planes"),
        (torch.zeros(3, 1, 1, 4, 4, dtype=torch.float64), PlaneAxes.PANOHEAD, 1.0, "float32"),
        (torch.zeros(3, 1, 3, 4, 4), PlaneAxes.EG3D, 1.0, "depth"),
        (torch.zeros(3, 1, 3, 4, 4), PlaneAxes.PANOHEAD, 0.0, "box_side"),
    ],
)
def test_what_is_no_trigrid(planes: torch.Tensor, axes: PlaneAxes, side: float, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Trigrid(planes, axes, side)
