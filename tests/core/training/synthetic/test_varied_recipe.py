"""Laws of version 3 of the recipe on draws and small arrays; none of them needs the assets."""

from collections import Counter
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from core.errors import VoltefaceError
from core.training.dataset import is_held_out
from core.training.synthetic.arrays import Floats
from core.training.synthetic.balance import AGE_BANDS, TONE_BANDS
from core.training.synthetic.beards import BEARDS, beard_growth
from core.training.synthetic.cameras import TRAINING_RING, WIDE_RING
from core.training.synthetic.dataset import TRAINING_DATA, VARIED_DATA, settings_of
from core.training.synthetic.expressions import varied_expression
from core.training.synthetic.glasses import SHAPES, FaceFit, glasses_meshes, varied_frame
from core.training.synthetic.hair_forms import FORMS, bun, shortened, swung, tail_of
from core.training.synthetic.hair_growth import growth
from core.training.synthetic.hair_styles import (
    ALL_STYLES,
    BARE_STYLES,
    FAMILIES,
    FUR_STYLES_3,
    NEW_STYLES,
    STYLES_1,
)
from core.training.synthetic.hair_textures import wavy_strands
from core.training.synthetic.person import random_person
from core.training.synthetic.population import Identity, identity_of
from core.training.synthetic.recipe import HeadRecipe
from core.training.synthetic.shape import macro_weights, random_shape
from core.training.synthetic.uv_maps import UvMaps

PEOPLE = [identity_of(seed) for seed in range(1000, 1200)]
HELD_OUT = [identity_of(seed) for seed in range(1000, 5000) if is_held_out(seed)]
FIT = FaceFit(0.31, 7.28, 1.5, 0.0, np.array([[0.7, 7.3, z] for z in np.linspace(-0.6, 1.0, 30)]))


def curtain() -> Floats:
    """Hair vertices [N,3] in dm that hang from the crown to the chest, wider below."""
    height, angle = np.meshgrid(np.linspace(8.5, 1.0, 60), np.linspace(0, 2 * np.pi, 40), indexing="ij")
    radius = 0.8 + 0.05 * (8.5 - height)
    return np.stack([radius * np.sin(angle), height, 0.3 + radius * np.cos(angle)], -1).reshape(-1, 3)


def flat_maps(x: Floats, y: Floats, z: Floats) -> UvMaps:
    """Maps of a few places on the head, all of them scalp and beard without lips."""
    whole = np.ones_like(x, np.float32)
    maps: dict[str, Any] = {field.name: whole for field in fields(UvMaps)}
    return UvMaps(**maps | {"x": x, "y": y, "z": z, "lips": 0 * whole})


@pytest.mark.parametrize("people", [PEOPLE, HELD_OUT], ids=["consecutive seeds", "held-out seeds"])
def test_people_are_balanced(people: list[Identity]) -> None:
    count = len(people)
    assert sum(who.gender > 0.5 for who in people) / count == pytest.approx(0.5, abs=0.05)
    ages = np.histogram([who.age for who in people], [0.4, *AGE_BANDS.values()])[0] / count
    np.testing.assert_allclose(ages, [0.1, 0.35, 0.3, 0.25], atol=0.05)
    tones = np.histogram([who.melanin for who in people], [0, *TONE_BANDS.values()])[0] / count
    np.testing.assert_allclose(tones, 0.2, atol=0.06)
    glasses = Counter(who.glasses for who in people)
    assert glasses["clear"] / count == pytest.approx(0.24, abs=0.06)
    assert glasses["dark"] / count == pytest.approx(0.08, abs=0.04)


def test_sex_age_and_skin_tone_do_not_hang_together() -> None:
    table = np.array([(who.gender > 0.5, who.age, who.melanin, who.glasses != "none") for who in PEOPLE], float)
    assert np.abs(np.corrcoef(table.T) - np.eye(4)).max() < 0.15


def test_many_women_and_some_men_have_long_hair() -> None:
    families = {
        male: Counter(FAMILIES[who.hair] for who in PEOPLE if (who.gender > 0.5) == male) for male in (False, True)
    }
    share = {male: (c["long"] + c["medium"]) / sum(c.values()) for male, c in families.items()}
    assert 0.33 < share[False] < 0.5
    assert 0.04 < share[True] < 0.2
    assert families[False]["bald"] == families[False]["balding"] == 0


def test_hair_recedes_with_age() -> None:
    men = [who for who in PEOPLE + HELD_OUT if who.gender > 0.5]
    bare = {old: [FAMILIES[m.hair] == "balding" for m in men if (m.age > 0.75) == old] for old in (False, True)}
    assert np.mean(bare[True]) > 2 * np.mean(bare[False])


