"""Figures of edits: parts taken from seeded pairs of heads, and parts taken off, before and after, from five sides.

The steps are told apart on some of the pairs: the reference's part copied as it lies, the wearer's own taken off first,
the part fitted to its wearer, and all that `core.editors.fold` does (tone, and what it hides). Who is paired stands in
`edit_pairs`, what is measured of a pair in `edit_record`, and the rows of its table in `edit_table`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.edit import RemovePart
from core.editors.fold import Folder
from core.editors.head_parts import LABELS_OF
from core.errors import VoltefaceError
from core.evaluation.edit_pairs import InvertedHeads, next_with, sampled_pairs
from core.evaluation.edit_record import NAIVE, recorded
from core.evaluation.edit_table import (
    FEWEST_FOR_KID,
    IDENTITY,
    SQUARED_AT_MOST,
    SSIM_AT_LEAST,
    TARGETS,
    json_of,
    kid_cells,
    likeness_cells,
    remarks,
    seconds_cells,
)
from core.evaluation.edited_views import compared, left_of, views_of
from core.evaluation.figures import Cell, ModelFigures, Part
from core.evaluation.pair_log import PairLog, PairRecord
from core.evaluation.pictures import identity_between, identity_of
from core.evaluation.published_steps import published_ablation
from core.generators.bareness import can_go_without
from core.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from torch import Tensor

    from core.evaluation.edit_pairs import Pair
    from core.evaluation.held_out import HeldOutHead
    from core.progress import Report
    from core.protocols import Generator

REMOVAL, HELD_OUT, PUBLISHED = "removal", "held-out", "published"
PARTS = ("hair", "glasses", "nose", "mouth", REMOVAL, PUBLISHED)
PUBLISHED_PARTS = ("hair", "mouth", "glasses")
PUBLISHED_NAMES = (PUBLISHED, *(f"{PUBLISHED} {part}" for part in PUBLISHED_PARTS))
"""The published way on all of its parts, or on one."""
REMOVED = ("glasses", "hair")


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Attributes:
        parts: names of `PARTS`.
        pairs: of random heads, for each part.
        steps: pairs on which the steps are told apart.
        held_out: held-out heads that are inverted and paired as well.
        seconds: for each inversion.
        seed: of the first wearer.
    """

    parts: tuple[str, ...] = PARTS
    pairs: int = 12
    steps: int = 4
    held_out: int = 0
    seconds: float = 30.0
    seed: int = 70_000


def evaluate_editing(
    generator: Generator,
    plan: Plan,
    report: Report,
    *,
    truths: Sequence[HeldOutHead] = (),
    known: ModelFigures | None = None,
    keep: Callable[[ModelFigures], None] = lambda _: None,
    log: PairLog | None = None,
) -> ModelFigures:
    """Measure edits part by part; what is in `known` is not measured again, `keep` is called after each part.

    Pairs of random heads that are in `log` are not measured again either.

    Raises:
        VoltefaceError: a part is unknown, or no random head shows it.
    """
    check_parts(plan.parts)
    figures = known or ModelFigures(f"Edits of {generator.info.title}")
    heads = InvertedHeads(generator, truths[: plan.held_out], plan.seconds, plan.seed, report)
    taken = [name for name in plan.parts if name not in (REMOVAL, *PUBLISHED_NAMES)]
    for name in [*plan.parts, *(f"{HELD_OUT} {name}" for name in taken if heads.truths)]:
        done = figures.parts.get(name)
        # a part that was measured on fewer pairs than are wanted now goes on from its log
        if done is None or done.details.get("wanted", plan.pairs) < plan.pairs:
            part = _measured(name, generator, plan, heads, report, log or PairLog())
            figures = figures.with_part(name, replace(part, details={**part.details, "wanted": plan.pairs}))
            keep(figures)
    return figures


