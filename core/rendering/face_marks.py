"""What life leaves on a face, by rule: lines of age and of smiling, freckles, moles and blush; nostrils and philtrum.

All of it is drawn into one small texture over the front of the face, in distances of the eyes, and read at the places
that pixels show.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.ramp import smooth
from core.rendering.face_window import over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.face_detail import FaceDetail
    from core.rendering.face_place import FacePlace
    from core.rendering.face_window import FaceWindow

    Floats = NDArray[np.float64]
    Texture = NDArray[np.float32]
    Lines = list[tuple[float, list[tuple[float, float]]]]

SIDE_PX, LOW, SPAN = 420, (-1.25, -1.75), 2.9
"""Side of the texture; its lower right corner, as the person sees it, and what it spans, in eyes' distances."""
DEEP = 0.34
"""How dark the deepest line is."""
SUBPIXELS = 4
FRECKLES, MOST_ACROSS = 420, 0.012
"""Of the most freckled face, and the size of a large one, eyes' distances."""
DARK_MOLE = np.array([0.42, 0.32, 0.28])
FRECKLE = np.array([0.80, 0.66, 0.54])
BLUSHING = np.array([0.04, -0.10, -0.075])
FOREHEAD = (0.56, 0.72, 0.87)
"""Heights of its lines."""
ALWAYS = {"fold": 0.16, "chin": 0.45}
"""How deep the folds beside the nose and under the lip are in a young face."""
REAR = -1.05
"""Depth behind the eyes from which there are no marks: the texture would be drawn out."""


def with_marks(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace) -> Floats:
    """Colours [h, w, 3] of a window with what its owner has lived through; the same ones for faces without light."""
    if not face.light:
        return rgb
    x, y, z = np.moveaxis(window.points / at.apart, -1, 0)
    mouth = -0.95 if at.lips is None else float(at.lips.line[2]) / at.apart
    half = 0.42 if at.lips is None else at.lips.half / at.apart
    marks = _Marks.of(
        _Asked(face.seed, round(face.age, 2), round(face.freckles, 2), round(mouth, 2), round(half, 2), face.moles)
    )
    column = np.asarray((x - LOW[0]) / SPAN * SIDE_PX - 0.5, np.float32)
    row = np.asarray((LOW[1] + SPAN - y) / SPAN * SIDE_PX - 0.5, np.float32)
    shown = window.face * face.strength * at.sure * smooth(REAR, REAR + 0.25, z)
    found = cv2.remap(marks.picture, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT).astype(np.float64)
    relief, freckle, mole, blush = np.moveaxis(found, -1, 0)
    dark = 1 - float(at.skin.mean())
    # a line in dark skin is told by its light side
    change = np.where(relief < 0, (1 - 0.3 * dark) * relief, (0.35 + 0.6 * dark) * relief)
    seen = rgb * (1 + (change * shown)[..., None] * np.array([0.85, 1.05, 1.1]))
    seen = seen * (1 + (face.blush * blush * shown)[..., None] * BLUSHING * 2 * (1 - 0.6 * dark))
    seen = over(seen, seen * FRECKLE, np.clip(freckle, 0, 1) * shown)
    seen = over(seen, at.skin * DARK_MOLE, np.clip(mole, 0, 0.9) * shown)
    return np.clip(_with_nose(window, seen, face, at), 0, 1)