def test_beards_are_for_grown_men() -> None:
    for who in PEOPLE:
        assert who.beard == "none" or (who.beard in BEARDS and who.gender > 0.5 and who.age >= 0.5)
    assert {who.beard for who in PEOPLE} == {"none", *BEARDS}


def test_an_identity_follows_from_its_seed_alone() -> None:
    one, same, other = identity_of(7), identity_of(7), identity_of(8)
    assert vars(one).keys() == vars(same).keys()
    assert one.race.tolist() == same.race.tolist()
    assert (one.gender, one.age, one.melanin) == (same.gender, same.age, same.melanin)
    assert one.melanin != other.melanin
    assert one.race.sum() == pytest.approx(1)


def test_an_identity_changes_neither_the_sliders_nor_later_draws() -> None:
    for seed in range(20):
        plain, told = np.random.RandomState(seed), np.random.RandomState(seed)
        shape, same = random_shape(plain), random_shape(told, identity_of(seed))
        assert same.gender == identity_of(seed).gender
        own = [{k: w for k, w in s.weights.items() if not k.startswith("macrodetails")} for s in (shape, same)]
        assert own[0] == own[1]
        assert plain.rand() == told.rand()


def test_people_look_as_they_were_told_to() -> None:
    for seed in range(40):
        rng, who = np.random.RandomState(seed), identity_of(seed)
        person = random_person(rng, random_shape(rng, who), HeadRecipe(version=3), who)
        assert (person.melanin, person.beard) == (who.melanin, who.beard)
        assert person.hair in (who.hair, "ponytail01")  # light braids become ponytails
        assert person.male == (who.gender > 0.5)
        assert person.hair_rgb.max() < 0.4


def test_teens_are_between_a_child_and_a_young_person() -> None:
    weights = macro_weights(0.0, 0.42, np.array([0, 0, 1.0]), muscle=0.5, weight=0.5, proportion=1.0)
    assert weights["macrodetails/caucasian-female-young"] == pytest.approx(0.744)
    assert weights["macrodetails/caucasian-female-child"] == pytest.approx(0.256)
    assert not any("old" in name for name in weights)


def test_faces_are_mostly_friendly() -> None:
    faces = [varied_expression(np.random.RandomState(seed)) for seed in range(400)]
    assert all(-0.25 < weight < 1.2 for face in faces for weight in face.values())
    smiling = np.mean([face.get("face/mouthSmileLeft", 0) > 0.3 for face in faces])
    teeth = np.mean(["face/mouthUpperUpLeft" in face for face in faces])
    stern = np.mean(["face/mouthFrownLeft" in face for face in faces])
    assert 0.45 < smiling < 0.6
    assert 0.2 < teeth < 0.32
    assert 0 < stern < 0.1


def test_every_style_can_be_made_and_belongs_to_a_family() -> None:
    assert {*FORMS, *FUR_STYLES_3, *BARE_STYLES} == set(ALL_STYLES) == set(FAMILIES)
    assert not set(STYLES_1) & set(NEW_STYLES)
    assert {who.hair for who in PEOPLE} <= set(ALL_STYLES)


def test_new_styles_are_refused_by_the_old_recipes() -> None:
    assert HeadRecipe(version=3, hair="bun").hair == "bun"
    with pytest.raises(VoltefaceError, match="no hair style bun"):
        HeadRecipe(version=2, hair="bun")


@pytest.mark.parametrize("end", [3.0, 5.0, 6.0, 6.4])
def test_shortened_hair_ends_where_asked_and_keeps_its_order(end: float) -> None:
    hair = curtain()
    cut = shortened(hair, end)
    assert cut[:, 1].min() == pytest.approx(end, abs=0.01)
    above = hair[:, 1] > 7.4
    np.testing.assert_array_equal(cut[above], hair[above])
    columns = cut[:, 1].reshape(60, 40)
    assert (np.diff(columns, axis=0) < 1e-9).all()  # what hung lower still does
    if end > 5.6:
        lowest = cut[np.isclose(cut[:, 1], cut[:, 1].min())]
        assert np.hypot(lowest[:, 0], lowest[:, 2] - 0.3).max() < 1.15  # no flare


def test_hair_that_is_short_enough_stays() -> None:
    hair = curtain()
    np.testing.assert_array_equal(shortened(hair, 0.5), hair)


