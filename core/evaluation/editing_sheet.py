"""The sheet of edits: who wears, what is taken, and the edited head from eight yaws, a row for each edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.edit import Edit, RemovePart, TakePart
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

    from core.head import Head
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
FRAMES: Looks = {"glasses": 1, "frame_wire": 0, "frame_square": 1}
"""Glasses that are seen."""


class Photographed(Enum):
    """A wearer who is no random head."""

    HEAD = "the photographed head"


Who = Looks | int | Photographed
"""What a random head was meant to look like, its seed, or the photographed head."""


@dataclass(frozen=True)
class Row:
    """One edit of the sheet.

    Attributes:
        title: what it shows.
        wearer: who is edited.
        edits: with the key "other" for the reference.
        reference: who lends; None where there is nobody.
        skipped: matching heads to pass over, so that rows do not all show the same person.
    """

    title: str
    wearer: Who
    edits: tuple[Edit, ...]
    reference: Who | None = None
    skipped: int = 0


def _taken(part: str) -> tuple[Edit, ...]:
    return (TakePart(key="1", part=part, reference="other"),)


def _off(part: str) -> tuple[Edit, ...]:
    return (RemovePart(key="1", part=part),)


LONG_HAIR, BALD, SUNGLASSES, CLEAR_GLASSES = 136, 315, 1763, 70_101
"""Seeds of heads that show them well."""
ROWS: tuple[Row, ...] = (
    Row("an afro on short hair", {"hair/short01": 1, "glasses": 0}, _taken("hair"), {"hair/fur_afro": 1}),
    Row("long hair on a bald head", BALD, _taken("hair"), LONG_HAIR),
    Row("sunglasses on a wearer of clear glasses", CLEAR_GLASSES, _taken("glasses"), SUNGLASSES),
    Row("glasses off", {"hair/short03": 1, **FRAMES}, _off("glasses")),
    Row("long hair on a photographed head", Photographed.HEAD, _taken("hair"), LONG_HAIR),
    Row("a photographed head made bald", Photographed.HEAD, _off("hair")),
)


def editing_sheet(
    generator: Generator,
    report: Report,
    *,
    photographed: Head | None = None,
    rows: Sequence[Row] = ROWS,
    tile_px: int = TILE_PX,
) -> NDArray[np.uint8]:
    """Draw the sheet: wearer, reference, and the edited head from eight yaws.

    Args:
        generator: the bundled one.
        report: told of each row.
        photographed: a head of a photo; without it its rows are left out.
        rows: of the sheet.
        tile_px: side of each picture.

    Raises:
        VoltefaceError: the generator's heads have no known looks.
    """
    if not isinstance(generator, Mini):
        raise VoltefaceError(f"{generator.info.title} knows no attributes to choose heads by.", "Draw mini's sheet.")
    mini = generator

    def named(who: Who, skipped: int) -> tuple[Head, str]:
        if isinstance(who, Photographed):
            assert photographed is not None
            return photographed, who.value
        seed = who if isinstance(who, int) else seed_of(mini, who, skipped)
        return random_head(mini, seed, truncation=TRUNCATION), str(seed)

    rows = [row for row in rows if photographed is not None or row.wearer is not Photographed.HEAD]
    strips = []
    for number, row in enumerate(rows):
        report(Progress(number, len(rows), f"Sheet of edits: {row.title}"))
        both = [named(who, row.skipped) for who in (row.wearer, row.reference) if who is not None]
        heads = [head for head, _ in both]
        edited = Folder(generator, heads[0], {"other": heads[1]} if len(heads) > 1 else {}).folded(row.edits)
        before = [_tile(HeadRenderer(generator, head), 0, tile_px) for head in heads]
        before += [np.full_like(before[0], 255)] * (2 - len(before))
        renderer = HeadRenderer(generator, edited)
        after = [_tile(renderer, yaw, tile_px) for yaw in YAWS_DEGREES]
        strips.append(_labelled(np.hstack([*before, *after]), f"{row.title} ({', '.join(name for _, name in both)})"))
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
