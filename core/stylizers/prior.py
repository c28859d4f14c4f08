"""What likelihood distillation asks of a diffusion model that knows pictures and words: a *prior*.

Two stand behind the protocol: the bundled one (`drawing_prior`, small, offline, knows the styles of `vocabulary`) and
any folder of Stable Diffusion 1.x in diffusers' form (`diffusers_prior`). `open_prior` makes either.

Pictures are float [B, 3, H, W], 0..1, RGB, on white; sides are multiples of `PriorInfo.multiple_px`. Latents are
[B, C, H / factor, W / factor] with about unit variance (already times the model's own factor); C is 4 for Stable
Diffusion and 20 for the bundled prior. Depth pictures are [B, 1, H, W], 0..1, 1 nearest
and 0 the background, as `view_grid.nearness` makes them, of the pictures' size. Longer than
usual: a protocol is mostly its description.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch

from core.errors import VoltefaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from core.stylizers.noise_schedule import NoiseSchedule

LONGEST_PROMPT = 400
"""Characters; no text encoder reads further."""
SHOWN = 40
"""Characters of a prompt for which a line about it has room."""
BUNDLED = "bundled"
"""The name of the prior that ships, where a prior is chosen by name or folder."""


def working_dtype(device: torch.device, *, half: bool) -> torch.dtype:
    """In which precision a prior's networks work; processors know half precision as bfloat16."""
    if not half:
        return torch.float32
    return torch.bfloat16 if device.type == "cpu" else torch.float16


@dataclass(frozen=True)
class PriorInfo:
    """What a prior is.

    Attributes:
        name: "bundled", or the folder's name.
        title: for people.
        licence: of its weights.
        commercial: whether that licence lets a person sell what comes of it.
        picture_px: side of the pictures that it was trained on; a grid of four views may be twice as large.
        factor: picture pixels per latent pixel.
        channels: C, of a latent.
        has_depth: whether `noise` listens to a depth picture.
        has_guide: whether `noise` listens to the latents of the unstyled picture.
        open_vocabulary: whether it was trained on free text; the bundled one knows a list of styles and features.
        guidance: of words over none with which its pictures come out best.
        temperature: of the noise that its pictures begin with; a small prior's are calmer below 1.
    """

    name: str
    title: str
    licence: str
    commercial: bool
    picture_px: int
    factor: int
    channels: int
    has_depth: bool
    has_guide: bool
    open_vocabulary: bool
    guidance: float = 7.5
    temperature: float = 1.0

    @property
    def multiple_px(self) -> int:
        """Sides of pictures are multiples of this: latents are halved three times inside."""
        return self.factor * 8

    @property
    def latent_px(self) -> int:
        """Side of the latents of a picture of `picture_px`."""
        return self.picture_px // self.factor


@dataclass(frozen=True, eq=False)
class Words:
    """Prompts as a prior reads them. `eq=False`: tensors have no single truth value.

    Attributes:
        tokens: [B, T, E] for cross-attention.
        summary: [B, E] of the whole prompt, for priors that add it to the timestep; None for the others.
    """

    tokens: Tensor
    summary: Tensor | None = None

    def __len__(self) -> int:
        """B."""
        return len(self.tokens)

    def repeated(self, count: int) -> Words:
        """One prompt's words for `count` pictures; already so many are left alone."""
        if len(self) == count:
            return self
        summary = self.summary
        return Words(
            self.tokens.expand(count, *self.tokens.shape[1:]),
            None if summary is None else summary.expand(count, *summary.shape[1:]),
        )

    def followed_by(self, other: Words) -> Words:
        """These prompts and then others of the same prior."""
        both = self.summary is not None and other.summary is not None
        summary = torch.cat([self.summary, other.summary]) if both else None  # type: ignore[list-item]
        return Words(torch.cat([self.tokens, other.tokens]), summary)


