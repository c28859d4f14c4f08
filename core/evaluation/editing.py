"""Figures of edits: parts taken from seeded pairs of heads, and parts taken off, before and after, from five sides.

The steps are told apart on some of the pairs: the reference's part copied as it lies, the wearer's own taken off first,
the part fitted to its wearer, and all that `core.editors.fold` does (tone, and what it hides). Longer than usual: who
is paired, what is drawn and the rows of the table belong to one protocol.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from core.edit import RemovePart, TakePart, with_strength
from core.editors.fold import WORN, Folder
from core.editors.head_parts import LABELS_OF, HeadParts, labels_of
from core.editors.part_fit import fit_of
from core.editors.part_volume import part_volume
from core.editors.random_head import random_head
from core.errors import VoltefaceError
from core.evaluation import kid
from core.evaluation.edit_floor import floors, seat_of
from core.evaluation.edited_views import PITCH_DEGREES, YAWS_DEGREES, Change, compared, left_of, views_of
from core.evaluation.figures import Cell, ModelFigures, Part
from core.evaluation.pair_log import PairLog, PairRecord
from core.evaluation.pictures import at_degrees, identity_between, identity_of
from core.evaluation.published_steps import published_ablation
from core.evaluation.reconstruction import alignment_of, inverted
from core.frame import Quality
from core.generators.bareness import can_go_without
from core.grafted_field import GraftedField
from core.progress import Progress
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from torch import Tensor

    from core.evaluation.held_out import HeldOutHead
    from core.grafted_field import Fit
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator

REMOVAL, HELD_OUT, PUBLISHED = "removal", "held-out", "published"
PARTS = ("hair", "glasses", "nose", "mouth", REMOVAL, PUBLISHED)
PUBLISHED_PARTS = ("hair", "mouth", "glasses")
PUBLISHED_NAMES = (PUBLISHED, *(f"{PUBLISHED} {part}" for part in PUBLISHED_PARTS))
"""The published way on all of its parts, or on one."""
REMOVED = ("glasses", "hair")
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
MOST_TRIES = 60
"""Random heads that are looked at for each reference that wears a part."""
QUICK_NODES, QUICK_FEWEST = 64, 6
"""Of the grid on which they are looked at, and of a part that is there."""
IDENTITY = "identity kept (dlib)"
WHOLE, NAIVE, CLEARED, FITTED = "whole edit", "copied as it lies", "+ own taken off", "+ fitted"


@dataclass(frozen=True, eq=False)
class Pair:
    """Two heads.

    Attributes:
        wearer: who is edited.
        reference: whose part is taken.
        names: seeds of both.
    """

    wearer: Head
    reference: Head
    names: tuple[int, int]


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
    heads = _Inverted(generator, truths[: plan.held_out], plan, report)
    taken = [name for name in plan.parts if name not in (REMOVAL, *PUBLISHED_NAMES)]
    for name in [*plan.parts, *(f"{HELD_OUT} {name}" for name in taken if heads.truths)]:
        done = figures.parts.get(name)
        # a part that was measured on fewer pairs than are wanted now goes on from its log
        if done is None or done.details.get("wanted", plan.pairs) < plan.pairs:
            part = _measured(name, generator, plan, heads, report, log or PairLog())
            figures = figures.with_part(name, replace(part, details={**part.details, "wanted": plan.pairs}))
            keep(figures)
    return figures


def _measured(name: str, generator: Generator, plan: Plan, heads: _Inverted, report: Report, log: PairLog) -> Part:
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


def sampled_pairs(
    generator: Generator,
    part: str,
    count: int,
    seed: int,
    report: Report,
    known: Collection[tuple[int, int]] = (),
) -> Iterator[Pair]:
    """Random wearers, each with the next random head that shows the part; those that are known are left out.

    Raises:
        VoltefaceError: too few random heads show it.
    """
    other, partners = seed + 1, dict(known)
    for number in range(count):
        report(Progress(number, count, f"Looking for heads with {part}"))
        own = seed + 2 * number
        if own in partners:
            other = partners[own] + 2
            continue
        other, reference = _next_with(generator, part, other)
        yield Pair(random_head(generator, own), reference, (own, other))
        other += 2


def _next_with(generator: Generator, part: str, seed: int) -> tuple[int, Head]:
    """The first of every second seed whose head shows a part; the others' are wearers'."""
    for tried in range(seed, seed + 2 * MOST_TRIES, 2):
        head = random_head(generator, tried)
        if part == "glasses" and can_go_without(generator, part):
            # random heads wear them as shapes; what is called glasses without any is a speck
            if head.eyewear is not None:
                return tried, head
            continue
        seen = HeadParts(field_grid(generator, head.trigrid, part_labels, QUICK_NODES)).nodes(*labels_of(part))
        if int(seen.sum()) >= QUICK_FEWEST:
            return tried, head
    raise VoltefaceError(f"None of {MOST_TRIES} random heads shows {part}.", "Leave that part out with --only.")


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
        record = _recorded(generator, pair, part, with_steps=done < steps)
        records.append(record)
        if log is not None:
            log.add(part, record)
    taken = [record for record in records if not record.refused]
    refused = [f"{record.names[1]} on {record.names[0]}: {record.refused}" for record in records if record.refused]
    if not taken:
        raise VoltefaceError(f"No {part} could be taken from any of the heads.", " ".join(refused[:1]))
    cells, details = _likeness_cells(taken, part, steps)
    features: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for record in taken:
        for sector, both in record.features.items():
            features.setdefault(sector, []).append(both)
    cells += _kid_cells(features) if len(taken) >= FEWEST_FOR_KID else []
    cells += _seconds_cells(taken)
    title = f"{part.capitalize()} taken: {words}; mean ± deviation over {len(taken)}"
    remarks = _remarks(part, len(taken), refused, generator.info.neural_px)
    return Part(title, tuple(cells), tuple(remarks), {"pairs": details})


def _likeness_cells(taken: Sequence[PairRecord], part: str, steps: int) -> tuple[list[Cell], list[dict[str, Any]]]:
    """How like the reference and how unlike the wearer each step is, and the same of each pair as JSON."""
    changes: dict[str, list[Change]] = {}
    identities: dict[str, list[float]] = {}
    details: list[dict[str, Any]] = []
    for record in taken:
        for name, (change, identity) in record.rows.items():
            changes.setdefault(name, []).append(change)
            identities.setdefault(name, []).append(identity)
            details.append({"pair": record.names, "step": name, **_plain(change, identity)})
    cells = [cell for name in _in_order(changes) for cell in _row(part, name, changes[name], identities[name], steps)]
    for name in dict.fromkeys(name for record in taken for name in record.floors):
        cells += Cell.of(name, IDENTITY, [record.floors[name] for record in taken if name in record.floors])
    return cells, details


def _seconds_cells(taken: Sequence[PairRecord]) -> list[Cell]:
    """How long pictures take, by the clock and of this process's work."""
    cells: list[Cell] = []
    for row, most in AT_MOST.items():
        spans = [record.seconds[row] for record in taken if row in record.seconds]
        cells += Cell.of(TIMED[row], "seconds", [wall for wall, _ in spans], most)
        cells += Cell.of(TIMED[row], "of work", [work for _, work in spans])
    return cells


