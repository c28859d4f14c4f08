"""Looks for the place of a head's face, once, on the head as it is drawn.

The part labels tell. Eyes are found among the nodes of the density grid, which sees them behind glasses too; brows and
lips in a small picture of the face. Each part is told by labels that are wrong in their own ways.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.mask import PARTS
from core.rendering.face_look import LOOK_PX, FaceLook
from core.rendering.face_place import LIGHTNESS, BrowPlace, EarPlace, EyePlace, FacePlace, LipsPlace, NosePlace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.field import Field
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

    Floats = NDArray[np.float64]

FRONT_Z = 0.05
"""Least z of an eye, world units."""
FEWEST_NODES = 24
"""Of the grid that an eye must have."""
EYE_APART = (0.085, 0.16)
"""Distances of the eyes, world units, between which they are a pair."""
MOST_TURN = 0.26
"""Of the line through the eyes, radians; beyond, something else was found."""
EYE_WIDTH, EYE_HEIGHT = 0.36, 0.37
"""Of an eye: width to the eyes' distance, height to width. Labels are wider than eyes, but tell how eyes differ."""
MEAN_SPREAD = (0.106, 0.050)
"""Deviation of the eye's nodes along x and y to the eyes' distance, as random heads have it on average."""
FRIENDLY, BEND = 0.07, (-0.2, 0.25)
"""What is added to the bend of the line between the lips, because blurred lips look sad, and its bounds: how far the
corners lie above the middle, in half widths."""
ASKEW = 0.07
"""Bound of the slope of that line: beards hide where lips part."""
BEARDED = (0.80, 0.62)
"""Lightness of upper lip and jaws to that of the cheeks below which there may be a beard, and is."""
SHORT_HAIR, LONG_HAIR = -0.10, -0.24
"""Heights down to which short and long hair hang, world units."""
EAR = (0.05, 0.085)
"""Bounds of half the height of an ear, world units."""
LEAST_MASS = 12.0
"""Pixels of the small picture that a part must have."""


def find_face(
    generator: Generator, field: Field, grid: FieldGrid, *, shape: tuple[Field, FieldGrid] | None = None
) -> FacePlace | None:
    """The place of a head's face; None where it shows none, or where nothing is labelled.

    Args:
        generator: decodes the head, with its tuning.
        field: the head.
        grid: of the same field.
        shape: the head and its grid as it is drawn, where that differs in depth; None is the same.
    """
    if grid.labels is None or "eyes" not in generator.info.parts:
        return None
    nodes = _eye_nodes(grid)
    if nodes is None:
        return None
    (right, right_spread), (left, left_spread) = nodes
    across = left - right
    apart = float(np.linalg.norm(across))
    turn = max(abs(math.atan2(across[1], across[0])), abs(math.atan2(across[2], across[0])))
    if not EYE_APART[0] < apart < EYE_APART[1] or turn > MOST_TURN:
        return None
    x = across / apart
    y = np.array([0.0, 1.0, 0.0]) - x[1] * x
    y /= np.linalg.norm(y)
    axes = np.stack([x, y, np.cross(x, y)])
    origin = (left + right) / 2
    # both eyes are alike, and labels too coarse to say how they differ
    wide, high = (np.mean([right_spread, left_spread], axis=0) / apart / MEAN_SPREAD).tolist()
    width = apart * EYE_WIDTH * float(np.clip(wide, 0.7, 1.4)) ** 0.7
    height = width * EYE_HEIGHT * float(np.clip(high / wide, 0.6, 1.5)) ** 0.6
    look = FaceLook.of(generator, field, grid, origin, axes)
    if shape is not None:
        look = replace(look, z=FaceLook.of(generator, *shape, origin, axes).z)
    eyes = tuple(
        EyePlace(np.array([side * apart / 2, 0.0, look.depth_at(side * apart / 2, 0.0, width)]), width, height, side)
        for side in (-1, 1)
    )
    skin = look.colour(look.chance("skin"), (np.abs(look.x) < 0.55 * apart) & (np.abs(look.y + 0.5 * apart) < apart))
    brows = tuple(brow for side in (-1, 1) if (brow := _brow(look, side, apart)) is not None)
    lips = _lips(look, apart)
    whole = np.abs(look.x) < 0.3
    return FacePlace(
        origin,
        axes,
        apart,
        (eyes[0], eyes[1]),
        brows,
        lips,
        skin,
        _hair_like(look.colour(look.chance("brows") ** 2, whole), grid),
        look.colour(look.chance("lips") ** 2, whole),
        _beard(look, apart),
        _hair_length(grid),
        float(np.clip(1.5 - turn / MOST_TURN, 0, 1)),
        _nose(look, apart),
        _ears(grid, origin, axes),
    )


