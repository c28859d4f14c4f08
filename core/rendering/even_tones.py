"""Parts of one tone: a small model dapples hair, skin and cloth, blue here and red there, where each has a colour.

The hue, and how uneven the light is in coarse boxes, are read off the head's grid once: they are the same from every
view. Light and shade of single locks stay, features and beards of a face stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.mask import PARTS
from core.ramp import smooth
from core.rendering.borders import share_of
from core.rendering.places import at_size, places_of
from core.rendering.tone_volume import spread, value_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame
    from core.rendering.face_place import FacePlace
    from core.rendering.occupancy import FieldGrid

    Floats = NDArray[np.float32]

LEAST_NODES = 200
"""Nodes of a part under which its colour cannot be told."""
STOPS = (12.0, 240.0)
"""Densities per world unit between which a node lies at the surface."""
RUN = 2
"""Nodes over which colours of other parts run into those of skin."""
THIRDS = np.full((3, 1), 1 / 3, np.float32)
"""They give the mean of three colours."""
ENOUGH_PX = 512
"""Side of the pictures that a head model draws."""
DARKEST = 0.02
BOUND = 0.25
"""How much deeper or lighter than a part may be a colour is, natural logarithms, of which nothing is kept."""
SHOWN, LEAST_ALPHA = 0.02, 0.2
"""Share of a part from which a pixel is toned, and coverage below which its colour cannot be told."""
FEATURES_KEPT, HUE_KEPT = 0.8, 0.7
"""Which share of the light and of the hue of a face's features stays."""
SMUDGE, FEATURE, CLEANED = -0.06, -0.16, 0.8
"""How much darker than plain skin, natural logarithms, skin and a face's features are where they begin to be dirty, and
how much of what is darker goes."""
GLOW, DIMMED = 0.10, 0.6
"""How much lighter than plain skin, natural logarithms, skin begins to glow, and how much of what is lighter goes."""
BEARD, BEARD_REAR = ((0.0, 0.35, 0.5, 1.15), (-0.45, -0.5, -0.75, -0.25)), -1.6
"""Ways aside and heights from the eyes, in their distances, of the line below which beards grow, and the depth before
which they do."""


@dataclass(frozen=True, kw_only=True)
class Evenness:
    """How a part is evened.

    Attributes:
        parts: of `core.mask.PARTS`.
        hue, light: how much of what is uneven is taken back, of hue and of lightness.
        middle: which quantile of its lightness the part takes: what is painted darker lies in hollows.
        most: bounds of a change of lightness, natural logarithms.
        deepest, highest: how much darker and lighter than its middle it may be, natural logarithms: a soft model rings
            where parts meet.
    """

    parts: tuple[str, ...]
    hue: float
    light: float
    middle: float
    most: tuple[float, float]
    deepest: float = 9.0
    highest: float = 9.0


HAIR = Evenness(parts=("hair",), hue=0.85, light=0.6, middle=0.7, most=(-0.5, 0.5), deepest=0.5, highest=0.3)
SKIN = Evenness(parts=("skin", "neck", "ears", "eyes"), hue=0.75, light=0.85, middle=0.85, most=(-0.25, 0.5))
CLOTH = Evenness(parts=("cloth",), hue=0.9, light=0.8, middle=0.6, most=(-0.6, 0.6), deepest=0.5, highest=0.3)
EVENED = (HAIR, SKIN, CLOTH)


@dataclass(frozen=True, eq=False)
class PartTone:
    """The colour of a part.

    Attributes:
        evenness: of the part.
        hue: float32 [3], natural logarithms of red, green and blue to their mean.
        middle: natural logarithm of its lightness.
        change: float32 [C, C, C, 3] by x, y and z, three times the same: natural logarithm of the factor that evens its
            lightness (see `tone_volume`).
    """

    evenness: Evenness
    hue: Floats
    middle: float
    change: Floats

    @staticmethod
    def of(grid: FieldGrid, evenness: Evenness) -> PartTone | None:
        """That of a head on a grid; None where it has hardly any of the part, or nobody tells its parts."""
        grid = grid.on_processor
        if grid.labels is None:
            return None
        rind = (grid.known & (grid.sigma > STOPS[0]) & (grid.sigma < STOPS[1])).view(-1).nonzero()[:, 0]
        mine = torch.zeros(len(PARTS), dtype=torch.bool)
        mine[[PARTS.index(part) for part in evenness.parts]] = True
        labels = grid.labels.reshape(-1)
        chosen = rind[mine[labels[rind].long()]]
        if evenness is SKIN:  # colours of hair and cloth run into those of skin
            mine[PARTS.index("background")] = True
            _, rows, columns = grid.labels.shape
            for way in (sign * RUN * step for step in (1, columns, rows * columns) for sign in (-1, 1)):
                beside = labels[(chosen + way).clamp(0, len(labels) - 1)]
                chosen = chosen[mine[beside.long()]]
        if len(chosen) < LEAST_NODES:
            return None
        colours = np.asarray(grid.colour[:3].reshape(3, -1)[:, chosen].T.numpy(), np.float32)
        points = grid.places(chosen).numpy().astype(np.float64)
        hue = _hues(colours)
        carried = spread(points, np.repeat(colours.mean(axis=1, keepdims=True), 3, axis=1))
        middle = np.log(max(float(np.quantile(value_at(carried, points)[:, 0], evenness.middle)), DARKEST))
        off = np.log(carried.clip(min=DARKEST)) - middle
        change = np.asarray((-evenness.light * off).clip(*evenness.most), np.float32)
        return PartTone(evenness, np.median(hue, axis=0), float(middle), change)

    def bound(self, colours: Floats) -> Floats:
        """Colours [N, 3], 0..1, of the part, none of them deeper or lighter than it may be."""
        shade = np.log((colours @ THIRDS).clip(min=DARKEST / 4)) - np.float32(self.middle)
        for most, beyond in ((-self.evenness.deepest, -1), (self.evenness.highest, 1)):
            goal = np.exp(np.float32(self.middle + most) + self.hue)
            colours = colours + (goal - colours) * np.clip(beyond * (shade - most) / BOUND, 0, 1)
        return np.asarray(colours, np.float32)


