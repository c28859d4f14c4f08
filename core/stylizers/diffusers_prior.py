"""A folder of Stable Diffusion 1.x in diffusers' form as a prior, with a depth ControlNet where there is one.

The folder is read as data: safetensors and JSON only; nothing is downloaded. Text goes through the folder's own CLIP
encoder by `clip_text`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch

from core.checkpoints.diffusers_folder import INDEX, is_diffusers_folder, registered
from core.errors import CheckpointError, DeviceError
from core.free_memory import MemoryNeed, check_fit, free_bytes
from core.stylizers.clip_text import encoder_of_folder, tokenizer_of_folder
from core.stylizers.diffusers_classes import diffusers_classes
from core.stylizers.noise_schedule import NoiseSchedule
from core.stylizers.prior import PriorInfo, Words, checked_prompt, working_dtype

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from core.stylizers.clip_text import ClipTokenizer

NETWORKS = ("unet", "vae", "text_encoder")
PARTS = (*NETWORKS, "tokenizer", "scheduler")
LATENT_CHANNELS = 4
"""Of Stable Diffusion; an inpainting model has more inputs."""
CONTROL = "controlnet"
"""Folder of a ControlNet beside the other networks."""
WORKING_BYTES = 1_500_000_000
"""What comes and goes while four views of 512 px are looked at."""


class DiffusersPrior:
    """A `core.stylizers.prior.DiffusionPrior` made of a folder's networks.

    Attributes:
        name: of the folder.
    """

    def __init__(
        self,
        name: str,
        networks: dict[str, Any],
        tokenizer: ClipTokenizer,
        scheduler: Any,  # noqa: ANN401 - of diffusers
        control: Any | None,  # noqa: ANN401 - a ControlNetModel
        device: torch.device | str = "cpu",
        *,
        half: bool = False,
    ) -> None:
        self.name = name
        self._device = torch.device(device)
        self._dtype = working_dtype(self._device, half=half)
        self._unet, self._vae, self._text = (self._placed(networks[part]) for part in NETWORKS)
        self._control = None if control is None else self._placed(control)
        self._tokenizer, self._scheduler = tokenizer, scheduler
        self._scale = float(self._vae.config.scaling_factor)

    def _placed(self, network: Any) -> Any:  # noqa: ANN401 - of diffusers
        return network.to(self._device, self._dtype).eval().requires_grad_(False)

    @property
    def info(self) -> PriorInfo:
        """What it is; the licence stands in the folder's model card, so nothing may be sold on our word."""
        factor = 2 ** (len(self._vae.config.block_out_channels) - 1)
        return PriorInfo(
            name=self.name,
            title=self.name,
            licence="see the folder's model card",
            commercial=False,
            picture_px=int(self._unet.config.sample_size) * factor,
            factor=factor,
            channels=LATENT_CHANNELS,
            has_depth=self._control is not None,
            has_guide=False,
            open_vocabulary=True,
        )

    @property
    def device(self) -> torch.device:
        """Where its networks are."""
        return self._device

    @property
    def dtype(self) -> torch.dtype:
        """Of its networks."""
        return self._dtype

    def schedule(self, steps: int = 50) -> NoiseSchedule:
        """The numbers of the folder's scheduler under DDIM."""
        scheduler = diffusers_classes().ddim.from_config(self._scheduler.config)
        scheduler.set_timesteps(steps)
        return NoiseSchedule.of_scheduler(scheduler)

    def words(self, prompts: Sequence[str]) -> Words:
        """Prompts through CLIP's text encoder; what is longer than it reads is cut.

        Raises:
            VoltefaceError: a prompt is too long, or in no Latin letters.
        """
        checked = [checked_prompt(prompt) if prompt else "" for prompt in prompts]
        numbers = self._tokenizer.padded(checked).to(self._device)
        with torch.no_grad():
            return Words(self._text(numbers))

    def advice(self, prompt: str) -> str:
        """That the end of a prompt is not read, where it is too long for the text encoder."""
        longest, count = self._tokenizer.longest - 2, len(self._tokenizer.numbers(prompt))
        if count <= longest:
            return ""
        return f"{self.name} reads the first {longest} pieces of a prompt; this one has {count}."

    def latents_from_pictures(self, pictures: Tensor) -> Tensor:
        """The encoder's mean times the model's factor; differentiable."""
        moments = self._vae.encode((pictures * 2 - 1).to(self._dtype)).latent_dist
        latents: Tensor = moments.mean * self._scale
        return latents.to(pictures.dtype)

    def pictures_from_latents(self, latents: Tensor) -> Tensor:
        """Pictures [B, 3, H, W], 0..1."""
        decoded: Tensor = self._vae.decode((latents / self._scale).to(self._dtype)).sample
        return (decoded / 2 + 0.5).clamp(0, 1).to(latents.dtype)

    def noise(
        self,
        noisy: Tensor,
        timestep: int,
        words: Words,
        depth: Tensor | None = None,
        guide: Tensor | None = None,
        control_scale: float = 1.0,
    ) -> Tensor:
        """The noise in latents; see the protocol. The depth goes to the ControlNet as a grey picture."""
        tokens = words.repeated(len(noisy)).tokens
        given = noisy.to(self._dtype)
        with torch.no_grad():
            down, middle = None, None
            if depth is not None and self._control is not None:
                down, middle = self._control(
                    given,
                    timestep,
                    encoder_hidden_states=tokens,
                    controlnet_cond=depth.to(self._dtype).expand(-1, 3, -1, -1),
                    conditioning_scale=control_scale,
                    return_dict=False,
                )
            noise: Tensor = self._unet(
                given,
                timestep,
                encoder_hidden_states=tokens,
                down_block_additional_residuals=down,
                mid_block_additional_residual=middle,
            ).sample
        return noise.to(noisy.dtype)


