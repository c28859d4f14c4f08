"""Laws of the exact path: what a known field must look like."""

import math

import pytest
import torch

from core.camera import Camera
from core.errors import Cancelled
from core.rendering import marching
from core.rendering.marching import EMPTY, Composite, Jitter, composite, field, march, march_rays, merged
from core.rendering.rays import camera_rays
from core.trigrid import Trigrid
from tests.core.rendering.balls import BOX_SIDE, RADIUS, BallGenerator, nothing
from tests.fakes import TinyGenerator, tiny_head, trigrid_of

PICTURE_PX = 48


def march_ball(camera: Camera, generator: BallGenerator | None = None) -> Composite:
    generator = generator or BallGenerator()
    with torch.no_grad():
        return march(generator, generator.trigrid(generator.mean_latents()), camera, PICTURE_PX)


@pytest.mark.parametrize("yaw", [0.0, 1.0, math.pi])
def test_a_ball_has_the_silhouette_and_depth_of_a_ball(yaw: float) -> None:
    camera = Camera.orbit(yaw, 0.3)
    seen = march_ball(camera)
    origins, directions, _ = camera_rays(camera, PICTURE_PX)
    along = -(origins * directions).sum(1)
    off_axis = (origins.square().sum(1) - along.square()).clamp(min=0).sqrt()
    alpha, depth = seen.alpha.view(-1), seen.depth.view(-1)
    pixel = camera.radius / camera.focal / PICTURE_PX
    assert (alpha[off_axis < RADIUS - pixel] > 0.99).all()
    assert (alpha[off_axis > RADIUS + pixel] < 0.01).all()
    area = float(alpha.sum()) * pixel**2
    tangent = RADIUS / math.sqrt(1 - (RADIUS / camera.radius) ** 2)
    assert area == pytest.approx(math.pi * tangent**2, rel=0.02)
    inner = off_axis < 0.8 * RADIUS
    expected = along - (RADIUS**2 - off_axis.square()).clamp(min=0).sqrt()
    # the coarse samples are 0.022 apart, the fine ones gather at the surface
    assert (depth - expected)[inner].abs().max() < 0.006
    point = origins + expected[:, None] * directions
    assert (seen.features[0].flatten(1).T - (point / BOX_SIDE + 0.5))[inner].abs().max() < 0.02


def test_empty_space_is_white() -> None:
    generator = BallGenerator(nothing)
    seen = march_ball(Camera.orbit(), generator)
    assert seen.alpha.abs().max() == 0
    assert seen.features.abs().max() == 0
    assert (generator.picture(seen.features, seen.alpha, torch.zeros(1, 1, 1)) == 1).all()


def test_weights_sum_to_alpha() -> None:
    generator = torch.Generator().manual_seed(3)
    depths = torch.rand(20, 30, generator=generator).sort(1).values
    raw = 20 * torch.randn(20, 30, generator=generator)
    features, depth, weights = composite(torch.ones(20, 30, 1), raw, depths)
    assert torch.allclose(features[:, 0], weights.sum(1))
    assert (weights >= 0).all()
    assert (weights.sum(1) <= 1 + 1e-6).all()
    lengths = depths.diff(dim=1)
    sigma = torch.nn.functional.softplus((raw[:, 1:] + raw[:, :-1]) / 2 - 1)
    assert torch.allclose(1 - torch.exp(-(sigma * lengths).sum(1)), weights.sum(1), atol=1e-5)
    assert (depth >= depths[:, 0]).all()
    assert (depth <= depths[:, -1]).all()


def test_composite_of_numbers_by_hand() -> None:
    # raw 1 + log(e^s - 1) is density s; two stretches of length one at densities log 2 and log 4
    raw = 1 + torch.log(torch.expm1(torch.tensor([math.log(2), math.log(2), 1e-9])))
    features, depth, weights = composite(
        torch.tensor([[[1.0], [3.0], [5.0]]]), raw[None], torch.tensor([[0.0, 1.0, 2.0]])
    )
    assert weights[0, 0] == pytest.approx(0.5)
    second = float(weights[0, 1])
    assert float(features) == pytest.approx(0.5 * 2 + second * 4)
    assert float(depth) == pytest.approx((0.5 * 0.5 + second * 1.5) / (0.5 + second))


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny, head = TinyGenerator(), tiny_head(1)
    with torch.no_grad():
        whole = march(tiny, head.trigrid, head.camera, 20)
        monkeypatch.setattr(marching, "RAYS_PER_CHUNK", 37)
        monkeypatch.setattr(marching, "POINTS_PER_CHUNK", 101)
        parts = march(tiny, head.trigrid, head.camera, 20)
    for name in ("features", "alpha", "depth"):
        assert torch.allclose(getattr(whole, name), getattr(parts, name), atol=1e-6), name


