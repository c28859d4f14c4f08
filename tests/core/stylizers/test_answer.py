"""Prompts are answered at once: with the right styles, in the right order, in the right colour; and it is told."""

from __future__ import annotations

import pytest

from core.errors import VoltefaceError
from core.stylizers.answer import LAYERS, answered
from core.stylizers.colour_words import COLOUR_WORDS
from core.stylizers.prior import LONGEST_PROMPT
from core.stylizers.vocabulary import STYLES


def _worn(prompt: str) -> list[tuple[str, float, str]]:
    return [(one.style, one.strength, one.tinted) for one in answered(prompt).taken]


@pytest.mark.parametrize(
    ("prompt", "worn"),
    [
        ("bronze statue", [("bronze", 1.0, "")]),
        ("pencil sketch of a zombie", [("zombie", 1.0, ""), ("pencil", 1.0, "")]),
        ("a zombie made of marble", [("zombie", 1.0, ""), ("marble", 0.75, "")]),
        ("wood and marble", [("wood", 1.0, ""), ("marble", 0.5, "")]),
        ("gold statue", [("bronze", 1.0, "gold")]),
        ("jade bust", [("marble", 1.0, "jade")]),
        ("rose quartz", [("marble", 1.0, "rose quartz")]),
        ("pink clay", [("clay", 1.0, "pink")]),
        ("red ink", [("ink", 1.0, "red")]),
        ("a blue-eyed elf with golden hair", [("elf", 1.0, "")]),
    ],
)
def test_a_prompt_says_what_is_worn(prompt: str, worn: list[tuple[str, float, str]]) -> None:
    assert _worn(prompt) == worn


def test_similarities_fall_with_what_else_is_said_and_with_what_is_only_near() -> None:
    (alone,) = answered("a zombie").taken
    (near,) = answered("a werewolf").taken
    mixed = {one.style: one for one in answered("a zombie robot").taken}
    assert alone.similarity == pytest.approx(1)
    assert near.similarity == pytest.approx(0.6)
    assert 0.4 < mixed["zombie"].similarity < 0.95


def test_what_was_taken_and_what_was_not_is_told() -> None:
    told = answered("a marble werewolf with red hair and qwrtz").sentence()
    assert "marble statue" in told
    assert '"werewolf" is no bundled style; zombie would come nearest, but' in told
    assert 'left out: "qwrtz"' in told
    assert "leave the person alone: red hair" in told


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("bronze statue", "Put on: bronze statue."),
        ("a zombie made of marble", "Put on: zombie, marble statue over it."),
        ("wood and marble", "Put on: wood carving, marble statue half mixed in."),
        ("a werewolf", 'Put on: zombie. "werewolf" is no bundled style; zombie comes nearest.'),
        (
            "gold statue",
            'Put on: bronze statue in gold. "gold" is no bundled style; bronze statue tinted gold comes nearest.',
        ),
        ("pensil sketch", 'Put on: pencil sketch. "pensil" was read as pencil sketch.'),
    ],
)
def test_it_is_told_in_words_how_near_it_comes(prompt: str, told: str) -> None:
    assert answered(prompt).sentence() == told


@pytest.mark.parametrize(
    "bad", ["", "  ", "x" * (LONGEST_PROMPT + 1), "карандаш", "qwrtz uiop", "a smiling old woman", "blue"]
)
def test_what_names_no_style_is_refused_with_the_nearest(bad: str) -> None:
    with pytest.raises(VoltefaceError) as caught:
        answered(bad)
    assert caught.value.hint


def test_every_style_and_every_stuff_has_its_place() -> None:
    assert {name for layer in LAYERS for name in layer} == {style.name for style in STYLES[1:]}
    for word, meant in COLOUR_WORDS.items():
        if meant.style:
            assert _worn(f"a head of {word}") == [(meant.style, 1.0, word)], word
