"""The shapes of glasses in a window of a picture: frame and glass, shaded, as far as nothing hides them.

The frame is shaded like painted metal under light from above the camera. Glass adds nothing where it is clear but a
faint glint; dark glass lays one even tint over what is behind it, a little darker at the top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mesh import smooth_normals
from core.rendering.raster import rasterised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.eyewear import Eyewear
    from core.rendering.eyewear_window import EyewearWindow

    Floats = NDArray[np.float32]
    Bits = NDArray[np.bool_]

BIAS, SOFT = 0.004, 0.006
"""How far the head may stand before glasses that are still seen, for its depth is coarse, and how softly they go."""
HAIR_SOFT, STRAND = 0.014, 0.006
"""The same softness under hair; and how far lighter strands lie before darker ones, world units."""
SEEN, HINGE = 0.3, 0.055
"""Share from which frame counts as seen, and how far behind the middle of the lenses temples have begun for sure."""
NOWHERE = np.float32(1e3)
"""Depth of what is not there, world units."""
LIGHT = np.array([-0.25, 0.75, 0.62]) / np.linalg.norm([-0.25, 0.75, 0.62])
"""Towards the light in the camera's axes: right, up, towards the camera."""
AMBIENT, DIFFUSE, GLOSS, GLOSS_POWER = 0.72, 0.42, 0.32, 24
TOP, BOTTOM, DARKEST = 1.06, 0.80, 0.97
"""Of a dark lens's opacity: its tint grows fainter downwards; and the most that it becomes."""
GLINT_CLEAR, GLINT_DARK, VEIL = 0.09, 0.13, 0.02
"""Opacity of the glint on clear and on dark glass, and of clear glass without it."""
GLINT_AT, GLINT_WIDE = 0.42, 0.16
"""Where a glint runs across a lens, and how wide: in the lens's own heights above its middle, at a slant."""
EDGE, EDGE_AT, EDGE_GREY = 0.75, 0.72, 0.45
"""Of the ground edge of glass without a rim: its opacity, where it begins in the outermost ring, and its lightness."""


@dataclass(frozen=True, eq=False)
class DrawnEyewear:
    """Glasses in a window, at its samples [S, S].

    Attributes:
        colour: [S, S, 3], times opacity.
        opacity: what they hide.
        frame: share of each place that is seen frame.
        glass: share of each place that is seen glass.
        depth: along the camera's z; 0 where neither is.
    """

    colour: Floats
    opacity: Floats
    frame: Floats
    glass: Floats
    depth: Floats


@dataclass(frozen=True, eq=False)
class Hidden:
    """What glasses may be hidden by, in the pixels of a window [side, side].

    Attributes:
        surface: depth of the head, 0 where there is none.
        hair: how much of each pixel is hair.
        strands: how far its strands lie before their neighbours, -1..1.
    """

    surface: Floats
    hair: Floats
    strands: Floats


@dataclass(frozen=True, eq=False)
class _Laid:
    """A surface as it is seen in a window.

    Attributes:
        opacity: [S, S], 0 where the head is nearer.
        depth: [S, S], `NOWHERE` where it is not.
        normals: [P, 3] of covered places, in the camera's axes: right, up, towards the camera.
        own: [P, K], whatever its points have.
        covered: bool [S, S], the P places.
    """

    opacity: Floats
    depth: Floats
    normals: Floats
    own: Floats
    covered: Bits

    def spread(self, values: Floats) -> Floats:
        """Values [P, ...] of covered places, [S, S, ...]; 0 elsewhere."""
        out = np.zeros((*self.covered.shape, *values.shape[1:]), np.float32)
        out[self.covered] = values
        return out


def drawn(eyewear: Eyewear, window: EyewearWindow, hidden: Hidden) -> DrawnEyewear:
    """Glasses in a window, as far as nothing hides them."""
    form = eyewear.form
    front = (eyewear.frame_points[:, 2:] > form.front_z - HINGE).astype(np.float32)
    own = np.concatenate([eyewear.colours(), front], axis=1).astype(np.float32)
    wired = _laid(eyewear.frame_points, eyewear.frame_faces, own, window, hidden)
    wire = wired.opacity * _held(wired.opacity, wired.spread(wired.own[:, 3]))
    enamel = wired.spread(_enamel(wired.own[:, :3], wired.normals)) * wire[..., None]
    glazed = _laid(eyewear.lens_points, eyewear.lens_faces, _rim_share(eyewear), window, hidden)
    colour, opacity = _glass(eyewear, window, glazed)
    over = np.where(
        (wired.depth <= glazed.depth + form.wire)[..., None],
        enamel + colour * (1 - wire[..., None]),
        colour + enamel * (1 - opacity[..., None]),
    )
    depth = np.minimum(*(np.where(a > 0.5, one.depth, NOWHERE) for a, one in ((wire, wired), (glazed.opacity, glazed))))
    nearest = np.where(depth < NOWHERE, depth, 0).astype(np.float32)
    return DrawnEyewear(over, 1 - (1 - wire) * (1 - opacity), wire, glazed.opacity, nearest)


