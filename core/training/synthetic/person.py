"""Who a person is: colours of skin and hair, and the hair style, drawn to go with a head shape."""

from dataclasses import dataclass

import numpy as np

from core.training.synthetic.arrays import Floats
from core.training.synthetic.hair_styles import FEMALE_STYLES, MALE_STYLES
from core.training.synthetic.pictures import linear
from core.training.synthetic.population import MELANIN_OF_RACE, Identity
from core.training.synthetic.recipe import HeadRecipe
from core.training.synthetic.shape import HeadShape

# Linear light, from light to dark: indexed by melanin 0..1.
SKIN_RAMP = linear(
    [
        (229, 190, 166),
        (223, 180, 152),
        (209, 163, 132),
        (206, 158, 126),
        (172, 122, 90),
        (132, 90, 64),
        (98, 65, 47),
        (70, 47, 37),
    ]
)
HAIR_COLOURS = {
    "black": (22, 18, 17),
    "dark brown": (52, 35, 26),
    "brown": (86, 57, 38),
    "light brown": (126, 90, 60),
    "dark blond": (160, 126, 84),
    "blond": (205, 172, 120),
    "red": (140, 62, 30),
    "grey": (150, 146, 142),
    "white": (215, 212, 206),
}
HAIR_RGB = linear(list(HAIR_COLOURS.values()))
_HAIR_ODDS = {
    "light": (0.26, 0.2, 0.14, 0.1, 0.07, 0.09, 0.06, 0.06, 0.02),
    "dark": (0.62, 0.28, 0.06, 0.0, 0.0, 0.0, 0.0, 0.03, 0.01),
    "asian": (0.6, 0.25, 0.08, 0.02, 0.01, 0.01, 0.01, 0.02, 0.0),
    "old": (0.05, 0.1, 0.1, 0.05, 0.05, 0.05, 0.0, 0.4, 0.2),
}
SKINS = (
    "middleage_darkskinned_male_diffuse",
    "middleage_lightskinned_female_diffuse2",
    "middleage_lightskinned_male_diffuse",
    "middleage_lightskinned_male_diffuse2",
    "old_darkskinned_male_diffuse",
    "young_darkskinned_male_diffuse",
    "young_lightskinned_female_diffuse2",
    "young_lightskinned_female_diffuse3",
    "young_lightskinned_male_diffuse",
    "young_lightskinned_male_diffuse2",
    "young_lightskinned_male_diffuse3",
)
_GREYS = (7, 8)  # rows of HAIR_RGB
_BRAID_LIMIT = np.array([0.11, 0.055, 0.03])  # braid01's texture has flat patches in lighter colours
_BRIGHTEST_HAIR = 0.37  # linear light, in version 3
_MIDDLE_AGE, _OLD_AGE = 0.66, 0.78


@dataclass(frozen=True, eq=False)
class Person:
    """Colours are linear light.

    Attributes:
        male: whether male skins, clothes and hair styles are used.
        melanin: 0 light .. 1 dark.
        skin: name of the skin texture.
        skin_rgb: float [3].
        hair_rgb: float [3].
        hair: style, one of hair_styles.ALL_STYLES.
        beard: one of beards.BEARDS or "none" in version 3, which decides before painting; else None.
    """

    male: bool
    melanin: float
    skin: str
    skin_rgb: Floats
    hair_rgb: Floats
    hair: str
    beard: str | None = None


def random_person(
    rng: np.random.RandomState, shape: HeadShape, recipe: HeadRecipe, who: Identity | None = None
) -> Person:
    """Skin and hair for a shape; skin tone, hair style and beard are those of `who`, if told."""
    male = shape.gender > 0.5
    share = dict(zip(("african", "asian", "caucasian"), shape.race, strict=True))
    african, asian, caucasian = MELANIN_OF_RACE
    melanin = share["african"] * african + share["asian"] * asian + share["caucasian"] * caucasian
    melanin = float(np.clip(melanin + rng.normal(0, 0.09), 0, 0.98))
    if who is not None:
        melanin = who.melanin
    fitting = _fitting_skins(male=male, age=shape.age, melanin=melanin)
    skin = fitting[rng.randint(len(fitting))]
    ramp = np.arange(len(SKIN_RAMP)) / (len(SKIN_RAMP) - 1)
    tone = np.array([np.interp(melanin, ramp, SKIN_RAMP[:, k]) for k in range(3)])
    skin_rgb = tone * np.exp(rng.normal(0, 0.05, 3) * [1, 0.7, 1]) * 0.9

    group = "light" if melanin < 0.35 else "dark"
    group = "old" if shape.age > _OLD_AGE else "asian" if share["asian"] > 0.6 else group
    odds = np.array(_HAIR_ODDS[group])
    colour = int(rng.choice(len(odds), p=odds / odds.sum()))
    hue_change = rng.normal(0, 0.12, 3) * [1, 0.6, 0.6]
    if recipe.mended and colour in _GREYS:
        hue_change = np.full(3, hue_change.mean())  # a tinted grey looks lilac or green
    hair_rgb = HAIR_RGB[colour] * np.exp(hue_change + rng.normal(0, 0.12))
    if who is not None:  # bright hair would lose its strands in the light
        hair_rgb = hair_rgb * min(1.0, _BRIGHTEST_HAIR / hair_rgb.max())
        hair_rgb = hair_rgb + (hair_rgb.mean() - hair_rgb) * 0.12
    styles = MALE_STYLES if male else FEMALE_STYLES
    style = styles[rng.randint(len(styles))]
    if who is not None:
        style = who.hair
    if style == "braid01" and (hair_rgb > _BRAID_LIMIT).any():
        style = "ponytail01"
    if recipe.hair == "braid01":
        hair_rgb = np.minimum(hair_rgb, _BRAID_LIMIT)
    beard = None if who is None else who.beard
    return Person(male, melanin, skin, skin_rgb, hair_rgb, recipe.hair or style, beard)


def _fitting_skins(*, male: bool, age: float, melanin: float) -> list[str]:
    """Skin textures that go with a person; the dark ones are all male and serve women only when very dark."""
    if melanin > (0.55 if male else 0.72):
        stage = "young" if age < 0.68 else "middle"
        old = age > 0.8 and male
        return [name for name in SKINS if "dark" in name and (stage in name or (old and "old_" in name))]
    light = [name for name in SKINS if "light" in name and ("_male_" in name) == male]
    return [name for name in light if ("middle" in name) == (age > _MIDDLE_AGE)] or light
