"""Trains the bundled generator `mini` from rendered synthetic heads: field, rendered patches, sharpening, the file.

Resumable: the state of all stages lies in OUT/state.safetensors, written every few minutes, and a run continues from
it. With each state goes OUT/STAGE_STEP.png: heads that were never trained on, from their attributes alone.

Longer than usual: a run is one machine whose stages share network, codes, average and state.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from core.descent import Adam
from core.errors import CheckpointError
from core.generators.mini import Mini
from core.generators.mini_network import MiniConfig, MiniNetwork
from core.generators.mini_prior import AttributeNames, LatentPrior
from core.losses import lpips
from core.progress import Progress, Report
from core.training.dataset import HeadViews, is_held_out, pixel_rays
from core.training.field import (
    Codes,
    FieldConfig,
    drawn_batch,
    field_losses,
    optimiser,
    rate_factor,
    roughness,
    view_odds,
)
from core.training.gallery import contact_sheet
from core.training.growth import grow_codes, grown_network
from core.training.mini_file import export_mini
from core.training.patches import PatchConfig, drawn_patch, patch_losses, rendered_patch
from core.training.synthetic.attributes import ATTRIBUTE_GROUPS
from core.training.training_heads import TrainingHeads

STATE = "state.safetensors"
PATCH_BETAS = (0.9, 0.99)  # one head a step: momentum stands in for a batch
SAVE_EVERY_SECONDS = 480.0


@dataclass(frozen=True)
class Recipe:
    """All numbers of a training run.

    Attributes:
        model: sizes of the networks.
        fields: the first stage.
        patches: the second stage.
        patch_steps: its length.
        patches_per_step: patches of one head, from as many views.
        field_every: every so many steps of the second stage are steps of the first, which keep the geometry honest.
        smooth_px: side of the window of the planes whose roughness is looked at in a step of the second stage.
        patch_noise: deviation of the noise on latents in the second stage.
        patch_rate: Adam's learning rate of convolutions and tables; styles, decoder and codes move more slowly.
        sharpening: the third stage, which trains the super-resolution and nothing else.
        sharpen_steps: its length.
        sharpen_rate: Adam's learning rate.
        seed: of every random draw.
    """

    model: MiniConfig = field(default_factory=MiniConfig)
    fields: FieldConfig = field(default_factory=FieldConfig)
    patches: PatchConfig = field(default_factory=PatchConfig)
    patch_steps: int = 1500
    patches_per_step: int = 2
    field_every: int = 4
    smooth_px: int = 96
    patch_noise: float = 0.03
    patch_rate: float = 6e-4
    sharpening: PatchConfig = field(default_factory=lambda: PatchConfig(patch_px=32))
    sharpen_steps: int = 450
    sharpen_rate: float = 5e-4
    seed: int = 0


class MiniTraining:
    """A run that can stop and go on."""

    def __init__(
        self, heads: TrainingHeads, out: Path, recipe: Recipe, large: Mapping[int, HeadViews] | None = None
    ) -> None:
        """Begin, or go on where a run into `out` stopped.

        Args:
            heads: the data.
            out: folder of the state and of what is made.
            recipe: all numbers.
            large: views of some of the heads, by number, twice as large; without them nothing is sharpened.
        """
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        self.heads, self.out, self.recipe = heads, out, recipe
        self.network = MiniNetwork(recipe.model)
        self.network.synthesis.to(memory_format=torch.channels_last)
        self.codes = Codes(heads.attributes[heads.trained], len(heads.views), recipe.model.latent_size)
        self.average = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.large = dict(large or {})
        self.steps = {"field": 0, "patches": 0, "sharpen": 0}
        self.optimisers = {
            "field": optimiser(self.network, self.codes, recipe.fields),
            "patches": patch_optimiser(self.network, self.codes, recipe.patch_rate),
        }
        if self.large and self.network.upscaler.sharpen is not None:
            weights = list(self.network.upscaler.parameters())
            self.optimisers["sharpen"] = Adam(weights, PATCH_BETAS), [recipe.sharpen_rate] * len(weights)
        if (out / STATE).exists():
            self._resume()

    def grow_from(self, model: Mini) -> None:
        """Begin the second stage with what a smaller model learned; heads have no residuals of their own then."""
        prior = model.prior
        network = grown_network(model.network.state_dict(), model.network.config, self.recipe.model)
        self.network.load_state_dict(network.state_dict())
        self.average = {name: value.clone() for name, value in self.network.state_dict().items()}
        names = list(prior.attributes.names)
        affine = {
            "linear.weight": prior.weight,
            "linear.bias": prior.bias,
            "mean": prior.centre,
            "std": prior.scale,
            "residual": torch.zeros(0, len(prior.bias)),
        }
        grow_codes(self.codes, affine, {n: names.index(x) for n, x in enumerate(self.heads.names) if x in names}, {})
        self.steps = {"field": self.recipe.fields.steps, "patches": 0, "sharpen": 0}

    def run(self, report: Report) -> Path:
        """Do what is left of the stages and write OUT/mini.safetensors.

        Raises:
            Cancelled: `report` raised it; the state is saved first.
        """
        try:
            self._stage("field", self.recipe.fields.steps, self._field_step, report)
            self._stage("patches", self.recipe.patch_steps, self._patch_step, report)
            if "sharpen" in self.optimisers:
                if self.steps["sharpen"] == 0:
                    self.network.load_state_dict(self.average)
                self._stage("sharpen", self.recipe.sharpen_steps, self._sharpen_step, report)
        finally:
            self.save()
        return self.export()

    def _stage(self, name: str, steps: int, step: object, report: Report) -> None:
        assert callable(step)
        adam, rates = self.optimisers[name]
        saved = time.monotonic()
        while self.steps[name] < steps:
            done = self.steps[name]
            # a seed for each step, so that a resumed run draws what an unbroken one would have drawn
            rng = np.random.default_rng([self.recipe.seed, len(name), done])
            torch.manual_seed(self.recipe.seed * 1_000_003 + done)
            terms: Mapping[str, Tensor] = step(rng)
            factor = rate_factor(done, steps, self.recipe.fields.warm_up)
            adam.step(torch.stack(list(terms.values())).sum(), [rate * factor for rate in rates])
            decay = min(0.998, (1 + done) / (20 + done))
            for key, value in self.network.state_dict().items():
                self.average[key].lerp_(value, 1 - decay)
            self.steps[name] = done + 1
            if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                self.save()
                saved = time.monotonic()
            report(Progress(done + 1, steps, name, {key: float(value.detach()) for key, value in terms.items()}))

    def _field_step(self, rng: np.random.Generator) -> Mapping[str, Tensor]:
        config = self.recipe.fields
        numbers = rng.choice(self.heads.trained, config.batch, replace=False)
        batch = drawn_batch([self.heads.views[n] for n in numbers], config, rng)
        latents = self.codes(self.heads.attributes[numbers], torch.as_tensor(numbers))
        terms = field_losses(self.network, latents, batch, config)
        return terms | {"residual": config.residual * self.codes.residual[numbers].square().mean()}

    def _patch_step(self, rng: np.random.Generator) -> Mapping[str, Tensor]:
        if self.steps["patches"] % self.recipe.field_every == 0:
            return self._field_step(rng)
        config = self.recipe.patches
        number = int(rng.choice(self.heads.trained))
        head = self.heads.views[number]
        views = rng.choice(len(head), self.recipe.patches_per_step, p=view_odds(head.world_from_camera), replace=False)
        rays = pixel_rays(head.rgb.shape[1])
        patches = [drawn_patch(head, int(view), rays, config, rng) for view in views]
        latent = self.codes(self.heads.attributes[[number]], torch.tensor([number]))
        latent = latent + self.recipe.patch_noise * torch.randn_like(latent)
        with torch.autocast("cpu", torch.bfloat16):
            planes = self.network.synthesis(latent[:, None].expand(-1, self.recipe.model.latent_count, -1))
        planes = planes.float()
        seen = [rendered_patch(self.network, planes, patch, config) for patch in patches]
        pictures, _ = self.network.upscaler.doubled(*(torch.cat(column) for column in zip(*seen, strict=True)))
        with torch.autocast("cpu", torch.bfloat16):
            perceptual = lpips(pictures.clamp(0, 1), torch.cat([patch.picture for patch in patches]))
        each = [
            patch_losses(*marched, picture[None], patch, distance.float(), config)
            for marched, picture, patch, distance in zip(seen, pictures, patches, perceptual, strict=True)
        ]
        terms = {name: torch.stack([t[name] for t in each if name in t]).mean() for name in each[0]}
        room = planes.shape[-1] - self.recipe.smooth_px + 1
        row, column = (int(rng.integers(max(room, 1))) for _ in range(2))
        window = planes[..., row : row + self.recipe.smooth_px, column : column + self.recipe.smooth_px]
        return terms | {"smooth": self.recipe.fields.smooth * roughness(window)}

    def _sharpen_step(self, rng: np.random.Generator) -> Mapping[str, Tensor]:
        """The averaged network draws; only the super-resolution learns, from pictures at full size."""
        config, model = self.recipe.sharpening, self.recipe.model
        number = int(rng.choice(list(self.large)))
        head = self.large[number]
        rays = pixel_rays(head.rgb.shape[1])
        views = rng.choice(len(head), min(4, len(head)), replace=False)
        patches = [drawn_patch(head, int(view), rays, config, rng, ratio=4) for view in views]
        with torch.no_grad():
            latent = self.codes(self.heads.attributes[[number]], torch.tensor([number]))
            with torch.autocast("cpu", torch.bfloat16):
                planes = self.network.synthesis(latent[:, None].expand(-1, model.latent_count, -1))
            seen = [rendered_patch(self.network, planes.float(), patch, config) for patch in patches]
        doubled, made_of = self.network.upscaler.doubled(*(torch.cat(column) for column in zip(*seen, strict=True)))
        pictures = self.network.upscaler.doubled_again(doubled, made_of)
        wanted = torch.cat([patch.picture for patch in patches])
        with torch.autocast("cpu", torch.bfloat16):
            perceptual = lpips(pictures.clamp(0, 1), wanted).float().mean()
        colour = (pictures - wanted).abs().mean()
        half = (doubled - F.avg_pool2d(wanted, 2)).abs().mean()
        return {"colour": config.colour * (colour + half) / 2, "perceptual": config.perceptual * perceptual}

    def save(self) -> None:
        """Write the state, replacing the former one only when it is complete."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"codes.{k}": v for k, v in self.codes.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
        for name, (adam, _) in self.optimisers.items():
            tensors |= {f"{name}.{key}": value for key, value in adam.moments().items()}
        described = {
            "steps": json.dumps(self.steps),
            "recipe": json.dumps(asdict(self.recipe)),
            "seeds": json.dumps([views.seed for views in self.heads.views]),
            "attributes": json.dumps(self.heads.names),
        }
        partial = self.out / (STATE + ".partial")
        save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, partial, metadata=described)
        partial.replace(self.out / STATE)
        self._picture()

    def _picture(self) -> None:
        unseen = [n for n, views in enumerate(self.heads.views) if is_held_out(views.seed)][:4]
        if not unseen:
            return
        network = MiniNetwork(self.recipe.model)
        network.load_state_dict(self.average)
        names = AttributeNames.grouped(self.heads.names, ATTRIBUTE_GROUPS)
        model = Mini(network, LatentPrior(names, self.recipe.model.latent_size), torch.zeros(0))
        with torch.no_grad():
            latents = self.codes(self.heads.attributes[unseen])[:, None].expand(-1, self.recipe.model.latent_count, -1)
        sheet = contact_sheet(model, latents, yaws_degrees=(0, 60, 180), samples=20)
        stage = "patches" if self.steps["patches"] else "field"
        cv2.imwrite(str(self.out / f"{stage}_{self.steps[stage]:06d}.png"), sheet[..., ::-1])

    def _resume(self) -> None:
        with safe_open(self.out / STATE, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        self.steps |= json.loads(metadata["steps"])

        def under(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix + "."): v for k, v in tensors.items() if k.startswith(prefix + ".")}

        seeds, names = json.loads(metadata["seeds"]), json.loads(metadata["attributes"])
        rows = {n: seeds.index(v.seed) for n, v in enumerate(self.heads.views) if v.seed in seeds}
        columns = {n: names.index(name) for n, name in enumerate(self.heads.names) if name in names}
        try:
            self.network.load_state_dict(under("network"))
            grow_codes(self.codes, under("codes"), columns, rows)
        except (RuntimeError, KeyError) as error:
            raise CheckpointError(
                f"{self.out / STATE} is of another recipe or data set.", "Choose another output folder."
            ) from error
        self.average = under("average")
        for name, (adam, _) in self.optimisers.items():
            if moments := under(name):
                adam.restore(moments)

    def export(self) -> Path:
        """Write OUT/mini.safetensors: averaged weights in half precision, the latent prior and the training latents."""
        return export_mini(
            self.out / "mini.safetensors",
            self.recipe.model,
            self.average,
            self.codes,
            self.heads,
            asdict(self.recipe),
        )


def patch_optimiser(network: MiniNetwork, codes: Codes, rate: float) -> tuple[Adam, list[float]]:
    """Adam over everything, gentler on styles, decoder and codes, which a single patch would throw about."""
    rates = {codes.residual: 2 * rate} | dict.fromkeys(codes.linear.parameters(), rate / 10)
    for name, weight in network.named_parameters():
        if "sharpen" in name:
            continue
        rates[weight] = rate if weight.ndim == 4 else rate / 4
        if name.startswith("synthesis.fine"):
            rates[weight] *= 3  # it begins here
    return Adam(list(rates), PATCH_BETAS), list(rates.values())
