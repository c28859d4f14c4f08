"""The first stage: latents from one look at the photo, within a fraction of a second.

Features of the photo - pooled activations of the small perceptual net, and the picture itself, tiny - go through an
affine map, which `core.training.encoder` fitted to synthetic heads, to the attributes of a head, and those to its code.
What the photo leaves open comes out as the mean of what it may be.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open

from core.errors import CheckpointError
from core.perception.lpips import perceptual_net

if TYPE_CHECKING:
    from torch import Tensor

    from core.protocols import Generator

WEIGHTS = Path(__file__).resolve().parents[2] / "resources" / "weights"
PICTURE_PX = 128
POOLED = ((1, 4), (4, 3))
"""Stages of the perceptual net whose activations are used, and the side to which they are pooled."""
TINY_PX = 14
DECISIVENESS = 4
"""Power to which the chances of exclusive options are raised."""
PRESENT_ABOVE = 0.4
"""Chance above which something is there."""


@dataclass(frozen=True)
class Guesser:
    """Features of a photo -> attributes of a head -> one code for all layers.

    Attributes:
        mean: [D] of the features.
        scale: [D] standard deviations.
        weight: [D, A] from standardised features to attributes.
        bias: [A] mean attributes.
        codes_weight: [A, W] from attributes to a code.
        codes_bias: [W].
        choices: [A] number of the choice that an attribute is an option of; -1: a quantity, -2: it is there or not.
    """

    mean: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor
    codes_weight: Tensor
    codes_bias: Tensor
    choices: Tensor

    def attributes(self, features: Tensor) -> Tensor:
        """Expected attributes [B, A] of features [B, D]; a feature beyond what training saw counts as the rarest."""
        return ((features - self.mean) / self.scale).clamp(-4, 4) @ self.weight + self.bias

    def decided(self, attributes: Tensor) -> Tensor:
        """Attributes of one plausible head: half a pair of glasses, or a third of each hair style, is none."""
        decided = attributes.clone()
        for choice in self.choices[self.choices >= 0].unique():
            columns = (self.choices == choice).nonzero()[:, 0]
            share = attributes[:, columns].clamp(min=1e-3) ** DECISIVENESS
            decided[:, columns] = share / share.sum(dim=1, keepdim=True)
        present = (self.choices == -2).nonzero()[:, 0]
        decided[:, present] = (attributes[:, present] > PRESENT_ABOVE).float()
        return decided

    def codes(self, features: Tensor) -> Tensor:
        """Codes [B, W] of features [B, D]."""
        return self.decided(self.attributes(features)) @ self.codes_weight + self.codes_bias


def photo_features(rgb: Tensor, mask: Tensor, yaw_pitch: Tensor) -> Tensor:
    """Features [B, D] of aligned photos.

    Args:
        rgb: [B, 3, h, w] on white.
        mask: [B, 1, h, w] the person.
        yaw_pitch: [B, 2] of the cameras, radians.
    """
    size = (PICTURE_PX, PICTURE_PX)
    with torch.no_grad():
        picture = F.interpolate(rgb, size, mode="bilinear", antialias=True, align_corners=False)
        stages = perceptual_net("alex", rgb.device).features(picture)
        pooled = [F.adaptive_avg_pool2d(stages[stage], side).flatten(1).sqrt() for stage, side in POOLED]
        tiny = F.interpolate(torch.cat([rgb, mask], 1), (TINY_PX, TINY_PX), mode="bilinear", antialias=True)
        # left and right profile are not points of one line: sines and products let one affine map serve all angles
        angles = torch.cat([yaw_pitch, yaw_pitch[:, :1].abs(), yaw_pitch[:, :1].square()], dim=1)
        return torch.cat([*pooled, tiny.flatten(1), angles], dim=1)


def load_guesser(path: Path) -> Guesser:
    """A guesser that `core.training.encoder` wrote.

    Raises:
        CheckpointError: the file is damaged or of something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            description = json.loads((file.metadata() or {}).get("first_guess", "{}"))
            tensors = [file.get_tensor(field.name).float() for field in fields(Guesser)]
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"The first guess's weights at {path} could not be read.", "Restore that file."
        ) from error
    expected = {"picture_px": PICTURE_PX, "tiny_px": TINY_PX, "pooled": [list(pair) for pair in POOLED]}
    if description != expected:
        raise CheckpointError(f"{path.name} belongs to another version of Volteface.", "Restore that file.")
    return Guesser(*tensors)


@cache
def bundled_guesser(generator_name: str) -> Guesser | None:
    """The guesser that comes with a generator, or None."""
    path = WEIGHTS / f"{generator_name}_first_guess.safetensors"
    return load_guesser(path) if path.is_file() else None


def first_guess(rgb: Tensor, mask: Tensor, yaw_pitch_radians: tuple[float, float], generator: Generator) -> Tensor:
    """Latents [L, W] to begin with; a generator without a guesser begins with its mean head.

    Args:
        rgb: [1, 3, h, w] the aligned person on white.
        mask: [1, 1, h, w].
        yaw_pitch_radians: of the photo's camera.
        generator: whose latents.
    """
    guesser = bundled_guesser(generator.info.name)
    if guesser is None or len(guesser.codes_bias) != generator.info.latent_size:
        return generator.mean_latents()
    code = guesser.codes(photo_features(rgb, mask, torch.tensor([yaw_pitch_radians])))[0]
    return code[None].repeat(generator.info.latent_count, 1)
