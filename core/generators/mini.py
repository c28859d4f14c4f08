"""The bundled generator: what the studio uses when nothing else is installed. Networks in `mini_network`."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from core.errors import CheckpointError
from core.generators.mini_network import MiniConfig, MiniNetwork, sample_planes
from core.generators.mini_prior import AttributeNames, LatentPrior
from core.generators.tuning import tuned_network, weights_of
from core.mask import PARTS
from core.protocols import GeneratorInfo
from core.trigrid import PlaneAxes, Trigrid

WEIGHTS = Path(__file__).resolve().parents[2] / "resources" / "weights" / "mini.safetensors"
LABELS = slice(3, 3 + len(PARTS))  # channels of the decoded features


class Mini:
    """Implements `core.protocols.Generator`.

    Attributes:
        network: the trained networks; `tuned` makes another generator instead of changing it.
        prior: noise to latents.
        bank: float32 [H, W] latents of the training heads: where a search may begin.
        info: sizes and licence.
    """

    def __init__(self, network: MiniNetwork, prior: LatentPrior, bank: Tensor) -> None:
        # channels last in memory: a third quicker on a CPU, and planes can be read as they lie
        self.network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.prior = prior
        self.bank = bank
        config = network.config
        self.info = GeneratorInfo(
            name="mini",
            title="Volteface Mini",
            licence="Apache-2.0 (trained on CC0 heads)",
            commercial=True,
            latent_count=config.latent_count,
            latent_size=config.latent_size,
            noise_size=prior.noise_size,
            picture_px=config.picture_px,
            neural_px=config.neural_px,
            box_side=config.box_side,
            parts=PARTS,
            extent=(config.half_extent,) * 3,
        )

    def latents(self, noise: Tensor, truncation: float = 0.7) -> Tensor:
        """Noise [B, Z] -> latents [B, L, W]; truncation 0 is the median head."""
        latent: Tensor = self.prior(noise, truncation)
        return latent[:, None].expand(-1, self.info.latent_count, -1).contiguous()

    def mean_latents(self) -> Tensor:
        """Latents [L, W] of the median head."""
        return self.latents(torch.zeros(1, self.info.noise_size), 0.0)[0]

    def planes(self, latents: Tensor) -> Tensor:
        """Latents [B, L, W] -> planes [B, 3, C, D, H, W]; differentiable."""
        planes: Tensor = self.network.synthesis(latents)
        return planes

    def sketch(self, latents: Tensor) -> Tensor:
        """Planes [B, 3, C, D, h, w] without the finest level: for searches that look at small pictures."""
        planes: Tensor = self.network.synthesis.coarse(latents)
        return planes

    def trigrid(self, latents: Tensor) -> Trigrid:
        """Trigrid of one head's latents [L, W]."""
        return Trigrid(self.planes(latents[None])[0], PlaneAxes.PANOHEAD, self.info.box_side)

    def decode(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """[N, C] -> raw density [N], sigma = softplus(raw - 1), and features [N, F]."""
        density, decoded = self.network.decoder(features)
        return density, decoded

    def label_logits(self, features: Tensor) -> Tensor | None:
        """[..., F] -> [..., 12], in the order of `core.mask.PARTS`."""
        return features[..., LABELS]

    def colours(self, features: Tensor) -> Tensor:
        """[..., F] -> RGB [..., 3]."""
        return features[..., :3]

    def picture(self, features: Tensor, alpha: Tensor, latents: Tensor) -> Tensor:
        """Features [B, F, h, w] and alpha [B, 1, h, w] -> picture [B, 3, H, W] in 0..1 on white."""
        picture: Tensor = self.network.upscaler(features, alpha)
        return picture.clamp(0, 1)

    def parameters_to_tune(self) -> dict[str, Tensor]:
        """Decoder and super-resolution by name: small, and enough to carry a photo's look."""
        return {name: value for name, value in weights_of(self.network).items() if not name.startswith("synthesis.")}

    def tuned(self, delta: Mapping[str, Tensor]) -> "Mini":
        """A generator with `delta` added to its weights; gradients flow to the deltas.

        It is a network of its own that shares what is not changed: several threads may use both at once.
        """
        if not delta.keys() & weights_of(self.network).keys():
            return self
        tuned = copy.copy(self)
        tuned.network = tuned_network(self.network, delta)
        return tuned


def load_mini(path: Path = WEIGHTS) -> Mini:
    """The bundled generator, or one trained like it.

    Raises:
        CheckpointError: the file is missing, damaged or of something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - not a dict
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"The bundled head model could not be read from {path}.", "Reinstall Volteface, or restore that file."
        ) from error
    if "mini" not in metadata:
        raise CheckpointError(f"{path.name} is not a Mini head model.", "Choose a file made by `volteface train mini`.")
    described = json.loads(metadata["mini"])
    network = MiniNetwork(MiniConfig.from_json(described["config"]))
    names = AttributeNames(tuple(described["attributes"]), tuple((first, last) for first, last in described["choices"]))
    prior = LatentPrior(names, network.config.latent_size)
    for prefix, module in (("network.", network), ("prior.", prior)):
        state = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        try:
            module.load_state_dict(state)
        except RuntimeError as error:
            raise CheckpointError(f"{path.name} does not fit its own description.", str(error)) from error
    return Mini(network, prior, tensors["bank"])


__all__ = ["Mini", "load_mini", "sample_planes"]
