"""What chance decides must not drift: the bundled model's training data has to come out of its seeds again."""

from typing import Any

import numpy as np
import pytest

from core.errors import VoltefaceError
from core.training.synthetic.cameras import ViewRing
from core.training.synthetic.hair_styles import ALL_STYLES
from core.training.synthetic.person import random_person
from core.training.synthetic.recipe import HeadRecipe
from core.training.synthetic.shape import friendlier, macro_weights, random_expression, random_shape

HEADS = pytest.mark.parametrize("head", range(4))
SEEDS = range(40)


@HEADS
def test_people_are_drawn_as_in_the_training_data(training_heads: list[dict[str, Any]], head: int) -> None:
    meta = training_heads[head]["meta"]
    rng = np.random.RandomState(meta["seed"])
    shape, expression = random_shape(rng), random_expression(rng)
    person = random_person(rng, shape, HeadRecipe())
    assert (shape.gender, shape.age) == pytest.approx((meta["gender"], meta["age"]))
    assert shape.race.tolist() == pytest.approx(meta["race"])
    assert expression == pytest.approx(meta["expression"])
    assert (person.skin, person.hair) == (meta["skin"], meta["hair"])
    assert person.melanin == pytest.approx(meta["melanin"])
    assert person.hair_rgb.tolist() == pytest.approx(meta["hair_rgb"])


@HEADS
def test_cameras_stand_as_in_the_training_data(training_heads: list[dict[str, Any]], head: int) -> None:
    cameras = ViewRing().cameras(training_heads[head]["meta"]["seed"])
    assert len(cameras) == 22
    poses = [cameras[k].world_from_camera for k in (2, 13, 21)]
    np.testing.assert_allclose(poses, training_heads[head]["cam2world"], atol=2e-7)


def test_cameras_look_at_the_origin_from_near_their_directions() -> None:
    ring = ViewRing(((90, 10), (-30, 0)), 0.0, 0.0)
    side, front = ring.cameras(3)
    assert np.degrees([side.yaw_radians, side.pitch_radians]) == pytest.approx([90, 10], abs=1e-4)
    assert np.degrees(front.yaw_radians) == pytest.approx(-30, abs=1e-4)
    assert side.project(np.zeros((1, 3)))[0] == pytest.approx(0.5, abs=1e-5)
    assert ring.cameras(3) == ring.cameras(4)
    assert ViewRing().cameras(3) != ViewRing().cameras(4)


def test_macro_weights_of_an_extreme_are_pure() -> None:
    weights = macro_weights(1.0, 0.5, np.array([0, 0, 1.0]), muscle=1.0, weight=0.5, proportion=1.0)
    assert weights == {
        "macrodetails/caucasian-male-young": 1.0,
        "macrodetails/universal-male-young-maxmuscle-averageweight": 1.0,
        "macrodetails/male-young-maxmuscle-averageweight-idealproportions": 1.0,
    }


def test_macro_weights_of_races_and_bodies_sum_to_one() -> None:
    weights = macro_weights(0.3, 0.7, np.array([0.2, 0.3, 0.5]), muscle=0.4, weight=0.9, proportion=0.6)
    bodies = sum(w for name, w in weights.items() if "universal" in name)
    races = sum(
        w for name, w in weights.items() if name.split("/")[1].split("-")[0] in ("african", "asian", "caucasian")
    )
    assert (bodies, races) == pytest.approx((1, 1))


def test_sliders_move_one_way_only_and_stay_in_bounds() -> None:
    for seed in SEEDS:
        shape = random_shape(np.random.RandomState(seed))
        assert min(shape.weights.values()) > 0
        assert max(shape.weights.values()) <= 1.5  # eyebrows-trans is two sliders
        for name in shape.weights:
            if name.endswith("-incr"):
                assert name.replace("-incr", "-decr") not in shape.weights


def test_people_match_their_shapes() -> None:
    for seed in SEEDS:
        rng = np.random.RandomState(seed)
        shape = random_shape(rng)
        person = random_person(rng, shape, HeadRecipe())
        assert person.male == (shape.gender > 0.5)
        assert person.hair in ALL_STYLES
        assert "_female_" not in person.skin or not person.male
        assert (person.skin_rgb > 0).all()
        assert 0 <= person.melanin < 1


def test_a_forced_hair_style_changes_nothing_else() -> None:
    people = []
    for recipe in (HeadRecipe(), HeadRecipe(hair="long01")):
        rng = np.random.RandomState(5)
        people.append((random_person(rng, random_shape(rng), recipe), rng.rand()))
    assert people[1][0].hair == "long01"
    assert people[0][0].skin == people[1][0].skin
    assert people[0][1] == people[1][1]  # the later draws stay where they were


def test_greys_of_version_2_have_no_tint() -> None:
    grey = 0
    for seed in range(300):
        tints = []
        for version in (1, 2):
            rng = np.random.RandomState(seed)
            hair = random_person(rng, random_shape(rng), HeadRecipe(version=version)).hair_rgb
            tints.append(hair / hair.sum())
        if not np.allclose(*tints):
            grey += 1
            assert np.ptp(tints[1]) < 0.05
    assert grey > 5


def test_friendlier_expressions_keep_smiles_and_soften_frowns() -> None:
    units = friendlier({"face/mouthSmileLeft": 0.5, "face/browDownLeft": 0.5, "face/jawOpen": 0.4})
    assert units["face/mouthSmileLeft"] == 0.5
    assert 0 < units["face/mouthSmileRight"] < 0.2
    assert units["face/browDownLeft"] < 0.25
    assert units["face/jawOpen"] < 0.4


@pytest.mark.parametrize("wrong", [{"version": 4}, {"hair": "mullet"}])
def test_an_unknown_recipe_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(VoltefaceError, match="There is no") as caught:
        HeadRecipe(**wrong)
    assert "Known are" in caught.value.hint