def test_gradients_do_not_change_the_picture() -> None:
    tiny, head = TinyGenerator(), tiny_head(1)
    planes = trigrid_of(head).planes.clone().requires_grad_()
    seen = march(tiny, Trigrid(planes, trigrid_of(head).axes, head.trigrid.box_side), head.camera, 12, 16, 16)
    with torch.no_grad():
        same = march(tiny, head.trigrid, head.camera, 12, 16, 16)
    # the fast reader's rounding, through a steep density
    assert torch.allclose(seen.features, same.features, atol=1e-3)
    seen.features.sum().backward()
    assert planes.grad is not None
    assert planes.grad.abs().sum() > 0


def test_a_mirrored_head_in_a_mirrored_camera_is_a_mirrored_picture() -> None:
    tiny, head = TinyGenerator(), tiny_head(2)
    planes = trigrid_of(head).planes.clone()
    # planes are (x, y; z), (x, z; y), (y, z; x): x runs along columns, columns and slices
    planes[:2] = planes[:2].flip(-1)
    planes[2] = planes[2].flip(-3)
    mirrored = Trigrid(planes, trigrid_of(head).axes, head.trigrid.box_side)
    camera = Camera.orbit(0.6, 0.2)
    with torch.no_grad():
        first = march(tiny, head.trigrid, camera, 24)
        second = march(tiny, mirrored, camera.mirrored(), 24)
    assert torch.allclose(first.alpha.flip(-1), second.alpha, atol=1e-4)
    assert torch.allclose(first.depth.flip(-1), second.depth, atol=1e-4)


def test_jitter_of_a_seed_is_the_same_jitter() -> None:
    tiny, head = TinyGenerator(), tiny_head(1)
    first, second = (Jitter.random(144, 12, 8, torch.Generator().manual_seed(5)) for _ in range(2))
    with torch.no_grad():
        pictures = [march(tiny, head.trigrid, head.camera, 12, 12, 8, jitter=jitter) for jitter in (first, second)]
        even = march(tiny, head.trigrid, head.camera, 12, 12, 8)
    assert torch.equal(pictures[0].features, pictures[1].features)
    assert not torch.equal(pictures[0].features, even.features)


def test_outside_of_the_region_is_empty() -> None:
    tiny, head = TinyGenerator(), tiny_head(1)
    points = torch.tensor([[0.0, 0.0, 0.0], [0.41, 0.0, 0.0], [0.0, -0.41, 0.0]])
    with torch.no_grad():
        raw, features = field(tiny, head.trigrid, points)
    assert raw[0] > 0
    assert raw[1:].tolist() == [EMPTY, EMPTY]
    assert features[1:].abs().max() == 0


def test_all_points_outside() -> None:
    generator = BallGenerator()
    trigrid = generator.trigrid(generator.mean_latents())
    with torch.no_grad():
        blended, alpha, depth, _ = march_rays(
            generator, trigrid, torch.full((4, 3), 5.0), torch.eye(4, 3), (0.1, 0.2), 8, 8
        )
    assert blended.shape == (4, 3)
    assert alpha.abs().max() == 0
    assert torch.isinf(depth).all()


def test_merged_keeps_values_with_their_depths() -> None:
    depths, doubled = merged(
        (torch.tensor([[1.0, 3.0]]), torch.tensor([[2.0, 0.5]])),
        (torch.tensor([[2.0, 6.0]]), torch.tensor([[4.0, 1.0]])),
    )
    assert depths.tolist() == [[0.5, 1.0, 2.0, 3.0]]
    assert torch.equal(doubled, 2 * depths)


def test_stale_stops_it() -> None:
    tiny, head = TinyGenerator(), tiny_head(1)
    calls = 0

    def stale() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Cancelled

    with torch.no_grad(), pytest.raises(Cancelled):
        march(tiny, head.trigrid, head.camera, 64, stale=stale)
    assert calls == 2
