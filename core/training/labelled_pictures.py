"""Pictures that the parser learns from: labelled renders made to look like photos, with their labels.

A render is moved and turned, its parts are recoloured each on its own, it is lit unevenly, set before a background,
partly covered, sometimes given a hat, and photographed badly. All randomness comes from one generator.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

BACKGROUND, SKIN, HAIR, EYES, BROWS, LIPS, NOSE, EARS, GLASSES, NECK, CLOTH, MOUTH = range(len(PARTS))
GREY = np.array([0.299, 0.587, 0.114], np.float32)
BARE = (SKIN, NOSE, EARS, NECK)
FACE = (SKIN, EYES, BROWS, LIPS, NOSE)
SCENES = ("brick", "grass", "gravel", "coffee", "rocket", "hubble_deep_field", "chelsea")
"""Photos of scikit-image without people (CC0 and public domain) that stand behind training pictures."""
UNSEEN_SCENES = ("stereo_motorcycle",)
"""The same for evaluation: a cluttered garage (Middlebury stereo)."""
HAIR_TONES = ((0.08, 0.06, 0.05), (0.25, 0.16, 0.1), (0.5, 0.33, 0.18), (0.75, 0.6, 0.4), (0.6, 0.6, 0.6))


@dataclass(frozen=True)
class Looks:
    """How far pictures stray from the renders. Odds are shares of the pictures.

    Attributes:
        plain: odds that a picture stays as it was rendered, but for its place.
        roll_degrees: standard deviation; three times it is the most.
        scale: smallest and largest.
        shift: largest, in picture sides.
        background: odds of something else than white behind a picture that is not plain.
        occluder: odds of something in front.
        hat: odds of a hat.
        glasses: odds of drawn glasses on a face that has none.
    """

    plain: float = 0.2
    roll_degrees: float = 8.0
    scale: tuple[float, float] = (0.8, 1.25)
    shift: float = 0.1
    background: float = 0.9
    occluder: float = 0.15
    hat: float = 0.14
    glasses: float = 0.2


def with_lenses(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Labels [S,S] in which what is seen through a closed frame belongs to the glasses.

    Data of recipe version 1 label clear lenses as what is behind them; version 3 does so only before the background.
    """
    frame = (labels == GLASSES).astype(np.uint8)
    if not frame.any():
        return labels
    outlines, tree = cv2.findContours(frame, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    holes = [outline for outline, link in zip(outlines, tree[0], strict=True) if link[3] >= 0]
    filled = frame.copy()
    cv2.drawContours(filled, holes, -1, 1, cv2.FILLED)
    return np.where((filled > 0) & (labels > 0), np.uint8(GLASSES), labels)


def smooth_noise(rng: np.random.Generator, size_px: int, cells: int, channels: int = 1) -> Values:
    """float32 [S,S] or [S,S,channels] of standard deviation about one, with `cells` bumps a side."""
    coarse = rng.standard_normal((cells + 3, cells + 3, channels)).astype(np.float32)
    fine: Values = cv2.resize(coarse * np.float32(1.4), (size_px, size_px), interpolation=cv2.INTER_CUBIC)
    return fine


def placed(
    rgb: NDArray[np.uint8], labels: NDArray[np.uint8], size_px: int, looks: Looks, rng: np.random.Generator
) -> tuple[Values, NDArray[np.uint8]]:
    """A window of the render, turned, scaled, shifted and perhaps mirrored: float32 [S,S,3] 0..1 and labels [S,S]."""
    side = rgb.shape[0]
    roll = float(np.clip(rng.normal(0, looks.roll_degrees), -20, 20))
    scale = float(np.exp(rng.uniform(*np.log(looks.scale))))
    matrix = cv2.getRotationMatrix2D((side / 2 - 0.5, side / 2 - 0.5), roll, scale)
    # A smaller window stands where there is more to learn: around the middle, somewhat above it.
    spare = (side - size_px) / 2
    centre = np.array([size_px / 2, size_px / 2 + 0.3 * spare]) - 0.5
    centre += rng.uniform(-1, 1, 2) * (looks.shift * side + 0.5 * spare)
    matrix[:, 2] += centre - (side / 2 - 0.5)
    if rng.random() < 0.5:
        matrix = np.array([[-1, 0, size_px - 1], [0, 1, 0]]) @ np.vstack([matrix, [0, 0, 1]])
    moved = cv2.warpAffine(rgb, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    names = cv2.warpAffine(labels, matrix, (size_px, size_px), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return as_floats(np.asarray(moved, np.uint8)), names


def part_weights(labels: NDArray[np.uint8], *parts: int) -> Values:
    """Soft mask float32 [S,S,1] of some parts."""
    mask = np.isin(labels, parts).astype(np.float32)
    soft: Values = cv2.blur(mask, (3, 3))[..., None]
    return soft


def recoloured(rgb: Values, labels: NDArray[np.uint8], rng: np.random.Generator) -> Values:
    """Skin, lips, hair, cloth and glasses change their colours independently."""
    size = rgb.shape[0]

    def mixed(parts: tuple[int, ...], changed: Values, strength: float = 1.0) -> Values:
        weights = part_weights(labels, *parts) * np.float32(strength)
        return rgb + (changed - rgb) * weights

    gains = np.exp(rng.normal(0, 0.06, 3) + rng.normal(0, 0.15)).astype(np.float32)
    texture = np.exp(smooth_noise(rng, size, int(rng.integers(4, 60))) * np.float32(0.08 * rng.random() ** 2))
    blotches = np.exp(smooth_noise(rng, size, 5, 3) * np.float32(rng.uniform(0, 0.06)))
    rgb = mixed((*BARE, LIPS, BROWS), rgb * gains * texture[..., None] * blotches)
    lips = np.exp(rng.normal(0, 0.2, 3)).astype(np.float32)
    rgb = mixed((LIPS,), rgb * lips)
    if rng.random() < 0.3:  # faint or made-up brows
        rgb = mixed(
            (BROWS,), cv2.blur(rgb, (15, 15)) * np.float32(rng.uniform(0.6, 1.05)), float(rng.uniform(0.2, 0.8))
        )
    hair = labels == HAIR
    if hair.any() and rng.random() < 0.6:
        grey = rgb @ GREY
        level = max(float(grey[hair].mean()), 0.02)
        tone = np.array(HAIR_TONES[rng.integers(len(HAIR_TONES))], np.float32) * np.exp(rng.normal(0, 0.2, 3))
        streaks = np.clip(grey / level, 0, 3)[..., None] ** np.float32(rng.uniform(0.6, 1.6))
        rgb = mixed((HAIR,), streaks * tone.astype(np.float32), float(rng.uniform(0.6, 1)))
    cloth = labels == CLOTH
    if cloth.any() and rng.random() < 0.7:
        shade = np.clip((rgb @ GREY) / max(float(rgb[cloth].mean()), 0.02), 0.2, 2)[..., None]
        rgb = mixed((CLOTH,), shade * fabric(rng, size))
    if rng.random() < 0.5:
        tint = rng.random(3).astype(np.float32)
        rgb = mixed((GLASSES,), rgb * 0.4 + tint * 0.6, float(rng.uniform(0.2, 0.7)))
    return rgb


def relit(rgb: Values, labels: NDArray[np.uint8], rng: np.random.Generator) -> Values:
    """Uneven light, a shadow's edge, shine, creases and fine grain over the whole figure."""
    size = rgb.shape[0]
    light = smooth_noise(rng, size, int(rng.integers(0, 3))) * np.float32(rng.uniform(0, 0.3))
    slope = np.linspace(-1, 1, size, dtype=np.float32)
    light = light + slope[None] * np.float32(rng.normal(0, 0.2)) + slope[:, None] * np.float32(rng.normal(0, 0.12))
    if rng.random() < 0.3:
        angle = rng.uniform(0, 2 * np.pi)
        across = slope[None] * np.cos(angle) + slope[:, None] * np.sin(angle) - rng.uniform(-0.4, 0.4)
        across = across + 0.15 * smooth_noise(rng, size, 4)
        light = light - np.float32(rng.uniform(0.3, 1)) / (1 + np.exp(-across * np.float32(rng.uniform(5, 60))))
    rgb = rgb * np.exp(light)[..., None].astype(np.float32)
    if rng.random() < 0.3:
        shine = np.clip(smooth_noise(rng, size, int(rng.integers(6, 16))) - 1, 0, 2) * np.float32(rng.uniform(0, 0.3))
        rgb = rgb + shine[..., None] * part_weights(labels, *BARE)
    if rng.random() < 0.3:
        lines = np.zeros((size, size), np.float32)
        for _ in range(int(rng.integers(4, 20))):
            start = rng.uniform(0.2, 0.8, 2) * size
            path = start + np.cumsum(rng.normal(0, 0.012, (8, 2)) * size + rng.normal(0, 0.015, 2) * size, 0)
            cv2.polylines(lines, [np.round(path * 8).astype(np.int32)], False, 1.0, 1, cv2.LINE_AA, 3)
        lines = cv2.GaussianBlur(lines, (0, 0), float(rng.uniform(0.5, 1.2))) * np.float32(rng.uniform(0.1, 0.5))
        rgb = rgb * (1 - lines[..., None] * part_weights(labels, *BARE))
    if rng.random() < 0.5:
        grain = smooth_noise(rng, size, size // int(rng.integers(2, 6))) * np.float32(rng.uniform(0, 0.06))
        rgb = rgb * (1 + grain)[..., None]
    return rgb


def as_floats(pixels: NDArray[np.uint8]) -> Values:
    """uint8 to float32 0..1."""
    return np.asarray(pixels / np.float32(255), np.float32)


def as_bytes(picture: Values) -> NDArray[np.uint8]:
    """float32 0..1 to uint8."""
    return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), np.uint8)


@cache
def photos(names: tuple[str, ...]) -> tuple[Values, ...]:
    """Photos float32 [H,W,3] that scikit-image packs."""
    import skimage.data

    found: list[Values] = []
    for name in names:
        loaded = getattr(skimage.data, name)()
        pixels = np.asarray(loaded[0] if isinstance(loaded, tuple) else loaded)  # of a stereo pair, the left
        pixels = np.dstack([pixels] * 3) if pixels.ndim == 2 else pixels[..., :3]
        found.append(as_floats(pixels))
    return tuple(found)


def photo_window(rng: np.random.Generator, size_px: int, names: tuple[str, ...] = SCENES) -> Values:
    """A random window of a photo, float32 [S,S,3]."""
    pixels = photos(names)[rng.integers(len(names))]
    side = int(rng.uniform(0.25, 1) * min(pixels.shape[:2]))
    top, left = (int(rng.integers(0, length - side + 1)) for length in pixels.shape[:2])
    window = cv2.resize(
        pixels[top : top + side, left : left + side], (size_px, size_px), interpolation=cv2.INTER_LINEAR
    )
    turned: Values = window if rng.random() < 0.5 else window[:, ::-1]
    return turned


def scene(rng: np.random.Generator, size_px: int) -> Values:
    """Something to stand behind a head or to be woven into cloth, float32 [S,S,3] 0..1."""
    kind = rng.random()
    first, second = rng.random((2, 3)).astype(np.float32)
    slope = np.linspace(0, 1, size_px, dtype=np.float32)
    if kind < 0.25:  # gradient
        along = slope[:, None, None] if rng.random() < 0.5 else slope[None, :, None]
        made = (
            first
            + (second - first) * along * np.float32(rng.uniform(0, 1))
            + np.zeros((size_px, size_px, 1), np.float32)
        )
    elif kind < 0.5:  # clouds of several sizes
        made = np.broadcast_to(first, (size_px, size_px, 3)).copy()
        for cells in (2, 5, 14, 40):
            made += smooth_noise(rng, size_px, cells, 3) * np.float32(rng.uniform(0, 0.15))
    elif kind < 0.6:  # stripes
        angle, rate = rng.uniform(0, np.pi), rng.uniform(10, 120)
        wave = np.sin((slope[None] * np.cos(angle) + slope[:, None] * np.sin(angle)) * np.float32(rate)).astype(
            np.float32
        )
        made = first + (second - first) * np.clip(wave * np.float32(rng.uniform(1, 6)) + 0.5, 0, 1)[..., None]
    elif kind < 0.75:  # shapes
        made = np.broadcast_to(first, (size_px, size_px, 3)).copy()
        for _ in range(int(rng.integers(3, 14))):
            cv2.fillPoly(made, [blob(rng, size_px)], rng.random(3).tolist(), cv2.LINE_AA)
    else:
        made = photo_window(rng, size_px) * np.exp(rng.normal(0, 0.15, 3)).astype(np.float32)
        if rng.random() < 0.3:
            made = made[..., rng.permutation(3)]
    if rng.random() < 0.4:
        made = cv2.GaussianBlur(np.ascontiguousarray(made), (0, 0), float(rng.uniform(0.5, 6)))
    return np.asarray(np.clip(made, 0, 1), np.float32)


def fabric(rng: np.random.Generator, size_px: int) -> Values:
    """Something that clothes are made of, float32 [S,S,3] 0..1: black, white, of one colour or patterned."""
    kind = rng.random()
    if kind < 0.45:
        level = rng.uniform(0.02, 0.15) if kind < 0.2 else rng.uniform(0.7, 1) if kind < 0.3 else rng.uniform(0.1, 0.7)
        colour = level * np.exp(rng.normal(0, 0.05 if kind < 0.3 else 0.5, 3))
        return np.broadcast_to(np.clip(colour, 0, 1).astype(np.float32), (size_px, size_px, 3))
    return scene(rng, size_px)


def blob(rng: np.random.Generator, size_px: int) -> NDArray[np.int32]:
    """A closed outline int32 [N,2]: polygon, ellipse or finger."""
    count = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, count)) if rng.random() < 0.5 else np.linspace(0, 2 * np.pi, 24)[:-1]
    radii = rng.uniform(0.04, 0.3) * size_px * np.exp(rng.normal(0, 0.5, 2))
    turn, centre = rng.uniform(0, np.pi), rng.uniform(-0.1, 1.1, 2) * size_px
    points = np.stack([np.cos(angles), np.sin(angles)], 1) * radii
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(np.round(points @ spin + centre), np.int32)