class DiffusionPrior(Protocol):
    """A frozen text-to-image latent diffusion model that predicts noise."""

    @property
    def info(self) -> PriorInfo:
        """What it is."""

    @property
    def device(self) -> torch.device:
        """Where its networks are; what it is given must be there too."""

    @property
    def dtype(self) -> torch.dtype:
        """Of its networks. It takes tensors of any floating type and answers in the type it was given."""

    def schedule(self, steps: int = 50) -> NoiseSchedule:
        """The noise it was trained with, looked at in so many DDIM steps."""

    def words(self, prompts: Sequence[str]) -> Words:
        """Prompts as it reads them; "" is no prompt (for guidance).

        Raises:
            VoltefaceError: a prompt is too long, or in letters that it does not read.
        """

    def advice(self, prompt: str) -> str:
        """A sentence for the person about what it does not know of a prompt, with the nearest it knows; mostly ""."""

    def latents_from_pictures(self, pictures: Tensor) -> Tensor:
        """The mean of the encoder's latents; differentiable, for gradients go from the latents to the pictures."""

    def pictures_from_latents(self, latents: Tensor) -> Tensor:
        """Pictures, 0..1."""

    def noise(
        self,
        noisy: Tensor,
        timestep: int,
        words: Words,
        depth: Tensor | None = None,
        guide: Tensor | None = None,
        control_scale: float = 1.0,
    ) -> Tensor:
        """The noise that it sees in latents; never differentiated, nothing is kept for a backward pass.

        Args:
            noisy: [B, C, h, w].
            timestep: 0 (clean) up to the last of the trained ones.
            words: of B prompts, or of one for all.
            depth: [B, 1, H, W]; None draws without (and so does a prior that `has_depth` not).
            guide: [B, C, h, w], latents of the same view of the unstyled head (by `latents_from_pictures`); None draws
                from words and depth alone, and so does a prior that `has_guide` not. The bundled prior is small and
                draws far better with it.
            control_scale: how much the depth counts.
        """


def noise_pair(
    prior: DiffusionPrior,
    noisy: Tensor,
    timestep: int,
    words: tuple[Words, Words],
    depth: Tensor | None = None,
    guide: Tensor | None = None,
    control_scale: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Predicted noise without and with the prompt, in one look: what `score.score_at` takes.

    Args:
        prior: who looks.
        noisy: [B, C, h, w].
        timestep: as in `DiffusionPrior.noise`.
        words: of the negative prompt (mostly "") and of the prompt.
        depth: [B, 1, H, W].
        guide: [B, C, h, w], of the unstyled picture.
        control_scale: how much the depth counts.
    """
    without, with_prompt = (one.repeated(len(noisy)) for one in words)
    both = prior.noise(
        torch.cat([noisy, noisy]),
        timestep,
        without.followed_by(with_prompt),
        None if depth is None else torch.cat([depth, depth]),
        None if guide is None else torch.cat([guide, guide]),
        control_scale,
    )
    return both[: len(noisy)], both[len(noisy) :]


def checked_prompt(prompt: str) -> str:
    """A prompt without surrounding or doubled spaces.

    Raises:
        VoltefaceError: it is empty, too long, or without a Latin letter.
    """
    tidy = " ".join("".join(c if c.isprintable() else " " for c in prompt).split())
    if not tidy:
        raise VoltefaceError("The prompt is empty.", "Type what the head should become, such as: pencil sketch.")
    if len(tidy) > LONGEST_PROMPT:
        raise VoltefaceError(
            f"The prompt has {len(tidy)} characters; {LONGEST_PROMPT} are read at most.", "Say it in fewer words."
        )
    if not any(c.isascii() and c.isalpha() for c in tidy):
        raise VoltefaceError(
            "The prompt has no Latin letters, and the priors read English only.", "Write it in English."
        )
    return tidy


def open_prior(
    source: str | Path = BUNDLED,
    control: Path | None = None,
    device: torch.device | str = "cpu",
    *,
    half: bool = False,
) -> DiffusionPrior:
    """The bundled prior, or one from a folder.

    Args:
        source: "bundled", or a folder in diffusers' form (Stable Diffusion 1.x).
        control: folder of a depth ControlNet for it; a folder named `controlnet` inside the first is found.
        device: where it shall work.
        half: weights in half precision (bfloat16 on a processor).

    Raises:
        CheckpointError: the folder is missing, is not such a model, or holds files that are no data.
        DeviceError: it does not fit into memory.
    """
    # each brings diffusers along, which takes seconds to import
    if str(source) == BUNDLED:
        from core.stylizers.drawing_prior import bundled_prior

        return bundled_prior(device, half=half)
    from core.stylizers.diffusers_prior import prior_of_folder

    return prior_of_folder(Path(source), control, device, half=half)
