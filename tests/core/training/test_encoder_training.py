"""The encoder's training, on a data set of coloured balls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.errors import Cancelled, VoltefaceError
from core.generators.mini import Mini
from core.generators.mini_network import MiniConfig, MiniNetwork
from core.generators.mini_prior import AttributeNames, LatentPrior
from core.inverters.encoder_network import EncoderConfig
from core.progress import Progress, silent
from core.training.dataset import HeadViews, pixel_rays
from core.training.encoder import EncoderRecipe, EncoderTraining
from core.training.encoder_codes import Example, known_codes, ridge
from core.training.encoder_faces import fit_faces
from core.training.encoder_heads import WIDEST_YAW_RADIANS, EncoderHeads
from core.training.encoder_levels import LevelsRecipe, fit_levels, view_normals
from core.training.encoder_score import loss_weights, score, visible_effects
from tests.core.training.test_mini_training import RADIUS, SIZE, write_ball

if TYPE_CHECKING:
    from pathlib import Path

SIZES = MiniConfig(
    latent_size=12,
    widths=(8, 8, 8),
    position_channels=(0, 2, 2),
    channels=4,
    hidden=8,
    neural_px=16,
    fine_width=0,
    sharpen_width=0,
)
RECIPE = EncoderRecipe(
    network=EncoderConfig(picture_px=64, tiny_px=4, middle=4, last=8, hidden=16),
    steps=30,
    batch=8,
    fresh=3,
    pool=12,
    rate=5e-3,
)


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> EncoderHeads:
    folder = tmp_path_factory.mktemp("balls")
    for seed in (16, 17, 18, 19):
        write_ball(folder, seed)
    return EncoderHeads(folder)


@pytest.fixture(scope="module")
def generator(heads: EncoderHeads) -> Mini:
    torch.manual_seed(0)
    prior = LatentPrior(AttributeNames(heads.layout.names, heads.layout.choices), SIZES.latent_size)
    prior.scale.fill_(1)
    prior.weight.copy_(torch.randn(SIZES.latent_size, len(heads.layout.names)))
    bank = (prior.latent_from_attributes(heads.attributes[:3]) + 0.01)[[0, 1, 2, 2]]
    return Mini(MiniNetwork(SIZES), prior, bank)


def test_only_frontal_views_are_looked_at(heads: EncoderHeads) -> None:
    assert all(abs(view.yaw_pitch[0]) <= WIDEST_YAW_RADIANS for view in heads.views)
    learned, unseen = heads.split()
    assert {view.head for view in learned} == {0, 1, 2}
    assert {view.head for view in unseen} == {3}


def test_training_learns_and_resumes(heads: EncoderHeads, tmp_path: Path) -> None:
    losses = []

    def report(progress: Progress) -> None:
        losses.append(sum(progress.values.values()))
        if progress.step == 20:
            raise Cancelled

    with pytest.raises(Cancelled):
        EncoderTraining(heads, tmp_path, RECIPE, None).run(report)
    training = EncoderTraining(heads, tmp_path, RECIPE, None)
    assert training.step == 20
    training.run(silent)
    assert training.step == RECIPE.steps
    assert np.mean(losses[-4:]) < np.mean(losses[:4])
    found = score(training.averaged(), heads, training.weights, views=4)
    assert np.isfinite([found.unexplained, *found.degrees, *found.alone_degrees, *found.given_degrees]).all()
    assert found.unexplained_code is None


def test_other_attributes_keep_what_is_known_by_name(heads: EncoderHeads, tmp_path: Path) -> None:
    first = EncoderTraining(heads, tmp_path, RECIPE, None)
    first.run(silent, steps=2)
    fewer = EncoderHeads.__new__(EncoderHeads)
    fewer.__dict__.update(heads.__dict__)
    fewer.layout = replace(heads.layout, names=("new", *heads.layout.names[1:]))
    training = EncoderTraining(fewer, tmp_path, RECIPE, None)
    assert training.step == 0
    learned = first.average["answers.weight"]
    assert torch.equal(training.network.answers.weight[1:], learned[1:])
    assert not torch.equal(training.network.answers.weight[0], learned[0])


def test_too_little_data_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="too small"):
        EncoderHeads(tmp_path)


def test_weights_follow_what_can_be_seen(heads: EncoderHeads, generator: Mini) -> None:
    blind = Mini(generator.network, LatentPrior(generator.prior.attributes, SIZES.latent_size), torch.zeros(0))
    blind.prior.load_state_dict(generator.prior.state_dict())
    age = heads.layout.names.index("age")
    blind.prior.weight[:, age] = 0
    effects = visible_effects(blind)
    assert effects[age] == 0
    assert (effects > 0).sum() > 50
    weights = loss_weights(heads.layout, torch.ones(len(heads.layout.names)), blind)
    assert weights[age] == weights.min()
    assert weights.min() > 0


def test_codes_of_trained_heads_are_found_in_the_bank(heads: EncoderHeads, generator: Mini) -> None:
    codes, known = known_codes(generator, heads.attributes)
    assert known[:3].all()
    assert not known[3]  # held out
    assert torch.allclose(codes[:3], generator.bank[:3])


def test_the_ridge_finds_an_affine_relation_and_leaves_noise_alone() -> None:
    torch.manual_seed(0)
    hidden, truth = torch.randn(400, 8), torch.randn(8, 5)
    code = torch.randn(400, 5)
    numbers = torch.arange(400)
    weight, bias, left = ridge(Example(hidden, code, code + hidden @ truth + 2, numbers))
    assert left < 0.01
    assert torch.allclose(weight, truth.T, atol=0.2)
    assert torch.allclose(bias, torch.full((5,), 2.0), atol=0.2)
    _, _, left = ridge(Example(hidden, code, code + torch.randn(400, 5), numbers))
    assert left > 0.9


def test_normals_of_a_ball_point_away_from_its_middle(heads: EncoderHeads) -> None:
    head = HeadViews(heads.folders[0])
    points, normals = view_normals(head, 0, 50, pixel_rays(SIZE), np.random.default_rng(0))
    assert torch.allclose(points.norm(dim=1), torch.full((50,), RADIUS), atol=0.01)
    assert (torch.nn.functional.cosine_similarity(points, normals, dim=1) > 0.95).all()


def test_levels_are_never_worse_on_heads_that_nobody_learned_from(
    heads: EncoderHeads, generator: Mini, tmp_path: Path
) -> None:
    network = EncoderTraining(heads, tmp_path, RECIPE, None).averaged()
    recipe = LevelsRecipe(samples=2, steps=2, points=300, normals=20, patch_px=32)
    offsets, figures = fit_levels(network, heads, generator, recipe, silent)
    assert offsets.weight.shape == (SIZES.latent_count, SIZES.latent_size, RECIPE.network.hidden)
    assert figures.losses[figures.kept] == min(figures.losses.values())
    assert torch.isfinite(offsets.of(torch.randn(2, RECIPE.network.hidden))).all()


def test_faces_always_tell_sex_age_and_origin(heads: EncoderHeads, tmp_path: Path) -> None:
    network = EncoderTraining(heads, tmp_path, RECIPE, None).averaged()
    reader = fit_faces(network, heads, silent)
    told = {heads.layout.names[column] for column in reader.columns}
    assert {"gender", "age", "race/african", "race/asian", "race/caucasian"} <= told
    assert not any(name.startswith(("hair/", "skin/", "outfit/")) for name in told)
    assert reader.weight.shape == (len(reader.columns), 128)
    assert reader.weight.isfinite().all()
