"""Eyes drawn on the cap of a sphere: white, iris, pupil, lights, lids and lashes.

Each pixel's ray meets the sphere, so an eye is right from every view whatever the depth of the head says; the depth
only tells what stands before it. Places on it are (u, v): u from the inner to the outer corner, -1/2..1/2, and v up, in
widths of the eye. The light on the cornea is a reflection, so it wanders when the view turns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.ramp import smooth
from core.rendering.face_place import LIGHTNESS
from core.rendering.face_window import over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.face_detail import FaceDetail
    from core.rendering.face_place import EyePlace, FacePlace
    from core.rendering.face_window import FaceWindow

    Floats = NDArray[np.float64]

SPHERE = 0.72
"""Radius of the sphere on which eye and lids lie, in widths of the eye."""
IRIS, PUPIL = 0.196, 0.076
"""Their radii: 11.8 mm and 4.6 mm across where an eye is 30 mm wide."""
GAZE = (-0.012, 0.03)
"""Where the iris stands: a little towards the nose, and a little above the middle of the opening."""
TILT = 0.06
"""How much higher the outer corner is than the inner one."""
UPPER, LOWER = (0.6, 0.85, 0.92), (0.4, 1.15, 0.85)
"""Of a lid: its share of the opening's height and the powers of its curve towards the inner and the outer corner."""
CORNEA = 0.26
"""Radius of the cornea."""
BENT = 0.14
"""How far out the iris is seen in profile, widths of the eye: the cornea bends what comes from it."""
LAMP = np.array([-0.38, 0.52, 0.77])
"""Direction of the light, as drawn heads have it: from above and a little from the person's right."""
BEFORE = (0.012, 0.03)
"""How far the head may lie before the drawn eye, world units, where the eye begins to be hidden and where it is."""
COLOURS = ((0.30, 0.17, 0.09), (0.40, 0.27, 0.13), (0.38, 0.38, 0.22), (0.36, 0.47, 0.42), (0.38, 0.52, 0.66))
"""Of irises, from 0 to 1."""
DARK_IRIS = np.array([0.20, 0.115, 0.065])
DARK_SKIN = (0.62, 0.42)
"""Lightness of skin below which eyes begin to be dark, and are."""
FIBRES = 40
LASHES = 17
THROUGH_GLASSES = 0.75
LIDS = np.array([0.90, 0.84, 0.82])
"""Their colour to the skin's."""


def with_eyes(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace) -> Floats:
    """Colours [h, w, 3] of a window with both eyes drawn."""
    for eye in at.eyes:
        rgb = _cleaned(window, rgb, face, at, eye)
        found = _Cap.of(window, eye)
        if found is not None:
            rgb = _drawn(window, rgb, face, at, eye, found)
    return rgb


def _cleaned(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace, eye: EyePlace) -> Floats:
    """The window without what was smeared around an eye: lids and socket instead."""
    x, y, z = np.moveaxis((window.points - eye.apex) / eye.width, -1, 0)
    u, v = x * eye.side, y
    across, up = (u - 0.05) / np.where(u > 0.05, 0.86, 0.82), (v - 0.03) / np.where(v > 0.03, 0.42, 0.44)
    rows, columns = np.nonzero((np.hypot(across, up) < 1) & (np.abs(z) < 1) & (window.face + window.glasses > 0.05))
    if not len(rows):
        return rgb
    u, v, patch = u[rows, columns], v[rows, columns], smooth(1.0, 0.62, np.hypot(across, up)[rows, columns])
    below = np.exp(-(((v + 0.23) / 0.06) ** 2)) * smooth(0.6, 0.2, np.abs(u))
    socket = 1 - 0.16 * smooth(0.3, -0.6, u) * smooth(-0.05, 0.3, v) - 0.09 * below
    shown = window.face[rows, columns] + 0.5 * THROUGH_GLASSES * window.glasses[rows, columns]
    share = 0.86 * patch * np.clip(shown, 0, 1) * face.strength * at.sure
    result = rgb.copy()
    result[rows, columns] = over(rgb[rows, columns], at.skin * LIDS * socket[:, None], share)
    return result


