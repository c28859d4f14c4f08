"""The first stage of every inversion: latents and camera from one look at the photo, within a fraction of a second.

The network says what attributes the head has, and the face's own embedding what sex, age and origin it has. Half a pair
of glasses or a third of each hair style is decided to be one or the other, and the generator's own prior turns the
attributes into a code for all its levels; what attributes do not tell is added, level by level. The camera is asked of
the photo and of its mirror image, so that no side is favoured.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open

from core.errors import CheckpointError
from core.generators.mini_prior import LatentPrior
from core.inverters.encoder_faces import WIDEST_YAW_RADIANS, FaceReader, face_embeddings
from core.inverters.encoder_network import AttributeLayout, EncoderConfig, EncoderNetwork, Glance
from core.resizing import sized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from core.protocols import Generator

WEIGHTS = Path(__file__).resolve().parents[2] / "resources" / "weights"
MOST_TURN_RADIANS = 0.04
"""About the deviation of what alignment finds on renders: it knows photos better than the net does."""


@dataclass(frozen=True, eq=False)
class EncoderGuess:
    """What the photo seems to show.

    Attributes:
        latents: float32 [L, W].
        yaw_radians, pitch_radians: of the photo's camera.
        attributes: of the head, by name; empty when there was no encoder.
        note: why there was no encoder for this generator, a sentence; empty when there was one, or none is known.
    """

    latents: Tensor
    yaw_radians: float
    pitch_radians: float
    attributes: Mapping[str, float]
    note: str = ""


@dataclass(frozen=True, eq=False)
class LevelOffsets:
    """What is added to the code of the attributes, affine in the network's summary: weight [L, W, H], bias [L, W].

    Attributes:
        generator: `fingerprint` of the prior for which they hold.
    """

    weight: Tensor
    bias: Tensor
    generator: str

    def of(self, hidden: Tensor) -> Tensor:
        """Offsets [B, L, W] of summaries [B, H]."""
        return torch.einsum("bh,lwh->blw", hidden, self.weight) + self.bias


class Encoder:
    """A trained network and what makes latents of its answers."""

    def __init__(
        self, network: EncoderNetwork, offsets: LevelOffsets | None = None, faces: FaceReader | None = None
    ) -> None:
        self.network = network.eval().requires_grad_(requires_grad=False)
        self.offsets, self.faces = offsets, faces

    def guess(
        self, rgb: Tensor, mask: Tensor, yaw_pitch_radians: tuple[float, float], generator: Generator
    ) -> EncoderGuess:
        """See `encode`.

        Raises:
            CheckpointError: the encoder was made for other attributes than the generator has.
        """
        prior = getattr(generator, "prior", None)
        if not isinstance(prior, LatentPrior) or prior.attributes.names != self.network.layout.names:
            raise CheckpointError(
                f"The encoder does not know the attributes of {generator.info.title}.",
                "Fit it again with `volteface train encoder`.",
            )
        yaw, pitch = yaw_pitch_radians
        with torch.no_grad():
            glance = self._glance(rgb, mask)
            hidden = self.network.hidden(glance)
            turn = self.network.turn(hidden, torch.tensor([[yaw, pitch], [-yaw, pitch]]))
            expected = self.network.attributes(self.network.answers(hidden[:1]))
            if self.faces is not None and abs(yaw) <= WIDEST_YAW_RADIANS:
                expected = self.faces.corrected(expected, face_embeddings(rgb, torch.tensor([yaw_pitch_radians])))
            attributes = self.network.layout.decided(expected)
            latents = prior.latent_from_attributes(attributes)[:, None].repeat(1, generator.info.latent_count, 1)
            if self.offsets is not None and self.offsets.generator == fingerprint(prior):
                latents = latents + self.offsets.of(hidden[:1])
        # the mirror image is turned the other way
        both = torch.stack([turn[0, 0] - turn[1, 0], turn[0, 1] + turn[1, 1]]) / 2
        turned = both.clamp(-MOST_TURN_RADIANS, MOST_TURN_RADIANS).tolist()
        return EncoderGuess(
            latents[0],
            yaw + turned[0],
            pitch + turned[1],
            dict(zip(prior.attributes.names, attributes[0].tolist(), strict=True)),
        )

    def _glance(self, rgb: Tensor, mask: Tensor) -> Glance:
        """Of the photo and its mirror image."""
        both = sized(torch.cat([rgb, mask], 1), self.network.config.picture_px)
        both = torch.cat([both, both.flip(3)]).clamp(0, 1)
        return self.network.glance(both[:, :3], both[:, 3:])


def fingerprint(prior: LatentPrior) -> str:
    """Tells generators whose attributes lead to different codes apart."""
    return hashlib.sha256(prior.weight.half().contiguous().numpy().tobytes()).hexdigest()[:16]


def load_encoder(path: Path) -> Encoder:
    """An encoder that `core.training.encoder` wrote.

    Raises:
        CheckpointError: the file is damaged or of something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            described = json.loads((file.metadata() or {}).get("encoder", "{}"))
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - not a dict
        layout = AttributeLayout(
            tuple(described["names"]),
            tuple((first, last) for first, last in described["choices"]),
            tuple(described["present"]),
        )
        network = EncoderNetwork(EncoderConfig.from_json(described["config"]), layout)
        network.load_state_dict({k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")})
        offsets = None
        if described["generator"]:
            offsets = LevelOffsets(tensors["offsets.weight"], tensors["offsets.bias"], described["generator"])
        faces = None
        if described["faces"]:
            faces = FaceReader(tensors["faces.weight"], tensors["faces.bias"], tuple(described["faces"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"The encoder's weights at {path} could not be read.", "Restore that file.") from error
    return Encoder(network, offsets, faces)


@cache
def bundled_encoder(generator_name: str) -> Encoder | None:
    """The encoder that comes with a generator, loaded once per process, or None."""
    path = WEIGHTS / f"{generator_name}_encoder.safetensors"
    return load_encoder(path) if path.is_file() else None


def encode(rgb: Tensor, mask: Tensor, yaw_pitch_radians: tuple[float, float], generator: Generator) -> EncoderGuess:
    """The first guess; a generator without an encoder that fits begins with its mean head and the camera as it is.

    Args:
        rgb: [1, 3, h, w] the aligned person on white, of any size.
        mask: [1, 1, h, w].
        yaw_pitch_radians: of the camera that alignment found.
        generator: whose latents.
    """
    note = ""
    try:
        encoder = bundled_encoder(generator.info.name)
        if encoder is not None:
            return encoder.guess(rgb, mask, yaw_pitch_radians, generator)
    except CheckpointError as error:
        note = str(error)
    return EncoderGuess(generator.mean_latents(), *yaw_pitch_radians, {}, note)
