"""The sheet of edits: who wears, what is taken, and the edited head from eight yaws, a row for each edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.edit import Edit, Recolour, RemovePart, TakePart
from core.editors.fold import Folder
from core.editors.random_head import random_head
from core.errors import VoltefaceError
from core.evaluation.pictures import at_degrees
from core.frame import Quality
from core.generators.mini import Mini
from core.progress import Progress
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.progress import Report
    from core.protocols import Generator, Renderer

YAWS_DEGREES = (0, 45, 90, 135, 180, 225, 270, 315)
PITCH_DEGREES = 4
TILE_PX, LABEL_PX = 192, 18
TRIED_SEEDS = 4000
"""Random heads among which those that a row needs are looked for, by what they were meant to be."""
NEAR_ENOUGH = 0.25
TRUNCATION = 0.7

Looks = Mapping[str, float]
"""Attributes that a head was meant to have."""
BALD: Looks = {"hair/none": 1, "glasses": 0, "beard": 0}

FRAMES: Looks = {"glasses": 1, "frame_wire": 0, "frame_square": 1}
"""Glasses that are seen."""


@dataclass(frozen=True)
class Row:
    """One edit of the sheet.

    Attributes:
        title: what it shows.
        wearer: the looks of who is edited.
        edits: with the key "other" for the reference.
        reference: the looks of the reference; empty where there is none.
        skipped: matching heads to pass over, so that rows do not all show the same person.
    """

    title: str
    wearer: Looks
    edits: tuple[Edit, ...]
    reference: Looks = field(default_factory=dict)
    skipped: int = 0


def _taken(part: str) -> tuple[Edit, ...]:
    return (TakePart(key="1", part=part, reference="other"),)


ROWS: tuple[Row, ...] = (
    Row("long hair on a bald head", BALD, _taken("hair"), {"hair/long01": 1, "glasses": 0}),
    Row("curls on a bald head", BALD, _taken("hair"), {"hair/long_curly": 1, "glasses": 0}, skipped=1),
    Row("an afro on short hair", {"hair/short01": 1, "glasses": 0}, _taken("hair"), {"hair/fur_afro": 1}),
    Row("short hair on an afro", {"hair/fur_afro": 1, "glasses": 0}, _taken("hair"), {"hair/short02": 1}),
    Row(
        "other glasses on a wearer of glasses",
        {"mean_frame_r": 0.65, **FRAMES},
        _taken("glasses"),
        {"mean_frame_r": 0.4, "hair/none": 1, **FRAMES},
    ),
    Row("glasses on", {"hair/medium": 1, "glasses": 0}, _taken("glasses"), {"hair/fur_short": 1, **FRAMES}),
    Row("glasses off", {"hair/short03": 1, **FRAMES}, (RemovePart(key="1", part="glasses"),)),
    Row("hair off", {"hair/ponytail01": 1, "glasses": 0}, (RemovePart(key="1", part="hair"),)),
    Row("another nose", {"hair/bob01": 1, "glasses": 0}, _taken("nose"), {"gender": 1, "glasses": 0, "age": 0.7}),
    Row(
        "copper hair",
        {"hair/long_wavy": 1, "glasses": 0},
        (Recolour(key="1", part="hair", rgb=(0.67, 0.33, 0.13)),),
    ),
)


def editing_sheet(
    generator: Generator, report: Report, *, rows: Sequence[Row] = ROWS, tile_px: int = TILE_PX
) -> NDArray[np.uint8]:
    """Draw the sheet: wearer, reference, and the edited head from eight yaws.

    Raises:
        VoltefaceError: the generator's heads have no known looks.
    """
    if not isinstance(generator, Mini):
        raise VoltefaceError(f"{generator.info.title} knows no attributes to choose heads by.", "Draw mini's sheet.")
    strips = []
    for number, row in enumerate(rows):
        report(Progress(number, len(rows), f"Sheet of edits: {row.title}"))
        seeds = [seed_of(generator, looks, row.skipped) for looks in (row.wearer, row.reference) if looks]
        heads = [random_head(generator, seed, truncation=TRUNCATION) for seed in seeds]
        edited = Folder(generator, heads[0], {"other": heads[1]} if len(heads) > 1 else {}).folded(row.edits)
        before = [_tile(HeadRenderer(generator, head), 0, tile_px) for head in heads]
        before += [np.full_like(before[0], 255)] * (2 - len(before))
        renderer = HeadRenderer(generator, edited)
        after = [_tile(renderer, yaw, tile_px) for yaw in YAWS_DEGREES]
        strips.append(_labelled(np.hstack([*before, *after]), f"{row.title} ({', '.join(map(str, seeds))})"))
    return np.vstack(strips)


def seed_of(generator: Mini, looks: Looks, skipped: int = 0) -> int:
    """The first seed whose head was meant to look like this, or else the one that comes nearest."""
    known = [name for name in looks if name in generator.prior.attributes.names]
    columns = [generator.prior.attributes.names.index(name) for name in known]
    wanted = torch.tensor([looks[name] for name in known])
    noise = torch.cat([_noise(generator, seed) for seed in range(TRIED_SEEDS)])
    with torch.no_grad():
        values = generator.prior.attributes_from_noise(noise, TRUNCATION)[:, columns]
    distances = (values - wanted).abs().amax(1)
    matching = (distances < NEAR_ENOUGH).nonzero()[:, 0].tolist()
    return int(matching[skipped]) if skipped < len(matching) else int(distances.argmin())


def _noise(generator: Generator, seed: int) -> torch.Tensor:
    return torch.randn(1, generator.info.noise_size, generator=torch.Generator().manual_seed(seed))


def _tile(renderer: Renderer, yaw_degrees: float, size_px: int) -> NDArray[np.uint8]:
    rgb = renderer.render(at_degrees(yaw_degrees, PITCH_DEGREES), Quality.NEAR).rgb
    return np.asarray(cv2.resize(rgb, (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8)


def _labelled(strip: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    band = np.full((LABEL_PX, strip.shape[1], 3), 255, np.uint8)
    cv2.putText(band, text, (4, LABEL_PX - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack([band, strip])
