"""A prior that is shown the unstyled picture draws some views, and the generator's super-resolution learns to draw so.

Likelihood distillation looks at a new view at each step, asks the prior once about it and moves a little. A small prior
that redraws pictures answers better in several steps of DDIM, and what it answers does not hang on how far the
generator is. So its drawings are made once (a data set, as in Instruct-NeRF2NeRF, Haque et al. 2023, but not renewed),
and many quick steps of Adam follow, each on views that are rendered already. Only super-resolution moves: geometry,
labels and the field stay. Its biases move too, for curves of tone need them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.losses import lpips
from core.progress import Progress
from core.resizing import sized
from core.stylizers.learned_delta import LearnedDelta, weights_to_tune
from core.stylizers.picture_rays import PictureRays, copied, opened
from core.stylizers.poses import GRID_VIEWS, SINGLE_VIEWS
from core.stylizers.presets import SUPER_RESOLUTION
from core.stylizers.prior import SHOWN, checked_prompt
from core.stylizers.restyled_picture import drawn_from_noise
from core.stylizers.view_grid import nearness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from core.progress import Report
    from core.protocols import PlaneGenerator
    from core.rendering.marching import Composite
    from core.stylizers.prior import DiffusionPrior

BETAS = (0.9, 0.99)
RISE, LEAST_RATE = 20, 0.05
"""Steps in which the rate rises, and the share of it that is left in the end."""
CALM = 0.9
"""Share of what was told before in what is told."""
PAPER_PX = 3
"""Beyond the head by so many latent pixels, what is drawn is noise on paper."""
SEEDS_APART, LESSONS_APART = 1_000_003, 7919
"""Primes, so that neither runs of neighbouring seeds nor lessons and steps share their numbers."""


@dataclass(frozen=True)
class LessonRecipe:
    """How a prior's drawings are learned.

    Attributes:
        views: that are drawn.
        frontal_share: of those, within `SINGLE_VIEWS`; the others are from all around.
        draw_steps: of DDIM.
        iterations: steps of Adam.
        views_each: at a step.
        rate: its first learning rate.
        perceptual: weight of LPIPS (alex) beside the absolute difference.
        neural_px: side of the feature picture.
        samples: of the two passes along a ray.
        truncation: of the heads.
    """

    views: int = 40
    frontal_share: float = 0.6
    draw_steps: int = 4
    iterations: int = 400
    views_each: int = 1
    rate: float = 2e-3
    perceptual: float = 0.4
    neural_px: int = 64
    samples: tuple[int, int] = (16, 12)
    truncation: float = 0.8


@dataclass(frozen=True, eq=False)
class _Lesson:
    """A view, and how it shall look.

    Attributes:
        seen: what was composited.
        latents: of its head.
        drawing: [1, 3, P, P], by the prior.
    """

    seen: Composite
    latents: Tensor
    drawing: Tensor


class LessonDistiller:
    """Teaches one prompt to one generator, like `Distiller`; for priors that look at the unstyled picture."""

    def __init__(
        self,
        generator: PlaneGenerator,
        prior: DiffusionPrior,
        prompt: str,
        recipe: LessonRecipe = LessonRecipe(),
        *,
        seed: int = 0,
    ) -> None:
        """Begin.

        Args:
            generator: the plain one.
            prior: the teacher.
            prompt: what heads become.
            recipe: numbers.
            seed: of heads, cameras and noise.

        Raises:
            VoltefaceError: the prompt says nothing to the prior.
        """
        self.generator, self.prior, self.recipe, self._seed = generator, prior, recipe, seed
        self.prompt = checked_prompt(prompt)
        self._words = prior.words([self.prompt])
        usual = weights_to_tune(generator, SUPER_RESOLUTION)
        biases = {
            name: value
            for name, value in generator.parameters_to_tune().items()
            if name.startswith(SUPER_RESOLUTION) and name.endswith("bias")
        }
        self._learned = LearnedDelta(usual | biases, BETAS)
        with torch.no_grad():
            self._like = generator.trigrid(generator.mean_latents())
        self._lessons: list[_Lesson] = []
        self._means: dict[str, float] = {}
        self.done = 0

    @property
    def delta(self) -> dict[str, Tensor]:
        """What was learned so far."""
        return self._learned.found()

    def state(self) -> dict[str, Tensor]:
        """What `restore` needs to go on; the lessons are drawn again."""
        return self._learned.state() | {"done": torch.tensor(self.done)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over what an earlier run of the same prompt and recipe left.

        Raises:
            VoltefaceError: it is of another one.
        """
        self._learned.restore(state)
        self.done = int(state["done"])

    def run(self, report: Report, until: int | None = None) -> dict[str, Tensor]:
        """Let the prior draw, then learn to the end of the recipe, or to a step before; answers what was learned.

        Args:
            report: told after each drawing and each step, with its values; may raise `Cancelled`, after which `delta`
                is worth keeping.
            until: the step to stop after.

        Raises:
            VoltefaceError: the prior draws what is no picture.
        """
        recipe = self.recipe
        while len(self._lessons) < recipe.views:
            self._lessons.append(self._lesson(len(self._lessons)))
            drawn = f"View {len(self._lessons)} of {recipe.views}, drawn as {self.prompt[:SHOWN]}"
            report(Progress(self.done, recipe.iterations, drawn))
        last = min(recipe.iterations, until or recipe.iterations)
        while self.done < last:
            values = self.step()
            report(Progress(self.done, recipe.iterations, f"Learning {self.prompt[:SHOWN]}", values))
        return self.delta

    def step(self) -> dict[str, float]:
        """One step of Adam; the lessons must be drawn. Answers running means: one view is harder than another."""
        recipe = self.recipe
        styled = self.generator.tuned(self._learned.leaves)
        random = self._random(self.done)
        total, difference, likeness = torch.zeros(()), 0.0, 0.0
        for number in torch.randint(len(self._lessons), (recipe.views_each,), generator=random).tolist():
            lesson = self._lessons[number]
            seen = copied(lesson.seen)
            picture = self._sized(styled.picture(seen.features, seen.alpha, lesson.latents))
            off = (picture - lesson.drawing).abs().mean()
            near = lpips(picture.clamp(0, 1), lesson.drawing, backbone="alex").mean()
            total = total + (off + recipe.perceptual * near) / recipe.views_each
            difference += float(off.detach()) / recipe.views_each
            likeness += float(near.detach()) / recipe.views_each
        share = self.done / max(1, recipe.iterations)
        rate = recipe.rate * min(1.0, (self.done + 1) / RISE) * max(LEAST_RATE, 0.5 + 0.5 * math.cos(math.pi * share))
        self._learned.step(total, rate)
        self.done += 1
        for name, value in (("difference", difference), ("LPIPS", likeness)):
            self._means[name] = CALM * self._means.get(name, value) + (1 - CALM) * value
        return dict(self._means)

    @torch.no_grad()
    def _lesson(self, number: int) -> _Lesson:
        """A random head from somewhere, and what the prior makes of it."""
        recipe, generator = self.recipe, self.generator
        random = self._random(LESSONS_APART * number)
        noise = torch.randn(1, generator.info.noise_size, generator=random)
        latents = generator.latents(noise, recipe.truncation)
        where = SINGLE_VIEWS if number < recipe.frontal_share * recipe.views else GRID_VIEWS
        (camera,) = where.drawn(1, random)
        rays = PictureRays(generator, self._like, generator.planes(latents), camera, recipe.neural_px, recipe.samples)
        seen = rays.composite()
        plain = self._sized(generator.picture(seen.features, seen.alpha, latents).to(self.prior.device)).clamp(0, 1)
        depth = self._sized(nearness(opened(seen)).to(self.prior.device))
        guide = self.prior.latents_from_pictures(plain)
        drawing = drawn_from_noise(self.prior, self._words, depth, guide, recipe.draw_steps, seed=number)
        drawing = drawing.clamp(0, 1)
        head = F.max_pool2d(self._sized(seen.alpha), 2 * PAPER_PX + 1, 1, PAPER_PX).to(drawing)
        return _Lesson(copied(seen), latents, (1 - head * (1 - drawing)).float().cpu())

    def _random(self, number: int) -> torch.Generator:
        """Numbers that hang on the seed and on where a run stands alone, so that one can be taken up again."""
        return torch.Generator().manual_seed(self._seed * SEEDS_APART + number)

    def _sized(self, picture: Tensor) -> Tensor:
        """A picture at the size of the prior's."""
        return sized(picture, self.prior.info.picture_px)
