"""Rims and bridges followed in a photo: where their middle runs, how thick they are, which colours they have.

A rim is a line that differs from what lies on both of its sides. From a rough outline the photo is read along short
lines across it; the path that runs through the most line-like places without turning much is found by dynamic
programming (Amini, Weymouth and Jain 1990).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

UNITS = 512
"""Lengths below are counted in so many parts of the photo's side."""
REACH, STEP = 8.0, 0.5
"""How far to either side of the outline a rim is looked for, and in which steps."""
HALVES = (1.25, 2.0, 3.0, 4.0, 5.5)
"""Half thicknesses that rims may have."""
BESIDE = 1.25
"""Between a rim's border and what it is compared with."""
STEEP, UNUSUAL = 0.056, 0.3
"""Costs, beside a rim's contrast of 0..1: of a step aside between neighbours, and of the logarithm of the thickness to
the usual one, each by its square."""
FAR, FAR_OPEN = 0.03, 0.006
"""The same of the distance from the outline, in quarters of the reach, of closed and of open lines."""
MOST_CONTRAST = 100.0
"""Difference of colours, in Lab, that is as clear as can be."""
CALMED, COLOUR_CALMED, MIDDLE = 10, 2, 9
"""How often place and thickness, and colours, are smoothed along the line, and of how many neighbours the middle
thickness is taken."""
LONGEST, SHORTEST, GAP, TALLEST = 18, 3, 3, 0.5
"""Of an end piece beyond a rim: its length at most and at least, what may part it from the rim, and the share of the
lens's height that it is tall at most."""
ABOVE, BAND, END_CALMED, THINNEST = 4, 2, 4, 0.8
"""How far above a rim an end piece may begin; the rows to either side whose border counts for a row; how often an end
piece is smoothed along; and half of what it is tall at least, pixels of the photo."""
COLOUR_ACROSS, COLOUR_READ = 0.7, 7
"""Share of the half thickness within which colours are read, at so many places: at the border they are mixed."""


@dataclass(frozen=True, eq=False)
class Traced:
    """A line in a photo.

    Attributes:
        path: float64 [N, 2], its middle, photo pixels.
        half: float64 [N], half its thickness, pixels.
        rgb: float64 [N, 3], 0..1, its colour.
        clear: float64 [N], 0..1, how much it differs from what lies beside it.
    """

    path: Floats
    half: Floats
    rgb: Floats
    clear: Floats


def traced(picture: NDArray[np.uint8], outline: Floats, half: float, skin: Floats, *, closed: bool = True) -> Traced:
    """The rim near an outline.

    Args:
        picture: uint8 [S, S, 3].
        outline: [N, 2], evenly spaced, pixels.
        half: half the rim's usual thickness, pixels.
        skin: [3], 0..1, what lies beside it.
        closed: the line ends where it begins.
    """
    unit = len(picture) / UNITS
    normals = _normals(outline, closed=closed)
    widest = max(HALVES) + BESIDE
    steps = np.arange(-REACH - widest, REACH + widest + STEP / 2, STEP)
    inner = round(widest / STEP)
    offsets = steps[inner : len(steps) - inner]
    cost, thickness = _line_costs(_read(_lab(picture), outline, normals, steps * unit), inner, half / unit)
    far = FAR if closed else FAR_OPEN
    taken = _cheapest(cost + far * (offsets / (REACH / 4)) ** 2, closed=closed)
    rows = np.arange(len(outline))
    offset = calm(offsets[taken], CALMED, closed=closed) * unit
    halves = calm(_median(thickness[rows, taken], closed=closed), CALMED, closed=closed) * unit
    path = outline + offset[:, None] * normals
    return Traced(path, halves, _colours(picture, path, normals, halves, skin, closed=closed), 1 - cost[rows, taken])


