"""Figures of styles: held-out heads in each pack, from four sides, against themselves and against drawings of others.

The heads are made from the frontal pictures of heads that no model was trained on, and wear them. What a style
shall look like is told by drawings (`core.drawing`) of random heads: they are the reference of agreement and of KID.
Drawn packs are made by the same artists, so of these both say that heads and views do not matter, not that they please.
"""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.align import find_meshes
from core.drawing.styles import STYLES
from core.edit import Restyle
from core.editors.fold import Folder
from core.editors.random_head import random_head
from core.editors.restyling import check_fits, plane_change
from core.evaluation.figures import Cell, Part
from core.evaluation.kid import features_of, kid
from core.evaluation.pictures import as_tensor, at_degrees
from core.evaluation.reconstruction import alignment_of, inverted
from core.evaluation.style_log import StyledHead, StyleLog
from core.losses import identity_embedding
from core.mask import PARTS
from core.perception import identity
from core.progress import Progress
from core.rendering.renderer import HeadRenderer
from core.segmenters.parser import parse
from core.stylizers.drawn_packs import drawn_pack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from core.evaluation.held_out import HeldOutHead
    from core.frame import Frame
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator
    from core.style_pack import StylePack

    Pixels = NDArray[np.uint8]

YAWS_DEGREES = (-30.0, 0.0, 30.0, 90.0)
FRONT, FACES = 1, (0, 1, 2)
"""Views from the front, and those in which the face is compared."""
SIZE_PX, PARSED_PX = 512, 256
IDENTITY_AT_MOST, DEPTH_AT_MOST, IOU_AT_LEAST, APART_AT_LEAST, SECONDS_AT_MOST = 0.45, 0.01, 0.85, 0.8, 0.5
OUTLINED = ("hair", "glasses")
LEAST_SHARE = 0.004
"""Of the picture, below which a part is not there."""
WHITE = 250
REFERENCE_SEED = 91_000
PLAIN = ""
"""The style of a head that wears none."""


@dataclass(frozen=True)
class StylePlan:
    """What to measure.

    Attributes:
        heads: held-out ones.
        references: random heads whose drawings tell what a style looks like.
        seconds: for each inversion.
        parser: whether parts are looked for in the pictures too, which takes longest.
        seed: of the inversions.
    """

    heads: int = 3
    references: int = 6
    seconds: float = 10.0
    parser: bool = True
    seed: int = 0


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
    for number, truth in enumerate(truths[: plan.heads]):
        report(Progress(number, min(plan.heads, len(truths)), f"Head {truth.seed} in styles"))
        lacking = [pack for pack in packs if log.known(truth.seed, pack.name) is None]
        if lacking or log.known(truth.seed, PLAIN) is None:
            _, head = inverted(alignment_of(truth.views[0]), generator, "pivotal", plan.seconds, plan.seed, report)
            for record in _measured(generator, head, truth.seed, lacking, plan):
                log.add(record)
        for name, records in found.items():
            known = log.known(truth.seed, name)
            if known is not None:
                records.append(known)
    return style_part(found, references, plan)


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
    chance = 1 / max(1, len(names))
    return Part(
        f"Styles: {plan.heads} held-out heads, yaws {', '.join(f'{yaw:g}' for yaw in YAWS_DEGREES)}",
        tuple(cells),
        (
            "identity: dlib's distance to the head without style, the face cut where it is without, yaws to 30.",
            f"{AGREEMENT}: share of views whose EfficientNet-Lite0 features lie nearest to the middle of the right one "
            f"of {len(names)} styles' drawings of other heads (chance {chance:.2f}); KID against the same drawings.",
            "hair, glasses: IoU of the labels that the parser sees with and without; it was taught no drawings.",
            "outline: IoU of all that is not white; seconds: of the processor, after the view is composited.",
            "The ablation SDS .. mirror wants a Stable Diffusion folder, and none is bundled.",
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
    chips = [_chip(frame.rgb) for frame in plain]
    own = [_embedding(frame.rgb, chip) for frame, chip in zip(plain, chips, strict=True)]
    parts = [_parsed(frame) for frame in plain] if plan.parser else []
    yield StyledHead(seed, PLAIN, features=features_of(frame.rgb for frame in plain), embedding=_flat(own[FRONT]))
    for name, frames_in in drawn.items():
        pictures = [frame for frame, _ in frames_in]
        embeddings = [_embedding(frame.rgb, chip) for frame, chip in zip(pictures, chips, strict=True)]
        figures = {
            "identity": tuple(_between(own[view], embeddings[view]) for view in FACES),
            "depth": tuple(_depth_between(*pair) for pair in zip(plain, pictures, strict=True)),
            "outline": tuple(_overlap(a.rgb, b.rgb) for a, b in zip(plain, pictures, strict=True)),
            "seconds": tuple(seconds for _, seconds in frames_in),
        }
        if plan.parser:
            seen = [_parsed(frame) for frame in pictures]
            figures |= {part: tuple(_part_overlap(parts, seen, PARTS.index(part))) for part in OUTLINED}
        features = features_of(frame.rgb for frame in pictures)
        known = {key: tuple(v for v in values if math.isfinite(v)) for key, values in figures.items()}
        yield StyledHead(seed, name, known, features, _flat(embeddings[FRONT]))


def _chip(pixels: Pixels) -> NDArray[np.float64] | None:
    found = find_meshes(pixels)
    return identity.chip_from_mesh(found[0][1].points[:, :2], SIZE_PX, SIZE_PX) if found else None


def _embedding(pixels: Pixels, chip: NDArray[np.float64] | None) -> Tensor | None:
    """Of the face that is where it is without the style: a detector need not see one in a drawing."""
    if chip is None:
        return None
    with torch.no_grad():
        return identity_embedding(as_tensor(pixels, SIZE_PX), chip)


def _flat(embedding: Tensor | None) -> Tensor:
    return torch.zeros(0) if embedding is None else embedding[0]


def _between(a: Tensor | None, b: Tensor | None) -> float:
    return math.nan if a is None or b is None else float((a - b).norm())


def _depth_between(a: Frame, b: Frame) -> float:
    both = (a.depth > 0) & (b.depth > 0)
    return float(np.abs(a.depth - b.depth)[both].mean()) if both.any() else math.nan


def _overlap(a: Pixels, b: Pixels) -> float:
    """IoU of what is not white; holes, such as a white collar or paper within a drawing, are filled."""

    def figure(pixels: Pixels) -> NDArray[np.bool_]:
        dark = (pixels.min(-1) < WHITE).astype(np.uint8)
        outlines, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        filled = np.zeros_like(dark)
        cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
        return np.asarray(filled > 0, np.bool_)

    one, other = figure(a), figure(b)
    return float((one & other).sum() / max(1, int((one | other).sum())))


def _parsed(frame: Frame) -> Pixels:
    return parse(cv2.resize(frame.rgb, (PARSED_PX, PARSED_PX), interpolation=cv2.INTER_AREA))


def _part_overlap(plain: Sequence[Pixels], styled: Sequence[Pixels], part: int) -> Iterator[float]:
    for a, b in zip(plain, styled, strict=True):
        one, other = a == part, b == part
        if one.mean() > LEAST_SHARE:
            yield float((one & other).sum() / (one | other).sum())


def _apart(heads: Sequence[StyledHead]) -> dict[tuple[int, int], float]:
    """Identity distances between people, by pairs of heads."""
    known = [head for head in heads if len(head.embedding)]
    return {(a.head, b.head): float((a.embedding - b.embedding).norm()) for a, b in itertools.combinations(known, 2)}