def _eye_nodes(grid: FieldGrid) -> list[tuple[Floats, Floats]] | None:
    """Middle [3] of an eye's nodes and their spread along x and y [2], right eye first; None where one is missing."""
    assert grid.labels is not None
    chosen = ((grid.labels == PARTS.index("eyes")) & grid.known).nonzero().cpu().numpy()
    half = np.array(grid.half_sides)
    places = chosen[:, ::-1] * np.array(grid.spacing) - half
    places = places[places[:, 2] > FRONT_Z]  # nobody has eyes behind
    found = []
    for side in (-1, 1):
        own = places[places[:, 0] * side > 0]
        if len(own) < FEWEST_NODES:
            return None
        middle = np.median(own, axis=0)
        own = own[np.linalg.norm(own - middle, axis=1) < 0.05]  # a stray node would pull
        if len(own) < FEWEST_NODES:
            return None
        found.append((own.mean(0), own.std(0)[:2]))
    return found


def _nose(look: FaceLook, apart: float) -> NosePlace | None:
    """The end of the nose: what is labelled so around its lower half."""
    low = (look.y < -0.3 * apart) & (look.y > -1.1 * apart) & (np.abs(look.x) < 0.5 * apart)
    weight = look.chance("nose") * low
    if float(weight.sum()) < LEAST_MASS:
        return None
    rows, columns = weight.sum(1), weight.sum(0)
    x, y = look.x[LOOK_PX // 2], look.y[:, LOOK_PX // 2]
    order = np.argsort(y)
    base = float(np.interp(0.03, np.cumsum(rows[order]) / rows.sum(), y[order]))
    left, right = np.interp((0.03, 0.97), np.cumsum(columns) / columns.sum(), x)
    half = float(np.clip((right - left) / 2, 0.14 * apart, 0.36 * apart))
    return NosePlace(float((columns * x).sum() / columns.sum()), base, half)


def _ears(grid: FieldGrid, origin: Floats, axes: Floats) -> tuple[EarPlace, ...]:
    """Both ears among the nodes of the grid."""
    assert grid.labels is not None
    chosen = ((grid.labels == PARTS.index("ears")) & grid.known).nonzero().cpu().numpy()
    places = (chosen[:, ::-1] * np.array(grid.spacing) - np.array(grid.half_sides) - origin) @ axes.T
    found = []
    for side in (-1, 1):
        own = places[places[:, 0] * side > 0]
        if len(own) < FEWEST_NODES:
            continue
        low, middle, high = np.quantile(own, (0.04, 0.5, 0.96), axis=0)
        half = (high - low) / 2
        # hair that hides half of an ear does not make a small ear of it
        height = float(np.clip(half[1], *EAR))
        depth = float(np.clip(half[2], 0.5 * height, 0.75 * height))
        found.append(EarPlace(np.array([middle[0], *((low + high) / 2)[1:]]), height, depth, side))
    return tuple(found)


def _beard(look: FaceLook, apart: float) -> float:
    """How surely there is a beard: upper lip and jaws are much darker than cheeks."""
    light = look.colours @ LIGHTNESS
    # a smile moves the jaws that are asked
    across, up = np.abs(look.rest[0]) / apart, look.rest[1] / apart

    def mean(low: tuple[float, float], high: tuple[float, float]) -> float:
        inside = (across > low[0]) & (across < high[0]) & (up > low[1]) & (up < high[1])
        weight = look.chance("skin") * inside
        return float((weight * light).sum() / max(float(weight.sum()), 1e-6))

    cheek = max(mean((0.25, -0.7), (0.6, -0.3)), 0.05)
    dark = (mean((0.0, -1.0), (0.3, -0.78)) + mean((0.3, -1.35), (0.55, -1.0))) / 2 / cheek
    return float(np.clip((BEARDED[0] - dark) / (BEARDED[0] - BEARDED[1]), 0, 1))


def _hair_length(grid: FieldGrid) -> float:
    """How long the hair is, 0..1, as far as it hangs down."""
    assert grid.labels is not None
    nodes = ((grid.labels == PARTS.index("hair")) & grid.known).sum((0, 2)).cpu().numpy()
    heights = np.linspace(-1, 1, len(nodes)) * grid.half_sides[1]
    some = heights[nodes >= FEWEST_NODES]
    return float(np.clip((SHORT_HAIR - some.min()) / (SHORT_HAIR - LONG_HAIR), 0, 1)) if len(some) else 0.0


def _hair_like(brows: Floats, grid: FieldGrid) -> Floats:
    """The colour [3] of brows, which skin shines through, on its way to that of the hair."""
    assert grid.labels is not None
    hair = (grid.labels == PARTS.index("hair")) & grid.known
    if int(hair.sum()) < FEWEST_NODES:
        return brows
    colour = grid.colour[:3, hair].mean(1).cpu().double().numpy()
    # white hair still has darker brows
    return np.asarray(brows + 0.5 * (np.minimum(colour, brows * 1.15) - brows), np.float64)


def _brow(look: FaceLook, side: int, apart: float) -> BrowPlace | None:
    """One brow: the middle line and the height of what is labelled so."""
    inside = (look.x * side > 0) & (np.abs(look.x) < 1.1 * apart) & (look.y > -0.02) & (look.y < 0.7 * apart)
    weight = look.chance("brows") * inside
    mass = float(weight.sum())
    if mass < LEAST_MASS:
        return None
    along = np.abs(look.x)
    order = np.argsort(along[inside])
    run = np.cumsum(weight[inside][order]) / mass
    inner, outer = np.interp((0.02, 0.955), run, along[inside][order])
    curve = np.polyfit(along[inside], look.y[inside], 2, w=np.sqrt(weight[inside]) + 1e-6)
    off = look.y - np.polyval(curve, along)
    half = math.sqrt(3 * float((weight * off**2).sum()) / mass)
    share = float(np.clip(weight.max() * 1.6 - 0.3, 0, 1)) * float(np.clip((outer - inner) / (0.3 * apart) - 0.5, 0, 1))
    return BrowPlace(float(inner), float(outer), curve, half, side, share)


def _lips(look: FaceLook, apart: float) -> LipsPlace | None:
    """The lips: width and height of what is labelled so, and the darkest line between."""
    low = (look.y < -0.5 * apart) & (look.y > -1.7 * apart) & (np.abs(look.x) < 0.6 * apart)
    lips, mouth = look.chance("lips") * low, look.chance("mouth") * low
    weight = lips + mouth
    mass = float(weight.sum())
    if mass < 3 * LEAST_MASS:
        return None
    centre, middle = float((weight * look.x).sum() / mass), float((weight * look.y).sum() / mass)
    x = look.x - centre
    half = 1.98 * math.sqrt(float((weight * x**2).sum()) / mass)
    # the darkest place of each column, softly
    light = look.colours.mean(2)
    column = np.abs(x) < 0.8 * half
    near = weight * column * np.exp(-(((look.y - middle) / (0.16 * apart)) ** 2))
    relative = light / max(0.05, float((weight * light).sum()) / mass)
    dark = near * np.exp(20 - 20 * relative)
    dark /= np.maximum(dark.sum(0, keepdims=True), 1e-12)
    darkest = (dark * look.y).sum(0)
    known = np.flatnonzero(near.sum(0) > 0.5)
    if len(known) < 6:
        return None
    across = x[LOOK_PX // 2, known]
    bend = np.polyfit(across, darkest[known], 2)
    bend[0] = float(np.clip(half * bend[0] + FRIENDLY, *BEND)) / half
    bend[1] = float(np.clip(bend[1], -ASKEW, ASKEW))
    inner = np.abs(x) < 0.35 * half
    heights = (weight * inner * look.pixel).sum(0)[np.abs(x[LOOK_PX // 2]) < 0.35 * half]
    height = float(heights.mean()) if len(heights) else 0.3 * half
    centre_line = float(bend[2])
    above = float((weight * inner * (look.y > centre_line)).sum() / max(float((weight * inner).sum()), 1e-6))
    above = float(np.clip(above, 0.3, 0.55))
    closed = float(np.clip(1.4 - 8 * float((mouth * inner).sum()) / max(float((weight * inner).sum()), 1e-6), 0, 1))
    return LipsPlace(centre, half, bend, above * height, (1 - above) * height, closed)
