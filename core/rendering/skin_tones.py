"""Skin that no photo shows, drawn like the skin that one shows: its tones go on around the head, and so does its grain.

A head model's own colours of a cheek's far side are whatever the search left there: a strip of hair, an ear's shadow.
The photo's skin is spread from the surface that it lies on through the space around by pushing averages up and pulling
them down again (Gortler, Grzeszczuk, Szeliski and Cohen 1996), mirrored where one side alone was seen. Of the model's
own picture only the shading stays. The grain is noise with the spectrum of a piece of the photo's skin (random phases:
Galerne, Gousseau and Morel 2011), so no wrinkle of it comes twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.places import at_size, places_of, tiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame
    from core.photo_layer import PhotoLayer

    Floats = NDArray[np.float32]

CELLS = 32
"""Cells along each side of the box of tones."""
HALF_SIDE = 0.4
"""Of that box about the origin, world units: the whole head and neck."""
SEEDS_PX = 160
"""Side of the picture that the tones are taken from."""
SHOWN = 0.7
"""Cover from which a pixel of the photo is skin as it is."""
LEAST_SEEDS = 400
"""Pixels of skin under which a photo says nothing about skin."""
ODD = 0.3
"""How far, in natural logarithms, a pixel's lightness may lie from the middle one and still be plain skin."""
MIRRORED = 0.03
"""Weight of what the other side shows against what was seen."""
AMOUNTS = {"skin": 1.0, "nose": 1.0, "neck": 0.8, "ears": 0.6}
"""Parts that are drawn so, and how far."""
COLLAR = (0.8, 1.2)
"""How much darker than skin a neck must be, in natural logarithms, to be taken for a collar, hardly and surely."""
SHADE, DARKEST, LIGHTEST = 0.5, math.log(0.5), math.log(1.3)
"""Power to which the model's own shading is believed, and its bounds in natural logarithms."""
GRAIN_PX, WINDOW_PX, FLAT_PX = 256, 36, 4.0
"""Side of the grain's tile, of the piece of skin it resembles, and deviation of the blur that lies under the grain."""
GRAIN_MOST = 0.016
"""Deviation of the grain's lightness beyond which the piece was no plain skin, in natural logarithms."""
GIRTH = 0.2
"""Distance from the axis at which the grain has its own size, world units."""


@dataclass(frozen=True, eq=False)
class SkinTones:
    """What a photo says of skin that it does not show.

    Attributes:
        grid: float32 [C, C, C, 3], colours 0..1 by x, y and z about the origin.
        grain: float32 [P, P], change of lightness in natural logarithms; repeats both ways.
        texel: world units of the grain's pixel.
    """

    grid: Floats
    grain: Floats
    texel: float


