"""The sheet of face sliders: each at both ends on some heads, from the front and, at its upper end, from the side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.edit import Reshape
from core.editors.face_sliders import FACE_SLIDERS
from core.editors.fold import Folder
from core.evaluation.pictures import at_degrees
from core.frame import Quality
from core.progress import Progress
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator

TILE_PX, LABEL_PX = 128, 16
SIDE_DEGREES, PITCH_DEGREES = 35, 4
FACE = (0.18, 0.82)
"""Rows and columns that are shown, in picture sides."""
COLUMNS = 2
"""Sliders beside one another."""


def face_sheet(generator: Generator, heads: Sequence[Head], report: Report) -> NDArray[np.uint8]:
    """Every slider at -1 and 1 (0 and 1 where it has one sign) on each head, and at 1 from the side.

    Args:
        generator: of the heads, without their tuning.
        heads: with faces.
        report: told of each slider.
    """
    grids = [HeadRenderer(generator, head).grid() for head in heads]
    folders = [Folder(generator, head, {}) for head in heads]
    blocks = []
    for number, slider in enumerate(FACE_SLIDERS):
        report(Progress(number, len(FACE_SLIDERS), "Sheet of face sliders"))
        tiles = []
        for folder, grid in zip(folders, grids, strict=True):
            for strength, yaws in ((max(-1.0, slider.range[0]), (0,)), (1.0, (0, SIDE_DEGREES))):
                head = folder.folded([Reshape(key="1", name=slider.name, strength=strength)])
                renderer = HeadRenderer(generator, head, below=grid)
                tiles += [_tile(renderer, yaw) for yaw in yaws]
        blocks.append(_labelled(np.hstack(tiles), f"{slider.name}: {slider.title}"))
    while len(blocks) % COLUMNS:
        blocks.append(np.full_like(blocks[0], 255))
    rows = [np.hstack(blocks[first : first + COLUMNS]) for first in range(0, len(blocks), COLUMNS)]
    return np.vstack(rows)


def _tile(renderer: HeadRenderer, yaw_degrees: float) -> NDArray[np.uint8]:
    rgb = renderer.render(at_degrees(yaw_degrees, PITCH_DEGREES), Quality.NEAR).rgb
    shown = slice(*(round(share * len(rgb)) for share in FACE))
    return np.asarray(cv2.resize(rgb[shown, shown], (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _labelled(tiles: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    band = np.full((LABEL_PX, tiles.shape[1], 3), 255, np.uint8)
    cv2.putText(band, text, (4, LABEL_PX - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack([tiles, band])