def _remarks(part: str, count: int, refused: Sequence[str], neural_px: int) -> list[str]:
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


def _recorded(generator: Generator, pair: Pair, part: str, *, with_steps: bool) -> PairRecord:
    """What a pair tells; the final picture is only timed where the steps are told apart, as it takes long."""
    try:
        edited, renderer, seconds, fit = _timed(generator, pair, part, exact=with_steps)
    except VoltefaceError as error:
        return PairRecord(pair.names, refused=error.message)
    before = views_of(generator, pair.wearer)
    after = views_of(generator, edited, renderer=renderer)
    theirs = HeadRenderer(generator, pair.reference)
    fit = seat_of(fit, pair.reference, edited) if part == "glasses" else fit
    worn = views_of(generator, pair.reference, fit, theirs)
    face = identity_of(before[0].rgb)
    drawn = {WHOLE: (after, worn)}
    if with_steps:
        plain = views_of(generator, pair.reference, renderer=theirs)
        drawn |= {
            name: (views_of(generator, head), plain if still else worn)
            for name, head, still in _steps(generator, pair, part, fit)
        }
    pairs = (edited.eyewear, pair.reference.eyewear)
    rows = {
        name: (
            compared(before, views, reference, part, pairs=pairs),
            identity_between(face, identity_of(views[0].rgb)),
        )
        for name, (views, reference) in drawn.items()
    }
    pictures: dict[str, tuple[list[Any], list[Any]]] = {}
    for views, index in ((before, 0), (after, 1)):
        for yaw, frame in views.items():
            pictures.setdefault(kid.sector_of(yaw), ([], []))[index].append(frame.rgb)
    features = {sector: (kid.features_of(a), kid.features_of(b)) for sector, (a, b) in pictures.items()}
    least = floors(generator, before[0], after[0], pair.reference, part)
    return PairRecord(pair.names, rows, seconds, features, floors=least)


def _timed(
    generator: Generator, pair: Pair, part: str, *, exact: bool
) -> tuple[Head, HeadRenderer, dict[str, tuple[float, float]], Fit]:
    """The edited head, how long its first picture took, its final one if asked for, and one of another strength.

    At last, how the part was fitted.
    """
    edit = TakePart(key="1", part=part, reference="1")
    front = at_degrees(0, PITCH_DEGREES)
    shown = HeadRenderer(generator, pair.wearer)
    below = shown.grid()  # the studio shows the head, and has looked for the parts of its references
    grids = {id(pair.wearer): below, id(pair.reference): HeadRenderer(generator, pair.reference).grid()}

    def ready(tried: tuple[str, ...] = ()) -> Folder:
        folder = Folder(generator, pair.wearer, {"1": pair.reference}, grid_of=lambda head: grids.get(id(head)))
        folder.prepare(tried)
        return folder

    def shown_first(folder: Folder) -> tuple[Head, HeadRenderer, tuple[float, float]]:
        started = _now()
        edited = folder.folded((edit,))
        renderer = HeadRenderer(generator, edited, below=folder.seen(edited))
        renderer.render(front, Quality.PREVIEW)
        return edited, renderer, _since(started)

    seconds: dict[str, tuple[float, float]] = {}
    if exact and part == "hair":
        seconds["tried"] = shown_first(ready(("1",)))[2]
    folder = ready()
    started = _now()
    edited, renderer, seconds["first"] = shown_first(folder)
    if exact:
        renderer.render(front, Quality.EXACT)
        seconds["final"] = _since(started)
    started = _now()
    weaker = folder.folded((with_strength(edit, 0.7),))
    HeadRenderer(generator, weaker, below=folder.seen(weaker)).render(front, Quality.PREVIEW)
    seconds["again"] = _since(started)
    return edited, renderer, seconds, fit_of(HeadParts(grids[id(pair.reference)]), HeadParts(below), part)


