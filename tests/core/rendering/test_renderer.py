"""The three qualities against one another, through the door that the program uses."""

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.errors import Cancelled
from core.frame import Frame, Quality
from core.grafted_field import GraftedField, Volume
from core.mask import PARTS
from core.rendering.marching import march
from core.rendering.near import march_near
from core.rendering.occupancy import FieldGrid, field_grid
from core.rendering.part_labels import part_labels
from core.rendering.renderer import HeadRenderer
from core.rendering.tracing import Walk, pixel_directions, trace
from tests.core.rendering.balls import RADIUS, BallGenerator, ball_head, nothing
from tests.fakes import TinyGenerator, tiny_head

VIEWS = [Camera.orbit(yaw, pitch) for yaw, pitch in ((0.0, 0.0), (0.8, 0.2), (-1.6, -0.3), (3.1, 0.4))]


@pytest.fixture(scope="module")
def renderer() -> HeadRenderer:
    return HeadRenderer(TinyGenerator(), tiny_head(1))


def overlap(first: Frame, second: Frame) -> float:
    a, b = first.alpha > 0.5, second.alpha > 0.5
    return float((a & b).sum() / (a | b).sum())


def label_agreement(first: Frame, second: Frame) -> float:
    assert first.labels is not None
    assert second.labels is not None
    step = second.labels.shape[0] // first.labels.shape[0]
    other = second.labels[step // 2 :: step, step // 2 :: step]
    both = (first.labels > 0) & (other > 0)
    return float((first.labels == other)[both].mean())


@pytest.mark.parametrize("camera", VIEWS)
def test_near_is_exact_within_its_bound(renderer: HeadRenderer, camera: Camera) -> None:
    tiny, trigrid = renderer.generator, renderer.head.trigrid
    with torch.no_grad():
        exact = march(tiny, trigrid, camera, 64)
        near = march_near(tiny, trigrid, camera, 64, renderer.grid())
        pictures = [tiny.picture(seen.features, seen.alpha, torch.zeros(1, 4, 8)) for seen in (exact, near)]
    off = (pictures[0] - pictures[1]).abs().amax(1).flatten()
    assert off.mean() < 0.002
    assert off.quantile(0.99) < 0.05
    assert off.max() < 0.1
    assert (exact.alpha - near.alpha).abs().mean() < 0.002
    assert near.alpha[exact.alpha > 0.99].min() > 0.95, "the background shines through"
    seen = exact.alpha > 0.9
    assert (exact.depth - near.depth)[seen].abs().quantile(0.99) < 0.01


@pytest.mark.parametrize("camera", VIEWS)
def test_preview_has_the_shape_and_look_of_exact(renderer: HeadRenderer, camera: Camera) -> None:
    exact = HeadRenderer(renderer.generator, renderer.head).render(camera, Quality.EXACT, size_px=128)
    preview = HeadRenderer(renderer.generator, renderer.head)
    preview._grid = renderer.grid()
    frame = preview.render(camera, Quality.PREVIEW, size_px=128)
    assert overlap(frame, exact) > 0.95
    inside = (frame.alpha > 0.9) & (exact.alpha > 0.9)
    off = np.abs(frame.rgb.astype(int) - exact.rgb.astype(int))[inside]
    assert off.mean() < 6
    assert np.quantile(off, 0.98) < 60
    depth = frame.depth[2::4, 2::4]
    both = (depth > 0) & (exact.depth > 0)
    assert np.median(np.abs(depth - exact.depth)[both]) < 0.006
    assert label_agreement(exact, frame) > 0.9
    # white where there is nothing, and no hole inside
    assert (frame.rgb[frame.alpha == 0] == 255).all()
    dark = (frame.alpha[1:-1, 1:-1] < 0.5) & (exact.alpha[1:-1, 1:-1] > 0.999)
    assert dark.mean() < 0.002


def test_previews_take_colours_from_finished_frames(renderer: HeadRenderer) -> None:
    fresh = HeadRenderer(renderer.generator, renderer.head)
    fresh._grid = renderer.grid()
    camera = Camera.orbit(0.1, 0.0)
    before = fresh.render(camera, Quality.PREVIEW, size_px=64)
    exact = fresh.render(Camera.orbit(), Quality.EXACT, size_px=64)
    after = fresh.render(camera, Quality.PREVIEW, size_px=64)
    assert not np.array_equal(before.rgb, after.rgb)
    target = HeadRenderer(renderer.generator, renderer.head).render(camera, Quality.EXACT, size_px=64)
    errors = [np.abs(frame.rgb.astype(int) - target.rgb.astype(int)).mean() for frame in (before, after)]
    assert errors[1] <= errors[0] * 1.05
    assert np.array_equal(before.depth, after.depth)
    assert exact.quality is Quality.EXACT


@pytest.mark.parametrize("quality", list(Quality))
def test_frames(renderer: HeadRenderer, quality: Quality) -> None:
    frame = renderer.render(Camera.orbit(0.3, 0.1), quality, size_px=72)
    assert frame.rgb.shape == (72, 72, 3)
    assert frame.alpha.shape == (72, 72)
    assert 0 <= frame.alpha.min() <= frame.alpha.max() <= 1
    assert frame.quality is quality
    assert frame.labels is not None
    assert frame.depth.shape == frame.labels.shape
    assert ((frame.depth > 0) == (frame.labels > 0)).mean() > 0.98
    assert frame.label_at(0.5, 0.55) != 0
    assert frame.label_at(0.02, 0.02) == 0
    assert 2.3 < frame.depth_at(0.5, 0.55) < 2.7


@pytest.mark.parametrize("quality", [Quality.NEAR, Quality.EXACT])
def test_the_same_camera_gives_the_same_frame(renderer: HeadRenderer, quality: Quality) -> None:
    frames = [renderer.render(VIEWS[1], quality) for _ in range(2)]
    assert np.array_equal(frames[0].rgb, frames[1].rgb)
    assert np.array_equal(frames[0].depth, frames[1].depth)
    assert frames[0].rgb.shape[0] == renderer.generator.info.picture_px


@pytest.mark.parametrize("quality", list(Quality))
def test_empty_space_is_white_at_every_quality(quality: Quality) -> None:
    generator = BallGenerator(nothing)
    frame = HeadRenderer(generator, ball_head(generator)).render(Camera.orbit(), quality, size_px=32)
    assert (frame.rgb == 255).all()
    assert frame.alpha.max() == 0
    assert frame.depth.max() == 0
    assert frame.labels is None


@pytest.mark.parametrize("quality", list(Quality))
def test_looking_away_sees_nothing(renderer: HeadRenderer, quality: Quality) -> None:
    frame = renderer.render(Camera.orbit(0.0, 0.0, target=(3.0, 0.0, 0.0)), quality, size_px=32)
    assert (frame.rgb == 255).all()


@pytest.mark.parametrize("quality", [Quality.NEAR, Quality.EXACT])
def test_a_frame_no_longer_wanted_is_dropped(quality: Quality) -> None:
    calls = 0

    def stale() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled

    fresh = HeadRenderer(TinyGenerator(), tiny_head(1))
    with pytest.raises(Cancelled):
        fresh.render(Camera.orbit(), quality, stale=stale)
    assert fresh.render(Camera.orbit(), quality).alpha.max() > 0.9


def test_a_ball_on_the_grid() -> None:
    generator = BallGenerator()
    with torch.no_grad():
        grid = field_grid(generator, generator.trigrid(generator.mean_latents()), part_labels)
    at = torch.tensor([[0.0, 0.0, RADIUS - 0.01], [0.0, RADIUS + 0.01, 0.0], [0.5, 0.0, 0.0]])
    inside, outside, away = grid.density_at(at).tolist()
    assert inside > 20
    assert outside < 1e-3
    assert away == 0
    surface = torch.nn.functional.normalize(torch.randn(50, 3, generator=torch.Generator().manual_seed(2)), dim=1)
    assert (grid.colour_at(surface * RADIUS) - (surface * RADIUS / 0.8 + 0.5)).abs().max() < 0.02
    assert grid.label_at(at) is None


def test_a_grid_over_another_one_is_the_same_as_without_it() -> None:
    tiny, base, other = TinyGenerator(), tiny_head(1).trigrid, tiny_head(2).trigrid
    weights = torch.zeros(9, 9, 9)
    weights[:, 5:, :] = 1
    half = tuple(min(side, tiny.info.box_side / 2) for side in (0.5, 0.5, 0.5))
    edited = GraftedField(base, other, Volume(weights, half), strength=0.7)  # type: ignore[arg-type]
    asked = 0

    class Counting(TinyGenerator):
        def decode(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            nonlocal asked
            asked += len(features)
            return super().decode(features)

    with torch.no_grad():
        below = field_grid(tiny, base, part_labels)
        quick = field_grid(Counting(), edited, part_labels, below=below)
        few, asked = asked, 0
        whole = field_grid(Counting(), edited, part_labels)
    assert few < 0.8 * asked
    torch.testing.assert_close(quick.sigma, whole.sigma)
    torch.testing.assert_close(quick.colour, whole.colour)
    assert quick.labels is not None
    assert whole.labels is not None
    assert torch.equal(quick.labels, whole.labels)


def test_traced_rays_meet_a_ball_where_it_is() -> None:
    generator = BallGenerator()
    with torch.no_grad():
        grid = field_grid(generator, generator.trigrid(generator.mean_latents()), part_labels)
        camera = Camera.orbit(0.7, -0.4)
        hits = trace(grid, camera, 64)
        directions, _ = pixel_directions(camera, 64)
    origin = torch.from_numpy(camera.position.copy()).float()
    along = -(directions @ origin)
    off_axis = (origin.square().sum() - along.square()).sqrt()
    expected = along - (RADIUS**2 - off_axis.square()).clamp(min=0).sqrt()
    inner = off_axis < 0.8 * RADIUS
    assert (hits.depth - expected)[inner].abs().max() < 0.008
    assert (hits.alpha[off_axis < RADIUS - 0.02] == 1).all()
    assert (hits.alpha[off_axis > RADIUS + 0.02] < 0.1).all()


def test_fog_is_met_where_half_of_it_lies_in_front() -> None:
    sigma = torch.zeros(17, 17, 17)
    sigma[2:15, 2:15, 2:15] = 1.0
    grid = FieldGrid(sigma, torch.ones(4, 17, 17, 17), None, (0.4, 0.4, 0.4))
    camera = Camera.orbit()
    walk = Walk(grid, camera)
    ray = torch.tensor([[0.0, 0.0, -1.0]])
    hits = walk.until(ray, torch.tensor([2.2]), torch.tensor([3.2]))
    # 12 cells of 0.05 at density one and two half ones
    assert float(hits.alpha) == pytest.approx(1 - np.exp(-0.65), abs=0.03)
    assert 2.5 < float(hits.depth) < 2.7


def test_labels_are_indices_of_parts(renderer: HeadRenderer) -> None:
    frame = renderer.render(Camera.orbit(), Quality.NEAR)
    assert frame.labels is not None
    found = {PARTS[index] for index in np.unique(frame.labels)}
    assert {"background", "skin", "hair"} <= found


def test_previews_ask_no_network(renderer: HeadRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is why they are quick."""
    first = renderer.render(Camera.orbit(), Quality.PREVIEW)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a preview asked the generator")

    for name in ("decode", "picture", "label_logits"):
        monkeypatch.setattr(type(renderer.generator), name, never)
    for step in range(3):
        moved = renderer.render(Camera.orbit(0.1 * step), Quality.PREVIEW, size_px=256)
        assert (moved.alpha > 0.5).mean() == pytest.approx((first.alpha > 0.5).mean(), rel=0.3)
