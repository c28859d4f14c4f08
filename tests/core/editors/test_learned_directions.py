"""Directions that are learned point where the groups differ, and nowhere that known sliders go."""

from pathlib import Path

import pytest
import torch

from core.editors.attributes import Sliders
from core.editors.kept_directions import FOLDER, forget, keep, kept
from core.editors.learned_directions import (
    hinge_plane,
    learned_from_groups,
    principal_directions,
    random_latents,
)
from core.errors import VoltefaceError
from tests.fakes import TinyGenerator

SIZE = 12


def _random(count: int, seed: int = 0) -> torch.Tensor:
    spread = torch.linspace(3.0, 0.5, SIZE)
    return torch.randn(count, SIZE, generator=torch.Generator().manual_seed(seed)) * spread + 1.0


def _groups(axis: int = 4, count: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    latents = _random(count * 4, seed=5)
    order = latents[:, axis].argsort()
    return latents[order[-count:]], latents[order[:count]]


def _cosine(first: torch.Tensor, second: torch.Tensor) -> float:
    return float(first @ second / (first.norm() * second.norm()))


def test_the_plane_of_separable_latents_leaves_each_on_its_side_with_the_widest_margin() -> None:
    latents = torch.tensor([[1.0, 0.0], [3.0, 1.0], [-1.0, 0.0], [-2.0, -3.0]])
    signs = torch.tensor([1.0, 1.0, -1.0, -1.0])
    normal, offset = hinge_plane(latents, signs, cost=100.0)
    margins = signs * (latents @ normal + offset)
    assert float(margins.min()) == pytest.approx(1.0, abs=0.02)
    # support vectors are (1, 0) and (-1, 0): the plane stands upright between them
    assert _cosine(normal, torch.tensor([1.0, 0.0])) > 0.999
    assert abs(offset) < 0.01


def test_the_slider_points_where_the_groups_differ_by_one_deviation_of_random_heads() -> None:
    random = _random(2000)
    direction = learned_from_groups("big", "small .. big", *_groups(axis=4), random)
    vector = torch.tensor(direction.vector)
    axis = torch.zeros(SIZE)
    axis[4] = 1.0
    assert _cosine(vector, axis) > 0.7
    assert direction.accuracy > 0.9
    along = (random - random.mean(0)) @ (vector / vector.norm())
    assert float(vector.norm()) == pytest.approx(float(along.std()), rel=1e-4)


def test_what_known_sliders_do_is_left_out() -> None:
    known = torch.zeros(2, SIZE)
    known[0, 3], known[1, 3], known[1, 5] = 1.0, 1.0, 2.0
    direction = learned_from_groups("big", "small .. big", *_groups(), _random(2000), known)
    assert (known @ torch.tensor(direction.vector)).abs().max() < 1e-5
    for one in principal_directions(_random(2000), 3, known):
        assert (known @ torch.tensor(one.vector)).abs().max() < 1e-4


def test_components_are_orthogonal_and_the_first_varies_most() -> None:
    found = principal_directions(_random(4000), 4)
    vectors = torch.tensor([one.vector for one in found])
    products = vectors @ vectors.T
    assert (products - products.diagonal().diag()).abs().max() < 1e-2
    assert [one.accuracy for one in found] == sorted((one.accuracy for one in found), reverse=True)
    assert vectors.norm(dim=1).tolist() == pytest.approx([3.0, 2.77, 2.55, 2.32], rel=0.1)
    with pytest.raises(VoltefaceError, match="components can be found"):
        principal_directions(_random(50), SIZE + 1)


def test_groups_that_say_nothing_are_refused() -> None:
    random = _random(2000)
    with pytest.raises(VoltefaceError, match="too few"):
        learned_from_groups("big", "t", random[:3], random[3:9], random)
    with pytest.raises(VoltefaceError, match="hardly differ"):
        learned_from_groups("big", "t", random[:60], random[60:120], random)
    with pytest.raises(VoltefaceError, match="no name"):
        learned_from_groups("../big", "t", *_groups(), random)


def test_what_was_learned_is_a_slider_until_it_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLTEFACE_MODELS", str(tmp_path))
    tiny = TinyGenerator()
    with pytest.raises(VoltefaceError, match="knows no attributes"):
        Sliders.of(tiny)
    (component,) = principal_directions(random_latents(tiny, 64), 1)
    keep(component, tiny.info.name, tmp_path)
    sliders = Sliders.of(tiny)
    assert sliders.names == ("component-1",)
    latents = tiny.mean_latents()
    moved = sliders.applied(latents, {"component-1": 2.0}) - latents
    torch.testing.assert_close(moved, (2 * torch.tensor(component.vector)).expand_as(latents))
    far = sliders.applied(latents, {"component-1": 99.0})
    torch.testing.assert_close(far, sliders.applied(latents, {"component-1": 3.0}))
    (tmp_path / FOLDER / tiny.info.name / "broken.json").write_text("{", encoding="utf-8")
    assert kept(tiny.info.name, tiny.info.latent_size, tmp_path) == (component,)
    forget("component-1", tiny.info.name, tmp_path)
    with pytest.raises(VoltefaceError, match="was learned"):
        forget("component-1", tiny.info.name, tmp_path)
