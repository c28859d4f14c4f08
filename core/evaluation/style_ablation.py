"""Likelihood distillation step by step, as its paper's table: SDS, + depth, LD, + rank weights, + grids, + mirror.

Every row is taught for as many steps of Adam from the same seed, and looked at several times on its way, for a style
that is hardly learned keeps every face: rows are told apart at *equal agreement*. Agreement is how far pictures have
gone on the way from heads without the style to an artist's drawings of the same heads in it, once by their EfficientNet
features (stuff and lines) and once by their tones (small pictures): 0 without, 1 as drawn, negative elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.edit import Restyle
from core.editors.random_head import random_head
from core.evaluation.figures import Cell, Part
from core.evaluation.kid import features_of
from core.evaluation.pictures import at_degrees
from core.evaluation.style_measures import SIZE_PX, face_chip, face_embedding, identity_between
from core.progress import Progress, silent
from core.protocols import PlaneGenerator
from core.rendering.renderer import HeadRenderer
from core.stylizers.distillation import Distiller
from core.stylizers.drawn_packs import drawn_pack
from core.stylizers.picture_rays import PictureRays
from core.stylizers.presets import PAPER, Preset
from core.stylizers.score import Distillation, ScoreSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from core.progress import Report
    from core.stylizers.prior import DiffusionPrior

    Pixels = NDArray[np.uint8]

YAWS_DEGREES = (-30.0, 0.0, 30.0)
SEED = 70_101
"""Of the first head that is looked at."""
NEURAL_PX, GRID_PX, SAMPLES = 48, 32, (16, 12)
"""Small enough for a processor, as in the draft preset."""
LEARNING_RATE = 6e-4
WORTH = 0.02
"""Agreement below which rows are not compared: nothing was learned."""
TONES_PX = 32
"""Side of the pictures that tones are compared in."""
SDS_ROW, LD_ROW = "SDS + depth", "LD + depth"


@dataclass(frozen=True)
class AblationPlan:
    """What to teach and where to look.

    Attributes:
        style: a key of `core.drawing.styles.STYLES`.
        heads: random ones that the result is looked at on.
        steps: of Adam, for each row.
        looks: how often each row is looked at, evenly spread.
        rows: names of those of `ablation_rows` to teach; empty is all.
    """

    style: str = "marble"
    heads: int = 3
    steps: int = 24
    looks: int = 3
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """What a row had learned at a step: agreement, and identity distance and depth difference of each view."""

    step: int
    features: float
    tones: float
    identity: tuple[float, ...]
    depth: tuple[float, ...]

    @property
    def distance(self) -> float:
        """Mean identity distance; NaN where no face was seen."""
        return float(np.mean(self.identity)) if self.identity else math.nan


def ablation_rows(steps: int) -> dict[str, Preset]:
    """Presets by row, each with one thing more than the one before: the paper's numbers but for sizes and rate."""
    sds = ScoreSettings(distillation=Distillation.SDS, rank_weights=None)
    ld = replace(sds, distillation=Distillation.LIKELIHOOD)
    single = replace(PAPER.single, score=sds, base_weight=1.0, mirror_weight=0.0)
    small = replace(
        PAPER,
        name="ablation",
        single=single,
        grid=replace(PAPER.grid, score=ld, upscaled_by=None),
        learning_rate=LEARNING_RATE,
        iterations=steps,
        single_share=1.0,
        neural_px=NEURAL_PX,
        grid_px=GRID_PX,
        samples=SAMPLES,
    )
    rows = {"SDS": replace(small, control_scale=0.0), SDS_ROW: small}
    rows[LD_ROW] = replace(small, single=replace(single, score=ld))
    ranked = ScoreSettings()
    rows["+ rank weights"] = replace(small, single=replace(single, score=ranked))
    rows["+ grid after SR"] = replace(rows["+ rank weights"], single_share=0.5)
    rows["+ grid before SR"] = replace(rows["+ grid after SR"], grid=PAPER.grid)
    mirrored = replace(PAPER.single, score=ranked)
    rows["+ mirror"] = replace(rows["+ grid before SR"], single=mirrored)
    return rows