def skin_tones_of(photo: PhotoLayer) -> SkinTones | None:
    """The tones that a photo's skin gives; None where it shows too little of it."""
    if photo.labels is None:
        return None
    size = (SEEDS_PX, SEEDS_PX)
    skin = np.isin(photo.labels, [PARTS.index(part) for part in AMOUNTS if part != "ears"]).astype(np.uint8)
    plain = cv2.erode(skin, np.ones((5, 5), np.uint8)).astype(np.float32)
    plain = cv2.resize(plain, size, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(photo.cover, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    depth = cv2.resize(photo.depth, size, interpolation=cv2.INTER_NEAREST)
    picture = cv2.resize(photo.picture, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    chosen = (plain > 0.9) & (cover > SHOWN) & (depth > 0)
    if int(chosen.sum()) < LEAST_SEEDS:
        return None
    light = np.log(picture.mean(axis=2).clip(min=0.02))
    chosen &= np.abs(light - np.median(light[chosen])) < ODD
    if int(chosen.sum()) < LEAST_SEEDS:
        return None
    points, _ = places_of(photo.camera, depth, np.flatnonzero(chosen))
    grain, texel = _grain(photo, chosen)
    return SkinTones(_spread(points, picture[chosen]), grain, texel)


def in_skin_tones(frame: Frame, tones: SkinTones) -> Frame:
    """A frame whose skin has a photo's tones; the photo itself is laid over it afterwards.

    Args:
        frame: with labels; the very same one comes back where it has none, or shows no skin.
        tones: the photo's.
    """
    if frame.labels is None:
        return frame
    rgb, size = frame.rgb, len(frame.rgb)
    amounts = np.zeros((len(PARTS), 2), np.float32)
    for part, amount in AMOUNTS.items():
        amounts[PARTS.index(part), int(part == "neck")] = amount
    shares = cv2.resize(amounts[frame.labels], (size, size), interpolation=cv2.INTER_LINEAR).reshape(-1, 2)
    along_z = at_size(frame.depth, size)
    chosen = np.flatnonzero((shares.sum(axis=1) > 0.02) & (along_z.ravel() > 0) & (frame.alpha.ravel() > 0.02))
    if not len(chosen):
        return frame
    points, _ = places_of(frame.camera, along_z, chosen)
    solid = frame.alpha.ravel()[chosen, None]
    own = ((rgb.reshape(-1, 3)[chosen] / np.float32(255) - (1 - solid)) / solid).clip(0.02, 1)
    tone = _tone_at(tones.grid, points)
    lighter = np.log(own.mean(axis=1) / tone.mean(axis=1).clip(min=0.02))
    shade = lighter.clip(DARKEST, LIGHTEST)
    bare = 1 - np.clip((-lighter - COLLAR[0]) / (COLLAR[1] - COLLAR[0]), 0, 1)
    share = shares[chosen, 0] + shares[chosen, 1] * bare
    angle = np.arctan2(points[:, 0], points[:, 2])
    grain = tiled(tones.grain, points[:, 1] / tones.texel, angle * GIRTH / tones.texel)
    wanted = tone * np.exp(SHADE * shade + grain)[:, None]
    change = share[:, None] * solid * (wanted - own)
    finished = rgb.reshape(-1, 3).astype(np.float32)
    finished[chosen] += 255 * change
    return replace(frame, rgb=np.clip(finished + 0.5, 0, 255).astype(np.uint8).reshape(rgb.shape))


def _spread(points: NDArray[np.float64], colours: Floats) -> Floats:
    """Colours [N, 3] at points [N, 3], carried on through the whole box: [C, C, C, 3]."""
    mirrored = points * [-1, 1, 1]
    volume = np.zeros((CELLS**3, 4), np.float64)
    for at, weight in ((points, 1.0), (mirrored, MIRRORED)):
        cell = np.floor((at / HALF_SIDE + 1) / 2 * CELLS).astype(np.int64).clip(0, CELLS - 1)
        flat = (cell[:, 0] * CELLS + cell[:, 1]) * CELLS + cell[:, 2]
        for channel, values in enumerate((*colours.T, np.ones(len(colours)))):
            volume[:, channel] += weight * np.bincount(flat, values, minlength=CELLS**3)
    return _filled(volume.reshape(CELLS, CELLS, CELLS, 4).astype(np.float32))


def _filled(volume: Floats) -> Floats:
    """Weighted colours [C, C, C, 4], weight last, as colours [C, C, C, 3] everywhere."""
    import torch
    import torch.nn.functional as F

    level = torch.from_numpy(volume).permute(3, 0, 1, 2)[None]
    known = []
    while True:
        weight = level[:, 3:]
        known.append((level[:, :3] / weight.clamp(min=1e-9), weight.clamp(max=1)))
        if level.shape[-1] == 1:
            break
        # a cell that is known well speaks no louder than one that is known
        level = F.avg_pool3d(torch.cat([level[:, :3] / weight.clamp(min=1), weight.clamp(max=1)], dim=1), 2) * 8
    colours = known[-1][0]
    for seen, weight in reversed(known[:-1]):
        wide = F.interpolate(colours, scale_factor=2, mode="trilinear", align_corners=False)
        colours = seen * weight + wide * (1 - weight)
    smooth = F.avg_pool3d(F.pad(colours, (1,) * 6, mode="replicate"), 3, 1)
    return np.asarray(smooth[0].permute(1, 2, 3, 0).numpy(), np.float32)


def _tone_at(grid: Floats, points: NDArray[np.float64]) -> Floats:
    """The grid's colours [N, 3] at points [N, 3]."""
    import torch
    import torch.nn.functional as F

    # grid_sample counts the last axis first
    at = torch.from_numpy(points[:, ::-1] / HALF_SIDE).float()[None, None, None]
    values = torch.from_numpy(grid).permute(3, 0, 1, 2)[None]
    found = F.grid_sample(values, at, padding_mode="border", align_corners=False)
    return np.asarray(found[0, :, 0, 0].T.numpy(), np.float32)


def _grain(photo: PhotoLayer, chosen: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Noise like the plainest piece of the photo's skin, and the size of its pixel; none where all pieces are small."""
    side = len(photo.picture)
    room = cv2.resize(chosen.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    inside = cv2.boxFilter(room, -1, (WINDOW_PX, WINDOW_PX), borderType=cv2.BORDER_CONSTANT)
    light = np.log(photo.picture.mean(axis=2).astype(np.float32).clip(min=5) / 255)
    fine = light - cv2.GaussianBlur(light, (0, 0), FLAT_PX)
    rough = cv2.boxFilter(fine * fine, -1, (WINDOW_PX, WINDOW_PX), borderType=cv2.BORDER_CONSTANT)
    half = WINDOW_PX // 2
    score = np.where(inside > 0.9, rough, np.inf)[half : side - half, half : side - half]
    row, column = np.unravel_index(int(score.argmin()), score.shape)
    distance = float(np.median(photo.depth[photo.depth > 0]))
    texel = distance / photo.camera.focal / side
    if not np.isfinite(score[row, column]):
        return np.zeros((GRAIN_PX, GRAIN_PX), np.float32), texel
    piece = fine[row : row + WINDOW_PX, column : column + WINDOW_PX]
    deviation = min(float(piece.std()), GRAIN_MOST)
    hann = np.hanning(WINDOW_PX)
    spot = np.zeros((GRAIN_PX, GRAIN_PX))
    spot[:WINDOW_PX, :WINDOW_PX] = (piece - piece.mean()) * hann[:, None] * hann
    phases = np.fft.fft2(np.random.default_rng(0).standard_normal(spot.shape))
    noise = np.fft.ifft2(np.abs(np.fft.fft2(spot)) * phases / np.maximum(np.abs(phases), 1e-12)).real
    return (noise * (deviation / max(float(noise.std()), 1e-9))).astype(np.float32), texel
