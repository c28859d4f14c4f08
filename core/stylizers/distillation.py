"""Likelihood distillation (and SDS): a diffusion prior teaches a generator a style, and with it every head.

At each step a random head is rendered by the tuned generator and by the plain one; the prior's score of the tuned
picture is the gradient at its latents, and goes back through encoder, super-resolution, rays and synthesis. The prior
itself is never differentiated, and neither are more rays at once than one chunk: they are marched without a graph
first and again, piece by piece, with what came back for their composite. The first share of the steps looks at single
views, the rest at grids of four. Convolution biases stay frozen.

Longer than usual: a step has no meaning without its parts, and the state is what they keep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from core.errors import VoltefaceError
from core.losses import lpips
from core.progress import Progress
from core.protocols import PlaneGenerator
from core.rendering.marching import Composite
from core.resizing import sized
from core.stylizers.learned_delta import LearnedDelta, weights_to_tune
from core.stylizers.picture_rays import PictureRays, copied, opened
from core.stylizers.poses import styling_camera
from core.stylizers.prior import SHOWN, checked_prompt, noise_pair
from core.stylizers.relative_distance import relative_distance_loss
from core.stylizers.score import mirrored, pull, score_at
from core.stylizers.view_grid import nearness, nearness_grid, view_grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from core.camera import Camera
    from core.progress import Report
    from core.stylizers.presets import Preset, Stage
    from core.stylizers.prior import DiffusionPrior, Words
    from core.stylizers.score import Score

MOST_FAILURES = 5
"""Steps in a row without a number, after which it stops."""
LEAST_FINITE = 0.5
"""Share of a prediction that must be numbers for a step to count."""
BETAS = (0.9, 0.999)


@dataclass(frozen=True)
class Step:
    """What a step found.

    Attributes:
        loss: that of the regularisers, without the score, which is a gradient and no number.
        pull: root mean square of the score at the latents.
        distance: loss of the relative distance.
        finite: share of the prior's numbers that were numbers.
    """

    loss: float
    pull: float
    distance: float
    finite: float


class Distiller:
    """Teaches one prompt to one generator. Used by one thread at a time; the generator is never changed."""

    def __init__(
        self, generator: PlaneGenerator, prior: DiffusionPrior, prompt: str, preset: Preset, *, seed: int = 0
    ) -> None:
        """Begin.

        Args:
            generator: the plain one.
            prior: the teacher.
            prompt: what heads become.
            preset: numbers.
            seed: of heads, cameras and noise.

        Raises:
            VoltefaceError: the prompt says nothing to the prior.
        """
        self.generator, self.prior, self.preset = generator, prior, preset
        self.prompt = checked_prompt(prompt)
        self._words: tuple[Words, Words] = (prior.words([""]), prior.words([self.prompt]))
        self._schedule = prior.schedule(preset.diffusion_steps)
        self._learned = LearnedDelta(weights_to_tune(generator, preset.tuned), BETAS)
        self._random = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            self._like = generator.trigrid(generator.mean_latents())
        self._before: tuple[Tensor, Tensor] | None = None
        self._failures = 0
        self.done = 0

    @property
    def delta(self) -> dict[str, Tensor]:
        """What was learned so far."""
        return self._learned.found()

    def state(self) -> dict[str, Tensor]:
        """What `restore` needs to go on as if there had been no break."""
        state = self._learned.state()
        state |= {"random": self._random.get_state().clone(), "done": torch.tensor(self.done)}
        if self._before is not None:
            state |= {
                "before.styled": self._before[0].contiguous().clone(),
                "before.plain": self._before[1].contiguous().clone(),
            }
        return state

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over what an earlier run of the same prompt and preset left.

        Raises:
            VoltefaceError: it is of another one.
        """
        self._learned.restore(state)
        self._random.set_state(state["random"])
        self.done = int(state["done"])
        if "before.styled" in state:
            self._before = state["before.styled"], state["before.plain"]

    def run(self, report: Report, until: int | None = None) -> dict[str, Tensor]:
        """Go on to the end of the preset, or to a step before; answers what was learned.

        Args:
            report: told after each step, with its values; may raise `Cancelled`, after which `delta` is worth keeping.
            until: the step to stop after.

        Raises:
            VoltefaceError: the prior answers with what are no numbers.
        """
        last = min(self.preset.iterations, until or self.preset.iterations)
        while self.done < last:
            step = self.step()
            values = {"loss": step.loss, "score": step.pull, "distance": step.distance}
            report(Progress(self.done, self.preset.iterations, f"Learning {self.prompt[:SHOWN]}", values))
        return self.delta

    def step(self) -> Step:
        """One step of Adam."""
        preset = self.preset
        stage = preset.single if self.done < preset.single_share * preset.iterations else preset.grid
        noise = torch.randn(1, self.generator.info.noise_size, generator=self._random)
        latents = self.generator.latents(noise, preset.truncation)
        cameras = self._cameras(stage)
        gradients, found = self._gradients(stage, latents, cameras)
        numbers = found.finite >= LEAST_FINITE and all(bool(g.isfinite().all()) for g in gradients)
        self._failures = 0 if numbers else self._failures + 1
        if self._failures >= MOST_FAILURES:
            raise VoltefaceError(
                f"{self.prior.info.title} answered {MOST_FAILURES} times with what are no numbers (step {self.done}).",
                "Use full precision, a lower guidance or another prompt; what was learned before can be kept.",
            )
        if numbers:
            # a sum whose gradient is the one that was gathered piece by piece
            leaves = self._learned.leaves.values()
            told = sum((v * g).sum() for v, g in zip(leaves, gradients, strict=True))
            assert isinstance(told, torch.Tensor), "there are weights to tune"
            self._learned.step(told, preset.learning_rate)
        self.done += 1
        return found

    def _cameras(self, stage: Stage) -> tuple[Camera, ...]:
        """One view and its mirror, where that counts, or the four of a grid."""
        if stage.views == 4:
            return stage.view_range.drawn(4, self._random)
        (camera,) = stage.view_range.drawn(1, self._random)
        if not stage.mirror_weight:
            return (camera,)
        return camera, mirrored_camera(camera)

    def _gradients(self, stage: Stage, latents: Tensor, cameras: tuple[Camera, ...]) -> tuple[list[Tensor], Step]:
        """Of all that is tuned, and what was found on the way."""
        plain, learned = self.generator, list(self._learned.leaves.values())
        styled = plain.tuned(self._learned.leaves)
        assert isinstance(styled, PlaneGenerator), "a tuned generator keeps its kind"
        planes = styled.planes(latents)
        leaf = planes.detach().requires_grad_()
        size, samples = self._size(stage), self._samples
        with torch.no_grad():
            # where only the picture is tuned, the plain head's field and rays are the styled one's
            plain_planes = plain.planes(latents) if planes.requires_grad else planes
            wanted = [PictureRays(plain, self._like, plain_planes, camera, size, samples) for camera in cameras]
            references = [rays.composite() for rays in wanted]
        views = [PictureRays(styled, self._like, leaf, camera, size, samples) for camera in cameras]
        leaves = []
        for rays, reference in zip(views, references, strict=True):
            with torch.no_grad():
                seen = rays.composite() if planes.requires_grad else copied(reference)
            leaves.append((seen.features.requires_grad_(), seen.alpha.requires_grad_(), seen.depth))
        composites = [Composite(*parts) for parts in leaves]
        if stage.views == 4:
            pulling, further, score = self._grid_loss(stage, styled, latents, composites, references)
        else:
            pulling, further, score = self._single_loss(stage, styled, latents, composites, references)
        distance = self._distance(leaf, plain_planes) * stage.distance_weight
        # first back to the composites, the planes and the super-resolution ...
        ends = [end for features, alpha, _ in leaves for end in (features, alpha)]
        back = torch.autograd.grad(pulling + further + distance, [*learned, leaf, *ends], allow_unused=True)
        gradients = [_or_zeros(g, v) for g, v in zip(back, learned, strict=False)]
        into_planes = _or_zeros(back[len(learned)], leaf)
        # ... then through the rays, a chunk at a time, into the planes, and at last through the synthesis
        pairs = back[len(learned) + 1 :]
        if planes.requires_grad:
            for number, rays in enumerate(views):
                for piece in rays.carried_back(pairs[2 * number], pairs[2 * number + 1]):
                    into_planes = into_planes + piece
            last = torch.autograd.grad(planes, learned, into_planes, allow_unused=True)
            gradients = [g + _or_zeros(more, g) for g, more in zip(gradients, last, strict=True)]
        self._before = leaf.detach(), plain_planes
        pulled = float(score.gradient.square().mean().sqrt())
        return gradients, Step(float(further.detach()), pulled, float(distance.detach()), score.finite)

    @property
    def _latent_px(self) -> int:
        return self.prior.info.picture_px // self.prior.info.factor

    @property
    def _samples(self) -> tuple[int, int]:
        return self.preset.samples or self.generator.info.samples

    def _size(self, stage: Stage) -> int:
        wanted = self.preset.grid_px if stage.views == 4 else self.preset.neural_px
        return wanted or self.generator.info.neural_px

    def _single_loss(
        self,
        stage: Stage,
        styled: PlaneGenerator,
        latents: Tensor,
        seen: list[Composite],
        plain: list[Composite],
    ) -> tuple[Tensor, Tensor, Score]:
        pictures = [self._for_prior(styled.picture(one.features, one.alpha, latents)) for one in seen]
        with torch.no_grad():
            reference = self._for_prior(self.generator.picture(plain[0].features, plain[0].alpha, latents))
            depth = sized(nearness(opened(plain[0])), self.prior.info.picture_px)
        mask = sized(plain[0].alpha.detach(), self._latent_px)
        encoded = [self.prior.latents_from_pictures(picture) for picture in pictures]
        score = self._score(stage, encoded[0].detach(), depth, reference, mask)
        pulling = pull(encoded[0], score.gradient, stage.base_weight)
        if len(encoded) > 1:
            pulling = pulling + pull(encoded[1], mirrored(score.gradient), stage.mirror_weight)
        further = pulling.new_zeros(())
        if stage.clean_weight or stage.perceptual_weight:
            with torch.no_grad():
                clean = self.prior.pictures_from_latents(score.clean).clamp(0, 1)
            further = further + stage.clean_weight * (clean - pictures[0]).square().mean()
            if stage.perceptual_weight:
                near = lpips(pictures[0].clamp(0, 1), clean, backbone="alex").mean()
                further = further + stage.perceptual_weight * near
        return pulling, further, score

    def _grid_loss(
        self,
        stage: Stage,
        styled: PlaneGenerator,
        latents: Tensor,
        seen: list[Composite],
        plain: list[Composite],
    ) -> tuple[Tensor, Tensor, Score]:
        def view(generator: PlaneGenerator, one: Composite) -> Tensor:
            if stage.upscaled_by is None:
                return generator.picture(one.features, one.alpha, latents)
            colours = generator.colours(one.features.movedim(1, -1)).movedim(-1, 1)
            return colours + 1 - one.alpha  # before super-resolution, on white

        grid = view_grid(torch.stack([self._for_prior(view(styled, one)) for one in seen]))
        with torch.no_grad():
            reference = view_grid(torch.stack([self._for_prior(view(self.generator, one)) for one in plain]))
            side_px = self.prior.info.picture_px
            depth = nearness_grid(torch.stack([sized(nearness(opened(one)), side_px) for one in plain]))
            mask = view_grid(torch.stack([sized(one.alpha, self._latent_px) for one in plain]))
        encoded = self.prior.latents_from_pictures(grid)
        score = self._score(stage, encoded.detach(), depth, reference, mask)
        return pull(encoded, score.gradient, stage.base_weight), encoded.new_zeros(()), score

    def _score(self, stage: Stage, latents: Tensor, depth: Tensor, reference: Tensor, mask: Tensor) -> Score:
        prior, schedule = self.prior, self._schedule
        first, last = stage.step_range(schedule)
        step = int(torch.randint(first, last + 1, (), generator=self._random))
        noise = torch.randn(latents.shape, generator=self._random).to(latents)
        timestep = int(schedule.timesteps[step])
        with torch.no_grad():
            noisy = schedule.noised(latents, noise, timestep)
            guide = prior.latents_from_pictures(reference) if prior.info.has_guide else None
            pair = noise_pair(prior, noisy, timestep, self._words, depth, guide, self.preset.control_scale)
            return score_at(step, schedule, noisy, noise, pair, stage.score, mask)

    def _distance(self, styled: Tensor, plain: Tensor) -> Tensor:
        """How far the head's distance to the one before is from what it was."""
        if self._before is None:
            return styled.new_zeros(())
        now, then = (styled, plain), self._before
        flat = [(a.flatten(1, 3), b.flatten(1, 3)) for a, b in zip(now, then, strict=True)]
        return relative_distance_loss(*flat)

    def _for_prior(self, picture: Tensor) -> Tensor:
        """A picture at the size of the prior's."""
        return sized(picture.to(self.prior.device), self.prior.info.picture_px)


def mirrored_camera(camera: Camera) -> Camera:
    """The camera that sees a mirrored head as this one sees the head."""
    return styling_camera(-camera.yaw_radians, camera.pitch_radians)


def _or_zeros(gradient: Tensor | None, like: Tensor) -> Tensor:
    return torch.zeros_like(like) if gradient is None else gradient
