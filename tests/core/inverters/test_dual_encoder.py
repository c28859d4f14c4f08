"""The dual encoder's pieces: lifting, occlusion, stitching, its file, and the inverter as a whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.errors import CheckpointError, InversionError
from core.head import Head
from core.inverters.dual_branches import Branches, load_branches, save_branches
from core.inverters.dual_encoder import DualEncoder, photo_and_mask
from core.inverters.first_look import FirstLook, first_look, spread_depth
from core.inverters.lifting import (
    Filling,
    SeenSurface,
    Splat,
    feature_slopes,
    inverse_3x3,
    logit_change,
    seen_surface,
    view_rays,
)
from core.inverters.occlusion import hidden_cells, stitched
from core.inverters.offset_encoder import OffsetEncoder, OffsetEncoderConfig, lifted
from core.progress import Progress, silent
from core.resizing import sized
from core.trigrid import Trigrid
from tests.core.inverters.portraits import portrait
from tests.fakes import CHANNELS, DEPTH, TinyGenerator, tiny_head, trigrid_of

if TYPE_CHECKING:
    from pathlib import Path


RADIUS = 0.25


def sphere_seen(camera: Camera, side: int = 96) -> SeenSurface:
    """The surface of a sphere about the origin."""
    origin, directions = view_rays(camera, side)
    along = -(origin * directions).sum(1, keepdim=True)
    reach = RADIUS**2 - (origin.square().sum(1, keepdim=True) - along.square())
    alpha = (reach > 0).float()
    return seen_surface(along - reach.clamp(min=0).sqrt(), alpha, camera)


def empty_planes(side: int = 64) -> Trigrid:
    return Trigrid(torch.zeros(3, 2, 3, side, side), box_side=0.8)


def test_a_view_knows_points_and_normals_of_a_sphere() -> None:
    seen = sphere_seen(Camera.orbit(0.4, 0.2))
    inner = (seen.alpha[0, 0] > 0) & (seen.facing[0, 0] > 0.6)
    points, normals = seen.points[0, :, inner].T, seen.normals[0, :, inner].T
    assert torch.allclose(points.norm(dim=1), torch.tensor(RADIUS), atol=1e-3)
    assert float((normals * torch.nn.functional.normalize(points, dim=1)).sum(1).min()) > 0.9


def test_the_mask_marks_the_visible_cells_of_a_sphere() -> None:
    trigrid = empty_planes()
    hidden = hidden_cells(trigrid, sphere_seen(Camera.orbit()))
    assert hidden.shape == (3, 1, 3, 64, 64)

    def read(*point: float) -> float:
        marked = trigrid.with_planes(hidden.expand(3, 2, 3, 64, 64).contiguous())
        return float(marked.sample(torch.tensor([point]))[0, 0])

    front, back, above = read(0, 0, RADIUS), read(0, 0, -RADIUS), hidden[0, 0, :, 2, 32]
    assert front < 0.25
    assert back > 0.75
    assert bool((above == 1).all())  # beyond the sphere nothing is seen
    # the other side is seen from the other side
    turned = hidden_cells(trigrid, sphere_seen(Camera.orbit(math.pi)))
    assert torch.allclose(turned[0, 0].flip(0), hidden[0, 0].flip(-1), atol=0.3)


def test_stitching_keeps_the_faithful_planes_where_they_were_seen() -> None:
    hidden = hidden_cells(empty_planes(), sphere_seen(Camera.orbit()))
    faithful, natural = (torch.full((3, 2, 3, 64, 64), value) for value in (1.0, 2.0))
    together = stitched(faithful, natural, hidden)
    expanded = hidden.expand_as(together)
    assert bool((together[expanded == 0] == 1).all())
    assert bool((together[expanded == 1] == 2).all())
    assert torch.allclose(together, (1 - expanded) * 1 + expanded * 2)


def test_what_is_spread_comes_back_at_the_surface() -> None:
    trigrid, surface = empty_planes(), sphere_seen(Camera.orbit(0.3), 128)
    splat = Splat.of(trigrid, surface)
    wanted = torch.tensor([0.7, -0.2])
    sums = splat.spread(wanted.expand(128 * 128, 2))
    means = splat.filling().means(sums).unflatten(0, (3, 3)).transpose(1, 2)
    inner = (surface.alpha[0, 0] > 0) & (surface.facing[0, 0] > 0.6)
    found = trigrid.with_planes(means.contiguous()).sample(surface.points[0, :, inner].T)
    assert float((found.mean(0) - wanted).abs().max()) < 0.07
    assert float(found.std(0).max()) < 0.2
    # and hardly touches the other side
    behind = trigrid.with_planes(means.contiguous()).sample(-surface.points[0, :, inner].T)
    assert float(behind.abs().mean()) < 0.25 * float(found.abs().mean())


def test_filling_keeps_what_is_known_and_closes_gaps() -> None:
    weight = torch.zeros(1, 1, 64, 64)
    weight[..., ::2] = 1
    values = torch.rand(1, 3, 64, 64)
    means = Filling.of(weight).means(values * weight)
    assert torch.allclose(means[..., ::2], values[..., ::2], atol=1e-5)
    assert float(means[..., 1::2].mean()) == pytest.approx(0.5, abs=0.05)


def test_slopes_change_the_colour_and_leave_the_density() -> None:
    torch.manual_seed(0)
    generator, head = TinyGenerator(), tiny_head()
    trigrid = trigrid_of(head)
    points = torch.tensor([[0.02, -0.04, 0.158], [0.0, 0.1, 0.15], [-0.06, -0.06, 0.13]])
    slopes = feature_slopes(generator, trigrid, points)
    features = trigrid.sample(points)
    raw, decoded = generator.decode(features)
    colours = generator.colours(decoded)
    wanted = (colours + torch.tensor([0.05, -0.04, 0.03])).clamp(0.05, 0.95)
    moved = features + (slopes.colour @ logit_change(colours, wanted)[..., None])[..., 0]
    raw_after, decoded_after = generator.decode(moved)
    before = (colours - wanted).abs().mean()
    assert float((generator.colours(decoded_after) - wanted).abs().mean()) < 0.5 * float(before)
    assert float((raw_after - raw).abs().max()) < 1.0


def test_small_inverses() -> None:
    matrix = torch.randn(5, 3, 3, generator=torch.Generator().manual_seed(3)) + 2 * torch.eye(3)
    assert torch.allclose(inverse_3x3(matrix) @ matrix, torch.eye(3).expand(5, 3, 3), atol=1e-4)


def test_depth_spreads_into_holes() -> None:
    alpha = torch.zeros(1, 1, 16, 16)
    alpha[..., 4:12, 4:12] = 1
    depth = spread_depth(2.5 * alpha, alpha)
    assert torch.allclose(depth, torch.full_like(depth, 2.5))
    assert torch.equal(spread_depth(alpha * 0, alpha * 0), alpha * 0)


def _look() -> tuple[TinyGenerator, Trigrid, Camera, FirstLook]:
    generator, camera = TinyGenerator(), Camera.orbit(0.2)
    trigrid = generator.trigrid(generator.mean_latents())
    photo, mask = photo_and_mask(portrait(generator, generator.mean_latents(), camera))
    return generator, trigrid, camera, first_look(generator, trigrid, camera, photo, mask)


def test_clothes_where_the_head_has_none_are_not_believed() -> None:
    """A collar beside the neck is neither laid on the neck nor built up in the air."""
    generator, camera = TinyGenerator(), Camera.orbit(0.2)
    trigrid = generator.trigrid(generator.mean_latents())
    white, person = torch.ones(1, 3, 256, 256), torch.ones(1, 1, 256, 256)
    left = (torch.arange(256) < 100).float().expand(1, 1, 256, -1)
    look = first_look(generator, trigrid, camera, white * 0, person, clothes=left)
    own = first_look(generator, trigrid, camera, white * 0, person)
    bare = sized(1 - own.alpha, 256) > 0.99
    assert float(look.mask[bare & (left > 0)].max()) < 0.02, "beside the head the photo is taken to show nothing"
    assert float(look.photo[:, :1][bare & (left > 0)].min()) > 0.98
    assert torch.equal(look.photo[..., 110:], own.photo[..., 110:]), "elsewhere it is believed"


def test_an_untrained_branch_lays_the_photo_on_and_learns() -> None:
    generator, trigrid, camera, look = _look()
    config = OffsetEncoderConfig(CHANNELS, DEPTH, (8, 8), 16, (8, 8))
    torch.manual_seed(0)
    branch = OffsetEncoder(config)
    known = lifted(generator, trigrid, camera, look, 16)
    offset = branch(known, 32)
    assert offset.shape == trigrid.planes.shape
    same = FirstLook(
        look.drawn.repeat_interleave(2, 2).repeat_interleave(2, 3), look.mask, *list(vars(look).values())[2:]
    )
    nothing = branch(lifted(generator, trigrid, camera, same, 16), 32)
    assert float(nothing.detach().abs().max()) < 1e-4  # where photo and drawing agree there is nothing to add
    offset.square().mean().backward()
    assert branch.gain.grad is not None
    assert float(branch.gain.grad.abs()) > 0


@pytest.mark.parametrize("seed", [1, 2])
def test_one_pass_brings_the_photo_nearer(seed: int) -> None:
    generator = TinyGenerator()
    noise = torch.randn(1, 16, generator=torch.Generator().manual_seed(seed))
    latents = generator.latents(noise, truncation=2.0)[0]
    alignment = portrait(generator, latents, Camera.orbit(0.15))
    told: list[Progress] = []
    head = DualEncoder().invert(alignment, generator, told.append)
    assert [progress.step for progress in told] == [0, 1, 2, 3]
    assert all(isinstance(told[step].result, Head) for step in (1, 3))
    assert told[-1].result is head
    assert told[-1].preview is not None
    assert head.method == "dual"
    assert head.visibility is not None
    first = told[1].result
    assert isinstance(first, Head)
    planes = trigrid_of(head).planes
    assert torch.allclose(trigrid_of(first).planes + head.delta["trigrid"], planes, atol=1e-5)
    photo, _ = photo_and_mask(alignment)
    wanted = torch.nn.functional.interpolate(photo, (128, 128), mode="bilinear", antialias=True)
    off = []
    for known in (first, head):
        look = first_look(generator, trigrid_of(known), known.camera, photo, photo[:, :1])
        off.append(float(((look.drawn - wanted).abs() * look.alpha).mean()))
    assert off[1] < 0.7 * off[0]


def test_the_same_photo_gives_the_same_head() -> None:
    generator = TinyGenerator()
    alignment = portrait(generator, generator.mean_latents(), Camera.orbit())
    a, b = (DualEncoder().invert(alignment, generator, silent) for _ in range(2))
    assert a == b


def test_ways_to_stitch_differ() -> None:
    generator = TinyGenerator()
    trigrid = generator.trigrid(generator.mean_latents())
    torch.manual_seed(0)
    config = OffsetEncoderConfig(CHANNELS, DEPTH, (8, 8), 16, (8, 8))
    pair = Branches(OffsetEncoder(config), OffsetEncoder(config))
    with torch.no_grad():
        for part in pair.natural.depart:
            part.bias.fill_(0.02)  # type: ignore[operator]
    noise = torch.randn(1, 16, generator=torch.Generator().manual_seed(4))
    alignment = portrait(generator, generator.latents(noise, 1.0)[0], Camera.orbit())
    found = {
        name: trigrid_of(DualEncoder(pair, name).invert(alignment, generator, silent)).planes
        for name in ("dual", "stitched", "faithful", "natural", "first stage")
    }
    assert torch.equal(found["first stage"], trigrid.planes)
    assert float((found["natural"] - found["faithful"]).mean()) == pytest.approx(0.02, abs=1e-3)
    between = found["stitched"] - found["faithful"]
    assert float(between.min()) > -1e-4
    assert float(between.max()) < 0.021
    assert not torch.equal(found["dual"], found["stitched"])


def test_a_photo_without_a_person_is_refused() -> None:
    generator = TinyGenerator()
    alignment = portrait(generator, generator.mean_latents(), Camera.orbit())
    object.__setattr__(alignment, "mask", np.zeros_like(alignment.mask))
    with pytest.raises(InversionError, match="could not be told"):
        DualEncoder().invert(alignment, generator, silent)


def test_the_file_of_branches(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = OffsetEncoderConfig(4, 3, (8, 8), 16, (8, 8))
    save_branches(Branches(OffsetEncoder(config), OffsetEncoder(config), "abc"), tmp_path / "d.safetensors")
    again = load_branches(tmp_path / "d.safetensors")
    assert again.faithful.config == config
    assert again.generator == "abc"
    assert not again.fits(TinyGenerator())
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="could not be read"):
        load_branches(tmp_path / "bad.safetensors")


def test_branches_of_another_generator_are_refused() -> None:
    generator = TinyGenerator()
    config = OffsetEncoderConfig(CHANNELS, DEPTH, (8, 8), 16, (8, 8))
    others = Branches(OffsetEncoder(config), OffsetEncoder(config), "another")
    alignment = portrait(generator, generator.mean_latents(), Camera.orbit())
    with pytest.raises(CheckpointError, match="another head model than Ellipsoid"):
        DualEncoder(others).invert(alignment, generator, silent)
