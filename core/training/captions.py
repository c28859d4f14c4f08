"""Captions of drawn heads, written from what is known of them: "a pencil sketch of a young woman with curly red hair".

They are sentences that people could type, with the words of `core.stylizers.vocabulary` in many turns; what the prior
learns from one is what `core.stylizers.prompt` reads in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.stylizers.vocabulary import CONCEPTS, NUMBERS, Concept
from core.training.synthetic.person import HAIR_COLOURS
from core.training.synthetic.pictures import GAMMA

if TYPE_CHECKING:
    from collections.abc import Mapping

AGES = ((0.3, "child"), (0.62, "young"), (0.8, "middle"), (9.0, "old"))
SKINS = ((0.3, "light"), (0.55, "tan"), (9.0, "dark"))
CUTS = {
    "none": "bald",
    "stubble": "bald",
    "fur_horseshoe": "bald",
    "fur_receding": "short",
    "fur_buzz": "short",
    "fur_short": "short",
    "fur_curl": "curly",
    "fur_afro": "afro",
    "bob01": "bob",
    "bob02": "bob",
    "long01": "long",
    "long_wavy": "wavy",
    "medium_wavy": "wavy",
    "long_curly": "curly",
    "medium": "long",
    "ponytail01": "tied",
    "braid01": "tied",
    "bun": "tied",
}
"""By hair style; the others are short."""
COLOURS = {
    "black": "black_hair",
    "dark brown": "brown_hair",
    "brown": "brown_hair",
    "light brown": "brown_hair",
    "dark blond": "blond_hair",
    "blond": "blond_hair",
    "red": "red_hair",
    "grey": "grey_hair",
    "white": "grey_hair",
}
BEARDS = {"full": "bearded", "short": "bearded", "stubble": "stubble", "goatee": "goatee", "moustache": "moustache"}
STRONG = 0.3
"""Weight from which an expression is mentioned."""
SAID = {"age": 0.7, "sex": 0.85, "skin": 0.3, "colour": 0.6, "cut": 0.6, "beard": 0.8, "glasses": 0.9, "mood": 0.4}
"""Odds that a feature is mentioned."""


def features_of(meta: Mapping[str, Any]) -> dict[str, str]:
    """Slot -> concept of a head, from its `meta.json`."""
    units = {name.removeprefix("face/"): weight for name, weight in meta["expression"].items()}
    man = meta["gender"] > 0.5
    display = np.maximum(np.array(meta["hair_rgb"]), 1e-4) ** (1 / GAMMA) * 255
    nearest = min(HAIR_COLOURS, key=lambda name: float(np.abs(display - HAIR_COLOURS[name]).sum()))
    found = {
        "age": next(name for limit, name in AGES if meta["age"] < limit),
        "sex": "man" if man else "woman",
        "skin": next(name for limit, name in SKINS if meta["melanin"] < limit),
        "cut": CUTS.get(meta["hair"], "short"),
        "glasses": "bare_eyes",
        "mood": "calm",
    }
    if found["cut"] != "bald":
        found["colour"] = COLOURS[nearest]
    style = meta.get("beard_style", "full" if meta["beard"] > 0 else "none")
    if style in BEARDS and meta["beard"] > 0:
        found["beard"] = BEARDS[style]
    elif man:
        found["beard"] = "shaven"
    if meta["glasses"]:
        found["glasses"] = "sunglasses" if meta["dark_lenses"] else "glasses"
    if units.get("jawOpen", 0) > STRONG:
        found["mood"] = "open_mouth"
    elif units.get("mouthSmileLeft", 0) > STRONG:
        found["mood"] = "smiling"
    elif units.get("mouthFrownLeft", 0) > STRONG:
        found["mood"] = "frowning"
    return found


def meta_of_attributes(told: Mapping[str, float]) -> dict[str, Any]:
    """What captions tell of a head, from the attributes of a random head (see `core.editors.random_head`)."""

    def most(group: str) -> str:
        return max((name for name in told if name.startswith(group)), key=lambda name: told[name]).removeprefix(group)

    cheeks, chin = told["beard_cheeks"] > 0.5, told["beard_chin"] > 0.5
    return {
        "gender": told["gender"],
        "age": told["age"],
        "melanin": told["melanin"],
        "hair": most("hair/"),
        "hair_rgb": [max(told[f"hair_{c}"], 0.0) ** GAMMA for c in "rgb"],
        "beard": told["beard"] if told["beard"] > 0.5 else 0.0,
        "beard_style": "full" if cheeks else "goatee" if chin else "moustache",
        "glasses": told["glasses"] > 0.5,
        "dark_lenses": told["dark"] > 0.5,
        "expression": {
            "jawOpen": told["expr/jawOpen"],
            "mouthSmileLeft": told["expr/mouthSmile"],
            "mouthFrownLeft": told["expr/mouthFrown"],
        },
    }


def caption(meta: Mapping[str, Any], style: str, random: np.random.Generator, odds: Mapping[str, float] = SAID) -> str:
    """A sentence about a drawn head.

    Args:
        meta: of the head.
        style: a style's name.
        random: which features are mentioned, and in which words.
        odds: that a slot's feature is mentioned.
    """
    said = {slot: _concept(name) for slot, name in features_of(meta).items() if random.random() < odds.get(slot, 0)}

    def words(slot: str) -> str:
        return said[slot].title if slot in said else ""

    person = " ".join(filter(None, (words("age"), words("sex") or "person")))
    worn = [words("skin"), words("cut") if said.get("cut") is not _concept("bald") else "", words("colour")]
    shaven = said.get("beard") is _concept("shaven")
    worn += [words("glasses"), "" if shaven else words("beard")]
    tail = [words("mood"), "bald" if said.get("cut") is _concept("bald") else "", words("beard") if shaven else ""]
    who = _articled(person) + _listed([word for word in worn if word], " with ")
    who += "".join(f", {word}" for word in tail if word)
    drawn = _concept(style)
    if random.random() < 0.3:
        return f"{who}, {_phrase(drawn, random)}"
    return f"{random.choice(drawn.of)} {who}"


def _concept(name: str) -> Concept:
    return CONCEPTS[NUMBERS[name]]


def _phrase(concept: Concept, random: np.random.Generator) -> str:
    """One of its phrases, mostly the first."""
    if random.random() < 0.5:
        return concept.title
    return str(random.choice(concept.phrases))


def _articled(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _listed(words: list[str], before: str) -> str:
    if not words:
        return ""
    if len(words) == 1:
        return before + words[0]
    return f"{before}{', '.join(words[:-1])} and {words[-1]}"
