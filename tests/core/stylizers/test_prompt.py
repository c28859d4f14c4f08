"""Prompts find their style in other words, in wrong letters, and say what they are not understood in."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import VoltefaceError
from core.stylizers.prior import LONGEST_PROMPT, checked_prompt
from core.stylizers.prompt import require_known, suggestions, understood
from core.stylizers.vocabulary import CONCEPTS, SLOTS, STYLES
from core.training.captions import caption, features_of
from tests.core.training.doll import META


def _styles(prompt: str) -> list[str]:
    return [style.name for style in understood(prompt).styles]


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("a charcoal drawing", "pencil"),
        ("Pixar-like character", "animated"),
        ("manga", "ink"),
        ("WATERCOLOR painting of her", "watercolour"),
        ("pencl skecth", "pencil"),
        ("greek statues", "marble"),
        ("8-bit", "pixel"),
        ("a photo of a bronze bust", "bronze"),
        ("the walking dead", "zombie"),
    ],
)
def test_a_paraphrase_finds_its_style(prompt: str, style: str) -> None:
    assert _styles(prompt) == [style]
    assert understood(prompt).advice() == ""


def test_what_a_caption_begins_with_is_one_style() -> None:
    for style in STYLES:
        for opening in style.of:
            assert _styles(f"{opening} a young woman with red hair") == [style.name], opening


def test_two_styles_are_both_kept() -> None:
    assert _styles("a bronze zombie") == ["bronze", "zombie"]


def test_something_near_is_drawn_and_told() -> None:
    said = understood("a werewolf")
    assert [style.name for style in said.styles] == ["zombie"]
    assert said.advice() == 'The bundled prior does not know "werewolf"; the nearest that it knows is "zombie".'


def test_what_is_unknown_is_told_with_the_nearest() -> None:
    assert 'does not know "quantum"' in understood("a quantum pencil sketch").advice()
    with pytest.raises(VoltefaceError, match="knows nothing of") as caught:
        require_known("qwrtz uiop")
    assert STYLES[1].title in caught.value.hint


@pytest.mark.parametrize("bad", ["", "   \n", "x" * (LONGEST_PROMPT + 1), "карандаш", "1234 !?"])
def test_prompts_that_cannot_be_read_are_refused(bad: str) -> None:
    with pytest.raises(VoltefaceError):
        checked_prompt(bad)


def test_every_phrase_means_its_concept_and_every_suggestion_is_known() -> None:
    for concept in CONCEPTS:
        assert concept.slot in SLOTS
        assert concept in understood(concept.title).concepts, concept.title
    for style in STYLES:
        for phrase in (*style.phrases, *style.near):
            assert style in understood(phrase).styles or style.name == "photo", phrase
    assert len(suggestions()) == len(STYLES) - 1


def test_captions_say_what_the_metadata_says() -> None:
    everything = dict.fromkeys(SLOTS, 1.0)
    features = features_of(META)
    assert features["colour"] == "red_hair"
    assert features["cut"] == "curly"
    for seed in range(20):
        random = np.random.default_rng(seed)
        text = caption(META, "pencil", random, everything)
        said = understood(text)
        assert {concept.name for concept in said.concepts} == {"pencil", *features.values()}, text
        assert not said.unknown
    assert "a young woman with" in text


def test_captions_leave_things_out() -> None:
    texts = {caption(META, "oil", np.random.default_rng(seed)) for seed in range(30)}
    assert len(texts) > 20
    assert any("glasses" not in text for text in texts)