def _now() -> tuple[float, float]:
    """By the clock on the wall, and of this process's work."""
    return time.perf_counter(), time.process_time()


def _since(started: tuple[float, float]) -> tuple[float, float]:
    wall, work = _now()
    return wall - started[0], work - started[1]


def _steps(generator: Generator, pair: Pair, part: str, fit: Fit) -> Iterator[tuple[str, Head, bool]]:
    """Heads of the steps by name, and whether the reference lies unmoved in them."""
    if part == "glasses" and pair.reference.eyewear is not None:
        # shapes take the place of the wearer's own; fitting them is all that is left to do
        yield NAIVE, replace(pair.wearer, eyewear=pair.reference.eyewear), True
        return
    volume = part_volume(HeadParts.of(generator, pair.reference.trigrid), part)
    field, graft = pair.wearer.trigrid, pair.reference.trigrid
    yield NAIVE, replace(pair.wearer, trigrid=GraftedField(field, graft, volume)), True
    if part in WORN and can_go_without(generator, part):
        folder = Folder(generator, pair.wearer, {})
        if folder.parts().has(part):
            field = folder.folded((RemovePart(key="1", part=part),)).trigrid
        yield CLEARED, replace(pair.wearer, trigrid=GraftedField(field, graft, volume)), True
    yield FITTED, replace(pair.wearer, trigrid=GraftedField(field, graft, volume, fit)), False


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


def _kid_cells(features: Mapping[str, Sequence[tuple[Tensor, Tensor]]]) -> list[Cell]:
    """How much further from true renders edited heads are than the same heads without edits, by side."""
    reference = kid.read_reference()
    cells: list[Cell] = []
    for sector, both in features.items():
        true = reference[f"{sector}/{kid.HELD_OUT}"]
        plain, edited = (kid.kid(torch.cat([pair[index] for pair in both]), true)[0] for index in (0, 1))
        cells += Cell.of("KID, edited : unedited", sector, [edited / max(plain, 1e-6)], KID_AT_MOST)
    return cells


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
            seed, head = _next_with(generator, part, seed)
            report(Progress(number, plan.pairs, f"{part.capitalize()} off {seed}"))
            bare = Folder(generator, head, {}).folded((RemovePart(key="1", part=part),))
            before, after = views_of(generator, head), views_of(generator, bare)
            shares.append(left_of(before, after, part))
            changes.append(compared(before, after, None, part))
            identities.append(identity_between(*(identity_of(views[0].rgb) for views in (before, after))))
            details.append({"seed": seed, "part": part, "left": shares[-1], **_plain(changes[-1], identities[-1])})
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


class _Inverted:
    """Held-out heads, inverted when they are first needed."""

    def __init__(self, generator: Generator, truths: Sequence[HeldOutHead], plan: Plan, report: Report) -> None:
        self.generator, self.truths, self.plan, self.report = generator, truths, plan, report
        self._heads: list[tuple[int, Head]] = []

    def pairs(self, part: str) -> list[Pair]:
        """Each head with the next that shows the part."""
        if not self._heads:
            for truth in self.truths:
                views = alignment_of(truth.views[0])
                plan = self.plan
                found = inverted(views, self.generator, "pivotal", plan.seconds, plan.seed, self.report)[1]
                self._heads.append((truth.seed, found))
        shows = [HeadParts.of(self.generator, head.trigrid).has(part) for _, head in self._heads]
        pairs = []
        count = len(self._heads)
        for number, (seed, wearer) in enumerate(self._heads):
            others = [(number + step) % count for step in range(1, count)]
            chosen = next((other for other in others if shows[other]), None)
            if chosen is not None:
                name, reference = self._heads[chosen]
                pairs.append(Pair(wearer, reference, (seed, name)))
        if not pairs:
            raise VoltefaceError(f"None of the held-out heads shows {part}.", "Invert more of them, or leave it out.")
        return pairs


def _plain(change: Change, identity: float) -> dict[str, float | None]:
    """As JSON, which knows no "not a number"."""
    values = {**vars(change), "identity": identity}
    return {name: round(value, 5) if math.isfinite(value) else None for name, value in values.items()}