@dataclass(frozen=True, eq=False)
class _Cap:
    """Pixels whose rays meet an eye's sphere.

    Attributes:
        rows, columns: int64 [N], in the window.
        u, v: float64 [N], places on it.
        shown: float64 [N], 0..1, how much of it is not hidden.
        rays: float64 [N, 3].
        facing: float64 [N], cosine of the angle between the sphere's normal and the way to the camera.
        pixel: size of a pixel, in widths of the eye.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    u: Floats
    v: Floats
    shown: Floats
    rays: Floats
    facing: Floats
    pixel: float

    @staticmethod
    def of(window: FaceWindow, eye: EyePlace) -> _Cap | None:
        radius = SPHERE * eye.width
        centre = eye.apex - [0.0, 0.0, radius]
        away = window.eye - centre
        half = window.rays @ away
        rest = half**2 - (away @ away - radius**2)
        rows, columns = np.nonzero(rest > 0)
        if not len(rows):
            return None
        rays = window.rays[rows, columns]
        along = -half[rows, columns] - np.sqrt(rest[rows, columns])
        place = (away + rays * along[:, None]) / eye.width
        facing = -(place * rays).sum(1) / SPHERE
        lead = along * (rays @ window.forward) - window.depth[rows, columns]
        shown = smooth(BEFORE[1], BEFORE[0], lead) * smooth(-2.5 * BEFORE[1], -1.5 * BEFORE[1], lead)
        shown = shown * smooth(0.0, 0.05, facing) * smooth(0.1, 0.3, place[:, 2])
        glasses = window.glasses[rows, columns]
        shown = shown * np.clip(window.face[rows, columns] + THROUGH_GLASSES * glasses, 0, 1)
        chosen = shown > 0.01
        if not chosen.any():
            return None
        u, v = place[chosen, 0] * eye.side, place[chosen, 1]
        return _Cap(
            rows[chosen], columns[chosen], u, v, shown[chosen], rays[chosen], facing[chosen], window.pixel / eye.width
        )


def _lid(u: Floats, shape: tuple[float, float, float], height: float) -> Floats:
    """How far a lid stands from the line between the corners, at places along it."""
    share, inner, outer = shape
    along = np.clip(u + 0.5, 0, 1)
    peak = inner / (inner + outer)
    most = peak**inner * (1 - peak) ** outer
    return np.asarray(share * height * along**inner * (1 - along) ** outer / most, np.float64)


def _drawn(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace, eye: EyePlace, cap: _Cap) -> Floats:
    u, v, soft = cap.u, cap.v, max(cap.pixel * 0.7, 0.008)
    height = eye.height / eye.width
    axis = TILT * u
    upper, lower = axis + _lid(u, UPPER, height), axis - _lid(u, LOWER, height)
    below_upper, above_lower = upper - v, v - lower
    ends = smooth(0.5, 0.5 - 2 * soft, np.abs(u))
    opening = smooth(-soft, soft, np.minimum(below_upper, above_lower)) * ends
    under = rgb[cap.rows, cap.columns]

    light = float(at.skin @ LIGHTNESS)
    fold = upper + 0.11 * smooth(0.55, 0.25, np.abs(u - 0.03))
    deep = np.exp(-(((v - fold) / 0.035) ** 2)) * smooth(0.56, 0.3, np.abs(u - 0.02))
    seen = over(under, at.skin * LIDS * 0.45, 0.5 * deep)

    white = _white(u, v, below_upper, light)
    seen = over(seen, _with_iris(white, u, v, face, at, light, cap, eye), opening)
    # the wet rim of the lower lid, and the shadowed rim of the upper one with its lashes
    rim = np.exp(-(((above_lower + 0.012) / 0.016) ** 2)) * smooth(0.52, 0.4, np.abs(u))
    seen = over(seen, np.minimum(at.skin * [1.08, 0.92, 0.90], 1), 0.45 * rim)
    dark = 0.25 * at.brow_rgb * np.array([0.9, 0.8, 0.75])
    thick = 0.026 + (0.024 + 0.014 * at.long) * np.clip(u + 0.5, 0, 1)
    apart = smooth(0.2, 0.6, cap.facing)  # seen from the side lashes would be a blot
    thick = thick * (0.45 + 0.55 * apart)
    line = smooth(thick + soft, thick - soft, np.abs(below_upper + 0.4 * thick)) * smooth(0.54, 0.46, np.abs(u))
    seen = over(seen, dark, 0.88 * line)
    low = (
        smooth(0.012 + soft, 0.012 - soft, np.abs(above_lower + 0.006)) * smooth(-0.25, 0.3, u) * smooth(0.52, 0.44, u)
    )
    seen = over(seen, dark, 0.45 * low)
    seen = over(seen, dark, 0.7 * apart * _lashes(u, -below_upper, 0.08 + 0.06 * at.long, soft))
    seen = over(seen, dark, 0.3 * apart * _lashes(u + 0.03, -above_lower, 0.05, soft))

    result = rgb.copy()
    result[cap.rows, cap.columns] = over(under, seen, cap.shown * face.strength * at.sure)
    return result


def _white(u: Floats, v: Floats, below_upper: Floats, light: float) -> Floats:
    """The white of the eye, with the lid's shadow and the redness of its corners: [N, 3]."""
    base = np.array([0.86, 0.84, 0.82]) * (0.72 + 0.3 * light)
    round_off = 1 - 0.9 * u**2 - 0.6 * v**2
    shade = (1 - 0.5 * np.exp(-np.maximum(below_upper, 0) / 0.055)) * round_off
    white = base * shade[:, None]
    white = over(white, np.array([0.72, 0.52, 0.48]) * (0.6 + 0.4 * light), 0.45 * smooth(0.3, 0.52, np.abs(u)))
    return over(white, np.array([0.70, 0.42, 0.38]) * (0.6 + 0.4 * light), 0.8 * smooth(-0.415, -0.455, u))


