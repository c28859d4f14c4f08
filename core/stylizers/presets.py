"""The numbers of likelihood distillation, as its paper and as its released code have them.

They differ: the code draws the same late steps for both stages and weights them by the step's index. Ours begins with
the paper's and is what a person gets who asks for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from core.stylizers.poses import GRID_VIEWS, SINGLE_VIEWS, ViewRange
from core.stylizers.score import Distillation, ScoreSettings, Weighting

if TYPE_CHECKING:
    from core.stylizers.noise_schedule import NoiseSchedule

Control = Literal["canny", "depth"]
"""Which ControlNet holds the shape."""


@dataclass(frozen=True)
class Stage:
    """What one kind of step looks at and what it minimises.

    Attributes:
        views: 1, or 4 in a grid.
        view_range: where they are drawn.
        control: ControlNet.
        score: how the score is made.
        timesteps: shares of the trained timesteps between which the step is drawn, cleanest first; None: see `steps`.
        steps: first and last step, inclusive, of the schedule of `Preset.diffusion_steps`; None: see `timesteps`.
        base_weight: of the score at the view.
        mirror_weight: of the flipped score at the mirrored view.
        clean_weight: of the squared difference from the picture that the model imagines without noise.
        perceptual_weight: of LPIPS (alex) to it.
        distance_weight: of the relative distance.
        upscaled_by: how much the picture before super-resolution is enlarged; None looks after super-resolution.
    """

    views: Literal[1, 4]
    view_range: ViewRange
    control: Control
    score: ScoreSettings
    timesteps: tuple[float, float] | None = None
    steps: tuple[int, int] | None = None
    base_weight: float = 1.0
    mirror_weight: float = 0.0
    clean_weight: float = 0.0
    perceptual_weight: float = 0.0
    distance_weight: float = 1.0
    upscaled_by: float | None = None

    def __post_init__(self) -> None:
        if (self.timesteps is None) == (self.steps is None):
            raise ValueError("a stage has either timesteps or steps")

    def step_range(self, schedule: NoiseSchedule) -> tuple[int, int]:
        """First and last step, inclusive."""
        if self.timesteps is not None:
            return schedule.steps_between(*self.timesteps)
        assert self.steps is not None, "checked when the stage was made"
        return self.steps


@dataclass(frozen=True)
class Preset:
    """A whole distillation.

    Attributes:
        name: for options and files.
        single: the stage of single pictures.
        grid: the stage of grids.
        learning_rate: of Adam.
        iterations: steps of Adam.
        truncation: of the heads that are drawn.
        diffusion_steps: of the DDIM schedule.
        control_scale: of the ControlNet.
        canny: thresholds of the edges, of 255.
        single_share: share of the iterations that look at single views; the others look at grids.
        neural_px: side of the feature picture of single views; None is the generator's own.
        grid_px: the same of each view of a grid.
        samples: of the two passes along a ray; None is the generator's own.
        tuned: beginnings of the names of the weights that move; empty is all of synthesis and super-resolution.
    """

    name: str
    single: Stage
    grid: Stage
    learning_rate: float = 1e-4
    iterations: int = 10_000
    truncation: float = 0.8
    diffusion_steps: int = 50
    control_scale: float = 1.0
    canny: tuple[int, int] = (50, 250)
    single_share: float = 0.5
    neural_px: int | None = None
    grid_px: int | None = None
    samples: tuple[int, int] | None = None
    tuned: tuple[str, ...] = ()


_BY_STEP = ScoreSettings(weighting=Weighting.BY_STEP)

PAPER = Preset(
    name="published",
    single=Stage(
        1,
        SINGLE_VIEWS,
        "depth",
        ScoreSettings(),
        timesteps=(0.70, 0.96),
        base_weight=0.75,
        mirror_weight=0.25,
        clean_weight=0.1,
        perceptual_weight=0.05,
    ),
    grid=Stage(4, GRID_VIEWS, "depth", ScoreSettings(rank_weights=None), timesteps=(0.30, 0.80), upscaled_by=4.0),
)
"""As the paper says; what it leaves open is as released. Its ablation has the depth ControlNet before grids."""

RELEASED = Preset(
    name="released",
    single=replace(PAPER.single, control="canny", score=_BY_STEP, timesteps=None, steps=(35, 49)),
    grid=replace(PAPER.grid, score=replace(_BY_STEP, rank_weights=None), timesteps=None, steps=(35, 49)),
    truncation=0.75,
)
"""As the released command line runs it."""

RELEASED_SDS = replace(
    RELEASED,
    name="released-sds",
    single=replace(RELEASED.single, score=replace(_BY_STEP, distillation=Distillation.SDS)),
    grid=replace(RELEASED.grid, score=replace(RELEASED.grid.score, distillation=Distillation.SDS)),
)
"""The released code's baseline."""

SUPER_RESOLUTION = ("upscaler.", "superresolution.")
"""Beginnings of the names of the weights next to the picture, of any of our generators."""

DRAFT = replace(
    PAPER,
    name="draft",
    single=replace(
        PAPER.single,
        view_range=GRID_VIEWS,
        score=ScoreSettings(guidance=1.5),
        timesteps=(0.30, 0.80),
        base_weight=1.0,
        mirror_weight=0.0,
        clean_weight=100.0,
        perceptual_weight=1.0,
        distance_weight=0.1,
    ),
    learning_rate=6e-4,
    iterations=200,
    single_share=1.0,
    neural_px=64,
    samples=(16, 12),
    tuned=SUPER_RESOLUTION,
)
"""For two cores and twenty minutes with the bundled generator: super-resolution alone, small pictures, few of them.

The picture that the prior imagines without noise leads, and the score refines: the bundled prior is shown the unstyled
picture, and its clean picture is right from the first step. Geometry does not move: with so few steps white stone on
white paper is soonest had by a head that is not there.
"""

GOOD = replace(PAPER, name="good", learning_rate=3e-4, iterations=2000, neural_px=64, grid_px=64, samples=(24, 24))
"""For a graphics card and a quarter of an hour, or a night on a processor."""

PRESETS: dict[str, Preset] = {preset.name: preset for preset in (DRAFT, GOOD, PAPER, RELEASED, RELEASED_SDS)}
