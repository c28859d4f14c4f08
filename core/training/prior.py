"""Trains the bundled prior: drawings, codec, sketches, denoiser (`volteface train prior`).

The denoiser learns to see noise in the latents of drawings, given what their captions say, the depth, and the latents
of the picture they were drawn from. Few pictures are grids of four views. Most of what it sees is nearly nothing but
noise: what the sketch lacks is to be found in the guide. The last layer is found in closed form (`prior_readout`), the
others by descent.

Resumable: OUT/state.safetensors is written every few minutes, OUT/log.jsonl tells the loss, OUT/samples_*.png show what
it draws.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch.nn.attention import SDPBackend, sdpa_kernel

from core.descent import Adam
from core.drawing.styles import STYLES
from core.progress import Progress, silent
from core.stylizers.drawing_codec import FACTOR
from core.stylizers.drawing_networks import DrawingDenoiser, shares_of, signal_at
from core.stylizers.drawing_prior import DrawingPrior, save_prior
from core.stylizers.noise_schedule import TRAINED_TIMESTEPS
from core.stylizers.prompt import understood
from core.stylizers.restyled_picture import drawn_from_noise
from core.stylizers.vocabulary import STYLES as KNOWN
from core.training.captions import caption
from core.training.prior_batches import DrawnHeads, PriorRecipe, ShownView, numbers_of, pictures_tensor
from core.training.prior_codec import fitted_codec
from core.training.prior_finer import FinerView, finer_view, fit_finer
from core.training.prior_lessons import Lesson, Lessons
from core.training.prior_readout import fit_readout, wanted_changes
from core.training.prior_sketch import errors_of, fit_sketch

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from core.progress import Report

DRAWINGS, LESSONS, STATE, LOG = "drawings", "lessons", "state.safetensors", "log.jsonl"
SAVE_EVERY_SECONDS = 240.0
PICTURES_EVERY_SECONDS = 1500.0
BETAS = (0.9, 0.99)
READOUT = "unet.conv_out"
"""The layer that is found in closed form."""
SOME_GRIDS = 0.06
"""Share of the views that first sketches are fitted to that are grids."""
PLAIN = "photo"
FAR = 0.9
"""Share of the timesteps above which there is nearly nothing but noise."""
ALONE = 4.0
"""How much a style counts that is learned alone, beside one of many."""
PAPER = 0.1
"""How much the paper around a head counts, beside the head."""


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
        self.numbers = numbers_of(self.heads.heads[0])
        torch.manual_seed(recipe.seed)
        self.denoiser = DrawingDenoiser(recipe.network)
        self.codec = self.denoiser.codec
        self.parameters = {
            name: one for name, one in self.denoiser.named_parameters() if one.requires_grad and READOUT not in name
        }
        self.adam = Adam(list(self.parameters.values()), BETAS)
        self.average = {name: value.detach().clone() for name, value in self.parameters.items()}
        if (out / STATE).exists():
            self._resume(out / STATE)
        else:
            # of another codec and other sketches
            for stale in (out / LESSONS).glob("*"):
                stale.unlink()
            codec = fitted_codec(self.heads.pictures(8), recipe.network.channels, report, recipe.codec_steps)
            self.codec.load_state_dict(codec.state_dict())
            with torch.no_grad():
                self.denoiser.white.copy_(self.codec.encoded(torch.ones(1, 3, FACTOR, FACTOR)))
                self._fit_sketch(report)
            self.save()
        self.lessons = Lessons(out / LESSONS, self.heads, self.denoiser, recipe, report)

    def _fit_sketch(self, report: Report) -> None:
        recipe, denoiser = self.recipe, self.denoiser
        random = np.random.default_rng(recipe.seed)
        carried = self.codec.scale.flatten().rsqrt()

        def shown(mode: int) -> tuple[Tensor, dict[str, Tensor]]:
            head, view = self.heads.drawn_by_lot(SOME_GRIDS, recipe.spoilt, random)
            conditions = self._conditions(view)
            _left_out(conditions, torch.tensor([mode >= 2]), torch.tensor([mode % 2 == 1]), denoiser.white)
            return conditions, dict(zip(head.styles, self.codec.encoded(view.drawn).split(1), strict=True))

        fit_sketch(denoiser.sketch, carried / carried.max(), denoiser.white, shown, recipe.sketched, report)
        fit_finer(denoiser.finer, self._finer_view, recipe.finer_views, recipe.finer_pixels, report)
        denoiser.sketch.errors.copy_(errors_of(denoiser, shown, max(1, recipe.sketched // 12)))

    def _finer_view(self, number: int) -> FinerView:
        """The view of a number; never a grid, for strokes lie at the same places of every drawing."""
        random = np.random.default_rng([self.recipe.seed, number])
        head, view = self.heads.drawn_by_lot(0, self.recipe.spoilt, random)
        return finer_view(self.denoiser, self._conditions(view), torch.tensor(numbers_of(head)), view.drawn)

    def _conditions(self, view: ShownView) -> Tensor:
        guide = self.codec.encoded(view.plain)
        return self.denoiser.conditions(guide, view.depth, guide)

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
                if self.step % recipe.solved == 0:
                    fit_readout(self.denoiser, self.lessons.all, self.numbers, report)
                random = np.random.default_rng([recipe.seed, self.step])
                torch.manual_seed(recipe.seed * 1_000_003 + self.step)
                loss = self.loss(*self.lessons.batch(recipe, random), random)
                rate = self._rate()
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

    def _rate(self) -> float:
        """Of this step: it rises, and falls to nearly nothing."""
        recipe = self.recipe
        fallen = 0.02 + 0.49 * (1 + math.cos(math.pi * self.step / recipe.steps))
        return recipe.rate * min(1, (self.step + 1) / recipe.rise) * fallen

    def loss(self, lesson: Lesson, captions: list[str], random: np.random.Generator) -> Tensor:
        """Error in units of how far a guess errs: squared where it is small, for lines are many deviations from it.

        So all styles count alike. Channels count as their errors are seen in pictures. Where there is nearly nothing
        but noise, the sketch is all that is guessed, and the networks answer for all styles.
        """
        recipe, denoiser, count = self.recipe, self.denoiser, len(captions)
        sketches, conditions = lesson.sketches, lesson.conditions
        shares = shares_of([understood(one).concepts for one in captions])
        numbers = self.numbers
        asked = shares[:, 0, numbers].argmax(1)
        near = torch.from_numpy(random.random(count) < recipe.near)
        levels = torch.where(near, torch.rand(count), 1 - (1 - FAR) * torch.rand(count))
        timesteps = (levels * TRAINED_TIMESTEPS).long().clamp(max=TRAINED_TIMESTEPS - 1)
        own = torch.arange(count), asked
        with torch.no_grad():
            signal = signal_at(timesteps, lesson.drawn)
            clean = lesson.drawn[own]
            noisy = signal.sqrt() * clean + (1 - signal).sqrt() * torch.randn_like(clean)
            styles = shares[:, 0, : len(KNOWN)]
            guess, reach, spread = denoiser.guessed(noisy, timesteps, styles, conditions, sketches[own])
            wanted, here = wanted_changes(denoiser, lesson, numbers)
            told = torch.ones_like(wanted)
            wanted[own], told[own] = (clean - guess) / spread, reach / spread
            weight = self._weights(near, asked)[..., None, None] * (PAPER + (1 - PAPER) * here[:, None])
        # on a processor plain attention is faster than the fused one, whose backward pass is slow for few tokens
        with sdpa_kernel(SDPBackend.MATH):
            found = denoiser.changes(noisy, timesteps, shares, conditions)[:, numbers]
        loss: Tensor = (weight * 2 * ((1 + (told * found - wanted).square()).sqrt() - 1)).mean()
        return loss

    def _weights(self, near: Tensor, asked: Tensor) -> Tensor:
        """How much channels of styles count in views [B, N, C]; in those that are `near` the one that is `asked`."""
        names = self.heads.heads[0].styles
        counted = torch.tensor([self.recipe.plain if name == PLAIN else 1.0 for name in names])
        seen = self.denoiser.sketch.errors[self.numbers] / self.codec.scale.flatten().square()
        alone = ALONE * F.one_hot(asked, len(names))
        views = torch.where(near[:, None], alone, torch.ones_like(alone)) * counted
        return views[..., None] * seen / seen.mean(1, keepdim=True)

    def prior(self) -> DrawingPrior:
        """The prior so far, with averaged weights, and the last layer that is theirs."""
        denoiser = DrawingDenoiser(self.recipe.network)
        denoiser.load_state_dict(self.denoiser.state_dict() | self.average)
        fit_readout(denoiser, self.lessons.all, self.numbers, silent)
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