def iris_colour(face: FaceDetail, light: float) -> Floats:
    """Colour [3] of an iris; `light` is the lightness of the skin around it."""
    at = face.iris * (len(COLOURS) - 1)
    mixed = np.array([np.interp(at, range(len(COLOURS)), [one[k] for one in COLOURS]) for k in range(3)])
    dark = float(smooth(DARK_SKIN[0], DARK_SKIN[1], np.array(light)))
    return np.asarray(mixed + (DARK_IRIS - mixed) * dark, np.float64)


def _with_iris(
    white: Floats, u: Floats, v: Floats, face: FaceDetail, at: FacePlace, light: float, cap: _Cap, eye: EyePlace
) -> Floats:
    """Colours [N, 3] of the eyeball: iris, pupil and the lights on the cornea laid on the white."""
    soft = max(cap.pixel, 0.012)
    view = -cap.rays.mean(0)
    bent = BENT * float(smooth(0.6, 0.95, np.array(view[0] * eye.side)))
    x, y = u - GAZE[0] - bent, v - GAZE[1] - 0.1 * eye.height / eye.width
    out = np.hypot(x, y)
    share = out / IRIS
    angle = np.arctan2(y, x)
    random = np.random.default_rng(face.seed + 7)
    phases = random.uniform(0, 2 * math.pi, 3)
    fine = np.clip(1 - cap.pixel * FIBRES / 3, 0, 1)  # finer than pixels is no fibre
    fibres = 0.16 * fine * sum(np.sin(FIBRES * k * angle / 2 + p) for k, p in zip((1.0, 1.7, 2.6), phases, strict=True))
    colour = iris_colour(face, light)
    tone = (0.62 + 0.38 * share) * (1 + fibres * smooth(1.0, 0.5, share)) * (1 - 0.9 * y / IRIS * 0.45)
    iris = np.clip(colour * 1.15 * tone[:, None], 0, 1)
    warm = np.clip(colour * [1.25, 1.0, 0.75], 0, 1)
    iris = over(iris, warm, 0.5 * smooth(0.7, 0.45, share))
    iris = over(iris, colour * 0.22, 0.85 * smooth(0.76, 1.0, share))
    ball = over(white, iris * (1 - 0.35 * smooth(0.02, 0.2, y))[:, None], smooth(IRIS + soft, IRIS - soft, out))
    ball = over(ball, np.array([0.02, 0.018, 0.018]), smooth(PUPIL + soft, PUPIL - soft, out))
    # the cornea mirrors a window: half-way between light and view stands its normal
    for lamp, size, strength in ((LAMP, 0.046, 0.95), (np.array([0.5, -0.35, 0.75]), 0.05, 0.16)):
        normal = view + lamp
        normal /= np.linalg.norm(normal)
        dx, dy = x - CORNEA * 0.85 * normal[0] * eye.side, y - CORNEA * 0.85 * normal[1]
        square = (dx**4 + dy**4) ** 0.25
        glint = smooth(size + soft, max(size - soft, 0.0), square) * (out < IRIS * 1.35)
        ball = over(ball, np.array([1.0, 0.99, 0.97]), strength * glint)
    return ball


def _lashes(u: Floats, beyond: Floats, length: float, soft: float) -> Floats:
    """Lashes that grow beyond a lid and lean outwards, 0..1 [N]."""
    root = u - 0.5 * np.maximum(beyond, 0) * np.clip(2 * u, -0.6, 1.4)
    number = (root + 0.5) * LASHES
    own = length * (0.7 + 0.3 * np.sin(12.9898 * np.floor(number))) * (0.55 + 0.6 * np.clip(u + 0.5, 0, 1))
    off = np.abs(number - np.floor(number) - 0.5) / LASHES
    thin = 0.011 * (1 - 0.7 * np.clip(beyond / own, 0, 1))
    stroke = smooth(thin + soft, np.maximum(thin - soft, 0).min(), off)
    return np.asarray(stroke * (beyond > -0.01) * smooth(1.0, 0.8, beyond / own) * (np.abs(root) < 0.49), np.float64)
