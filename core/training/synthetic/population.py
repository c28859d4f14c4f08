"""Who is drawn in version 3 of the recipe: people balanced by sex, age, skin tone, hair, beard and glasses.

What is balanced is spread over the seeds by sequences that fill 0..1 evenly, so any run of consecutive seeds (and any
arithmetic progression of them, such as the held-out heads) holds every group in nearly its share.
"""

from dataclasses import dataclass

import numpy as np

from core.training.synthetic.arrays import Floats

MELANIN_OF_RACE = (0.85, 0.30, 0.12)  # African, Asian, Caucasian
LEAST_MELANIN, MOST_MELANIN = 0.06, 0.97
_SEED_OFFSET = 20_000_000  # keeps these draws apart from the shape's
_STEPS = np.sqrt([2.0, 3.0, 5.0, 7.0, 11.0, 13.0])  # irrational and independent
_START = np.array([0.13, 0.61, 0.37, 0.83, 0.29, 0.71])
_AGE_SHARES, _AGES = (0.0, 0.1, 0.45, 0.75, 1.0), (0.42, 0.5, 0.6, 0.75, 1.0)  # teens, young, middle-aged, old
_CANDIDATES = 12  # mixtures of races from which the one nearest to the skin tone is taken
_MATURE, _ELDERLY = 0.6, 0.75  # ages between which receding hair becomes common

# Odds of hair styles. Where two numbers stand, the first is for the young, the second for the elderly.
_FEMALE_ODDS: dict[str, tuple[float, float]] = {
    "long01": (0.10, 0.05),
    "long_wavy": (0.11, 0.07),
    "long_curly": (0.08, 0.06),
    "medium": (0.08, 0.07),
    "medium_wavy": (0.08, 0.10),
    "ponytail01": (0.07, 0.05),
    "bun": (0.08, 0.10),
    "braid01": (0.03, 0.02),
    "bob01": (0.05, 0.06),
    "bob02": (0.06, 0.07),
    "short01": (0.03, 0.05),
    "short03": (0.04, 0.05),
    "short04": (0.04, 0.06),
    "fur_curl": (0.05, 0.07),
    "fur_afro": (0.06, 0.04),
    "fur_short": (0.04, 0.08),
}
_MALE_ODDS: dict[str, tuple[float, float]] = {
    "short01": (0.09, 0.06),
    "short02": (0.09, 0.06),
    "short03": (0.06, 0.03),
    "short04": (0.09, 0.07),
    "fur_buzz": (0.09, 0.08),
    "fur_short": (0.18, 0.14),
    "fur_curl": (0.09, 0.07),
    "fur_afro": (0.07, 0.03),
    "fur_receding": (0.03, 0.14),
    "fur_horseshoe": (0.01, 0.14),
    "none": (0.03, 0.06),
    "stubble": (0.05, 0.06),
    "long01": (0.02, 0.01),
    "long_wavy": (0.03, 0.01),
    "long_curly": (0.02, 0.01),
    "medium": (0.02, 0.01),
    "medium_wavy": (0.02, 0.01),
    "bun": (0.03, 0.01),
}
_BEARD_ODDS = {"none": 0.38, "stubble": 0.14, "short": 0.15, "full": 0.15, "goatee": 0.1, "moustache": 0.08}
_GLASSES_ODDS = {"none": 0.68, "clear": 0.24, "dark": 0.08}
_SHAVEN_AGE = 0.5  # younger men have no beards


@dataclass(frozen=True, eq=False)
class Identity:
    """What the recipe decides about a seed before chance draws the rest.

    Attributes:
        gender: 0 female .. 1 male.
        age: .42 in the teens, .5 young .. 1 old.
        race: float [3], shares of shape.RACES.
        melanin: 0 light .. 1 dark.
        hair: style, one of hair_styles.ALL_STYLES.
        beard: one of beards.BEARDS, or "none".
        glasses: "none", "clear" or "dark".
    """

    gender: float
    age: float
    race: Floats
    melanin: float
    hair: str
    beard: str
    glasses: str


def identity_of(seed: int) -> Identity:
    """The balanced draws of a seed."""
    rng = np.random.RandomState(seed + _SEED_OFFSET)
    even: list[float] = np.modf(_START + seed * _STEPS)[0].tolist()
    male = even[0] < 0.5
    gender = float(np.clip(rng.normal(0.94 if male else 0.06, 0.08), 0, 1))
    if (gender > 0.5) != male:
        gender = 1 - gender
    age = float(np.interp(even[1], _AGE_SHARES, _AGES))
    melanin = LEAST_MELANIN + (MOST_MELANIN - LEAST_MELANIN) * even[2]
    mixtures = rng.dirichlet([0.55, 0.55, 0.55], _CANDIDATES)
    race = mixtures[np.abs(mixtures @ MELANIN_OF_RACE - melanin).argmin()]
    elderly = float(np.clip((age - _MATURE) / (_ELDERLY - _MATURE), 0, 1))
    table = _MALE_ODDS if male else _FEMALE_ODDS
    hair = _picked({name: a + (b - a) * elderly for name, (a, b) in table.items()}, even[3])
    beard = _picked(_BEARD_ODDS, even[4]) if male and age >= _SHAVEN_AGE else "none"
    return Identity(gender, age, race, melanin, hair, beard, _picked(_GLASSES_ODDS, even[5]))


def _picked(odds: dict[str, float], even: float) -> str:
    """The option in whose share of the odds a number 0..1 falls."""
    edges = np.cumsum(list(odds.values()))
    return list(odds)[min(int(np.searchsorted(edges, even * edges[-1], side="right")), len(odds) - 1)]
