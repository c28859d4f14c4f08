"""Curls: hair that is drawn as small rings, and long hair as hanging `locks`, instead of strands that run down.

The rings lie in a texture that repeats and is laid on from three sides. Where the hair ends, curls stand out of
its outline (see `grained_hair`).
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.rendering.grained_hair import with_grain
from core.rendering.locks import locks_at
from core.rendering.places import triplanar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame
    from core.hair_strands import HairStrands

    Floats = NDArray[np.float32]

SIDE_PX, RING_PX = 384, 13.0
"""Side of the texture, and the radius of its rings on average."""
RINGS = 1500
BEYOND_PX = 40
"""How far beyond the middle tile an arc may lie that reaches into it."""
HANGING = 0.011
"""Radius of curls from which they hang in locks, world units."""
LIGHT, GAP = 0.42, 0.75
"""How much lighter a ring is than hair around it, and how much darker the gaps between rings; natural logarithms."""
CALM = (0.65, 0.4)
"""By which share white hair has weaker gaps and weaker lights than black hair."""


def with_curls(frame: Frame, strands: HairStrands) -> Frame:
    """A frame whose hair is curled; the very same one where it shows none.

    Args:
        frame: with labels.
        strands: with a size of curls.
    """
    if not strands.curl:
        return frame
    return with_grain(
        frame, partial(curls_at, curl=strands.curl), strands.curl, calm=CALM, hangs=strands.curl >= HANGING
    )


def curls_at(points: NDArray[np.float64], curl: float) -> NDArray[np.float64]:
    """How much lighter or darker hair is at world points [N, 3] for curls of a size."""
    return locks_at(points) if curl >= HANGING else triplanar(_rings(), points, curl / RING_PX)


@cache
def _rings() -> Floats:
    """Rings over one another, natural logarithm of the lightness' ratio, mean 0, float32 [S, S]; repeats both ways."""
    random = np.random.default_rng(5)
    picture = _empty_tiles()
    for number in range(RINGS):
        level = number / RINGS  # later ones lie on top and catch more light
        radius = RING_PX * float(random.uniform(0.55, 1.25))
        x, y = random.uniform(0, SIDE_PX, 2).tolist()
        axes = (int(radius), int(radius * float(random.uniform(0.45, 0.95))))
        turn, start = float(random.uniform(0, 360)), float(random.uniform(0, 360))
        reach = float(random.uniform(150, 330))
        shade = -GAP + (GAP + LIGHT) * (0.25 + 0.75 * level) * float(random.uniform(0.75, 1.1))
        # every ring is a lock: dark beside its light middle
        for thick, tone in ((7, shade - 0.35), (3, shade), (1, shade + 0.16)):
            _draw_arc(picture, (int(x), int(y)), axes, turn, (start, start + reach), tone, thick)
    return _tile(picture, 0.9)


def _empty_tiles() -> Floats:
    """Three by three tiles, float32 [3 * S, 3 * S], of which the middle one is kept: so it repeats without a seam."""
    return np.full((3 * SIDE_PX, 3 * SIDE_PX), -GAP, np.float32)


def _draw_arc(
    tiles: Floats,
    place: tuple[int, int],
    axes: tuple[int, int],
    tilt_degrees: float,
    ends_degrees: tuple[float, float],
    tone: float,
    thick: int,
) -> None:
    """Draw a piece of an ellipse at a place of each tile from which it reaches into the middle one."""
    for down in range(3):
        for right in range(3):
            at = (place[0] + right * SIDE_PX, place[1] + down * SIDE_PX)
            if all(SIDE_PX - BEYOND_PX < v < 2 * SIDE_PX + BEYOND_PX for v in at):
                cv2.ellipse(tiles, at, axes, tilt_degrees, *ends_degrees, (tone,), thick, cv2.LINE_8)


def _tile(tiles: Floats, soft_px: float) -> Floats:
    """The middle tile [S, S], a little softened, of mean 0."""
    calm = cv2.GaussianBlur(tiles, (0, 0), soft_px)[SIDE_PX : 2 * SIDE_PX, SIDE_PX : 2 * SIDE_PX]
    return np.asarray(calm - calm.mean(), np.float32)
