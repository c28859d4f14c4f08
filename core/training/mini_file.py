"""The file of a trained `mini`: averaged weights in half precision, the latent prior, the training latents."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from core.generators.mini_network import MiniConfig
from core.generators.mini_prior import AttributeNames, LatentPrior, fitted_prior
from core.training.field import Codes
from core.training.synthetic.attributes import ATTRIBUTE_GROUPS
from core.training.training_heads import TrainingHeads


def export_mini(
    path: Path,
    model: MiniConfig,
    network: Mapping[str, Tensor],
    codes: Codes,
    heads: TrainingHeads,
    recipe: Mapping[str, object],
) -> Path:
    """Write the file that `core.generators.mini.load_mini` reads, and answer its path.

    Args:
        path: where to.
        model: sizes of the network.
        network: its weights.
        codes: latents of the training heads; the prior is fitted to them.
        heads: whose attributes they are.
        recipe: all numbers of the training, as plain values.
    """
    names = AttributeNames.grouped(heads.names, ATTRIBUTE_GROUPS)
    trained = heads.trained
    with torch.no_grad():
        prior: LatentPrior = fitted_prior(
            names,
            heads.attributes[trained],
            codes.mean,
            codes.std,
            codes.linear.weight,
            codes.linear.bias,
            codes.residual[trained],
        )
        bank = codes(heads.attributes[trained], torch.tensor(trained))
    tensors = {f"network.{k}": v for k, v in network.items()}
    tensors |= {f"prior.{k}": v for k, v in prior.state_dict().items()}
    tensors["bank"] = bank
    described = {
        "config": model.to_json(),
        "attributes": names.names,
        "choices": names.choices,
        "recipe": recipe,
        "heads": len(trained),
    }
    partial = path.with_name(path.name + ".partial")
    halves = {k: v.detach().half().contiguous().clone() for k, v in tensors.items()}
    save_file(halves, partial, metadata={"mini": json.dumps(described), "licence": "Apache-2.0"})
    partial.replace(path)
    return path
