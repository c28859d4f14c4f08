"""The bundled prior: draws heads in the styles of `vocabulary`, offline, on a processor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from core.errors import CheckpointError
from core.perception.weights import FOLDER
from core.stylizers.drawing_codec import FACTOR
from core.stylizers.drawing_networks import DrawingConfig, DrawingDenoiser, shares_of
from core.stylizers.noise_schedule import NoiseSchedule
from core.stylizers.prior import BUNDLED, PriorInfo, Words, checked_prompt, working_dtype
from core.stylizers.prompt import require_known, understood
from core.stylizers.vocabulary import CONCEPTS, STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

WEIGHTS = FOLDER / "prior.safetensors"
METADATA_KEY = "prior"
GUIDANCE = 1.0
TEMPERATURE = 0.1
"""What the denoiser does not know of a drawing would be drawn from noise, each latent pixel for itself."""
LICENCE = "Apache-2.0 (Volteface; trained on drawings of heads of the bundled model, which learned from CC0 heads)"


class DrawingPrior:
    """A `core.stylizers.prior.DiffusionPrior`."""

    def __init__(
        self,
        config: DrawingConfig,
        denoiser: DrawingDenoiser,
        device: torch.device | str = "cpu",
        *,
        half: bool = False,
    ) -> None:
        self.config = config
        self._device = torch.device(device)
        self._dtype = working_dtype(self._device, half=half)
        self.denoiser = denoiser.to(self._device, self._dtype).eval().requires_grad_(requires_grad=False)
        for exact in (denoiser.codec, denoiser.sketch, denoiser.finer):
            exact.float()
        self.codec = denoiser.codec
        self._last: tuple[Tensor, Tensor, Tensor] | None = None

    @property
    def info(self) -> PriorInfo:
        """What it is."""
        return PriorInfo(
            name=BUNDLED,
            title="the bundled prior",
            licence=LICENCE,
            commercial=True,
            picture_px=self.config.picture_px,
            factor=FACTOR,
            channels=self.config.channels,
            has_depth=True,
            has_guide=True,
            open_vocabulary=False,
            guidance=GUIDANCE,
            temperature=TEMPERATURE,
        )

    @property
    def device(self) -> torch.device:
        """Where its networks are."""
        return self._device

    @property
    def dtype(self) -> torch.dtype:
        """Of the denoiser; the codec stays in float32, for it costs nothing."""
        return self._dtype

    def schedule(self, steps: int = 50) -> NoiseSchedule:
        """Stable Diffusion's."""
        return NoiseSchedule.stable_diffusion(steps)

    def words(self, prompts: Sequence[str]) -> Words:
        """Prompts as shares of concepts, one row for each slot of the vocabulary.

        Raises:
            VoltefaceError: a prompt is too long, in no Latin letters, or none of its words is known.
        """
        said = [require_known(checked_prompt(prompt)).concepts if prompt else () for prompt in prompts]
        return Words(shares_of(said).to(self._device))

    def advice(self, prompt: str) -> str:
        """What it does not know of a prompt, and the nearest that it knows."""
        return understood(prompt).advice()

    def latents_from_pictures(self, pictures: Tensor) -> Tensor:
        """Latents [B, C, H / 4, W / 4]; differentiable."""
        latents: Tensor = self.codec.encoded(pictures.float())
        return latents.to(pictures.dtype)

    def pictures_from_latents(self, latents: Tensor) -> Tensor:
        """Pictures [B, 3, H, W], 0..1."""
        pictures: Tensor = self.codec.decoded(latents.float()).clamp(0, 1)
        return pictures.to(latents.dtype)

    def noise(
        self,
        noisy: Tensor,
        timestep: int,
        words: Words,
        depth: Tensor | None = None,
        guide: Tensor | None = None,
        control_scale: float = 1.0,
    ) -> Tensor:
        """The noise in latents; see the protocol."""
        words, denoiser = words.repeated(len(noisy)), self.denoiser
        with torch.no_grad():
            given = noisy.to(self._dtype)
            conditions = denoiser.conditions(given, depth if control_scale > 0 else None, guide)
            timesteps = torch.full((len(noisy),), timestep, device=noisy.device)
            shares = denoiser.with_style(given, timesteps, words.tokens, conditions)
            sketch = self._sketched(conditions, shares[:, 0, : len(STYLES)])
            clean: Tensor = denoiser(given, timesteps, shares, conditions, sketch, control_scale)
            signal = float(NoiseSchedule.stable_diffusion().signal[timestep])
            noise: Tensor = (noisy - signal**0.5 * clean.to(noisy)) / (1 - signal) ** 0.5
            return noise

    def _sketched(self, conditions: Tensor, styles: Tensor) -> Tensor:
        """Sketches; the last ones are kept, for all steps of a drawing begin with the same."""
        if self._last is not None:
            before, told, sketch = self._last
            if _equal(before, conditions) and _equal(told, styles):
                return sketch
        sketch = self.denoiser.sketched(conditions.float(), styles.float()).to(self._dtype)
        self._last = conditions, styles, sketch
        return sketch