def test_waves_grow_towards_the_ends_and_leave_heights_alone() -> None:
    hair = curtain()
    waved = swung(hair, 0.1, 8.0, 1.0)
    moved = np.linalg.norm(waved - hair, axis=1)
    assert moved[hair[:, 1] > 7.4].max() == 0
    assert moved[hair[:, 1] < 6.0].mean() > 0.05
    assert moved.max() < 0.2
    np.testing.assert_array_equal(waved[:, 1], hair[:, 1])


def test_wavy_strands_leave_the_hairline() -> None:
    image = np.zeros((200, 160, 4), np.uint8)
    image[:, ::8] = 200
    wavy = wavy_strands(image, 6.0, 8.0)
    np.testing.assert_array_equal(wavy[:30], image[:30])
    assert (wavy[100:, :, 0] != image[100:, :, 0]).mean() > 0.1


def test_a_bun_is_a_ball_behind_its_tie() -> None:
    centre = np.array([0.0, 7.7, -0.6])
    ball, uv = bun(centre, 0.3, np.random.RandomState(0))
    distance = np.linalg.norm(ball.vertices - centre, axis=1)
    assert 0.2 < distance.min() < distance.max() < 0.34
    assert len(uv) == len(ball.vertices)
    np.testing.assert_allclose(np.linalg.norm(ball.normals, axis=1), 1)
    assert ball.vertices[:, 2].mean() < centre[2]


def test_the_tail_is_what_hangs_down_behind() -> None:
    tail = np.array([[0.1, 7.0, -0.8], [-0.1, 5.0, -0.9]])
    cap = np.array([[0.7, 7.0, -0.5], [-0.7, 8.4, 0.9]])
    assert tail_of(np.concatenate([tail, cap]), np.array([0, 0, 1, 1])).tolist() == [True, True, False, False]


def test_hair_grows_where_its_style_says() -> None:
    crown, back, temple = (0.0, 8.4, 0.4), (0.0, 7.4, -0.4), (0.5, 7.9, 1.1)
    maps = flat_maps(*np.array([crown, back, temple]).T)
    grown = {style: growth(style, maps).tolist() for style in ("fur_short", "fur_receding", "fur_horseshoe")}
    assert grown["fur_short"] == [1, 1, 1]
    assert grown["fur_horseshoe"][0] == 0
    assert grown["fur_horseshoe"][1] == 1
    assert grown["fur_receding"][1] == 1
    assert grown["fur_receding"][2] < 0.1


def test_beards_grow_where_their_style_says() -> None:
    lip, chin, cheek = (0.1, 6.78, 1.4), (0.0, 6.4, 1.35), (0.55, 6.6, 0.9)
    x, y, z = (np.repeat(np.array(axis)[:, None], 3, 1) for axis in zip(lip, chin, cheek, strict=True))
    maps = flat_maps(x, y, z)
    on_lip, on_chin, on_cheek = ({name: float(beard_growth(name, maps)[k, 1]) for name in BEARDS} for k in range(3))
    assert min(on_lip.values()) > 0.3
    assert on_chin["moustache"] == 0
    assert on_chin["goatee"] > 0.9
    assert on_cheek["goatee"] == on_cheek["moustache"] == 0
    assert on_cheek["full"] > 0.3


@pytest.mark.parametrize("shape", SHAPES)
def test_frames_have_the_form_of_their_shape(shape: str) -> None:
    style = varied_frame(np.random.RandomState(0), FIT, shape, dark=False)
    frame, lenses = glasses_meshes(FIT, style)
    above, below = lenses.vertices[:, 1].max() - (FIT.eye_y - 0.03), (FIT.eye_y - 0.03) - lenses.vertices[:, 1].min()
    assert (below > 1.25 * above) == (shape == "aviator")
    assert style.rimless == (shape == "rimless")
    assert frame.vertices[:, 0].min() == pytest.approx(-frame.vertices[:, 0].max())
    if shape == "round":
        assert style.half_height / style.half_width > 0.9


def test_the_wide_ring_begins_with_the_training_ring() -> None:
    assert len(WIDE_RING) == 32
    assert WIDE_RING[: len(TRAINING_RING)] == TRAINING_RING
    cameras = VARIED_DATA.views.cameras(5)
    assert cameras[: len(TRAINING_RING)] == TRAINING_DATA.views.cameras(5)


def test_settings_follow_from_the_version() -> None:
    assert settings_of(1) == TRAINING_DATA
    assert settings_of(3) == VARIED_DATA
    assert len(settings_of(3, 22).views.directions_degrees) == 22
    with pytest.raises(VoltefaceError, match="no ring of 7 views"):
        settings_of(3, 7)
