"""The instant answer to a prompt: which bundled styles come nearest, how near, and how they are worn together.

`prompt` finds the words, the bundled prior's own table of concepts turns them into a token, and the likeness of that
token with each style's row is what is told. Beings are worn below stuffs and stuffs below papers, so that a pencil
sketch of a zombie is one. Nothing is taught, and no prompt is too odd to be answered with the nearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open

from core.errors import CheckpointError, VoltefaceError
from core.stylizers.colour_words import BODY, COLOUR_WORDS
from core.stylizers.drawing_prior import WEIGHTS
from core.stylizers.prior import checked_prompt
from core.stylizers.prompt import TOLD, Understood, understood, words_of
from core.stylizers.vocabulary import NUMBERS, STYLES

if TYPE_CHECKING:
    from torch import Tensor

    from core.stylizers.colour_words import Rgb
    from core.stylizers.vocabulary import Concept

SURE, NEAR = 1.0, 0.6
"""How surely a word stands for its style: one that is its own, and one of what the style is only near to."""
LAYERS = (
    ("zombie", "joker", "elf", "robot", "animated"),
    ("clay", "marble", "bronze", "wood"),
    ("pencil", "ink", "watercolour", "oil", "comic", "lowpoly", "pixel"),
)
"""What a head becomes, what it is made of, how it is pictured: each is worn over the one before."""
MIXED = 0.5
"""Strength of a style over another one of its layer."""
OVER_BEING = 0.75
"""Strength of a stuff over a being, whose paint would be lost below it."""
MOST_STYLES = 3
LEAST = 0.4
"""Of the greatest similarity: what comes less near is left out."""
_FORMS = "statue statues sculpture bust carving carved figure drawing painting sketch painted drawn art"
FORMS = frozenset(_FORMS.split())
"""Words for a kind of work: they count where nothing says what it is made of or with."""


@dataclass(frozen=True)
class Taken:
    """A style that answers a prompt.

    Attributes:
        style: name in the vocabulary, and of the bundled pack.
        title: for people.
        similarity: to the prompt, 0..1.
        strength: with which it is worn.
        tint: of its material, or None.
        tinted: the word for that; empty for none.
    """

    style: str
    title: str
    similarity: float
    strength: float = 1.0
    tint: Rgb | None = None
    tinted: str = ""

    @property
    def words(self) -> str:
        """As it is told: "bronze statue in gold"."""
        return f"{self.title} in {self.tinted}" if self.tinted else self.title

    def over(self, below: bool) -> str:
        """How it is worn, with something below it or as the first."""
        if not below:
            return self.words
        return f"{self.words} half mixed in" if self.strength == MIXED else f"{self.words} over it"


@dataclass(frozen=True)
class Answer:
    """What a prompt is answered with.

    Attributes:
        taken: styles as they are worn, the lowest first; never empty.
        left: what it says about the person, which styles leave alone.
        unknown: words that mean nothing.
        replaced: words, and the title of the style that is only near to them.
        misread: words that were read as misspelt, and the title of what they were read as.
        stuffs: words for what a style can be made of, and the title of that style.
    """

    taken: tuple[Taken, ...]
    left: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    misread: tuple[tuple[str, str], ...] = ()
    stuffs: tuple[tuple[str, str], ...] = ()

    def sentence(self) -> str:
        """For the person: what is worn, for which of their words, and what of the prompt was not taken."""
        worn = ", ".join(one.over(below=number > 0) for number, one in enumerate(self.taken))
        told = [f"Put on: {worn}."]
        kept = {one.title for one in self.taken}
        for words, title in self.replaced:
            fate = "comes nearest" if title in kept else "would come nearest, but what else you named is clearer"
            told.append(f'"{words}" is no bundled style; {title} {fate}.')
        told += [
            f'"{words}" is no bundled style; {title} tinted {words} comes nearest.' for words, title in self.stuffs
        ]
        told += [f'"{words}" was read as {title}.' for words, title in self.misread]
        if self.unknown:
            told.append(f'Not known, and left out: "{" ".join(self.unknown[:TOLD])}".')
        if self.left:
            told.append(f"Styles leave the person alone: {', '.join(self.left)}. Sliders change that.")
        return " ".join(told)


def answered(prompt: str) -> Answer:
    """The bundled styles for a prompt.

    Raises:
        VoltefaceError: it is empty, too long or in no Latin letters; or it names nothing that resembles a style, which
            is told with the nearest.
        CheckpointError: the bundled prior, whose words are asked, is missing or damaged.
    """
    prompt = checked_prompt(prompt)
    said, colours = _read(prompt)
    near = {title for _, title in said.replaced}
    sure = {one: NEAR if one.title in near else SURE for one in said.styles if one.name != "photo"}
    stuffs = {word: _style(COLOUR_WORDS[word].style) for word in colours if COLOUR_WORDS[word].style}
    for word, style in stuffs.items():
        # a stuff knows better what it is like than its word's place among the styles
        other = next((title for phrase, title in said.replaced if phrase == word), style.title)
        sure = {one: value for one, value in sure.items() if other == style.title or one.title != other}
    sure = sure or dict.fromkeys(stuffs.values(), NEAR)
    if not sure:
        raise _nothing_known(prompt, said)
    unknown = tuple(word for word in said.unknown if not any(word in colour.split() for colour in colours))
    found = sorted(_similarities(sure).items(), key=lambda pair: -pair[1])[:MOST_STYLES]
    found = [pair for pair in found if pair[1] > LEAST * found[0][1]]
    taken = _worn(found, colours)
    return Answer(
        taken=taken,
        left=tuple(concept.title for concept in said.concepts if concept.slot != "style"),
        unknown=unknown,
        replaced=tuple(pair for pair in said.replaced if not any(pair[0] in colour for colour in colours)),
        misread=said.misread,
        stuffs=tuple((one.tinted, one.title) for one in taken if one.tinted in stuffs),
    )


def _read(prompt: str) -> tuple[Understood, tuple[str, ...]]:
    """What a prompt says, and its colour words; "gold statue" says gold, though a statue alone would be of marble."""
    words = words_of(prompt)
    bare = " ".join(word for word in words if word not in FORMS)
    for text in (bare, prompt):
        said = understood(text)
        colours = _colours_in(text, said)
        stuff = {one.name for one in said.styles} | {COLOUR_WORDS[word].style for word in colours}
        if len(bare.split()) < len(words) and stuff & {*LAYERS[1], *LAYERS[2]}:
            break
    return said, colours


def _worn(found: list[tuple[Concept, float]], colours: tuple[str, ...]) -> tuple[Taken, ...]:
    """Styles in the order in which they are worn; the lowest is whole, and the uppermost stuff or paper is tinted."""
    layer_of = {name: number for number, names in enumerate(LAYERS) for name in names}
    ordered = sorted(found, key=lambda pair: layer_of[pair[0].name])
    taken: list[Taken] = []
    for style, similarity in ordered:
        below = [layer_of[one.style] for one in taken]
        layer = layer_of[style.name]
        strength = MIXED if layer in below else 1.0 if not below or layer == len(LAYERS) - 1 else OVER_BEING
        taken.append(Taken(style.name, style.title, similarity, strength))
    if not colours:
        return tuple(taken)
    word = colours[0]
    chosen = next((n for n, one in enumerate(taken) if one.style == COLOUR_WORDS[word].style), len(taken) - 1)
    one = taken[chosen]
    taken[chosen] = Taken(one.style, one.title, one.similarity, one.strength, COLOUR_WORDS[word].rgb, word)
    return tuple(taken)


def _colours_in(prompt: str, said: Understood) -> tuple[str, ...]:
    """Colour words that are about the whole head, in their order."""
    words = words_of(prompt)
    # "black hair" and "green skin" are phrases of their own, and mean something else
    free = {*said.unknown, *(word for phrase, _ in said.replaced for word in phrase.split())}
    made = {style.name for style in said.styles}
    free |= {word for word in words if word in COLOUR_WORDS and COLOUR_WORDS[word].style in made}
    found = []
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        pair = f"{word} {after}"
        name = pair if pair in COLOUR_WORDS else word
        if name in COLOUR_WORDS and after not in BODY and word in free:
            found.append(name)
    return tuple(dict.fromkeys(found))


def _style(name: str) -> Concept:
    return next(style for style in STYLES if style.name == name)


def _similarities(sure: dict[Concept, float]) -> dict[Concept, float]:
    """Likeness of a prompt's token with each of its styles' rows, times how surely it means them."""
    rows = _rows()
    weights = torch.tensor(list(sure.values()))
    own = rows[[NUMBERS[style.name] for style in sure]]
    token = weights @ own
    likeness = torch.cosine_similarity(own, token[None], dim=1).clamp(0, 1) * weights
    return {style: float(value) for style, value in zip(sure, likeness, strict=True)}


@cache
def _rows() -> Tensor:
    """Float32 [concepts, E], unit: the bundled prior's words; the rest of it is not read."""
    if not WEIGHTS.is_file():
        raise CheckpointError("The words of the bundled prior are missing.", "Reinstall Volteface.")
    try:
        with safe_open(str(WEIGHTS), framework="pt") as file:
            rows: Tensor = file.get_tensor("words.rows").float()
    except SafetensorError as error:
        raise CheckpointError("The words of the bundled prior are damaged.", "Reinstall Volteface.") from error
    unit: Tensor = rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-6)
    return unit


def _nothing_known(prompt: str, said: Understood) -> VoltefaceError:
    titles = ", ".join(style.title for style in STYLES[1:])
    if said.concepts:
        return VoltefaceError(
            f'"{prompt[:60]}" is about the person and names no style.', f"Name one of: {titles}; or use the sliders."
        )
    return VoltefaceError(
        f'No bundled style resembles "{prompt[:60]}"; by its letters "{said.nearest or STYLES[1].title}" is nearest.',
        f"There are: {titles}. For anything else choose a Stable Diffusion folder.",
    )
