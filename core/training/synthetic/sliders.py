"""The sliders of MakeHuman that vary a head, with how far. Their order is part of the recipe: it orders the draws."""

from typing import NamedTuple


class Slider(NamedTuple):
    """A pair of shape targets, "target-low" and "target-high", of which the sign of one normal weight picks.

    In the targets of `SIDED`, {} stands for l or r.
    """

    target: str
    low: str
    high: str
    deviation: float


PAIRED: tuple[Slider, ...] = (
    Slider("head/head-scale-horiz", "decr", "incr", 0.35),
    Slider("head/head-scale-depth", "decr", "incr", 0.3),
    Slider("head/head-scale-vert", "decr", "incr", 0.35),
    Slider("head/head-fat", "decr", "incr", 0.35),
    Slider("head/head-angle", "in", "out", 0.3),
    Slider("head/head-back-scale-depth", "decr", "incr", 0.3),
    Slider("forehead/forehead-scale-vert", "decr", "incr", 0.4),
    Slider("forehead/forehead-temple", "decr", "incr", 0.4),
    Slider("forehead/forehead-nubian", "decr", "incr", 0.3),
    Slider("forehead/forehead-trans", "backward", "forward", 0.3),
    Slider("eyebrows/eyebrows-trans", "down", "up", 0.5),
    Slider("eyebrows/eyebrows-angle", "down", "up", 0.5),
    Slider("eyebrows/eyebrows-trans", "backward", "forward", 0.4),
    Slider("nose/nose-hump", "decr", "incr", 0.5),
    Slider("nose/nose-width1", "decr", "incr", 0.5),
    Slider("nose/nose-width2", "decr", "incr", 0.5),
    Slider("nose/nose-width3", "decr", "incr", 0.5),
    Slider("nose/nose-point", "down", "up", 0.5),
    Slider("nose/nose-point-width", "decr", "incr", 0.5),
    Slider("nose/nose-scale-vert", "decr", "incr", 0.4),
    Slider("nose/nose-scale-depth", "decr", "incr", 0.4),
    Slider("nose/nose-scale-horiz", "decr", "incr", 0.4),
    Slider("nose/nose-nostrils-width", "decr", "incr", 0.5),
    Slider("nose/nose-nostrils-angle", "down", "up", 0.4),
    Slider("nose/nose-greek", "decr", "incr", 0.4),
    Slider("nose/nose-septumangle", "decr", "incr", 0.4),
    Slider("nose/nose-base", "down", "up", 0.3),
    Slider("nose/nose-flaring", "decr", "incr", 0.4),
    Slider("nose/nose-curve", "concave", "convex", 0.5),
    Slider("nose/nose-volume", "decr", "incr", 0.4),
    Slider("nose/nose-trans", "down", "up", 0.3),
    Slider("mouth/mouth-scale-horiz", "decr", "incr", 0.45),
    Slider("mouth/mouth-scale-vert", "decr", "incr", 0.4),
    Slider("mouth/mouth-scale-depth", "decr", "incr", 0.3),
    Slider("mouth/mouth-trans", "down", "up", 0.4),
    Slider("mouth/mouth-upperlip-height", "decr", "incr", 0.5),
    Slider("mouth/mouth-lowerlip-height", "decr", "incr", 0.5),
    Slider("mouth/mouth-upperlip-volume", "decr", "incr", 0.5),
    Slider("mouth/mouth-lowerlip-volume", "decr", "incr", 0.5),
    Slider("mouth/mouth-cupidsbow", "decr", "incr", 0.5),
    Slider("mouth/mouth-philtrum-volume", "decr", "incr", 0.4),
    Slider("mouth/mouth-angles", "down", "up", 0.35),
    Slider("mouth/mouth-dimples", "in", "out", 0.3),
    Slider("mouth/mouth-lowerlip-width", "decr", "incr", 0.4),
    Slider("chin/chin-width", "decr", "incr", 0.5),
    Slider("chin/chin-height", "decr", "incr", 0.4),
    Slider("chin/chin-prominent", "decr", "incr", 0.45),
    Slider("chin/chin-bones", "decr", "incr", 0.5),
    Slider("chin/chin-prognathism", "decr", "incr", 0.3),
    Slider("chin/chin-jaw-drop", "decr", "incr", 0.3),
    Slider("neck/neck-scale-horiz", "decr", "incr", 0.3),
    Slider("neck/neck-scale-depth", "decr", "incr", 0.3),
    Slider("neck/neck-double", "decr", "incr", 0.25),
)
SIDED: tuple[Slider, ...] = (
    Slider("cheek/{}-cheek-volume", "decr", "incr", 0.5),
    Slider("cheek/{}-cheek-bones", "decr", "incr", 0.5),
    Slider("cheek/{}-cheek-inner", "decr", "incr", 0.4),
    Slider("cheek/{}-cheek-trans", "down", "up", 0.4),
    Slider("eyes/{}-eye-scale", "decr", "incr", 0.35),
    Slider("eyes/{}-eye-height1", "decr", "incr", 0.35),
    Slider("eyes/{}-eye-height2", "decr", "incr", 0.35),
    Slider("eyes/{}-eye-height3", "decr", "incr", 0.35),
    Slider("eyes/{}-eye-corner1", "down", "up", 0.45),
    Slider("eyes/{}-eye-corner2", "down", "up", 0.45),
    Slider("eyes/{}-eye-trans", "in", "out", 0.35),
    Slider("eyes/{}-eye-trans", "down", "up", 0.25),
    Slider("eyes/{}-eye-bag", "decr", "incr", 0.3),
    Slider("eyes/{}-eye-eyefold", "down", "up", 0.4),
    Slider("eyes/{}-eye-push1", "in", "out", 0.3),
    Slider("eyes/{}-eye-epicanthus", "in", "out", 0.3),
    Slider("ears/{}-ear-scale", "decr", "incr", 0.45),
    Slider("ears/{}-ear-rot", "backward", "forward", 0.4),
    Slider("ears/{}-ear-wing", "decr", "incr", 0.4),
    Slider("ears/{}-ear-lobe", "decr", "incr", 0.4),
    Slider("ears/{}-ear-trans", "down", "up", 0.25),
)
# Whole head shapes with the odds of each.
HEAD_SHAPES: dict[str, float] = {
    "diamond": 0.14,
    "invertedtriangular": 0.14,
    "oval": 0.36,
    "rectangular": 0.06,
    "round": 0.18,
    "square": 0.04,
    "triangular": 0.08,
}