def _line_costs(across: NDArray[np.float32], inner: int, usual: float) -> tuple[Floats, Floats]:
    """How little is a line at each place, 0..1, and half the thickness that a line there would have, [N, K] each.

    Args:
        across: Lab colours [N, K + 2 * inner, 3] across the outline, at steps of `STEP`.
        inner: steps at both ends at which no line may lie.
        usual: half thickness of the rim, in the lengths of `HALVES`.
    """
    middle = np.arange(inner, across.shape[1] - inner)
    cost = np.full((len(across), len(middle)), np.inf)
    thickness = np.zeros(cost.shape)
    sums = np.concatenate([np.zeros_like(across[:, :1]), across.cumsum(axis=1)], axis=1)
    for own in HALVES:
        thick, away = max(1, round(own / STEP)), round((own + BESIDE) / STEP)
        mean = (sums[:, middle + thick + 1] - sums[:, middle - thick]) / (2 * thick + 1)
        # a border between two things differs from one of its sides alone
        sides = [np.linalg.norm(mean - across[:, middle + side * away], axis=2) for side in (-1, 1)]
        likely = np.exp(-UNUSUAL * np.log(own / usual) ** 2)
        told = 1 - np.clip(np.minimum(*sides) / MOST_CONTRAST, 0, 1) * likely
        thickness = np.where(told < cost, own, thickness)
        cost = np.minimum(cost, told)
    return cost, thickness


def end_piece(picture: NDArray[np.uint8], rim: Traced, outwards: int, skin: Floats, frame: Floats) -> Traced | None:
    """What of a frame goes on beyond a rim, towards the temple; None where that cannot be told.

    Args:
        picture: uint8 [S, S, 3].
        rim: of one lens.
        outwards: 1 where the temple lies to the right in the photo, -1 to the left.
        skin: [3], 0..1, what lies beside frames.
        frame: [3], 0..1, the frame's colour there.
    """
    unit = len(picture) / UNITS
    top, bottom = rim.path[:, 1].min(), rim.path[:, 1].max()
    rows = np.arange(max(int(top - ABOVE * unit), 0), min(int(bottom), len(picture)))
    starts, lengths = _runs(picture, rim, outwards, skin, frame, rows)
    most = int(lengths.max())
    # what goes on beside the whole lens is hair, or a wall
    if most < SHORTEST * unit or (lengths > most / 2).sum() > TALLEST * (bottom - top):
        return None
    first = int(lengths.argmax())
    begin = float(np.median(starts[lengths > most / 2]))
    places = []
    for distance in range(most):
        there = np.flatnonzero(lengths > distance)
        there = there[np.abs(there - first) < TALLEST / 2 * (bottom - top)]
        places.append((begin + outwards * (distance + 0.5), rows[there].mean() + 0.5, max(len(there) / 2, THINNEST)))
    found = np.array(places)
    # frames do not grow towards the temple
    path, half = (calm(v, END_CALMED, closed=False) for v in (found[:, :2], np.minimum.accumulate(found[:, 2])))
    rgb = _colours(picture, path, np.tile([0.0, 1.0], (len(path), 1)), half, skin, closed=False)
    return Traced(path, half, rgb, np.ones(len(path)))


def _runs(
    picture: NDArray[np.uint8], rim: Traced, outwards: int, skin: Floats, frame: Floats, rows: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64]]:
    """In rows of a photo [R], the column where a rim's border lies, and for how many pixels a frame goes on there."""
    unit = len(picture) / UNITS
    lab = _lab(picture)
    like, unlike = (_lab(np.asarray(rgb, np.float32)[None, None])[0, 0] for rgb in (frame, skin))
    is_frame = np.linalg.norm(lab - like, axis=2) < np.linalg.norm(lab - unlike, axis=2)
    border = rim.path + rim.half[:, None] * [outwards, 0]
    longest = round(LONGEST * unit)
    starts, lengths = np.zeros(len(rows)), np.zeros(len(rows), np.int64)
    for number, row in enumerate(rows):
        near = border[np.abs(border[:, 1] - row - 0.5) < BAND * unit]
        beside = near if len(near) else border
        start = starts[number] = float((beside[:, 0] * outwards).max()) * outwards
        columns = (int(start) + outwards * np.arange(1, longest + 1)).clip(0, len(picture) - 1)
        run = is_frame[row, columns]
        # the rim's border is known to a few pixels
        gap = int(run.argmax())
        run[: gap if gap <= GAP * unit else 0] = True
        lengths[number] = longest if run.all() else int(run.argmin())
    return starts, lengths