def _measured(name: str, generator: Generator, plan: Plan, heads: InvertedHeads, report: Report, log: PairLog) -> Part:
    if name == REMOVAL:
        return removal(generator, plan, report)
    if name in PUBLISHED_NAMES:
        chosen = PUBLISHED_PARTS if name == PUBLISHED else (name.removeprefix(f"{PUBLISHED} "),)
        done = {part: [one.names for one in log.records(f"{PUBLISHED} {part}")] for part in chosen}
        lacking = {
            part: sampled_pairs(generator, part, plan.steps, plan.seed, report, names) for part, names in done.items()
        }
        steps_words = f"{plan.steps} pairs of random heads, wearers from seed {plan.seed}"
        return published_ablation(generator, lacking, steps_words, report, log, PUBLISHED)
    if name.startswith(HELD_OUT):
        part = name.removeprefix(HELD_OUT).strip()
        words = f"{len(heads.truths)} held-out heads in pairs, inverted from one view in {plan.seconds:g} s"
        return taking(generator, part, heads.pairs(part), words, 0, report)
    known = [
        record
        for number, record in enumerate(log.records(name)[: plan.pairs])
        if record.refused or number >= plan.steps or NAIVE in record.rows
    ]
    pairs = sampled_pairs(generator, name, plan.pairs, plan.seed, report, [record.names for record in known])
    words = f"pairs of random heads, wearers from seed {plan.seed}"
    return taking(generator, name, pairs, words, plan.steps, report, known=known, log=log)


def check_parts(names: Sequence[str]) -> None:
    """Refuse parts that do not exist.

    Raises:
        VoltefaceError: one does not.
    """
    for name in names:
        if name not in (*LABELS_OF, REMOVAL, *PUBLISHED_NAMES):
            every = ", ".join((*PARTS, *PUBLISHED_NAMES[1:]))
            raise VoltefaceError(f"There is no part {name!r} to evaluate.", f"Choose from: {every}.")


def taking(
    generator: Generator,
    part: str,
    pairs: Iterable[Pair],
    words: str,
    steps: int,
    report: Report,
    *,
    known: Sequence[PairRecord] = (),
    log: PairLog | None = None,
) -> Part:
    """A part of each pair's reference, worn by its wearer."""
    records = list(known)
    for pair in pairs:
        report(Progress(len(records), 0, f"{part.capitalize()} of {pair.names[1]} on {pair.names[0]}"))
        done = sum(not record.refused for record in records)
        record = recorded(generator, pair, part, with_steps=done < steps)
        records.append(record)
        if log is not None:
            log.add(part, record)
    taken = [record for record in records if not record.refused]
    refused = [f"{record.names[1]} on {record.names[0]}: {record.refused}" for record in records if record.refused]
    if not taken:
        raise VoltefaceError(f"No {part} could be taken from any of the heads.", " ".join(refused[:1]))
    cells, details = likeness_cells(taken, part, steps)
    features: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for record in taken:
        for sector, both in record.features.items():
            features.setdefault(sector, []).append(both)
    cells += kid_cells(features) if len(taken) >= FEWEST_FOR_KID else []
    cells += seconds_cells(taken)
    title = f"{part.capitalize()} taken: {words}; mean ± deviation over {len(taken)}"
    words_to_it = remarks(part, len(taken), refused, generator.info.neural_px)
    return Part(title, tuple(cells), tuple(words_to_it), {"pairs": details})


def removal(generator: Generator, plan: Plan, report: Report) -> Part:
    """Parts taken off random heads that wear them."""
    cells: list[Cell] = []
    details: list[dict[str, Any]] = []
    for part in REMOVED:
        if not can_go_without(generator, part):
            continue
        shares, changes, identities = [], [], []
        seed = plan.seed
        for number in range(plan.pairs):
            seed, head = next_with(generator, part, seed)
            report(Progress(number, plan.pairs, f"{part.capitalize()} off {seed}"))
            bare = Folder(generator, head, {}).folded((RemovePart(key="1", part=part),))
            before, after = views_of(generator, head), views_of(generator, bare)
            shares.append(left_of(before, after, part))
            changes.append(compared(before, after, None, part))
            identities.append(identity_between(*(identity_of(views[0].rgb) for views in (before, after))))
            details.append({"seed": seed, "part": part, "left": shares[-1], **json_of(changes[-1], identities[-1])})
            seed += 2
        row = f"{part} off"
        cells += Cell.of(row, "share left", shares)
        cells += Cell.of(row, "SSIM outside", [change.ssim for change in changes], at_least=SSIM_AT_LEAST)
        cells += Cell.of(row, "on the head only", [change.ssim_on_head for change in changes])
        cells += Cell.of(row, "L2 outside", [change.squared for change in changes], SQUARED_AT_MOST)
        cells += Cell.of(row, IDENTITY, identities, TARGETS.get(part))
    if not cells:
        raise VoltefaceError(f"Nothing can be taken off heads of {generator.info.title}.", "Leave that part out.")
    title = f"Taken off: {plan.pairs} random heads that wear the part, from seed {plan.seed}; mean ± deviation"
    return Part(title, tuple(cells), details={"heads": details})
