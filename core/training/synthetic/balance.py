"""How evenly a data set holds people: counts by sex, age, skin tone, hair, beard and glasses."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import VoltefaceError
from core.training.synthetic.hair_styles import FAMILIES

AGE_BANDS = {"teens": 0.5, "young": 0.6, "middle-aged": 0.75, "old": 1.01}
"""Names with the age at which each band ends."""
TONE_BANDS = {"very light": 0.2, "light": 0.4, "medium": 0.6, "dark": 0.8, "very dark": 1.01}
"""Names with the melanin at which each band ends."""
_SMILES = 0.25  # weight of the face unit from which a face counts as smiling
_HALF = 0.5


@dataclass(frozen=True)
class Balance:
    """Counts of heads by group; each mapping adds up to `heads`.

    Attributes:
        heads: in all.
        sexes: women and men.
        ages: by AGE_BANDS.
        skin_tones: by TONE_BANDS.
        hair: by family of hair_styles.FAMILIES.
        women_hair: the same, of the women alone.
        beards: by style; "painted" in versions 1 and 2.
        glasses: none, clear or dark.
        faces: smiling, with the mouth open, or calm.
    """

    heads: int
    sexes: Mapping[str, int]
    ages: Mapping[str, int]
    skin_tones: Mapping[str, int]
    hair: Mapping[str, int]
    women_hair: Mapping[str, int]
    beards: Mapping[str, int]
    glasses: Mapping[str, int]
    faces: Mapping[str, int]

    def lines(self) -> list[str]:
        """One line of text a grouping, in per cent."""
        titles = {"sexes": "sex", "ages": "age", "skin_tones": "skin tone", "women_hair": "hair of women"}
        groups = {name: counts for name, counts in vars(self).items() if name != "heads"}
        return [
            f"{titles.get(name, name)}: "
            + ", ".join(
                f"{group} {100 * count / max(1, sum(counts.values())):.0f} %" for group, count in counts.items()
            )
            for name, counts in groups.items()
        ]


def balance_of(folder: Path) -> Balance:
    """Counts the whole heads of a data set.

    Raises:
        VoltefaceError: when the facts of a head cannot be read.
    """
    metas = []
    for path in sorted(folder.glob("*/meta.json")):
        try:
            metas.append(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise VoltefaceError(f"The facts {path} could not be read: {error}.", "Remove that head.") from error
    return balance_of_facts(metas)


def balance_of_facts(metas: Iterable[Mapping[str, Any]]) -> Balance:
    """Counts heads by their facts, the contents of `meta.json`."""
    heads = list(metas)
    women = [head for head in heads if head["gender"] <= _HALF]
    return Balance(
        heads=len(heads),
        sexes=_counted(("female" if head["gender"] <= _HALF else "male" for head in heads), ("female", "male")),
        ages=_counted((_band(head["age"], AGE_BANDS) for head in heads), AGE_BANDS),
        skin_tones=_counted((_band(head["melanin"], TONE_BANDS) for head in heads), TONE_BANDS),
        hair=_counted((FAMILIES[head["hair"]] for head in heads), FAMILIES.values()),
        women_hair=_counted((FAMILIES[head["hair"]] for head in women), FAMILIES.values()),
        beards=_counted((head.get("beard_style", "painted" if head["beard"] else "none") for head in heads), ("none",)),
        glasses=_counted(
            ("none" if not head["glasses"] else "dark" if head["dark_lenses"] else "clear" for head in heads),
            ("none", "clear", "dark"),
        ),
        faces=_counted((_face(head["expression"]) for head in heads), ("smiling", "open mouth", "calm")),
    )


def _band(value: float, bands: Mapping[str, float]) -> str:
    return next(name for name, end in bands.items() if value < end)


def _face(expression: Mapping[str, float]) -> str:
    if expression.get("face/mouthSmileLeft", 0.0) >= _SMILES:
        return "smiling"
    return "open mouth" if "face/jawOpen" in expression else "calm"


def _counted(groups: Iterable[str], order: Iterable[str]) -> dict[str, int]:
    """Counts of the groups, those of `order` first, even where there are none."""
    counts = Counter(groups)
    return {group: counts[group] for group in dict.fromkeys([*order, *sorted(counts)])}