def with_hat(rgb: Values, labels: NDArray[np.uint8], rng: np.random.Generator) -> tuple[Values, NDArray[np.uint8]]:
    """Cloth over the top of the head, from somewhere above the brows, with or without a brim."""
    head = np.isin(labels, (SKIN, HAIR, EARS)).astype(np.uint8)
    rows, columns = np.nonzero(labels == BROWS)
    if len(rows) < 20 or not head.any():
        return rgb, labels
    size = rgb.shape[0]
    top = int(np.nonzero(head.any(1))[0][0])
    line = rows.min() - float(rng.uniform(0.02, 0.6)) * max(rows.min() - top, 1)
    swell = int(rng.integers(3, 15)) * 2 + 1
    above = cv2.dilate(head, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (swell, swell)))
    bend = (np.arange(size) - columns.mean()) ** 2 * float(rng.normal(0, 0.0012))
    above[np.arange(size)[:, None] > line + bend[None]] = 0
    hat = above.astype(np.float32)
    if rng.random() < 0.5:  # brim
        spread = float(rng.uniform(0.16, 0.3)) * size
        centre = (int(columns.mean()), int(line))
        axes = (int(spread), int(rng.uniform(0.03, 0.09) * size))
        cv2.ellipse(hat, centre, axes, float(rng.normal(0, 5)), 0, 360, 1.0, -1)
    hat = cv2.GaussianBlur(hat, (0, 0), 0.7)
    shade = np.exp(smooth_noise(rng, size, 3) * np.float32(0.25))[..., None]
    cloth = fabric(rng, size)
    if rng.random() < 0.4:  # two colours, one above the other
        upper = np.arange(size)[:, None, None] < line - rng.uniform(0.02, 0.15) * size
        cloth = np.where(upper, rng.random(3).astype(np.float32), cloth)
    mixed = rgb + (cloth * shade - rgb) * hat[..., None]
    return mixed, np.where(hat > 0.5, np.uint8(CLOTH), labels)


