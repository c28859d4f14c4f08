"""Strands of random heads: straight, wavy or curled as the prior cut the hair, the longer the more they wave."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.hair_strands import HairStrands
from core.mask import PARTS
from core.rendering.locks import STRAIGHT, LockKind, locks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.rendering.occupancy import FieldGrid

STRANDS_PX, STRAND = (256, 512), 0.0012
"""Rows and columns of the texture of strands, and the size of its pixel on the head, world units: 0.7 mm."""
COARSER = 2
"""By which the texture of broad locks is smaller: they have no fine lines."""
BROAD = LockKind(
    count=110,
    wide_px=(6.0, 17.0),
    long_px=(75.0, 200.0),
    wave_px=(75.0, 150.0),
    sway_px=(0.5, 2.5),
    tilt=0.05,
    in_step=2.0,
    tones=(-0.16, 0.12),
    round=0.32,
    twist=0.05,
    hair=0.02,
)
"""Locks in which straight hair falls: broad ones, between which it is dark."""
CURLS = {"hair/fur_afro": 0.007, "hair/fur_curl": 0.009, "hair/long_curly": 0.013}
"""Cuts of hair that are curled, and the radius of their curls, world units."""
WAVY = {"hair/long_wavy": 0.010, "hair/medium_wavy": 0.008, "hair/medium": 0.004}
"""Cuts of hair that are wavy, and how far their strands swing at least, world units."""
SHORT, LONG, MOST_WAVE = -0.10, -0.26, 0.006
"""Heights down to which hair is short and long, and how far the longest swings, world units."""


def random_strands(grid: FieldGrid, seed: int, told: Mapping[str, float]) -> HairStrands:
    """Those of the random head of a seed.

    Args:
        grid: the head.
        seed: its number.
        told: what the prior knows of it, as `random_head.attributes_of`.
    """
    return plain_strands(seed, wave=max(_wave(grid, seed), _of_cut(told, WAVY)), curl=_of_cut(told, CURLS))


def plain_strands(seed: int, *, wave: float = 0.0, curl: float = 0.0) -> HairStrands:
    """Strands of no hair in particular: locks of single ones in broad ones.

    Args:
        seed: the same one gives the same strands.
        wave: how far they swing, world units.
        curl: radius of curls, world units; 0 for none.
    """
    rows, columns = STRANDS_PX
    fine = locks(replace(STRAIGHT, count=STRAIGHT.count * columns // rows), STRANDS_PX, seed)
    broad = locks(BROAD, (rows // COARSER, columns // COARSER), seed)
    detail = fine + cv2.resize(broad, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return HairStrands(detail=detail.astype(np.float16), pixel=STRAND, wave=wave, curl=curl)


def _of_cut(told: Mapping[str, float], cuts: Mapping[str, float]) -> float:
    """What goes with some cuts of hair, world units; 0 where most of the hair is cut otherwise."""
    shares = {cut: told.get(cut, 0.0) for cut in cuts}
    return sum(cuts[cut] * share for cut, share in shares.items()) if sum(shares.values()) > 0.5 else 0.0


def _wave(grid: FieldGrid, seed: int) -> float:
    """How far the strands of a seed swing: short hair stands straight, the longer it is the more it waves."""
    if grid.labels is None:
        return 0.0
    hair = ((grid.labels == PARTS.index("hair")) & grid.known).any(0).any(1)
    heights = torch.linspace(-1, 1, len(hair), device=hair.device)[hair] * grid.half_sides[1]
    if not len(heights):
        return 0.0
    share = (SHORT - float(heights.min())) / (SHORT - LONG)
    return MOST_WAVE * min(max(share, 0.0), 1.0) * float(np.random.default_rng(seed).random())
