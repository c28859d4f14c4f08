"""The parser's training, on a data set of coloured balls that the test makes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.errors import Cancelled, VoltefaceError
from core.mask import PARTS
from core.perception import weights
from core.progress import Progress, silent
from core.training.labelled_pictures import GLASSES, Looks
from core.training.parser import (
    FROZEN,
    PALETTE,
    LabelledHeads,
    ParserRecipe,
    ParserTraining,
    bundle_parser,
    fresh_network,
    parser_losses,
)
from core.training.parser_figures import confusion, parser_figures, shares
from tests.core.training.test_mini_training import write_ball

RECIPE = ParserRecipe(steps=4, batch=2, window_px=64, whole_from=2, looks=Looks(plain=1))


@pytest.fixture(scope="module")
def balls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("balls")
    for seed in (1, 2, 19):
        write_ball(folder, seed)
    return folder


def test_a_run_can_stop_and_go_on(balls: Path, tmp_path: Path) -> None:
    unbroken = ParserTraining([balls], tmp_path / "a", RECIPE)
    file = unbroken.run(silent)

    def stop(progress: Progress) -> None:
        if progress.step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        ParserTraining([balls], tmp_path / "b", RECIPE).run(stop)
    resumed = ParserTraining([balls], tmp_path / "b", RECIPE)
    assert resumed.steps == 2
    resumed.run(silent)
    for name, value in unbroken.average.items():
        assert torch.allclose(resumed.average[name], value, atol=1e-6), name
    assert file.read_bytes()
    assert list((tmp_path / "a").glob("step_*.png"))


def test_what_is_exported_can_be_bundled(balls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = ParserTraining([balls], tmp_path / "run", replace(RECIPE, steps=1))
    record = bundle_parser(training.run(silent), tmp_path)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    assert record.is_intact()
    assert record.path.stat().st_size < 15e6
    read, network = weights.read("parser")[0], training.network_so_far().state_dict()
    assert read.keys() == network.keys()
    assert all(torch.allclose(read[name], network[name], atol=2e-3, rtol=2e-3) for name in read)


def test_steps_make_the_loss_smaller(balls: Path, tmp_path: Path) -> None:
    training = ParserTraining([balls], tmp_path, replace(RECIPE, steps=40, warm_up=1, looks=Looks(plain=1)))
    losses = [training.step().values["entropy"] for _ in range(14)]
    assert np.mean(losses[-3:]) < 0.7 * losses[0]


def test_the_first_layers_stay(balls: Path, tmp_path: Path) -> None:
    training = ParserTraining([balls], tmp_path, RECIPE)
    before = {k: v.clone() for k, v in training.network.state_dict().items()}
    training.step()
    after = training.network.state_dict()
    for name in before:
        assert torch.equal(before[name], after[name]) == name.startswith(FROZEN), name


def test_too_little_data_is_told(tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="no heads to train on"):
        LabelledHeads([tmp_path], held_out=False)


@pytest.mark.parametrize(("version", "filled"), [(None, True), (1, True), (3, False)])
def test_lenses_are_filled_where_the_data_lack_them(tmp_path: Path, version: int | None, filled: bool) -> None:
    write_ball(tmp_path, 1)
    labels = np.load(tmp_path / "000001" / "label.npy")
    labels[0, 20:40, 20:40] = GLASSES
    labels[0, 25:35, 25:35] = PARTS.index("skin")
    np.save(tmp_path / "000001" / "label.npy", labels)
    if version is not None:
        (tmp_path / "dataset.json").write_text(json.dumps({"recipe": {"version": version}}))
    found = LabelledHeads([tmp_path], held_out=False).view(0, 0).labels
    assert bool((found[25:35, 25:35] == GLASSES).all()) == filled


def test_glasses_are_drawn_oftener_and_only_from_where_their_lenses_are_told(tmp_path: Path) -> None:
    for seed, worn in ((1, True), (2, False)):
        write_ball(tmp_path, seed)
        facts = {"glasses": worn, "dark_lenses": False}
        (tmp_path / f"{seed:06d}" / "meta.json").write_text(json.dumps(facts))
    heads = LabelledHeads([tmp_path], held_out=False)
    where = heads._heads[0].world_from_camera[:, :3, 3]
    facing = where[:, 2] / np.linalg.norm(where, axis=1)
    beside = (facing > 0.05) & (facing < 0.5)
    assert beside.any()
    assert heads._view_odds[0][beside].max() == 0 < heads._view_odds[1][beside].min()
    assert heads._head_odds[0] > heads._head_odds[1] > 0


def test_a_perfect_answer_costs_nothing_and_a_wrong_one_does() -> None:
    labels = torch.randint(0, len(PARTS), (2, 16, 16))
    right = 50 * torch.nn.functional.one_hot(labels, len(PARTS)).movedim(3, 1).float()
    assert sum(float(term) for term in parser_losses(right, labels, 0.5).values()) < 1e-3
    assert sum(float(term) for term in parser_losses(right.roll(1, 1), labels, 0.5).values()) > 10


def test_dice_is_that_of_its_definition() -> None:
    labels = torch.tensor([[[1, 1], [2, 2]]])
    logits = torch.zeros(1, len(PARTS), 2, 2)
    expected = 1 - (2 * 2 / 12 + 20) / (4 / 12 + 2 + 20)
    assert float(parser_losses(logits, labels, 1.0)["dice"]) == pytest.approx(expected, rel=1e-5)


def test_a_fresh_network_begins_undecided() -> None:
    with torch.no_grad():
        odds = fresh_network()(torch.rand(1, 3, 64, 64)).softmax(1)
    assert odds.max() < 0.5


def test_the_rate_rises_and_falls() -> None:
    recipe = ParserRecipe(steps=1000, warm_up=100)
    factors = [recipe.rate_factor(step) for step in (0, 100, 499, 750, 999)]
    assert factors[0] < 0.02
    assert factors[1] == factors[2] == pytest.approx(1)
    assert factors[2] > factors[3] > factors[4] > 0
    assert recipe.size_px(0) < recipe.size_px(999)


def test_every_part_has_a_colour_of_its_own() -> None:
    assert len({tuple(colour) for colour in PALETTE.tolist()}) == len(PARTS)


def test_shares_are_intersection_over_union() -> None:
    truth = np.array([[1, 1, 1, 0]], np.uint8)
    found = np.array([[1, 1, 2, 0]], np.uint8)
    assert shares(confusion(found, truth)) == {"background": 1, "skin": pytest.approx(2 / 3)}


def test_a_perfect_segmenter_gets_full_marks_on_plain_renders(balls: Path) -> None:
    truth = LabelledHeads([balls], held_out=True)
    known = {truth.view(0, view).rgb.tobytes(): truth.view(0, view).labels for view in range(truth.views_of(0))}
    done: list[int] = []

    def segmenter(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return known.get(rgb.tobytes(), np.zeros(rgb.shape[:2], np.uint8))

    figures = parser_figures([balls], segmenter=segmenter, views=3, report=lambda p: done.append(p.step))
    assert figures.plain_mean == 1
    assert 0 < figures.photographic_mean < 0.5
    assert (figures.heads, figures.pictures, done) == (1, 3, [1])
    assert json.dumps(figures.to_json())