def with_glasses(rgb: Values, labels: NDArray[np.uint8], rng: np.random.Generator) -> tuple[Values, NDArray[np.uint8]]:
    """Drawn glasses before two open eyes: rims of any shape, clear, tinted or dark lenses, temples."""
    _, _, boxes, centres = cv2.connectedComponentsWithStats((labels == EYES).astype(np.uint8))
    eyes = sorted(tuple(centres[i]) for i in range(1, len(boxes)) if boxes[i, cv2.CC_STAT_AREA] > 14)
    size = rgb.shape[0]
    if len(eyes) != 2 or (labels == GLASSES).any() or eyes[1][0] - eyes[0][0] < 0.1 * size:
        return rgb, labels
    middle = (np.array(eyes[0]) + np.array(eyes[1])) / 2
    along = np.array(eyes[1]) - np.array(eyes[0])
    across = np.array([-along[1], along[0]])
    half = rng.uniform(0.3, 0.46)
    height, apart = half * rng.uniform(0.5, 1), rng.uniform(0.48, 0.54)
    drop, lift, power = rng.uniform(-0.02, 0.12), max(0.0, rng.normal(0, 0.25)), rng.uniform(0.35, 1)
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    # a superellipse whose outer upper corner is drawn up, as in cat-eye frames
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power * half
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power * height
    y = y - lift * np.maximum(x, 0) * (y < 0) + drop

    def on_face(side: float, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
        points = middle + np.outer(side * (apart + x), along) + np.outer(y, across)
        return np.asarray(np.round(points * 8), np.int32)

    lens, frame = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    top, rim = int(rng.integers(1, 6)), int(rng.integers(0, 4))
    level = np.array([drop - height * rng.uniform(0.1, 0.8)] * 2)
    for side in (-1.0, 1.0):
        outline = on_face(side, x, y)
        cv2.fillPoly(lens, [outline], 1.0, cv2.LINE_AA, 3)
        cv2.polylines(frame, [on_face(side, x[y < drop], y[y < drop])], False, 1.0, top, cv2.LINE_AA, 3)
        if rim:
            cv2.polylines(frame, [outline], True, 1.0, rim, cv2.LINE_AA, 3)
        temple = on_face(side, np.array([half * 0.95, half + rng.uniform(0.05, 0.5)]), level)
        cv2.polylines(frame, [temple], False, 1.0, max(1, rim), cv2.LINE_AA, 3)
    bridge = np.stack([on_face(side, np.array([-half]), level[:1])[0] for side in (-1.0, 1.0)])
    cv2.polylines(frame, [bridge], False, 1.0, max(1, top - 1), cv2.LINE_AA, 3)
    figure = (labels > 0).astype(np.float32)
    lens, frame = lens * figure, frame * figure
    dark = rng.random() < 0.2
    tint = rng.random(3).astype(np.float32) * np.float32(0.4 if dark else 1)
    tinted = lens[..., None] * np.float32(rng.uniform(0.6, 0.97) if dark else rng.uniform(0, 0.15))
    glare = np.clip(smooth_noise(rng, size, 8) - np.float32(0.8), 0, 1) * np.float32(rng.uniform(0, 0.6))
    mixed = rgb + (tint - rgb) * tinted + (lens * glare)[..., None]
    shade = np.exp(np.float32(0.3) * smooth_noise(rng, size, 20))[..., None]
    paint = (rng.random(3) ** 2).astype(np.float32) if rng.random() < 0.7 else np.full(3, 0.04, np.float32)
    mixed = mixed + (paint * shade - mixed) * frame[..., None]
    return mixed, np.where(np.maximum(lens, frame) > 0.5, np.uint8(GLASSES), labels)


def before_background(rgb: Values, figure: NDArray[np.bool_], background: Values) -> Values:
    """The figure before another background.

    Renders stand on white, which is mixed into the pixels of their outlines; these take the colours further inside.

    Args:
        rgb: float32 [S,S,3] on white.
        figure: bool [S,S].
        background: float32 [S,S,3].
    """
    inner = cv2.erode(figure.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    colours, share = cv2.blur(rgb * inner[..., None], (7, 7)), cv2.blur(inner, (7, 7))
    spread = np.where(share[..., None] > 1e-3, colours / np.maximum(share, 1e-3)[..., None], rgb)
    filled = np.where(inner[..., None] > 0, rgb, spread)
    alpha = cv2.GaussianBlur(figure.astype(np.float32), (0, 0), 0.8)[..., None]
    return np.asarray(filled * alpha + background * (1 - alpha), np.float32)


def photographed(rgb: Values, rng: np.random.Generator) -> Values:
    """Exposure, colours, optics, sensor and compression of a camera: float32 [S,S,3] 0..1."""
    size = rgb.shape[0]
    if rng.random() < 0.5:
        rgb = cv2.GaussianBlur(rgb, (0, 0), float(rng.uniform(0.3, 1.6)))
    elif rng.random() < 0.3:  # sharpened
        rgb = rgb + np.float32(rng.uniform(0.3, 1.2)) * (rgb - cv2.GaussianBlur(rgb, (0, 0), 1.0))
    rgb = np.clip(rgb, 0, None) * np.exp(rng.normal(0, 0.06, 3) + rng.normal(0, 0.15)).astype(np.float32)
    rgb = np.clip(rgb, 1e-4, 1.5) ** np.float32(np.exp(rng.normal(0, 0.2)))
    grey = (rgb @ GREY)[..., None]
    colourful = 0.0 if rng.random() < 0.06 else float(np.exp(rng.normal(-0.1, 0.25)))
    rgb = np.asarray(grey + (rgb - grey) * np.float32(colourful), np.float32)
    contrast, brightness = np.float32(np.exp(rng.normal(0, 0.15))), np.float32(0.5 + rng.normal(0, 0.04))
    rgb = (rgb - np.float32(0.5)) * contrast + brightness
    if rng.random() < 0.35:
        small = max(32, int(size * rng.uniform(0.3, 0.9)))
        kind = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
        rgb = cv2.resize(
            cv2.resize(rgb, (small, small), interpolation=kind), (size, size), interpolation=cv2.INTER_LINEAR
        )
    if rng.random() < 0.5:
        rgb = rgb + rng.standard_normal(rgb.shape, dtype=np.float32) * np.float32(rng.uniform(0, 0.05))
    rgb = np.clip(rgb, 0, 1)
    if rng.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 95))]
        _, data = cv2.imencode(".jpg", as_bytes(rgb[..., ::-1]), quality)
        rgb = as_floats(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])
    return rgb


