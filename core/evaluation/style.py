"""Figures of styles: held-out heads in each pack, from four sides, against themselves and against drawings of others.

The heads are made from the frontal pictures of heads that no model was trained on, and wear them; or they are random
ones, as the studio shows them. What a style shall look like is told by drawings (`core.drawing`) of random heads: they
are the reference of agreement and of KID.
Drawn packs are made by the same artists, so of these both say that heads and views do not matter, not that they please.
Longer than usual: each figure asks the same pictures.
"""

from __future__ import annotations

import functools
import itertools
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.drawing.styles import STYLES
from core.edit import Restyle
from core.editors.face_form import with_own_form
from core.editors.fold import Folder
from core.editors.random_head import random_head
from core.editors.restyling import check_fits, plane_change
from core.evaluation.figures import Cell, Part
from core.evaluation.kid import features_of, kid
from core.evaluation.pictures import at_degrees
from core.evaluation.reconstruction import alignment_of, inverted
from core.evaluation.style_log import StyledHead, StyleLog
from core.evaluation.style_measures import (
    SIZE_PX,
    depth_between,
    face_chip,
    face_embedding,
    identity_between,
    outline_overlap,
    parsed,
    part_overlap,
)
from core.mask import PARTS
from core.progress import Progress
from core.rendering.renderer import HeadRenderer
from core.segmenters.parser import parse
from core.stylizers.drawn_packs import drawn_pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch import Tensor

    from core.evaluation.held_out import HeldOutHead
    from core.frame import Frame
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator
    from core.style_pack import StylePack

YAWS_DEGREES = (-30.0, 0.0, 30.0, 90.0)
FRONT, FACES = 1, (0, 1, 2)
"""Views from the front, and those in which the face is compared."""
IDENTITY_AT_MOST, DEPTH_AT_MOST, IOU_AT_LEAST, APART_AT_LEAST, SECONDS_AT_MOST = 0.45, 0.01, 0.85, 0.8, 0.5
OUTLINED = ("hair", "glasses")
REFERENCE_SEED, RANDOM_SEED = 91_000, 95_000
PLAIN = ""
"""The style of a head that wears none."""


@dataclass(frozen=True)
class StylePlan:
    """What to measure.

    Attributes:
        heads: how many.
        references: random heads whose drawings tell what a style looks like.
        seconds: for each inversion.
        parser: whether parts are looked for in the pictures too, which takes longest.
        seed: of the inversions.
        random: random heads of the model, as the studio shows them, in place of held-out ones.
    """

    heads: int = 3
    references: int = 6
    seconds: float = 10.0
    parser: bool = True
    seed: int = 0
    random: bool = False


def evaluate_style(
    generator: Generator,
    packs: Sequence[StylePack],
    truths: Sequence[HeldOutHead],
    plan: StylePlan,
    log: StyleLog,
    report: Report,
) -> Part:
    """The table of some packs; what is in `log` is not measured again.

    Raises:
        VoltefaceError: a pack is of another model.
    """
    for pack in packs:
        check_fits(pack, generator)
    references = _references(generator, packs, plan, log, report)
    found: dict[str, list[StyledHead]] = {name: [] for name in (PLAIN, *(pack.name for pack in packs))}
    heads = _random_heads(generator, plan) if plan.random else _held_out_heads(generator, truths, plan, report)
    for number, (seed, head_of) in enumerate(heads.items()):
        report(Progress(number, len(heads), f"Head {seed} in styles"))
        lacking = [pack for pack in packs if log.known(seed, pack.name) is None]
        if lacking or log.known(seed, PLAIN) is None:
            for record in _measured(generator, head_of(), seed, lacking, plan):
                log.add(record)
        for name, records in found.items():
            known = log.known(seed, name)
            if known is not None:
                records.append(known)
    return style_part(found, references, plan)


