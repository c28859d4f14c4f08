"""Hair of one hue: a small model dapples what it paints, blue here and red there, where hair has a colour.

The hue, and how uneven the light is in coarse boxes, are read off the head's grid once: they are the same from every
view, and light and shade of single locks stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.mask import PARTS
from core.rendering.borders import share_of
from core.rendering.places import at_size, places_of
from core.rendering.tone_volume import spread, value_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame
    from core.rendering.occupancy import FieldGrid

    Floats = NDArray[np.float32]

LEAST_NODES = 200
"""Nodes of hair under which its colour cannot be told."""
STOPS = (12.0, 240.0)
"""Densities per world unit between which a node lies at the surface."""
DARKEST = 0.02
HUE, LIGHT = 0.85, 0.6
"""How much of what is uneven is taken back, of hue and of lightness: locks in the light may be lighter."""
MIDDLE = 0.7
"""Which quantile of its lightness hair takes: what is painted darker lies in hollows."""
MOST = 0.5
"""Bound of a change of lightness, natural logarithms."""
SHOWN, LEAST_ALPHA = 0.02, 0.2
"""Share of hair from which a pixel is toned, and coverage below which its colour cannot be told."""


@dataclass(frozen=True, eq=False)
class HairTone:
    """The colour of a head's hair.

    Attributes:
        hue: float32 [3], natural logarithms of red, green and blue to their mean.
        change: float32 [C, C, C, 3] by x, y and z, three times the same: natural logarithm of the factor that evens its
            lightness (see `tone_volume`).
    """

    hue: Floats
    change: Floats

    @staticmethod
    def of(grid: FieldGrid) -> HairTone | None:
        """That of a head on a grid; None where it has hardly any hair, or nobody tells its parts."""
        grid = grid.on_processor
        if grid.labels is None:
            return None
        rind = grid.known & (grid.sigma > STOPS[0]) & (grid.sigma < STOPS[1])
        chosen = (rind & (grid.labels == PARTS.index("hair"))).view(-1).nonzero()[:, 0]
        if len(chosen) < LEAST_NODES:
            return None
        colours = np.asarray(grid.colour[:3].reshape(3, -1)[:, chosen].T.numpy(), np.float32)
        points = grid.places(chosen).numpy().astype(np.float64)
        hue = _hues(colours)
        carried = spread(points, np.repeat(colours.mean(axis=1, keepdims=True), 3, axis=1))
        middle = np.quantile(value_at(carried, points)[:, 0], MIDDLE)
        off = np.log(carried.clip(min=DARKEST)) - np.log(max(float(middle), DARKEST))
        return HairTone(np.median(hue, axis=0), np.asarray((-LIGHT * off).clip(-MOST, MOST), np.float32))


def _hues(colours: Floats) -> Floats:
    """Natural logarithms of colours [N, 3], 0..1, to their mean."""
    dark = np.log(colours.clip(min=DARKEST))
    return np.asarray(dark - dark.mean(axis=1, keepdims=True), np.float32)


def with_even_hair(frame: Frame, tone: HairTone) -> Frame:
    """A frame whose hair has one hue; the very same one where it shows none or no parts are told."""
    if frame.labels is None:
        return frame
    size = len(frame.rgb)
    share = share_of(frame.labels, ("hair",), size).ravel()
    depth = at_size(frame.depth, size)
    chosen = np.flatnonzero((share > SHOWN) & (depth.ravel() > 0))
    if not len(chosen):
        return frame
    points, _ = places_of(frame.camera, depth, chosen)
    finished = frame.rgb.reshape(-1, 3).astype(np.float32)
    alpha = frame.alpha.ravel()[chosen, None]
    # the white behind hair keeps its colour
    own = np.maximum(finished[chosen] - 255 * (1 - alpha), 0)
    hue = _hues(own / (255 * np.maximum(alpha, LEAST_ALPHA)))
    factor = np.exp(value_at(tone.change, points) + HUE * (tone.hue - hue))
    wanted = own * factor
    finished[chosen] += (wanted - own) * share[chosen, None]
    return replace(frame, rgb=np.clip(finished + 0.5, 0, 255).astype(np.uint8).reshape(frame.rgb.shape))
