"""Walks the parts of an evaluation within the time that there is, and keeps what is done.

Parts are independent; each that is finished is handed to `keep`, so that an evaluation can be stopped and resumed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from core.errors import VoltefaceError
from core.evaluation import cost, held_out, kid, leakage, portraits, reconstruction, samples
from core.evaluation.figures import ModelFigures, Part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from core.evaluation.held_out import HeldOutHead
    from core.progress import Report
    from core.protocols import Generator

REFERENCE_HEADS = 40
"""Heads of a data set of either kind whose renders samples are compared with."""
Keep = Callable[[ModelFigures], None]


@dataclass(frozen=True)
class Plan:
    """What to measure, and how long.

    Attributes:
        parts: names of `PARTS`, in order.
        data: folder of a data set; None takes the bundled heads.
        photos: folder of portraits, or None.
        weights: file of the model, where it is not the bundled one.
        heads: held-out heads that are inverted.
        seconds: for each inversion.
        samples: random samples.
        slider_heads: heads on which every slider is tried.
        seed: of everything that is drawn.
        method: of the inversion.
    """

    parts: tuple[str, ...] = ("reconstruction", "kid", "samples", "leakage", "cost")
    data: Path | None = None
    photos: Path | None = None
    weights: Path | None = None
    heads: int = 4
    seconds: float = 60.0
    samples: int = 100
    slider_heads: int = 3
    seed: int = 0
    method: str = "pivotal"


class _Evaluation:
    """One evaluation: what its parts share is made once, when it is first needed."""

    def __init__(self, generator: Generator, plan: Plan, report: Report) -> None:
        self.generator, self.plan, self.report = generator, plan, report

    @cached_property
    def truths(self) -> list[HeldOutHead]:
        return held_out.held_out_heads(self.plan.data, max(self.plan.heads, 1))

    @cached_property
    def drawn(self) -> list[samples.Sample]:
        return samples.draw_samples(self.generator, self.plan.samples, self.report, seed=self.plan.seed)

    @cached_property
    def reference(self) -> dict[str, Tensor]:
        return kid.read_reference()

    def reconstruction(self) -> Part:
        plan = self.plan
        return reconstruction.reconstruction(
            self.generator,
            self.truths[: plan.heads],
            self.report,
            seconds=plan.seconds,
            seed=plan.seed,
            method=plan.method,
        )

    def kid(self) -> Part:
        reference = self.reference
        if self.plan.data is not None:
            reference = reference | kid.reference_from([self.plan.data], REFERENCE_HEADS, self.report)
        return kid.kid_part(
            {
                sector: kid.features_of(
                    view.rgb
                    for sample in self.drawn
                    for view in sample.views
                    if kid.sector_of(view.yaw_degrees) == sector
                )
                for sector in kid.SECTORS
            },
            reference,
            self.plan.seed,
        )

    def samples(self) -> Part:
        return samples.samples_part(self.drawn, self.truths)

    def leakage(self) -> Part:
        from core.editors.attributes import Sliders

        sliders = Sliders.of(self.generator, with_learned=False)
        random_heads = leakage.measured_samples(self.drawn, self.reference)
        found = leakage.responses(
            self.generator,
            sliders,
            self.plan.slider_heads,
            leakage.deviations(random_heads),
            self.reference,
            self.report,
        )
        return leakage.leakage_part(found, sliders, len(random_heads))

    def cost(self) -> Part:
        return cost.cost_part(self.generator.info.name, self.plan.weights)

    def photos(self) -> Part:
        assert self.plan.photos is not None
        return portraits.portraits(
            self.generator,
            portraits.photos_in(self.plan.photos),
            self.report,
            seconds=self.plan.seconds,
            seed=self.plan.seed,
            method=self.plan.method,
        )


PARTS: dict[str, Callable[[_Evaluation], Part]] = {
    "reconstruction": _Evaluation.reconstruction,
    "kid": _Evaluation.kid,
    "samples": _Evaluation.samples,
    "leakage": _Evaluation.leakage,
    "cost": _Evaluation.cost,
    "photos": _Evaluation.photos,
}
"""Part name -> what measures it."""


def evaluate_model(
    generator: Generator,
    plan: Plan,
    report: Report,
    *,
    known: ModelFigures | None = None,
    keep: Keep = lambda _: None,
) -> ModelFigures:
    """Measure a model.

    Args:
        generator: the model.
        plan: what, and how long.
        report: told at each step.
        known: figures of an earlier run; their parts are not measured again.
        keep: called with all figures after each part.

    Raises:
        VoltefaceError: a part is unknown, or lacks what it needs; parts that are finished have been kept.
    """
    check_parts(plan.parts)
    evaluation = _Evaluation(generator, plan, report)
    if plan.photos is not None:
        portraits.photos_in(plan.photos)  # a wrong folder should not be found out after ten minutes
    figures = known or ModelFigures(generator.info.title)
    wanted = [*plan.parts, *(["photos"] if plan.photos is not None else [])]
    for name in wanted:
        if name in figures.parts:
            continue
        figures = figures.with_part(name, PARTS[name](evaluation))
        keep(figures)
    return figures


def check_parts(names: Sequence[str]) -> None:
    """Refuse parts that do not exist.

    Raises:
        VoltefaceError: one does not.
    """
    choices = [name for name in PARTS if name != "photos"]
    for name in names:
        if name not in choices:
            raise VoltefaceError(f"There is no part {name!r} of the evaluation.", f"Choose from: {', '.join(choices)}.")
