"""The sheet of the published fusion: who wears, who lends, and the planes after each step, from the front and aside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.editors.random_head import random_head
from core.errors import VoltefaceError
from core.evaluation.edit_pairs import Pair
from core.evaluation.pictures import at_degrees
from core.evaluation.published_steps import as_generated, published_steps
from core.frame import Quality
from core.generators.mini import Mini
from core.progress import Progress
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator

ROWS = (("hair", 70_000, 70_003), ("mouth", 70_000, 70_003))
"""Part, seed of the wearer and seed of the reference."""
YAWS_DEGREES, PITCH_DEGREES, TILE_PX = (0, 50), 4, 160


def fusion_sheet(generator: Generator, report: Report) -> NDArray[np.uint8]:
    """A row for each pair, uint8 [H, W, 3]: wearer, reference, then `core.evaluation.published_steps.STEPS`.

    Raises:
        VoltefaceError: the generator is not the bundled one.
    """
    if not isinstance(generator, Mini):
        raise VoltefaceError("The published steps are drawn on the bundled model only.", "Leave that sheet out.")
    rows = []
    for number, (part, own, other) in enumerate(ROWS):
        report(Progress(number, len(ROWS), f"Drawing {part} of {other} on {own}"))
        wearer, reference = (as_generated(generator, random_head(generator, seed)) for seed in (own, other))
        tiles = [*_views(generator, wearer), *_views(generator, reference)]
        for _, planes in published_steps(generator, Pair(wearer, reference, (own, other)), part):
            tiles += _views(generator, replace(wearer, trigrid=planes))
        rows.append(np.concatenate(tiles, 1))
    return np.concatenate(rows, 0)


def _views(generator: Generator, head: Head) -> list[NDArray[np.uint8]]:
    renderer = HeadRenderer(generator, head)
    cameras = (at_degrees(yaw, PITCH_DEGREES) for yaw in YAWS_DEGREES)
    return [renderer.render(camera, Quality.NEAR, size_px=TILE_PX).rgb for camera in cameras]
