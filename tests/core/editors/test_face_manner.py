"""Manners of random heads: the same for a seed, unlike one another, friendly on the whole and within the sliders."""

import numpy as np

from core.editors.face_manner import MOST, manner_of
from core.editors.face_sliders import face_slider_of

TOLD = {"gender": 0.2, "age": 0.5}


def test_a_seed_has_a_manner() -> None:
    assert manner_of(3, TOLD) == manner_of(3, TOLD)
    assert manner_of(3, TOLD) != manner_of(4, TOLD)


def test_manners_stay_within_the_sliders_and_most_are_friendly() -> None:
    found = [manner_of(seed, TOLD) for seed in range(200)]
    for manner in found:
        for name, strength in manner.items():
            low, high = face_slider_of(name).range
            assert low <= strength <= high
    smiles = np.array([manner["smile"] for manner in found])
    assert (smiles > 0.2).mean() > 0.7
    assert smiles.std() > 0.2
    assert np.std([manner["nose-width"] for manner in found]) > 0.2


def test_what_is_known_of_a_head_goes_into_its_features() -> None:
    young, old = ([manner_of(seed, {**TOLD, "age": age})["lips-full"] for seed in range(60)] for age in (0.3, 1.0))
    assert np.mean(old) < np.mean(young) - 0.15
    assert np.abs(old).max() <= MOST