def _hues(colours: Floats) -> Floats:
    """Natural logarithms of colours [N, 3], 0..1, to their mean."""
    dark = np.log(colours.clip(min=DARKEST))
    return np.asarray(dark - dark @ THIRDS, np.float32)


def with_even_tones(frame: Frame, tones: tuple[PartTone, ...], at: FacePlace | None) -> Frame:
    """A frame whose parts have one hue each; the very same one where it shows none or no parts are told.

    Args:
        frame: as the generator draws it.
        tones: of the head's parts.
        at: where its face is; without one its skin stays as it is.
    """
    if frame.labels is None:
        return frame
    size = len(frame.rgb)
    if size >= 2 * ENOUGH_PX:  # what is larger has no more detail of its own yet
        half = (size // 2,) * 2
        rgb, alpha = (cv2.resize(one, half, interpolation=cv2.INTER_AREA) for one in (frame.rgb, frame.alpha))
        toned = with_even_tones(replace(frame, rgb=rgb, alpha=alpha), tones, at).rgb
        change = cv2.resize(toned.astype(np.float32) - rgb, (size, size), interpolation=cv2.INTER_LINEAR)
        return replace(frame, rgb=np.clip(frame.rgb + change + 0.5, 0, 255).astype(np.uint8))
    depth = at_size(frame.depth, size)
    finished, changed = frame.rgb.reshape(-1, 3).astype(np.float32), False
    for tone in tones:
        share = share_of(frame.labels, tone.evenness.parts, size).ravel()
        chosen = np.flatnonzero((share > SHOWN) & (depth.ravel() > 0))
        if not len(chosen) or (at is None and tone.evenness is SKIN):
            continue
        changed = True
        points, _ = places_of(frame.camera, depth, chosen)
        alpha = frame.alpha.ravel()[chosen, None]
        # the white behind keeps its colour
        own = np.maximum(finished[chosen] - 255 * (1 - alpha), 0)
        colours = own / (255 * np.maximum(alpha, LEAST_ALPHA))
        light, hue = value_at(tone.change, points), tone.evenness.hue * (tone.hue - _hues(colours))
        if at is not None and tone.evenness is SKIN:
            light, hue = _beside_features(colours, points, light, hue, tone, at)
        toned = tone.bound(colours * np.exp(light + hue)) - colours
        finished[chosen] += np.maximum(255 * alpha * toned, -own) * share[chosen, None]
    if not changed:
        return frame
    return replace(frame, rgb=np.clip(finished + 0.5, 0, 255).astype(np.uint8).reshape(frame.rgb.shape))


def _beside_features(
    colours: Floats, points: NDArray[np.float64], light: Floats, hue: Floats, tone: PartTone, at: FacePlace
) -> tuple[Floats, Floats]:
    """Changes of lightness and hue [N, 3] of skin colours [N, 3] at world points [N, 3]: features and beards stay."""
    x, y, z = (at.in_frame(points) / at.apart).T
    features = at.features(points).astype(np.float32)[:, None]
    beard = (
        at.beard * smooth(0.0, -0.2, y - np.interp(np.abs(x), *BEARD)) * smooth(BEARD_REAR - 0.3, BEARD_REAR + 0.2, z)
    )
    shaved = 1 - beard.astype(np.float32)[:, None]
    light = light * (1 - FEATURES_KEPT * features)
    shade = np.log((colours @ THIRDS).clip(min=DARKEST)) - tone.middle + light
    light = light + CLEANED * np.maximum(SMUDGE + (FEATURE - SMUDGE) * features - shade, 0)
    light = light - DIMMED * np.maximum(shade - GLOW, 0)
    # what is redder is blood, what is bluer is painted eyes that ran out
    kept = np.where(hue[:, :1] > 0, 0, HUE_KEPT) * features
    return light * shaved, hue * (1 - kept) * shaved
