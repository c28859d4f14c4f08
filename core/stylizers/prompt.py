"""Reads a prompt as the bundled prior does: which of its concepts it names, and what it does not know.

The longest known phrases are found first; what is left is compared with them letter by letter, so that misspellings
find their word. What resembles nothing is told, with the nearest that is known; so is what is drawn as something near.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from core.errors import VoltefaceError
from core.stylizers.colour_words import COLOUR_WORDS
from core.stylizers.vocabulary import CONCEPTS, FEATURES, SAID_WITHOUT_MEANING, STYLES, Concept

LONGEST_PHRASE = 5
ALIKE = 0.8
"""From this resemblance on a misspelt word counts as known."""
SHORTEST_MISSPELT = 4
TOLD = 5


@dataclass(frozen=True)
class Understood:
    """What a prompt says.

    Attributes:
        concepts: in the order in which they were said, each once.
        unknown: words that mean nothing to the prior.
        replaced: what is drawn as something near: the words and its title.
        nearest: title of the style that resembles the unknown words most; empty if nothing is unknown.
        misread: words that were read as misspelt ones: the word and the title of what it was read as.
    """

    concepts: tuple[Concept, ...]
    unknown: tuple[str, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    nearest: str = ""
    misread: tuple[tuple[str, str], ...] = ()

    @property
    def styles(self) -> tuple[Concept, ...]:
        """The styles among the concepts."""
        return tuple(concept for concept in self.concepts if concept.slot == "style")

    def advice(self) -> str:
        """A sentence about what is not known; empty when all is."""
        told = [
            f'The bundled prior does not know "{words}"; the nearest that it knows is "{title}".'
            for words, title in self.replaced
        ]
        if self.unknown:
            words = " ".join(self.unknown[:TOLD])
            if self.styles:
                told.append(f'The bundled prior does not know "{words}" and draws {_listed(self.styles)} without it.')
            else:
                told.append(
                    f'The bundled prior does not know "{words}"; the nearest that it knows is "{self.nearest}".'
                )
        return " ".join(told)


def understood(prompt: str) -> Understood:
    """Read a prompt. Nothing is refused: the empty prompt says nothing."""
    words = words_of(prompt)
    found: list[Concept] = []
    unknown: list[str] = []
    replaced: list[tuple[str, str]] = []
    misread: list[tuple[str, str]] = []
    at = 0
    while at < len(words):
        concept, length = _longest(words, at)
        if concept is None and words[at] not in SAID_WITHOUT_MEANING:
            concept, length = None if words[at] in COLOUR_WORDS else _misspelt(words[at]), 1
            if concept is None:
                unknown.append(words[at])
            else:
                misread.append((words[at], concept.title))
        if concept is not None:
            said = " ".join(words[at : at + length])
            if said in _near() or _singular(said) in _near():
                replaced.append((said, concept.title))
            if concept not in found:
                found.append(concept)
        at += max(1, length)
    nearest = _nearest_style(" ".join(unknown)).title if unknown else ""
    return Understood(
        tuple(_settled(found)), tuple(dict.fromkeys(unknown)), tuple(replaced), nearest, tuple(dict.fromkeys(misread))
    )


def require_known(prompt: str) -> Understood:
    """Read a prompt that must say something.

    Raises:
        VoltefaceError: none of its words is known.
    """
    said = understood(prompt)
    if not said.concepts:
        titles = ", ".join(style.title for style in STYLES[1:])
        nearest = said.nearest or STYLES[1].title
        raise VoltefaceError(
            f'The bundled prior knows nothing of "{prompt[:60]}"; the nearest that it knows is "{nearest}".',
            f"It draws: {titles}. For other prompts choose a Stable Diffusion folder.",
        )
    return said


def _settled(found: list[Concept]) -> list[Concept]:
    """Without a photo where another style is named: "a photo of a marble statue" is a statue."""
    if any(concept.slot == "style" and concept.name != "photo" for concept in found):
        return [concept for concept in found if concept.name != "photo"]
    return found


def _listed(styles: tuple[Concept, ...]) -> str:
    return " and ".join(f'"{style.title}"' for style in styles)


def words_of(text: str) -> list[str]:
    """The words of a prompt: lower case, without accents and signs."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).replace("'s ", " ")
    return "".join(c if c.isalnum() or c == "'" else " " for c in plain).split()


@cache
def _phrases() -> dict[tuple[str, ...], Concept]:
    known: dict[tuple[str, ...], Concept] = {}
    # styles first: a word that both know ("princess") is a style
    for concept in (*STYLES, *FEATURES):
        for phrase in concept.phrases:
            known.setdefault(tuple(words_of(phrase)), concept)
    for concept in STYLES:
        for opening in concept.of:
            # whole, without "a" and "of", or "a terracotta bust of" would be clay and marble
            known.setdefault(tuple(words_of(opening)[1:-1]), concept)
        for phrase in concept.near:
            known.setdefault(tuple(words_of(phrase)), concept)
    return known


@cache
def _near() -> frozenset[str]:
    """Phrases of what the prior does not know, though it has something near."""
    return frozenset(" ".join(words_of(phrase)) for concept in STYLES for phrase in concept.near)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > SHORTEST_MISSPELT and word.endswith("s") and not word.endswith("ss") else word


def _longest(words: list[str], at: int) -> tuple[Concept | None, int]:
    known = _phrases()
    for length in range(min(LONGEST_PHRASE, len(words) - at), 0, -1):
        phrase = words[at : at + length]
        for candidate in (tuple(phrase), (*phrase[:-1], _singular(phrase[-1]))):
            if candidate in known:
                return known[candidate], length
    return None, 0


def _resemblance(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _misspelt(word: str) -> Concept | None:
    if len(word) < SHORTEST_MISSPELT:
        return None
    best, concept = max(
        ((_resemblance(word, phrase[0]), concept) for phrase, concept in _phrases().items() if len(phrase) == 1),
        key=lambda pair: pair[0],
    )
    return concept if best >= ALIKE else None


def _nearest_style(text: str) -> Concept:
    """The style one of whose words resembles some unknown words most."""

    def closeness(style: Concept) -> float:
        return max(_resemblance(word, phrase) for phrase in style.phrases for word in (text, *text.split()[:TOLD]))

    return max(STYLES[1:], key=closeness)


def suggestions() -> tuple[str, ...]:
    """Prompts for a prompt box: the styles, by their names for people."""
    return tuple(style.title for style in STYLES[1:])


assert len({concept.name for concept in CONCEPTS}) == len(CONCEPTS), "names of concepts are unique"
