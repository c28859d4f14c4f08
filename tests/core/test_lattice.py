"""Values between nodes."""

import torch

from core.lattice import between_nodes, in_box

LOW, HIGH = (-0.3, -0.2, 0.1), (0.2, 0.4, 0.5)


def test_what_is_linear_in_a_box_is_read_as_it_is() -> None:
    axes = [torch.linspace(low, high, count) for low, high, count in zip(LOW, HIGH, (4, 5, 6), strict=True)]
    z, y, x = torch.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    values = torch.stack([x, 2 * y - z])
    share = torch.rand(50, 3, generator=torch.Generator().manual_seed(0))
    points = torch.tensor(LOW) + share * (torch.tensor(HIGH) - torch.tensor(LOW))
    expected = torch.stack([points[:, 0], 2 * points[:, 1] - points[:, 2]], dim=1)
    torch.testing.assert_close(between_nodes(values, in_box(points, LOW, HIGH)), expected)


def test_nothing_is_read_beyond_a_box() -> None:
    beyond = torch.tensor([[0.9, 0.0, 0.2], [0.0, -0.9, 0.2], [0.0, 0.0, 0.9]])
    assert between_nodes(torch.ones(1, 2, 2, 2), in_box(beyond, LOW, HIGH)).max() < 1e-6