def _laid(
    points: NDArray[np.float32], faces: NDArray[np.int32], own: Floats, window: EyewearWindow, hidden: Hidden
) -> _Laid:
    """A surface of points [V, 3] that have `own` [V, K], in a window."""
    count, camera = window.count, window.camera
    haired, strands = (cv2.resize(one, (count, count)) for one in (hidden.hair, hidden.strands))
    wall = np.where(hidden.surface > 0, hidden.surface, NOWHERE)
    wall = cv2.resize(wall, (count, count), interpolation=cv2.INTER_NEAREST)
    uv, depth = camera.project(points)
    cover = rasterised(window.samples(uv), faces, count, depth)
    # the studio's axes, not OpenCV's
    rotation = camera.world_from_camera[:3, :3] * [1, -1, -1]
    normals = cover.interpolated((smooth_normals(points, faces) @ rotation).astype(np.float32), faces)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    off = np.where(cover.covered, cover.depth, 0) - wall
    soft = SOFT + (HAIR_SOFT - SOFT) * haired
    opacity = np.where(cover.covered, np.clip((BIAS - off - STRAND * strands) / soft + 0.5, 0, 1), 0)
    depths = np.where(cover.covered, cover.depth, NOWHERE)
    return _Laid(opacity.astype(np.float32), depths, normals, cover.interpolated(own, faces), cover.covered)


def _held(seen: Floats, front: Floats) -> Bits:
    """What of a frame that is seen, [S, S], hangs together with its front.

    An end that comes out of hair by itself would float.
    """
    there = (seen > SEEN).astype(np.uint8)
    count, pieces = cv2.connectedComponents(there, connectivity=8)
    held = np.zeros(count, np.bool_)
    held[np.unique(pieces[(front > 0.5) & (there > 0)])] = True
    held[0] = False
    near = held[pieces].astype(np.uint8)
    return np.asarray(cv2.dilate(near, np.ones((5, 5), np.uint8)) > 0)


def _rim_share(eyewear: Eyewear) -> Floats:
    """Which points of the lenses lie at their edge, [L, 1], 0 or 1."""
    pairs = np.sort(eyewear.lens_faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, count = np.unique(pairs, axis=0, return_counts=True)
    share = np.zeros((len(eyewear.lens_points), 1), np.float32)
    share[edges[count == 1]] = 1  # what only one triangle has lies at the edge
    return share


def _enamel(rgb: Floats, normals: Floats) -> Floats:
    """Colours [P, 3] of a frame in enamel [P, 3] whose surface has some normals [P, 3]."""
    # what is seen of a tube faces the camera
    facing = np.where(normals[:, 2:] < 0, -normals, normals)
    lit = np.clip(facing @ LIGHT, 0, 1)
    half = LIGHT + np.array([0.0, 0.0, 1.0])
    shine = np.clip(facing @ (half / np.linalg.norm(half)), 0, 1) ** GLOSS_POWER
    colour = rgb * (AMBIENT + DIFFUSE * lit)[:, None] + (GLOSS * shine)[:, None]
    return np.asarray(np.clip(colour, 0, 1), np.float32)


def _glass(eyewear: Eyewear, window: EyewearWindow, glazed: _Laid) -> tuple[Floats, Floats]:
    """Colour [S, S, 3], times opacity, and opacity [S, S] of the lenses."""
    form, normals = eyewear.form, glazed.normals
    tint, glint = _tint_and_glint(eyewear, window, glazed)
    # without a rim the edge of the glass is seen: it is ground, dark on one side and light on the other
    outwards = glazed.own[:, 0]
    edge = EDGE * np.clip((outwards - EDGE_AT) / (1 - EDGE_AT), 0, 1) if form.rimless else np.zeros_like(tint)
    rgb = np.asarray(form.lens_rgb if form.lens_opacity else (1.0, 1.0, 1.0), np.float32)
    plain = (tint * (1 - glint))[:, None] * rgb + glint[:, None]
    ground = np.clip(EDGE_GREY + normals[:, 1] + 0.6 * normals[:, 0], 0.1, 0.9)
    colour = glazed.spread(plain * (1 - edge)[:, None] + (edge * ground)[:, None])
    opacity = glazed.spread(1 - (1 - tint) * (1 - glint) * (1 - edge))
    return colour * glazed.opacity[..., None], opacity * glazed.opacity


def _tint_and_glint(eyewear: Eyewear, window: EyewearWindow, glazed: _Laid) -> tuple[Floats, Floats]:
    """Opacity of the tint and of the glint, [P] each, at places that are glass."""
    form, normals = eyewear.form, glazed.normals
    # heights of the places in their lens, from the picture: glass is nearly flat
    middle = np.array([[form.middle_x, form.centre[1] + up, form.front_z] for up in (form.upper, -form.lower)])
    upper, lower = window.samples(window.camera.project(middle)[0])[:, 1]
    row = np.broadcast_to(np.arange(window.count)[:, None] + 0.5, glazed.covered.shape)[glazed.covered]
    height = np.clip((row - lower) / min(upper - lower, -1e-3), 0, 1).astype(np.float32)  # 0 below, 1 on top
    if form.lens_opacity:
        tint = np.clip(form.lens_opacity * (BOTTOM + (TOP - BOTTOM) * height), 0, DARKEST)
    else:
        tint = np.full_like(height, VEIL)
    # a slanted band that wanders with the way the glass faces
    band = (2 * height - 1) + 1.6 * normals[:, 0] + 1.1 * (normals[:, 1] - 0.05)
    glint = np.exp(-(((band - GLINT_AT) / GLINT_WIDE) ** 2)) * np.clip(normals[:, 2] * 1.4 - 0.2, 0, 1)
    glint = glint * (GLINT_DARK if form.lens_opacity else GLINT_CLEAR)
    return tint.astype(np.float32), glint.astype(np.float32)
