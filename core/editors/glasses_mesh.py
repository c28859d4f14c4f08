"""Glasses as closed tubes and shells: rims, bridge, temples and lenses of a measured pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from core.eyewear import GlassesForm

    Floats = NDArray[np.float64]
    Triangles = tuple[NDArray[np.float64], NDArray[np.int64]]

RIM_POINTS, LENS_RINGS, BRIDGE_POINTS = 72, 4, 14
RIM_SIDES, TEMPLE_SIDES = 10, 10
WRAP, WRAP_AT = 0.019, 0.114
"""How far rims bend back at a distance from the middle, world units; it grows with the square."""
BULGE = 0.004
"""By which the middle of a lens stands out before its rim."""
DEEP = 1.15
"""Depth of a rim beside its width."""
BRIDGE_HEIGHT, BRIDGE_ARCH, BRIDGE_OUT = 0.38, 0.008, 0.005
"""Where the bridge meets the rims, in heights of a lens above its centre, and how far it rises and stands out."""
TEMPLE_TALL, TEMPLE_WIDE, TEMPLE_END = 1.5, 0.75, 0.7
"""Of a temple in radii of the rim: half its height and its width at the hinge, and what is left of both at its end."""


def bent_z(form: GlassesForm, x: Floats) -> Floats:
    """Depth of the rims at a distance from the middle."""
    return form.front_z - bend(x, form.centre[0])


def bend(x: Floats, centre_x: float) -> Floats:
    """How far rims lie back at a distance from the middle, beside the centres of the lenses."""
    return np.asarray(WRAP * (np.abs(x) ** 2 - centre_x**2) / WRAP_AT**2, np.float64)


def rim_path(form: GlassesForm) -> Floats:
    """Middle line of the left rim, [N, 3], anticlockwise as seen from the front; x from the middle of the face."""
    angle = np.linspace(0, 2 * np.pi, RIM_POINTS, endpoint=False)
    cos, sin = np.cos(angle), np.sin(angle)
    power = 2 / form.squareness
    x = form.centre[0] + np.sign(cos) * np.abs(cos) ** power * form.half_width
    y = form.centre[1] + np.sign(sin) * np.abs(sin) ** power * np.where(sin > 0, form.upper, form.lower)
    line = np.stack([x, y], axis=1)
    if form.outline:
        off = line - form.centre
        around = np.arctan2(off[:, 1], off[:, 0]) % (2 * np.pi)
        at = np.arange(len(form.outline) + 1) * 2 * np.pi / len(form.outline)
        line = form.centre + off * np.interp(around, at, [*form.outline, form.outline[0]])[:, None]
    path = evenly(line)
    return np.stack([path[:, 0], path[:, 1], bent_z(form, path[:, 0])], axis=1)


def frame_of(form: GlassesForm, temple: Floats) -> Triangles:
    """The frame, with x from the middle of the face; of a rimless pair only temples and bridge.

    Args:
        form: the pair.
        temple: middle line [N, 3] of the left temple, from the hinge to its end.
    """
    rim = rim_path(form)
    thin = np.linspace(1, TEMPLE_END, len(temple))[:, None] * form.wire
    left = [tube(temple, thin * [TEMPLE_WIDE, TEMPLE_TALL], (0, 1, 0), TEMPLE_SIDES)]
    if not form.rimless:
        left.append(tube(rim, np.full((len(rim), 2), form.wire) * [1, DEEP], (0, 0, 1), RIM_SIDES, closed=True))
    t = np.linspace(-1, 1, BRIDGE_POINTS)
    y = form.centre[1] + BRIDGE_HEIGHT * form.upper
    inner = rim[:, 0][np.abs(rim[:, 1] - y).argsort()[:4]].min()
    arch = 1 - t**2
    bridge = np.stack([t * inner, y + BRIDGE_ARCH * arch, bent_z(form, t * inner) + BRIDGE_OUT * arch], axis=1)
    wire = np.full((len(t), 2), form.wire * 0.9)
    return joined([*left, *(mirrored(part) for part in left), tube(bridge, wire, (0, 0, 1), RIM_SIDES)])


def lenses_of(form: GlassesForm) -> Triangles:
    """Both lenses as sheets that bulge a little, wound as seen from the front; x from the middle of the face."""
    middle = np.array([form.centre[0], form.centre[1], form.front_z])
    left = bulged(rim_path(form), middle, lambda x: bent_z(form, x))
    return joined([left, mirrored(left)])


def bulged(rim: Floats, middle: Floats, depth_at: Callable[[Floats], Floats]) -> Triangles:
    """A lens that bulges a little.

    Args:
        rim: its edge [N, 3], anticlockwise as seen from the front.
        middle: [3].
        depth_at: z of the sheet in which it lies, at each x.
    """
    share = np.linspace(0, 1, LENS_RINGS + 1)[1:]
    rings = middle + share[:, None, None] * (rim - middle)
    rings[..., 2] = depth_at(rings[..., 0]) + BULGE * (1 - share[:, None] ** 2)
    points = np.concatenate([middle[None] + [0, 0, BULGE], rings.reshape(-1, 3)])
    count = len(rim)
    k = np.arange(count)
    after = (k + 1) % count
    faces = [np.stack([0 * k, 1 + k, 1 + after], axis=1)]
    for ring in range(LENS_RINGS - 1):
        a, b = 1 + ring * count, 1 + (ring + 1) * count
        faces += [np.stack([a + k, b + k, a + after], axis=1), np.stack([b + k, b + after, a + after], axis=1)]
    return points, np.concatenate(faces)


def tube(path: Floats, radii: Floats, up: Sequence[float], sides: int, *, closed: bool = False) -> Triangles:
    """A closed surface around a line.

    Args:
        path: [N, 3].
        radii: [N, 2], across and along `up`.
        up: what its cross section stands upright to; the line must not run along it.
        sides: of the cross section.
        closed: the line ends where it begins; else its ends are capped.
    """
    count = len(path)
    tangent = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0) if closed else np.gradient(path, axis=0)
    tangent = tangent / np.linalg.norm(tangent, axis=1, keepdims=True)
    along = np.asarray(up, np.float64) - (tangent @ np.asarray(up, np.float64))[:, None] * tangent
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(along, tangent)
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = np.cos(angle)[:, None] * (across * radii[:, :1])[:, None]
    ring = ring + np.sin(angle)[:, None] * (along * radii[:, 1:])[:, None]
    points = (path[:, None] + ring).reshape(-1, 3)
    i, j = np.mgrid[: count if closed else count - 1, :sides]
    a, b = i * sides + j, i * sides + (j + 1) % sides
    c, d = ((i + 1) % count) * sides + j, ((i + 1) % count) * sides + (j + 1) % sides
    faces = [np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([b, d, c], axis=-1).reshape(-1, 3)]
    if not closed:
        k = np.arange(sides)
        last = (count - 1) * sides
        faces.append(np.stack([0 * k + len(points), (k + 1) % sides, k], axis=1))
        faces.append(np.stack([0 * k + len(points) + 1, last + k, last + (k + 1) % sides], axis=1))
        points = np.concatenate([points, path[:1], path[-1:]])
    return points, np.concatenate(faces)


def mirrored(part: Triangles) -> Triangles:
    """The same on the other side of x = 0."""
    points, faces = part
    return points * [-1, 1, 1], faces[:, ::-1]


def joined(parts: Sequence[Triangles]) -> Triangles:
    """One mesh of several."""
    starts = np.cumsum([0, *(len(points) for points, _ in parts)])
    faces = [faces + start for (_, faces), start in zip(parts, starts, strict=False)]
    return np.concatenate([points for points, _ in parts]), np.concatenate(faces)


def evenly(loop: Floats) -> Floats:
    """A closed line [N, 2] through as many points at equal distances."""
    ends = np.concatenate([loop, loop[:1]])
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(ends, axis=0), axis=1))])
    at = np.linspace(0, length[-1], len(loop), endpoint=False)
    return np.stack([np.interp(at, length, ends[:, axis]) for axis in (0, 1)], axis=1)
