"""Glasses drawn over a finished picture, each pixel where it is nearer than the head: edges as sharp as the picture.

The frame is shaded like painted metal under light from above the camera. Glass adds nothing where it is clear but a
faint glint; dark glass lays one even tint over what is behind it, a little darker at the top.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.frame import Frame, Quality
from core.mask import PARTS
from core.mesh import smooth_normals
from core.rendering.paint import seen_alike
from core.rendering.places import at_size
from core.rendering.raster import rasterised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.eyewear import Eyewear, GlassesPhoto

    Floats = NDArray[np.float32]

FINE, QUICK, MANY_PX = 3, 2, 420
"""Samples along the side of a pixel, in finished pictures and in previews, and pixels from which few do."""
BIAS, SOFT = 0.004, 0.006
"""How far the head may stand before glasses that are still seen, for its depth is coarse, and how softly they go."""
HAIR_SOFT, STRAND, STRAND_PX = 0.014, 0.006, 4.0
"""The same softness under hair; how far lighter strands lie before darker ones, world units, and how wide they are."""
SEEN, HINGE = 0.3, 0.055
"""Share from which frame counts as seen, and how far behind the middle of the lenses temples have begun for sure."""
LIGHT = np.array([-0.25, 0.75, 0.62]) / np.linalg.norm([-0.25, 0.75, 0.62])
"""Towards the light in the camera's axes: right, up, towards the camera."""
AMBIENT, DIFFUSE, GLOSS, GLOSS_POWER = 0.72, 0.42, 0.32, 24
TOP, BOTTOM = 1.06, 0.80
"""Of a dark lens's opacity: its tint grows fainter downwards."""
GLINT_CLEAR, GLINT_DARK, VEIL = 0.09, 0.13, 0.02
"""Opacity of the glint on clear and on dark glass, and of clear glass without it."""
GLINT_AT, GLINT_WIDE = 0.42, 0.16
"""Where a glint runs across a lens, and how wide: in the lens's own heights above its middle, at a slant."""
SHADOW, SHADOW_DOWN, SHADOW_SOFT = 0.22, 0.007, 0.0045
"""How dark the frame's shadow on the skin is, how far below and how soft, world units."""
EDGE, EDGE_AT, EDGE_GREY = 0.75, 0.72, 0.45
"""Of the ground edge of glass without a rim: its opacity, where it begins in the outermost ring, and its lightness."""
LEAST_FRAME, LEAST_LENS = 0.34, 0.5
"""Share of a pixel that must be frame, or glass, for it to be called glasses."""


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Glasses in a window of the picture, [S, S, ...], finely.

    Attributes:
        colour: [.., 3], times opacity.
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


