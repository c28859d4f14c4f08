"""Pictures that the parser learns from: labelled renders made to look like photos, with their labels.

A render is moved and turned, its parts are recoloured each on its own, it is lit unevenly, set before a background,
partly covered, sometimes given a hat, and photographed badly. All randomness comes from one generator.
Longer than usual: each step is a few lines, and their order is the recipe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.noise import smooth_noise
from core.mask import PARTS
from core.training.drawn_accessories import with_glasses, with_hat
from core.training.picture_scenes import as_bytes, as_floats, blob, fabric, scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

BACKGROUND, SKIN, HAIR, EYES, BROWS, LIPS, NOSE, EARS, GLASSES, NECK, CLOTH, MOUTH = range(len(PARTS))
GREY = np.array([0.299, 0.587, 0.114], np.float32)
BARE = (SKIN, NOSE, EARS, NECK)
HAIR_TONES = ((0.08, 0.06, 0.05), (0.25, 0.16, 0.1), (0.5, 0.33, 0.18), (0.75, 0.6, 0.4), (0.6, 0.6, 0.6))


@dataclass(frozen=True)
class Looks:
    """How far pictures stray from the renders. Odds are shares of the pictures.

    Attributes:
        plain: odds that a picture stays as it was rendered, but for its place.
        still: odds that it is only shifted by whole pixels, so that labels stay as sharp as they were rendered.
        roll_degrees: standard deviation; three times it is the most.
        scale: smallest and largest.
        shift: largest, in picture sides.
        background: odds of something else than white behind a picture that is not plain.
        occluder: odds of something in front.
        hat: odds of a hat.
        glasses: odds of drawn glasses on a face that has none.
        bags: odds of folds and lights under the eyes of others, which are no rims.
    """

    plain: float = 0.2
    still: float = 0.25
    roll_degrees: float = 8.0
    scale: tuple[float, float] = (0.8, 1.25)
    shift: float = 0.1
    background: float = 0.9
    occluder: float = 0.15
    hat: float = 0.14
    glasses: float = 0.2
    bags: float = 0.4


def placed(
    rgb: NDArray[np.uint8], labels: NDArray[np.uint8], size_px: int, looks: Looks, rng: np.random.Generator
) -> tuple[Values, NDArray[np.uint8]]:
    """A window of the render, turned, scaled, shifted and perhaps mirrored: float32 [S,S,3] 0..1 and labels [S,S]."""
    side = rgb.shape[0]
    still = rng.random() < looks.still
    roll = 0.0 if still else float(np.clip(rng.normal(0, looks.roll_degrees), -20, 20))
    scale = 1.0 if still else float(np.exp(rng.uniform(*np.log(looks.scale))))
    matrix = cv2.getRotationMatrix2D((side / 2 - 0.5, side / 2 - 0.5), roll, scale)
    # A smaller window stands where there is more to learn: around the middle, somewhat above it.
    spare = (side - size_px) / 2
    centre = np.array([size_px / 2, size_px / 2 + 0.3 * spare]) - 0.5
    centre += rng.uniform(-1, 1, 2) * (looks.shift * side + 0.5 * spare)
    shift = centre - (side / 2 - 0.5)
    matrix[:, 2] += np.round(shift) if still else shift
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


def with_bags(rgb: Values, labels: NDArray[np.uint8], rng: np.random.Generator) -> Values:
    """Folds, shadows and lights under bare eyes, as tired, old and smiling people have them."""
    if (labels == GLASSES).any():
        return rgb
    _, _, boxes, centres = cv2.connectedComponentsWithStats((labels == EYES).astype(np.uint8))
    size = rgb.shape[0]
    change = np.zeros((size, size), np.float32)
    low, wide = rng.uniform(0.25, 0.6), rng.uniform(0.5, 0.9)
    for number in range(1, len(boxes)):
        width = float(boxes[number, cv2.CC_STAT_WIDTH])
        if boxes[number, cv2.CC_STAT_AREA] < 14 or width < 0.02 * size:
            continue
        middle = centres[number] + [0.15 * width * rng.normal(), low * width]
        for tone, down, tall in (
            (-1.0, 0.0, rng.uniform(0.2, 0.6)),
            (rng.uniform(-0.8, 1.5), -0.2, rng.uniform(0.1, 0.4)),
        ):
            layer = np.zeros_like(change)
            place = tuple(np.round((middle + np.array([0.0, down * width])) * 8).astype(int).tolist())
            axes = (round(8 * wide * width), round(8 * tall * width))
            line = int(rng.integers(1, 4)) if tone == -1.0 else -1
            cv2.ellipse(layer, place, axes, float(rng.normal(0, 8)), 10, 170, 1.0, line, cv2.LINE_AA, 3)
            change += np.float32(tone) * cv2.GaussianBlur(layer, (0, 0), float(rng.uniform(0.5, 2.5)))
    change *= np.float32(rng.uniform(0.05, 0.4)) * part_weights(labels, *BARE)[..., 0]
    return np.asarray(rgb * np.exp(change)[..., None], np.float32)


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
    if rng.random() < looks.bags:
        picture = with_bags(picture, names, rng)
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