def prior_of_folder(
    folder: Path, control: Path | None = None, device: torch.device | str = "cpu", *, half: bool = False
) -> DiffusersPrior:
    """A prior from a folder; see `core.stylizers.prior.open_prior`.

    Raises:
        CheckpointError: the folder is missing, is no Stable Diffusion 1.x, or holds files that are no data.
        DeviceError: it does not fit into memory.
    """
    _require_stable_diffusion(folder)
    control = control or (folder / CONTROL if (folder / CONTROL).is_dir() else None)
    size = sum(file.stat().st_size for part in NETWORKS for file in (folder / part).glob("*.safetensors"))
    if control is not None:
        if not (control / "config.json").is_file():
            raise CheckpointError(f"The folder {control} holds no ControlNet.", "Choose the folder with config.json.")
        size += sum(file.stat().st_size for file in control.glob("*.safetensors"))
    need = MemoryNeed(size if not half else size // 2, 0, WORKING_BYTES if size > WORKING_BYTES else size)
    check_fit(folder.name, need, free_bytes(device))
    text, config = encoder_of_folder(folder / "text_encoder")
    tokenizer = tokenizer_of_folder(folder / "tokenizer", config.max_position_embeddings)
    classes = diffusers_classes()
    try:
        networks = {
            "text_encoder": text,
            "unet": classes.unet.from_pretrained(folder / "unet", use_safetensors=True, local_files_only=True),
            "vae": classes.autoencoder.from_pretrained(folder / "vae", use_safetensors=True, local_files_only=True),
        }
        scheduler = classes.ddim.from_pretrained(folder / "scheduler", local_files_only=True)
        guard = None
        if control is not None:
            guard = classes.control.from_pretrained(control, use_safetensors=True, local_files_only=True)
    except MemoryError as error:
        raise DeviceError(f"{folder.name} does not fit into memory.", "Use half precision.") from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError) as error:
        raise CheckpointError(
            f"The folder {folder.name} cannot be read as Stable Diffusion.", "Download it again."
        ) from error
    return DiffusersPrior(folder.name, networks, tokenizer, scheduler, guard, device, half=half)


def _require_stable_diffusion(folder: Path) -> None:
    """Refuse what is no folder of Stable Diffusion 1.x, before anything is loaded."""
    if not folder.is_dir():
        raise CheckpointError(f"There is no folder {folder}.", "Choose a folder with model_index.json.")
    if not is_diffusers_folder(folder):
        raise CheckpointError(f"The folder {folder.name} has no {INDEX}.", "Choose a folder in diffusers' form.")
    registered(folder)
    for part in PARTS:
        if not (folder / part).is_dir():
            raise CheckpointError(
                f"The folder {folder.name} has no {part}.", "Choose a Stable Diffusion 1.x folder in diffusers' form."
            )
    try:
        config = json.loads((folder / "unet" / "config.json").read_text(encoding="utf-8"))
        inputs, kind = int(config["in_channels"]), config["_class_name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{folder.name}/unet/config.json cannot be read.", "Download the folder again."
        ) from error
    if kind != "UNet2DConditionModel" or inputs != LATENT_CHANNELS:
        raise CheckpointError(
            f"The folder {folder.name} is no Stable Diffusion 1.x ({kind} with {inputs} input channels).",
            "Choose a text-to-image model, not one for inpainting or of another family.",
        )
