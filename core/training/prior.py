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
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch.nn.attention import SDPBackend, sdpa_kernel

from core.descent import Adam
from core.drawing.styles import STYLES
from core.errors import VoltefaceError
from core.progress import Progress
from core.stylizers.drawing_networks import (
    FACTOR,
    SPREAD,
    DrawingConfig,
    DrawingDenoiser,
    shares_of,
    signal_at,
)
from core.stylizers.drawing_prior import DrawingPrior, save_prior
from core.stylizers.noise_schedule import TRAINED_TIMESTEPS, NoiseSchedule
from core.stylizers.prompt import understood
from core.stylizers.restyled_picture import drawn_from_noise
from core.stylizers.vocabulary import NUMBERS, SLOTS
from core.training.captions import SAID, caption
from core.training.dataset import is_held_out
from core.training.prior_codec import fitted_codec
from core.training.prior_drawings import DrawnHead
from core.training.prior_finer import FinerView, finer_view, fit_finer
from core.training.prior_sketch import errors_of, fit_sketch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from core.progress import Report

DRAWINGS, STATE, LOG = "drawings", "state.safetensors", "log.jsonl"
SAVE_EVERY_SECONDS = 240.0
PICTURES_EVERY_SECONDS = 480.0
BETAS = (0.9, 0.99)
PICTURES = ("drawn", "plain", "depth")


@dataclass(frozen=True)
class PriorRecipe:
    """All numbers of the training.

    Attributes:
        network: sizes.
        heads: that are drawn; every twentieth is held out.
        steps: length of the schedule.
        batch: pictures a step.
        rate: Adam's learning rate at the start.
        decay: of the weights, a step and unit of rate.
        keep: share of the averaged weights that a step keeps.
        noisy: exponent by which noisier timesteps are seen more often than others; 1 sees all alike.
        grids: share of the pictures that are four views.
        terse: share of the captions that name the style alone.
        wordless: share without a caption.
        unguided: share without the latents of the plain picture.
        flat: share without depth.
        spoilt: share whose guide is blurred, noisy and in other tones, as other pictures are.
        codec_steps: of the codec's fit.
        sketched: views that the first sketches are fitted to.
        finer_views: views that the finer ones are fitted to.
        finer_pixels: of each of those views and each style.
        seed: of every draw.
    """

    network: DrawingConfig = field(default_factory=DrawingConfig)
    heads: int = 50
    steps: int = 560
    batch: int = 6
    rate: float = 8e-4
    decay: float = 0.01
    keep: float = 0.99
    noisy: float = 0.6
    grids: float = 0.06
    terse: float = 0.6
    wordless: float = 0.1
    unguided: float = 0.05
    flat: float = 0.08
    spoilt: float = 0.25
    codec_steps: int = 400
    sketched: int = 190
    finer_views: int = 130
    finer_pixels: int = 1300
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Batch:
    """Pictures that the denoiser learns from.

    Attributes:
        drawn: float32 [B, 3, P, P], drawings.
        plain: float32 [B, 3, P, P], the pictures they were made from.
        depth: float32 [B, 1, P, P], 1 nearest.
        captions: B.
    """

    drawn: Tensor
    plain: Tensor
    depth: Tensor
    captions: tuple[str, ...]


class DrawnHeads:
    """The drawings of all heads that are not held out, in memory."""

    def __init__(self, folder: Path) -> None:
        files = [path for path in sorted(folder.glob("*.npz")) if not is_held_out(int(path.stem))]
        if not files:
            raise VoltefaceError(f"{folder} holds no drawings.", "Give `volteface train prior` a folder of its own.")
        self.heads = [DrawnHead.read(path) for path in files]

    def pictures(self, each: int) -> Tensor:
        """uint8 [N, 3, P, P]: some pictures of each head, and a grid."""
        random = np.random.default_rng(1)
        some: list[NDArray[np.uint8]] = []
        for head in self.heads:
            views, styles = head.pictures.shape[:2]
            some += [head.pictures[random.integers(views), random.integers(styles)] for _ in range(each)]
            if views == 4:
                some.append(grid_of_views(head.pictures[:, random.integers(styles)]))
        return torch.from_numpy(np.stack(some)).permute(0, 3, 1, 2).contiguous()

    def batch(self, recipe: PriorRecipe, random: np.random.Generator) -> Batch:
        """Draw a batch."""
        views = []
        captions = []
        for _ in range(recipe.batch):
            head = self.heads[random.integers(len(self.heads))]
            style = int(random.integers(len(head.styles)))
            views.append(self.view(head, (style,), recipe, random))
            terse = {slot: 0.0 for slot in SLOTS} if random.random() < recipe.terse else SAID
            captions.append(caption(head.meta, head.styles[style], random, terse))
        drawn, plain, depth = (torch.cat([getattr(view, what) for view in views]) for what in PICTURES)
        return Batch(drawn, plain, depth, tuple(captions))

    @staticmethod
    def view(head: DrawnHead, styles: Sequence[int], recipe: PriorRecipe, random: np.random.Generator) -> Batch:
        """A view, or a grid of four, of a head in some styles; without captions.

        It is never mirrored: sculptures are lit from one side.
        """
        count = len(styles)
        if len(head.pictures) == 4 and random.random() < recipe.grids:
            order = random.permutation(4)
            drawn = [grid_of_views(head.pictures[order, style]) for style in styles]
            plain, depth = grid_of_views(head.pictures[order, 0]), grid_of_views(head.depth[order])
        else:
            view = int(random.integers(len(head.pictures)))
            drawn = [head.pictures[view, style] for style in styles]
            plain, depth = head.pictures[view, 0], head.depth[view]
        if random.random() < recipe.spoilt:
            plain = _spoilt(plain, random)
        return Batch(pictures_tensor(drawn), pictures_tensor([plain] * count), pictures_tensor([depth] * count), ())


def grid_of_views(views: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Four pictures [4, P, P, ...] as one of the same side, each half as large."""
    halves = views.reshape(4, views.shape[1] // 2, 2, views.shape[2] // 2, 2, *views.shape[3:])
    first, second, third, fourth = halves.mean((2, 4), dtype=np.float32)
    rows = [np.concatenate([first, second], 1), np.concatenate([third, fourth], 1)]
    return np.asarray(np.concatenate(rows, 0) + 0.5, np.uint8)


def _spoilt(picture: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """A picture as others might show it: softer, lighter or darker, noisy."""
    soft = cv2.GaussianBlur(np.ascontiguousarray(picture), (0, 0), float(random.uniform(0.3, 0.9))).astype(np.float32)
    soft = 255 - (255 - soft) * np.exp(random.normal(0, 0.06, 3)).astype(np.float32)
    soft += random.standard_normal(soft.shape, np.float32) * np.float32(random.uniform(0, 3))
    return np.asarray(np.clip(soft, 0, 255), np.uint8)


def pictures_tensor(pictures: list[NDArray[np.uint8]]) -> Tensor:
    """Pictures [P, P, 3] or depths [P, P] as float32 [B, 3 or 1, P, P], 0..1."""
    stacked = torch.from_numpy(np.ascontiguousarray(np.stack(pictures))).float() / 255
    return stacked[:, None] if stacked.dim() == 3 else stacked.permute(0, 3, 1, 2)


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
