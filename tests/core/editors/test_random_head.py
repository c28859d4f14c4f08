"""Random heads: the same for a seed, without wisps and without what floats, and otherwise what the generator drew."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.editors.random_head import drawn_head, face_detail_of, random_head, random_latents, settled
from core.editors.tidying import fragments, stubs, wisps
from core.evaluation.samples import floaters
from core.frame import Quality
from core.generators import load
from core.grafted_field import RemappedField
from core.mask import PARTS
from core.rendering.occupancy import FieldGrid, field_grid
from core.rendering.part_labels import part_labels
from core.rendering.renderer import HeadRenderer
from core.warped_field import WarpedField
from tests.fakes import TinyGenerator


def test_a_seed_is_a_head() -> None:
    tiny, points = TinyGenerator(), (torch.rand(500, 3) - 0.5) * 0.7
    one, same, other = (random_head(tiny, seed) for seed in (3, 3, 4))
    assert torch.equal(one.latents, same.latents)
    assert torch.equal(one.trigrid.sample(points), same.trigrid.sample(points))
    assert not torch.equal(one.latents, other.latents)


def test_a_tidy_head_looks_as_it_did() -> None:
    tiny = TinyGenerator()
    tidy = replace(random_head(tiny, 3), strands=None)
    drawn = replace(tidy, trigrid=tiny.trigrid(tidy.latents))
    before, after = (HeadRenderer(tiny, head).render(tidy.camera, Quality.EXACT) for head in (drawn, tidy))
    difference = np.abs(before.rgb.astype(int) - after.rgb).max(axis=2)
    assert difference.mean() < 2
    assert (difference > 40).mean() < 0.01


def test_a_seed_with_floating_hair_loses_it_and_keeps_the_rest() -> None:
    mini = load("mini")
    with torch.no_grad():
        head = random_head(mini, 22)
        before = field_grid(mini, mini.trigrid(head.latents), part_labels)
        assert isinstance(head.trigrid, WarpedField)  # it has a mood
        after = field_grid(mini, head.trigrid.base, part_labels)
    assert isinstance(head.trigrid.base, RemappedField)
    assert sum(floaters(before)) > 5
    assert not floaters(after)
    assert not fragments(after).any()
    # its glasses are shapes
    assert head.eyewear is not None
    assert wisps(after).sum() < wisps(before).sum() / 4
    solid = before.sigma > 100
    assert (after.sigma[solid] > 50).float().mean() > 0.98


def test_a_seed_with_hair_in_patches_is_bald() -> None:
    mini = load("mini")
    drawn = drawn_head(mini, 41)
    shares = []
    for field in (drawn.trigrid, settled(mini, drawn).trigrid):
        grid = field_grid(mini, field, part_labels)
        assert grid.labels is not None
        upper = grid.labels[:, grid.labels.shape[1] // 2 :][grid.sigma[:, grid.labels.shape[1] // 2 :] > 30]
        shares.append(float((upper == PARTS.index("hair")).float().mean()))
    assert shares[0] > 0.03
    assert shares[1] < 0.002


def test_who_draws_a_random_head_need_not_look_at_it_again() -> None:
    mini = load("mini")
    head = random_head(mini, 4)
    kept = HeadRenderer(mini, head).known_grid
    assert kept is not None
    with torch.no_grad():
        anew = field_grid(mini, head.trigrid, part_labels)
    assert kept.labels is not None
    assert anew.labels is not None
    both = kept.known & anew.known
    assert both.sum() > 0.9 * anew.known.sum()
    assert (kept.labels == anew.labels)[both].float().mean() > 0.97
    solid, again = kept.sigma > 60, anew.sigma > 60
    assert (solid & again).sum() > 0.95 * (solid | again).sum(), "most of both is air"


def test_eyes_go_from_one_colour_to_the_other_between_heads() -> None:
    tiny = TinyGenerator()
    one, other = (random_latents(tiny, seed) for seed in (1, 2))
    path = [face_detail_of(tiny, torch.lerp(one, other, share)).iris for share in torch.linspace(0, 1, 9).tolist()]
    assert face_detail_of(tiny, one).iris == path[0]
    assert max(abs(a - b) for a, b in itertools.pairwise(path)) < 0.35
    assert random_head(tiny, 1).face == face_detail_of(tiny, one, 1)


@pytest.mark.parametrize(("thread", "part", "goes"), [(1, "hair", True), (7, "hair", False), (1, "ears", False)])
def test_lumps_of_hair_that_hang_by_a_thread_go(thread: int, part: str, goes: bool) -> None:
    sigma = torch.zeros(48, 48, 48)
    sigma[4:20] = 100.0
    sigma[20:30, 24 : 24 + thread, 24 : 24 + thread] = 100.0
    sigma[30:38, 22:31, 22:31] = 100.0
    labels = torch.full(sigma.shape, PARTS.index(part), dtype=torch.uint8)
    found = stubs(FieldGrid(sigma, torch.zeros(4, 48, 48, 48), labels, (0.35, 0.35, 0.35)))
    assert bool(found[34, 26, 26]) == goes
    assert not found[:20].any()


def test_under_large_glasses_hardly_anything_of_them_is_left() -> None:
    mini = load("mini")
    with torch.no_grad():
        drawn, settled = (make(mini, 19) for make in (drawn_head, random_head))
        assert settled.eyewear is not None
        grids = [field_grid(mini, field, part_labels) for field in (drawn.trigrid, mini.trigrid(settled.latents))]
    worn, left = (int((grid.labels == PARTS.index("glasses")).sum()) for grid in grids if grid.labels is not None)
    assert left < 0.2 * worn