def lines_of_age(x: Floats, y: Floats, age: float, *, mouth: float, half: float) -> Floats:
    """How far lines of age darken (below 0) and their rims lighten a face beside a young one, like `x`.

    Args:
        x: places across the face from between the eyes, in distances of the eyes.
        y: places up.
        age: 0..1, how deep the lines are.
        mouth: height of the mouth.
        half: half its width.
    """
    column = np.asarray((x - LOW[0]) / SPAN * SIDE_PX - 0.5, np.float32)
    row = np.asarray((LOW[1] + SPAN - y) / SPAN * SIDE_PX - 0.5, np.float32)

    def relief(deep: float) -> Floats:
        marks = _Marks.of(_Asked(0, round(deep, 2), 0.0, round(mouth, 2), round(half, 2), 0))
        line = np.ascontiguousarray(marks.picture[..., 0])
        found = cv2.remap(line, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return np.asarray(found, np.float64)

    return relief(age) - relief(0.0)


def _with_nose(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace) -> Floats:
    """Colours with nostrils and the groove below."""
    nose = at.nose
    if nose is None:
        return rgb
    x, y, z = np.moveaxis(window.points, -1, 0)
    shown = window.face * face.strength * at.sure * face.light * (z > -0.5 * at.apart)
    out = np.abs(x - nose.centre) / nose.half
    up = (y - nose.base) / nose.half
    hole = np.exp(-(((out - 0.46) / 0.23) ** 2) - (((up - 0.16 - 0.14 * out) / 0.12) ** 2))
    wing = np.exp(-(((out - 1.08 + 0.5 * np.clip(up - 0.35, 0, 1) ** 2) / 0.13) ** 2)) * smooth(1.3, 0.5, up)
    wing *= smooth(-0.25, 0.1, up)
    below = np.exp(-(((up - 0.02) / 0.20) ** 2)) * smooth(1.25, 0.7, out)
    groove = np.exp(-((out / 0.16) ** 2)) * smooth(-0.1, -0.3, up) * smooth(-1.25, -0.7, up)
    ridges = np.exp(-(((out - 0.34) / 0.14) ** 2)) * smooth(-0.1, -0.3, up) * smooth(-1.25, -0.7, up)
    shade = np.clip(0.48 * hole + 0.15 * wing + 0.13 * below + 0.08 * groove, 0, 0.75) - 0.05 * ridges
    return np.asarray(rgb * (1 - (shade * shown)[..., None] * np.array([0.88, 1.02, 1.04])), np.float64)


@dataclass(frozen=True)
class _Asked:
    """What a texture of marks is made for."""

    seed: int
    age: float
    freckles: float
    mouth: float
    half: float
    moles: int


@dataclass(frozen=True, eq=False)
class _Marks:
    """A texture of marks.

    Attributes:
        picture: float32 [S, S, 4]: how far lines darken (below 0) and their rims lighten, freckles, moles and blush.
    """

    picture: Texture

    @staticmethod
    @lru_cache(maxsize=8)
    def of(asked: _Asked) -> _Marks:
        random = np.random.default_rng((asked.seed, 11))
        line = np.zeros((SIDE_PX, SIDE_PX), np.float32)
        for depth, points in _lines(asked, random):
            layer = np.zeros_like(line)
            path = np.array([_place(one) for one in points]) * 2**SUBPIXELS
            cv2.polylines(layer, [path.round().astype(np.int32)], False, (1.0,), 2, cv2.LINE_AA, SUBPIXELS)
            line = np.asarray(np.maximum(line, depth * layer), np.float32)
        fine, soft = cv2.GaussianBlur(line, (0, 0), 1.3), cv2.GaussianBlur(line, (0, 0), 4.5)
        rim = np.roll(cv2.GaussianBlur(line, (0, 0), 2.2), -4, axis=0)  # light from above: the lower lip of a line
        relief = DEEP * (0.8 * rim - 1.0 * fine - 1.6 * soft)
        return _Marks(
            np.ascontiguousarray(np.stack([relief, _freckles(asked, random), _moles(asked, random), _blush()], axis=-1))
        )


def _place(at: tuple[float, float]) -> tuple[float, float]:
    """Pixel of a place in eyes' distances."""
    return (at[0] - LOW[0]) / SPAN * SIDE_PX, (LOW[1] + SPAN - at[1]) / SPAN * SIDE_PX


def _lines(asked: _Asked, random: np.random.Generator) -> Lines:
    """Depth, 0..1, and places of each line."""
    age, found = asked.age, []

    def bent(start: tuple[float, float], end: tuple[float, float], sag: float, depth: float) -> None:
        share = np.linspace(0, 1, 14)
        x0, y0, x1, y1 = *start, *end
        jitter = 0.006 * np.sin(2 * np.pi * (1.3 * share + random.random()))
        across = np.hypot(x1 - x0, y1 - y0)
        off = sag * across * 4 * share * (1 - share) + jitter
        x = x0 + (x1 - x0) * share - off * (y1 - y0) / across
        y = y0 + (y1 - y0) * share + off * (x1 - x0) / across
        found.append((depth * float(random.uniform(0.75, 1.1)), list(zip(x.tolist(), y.tolist(), strict=True))))

    for height in FOREHEAD:
        reach = float(random.uniform(0.45, 0.65))
        high = height + 0.03 * float(random.standard_normal())
        bent((-reach, high - 0.03), (-0.06, high), 0.06, 0.75 * max(age - 0.15, 0))
        bent((-0.1, high), (reach, high - 0.03), 0.06, 0.75 * max(age - 0.15, 0))
    for side in (-1, 1):
        for up in (0.10, 0.0, -0.10):
            far = (side * (0.98 + 0.04 * float(random.standard_normal())), 1.5 * up + 0.01)
            bent((side * 0.82, 0.5 * up), far, 0.08 * side, 0.7 * age)
        bent((side * 0.30, -0.24), (side * 0.66, -0.22), -0.16 * side, 0.12 + 0.5 * age)
        fold = ALWAYS["fold"] + 0.75 * age
        bent((side * 0.27, -0.50), (side * (asked.half + 0.10), asked.mouth + 0.03), 0.10 * side, fold)
        down = (side * (asked.half + 0.01), asked.mouth - 0.05), (side * (asked.half + 0.03), asked.mouth - 0.27)
        bent(*down, -0.05 * side, 0.10 + 0.55 * age)
        bent((side * 0.07, 0.19), (side * 0.085, 0.36), 0.05 * side, 0.6 * max(age - 0.1, 0))
    chin = ALWAYS["chin"]
    bent((-0.20, asked.mouth - 0.30), (0.20, asked.mouth - 0.30), 0.10, 0.6 * chin)
    return found


def _freckles(asked: _Asked, random: np.random.Generator) -> Texture:
    """How much of each place is freckle: over nose and cheeks, few on the forehead."""
    picture = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    for _ in range(int(FRECKLES * asked.freckles)):
        middle = (float(random.normal(0, 0.48)), float(random.normal(-0.34, 0.26)))
        if random.random() < 0.15:
            middle = (float(random.normal(0, 0.45)), float(random.normal(0.55, 0.2)))
        radius = MOST_ACROSS * float(random.uniform(0.3, 1.0)) / SPAN * SIDE_PX
        at = tuple(round(v * 2**SUBPIXELS) for v in _place(middle))
        shade = float(random.uniform(0.25, 0.75)) * (0.5 + 0.5 * asked.freckles)
        layer = int(max(radius, 0.7) * 2**SUBPIXELS)
        cv2.circle(picture, (at[0], at[1]), layer, (shade,), -1, cv2.LINE_AA, SUBPIXELS)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.8), np.float32)


