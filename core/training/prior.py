"""Trains the bundled prior: drawings, codec, first sketches, denoiser (`volteface train prior`).

The denoiser learns to see noise in the latents of drawings, given what their captions say, the depth, and the latents
of the picture they were drawn from; each of the three is left out of some steps, so that the prior can do without, and
so that guidance has something to compare with. Few pictures are grids of four views.

Resumable: OUT/state.safetensors is written every few minutes, OUT/log.jsonl tells the loss, OUT/samples_*.png show what
it draws.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch.nn.attention import SDPBackend, sdpa_kernel

from core.descent import Adam
from core.drawing.styles import STYLES
from core.progress import Progress
from core.stylizers.drawing_networks import (
    FACTOR,
    SPREAD,
    DrawingDenoiser,
    shares_of,
    signal_at,
)
from core.stylizers.drawing_prior import DrawingPrior, save_prior
from core.stylizers.noise_schedule import TRAINED_TIMESTEPS, NoiseSchedule
from core.stylizers.prompt import understood
from core.stylizers.restyled_picture import drawn_from_noise
from core.stylizers.vocabulary import NUMBERS
from core.training.captions import caption
from core.training.prior_batches import Batch, DrawnHeads, PriorRecipe, pictures_tensor
from core.training.prior_codec import fitted_codec
from core.training.prior_finer import FinerView, finer_view, fit_finer
from core.training.prior_sketch import errors_of, fit_sketch

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from core.progress import Report

DRAWINGS, STATE, LOG = "drawings", "state.safetensors", "log.jsonl"
SAVE_EVERY_SECONDS = 240.0
PICTURES_EVERY_SECONDS = 480.0
BETAS = (0.9, 0.99)


def _left_out(conditions: Tensor, unguided: Tensor, flat: Tensor, white: Tensor) -> None:
    """Take guide and depth out of some rows of conditions, in place."""
    channels = white.shape[1]
    conditions[unguided, :channels] = white
    conditions[unguided, -2] = 0
    conditions[flat, channels:-2] = 0
    conditions[flat, -1] = 0


class PriorTraining:
    """A run that can stop and go on."""

    def __init__(self, out: Path, recipe: PriorRecipe, report: Report) -> None:
        """Take up the run of a folder, or begin one.

        Raises:
            VoltefaceError: OUT/drawings, which `draw_heads` fills, holds none.
        """
        self.out, self.recipe, self.step = out, recipe, 0
        self.heads = DrawnHeads(out / DRAWINGS)
        torch.manual_seed(recipe.seed)
        self.denoiser = DrawingDenoiser(recipe.network)
        self.codec = self.denoiser.codec
        self.parameters = {name: one for name, one in self.denoiser.named_parameters() if one.requires_grad}
        self.adam = Adam(list(self.parameters.values()), BETAS)
        self.average = {name: value.detach().clone() for name, value in self.parameters.items()}
        self.schedule = NoiseSchedule.stable_diffusion()
        if (out / STATE).exists():
            self._resume(out / STATE)
        else:
            codec = fitted_codec(self.heads.pictures(8), recipe.network.channels, report, recipe.codec_steps)
            self.codec.load_state_dict(codec.state_dict())
            with torch.no_grad():
                self.denoiser.white.copy_(self.codec.encoded(torch.ones(1, 3, FACTOR, FACTOR)))
                self._fit_sketch(report)
            self.save()

    def _fit_sketch(self, report: Report) -> None:
        recipe, denoiser = self.recipe, self.denoiser
        random = np.random.default_rng(recipe.seed)
        carried = self.codec.scale.flatten().rsqrt()

        def shown(mode: int) -> tuple[Tensor, dict[str, Tensor]]:
            head = self.heads.heads[random.integers(len(self.heads.heads))]
            view = self.heads.view(head, range(len(head.styles)), recipe, random)
            conditions = self._conditions(view)
            _left_out(conditions, torch.tensor([mode >= 2]), torch.tensor([mode % 2 == 1]), denoiser.white)
            return conditions, dict(zip(head.styles, self.codec.encoded(view.drawn).split(1), strict=True))

        fit_sketch(denoiser.sketch, carried / carried.max(), denoiser.white, shown, recipe.sketched, report)
        fit_finer(denoiser.finer, self._finer_view, recipe.finer_views, recipe.finer_pixels, report)
        denoiser.sketch.errors.copy_(errors_of(denoiser, shown, max(1, recipe.sketched // 12)))

    def _finer_view(self, number: int) -> FinerView:
        """The view of a number; never a grid, for strokes lie at the same places of every drawing."""
        random = np.random.default_rng([self.recipe.seed, number])
        head = self.heads.heads[random.integers(len(self.heads.heads))]
        view = self.heads.view(head, range(len(head.styles)), replace(self.recipe, grids=0.0), random)
        styles = torch.tensor([NUMBERS[name] for name in head.styles])
        return finer_view(self.denoiser, self._conditions(view), styles, view.drawn)

    def _conditions(self, view: Batch) -> Tensor:
        guide = self.codec.encoded(view.plain[:1])
        return self.denoiser.conditions(guide, view.depth[:1], guide)

    def run(self, report: Report, steps: int | None = None) -> None:
        """Train to the end of the schedule, and save.

        Args:
            report: told of every step; may raise `Cancelled`, and the state is saved first.
            steps: stop after that many all together.
        """
        recipe = self.recipe
        saved = shown = time.monotonic()
        try:
            while self.step < min(recipe.steps, steps or recipe.steps):
                random = np.random.default_rng([recipe.seed, self.step])
                torch.manual_seed(recipe.seed * 1_000_003 + self.step)
                loss = self.loss(self.heads.batch(recipe, random), random)
                progress = self.step / recipe.steps
                rate = recipe.rate * min(1, (self.step + 1) / 50) * (0.02 + 0.49 * (1 + math.cos(math.pi * progress)))
                self.adam.step(loss, [rate] * len(self.parameters))
                keep = min(recipe.keep, (1 + self.step) / (10 + self.step))
                with torch.no_grad():
                    for name, weight in self.parameters.items():
                        if weight.ndim > 1:
                            weight.mul_(1 - recipe.decay * rate)
                        self.average[name].lerp_(weight, 1 - keep)
                self.step += 1
                value = float(loss.detach())
                now = time.monotonic()
                if now - saved > SAVE_EVERY_SECONDS:
                    self.save()
                    saved = now
                if now - shown > PICTURES_EVERY_SECONDS:
                    self.show()
                    shown = now
                with (self.out / LOG).open("a", encoding="utf-8") as log:
                    log.write(json.dumps({"step": self.step, "loss": round(value, 5)}) + "\n")
                report(Progress(self.step, recipe.steps, "Learning to draw", {"loss": value}))
        finally:
            self.save()

    def loss(self, batch: Batch, random: np.random.Generator) -> Tensor:
        """Error in units of how far a guess errs that noisy a picture: squared where it is small.

        Thin lines are many deviations from the mean and would drown the rest. Channels that carry much of a picture
        count more, by their deviation.
        """
        recipe, count = self.recipe, len(batch.captions)
        with torch.no_grad():
            clean, guide = self.codec.encoded(batch.drawn), self.codec.encoded(batch.plain)
        # evenly spread, so that each batch sees all levels
        levels = ((torch.rand(1) + torch.arange(count) / count) % 1) ** recipe.noisy
        timesteps = (levels * TRAINED_TIMESTEPS).long()[torch.randperm(count)]
        signal = signal_at(timesteps, clean)
        noise = (1 - signal) / signal
        reach = SPREAD * (noise / (noise + SPREAD**2)).sqrt()
        noisy = signal.sqrt() * clean + (1 - signal).sqrt() * torch.randn_like(clean)
        said = [() if random.random() < recipe.wordless else understood(c).concepts for c in batch.captions]
        unguided, flat = (torch.from_numpy(random.random(count) < p) for p in (recipe.unguided, recipe.flat))
        conditions = self.denoiser.conditions(noisy, batch.depth, guide)
        _left_out(conditions, unguided, flat, self.denoiser.white)
        # on a processor plain attention is faster than the fused one, whose backward pass is slow for few tokens
        with sdpa_kernel(SDPBackend.MATH):
            found = self.denoiser(noisy, timesteps, shares_of(said), conditions)
        carried = self.codec.scale.reciprocal() / self.codec.scale.reciprocal().mean()
        off = (found - clean) / reach
        loss: Tensor = (carried * 2 * ((1 + off.square()).sqrt() - 1)).mean()
        return loss

    def prior(self) -> DrawingPrior:
        """The prior so far, with averaged weights."""
        denoiser = DrawingDenoiser(self.recipe.network)
        denoiser.load_state_dict(self.denoiser.state_dict() | self.average)
        return DrawingPrior(self.recipe.network, denoiser)

    def show(self) -> Path:
        """Write a picture of what the prior draws now: each style of one view, guided and by depth alone."""
        head = self.heads.heads[self.step % len(self.heads.heads)]
        prior, names = self.prior(), list(STYLES)
        plain = pictures_tensor([head.pictures[0, 0]])
        depth = pictures_tensor([head.depth[0]]).expand(len(names), -1, -1, -1)
        guide = prior.latents_from_pictures(plain).expand(len(names), -1, -1, -1)
        words = prior.words([caption(head.meta, name, np.random.default_rng(0)) for name in names])
        rows = [drawn_from_noise(prior, words, depth, given, steps=8, seed=0) for given in (guide, None)]
        sheet = torch.cat([torch.cat([plain[0], *row], 2) for row in rows], 1).permute(1, 2, 0).numpy()
        path = self.out / f"samples_{self.step:06d}.png"
        cv2.imwrite(str(path), np.asarray(sheet[..., ::-1] * 255 + 0.5, np.uint8))
        return path

    def export(self, path: Path) -> Path:
        """Write the file that `core.stylizers.drawing_prior.load_prior` reads."""
        recipe = asdict(self.recipe) | {"steps": self.step, "heads": len(self.heads.heads)}
        return save_prior(self.prior(), path, recipe)

    def save(self) -> None:
        """Write the state, replacing the former one only when it is complete."""
        tensors = {f"denoiser.{k}": v for k, v in self.denoiser.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
        tensors |= {f"adam.{k}": v for k, v in self.adam.moments().items()}
        packed = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
        partial = self.out / (STATE + ".partial")
        save_file(packed, partial, metadata={"prior": json.dumps({"step": self.step})})
        partial.replace(self.out / STATE)

    def _resume(self, path: Path) -> None:
        with safe_open(path, framework="pt") as file:
            self.step = int(json.loads(file.metadata()["prior"])["step"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict

        def under(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        self.denoiser.load_state_dict(under("denoiser."))
        self.average = under("average.")
        self.adam.restore(under("adam."))