class Watch:
    """Views of some heads without a style, and the way from there to an artist's drawings of them."""

    def __init__(self, generator: PlaneGenerator, style: str, heads: int) -> None:
        """Draw the heads without a style, and in an artist's."""
        self.generator = generator
        with torch.no_grad():
            self._like = generator.trigrid(generator.mean_latents())
        self._latents, ways, tones = [], [], []
        worn = (Restyle(key="style", pack=drawn_pack(style, generator.info.name)),)
        for number in range(heads):
            head = random_head(generator, SEED + number)
            self._latents.append(head.latents[None])
            renderer = HeadRenderer(generator, head)
            for yaw in YAWS_DEGREES:
                plain, drawn = (f.rgb for f in renderer.in_styles(at_degrees(yaw), [(), worn], size_px=SIZE_PX))
                pair = features_of((plain, drawn))
                ways.append(pair[1] - pair[0])
                tones.append(_tones(drawn) - _tones(plain))
        self._way, self._tones = torch.stack(ways).mean(0), np.stack(tones)
        self._plain, self._depth = self.views(generator)
        self._chips = [face_chip(view) for view in self._plain]
        self._features = features_of(self._plain)
        self._own = [face_embedding(view, chip) for view, chip in zip(self._plain, self._chips, strict=True)]

    @torch.no_grad()
    def views(self, generator: PlaneGenerator) -> tuple[list[Pixels], list[Tensor]]:
        """What a generator makes of the heads: pictures of `SIZE_PX`, and depths that are NaN on the background."""
        pictures, depths = [], []
        for latents in self._latents:
            planes = generator.planes(latents)
            for yaw in YAWS_DEGREES:
                rays = PictureRays(generator, self._like, planes, at_degrees(yaw), NEURAL_PX, SAMPLES)
                seen = rays.composite()
                own = generator.picture(seen.features, seen.alpha, latents)[0].clamp(0, 1).movedim(0, -1)
                pixels = np.asarray(own.cpu().numpy() * 255 + 0.5, np.uint8)
                pictures.append(cv2.resize(pixels, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_LINEAR))
                depths.append(torch.where(seen.alpha > 1 / 2, seen.depth, torch.nan))
        return pictures, depths

    def look(self, generator: PlaneGenerator, step: int) -> tuple[Look, list[Pixels]]:
        """What a generator has learned, and the pictures that tell it."""
        pictures, depths = self.views(generator)
        way = self._way.to(self._features)
        gone = ((features_of(pictures) - self._features) @ way / way.square().sum()).mean()
        toned = np.stack([_tones(a) - _tones(b) for a, b in zip(pictures, self._plain, strict=True)])
        near = float((toned * self._tones).sum() / max(float(np.square(self._tones).sum()), 1e-9))
        faces = [face_embedding(view, chip) for view, chip in zip(pictures, self._chips, strict=True)]
        apart = [identity_between(a, b) for a, b in zip(self._own, faces, strict=True)]
        moved = [float((a - b).abs().nanmean()) for a, b in zip(self._depth, depths, strict=True)]
        known = tuple(value for value in apart if math.isfinite(value))
        return Look(step, float(gone), near, known, tuple(moved)), pictures


def _tones(picture: Pixels) -> NDArray[np.float32]:
    small = cv2.resize(picture, (TONES_PX, TONES_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def ablated(
    generator: PlaneGenerator, prior: DiffusionPrior, plan: AblationPlan, report: Report
) -> tuple[dict[str, list[Look]], Pixels]:
    """Teach every row, look at it on its way; and a sheet: heads without the style first, a row for each after."""
    watch = Watch(generator, plan.style, plan.heads)
    prompt = drawn_pack(plan.style, generator.info.name).title
    rows = {name: preset for name, preset in ablation_rows(plan.steps).items() if not plan.rows or name in plan.rows}
    found: dict[str, list[Look]] = {}
    tiles = [watch.views(generator)[0]]
    for number, (name, preset) in enumerate(rows.items()):
        distiller, pictures = Distiller(generator, prior, prompt, preset), tiles[0]
        found[name] = []
        for turn in range(plan.looks):
            report(Progress(number * plan.looks + turn, len(rows) * plan.looks, f"{prompt} by {name}"))
            distiller.run(silent, plan.steps * (turn + 1) // plan.looks)
            styled = generator.tuned(distiller.delta)
            assert isinstance(styled, PlaneGenerator), "a tuned generator keeps its kind"
            look, pictures = watch.look(styled, distiller.done)
            found[name].append(look)
        tiles.append(pictures)
    small = [[cv2.resize(view, (160, 160), interpolation=cv2.INTER_AREA) for view in row] for row in tiles]
    return found, np.vstack([np.hstack(row) for row in small])


def distance_at(looks: Sequence[Look], agreement: float, measure: str) -> float:
    """Identity distance at which a row first had so much agreement; between looks in a straight line from none.

    Args:
        looks: at a row on its way.
        agreement: that is asked for.
        measure: "features" or "tones".

    Returns:
        NaN where it never had.
    """
    before = (0.0, 0.0)
    for look in looks:
        reached = float(getattr(look, measure))
        if reached >= agreement:
            share = (agreement - before[0]) / max(reached - before[0], 1e-9)
            return before[1] + share * (look.distance - before[1])
        before = (reached, look.distance)
    return math.nan


def ablation_part(found: Mapping[str, Sequence[Look]], plan: AblationPlan) -> Part:
    """The table: each row at its last look, and LD against SDS where both agree alike."""
    cells: list[Cell] = []
    for name, looks in found.items():
        last = looks[-1]
        cells += (Cell(name, "features", last.features), Cell(name, "tones", last.tones))
        cells += Cell.of(name, "identity", last.identity) + Cell.of(name, "depth", last.depth)
    remarks = [
        f"{plan.style}, {plan.steps} steps of Adam a row, {plan.heads} random heads, yaws -30, 0, 30, last look.",
        "features, tones: how far pictures have gone from the plain heads to an artist's drawings of them (0 to 1).",
    ]
    verdicts = [_verdict(found, measure) for measure in ("tones", "features")]
    return Part(f"Distillation of {plan.style}", tuple(cells), (*remarks, *verdicts))


def _verdict(found: Mapping[str, Sequence[Look]], measure: str) -> str:
    """LD against SDS in words, at equal agreement by one of its measures."""
    if LD_ROW not in found or SDS_ROW not in found:
        return "LD and SDS were not both taught."
    most = min(max(float(getattr(look, measure)) for look in found[name]) for name in (LD_ROW, SDS_ROW))
    if most < WORTH:
        return f"By {measure} LD and SDS cannot be compared: one of them agrees by {most:.3f} at most."
    ours, theirs = (distance_at(found[name], most, measure) for name in (LD_ROW, SDS_ROW))
    better = "keeps the person better" if ours < theirs else "does not keep the person better"
    return f"At equal {measure} ({most:.3f}) identity is {ours:.3f} by LD and {theirs:.3f} by SDS: LD {better}."