def _moles(asked: _Asked, random: np.random.Generator) -> Texture:
    """How much of each place is mole."""
    picture = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    for _ in range(asked.moles):
        angle, out = float(random.uniform(0, 2 * np.pi)), float(random.uniform(0.45, 0.95))
        middle = (out * np.cos(angle), -0.45 + 0.9 * out * np.sin(angle))
        at = tuple(round(v * 2**SUBPIXELS) for v in _place(middle))
        radius = float(random.uniform(0.011, 0.022)) / SPAN * SIDE_PX
        cv2.circle(picture, (at[0], at[1]), int(radius * 2**SUBPIXELS), (0.9,), -1, cv2.LINE_AA, SUBPIXELS)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.float32)


def _blush() -> Texture:
    """Where faces redden: cheeks and nose."""
    along = (np.arange(SIDE_PX, dtype=np.float32) + 0.5) / SIDE_PX * SPAN
    x, y = np.meshgrid(LOW[0] + along, LOW[1] + SPAN - along)
    cheeks = np.exp(-(((np.abs(x) - 0.60) / 0.30) ** 2) - (((y + 0.56) / 0.28) ** 2))
    return np.asarray(cheeks + 0.6 * np.exp(-((x / 0.16) ** 2) - (((y + 0.58) / 0.14) ** 2)), np.float32)
