"""Where on the scalp hair grows: the whole of it, or less on heads that are balding or cropped."""

import numpy as np

from core.training.synthetic.arrays import Floats
from core.training.synthetic.pictures import smoothstep
from core.training.synthetic.uv_maps import UvMaps

_STEPS_DM = 0.14  # width of a soft hairline


def growth(style: str, maps: UvMaps) -> Floats:
    """Head map 0..1: how densely hair of a style grows within the scalp (heights in dm of the neutral head)."""
    side, y, z = np.abs(maps.x), maps.y, maps.z
    if style == "fur_receding":  # temples far back, a tongue of hair in the middle
        line = 0.9 + 0.28 * np.exp(-((side / 0.26) ** 2)) - 0.22 * np.exp(-(((side - 0.5) / 0.16) ** 2))
        grown = smoothstep(line + _STEPS_DM, line - _STEPS_DM, z)
        return grown * (0.6 + 0.4 * smoothstep(0.75, 0.2, z - 0.5 * smoothstep(8.15, 7.95, y)))
    if style == "fur_horseshoe":  # a wreath around the back
        edge = 7.78 + 0.22 * smoothstep(0.2, -0.4, z)
        return smoothstep(edge + _STEPS_DM, edge - _STEPS_DM, y) * smoothstep(0.62, 0.42, z)
    if style == "fur_buzz":  # fades at the nape and the temples
        fade = smoothstep(6.7, 7.25, y + 0.25 * (z < 0.0)) * smoothstep(1.42, 1.22, z)
        return 0.25 + 0.75 * fade
    return np.ones_like(side)