def _lab(rgb: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    share = rgb.astype(np.float32) / np.float32(255 if rgb.dtype == np.uint8 else 1)
    return np.asarray(cv2.cvtColor(share, cv2.COLOR_RGB2LAB), np.float32)


def _normals(line: Floats, *, closed: bool) -> Floats:
    """Unit normals [N, 2] of a line."""
    ahead, behind = np.roll(line, -1, axis=0), np.roll(line, 1, axis=0)
    if not closed:
        ahead[-1], behind[0] = line[-1], line[0]
    along = ahead - behind
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return np.stack([along[:, 1], -along[:, 0]], axis=1)


def _read(
    picture: NDArray[np.float32] | NDArray[np.uint8], line: Floats, normals: Floats, steps: Floats
) -> NDArray[np.float32]:
    """A picture across a line [N, 2], so many steps [K] of the normals [N, 2] away: [N, K, 3]."""
    at = (line[:, None] + steps[None, :, None] * normals[:, None] - 0.5).astype(np.float32)
    found = cv2.remap(picture, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


def _cheapest(cost: Floats, *, closed: bool) -> NDArray[np.int64]:
    """The path through [N, K] places that costs least: a place for each of N."""
    count, places = cost.shape
    rows = np.concatenate([cost, cost, cost]) if closed else cost
    apart = np.arange(places)
    turn = STEEP * (apart[:, None] - apart[None]) ** 2.0
    total, came = rows[0], np.zeros(rows.shape, np.int64)
    for row in range(1, len(rows)):
        ways = total[None] + turn
        came[row] = ways.argmin(axis=1)
        total = ways[apart, came[row]] + rows[row]
    place = int(total.argmin())
    path = np.zeros(len(rows), np.int64)
    for row in range(len(rows) - 1, -1, -1):
        path[row] = place
        place = int(came[row, place])
    return path[count : 2 * count] if closed else path


def _neighbours(values: Floats, reach: int, *, closed: bool) -> Floats:
    """Values [N, ...] of a line with those around, [2 * reach + 1, N, ...]."""
    border = [(reach, reach)] + [(0, 0)] * (values.ndim - 1)
    wide = np.pad(values, border, mode="wrap" if closed else "edge")
    return np.stack([wide[shift : shift + len(values)] for shift in range(2 * reach + 1)])


def _median(values: Floats, *, closed: bool) -> Floats:
    """Values of a line [N] without single ones that stick out."""
    return np.asarray(np.median(_neighbours(values, MIDDLE // 2, closed=closed), axis=0), np.float64)


def calm(values: Floats, times: int, *, closed: bool) -> Floats:
    """Values of a line [N, ...], smoothed with their neighbours so many times."""
    for _ in range(times):
        before, here, after = _neighbours(values, 1, closed=closed)
        values = (before + 2 * here + after) / 4
    return values


def coloured(picture: NDArray[np.uint8], path: Floats, half: Floats, skin: Floats) -> Floats:
    """Colours [N, 3], 0..1, of a closed line [N, 2] of some half thickness [N] in a photo, pixels."""
    return _colours(picture, path, _normals(path, closed=True), half, skin, closed=True)


def _colours(
    picture: NDArray[np.uint8], path: Floats, normals: Floats, half: Floats, skin: Floats, *, closed: bool
) -> Floats:
    """Colours of a line, [N, 3], 0..1: across it, what differs most from skin and is no glare."""
    shares = np.linspace(-COLOUR_ACROSS, COLOUR_ACROSS, COLOUR_READ)
    rgb = _read(picture, path, half[:, None] * normals, shares).astype(np.float64) / 255
    # glare is brighter than skin
    unlike = np.linalg.norm(rgb - skin, axis=2) - 2 * np.clip(rgb.mean(axis=2) - skin.mean(), 0, None)
    chosen = np.take_along_axis(rgb, unlike.argmax(axis=1)[:, None, None], axis=1)[:, 0]
    return calm(chosen, COLOUR_CALMED, closed=closed)
