"""The table of a part that was taken: its cells with their targets, and what has to be known to read it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from core.editors.part_taking import WORN
from core.evaluation import kid
from core.evaluation.edit_record import CLEARED, FITTED, NAIVE, WHOLE
from core.evaluation.edited_views import YAWS_DEGREES
from core.evaluation.figures import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor

    from core.evaluation.edited_views import Change
    from core.evaluation.pair_log import PairRecord

TARGETS: dict[str, float] = {"hair": 0.15, "glasses": 0.20}
"""Identity distance of a wearer to himself, at most."""
SSIM_AT_LEAST, SQUARED_AT_MOST, LPIPS_AT_MOST, IOU_AT_LEAST, KID_AT_MOST = 0.98, 0.002, 0.15, 0.80, 1.15
AT_MOST = {"first": 2.0, "tried": 2.0, "final": 8.0, "again": 0.5}
"""Seconds that pictures may take."""
FEWEST_FOR_KID = 8
"""Pairs; of fewer the distance is noise."""
TIMED = {
    "first": "first picture",
    "final": "final picture",
    "again": "another strength",
    "tried": "first picture, tried before",
}
IDENTITY = "identity kept (dlib)"


def likeness_cells(taken: Sequence[PairRecord], part: str, steps: int) -> tuple[list[Cell], list[dict[str, Any]]]:
    """How like the reference and how unlike the wearer each step is, and the same of each pair as JSON."""
    changes: dict[str, list[Change]] = {}
    identities: dict[str, list[float]] = {}
    details: list[dict[str, Any]] = []
    for record in taken:
        for name, (change, identity) in record.rows.items():
            changes.setdefault(name, []).append(change)
            identities.setdefault(name, []).append(identity)
            details.append({"pair": record.names, "step": name, **json_of(change, identity)})
    cells = [cell for name in _in_order(changes) for cell in _row(part, name, changes[name], identities[name], steps)]
    for name in dict.fromkeys(name for record in taken for name in record.floors):
        cells += Cell.of(name, IDENTITY, [record.floors[name] for record in taken if name in record.floors])
    return cells, details


def seconds_cells(taken: Sequence[PairRecord]) -> list[Cell]:
    """How long pictures take, by the clock and of this process's work."""
    cells: list[Cell] = []
    for row, most in AT_MOST.items():
        spans = [record.seconds[row] for record in taken if row in record.seconds]
        cells += Cell.of(TIMED[row], "seconds", [wall for wall, _ in spans], most)
        cells += Cell.of(TIMED[row], "of work", [work for _, work in spans])
    return cells


def remarks(part: str, count: int, refused: Sequence[str], neural_px: int) -> list[str]:
    """What has to be known to read the table of a part that was taken from so many references."""
    sides = ", ".join(str(yaw) for yaw in YAWS_DEGREES)
    remarks = [
        f"Outside: beyond the part of wearer and reference, widened by a few pixels, at yaws {sides}. Inside: where "
        "the reference shows its part, seen from where it is worn. Label IoU counts the pixels of all views together.",
        "Identity of the part's pixels alone: all else is the wearer's picture before the edit, so no edit of the part "
        "could be below it.",
        "Both heads were in view before and the studio had made itself ready, as it does while nothing else is wanted; "
        "tried before: it had also tried this reference's hair. The first picture is a coarse one, as it shows there. "
        f"Seconds pass on the wall, while this machine also does other work; {neural_px} px of rays.",
    ]
    if refused:
        remarks.append(f"Refused: {'; '.join(refused)}")
    if part == "glasses":
        remarks.append(
            "In label IoU lenses belong to glasses, as face parsers are taught, and what hair hides on one of both is "
            "not counted; by view: of the wire alone, at labels' pixels as wide as it is, each view as much as others, "
            "also where only the ends of temples are seen, which go to each wearer's own ears. LPIPS is of the frame, "
            "and of dark glass: through clear glass each shows his own eyes."
        )
    if part not in WORN:
        remarks.append("The part takes the wearer's tone on purpose, which LPIPS to the reference counts against it.")
    if count < FEWEST_FOR_KID:
        remarks.append(f"KID needs {FEWEST_FOR_KID} pairs or more.")
    return remarks


def _in_order(changes: dict[str, list[Change]]) -> list[str]:
    return [name for name in (NAIVE, CLEARED, FITTED, WHOLE) if name in changes]


def _row(part: str, name: str, changes: Sequence[Change], identities: Sequence[float], steps: int) -> Iterator[Cell]:
    """A row of the table; the whole edit also has one over the pairs of the steps, to compare with them."""
    whole = name == WHOLE
    if whole and 0 < steps < len(changes):
        yield from _row(part, f"{WHOLE}, same pairs", changes[:steps], identities[:steps], 0)
    columns: list[tuple[str, list[float], float | None, float | None]] = [
        ("SSIM outside", [change.ssim for change in changes], None, SSIM_AT_LEAST),
        ("on the head only", [change.ssim_on_head for change in changes], None, None),
        ("L2 outside", [change.squared for change in changes], SQUARED_AT_MOST, None),
        ("LPIPS inside (VGG)", [change.lpips for change in changes], LPIPS_AT_MOST, None),
        ("label IoU", [change.iou for change in changes], None, IOU_AT_LEAST),
        ("by view", [change.plain_iou for change in changes], None, None),
        (IDENTITY, [*identities], TARGETS.get(part), None),
    ]
    for column, values, most, least in columns:
        yield from Cell.of(name, column, values, most if whole else None, least if whole else None)


def kid_cells(features: Mapping[str, Sequence[tuple[Tensor, Tensor]]]) -> list[Cell]:
    """How much further from true renders edited heads are than the same heads without edits, by side."""
    reference = kid.read_reference()
    cells: list[Cell] = []
    for sector, both in features.items():
        true = reference[f"{sector}/{kid.HELD_OUT}"]
        plain, edited = (kid.kid(torch.cat([pair[index] for pair in both]), true)[0] for index in (0, 1))
        cells += Cell.of("KID, edited : unedited", sector, [edited / max(plain, 1e-6)], KID_AT_MOST)
    return cells


def json_of(change: Change, identity: float) -> dict[str, float | None]:
    """As JSON, which knows no "not a number"."""
    values = {**vars(change), "identity": identity}
    return {name: round(value, 5) if math.isfinite(value) else None for name, value in values.items()}
