"""Random head shapes and expressions, as weights of MakeHuman shape targets.

The order of the random draws is part of the recipe: a draw added in the middle changes every head.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.training.synthetic.arrays import Floats
from core.training.synthetic.population import Identity
from core.training.synthetic.sliders import HEAD_SHAPES, PAIRED, SIDED

RACES = ("african", "asian", "caucasian")
_LEAST_WEIGHT = 1e-4
_CHILD, _YOUNG = 0.1875, 0.5
_SIDES = ("Left", "Right")
_HINT_OF_SMILE = 0.14


@dataclass(frozen=True, eq=False)
class HeadShape:
    """A random shape.

    Attributes:
        weights: target name -> weight.
        gender: 0 female .. 1 male.
        age: .5 young .. 1 old.
        race: float [3], shares of RACES; they sum to 1.
    """

    weights: dict[str, float]
    gender: float
    age: float
    race: Floats


def macro_weights(
    gender: float, age: float, race: Floats, *, muscle: float, weight: float, proportion: float
) -> dict[str, float]:
    """Weights of the whole-body targets.

    Args:
        gender: 0 female .. 1 male.
        age: .1875 child, .5 young .. 1 old.
        race: float [3], shares of RACES.
        muscle: 0..1.
        weight: 0..1.
        proportion: 0 uncommon .. 1 ideal.
    """
    old = min(max((age - 0.5) * 2, 0.0), 1.0)
    child = min(max((_YOUNG - age) / (_YOUNG - _CHILD), 0.0), 1.0)
    weights: dict[str, float] = {}
    for sex, of_sex in (("female", 1 - gender), ("male", gender)):
        for stage, of_stage in (("young", 1 - old - child), ("old", old), ("child", child)):
            for name, share in zip(RACES, race, strict=True):
                weights[f"macrodetails/{name}-{sex}-{stage}"] = of_sex * of_stage * share
            for brawn, of_brawn in _thirds(muscle, "muscle"):
                for mass, of_mass in _thirds(weight, "weight"):
                    body, amount = f"{sex}-{stage}-{brawn}-{mass}", of_sex * of_stage * of_brawn * of_mass
                    weights[f"macrodetails/universal-{body}"] = amount
                    weights[f"macrodetails/{body}-idealproportions"] = amount * proportion
                    weights[f"macrodetails/{body}-uncommonproportions"] = amount * (1 - proportion)
    return {name: amount for name, amount in weights.items() if amount > _LEAST_WEIGHT}


def _thirds(x: float, name: str) -> list[tuple[str, float]]:
    return [
        ("min" + name, max(0, 1 - 2 * x)),
        ("average" + name, 1 - abs(2 * x - 1)),
        ("max" + name, max(0, 2 * x - 1)),
    ]


def random_shape(rng: np.random.RandomState, who: Identity | None = None) -> HeadShape:
    """A random person's head; of the sex, age and race of `who`, if told."""
    gender = float(np.clip(rng.choice([rng.normal(0.06, 0.08), rng.normal(0.94, 0.08)]), 0, 1))
    age = float(np.clip(0.5 + 0.5 * rng.beta(1.1, 2.2), 0.5, 0.97))
    race: Floats = rng.dirichlet([0.55, 0.55, 0.55])
    if who is not None:
        gender, age, race = who.gender, who.age, who.race
    weights = macro_weights(
        gender,
        age,
        race,
        muscle=float(np.clip(rng.normal(0.5, 0.15), 0.1, 0.9)),
        weight=float(np.clip(rng.normal(0.48, 0.17), 0.08, 0.95)),
        proportion=float(rng.uniform(0.45, 1)),
    )

    def put(target: str, low: str, high: str, amount: float) -> None:
        name = f"{target}-{high if amount > 0 else low}"
        weights[name] = weights.get(name, 0) + abs(amount)

    for target, low, high, deviation in PAIRED:
        spread = deviation * (0.42 if target.startswith("nose") else 0.58)
        put(target, low, high, float(np.clip(rng.normal(0, spread), -0.75, 0.75)))
    for target, low, high, deviation in SIDED:
        both = rng.normal(0, deviation * 0.7)
        for side in "lr":  # nearly symmetric
            put(target.format(side), low, high, float(np.clip(both + rng.normal(0, 0.05), -0.9, 0.9)))
    amount = float(rng.uniform(0, 0.5))
    names = list(HEAD_SHAPES)
    weights["head/head-" + names[rng.choice(len(names), p=list(HEAD_SHAPES.values()))]] = amount
    return HeadShape(weights, gender, age, race)


def random_expression(rng: np.random.RandomState) -> dict[str, float]:
    """Weights of face/* targets: 40 % smile, 28 % do something else, the eyelids always vary."""
    units: dict[str, float] = {}

    def both(unit: str, *weights: float) -> None:
        """The same weight, or one for each side."""
        units.update({f"face/{unit}{side}": w for side, w in zip(_SIDES, (weights * 2)[:2], strict=True)})

    kind = rng.rand()
    if kind < 0.40:
        smile = rng.uniform(0.15, 0.75)
        both("mouthSmile", smile * rng.uniform(0.9, 1.1), smile * rng.uniform(0.9, 1.1))
        both("cheekSquint", smile * 0.4)
        both("eyeSquint", smile * 0.3)
        if rng.rand() < 0.5:
            parted = rng.uniform(0.2, 0.6)
            both("mouthUpperUp", parted * 0.6)
            both("mouthLowerDown", parted * 0.6)
    elif kind < 0.5:
        units["face/jawOpen"] = rng.uniform(0.1, 0.45)
    elif kind < 0.55:
        units["face/mouthPucker"] = rng.uniform(0.2, 0.7)
    elif kind < 0.62:
        both("mouthFrown", rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.5))
        both("browDown", rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.6))
    elif kind < 0.68:
        units["face/browInnerUp"] = rng.uniform(0.2, 0.7)
    both("eyeBlink", rng.uniform(-0.08, 0.10))
    return units


def friendlier(units: Mapping[str, float]) -> dict[str, float]:
    """An expression with its frown, squint and gape held back and a hint of a smile."""
    scales = {"mouthFrown": 0.35, "browDown": 0.3, "eyeSquint": 0.5, "jawOpen": 0.6, "mouthPucker": 0.6}
    softened = {
        name: weight * next((scale for unit, scale in scales.items() if unit in name), 1.0)
        for name, weight in units.items()
    }
    for side in _SIDES:
        name = f"face/mouthSmile{side}"
        softened[name] = max(softened.get(name, 0.0), _HINT_OF_SMILE)
    return softened
