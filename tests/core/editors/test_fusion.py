"""Localising, masking and fusing: what must hold of any part and any trigrid."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from core.camera import Camera
from core.editors.fuse import (
    COMPANIONS,
    final_fusion,
    guided_fusion,
    implicit_fusion,
    manual_fusion,
    shares_of,
    source_mask,
)
from core.editors.localize import (
    ALL_ROUND_VIEWS,
    PUBLISHED_VIEWS,
    Looks,
    cameras_of_views,
    gradient_of_part,
    labelled_pixels,
    mean_gradient,
)
from core.editors.plane_masks import (
    EDGES,
    GradientMasking,
    MaskEdges,
    blurred,
    edges_of,
    grown_and_shrunk,
    mask_from_gradient,
)
from core.editors.visible_mix import mixed, visible_patches, visited_cells
from core.mask import PARTS
from core.trigrid import PlaneAxes, Trigrid
from tests.fakes import TinyGenerator, tiny_head

SIDE = 32
SMALL = MaskEdges(3, 5, 1.0)
SHAPES = [((3, 6, 1, SIDE, SIDE), PlaneAxes.EG3D), ((3, 6, 3, SIDE, SIDE), PlaneAxes.PANOHEAD)]


def trigrid(seed: int, shape: tuple[int, ...] = SHAPES[1][0], axes: PlaneAxes = PlaneAxes.PANOHEAD) -> Trigrid:
    return Trigrid(torch.randn(shape, generator=torch.Generator().manual_seed(seed)), axes)


def tiny_trigrid() -> Trigrid:
    return TinyGenerator().trigrid(TinyGenerator().mean_latents())


def disc(layers: int = 3) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    return ((rows - 14) ** 2 + (columns - 17) ** 2 < 64).float().expand(3, 1, layers, SIDE, SIDE)


@pytest.mark.parametrize("part", [*EDGES, "beard"])
@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_fusion_of_equal_trigrids_is_that_trigrid(part: str, shape: tuple[int, ...], axes: PlaneAxes) -> None:
    same = trigrid(0, shape, axes)
    shares = shares_of(part, disc(shape[2]), SMALL)
    assert torch.allclose(final_fusion(shares, same, same, same, same).planes, same.planes, atol=1e-5)


@pytest.mark.parametrize("part", [*EDGES, "beard"])
def test_shares_add_up_to_one(part: str) -> None:
    shares = shares_of(part, disc(), SMALL)
    total = shares.source + shares.implicit + shares.target + shares.manual
    assert torch.allclose(total, torch.ones_like(total), atol=1e-5)


@pytest.mark.parametrize("part", [*EDGES, "beard"])
def test_an_empty_mask_changes_nothing(part: str) -> None:
    source, implicit, target = (trigrid(seed) for seed in range(3))
    nothing = torch.zeros_like(disc())
    manual = manual_fusion(source, target, nothing)
    assert torch.equal(manual.planes, target.planes)
    assert torch.equal(guided_fusion(source, implicit, target, nothing).planes, target.planes)
    fused = final_fusion(shares_of(part, nothing, SMALL), source, implicit, target, manual)
    assert torch.allclose(fused.planes, target.planes, atol=1e-5)


def test_masks_of_parts_with_a_companion_leave_it_out() -> None:
    mask, other = disc(), 1 - disc()
    assert torch.equal(source_mask("eyes", mask), mask)
    assert torch.equal(source_mask("nose", mask, mask), torch.zeros_like(mask))
    # hair: the source is the wearer, who is kept where neither has hair
    assert torch.equal(source_mask("hair", mask, other), torch.zeros_like(mask))
    assert torch.equal(source_mask("hair", mask, mask), 1 - mask)
    for part in COMPANIONS:
        with pytest.raises(ValueError, match="target"):
            source_mask(part, mask)


def test_grown_holds_the_mask_and_shrunk_lies_in_it() -> None:
    grown, shrunk = grown_and_shrunk(disc(), MaskEdges(5, 1, 1.0))
    assert (grown >= disc()).all()
    assert (shrunk <= disc()).all()
    assert grown.sum() > disc().sum() > shrunk.sum()
    inverse_grown, _ = grown_and_shrunk(1 - disc(), MaskEdges(5, 1, 1.0))
    assert torch.equal(1 - inverse_grown, shrunk)


def test_blur_keeps_the_flat_and_the_sum() -> None:
    flat = torch.full((2, 3, SIDE, SIDE), 0.3)
    assert torch.allclose(blurred(flat, 9, 2.0), flat, atol=1e-6)
    assert blurred(disc(), 9, 2.0).sum() == pytest.approx(float(disc().sum()), rel=1e-4)
    assert torch.equal(blurred(flat, 1, 2.0), flat)
    one_pass, two_passes = blurred(disc(), 5, 1.3), blurred(disc(), 7, 1e-3)
    assert one_pass.shape == disc().shape
    assert torch.allclose(two_passes, disc(), atol=1e-6), "a narrow bell leaves the picture"


def test_edges_follow_the_planes() -> None:
    assert edges_of("hair") == EDGES["hair"]
    half = edges_of("hair", 128)
    assert half.reach_px % 2 == half.blur_px % 2 == 1
    assert half.blur_sigma == EDGES["hair"].blur_sigma / 2
    # a smaller box has more cells in a world unit
    assert edges_of("hair", 128, 0.5) == EDGES["hair"]


@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_masks_follow_the_gradient_in_every_slice(shape: tuple[int, ...], axes: PlaneAxes) -> None:
    del axes
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    # both signs, as gradients have: what nothing moves then lies at the mean
    gradient = 0.001 * noise + disc(shape[2]) * noise.sign()
    mask = mask_from_gradient(gradient)
    assert mask.shape == (3, 1, *shape[2:])
    assert mask.min() >= 0
    assert mask.max() <= 1 + 1e-6
    assert (((mask > 0.5).float() == disc(shape[2])).float().mean()) > 0.9
    assert torch.equal(mask_from_gradient(gradient), mask), "no drawn sigma, no difference"
    alone = mask_from_gradient(gradient, GradientMasking(alone=True))
    assert torch.equal(alone[:1], mask[:1])


def test_no_gradient_is_no_mask() -> None:
    assert mask_from_gradient(torch.zeros(3, 4, 2, SIDE, SIDE)).max() == 0


def test_gradients_of_a_part_point_at_it() -> None:
    generator, head = TinyGenerator(), tiny_trigrid()
    channel = PARTS.index("hair")

    def hair(picture: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        assert picture.shape[-1] == generator.info.picture_px
        logits = generator.label_logits(features.movedim(1, -1))
        assert logits is not None
        mask = labelled_pixels(logits.movedim(-1, 1), (channel,))
        return mask * (features[:, :3].sum(1, keepdim=True) > 0)

    cameras = cameras_of_views(ALL_ROUND_VIEWS[::6])
    gradient = gradient_of_part(generator, head, generator.mean_latents(), hair, Looks(cameras, samples=(12, 0)))
    assert gradient.shape == head.planes.shape
    front = gradient.abs()[0, :, :].sum((0, 1))
    rows = front.sum(1)
    upper, lower = rows[SIDE // 2 :].sum(), rows[: SIDE // 2].sum()
    assert upper > 5 * lower, "hair is above the hairline, and rows grow upwards"


def test_a_part_that_is_not_there_moves_nothing() -> None:
    generator, head = TinyGenerator(), tiny_trigrid()
    cameras = cameras_of_views(PUBLISHED_VIEWS[:1])
    gradient = gradient_of_part(
        generator,
        head,
        generator.mean_latents(),
        lambda picture, features: torch.zeros_like(picture[:, :1]),
        Looks(cameras, samples=(4, 0)),
    )
    assert gradient.abs().max() == 0
    with pytest.raises(ValueError, match="view"):
        mean_gradient(head.planes, [])


def test_implicit_fusion_of_a_head_is_what_the_encoder_makes_of_it() -> None:
    generator, latents = TinyGenerator(), tiny_head(3).latents
    head = generator.trigrid(latents)
    seen: list[torch.Tensor] = []

    def encode(picture: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
        seen.extend((picture, alpha))
        return latents[None]

    implicit = implicit_fusion(generator, head, latents, encode, Camera.orbit())
    assert implicit == head
    assert [one.shape for one in seen] == [(1, 3, 256, 256), (1, 1, 256, 256)]
    assert 0.1 < float(seen[1].mean()) < 0.9


@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_visited_cells_are_those_that_a_point_reads(shape: tuple[int, ...], axes: PlaneAxes) -> None:
    base = trigrid(0, shape, axes)
    points = torch.tensor([[0.11, -0.2, 0.3], [-0.4, 0.35, -0.05]])
    marks = visited_cells(base, points)
    assert 3 <= marks.sum() <= 6
    # light the marked cells: a point in the middle of its cells reads them
    lit = base.with_planes(F.max_pool2d(marks.flatten(0, 2), 3, 1, 1).view_as(marks).expand_as(base.planes))
    assert (lit.sample(points).amin(1) > 0.2).all()
    nowhere = visited_cells(base, torch.zeros(0, 3))
    assert nowhere.sum() == 0


def test_mix_takes_detail_where_it_was_seen() -> None:
    detailed, plain = trigrid(1), trigrid(2)
    marks = disc()
    patches = visible_patches(marks)
    assert patches.min() >= 0
    assert patches.max() <= 1 + 1e-6
    fused = mixed(detailed, plain, patches)
    assert torch.equal(fused.planes[1:], detailed.planes[1:])
    everywhere = mixed(detailed, plain, torch.ones_like(patches), (0, 1, 2))
    assert torch.allclose(everywhere.planes, detailed.planes, atol=1e-6)
    nowhere = mixed(detailed, plain, torch.zeros_like(patches), (0, 1, 2))
    assert torch.equal(nowhere.planes, plain.planes)