def with_eyewear(frame: Frame, eyewear: Eyewear) -> Frame:
    """A frame of a head, with glasses on.

    Depth and labels learn of them too: of the frame, of dark glass, and of clear glass that is known as glasses.

    Args:
        frame: of the head without them.
        eyewear: what it wears.
    """
    size = frame.rgb.shape[0]
    window = _window(frame.camera, eyewear, size)
    if window is None or not eyewear.strength:
        return frame
    left, top, side = window
    fine = QUICK if frame.quality is Quality.PREVIEW or side > MANY_PX else FINE
    surface = _cut(_surface(frame.depth, size), window, np.float32(0))
    drawn = _drawn(frame.camera, eyewear, window, size, fine, surface, _hair(frame, window))
    strength = np.float32(min(eyewear.strength, 1.0))

    def small(values: Floats) -> Floats:
        return np.asarray(cv2.resize(values, (side, side), interpolation=cv2.INTER_AREA), np.float32)

    colour, opacity = small(drawn.colour) * strength, small(drawn.opacity) * strength
    wire = small(drawn.frame)
    near = np.where(wire > 0.02, 0, surface)
    distance = float(frame.camera.project(eyewear.lens_points)[1].mean())
    shadow = _shadow(wire, near, frame.camera, size, distance) * strength
    # of the window, what lies in the picture, and where that is in it
    (first, last), (begin, end) = ((max(at, 0), min(at + side, size)) for at in (top, left))
    rows, columns = slice(first, last), slice(begin, end)
    inside = slice(first - top, last - top), slice(begin - left, end - left)
    rgb, alpha = frame.rgb.copy(), frame.alpha.copy()
    before, there = rgb[rows, columns].astype(np.float32) / 255, alpha[rows, columns]
    # the picture is on white, which throws no shadow
    shaded = before - (before - (1 - there[..., None])) * shadow[inside][..., None]
    finished = shaded * (1 - opacity[inside][..., None]) + colour[inside]
    if eyewear.photo is not None:
        shown, share = _photographed(frame.camera, eyewear.form.front_z, eyewear.photo, window, size)
        finished = finished + share[inside] * strength * there[..., None] * (shown[inside] - finished)
    rgb[rows, columns] = np.clip(finished * 255 + 0.5, 0, 255).astype(np.uint8)
    alpha[rows, columns] = 1 - (1 - there) * (1 - opacity[inside])
    depth, labels = _known(frame, eyewear, drawn, window)
    return replace(frame, rgb=rgb, alpha=alpha, depth=depth, labels=labels)


