"""A formed field has its surface where it was told, its colours where it had them, and is itself elsewhere."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from core.base_planes import base_planes
from core.formed_field import Form, FormedField
from core.grafted_field import Fit, GraftedField, Volume, changes, unformed
from core.packing import pack, unpack
from core.project import FIELDS
from core.rendering.sampling import sampler_of
from core.trigrid import Trigrid

LOW, HIGH, SPACING = (-0.3, -0.3, -0.3), (0.3, 0.3, 0.3), 0.02
COUNTS = (31, 31, 31)
RADIUS, DEEP, RAMP, THRESHOLD = 0.2, 0.05, 0.08, 0.35


@dataclass(frozen=True)
class Lumps:
    """A field of one feature that is solid (1) inside a bumpy ball, soft at its rim."""

    box_side: float = 1.0

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    def sample(self, points: torch.Tensor) -> torch.Tensor:
        bumps = 0.02 * torch.sin(40 * points).sum(1)
        solid: torch.Tensor = (0.5 + (RADIUS + bumps - points.norm(dim=1)) / 0.05).clamp(0, 1)
        return solid[:, None]

    def to(self, device: torch.device | str) -> "Lumps":
        return self

    def detached(self) -> "Lumps":
        return self


def _ball() -> Form:
    """A ball about the origin, told everywhere in the box."""
    axis = np.linspace(-0.3, 0.3, 31)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    at = np.stack([x, y, z], -1).reshape(-1, 3)
    length = np.maximum(np.linalg.norm(at, axis=1, keepdims=True), 1e-6)
    # everything is fetched from well inside the lumps
    shift = at / length * (RADIUS - 3 * DEEP) - at
    values = np.concatenate([shift, length - RADIUS, np.ones_like(length)], 1).T
    nodes = torch.arange(len(at), dtype=torch.int32)
    return Form(nodes, torch.from_numpy(values).half(), COUNTS, LOW, HIGH, RAMP, THRESHOLD)


def _directions() -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(200, 3, generator=torch.Generator().manual_seed(3)), dim=1)


def _surface(sample: torch.Tensor, along: torch.Tensor) -> torch.Tensor:
    """First distance at which feature [N, S] falls below what it is at the threshold."""
    return along[(sample > 1 - THRESHOLD).float().cumprod(1).sum(1).long().clamp(max=len(along) - 1)]


def test_lumps_become_the_ball_that_they_are_told_to_be() -> None:
    along = torch.linspace(0.05, 0.3, 251)
    points = (_directions()[:, None] * along[None, :, None]).view(-1, 3)
    before = _surface(Lumps().sample(points).view(200, -1), along)
    formed = FormedField(Lumps(), _ball(), torch.zeros(1))
    after = _surface(formed.sample(points).view(200, -1), along)
    assert before.std() > 0.005
    assert (after - RADIUS).abs().max() < 0.004


def test_a_field_is_left_alone_where_nothing_is_told() -> None:
    base = Trigrid(torch.randn(3, 4, 2, 16, 16, generator=torch.Generator().manual_seed(0)))
    points = torch.rand(300, 3, generator=torch.Generator().manual_seed(1)) - 0.5
    silent = replace(_ball(), nodes=torch.zeros(0, dtype=torch.int32), values=torch.zeros(5, 0).half())
    assert torch.equal(FormedField(base, silent, torch.zeros(4)).sample(points), base.sample(points))
    formed = FormedField(base, _ball(), torch.zeros(4))
    # the box's faces are told here, so it fades out within a cell
    away = (points.abs() > 0.33).any(1)
    beyond = points[away]
    torch.testing.assert_close(formed.sample(beyond), base.sample(beyond))
    told = changes(formed, base, points)
    assert told is not None
    assert not told[away].any()
    assert base_planes(formed) is base


def test_it_is_read_alike_quickly_and_with_gradients_and_after_it_was_saved() -> None:
    base = Trigrid(torch.randn(3, 4, 2, 16, 16, generator=torch.Generator().manual_seed(0)))
    formed = FormedField(base, _ball(), torch.zeros(4))
    points = (torch.rand(100, 3, generator=torch.Generator().manual_seed(1)) - 0.5) * 0.6
    with torch.no_grad():
        torch.testing.assert_close(sampler_of(formed)(points), formed.sample(points), atol=1e-5, rtol=1e-5)
    tensors: dict[str, torch.Tensor] = {}
    classes = {one.__name__: one for one in FIELDS} | {"PlaneAxes": type(base.axes)}
    again = unpack(pack(formed, "field", tensors), tensors, classes)
    assert again == formed
    assert torch.equal(again.sample(points), formed.sample(points))
    moving = points.clone().requires_grad_()
    formed.sample(moving).sum().backward()
    assert moving.grad is not None
    assert moving.grad.isfinite().all()


def test_a_field_without_its_form_is_what_it_was() -> None:
    base = Trigrid(torch.randn(3, 4, 2, 16, 16, generator=torch.Generator().manual_seed(0)))
    formed = FormedField(base, _ball(), torch.zeros(4))
    assert unformed(base) is base
    assert unformed(formed) is base
    other = Trigrid(torch.zeros(3, 4, 2, 16, 16))
    edited = GraftedField(formed, other, Volume(torch.ones(5, 5, 5), (0.5, 0.5, 0.5)), Fit(), 0.5)
    points = torch.rand(50, 3, generator=torch.Generator().manual_seed(1)) - 0.5
    assert torch.equal(unformed(edited).sample(points), replace(edited, base=base).sample(points))
