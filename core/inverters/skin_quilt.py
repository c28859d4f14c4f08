"""Skin that goes on where something stood before it in a photo, with its pores and folds.

The tone of what is known around goes on smoothly over the gap. Onto it come pieces of the fine detail of skin nearby,
those first around which most is known, each where it fits what lies there already (Criminisi, Perez and Toyama 2004,
"Region filling and object removal by exemplar-based image inpainting"; tones and detail apart, as in Poisson blending).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Bits = NDArray[np.bool_]

TONE = 1 / 170
"""How far around a place its tone reaches, picture sides: what is finer is detail."""
HALF, DISC = 1 / 64, 0.75
"""Half the side of a piece, picture sides, and share of it within which a piece is laid down."""
FAR, AWAY = 1 / 13, 0.25
"""How far from its place a piece is looked for, picture sides; and what the farthest counts, where 1 is not alike at
all."""
CALM = 5.0
"""How much stronger than that of usual skin detail may be that is carried elsewhere: no lash comes twice."""
SPREADS, LITTLE = 400, 1e-4
"""How often tones in the gap take the mean of those around, and a share that is as good as nothing."""
TRUST = 0.8
"""Of what was laid down beside what was known, for the order of the pieces."""
SOFT_PX = 1.0


def filled(picture: NDArray[np.uint8], gap: Bits, told: Bits, source: Bits) -> NDArray[np.uint8]:
    """A picture [S, S, 3] whose gap is filled.

    Args:
        picture: what lies in the gap does not count.
        gap: bool [S, S], where it is filled.
        told: where its colours tell of the tone around, [S, S]; not in the gap.
        source: where it shows what may go on in the gap, [S, S].
    """
    if not gap.any() or not told.any():
        return picture
    side = len(picture)
    room = round((FAR + 2 * HALF) * side)
    rows, columns = (slice(max(at.min() - room, 0), at.max() + room + 1) for at in np.nonzero(gap))
    here = rows, columns
    gap, told, source = gap[here], told[here] & ~gap[here], source[here] & ~gap[here]
    colours = picture[here].astype(np.float32) / np.float32(255)
    tone = _tone(colours, told, TONE * side)
    detail = np.where(gap[..., None], 0, colours - tone).astype(np.float32)
    detail = _quilted(detail, gap, source & _calm(detail, source), max(round(HALF * side), 2), round(FAR * side))
    out = picture.copy()
    out[here] = np.where(gap[..., None], np.clip((tone + detail) * 255 + 0.5, 0, 255), picture[here]).astype(np.uint8)
    return out


def _tone(colours: Floats, told: Bits, reach_px: float) -> Floats:
    """Colours [H, W, 3] without detail, which go on smoothly where they are not told."""
    share = told.astype(np.float32)

    def soft(values: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), reach_px, borderType=cv2.BORDER_REFLECT), np.float32)

    near = soft(colours * share[..., None]) / np.maximum(soft(share), LITTLE)[..., None]
    tone = _from_coarse(np.asarray(near, np.float32), share)
    for _ in range(SPREADS):
        tone[~told] = cv2.blur(tone, (3, 3), borderType=cv2.BORDER_REFLECT)[~told]
    return tone


def _from_coarse(values: Floats, share: Floats) -> Floats:
    """Values [H, W, 3] that have those of a picture of half the size where their share [H, W] is small."""
    if min(share.shape) <= 2:
        mean = (values * share[..., None]).sum(axis=(0, 1)) / max(float(share.sum()), LITTLE)
        return np.broadcast_to(mean, values.shape).astype(np.float32)
    less = cv2.pyrDown(share)
    small = cv2.pyrDown(values * share[..., None]) / np.maximum(less, LITTLE)[..., None]
    known = np.where(less > LITTLE, less, 0).astype(np.float32)
    coarse = _from_coarse(np.asarray(small, np.float32), known)
    wide = cv2.resize(coarse, share.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(share[..., None] > 1 / 2, values, wide).astype(np.float32)


def _calm(detail: Floats, source: Bits) -> Bits:
    """Where detail [H, W, 3] is as strong as skin's, [H, W]."""
    light = np.abs(cv2.GaussianBlur(detail.mean(axis=2), (0, 0), SOFT_PX))
    usual = float(np.median(light[source])) if source.any() else 0.0
    return np.asarray(cv2.dilate((light > CALM * usual).astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)


def _quilted(detail: Floats, gap: Bits, source: Bits, half: int, far: int) -> Floats:
    """Detail [H, W, 3] whose gap is filled with pieces of the source; nothing where none is near.

    Args:
        detail: 0 in the gap.
        gap: where it is filled, [H, W].
        source: where pieces come from, [H, W].
        half: of a piece's side, pixels.
        far: where it is looked for, pixels.
    """
    height, width = gap.shape
    side = 2 * half + 1
    laid, empty, known = detail.copy(), gap.copy(), (~gap).astype(np.float32)
    allowed = cv2.erode(source.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=0) > 0
    disc = np.hypot(*np.mgrid[-half : half + 1, -half : half + 1]) <= DISC * half
    while empty.any():
        sure = cv2.boxFilter(known, -1, (side, side), borderType=cv2.BORDER_CONSTANT)
        first = divmod(int(np.where(empty, sure, -1).argmax()), width)
        row, column = (min(max(at, half), size - half - 1) for at, size in zip(first, gap.shape, strict=True))
        piece = slice(row - half, row + half + 1), slice(column - half, column + half + 1)
        lacks = empty[piece].copy()
        new = lacks & disc
        empty[piece] &= ~disc
        empty[first] = False
        rows, columns = _near(row, half, far, height), _near(column, half, far, width)
        y, x = np.ogrid[rows, columns]
        away = AWAY * ((y - row) ** 2 + (x - column) ** 2) / far**2
        place = _place(detail, laid[piece], ~lacks, np.where(allowed[rows, columns], away, np.inf), (rows, columns))
        if place is not None:
            share = np.where(new, 1, cv2.GaussianBlur(new.astype(np.float32), (0, 0), SOFT_PX) * gap[piece])
            laid[piece] += share[..., None] * (detail[place] - laid[piece])
        known[piece] = np.where(new, TRUST * sure[first], known[piece])
    return laid


def _near(at: int, half: int, far: int, size: int) -> slice:
    """Middles, along one side of a picture of some size, of whole pieces that are not far from a place."""
    return slice(max(at - far, half), min(at + far, size - half - 1) + 1)


def _place(
    detail: Floats, there: Floats, known: Bits, cost: NDArray[np.float64], near: tuple[slice, slice]
) -> tuple[slice, slice] | None:
    """Where in detail [H, W, 3] a piece lies that goes on from one best; None where none may be taken.

    Args:
        detail: where it is taken from.
        there: what lies in its place, [P, P, 3].
        known: where that counts, [P, P].
        cost: what each place costs besides, [h, w]; infinite where there is no piece.
        near: rows and columns of the middles of these places.
    """
    if not np.isfinite(cost).any():
        return None
    side = len(there)
    half = side // 2
    area = detail[tuple(slice(one.start - half, one.stop + half) for one in near)]
    mask = np.repeat(known[..., None], 3, axis=2).astype(np.float32)
    differ = cv2.matchTemplate(area, there, cv2.TM_SQDIFF, mask=mask)
    # by correlation: calm pieces would fit anywhere
    both = cv2.matchTemplate(np.square(area), mask, cv2.TM_CCORR) + float((mask * np.square(there)).sum())
    misfit = differ / np.maximum(both, LITTLE) + cost
    top, left = (
        one.start + at - half for one, at in zip(near, divmod(int(misfit.argmin()), cost.shape[1]), strict=True)
    )
    return slice(top, top + side), slice(left, left + side)