def _held_out_heads(
    generator: Generator, truths: Sequence[HeldOutHead], plan: StylePlan, report: Report
) -> dict[int, Callable[[], Head]]:
    """Heads by their number, each to be made from the frontal picture of one that no model was trained on."""

    def made(truth: HeldOutHead) -> Head:
        return inverted(alignment_of(truth.views[0]), generator, "pivotal", plan.seconds, plan.seed, report)[1]

    return {truth.seed: functools.partial(made, truth) for truth in truths[: plan.heads]}


def _random_heads(generator: Generator, plan: StylePlan) -> dict[int, Callable[[], Head]]:
    """Random heads by their seed, each to be settled and formed as in the studio."""

    def made(seed: int) -> Head:
        return with_own_form(generator, random_head(generator, seed))

    return {RANDOM_SEED + number: functools.partial(made, RANDOM_SEED + number) for number in range(plan.heads)}


def style_part(
    found: Mapping[str, Sequence[StyledHead]], references: Mapping[str, Tensor], plan: StylePlan = StylePlan()
) -> Part:
    """The table of what was measured.

    Args:
        found: heads by the name of the pack; `PLAIN` without.
        references: features [N, 1280] of drawings by the name of a style, `PLAIN` of undrawn heads.
        plan: for the title.
    """
    names = list(references)
    middles = torch.stack([references[name].mean(0) for name in names]) if names else torch.zeros(0, 0)
    apart = _apart(found.get(PLAIN, ()))
    cells: list[Cell] = []
    for name, heads in found.items():
        row = name or "no style"
        if name:
            for column, goals in _GOALS.items():
                values = [value for head in heads for value in head.figures.get(column, ())]
                cells += Cell.of(row, column, values, **goals)
        between = _apart(heads)
        if between and apart and name:
            pairs = [between[pair] / apart[pair] for pair in between if pair in apart]
            mean = sum(between.values()) / len(between) / (sum(apart.values()) / len(apart))
            cells.append(Cell(row, PEOPLE, mean, float(np.std(pairs)), len(pairs), at_least=APART_AT_LEAST))
        features = torch.cat([head.features for head in heads if len(head.features)]) if heads else torch.zeros(0, 0)
        if name in references and len(features):
            nearest = torch.cdist(features, middles).argmin(1)
            right = (nearest == names.index(name)).float()
            cells.append(Cell(row, AGREEMENT, float(right.mean()), float(right.std()), len(right)))
            if len(features) > 2:
                cells.append(Cell(row, KID, *kid(features, references[name]), len(features)))
    chance, kind = 1 / max(1, len(names)), "random" if plan.random else "held-out"
    return Part(
        f"Styles: {plan.heads} {kind} heads, yaws {', '.join(f'{yaw:g}' for yaw in YAWS_DEGREES)}",
        tuple(cells),
        (
            "identity: dlib's distance to the head without style, the face cut where it is without, yaws to 30.",
            f"{AGREEMENT}: share of views whose EfficientNet-Lite0 features lie nearest to the middle of the right one "
            f"of {len(names)} styles' drawings of other heads (chance {chance:.2f}); KID against the same drawings.",
            "hair, glasses: IoU of the labels that the parser sees with and without; it was taught no drawings.",
            "outline: IoU of all that is not white; seconds: of the processor, after the view is composited.",
        ),
    )


PEOPLE, AGREEMENT, KID = "people apart", "style agreement", "KID"
_GOALS: dict[str, dict[str, float]] = {
    "identity": {"at_most": IDENTITY_AT_MOST},
    "depth": {"at_most": DEPTH_AT_MOST},
    "outline": {"at_least": IOU_AT_LEAST},
    "hair": {"at_least": IOU_AT_LEAST},
    "glasses": {"at_least": IOU_AT_LEAST},
    "seconds": {"at_most": SECONDS_AT_MOST},
}


