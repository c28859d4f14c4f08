"""Expressions of version 3: mostly friendly, teeth at times, some open mouths, few frowns."""

import numpy as np

_SIDES = ("Left", "Right")
_HINT_OF_SMILE = 0.15


def varied_expression(rng: np.random.RandomState) -> dict[str, float]:
    """Weights of face/* targets: half smile, half of those with teeth; the rest is calm, speaks, wonders or frowns."""
    units: dict[str, float] = {}

    def both(unit: str, weight: float, asymmetry: float = 0.08) -> None:
        for side in _SIDES:
            units[f"face/{unit}{side}"] = weight * float(rng.uniform(1 - asymmetry, 1 + asymmetry))

    kind = rng.rand()
    smile = _HINT_OF_SMILE
    if kind < 0.26:  # closed smile
        smile = float(rng.uniform(0.35, 0.9))
    elif kind < 0.52:  # open smile
        smile = float(rng.uniform(0.5, 1.0))
        parted = float(rng.uniform(0.35, 0.8))
        both("mouthUpperUp", parted * 0.6)
        both("mouthLowerDown", parted * 0.5)
        if rng.rand() < 0.4:
            units["face/jawOpen"] = float(rng.uniform(0.05, 0.25))
    elif kind < 0.64:  # speaking
        units["face/jawOpen"] = float(rng.uniform(0.08, 0.42))
    elif kind < 0.68:
        units["face/mouthPucker"] = float(rng.uniform(0.2, 0.6))
        smile = 0.0
    elif kind < 0.73:  # stern
        both("mouthFrown", float(rng.uniform(0.1, 0.4)))
        both("browDown", float(rng.uniform(0.1, 0.4)))
        smile = 0.0
    elif kind < 0.80:
        units["face/browInnerUp"] = float(rng.uniform(0.2, 0.7))
        both("browOuterUp", float(rng.uniform(0.1, 0.6)))
    else:  # calm
        smile = float(rng.uniform(0.1, 0.25))
    if smile:
        both("mouthSmile", smile, 0.12)
        both("cheekSquint", smile * 0.35)
        both("eyeSquint", smile * 0.15)
    both("eyeBlink", float(rng.uniform(-0.22, 0.02)), 0.0)
    return units