def drawn_picture(
    rgb: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    size_px: int,
    looks: Looks,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """One training picture.

    Args:
        rgb: uint8 [H,H,3], a render on white.
        labels: uint8 [H,H].
        size_px: S, at most H.
        looks: how far it may stray.
        rng: source of randomness.

    Returns:
        float32 [S,S,3], 0..1, and uint8 [S,S].
    """
    picture, names = placed(rgb, labels, size_px, looks, rng)
    if rng.random() < looks.plain:
        return picture, names
    picture = recoloured(picture, names, rng)
    picture = relit(picture, names, rng)
    if rng.random() < looks.glasses:
        picture, names = with_glasses(picture, names, rng)
    if rng.random() < looks.hat:
        picture, names = with_hat(picture, names, rng)
    if rng.random() < looks.background:
        behind = scene(rng, size_px)
        if rng.random() < 0.15 and (names == HAIR).any():  # a background in the hair's colour
            behind = 0.3 * behind + 0.7 * picture[names == HAIR].mean(0)
        picture = before_background(picture, names > 0, behind)
    if rng.random() < looks.occluder:
        cover = np.zeros((size_px, size_px), np.float32)
        for _ in range(int(rng.integers(1, 4))):
            cv2.fillPoly(cover, [blob(rng, size_px)], 1.0, cv2.LINE_AA)
        skin = picture[np.isin(names, BARE)]
        like_skin = rng.random() < 0.5 and len(skin) > 0
        paint = (
            skin.mean(0) * np.exp(0.1 * smooth_noise(rng, size_px, 4))[..., None] if like_skin else scene(rng, size_px)
        )
        picture = picture + (paint - picture) * cover[..., None]
        names = np.where(cover > 0.5, np.uint8(BACKGROUND), names)
    return photographed(picture.astype(np.float32), rng).astype(np.float32), names