def _references(
    generator: Generator, packs: Sequence[StylePack], plan: StylePlan, log: StyleLog, report: Report
) -> dict[str, Tensor]:
    """Features of drawings of random heads, by style; those of packs that no artist draws have none."""
    artists = dict.fromkeys(pack.artist or pack.name for pack in packs)
    wanted = [PLAIN, *(name for name in artists if name in STYLES)]
    found: dict[str, list[Tensor]] = {name: [] for name in wanted}
    for number in range(plan.references):
        report(Progress(number, plan.references, "Drawing references"))
        seed = REFERENCE_SEED + number
        lacking = [name for name in wanted if log.known(-seed, name) is None]
        if lacking:
            renderer = HeadRenderer(generator, random_head(generator, seed))
            worn = [_worn(drawn_pack(name, generator.info.name)) if name else () for name in lacking]
            views = [list(renderer.in_styles(at_degrees(yaw), worn, size_px=SIZE_PX)) for yaw in YAWS_DEGREES]
            for column, name in enumerate(lacking):
                log.add(StyledHead(-seed, name, features=features_of(row[column].rgb for row in views)))
        for name, features in found.items():
            known = log.known(-seed, name)
            if known is not None:
                features.append(known.features)
    return {name: torch.cat(features) for name, features in found.items() if features}


def _worn(pack: StylePack) -> tuple[Restyle, ...]:
    return (Restyle(key="style", pack=pack),)


def _measured(
    generator: Generator, head: Head, seed: int, packs: Sequence[StylePack], plan: StylePlan
) -> Iterator[StyledHead]:
    """The head without a style, and in each of the packs."""
    renderer = HeadRenderer(generator, head, read=parse)
    quick = [pack for pack in packs if plane_change(pack, generator, head.latents) is None]
    plain: list[Frame] = []
    drawn: dict[str, list[tuple[Frame, float]]] = {pack.name: [] for pack in packs}
    for yaw in YAWS_DEGREES:
        frames = renderer.in_styles(at_degrees(yaw), [(), *(_worn(pack) for pack in quick)], size_px=SIZE_PX)
        plain.append(next(frames))
        for pack in quick:
            start = time.process_time()
            drawn[pack.name].append((next(frames), time.process_time() - start))
    for pack in packs:
        if pack not in quick:
            folded = HeadRenderer(generator, Folder(generator, head, {}).folded(list(_worn(pack))))
            for yaw in YAWS_DEGREES:
                start = time.process_time()
                (frame,) = folded.in_styles(at_degrees(yaw), [_worn(pack)], size_px=SIZE_PX)
                drawn[pack.name].append((frame, time.process_time() - start))
    chips = [face_chip(frame.rgb) for frame in plain]
    own = [face_embedding(frame.rgb, chip) for frame, chip in zip(plain, chips, strict=True)]
    parts = [parsed(frame) for frame in plain] if plan.parser else []
    yield StyledHead(seed, PLAIN, features=features_of(frame.rgb for frame in plain), embedding=_flat(own[FRONT]))
    for name, frames_in in drawn.items():
        pictures = [frame for frame, _ in frames_in]
        embeddings = [face_embedding(frame.rgb, chip) for frame, chip in zip(pictures, chips, strict=True)]
        figures = {
            "identity": tuple(identity_between(own[view], embeddings[view]) for view in FACES),
            "depth": tuple(depth_between(*pair) for pair in zip(plain, pictures, strict=True)),
            "outline": tuple(outline_overlap(a.rgb, b.rgb) for a, b in zip(plain, pictures, strict=True)),
            "seconds": tuple(seconds for _, seconds in frames_in),
        }
        if plan.parser:
            seen = [parsed(frame) for frame in pictures]
            figures |= {part: tuple(part_overlap(parts, seen, PARTS.index(part))) for part in OUTLINED}
        features = features_of(frame.rgb for frame in pictures)
        known = {key: tuple(v for v in values if math.isfinite(v)) for key, values in figures.items()}
        yield StyledHead(seed, name, known, features, _flat(embeddings[FRONT]))


def _flat(embedding: Tensor | None) -> Tensor:
    return torch.zeros(0) if embedding is None else embedding[0]


def _apart(heads: Sequence[StyledHead]) -> dict[tuple[int, int], float]:
    """Identity distances between people, by pairs of heads."""
    known = [head for head in heads if len(head.embedding)]
    return {(a.head, b.head): float((a.embedding - b.embedding).norm()) for a, b in itertools.combinations(known, 2)}