def untrained_prior(config: DrawingConfig | None = None, seed: int = 0) -> DrawingPrior:
    """A prior with random weights, for tests."""
    config = config or DrawingConfig()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        denoiser = DrawingDenoiser(config)
        codec = denoiser.codec
        with torch.no_grad():
            codec.analysis.normal_(0, 0.05)
            codec.synthesis.copy_(codec.analysis)
            denoiser.unet.conv_out.weight.normal_(0, 0.05)
            for silent in (denoiser.control.controlnet_mid_block, *denoiser.control.controlnet_down_blocks):
                silent.weight.normal_(0, 0.05)
            denoiser.control.controlnet_cond_embedding.conv_out.weight.normal_(0, 0.05)
            for blank in (denoiser.sketch.mixing, denoiser.sketch.offset, denoiser.sketch.rows):
                blank.normal_(0, 0.05)
    return DrawingPrior(config, denoiser)


def _equal(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and one.device == other.device and torch.equal(one, other)


def bundled_prior(device: torch.device | str = "cpu", *, half: bool = False) -> DrawingPrior:
    """The prior that ships.

    Raises:
        CheckpointError: its file is missing or damaged.
    """
    return load_prior(WEIGHTS, device, half=half)


def load_prior(path: Path, device: torch.device | str = "cpu", *, half: bool = False) -> DrawingPrior:
    """Read a file that `save_prior` wrote.

    Raises:
        CheckpointError: it is missing or damaged, or was made for another vocabulary.
    """
    if not path.is_file():
        raise CheckpointError(f"The prior's weights {path.name} are missing.", "Reinstall Volteface.")
    try:
        with safe_open(str(path), framework="pt") as file:
            about = json.loads((file.metadata() or {})[METADATA_KEY])
            tensors = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118 - not a mapping
        config = DrawingConfig.from_json(about["config"])
        denoiser = DrawingDenoiser(config)
        denoiser.load_state_dict(_in_this_order(tensors, about["concepts"]))
    except (SafetensorError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise CheckpointError(f"The prior's weights {path.name} are damaged.", "Reinstall Volteface.") from error
    return DrawingPrior(config, denoiser, device, half=half)


def save_prior(prior: DrawingPrior, path: Path, recipe: Mapping[str, object]) -> Path:
    """Write a prior in half precision, with the names of its concepts and the numbers of its training."""
    halves = {k: v.detach().cpu().half().contiguous().clone() for k, v in prior.denoiser.state_dict().items()}
    about = {"config": prior.config.to_json(), "concepts": [c.name for c in CONCEPTS], "recipe": recipe}
    partial = path.with_name(path.name + ".partial")
    save_file(halves, partial, metadata={METADATA_KEY: json.dumps(about), "licence": "Apache-2.0"})
    partial.replace(path)
    return path


def _in_this_order(denoiser: Mapping[str, Tensor], names: Sequence[str]) -> dict[str, Tensor]:
    """What there is of each concept, and of each style, in this version's order."""
    concepts = torch.tensor([names.index(concept.name) for concept in CONCEPTS])
    styles = torch.tensor([names.index(style.name) for style in STYLES])
    return {
        **denoiser,
        "words.rows": denoiser["words.rows"][concepts],
        "sketch.rows": denoiser["sketch.rows"][:, styles],
        **{name: denoiser[name][styles] for name in ("sketch.errors", "finer.rows", "finer.paper")},
    }
