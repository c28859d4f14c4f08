"""Trains the encoder of implicit fusion from the bundled one (METHODS 3.5): seams go, and what they hid is made up.

First in closed form: random heads, seen clean and from straight in front as fusion sees them, have known codes, and a
ridge leads from the encoder's summary to what its attributes leave of them. Then by descent on the published losses,
from whichever of this and the bundled encoder is better on pairs that nobody learned from: the final fusion with what
the generator makes of the encoder's latents in its band is rendered, and inside the part's dilated outline it should
look like the reference (LPIPS), outside it should be the wearer (identity). What does not pay there is dropped.

Resumable: OUT/fusion.state.safetensors is written every few minutes, and each step draws from a seed of its own.
Longer than usual: both ways to begin, the descent and the choice between them are judged by one loss.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from core.descent import Ranger
from core.editors.fuse import final_fusion
from core.editors.random_head import random_latents
from core.errors import CheckpointError, VoltefaceError
from core.inverters.encoder import LevelOffsets, fingerprint
from core.inverters.perceptual import multiplies_half
from core.losses import embedding_norm, lpips
from core.perception.head_pose import canonical_face
from core.perception.identity import chip_from_mesh, cut_chips, identity_net
from core.progress import Progress
from core.training.encoder_codes import Example, ridge
from core.training.fusion_items import frontal_look, make_items, read_item, rendered, sketched
from core.whole_file import written_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from core.generators.mini import Mini
    from core.inverters.fusion_encoder import FusionEncoder
    from core.progress import Report
    from core.training.fusion_items import FusionItem

STATE, LOG = "fusion.state.safetensors", "fusion.log.jsonl"
EXAMPLES, SCORES = "examples.safetensors", "fusion.scores.json"
SAVE_EVERY_SECONDS = 120.0
EXAMPLE_SEED = 800_000
BETAS = (0.95, 0.999)


@dataclass(frozen=True)
class FusionRecipe:
    """All numbers of a run; steps, rate and losses are the published ones, items are cached where it drew fresh ones.

    Attributes:
        examples: random heads for the closed form.
        truncation: of them.
        items: pairs.
        unseen: the last of them, from which nothing is learned.
        steps: length of the schedule.
        batch: pairs a step.
        rate: Ranger's; the bias moves `bias_share` times as fast, since it serves all pictures.
        bias_share: see `rate`.
        dilation_px: by which the part's outline is widened in pictures of 128 px.
        perceptual: weight of the masked LPIPS (AlexNet).
        identity: weight of the identity distance.
        seed: of every draw.
    """

    examples: int = 160
    truncation: float = 0.8
    items: int = 88
    unseen: int = 8
    steps: int = 1500
    batch: int = 2
    rate: float = 1e-4
    bias_share: float = 10.0
    dilation_px: int = 9
    perceptual: float = 1.0
    identity: float = 0.8
    seed: int = 0


@dataclass(frozen=True)
class FusionFigures:
    """What the training found.

    Attributes:
        unexplained: share of the missing code's variance that the closed form leaves on heads it was not fitted to.
        losses: on unseen pairs, of the bundled offsets, of the closed form, and after the descent.
        kept: which of them was kept.
    """

    unexplained: float
    losses: dict[str, float]
    kept: str


def closed_form(
    generator: Mini, encoder: FusionEncoder, out: Path, recipe: FusionRecipe, report: Report
) -> tuple[LevelOffsets, float]:
    """Offsets that are alike at all levels, from random heads and their codes, and what they leave unexplained."""
    file = out / EXAMPLES
    hidden, codes, targets = [], [], []
    if file.is_file():
        with safe_open(file, framework="pt") as data:
            hidden, codes, targets = (list(data.get_tensor(name).split(1)) for name in ("hidden", "code", "target"))
    with torch.no_grad():
        for number in range(len(hidden), recipe.examples):
            latents = random_latents(generator, EXAMPLE_SEED + number, recipe.truncation)
            seen, code = frontal_look(generator, encoder, sketched(generator, latents))
            hidden.append(seen)
            codes.append(code)
            targets.append(latents[:1])
            report(Progress(number + 1, recipe.examples, "Looking at random heads"))
    known = Example(torch.cat(hidden), torch.cat(codes), torch.cat(targets), torch.arange(len(hidden)))
    with written_whole(file) as stream:
        stream.write(save({"hidden": known.hidden, "code": known.code, "target": known.target.contiguous()}))
    weight, bias, unexplained = ridge(known)
    count = generator.info.latent_count
    offsets = LevelOffsets(weight[None].repeat(count, 1, 1), bias[None].repeat(count, 1), fingerprint(generator.prior))
    return offsets, unexplained


class FusionTraining:
    """The descent: a run that can stop and go on.

    Attributes:
        offsets: what is learned.
        step: steps done.
    """

    def __init__(
        self, generator: Mini, start: LevelOffsets, items: Sequence[Path], out: Path, recipe: FusionRecipe
    ) -> None:
        if not items:
            raise VoltefaceError("There are no pairs to learn fusion from.", "Ask for more with --items.")
        self.generator, self.items, self.recipe, self.out = generator, list(items), recipe, out
        self.offsets = replace(start, weight=start.weight.clone(), bias=start.bias.clone())
        self.ranger = Ranger([self.offsets.weight.requires_grad_(), self.offsets.bias.requires_grad_()], BETAS)
        self.step = 0
        if (out / STATE).is_file():
            self._resume(out / STATE)

    def run(self, report: Report, steps: int | None = None) -> None:
        """Train to the end of the schedule, or until that many steps are done, and save.

        Raises:
            Cancelled: `report` raised it; the state is saved first.
        """
        recipe, saved = self.recipe, time.monotonic()
        try:
            while self.step < min(recipe.steps, steps or recipe.steps):
                random = np.random.default_rng([recipe.seed, self.step])
                picked = random.choice(len(self.items), min(recipe.batch, len(self.items)), replace=False)
                terms: dict[str, Tensor] = {}
                for index in picked:
                    item = read_item(self.items[int(index)], self.generator)
                    view = 0 if random.random() < 1 / 2 else int(random.integers(1, len(item.cameras)))
                    for name, term in self.losses(item, view, self.offsets).items():
                        terms[name] = terms.get(name, torch.zeros(())) + term / len(picked)
                factor = min(1.0, (self.step + 1) / 20) * 0.5 * (1 + math.cos(math.pi * self.step / recipe.steps))
                rate = recipe.rate * factor
                self.ranger.step(torch.stack(list(terms.values())).sum(), [rate, recipe.bias_share * rate])
                self.step += 1
                values = {name: float(term.detach()) for name, term in terms.items()}
                self._log({"step": self.step, **values})
                if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                    self.save()
                    saved = time.monotonic()
                report(Progress(self.step, recipe.steps, "Learning to mend seams", values))
        finally:
            self.save()

    def losses(self, item: FusionItem, view: int, offsets: LevelOffsets) -> dict[str, Tensor]:
        """Weighted terms for one view of a pair, by name; differentiable in the offsets."""
        generator, recipe = self.generator, self.recipe
        latents = item.code[:, None] + offsets.of(item.hidden)
        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_half()):
            planes = generator.sketch(latents)[0]
        implicit = item.source.with_planes(planes.float())
        fused = final_fusion(item.shares(), item.source, implicit, item.target, item.pasted())
        picture, _ = rendered(generator, fused, item.cameras[view])
        window = 2 * recipe.dilation_px + 1
        inside = F.max_pool2d(item.outlines[view, None], window, 1, recipe.dilation_px)
        terms = {}
        if inside.any():
            wanted = item.reference[view, None]
            distance = lpips(picture * inside, wanted * inside, inside, backbone="alex")
            terms["perceptual"] = recipe.perceptual * distance.mean()
        if view == 0:
            side = picture.shape[-1]
            chip = chip_from_mesh(canonical_face().expected(0.0, 0.0) * side, side, side)
            pair = torch.cat([picture, item.wearer[None]]) * (1 - inside)
            ours, theirs = identity_net()(cut_chips(pair, chip))
            terms["identity"] = recipe.identity * embedding_norm((ours - theirs.detach())[None]).mean()
        return terms or {"nothing": 0 * latents.sum()}

    def score(self, items: Sequence[Path], offsets: LevelOffsets) -> float:
        """Mean loss over all views of some pairs."""
        total, count = 0.0, 0
        with torch.no_grad():
            for file in items:
                item = read_item(file, self.generator)
                for view in range(len(item.cameras)):
                    total += sum(float(term) for term in self.losses(item, view, offsets).values())
                    count += 1
        return total / max(count, 1)

    def save(self) -> None:
        """Write the state, replacing the former one only when it is complete."""
        tensors = {"weight": self.offsets.weight, "bias": self.offsets.bias, **self.ranger.moments()}
        packed = {name: value.detach().contiguous().clone() for name, value in tensors.items()}
        described = {"step": self.step, "recipe": asdict(self.recipe), "generator": self.offsets.generator}
        with written_whole(self.out / STATE) as stream:
            stream.write(save(packed, {"fusion": json.dumps(described)}))

    def _resume(self, path: Path) -> None:
        try:
            with safe_open(path, framework="pt") as file:
                described = json.loads((file.metadata() or {})["fusion"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            weight, bias = tensors.pop("weight"), tensors.pop("bias")
            if described["generator"] != self.offsets.generator or weight.shape != self.offsets.weight.shape:
                raise ValueError("of another generator")
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{path} is of another head model, or damaged.", "Choose another output folder."
            ) from error
        with torch.no_grad():
            self.offsets.weight.copy_(weight)
            self.offsets.bias.copy_(bias)
        self.ranger.restore(tensors)
        self.step = int(described["step"])

    def _log(self, values: dict[str, float]) -> None:
        with (self.out / LOG).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({name: round(value, 5) for name, value in values.items()}) + "\n")


def train_fusion(
    generator: Mini, encoder: FusionEncoder, out: Path, recipe: FusionRecipe, report: Report
) -> tuple[FusionEncoder, FusionFigures]:
    """Everything: the encoder with the offsets that are best on unseen pairs, and how good each step was.

    Args:
        generator: whose heads.
        encoder: the bundled one's network and offsets.
        out: folder of items, state and log.
        recipe: all numbers.
        report: told of every step; may raise `Cancelled`, and what is done is kept.
    """
    out.mkdir(parents=True, exist_ok=True)
    fitted, unexplained = closed_form(generator, encoder, out, recipe, report)
    files = make_items(generator, encoder, out / "items", recipe.items, report)
    learned, unseen = files[: -recipe.unseen or None], files[-recipe.unseen :]
    found = {"bundled": encoder.offsets, "closed form": fitted}
    losses = _scores(FusionTraining(generator, encoder.offsets, learned, out, recipe), unseen, found)
    start = found[min(losses, key=lambda name: losses[name])]
    training = FusionTraining(generator, start, learned, out, recipe)
    training.run(report)
    for parameter in (training.offsets.weight, training.offsets.bias):
        parameter.requires_grad_(False)
    found["descent"] = training.offsets
    losses["descent"] = training.score(unseen, training.offsets)
    kept = min(losses, key=lambda name: losses[name])
    return replace(encoder, offsets=found[kept]), FusionFigures(unexplained, losses, kept)


def _scores(training: FusionTraining, unseen: Sequence[Path], found: Mapping[str, LevelOffsets]) -> dict[str, float]:
    """How good each way to begin is; found out once in a folder."""
    file = training.out / SCORES
    if file.is_file():
        return {str(name): float(value) for name, value in json.loads(file.read_text(encoding="utf-8")).items()}
    scores = {name: training.score(unseen, offsets) for name, offsets in found.items()}
    with written_whole(file) as stream:
        stream.write(json.dumps(scores).encode())
    return scores
