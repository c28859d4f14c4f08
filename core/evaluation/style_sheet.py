"""The sheet of styles: heads in every pack, from three sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.edit import Restyle
from core.evaluation.pictures import at_degrees
from core.progress import Progress
from core.rendering.renderer import HeadRenderer
from core.segmenters.parser import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator
    from core.style_pack import StylePack

TILE_PX, LABEL_PX = 144, 100
YAWS_DEGREES = (0, 35, -75)
SEEDS = (102, 8, 20, 101, 3, 5, 33, 103)
"""Of the random heads that stand beside those of portraits."""


def style_sheet(
    generator: Generator, heads: Sequence[Head], packs: Sequence[StylePack], report: Report
) -> NDArray[np.uint8]:
    """A row for each pack that moves no field, a block of three views for each head; the first row is without.

    Args:
        generator: of the heads, without their tuning.
        heads: to be styled.
        packs: of that generator.
        report: told of each head.
    """
    worn: list[tuple[Restyle, ...]] = [(), *((Restyle(key="style", pack=pack),) for pack in packs)]
    columns = [_labels(["", *(pack.title for pack in packs)])]
    for number, head in enumerate(heads):
        report(Progress(number, len(heads), "Sheet of styles"))
        renderer = HeadRenderer(generator, head, read=parse)
        for yaw in YAWS_DEGREES:
            frames = renderer.in_styles(at_degrees(yaw), worn)
            tiles = [cv2.resize(frame.rgb, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA) for frame in frames]
            columns.append(np.vstack(tiles))
    return np.hstack(columns)


def _labels(titles: Sequence[str]) -> NDArray[np.uint8]:
    column = np.full((TILE_PX * len(titles), LABEL_PX, 3), 255, np.uint8)
    for number, title in enumerate(titles):
        for line, word in enumerate(title.split()):
            place = (4, number * TILE_PX + TILE_PX // 2 + 14 * line)
            cv2.putText(column, word, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
    return column