def silhouettes(camera: Camera, eyewear: Eyewear, size: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where a camera's picture of some size shows the frame and the lenses, if nothing hides them, bool [S, S] each."""
    found = []
    for points, faces in ((eyewear.frame_points, eyewear.frame_faces), (eyewear.lens_points, eyewear.lens_faces)):
        uv, depth = camera.project(points)
        found.append(rasterised(uv * size, faces, size, depth).covered)
    return found[0], found[1]


def _photographed(
    camera: Camera, z: float, photo: GlassesPhoto, window: tuple[int, int, int], size: int
) -> tuple[Floats, Floats]:
    """A photo of the glasses as a camera sees the sheet at some z, [S, S, 3], and how far it is right, [S, S, 1]."""
    left, top, side = window
    nothing = np.zeros((side, side, 3), np.float32), np.zeros((side, side, 1), np.float32)
    if not seen_alike(np.array([camera.forward @ photo.camera.forward])).any():
        return nothing
    u, v = np.meshgrid((left + np.arange(side) + 0.5) / size - 0.5, (top + np.arange(side) + 0.5) / size - 0.5)
    ways = np.stack([u.ravel(), v.ravel(), np.full(u.size, camera.focal)], axis=1) @ camera.world_from_camera[:3, :3].T
    points = camera.position + ways * ((z - camera.position[2]) / ways[:, 2])[:, None]
    uv, _ = photo.camera.project(points)
    at = np.nan_to_num(uv, nan=-1.0).astype(np.float32).reshape(side, side, 2) * len(photo.picture) - np.float32(0.5)
    stack = np.dstack([photo.picture, photo.cover]).astype(np.float32) / np.float32(255)
    found = cv2.remap(stack, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    there = points - photo.camera.position
    lengths = np.linalg.norm(there, axis=1) * np.linalg.norm(ways, axis=1)
    alike = seen_alike((there * ways).sum(axis=1) / lengths).reshape(side, side, 1)
    return found[..., :3], np.asarray(found[..., 3:] * alike, np.float32)


def _surface(depth: Floats, size: int) -> Floats:
    """Depth [h, w] at the picture's size, [S, S]; 0 where there is nothing, with no depths between something and it."""
    known = cv2.resize((depth > 0).astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    return np.where(known > 1 / 2, at_size(depth, size), 0).astype(np.float32)


def _window(camera: Camera, eyewear: Eyewear, size: int) -> tuple[int, int, int] | None:
    """Left, top and side, in pixels, of the square that holds the glasses and their shadow; None out of sight."""
    uv, depth = camera.project(eyewear.frame_points)
    if not (depth > 0).all():
        return None
    margin = round(0.02 * camera.focal / float(depth.mean()) * size) + 2
    low = np.maximum(np.floor(uv.min(axis=0) * size) - margin, -margin)
    high = np.minimum(np.ceil(uv.max(axis=0) * size) + margin, size + margin)
    side = int((high - low).max())
    if side <= 0 or (high <= 0).any() or (low >= size).any():
        return None
    return int(low[0]), int(low[1]), side


def _cut(values: Floats, window: tuple[int, int, int], beyond: np.float32) -> Floats:
    """A window of a picture [H, W]; `beyond` outside of it."""
    left, top, side = window
    size = len(values)
    out = np.full((side, side), beyond, np.float32)
    rows, columns = range(max(top, 0), min(top + side, size)), range(max(left, 0), min(left + side, size))
    if len(rows) and len(columns):
        piece = values[rows.start : rows.stop, columns.start : columns.stop]
        out[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = piece
    return out


def _hair(frame: Frame, window: tuple[int, int, int]) -> tuple[Floats, Floats]:
    """How much of each pixel of a window is hair, and how far its strands lie before their neighbours, [S, S] each."""
    size = len(frame.rgb)
    if frame.labels is None:
        nothing = np.zeros((window[2],) * 2, np.float32)
        return nothing, nothing
    hair = (frame.labels == PARTS.index("hair")).astype(np.float32)
    share = _cut(cv2.resize(hair, (size, size), interpolation=cv2.INTER_LINEAR), window, np.float32(0))
    light = np.log(frame.rgb.mean(axis=2).astype(np.float32).clip(min=8))
    fine = light - cv2.GaussianBlur(light, (0, 0), STRAND_PX * size / 512)
    return share, _cut(np.clip(fine / 0.2, -1, 1), window, np.float32(0)) * share


def _held(seen: Floats, front: Floats) -> NDArray[np.bool_]:
    """What of a frame that is seen, [S, S], hangs together with its front.

    An end that comes out of hair by itself would float.
    """
    there = (seen > SEEN).astype(np.uint8)
    count, pieces = cv2.connectedComponents(there, connectivity=8)
    held = np.zeros(count, np.bool_)
    held[np.unique(pieces[(front > 1 / 2) & (there > 0)])] = True
    held[0] = False
    near = held[pieces].astype(np.uint8)
    return np.asarray(cv2.dilate(near, np.ones((5, 5), np.uint8)) > 0)


def _drawn(
    camera: Camera,
    eyewear: Eyewear,
    window: tuple[int, int, int],
    size: int,
    fine: int,
    surface: Floats,
    hair: tuple[Floats, Floats],
) -> _Drawn:
    left, top, side = window
    count = side * fine
    haired, strands = (cv2.resize(one, (count, count), interpolation=cv2.INTER_LINEAR) for one in hair)
    soft = SOFT + (HAIR_SOFT - SOFT) * haired
    wall = cv2.resize(np.where(surface > 0, surface, np.float32(1e3)), (count, count), interpolation=cv2.INTER_NEAREST)
    rotation = camera.world_from_camera[:3, :3] * [1, -1, -1]

    def laid(
        points: NDArray[np.float32], faces: NDArray[np.int32], own: Floats
    ) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.bool_]]:
        """Opacity by depth [S, S], depth, of covered places normals [P, 3] and `own` [P, K], and which are covered."""
        uv, depth = camera.project(points)
        cover = rasterised((uv * size - [left, top]) * fine, faces, count, depth)
        seen = cover.covered
        normals = smooth_normals(points, faces) @ rotation
        towards = cover.interpolated(normals.astype(np.float32), faces)
        towards /= np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-6)
        off = np.where(seen, cover.depth, 0) - wall
        visible = np.where(seen, np.clip((BIAS - off - STRAND * strands) / soft + 1 / 2, 0, 1), 0).astype(np.float32)
        depths = np.where(seen, cover.depth, np.float32(1e3))
        return visible, depths, towards, cover.interpolated(own, faces), seen

    form = eyewear.form
    front = (eyewear.frame_points[:, 2:] > form.front_z - HINGE).astype(np.float32)
    own = np.concatenate([eyewear.colours(), front], axis=1).astype(np.float32)
    wire, wire_depth, wire_normals, known, wired = laid(eyewear.frame_points, eyewear.frame_faces, own)
    at_front = np.zeros((count, count), np.float32)
    at_front[wired] = known[:, 3]
    wire, enamel = wire * _held(wire, at_front), known[:, :3]
    # what is seen of a tube faces the camera
    wire_normals[wire_normals[:, 2] < 0] *= -1
    wire_colour = np.zeros((count, count, 3), np.float32)
    wire_colour[wired] = _enamel(enamel, wire_normals)

    rim = _rim_share(eyewear)
    glass, glass_depth, glass_normals, outwards, glazed = laid(eyewear.lens_points, eyewear.lens_faces, rim)
    tint, glint = _glass(eyewear, camera, window, size, fine, glass_normals, glazed)
    # without a rim the edge of the glass is seen: it is ground, dark on one side and light on the other
    edge = EDGE * np.clip((outwards[:, 0] - EDGE_AT) / (1 - EDGE_AT), 0, 1) if form.rimless else np.zeros_like(tint)
    glass_opacity = np.zeros((count, count), np.float32)
    glass_colour = np.zeros((count, count, 3), np.float32)
    glass_opacity[glazed] = 1 - (1 - tint) * (1 - glint) * (1 - edge)
    own = np.asarray(form.lens_rgb if form.lens_opacity else (1.0, 1.0, 1.0), np.float32)
    plain = (tint * (1 - glint))[:, None] * own + glint[:, None]
    ground = np.clip(EDGE_GREY + glass_normals[:, 1] + 0.6 * glass_normals[:, 0], 0.1, 0.9)
    glass_colour[glazed] = plain * (1 - edge)[:, None] + (edge * ground)[:, None]
    glass_opacity, glass_colour = glass_opacity * glass, glass_colour * glass[..., None]

    wire_first = (wire_depth <= glass_depth + form.wire)[..., None]
    wire_laid = wire_colour * wire[..., None]
    over = np.where(
        wire_first,
        wire_laid + glass_colour * (1 - wire[..., None]),
        glass_colour + wire_laid * (1 - glass_opacity[..., None]),
    )
    opacity = 1 - (1 - wire) * (1 - glass_opacity)
    depth = np.minimum(np.where(wire > 1 / 2, wire_depth, 1e3), np.where(glass > 1 / 2, glass_depth, 1e3))
    return _Drawn(over, opacity, wire, glass, np.where(depth < 1e3, depth, 0).astype(np.float32))


def _rim_share(eyewear: Eyewear) -> Floats:
    """Which points of the lenses lie at their edge, [L, 1], 0 or 1."""
    pairs = np.sort(eyewear.lens_faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, count = np.unique(pairs, axis=0, return_counts=True)
    share = np.zeros((len(eyewear.lens_points), 1), np.float32)
    share[edges[count == 1]] = 1  # what only one triangle has lies at the edge
    return share


def _enamel(rgb: Floats, normals: Floats) -> Floats:
    """Colours [P, 3] of a frame in enamel [P, 3] whose surface faces `normals` [P, 3]."""
    lit = np.clip(normals @ LIGHT, 0, 1)
    half = LIGHT + np.array([0.0, 0.0, 1.0])
    shine = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1) ** GLOSS_POWER
    colour = rgb * (AMBIENT + DIFFUSE * lit)[:, None] + (GLOSS * shine)[:, None]
    return np.asarray(np.clip(colour, 0, 1), np.float32)


def _glass(
    eyewear: Eyewear,
    camera: Camera,
    window: tuple[int, int, int],
    size: int,
    fine: int,
    normals: Floats,
    glazed: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """Opacity of the tint and of the glint, [P] each, at places that are glass."""
    form = eyewear.form
    # heights of the places in their lens, from the picture: glass is nearly flat
    middle = np.array([[form.middle_x, form.centre[1] + up, form.front_z] for up in (form.upper, -form.lower)])
    uv, _ = camera.project(middle)
    ends = (uv[:, 1] * size - window[1]) * fine
    row = np.broadcast_to(np.arange(len(glazed))[:, None] + 1 / 2, glazed.shape)[glazed]
    height = np.clip((row - ends[1]) / min(ends[0] - ends[1], -1e-3), 0, 1).astype(np.float32)  # 0 below, 1 on top
    if form.lens_opacity:
        tint = np.clip(form.lens_opacity * (BOTTOM + (TOP - BOTTOM) * height), 0, 0.97)
    else:
        tint = np.full_like(height, VEIL)
    # a slanted band that wanders with the way the glass faces
    band = (2 * height - 1) + 1.6 * normals[:, 0] + 1.1 * (normals[:, 1] - 0.05)
    glint = np.exp(-(((band - GLINT_AT) / GLINT_WIDE) ** 2)) * np.clip(normals[:, 2] * 1.4 - 0.2, 0, 1)
    glint = glint * (GLINT_DARK if form.lens_opacity else GLINT_CLEAR)
    return tint.astype(np.float32), glint.astype(np.float32)


def _shadow(wire: Floats, surface: Floats, camera: Camera, size: int, depth: float) -> Floats:
    """How much of the light the frame keeps from what is right behind it, [S, S]."""
    pixel = camera.focal / max(depth, 1e-3) * size
    fall = -float(camera.world_from_camera[1, 1]) * SHADOW_DOWN * pixel
    moved = cv2.warpAffine(wire, np.array([[1, 0, 0], [0, 1, fall]], np.float32), wire.shape)
    soft = cv2.GaussianBlur(moved, (0, 0), max(0.5, SHADOW_SOFT * pixel))
    return np.where(surface > 0, SHADOW * soft, 0).astype(np.float32)


def _known(
    frame: Frame, eyewear: Eyewear, drawn: _Drawn, window: tuple[int, int, int]
) -> tuple[Floats, NDArray[np.uint8] | None]:
    """Depth and labels [h, w] of the frame with the glasses."""
    left, top, side = window
    size, rows = frame.rgb.shape[0], len(frame.depth)
    ratio = rows / size

    def coarse(values: Floats) -> Floats:
        few = max(1, round(side * ratio))
        scale = few / (side * ratio)
        less = cv2.resize(values, (few, few), interpolation=cv2.INTER_AREA)
        centre = (1 / scale - 1) / 2
        shift = np.array([[1 / scale, 0, left * ratio + centre], [0, 1 / scale, top * ratio + centre]], np.float32)
        return np.asarray(cv2.warpAffine(less, shift, (rows, rows), flags=cv2.INTER_LINEAR), np.float32)

    dark = eyewear.form.lens_opacity > 0
    solid = np.maximum(drawn.frame, drawn.glass if dark else 0) * (drawn.depth > 0)
    share = coarse(solid)
    nearest = coarse(solid * drawn.depth) / np.maximum(share, 1e-6)
    wire, glass = coarse(drawn.frame), coarse(np.maximum(drawn.frame, drawn.glass))
    there = eyewear.strength > 1 / 2
    called = ((wire > LEAST_FRAME) | ((glass > LEAST_LENS) & (dark or eyewear.form.veiled))) & there
    moved = (share > LEAST_FRAME) & there
    depth = np.where(moved, nearest, frame.depth).astype(np.float32)
    if frame.labels is None:
        return depth, None
    return depth, np.where(called, np.uint8(PARTS.index("glasses")), frame.labels).astype(np.uint8)
