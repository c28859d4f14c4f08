"""The first guess: its file, its decisions, and that the fit of `core.training.encoder` finds what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.errors import CheckpointError
from core.generators.mini_prior import AttributeNames, LatentPrior
from core.inverters.first_guess import first_guess, load_guesser, photo_features
from core.training.encoder import Pairs, collect, fit, save, spoilt
from tests.fakes import TinyGenerator

if TYPE_CHECKING:
    from pathlib import Path

NAMES = AttributeNames(("age", "hair/short", "hair/long", "glasses"), ((1, 3),))
CODE = 5


def _prior() -> LatentPrior:
    prior = LatentPrior(NAMES, CODE)
    prior.scale.fill_(1)
    prior.weight.copy_(torch.randn(CODE, 4, generator=torch.Generator().manual_seed(1)))
    return prior


def _pairs(rows: int = 300) -> Pairs:
    generator = torch.Generator().manual_seed(0)
    attributes = torch.rand(rows, 4, generator=generator)
    mixing = torch.randn(4, 20, generator=generator)
    return Pairs(attributes @ mixing, attributes, torch.arange(rows))


def test_the_fit_finds_an_affine_relation() -> None:
    pairs = _pairs()
    guesser, left = fit(pairs, torch.arange(300) % 5 == 0, _prior())
    assert min(left.values()) < 0.05
    assert (guesser.attributes(pairs.features) - pairs.attributes).abs().mean() < 0.1


def test_decisions_are_plausible() -> None:
    guesser, _ = fit(_pairs(), torch.arange(300) % 5 == 0, _prior())
    decided = guesser.decided(torch.tensor([[0.3, 0.6, 0.3, 0.7], [0.3, 0.2, 0.5, 0.1]]))
    assert decided[:, 0].tolist() == pytest.approx([0.3, 0.3])
    assert decided[:, 1:3].sum(dim=1).tolist() == pytest.approx([1, 1])
    assert decided[0, 1] > 0.9
    assert decided[1, 2] > 0.9
    assert decided[:, 3].tolist() == [1, 0]


def test_the_file_goes_there_and_back(tmp_path: Path) -> None:
    guesser, _ = fit(_pairs(), torch.arange(300) % 5 == 0, _prior())
    save(guesser, tmp_path / "guess.safetensors")
    read = load_guesser(tmp_path / "guess.safetensors")
    features = _pairs().features[:7]
    assert torch.allclose(read.codes(features), guesser.codes(features), atol=0.05)


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "guess.safetensors"
    path.write_bytes(b"not tensors")
    with pytest.raises(CheckpointError):
        load_guesser(path)


def test_without_a_guesser_it_is_the_mean_head() -> None:
    tiny = TinyGenerator()
    rgb, mask = torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
    assert torch.equal(first_guess(rgb, mask, (0.1, 0.0), tiny), tiny.mean_latents())


def test_pictures_are_spoilt_within_bounds_and_repeatably() -> None:
    rgb = np.full((64, 64, 3), 128, np.uint8)
    person = np.zeros((64, 64), bool)
    person[16:48, 16:48] = True
    picture, mask = spoilt(rgb, person, np.random.default_rng(3))
    again, _ = spoilt(rgb, person, np.random.default_rng(3))
    assert np.array_equal(picture, again)
    assert 0 <= picture.min() <= picture.max() <= 1
    assert picture[0, 0] == pytest.approx([1, 1, 1], abs=0.05)
    assert mask[32, 32] > 0.9


def test_only_frontal_views_are_collected(tmp_path: Path) -> None:
    cameras = [Camera.orbit(yaw) for yaw in (0.0, 0.5, 3.1)]
    rng = np.random.default_rng(0)
    np.save(tmp_path / "rgb.npy", rng.integers(0, 255, (3, 64, 64, 3), dtype=np.uint8))
    np.save(tmp_path / "label.npy", np.ones((3, 64, 64), np.uint8))
    np.save(tmp_path / "cam2world.npy", np.stack([c.world_from_camera for c in cameras]).astype(np.float32))
    pairs = collect([tmp_path], torch.arange(4.0)[None], repeats=2)
    assert len(pairs.features) == 4
    assert pairs.attributes.shape == (4, 4)
    one = photo_features(torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64), torch.zeros(1, 2))
    assert one.shape[1] == pairs.features.shape[1]
