"""Fits the first guess of `core.inverters.first_guess`: an affine map from a photo's features to a head's attributes.

Ridge regression on the synthetic heads' own pictures, spoilt as photos are: exposure, tint, contrast, blur, noise, a
ragged person mask, a crop that is a little off. It takes minutes on one core and has no local optimum; its strength is
chosen on heads that the fit did not see.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from safetensors.torch import save_file

from core.camera import Camera
from core.errors import VoltefaceError
from core.inverters.first_guess import PICTURE_PX, POOLED, TINY_PX, Guesser, photo_features
from core.progress import Progress, silent
from core.training.dataset import finished_heads, is_held_out
from core.training.synthetic.attributes import attributes_of_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from core.generators.mini_prior import LatentPrior
    from core.progress import Report

WIDEST_YAW_RADIANS = math.radians(50)
WIDEST_PITCH_RADIANS = math.radians(30)
STRENGTHS = (1e1, 1e2, 1e3, 3e3, 1e4, 3e4, 1e5)
"""Ridge penalties that are tried, for standardised features."""
BATCH = 16
PRESENT_OR_NOT = ("glasses", "dark")
"""Attributes that are 0 or 1."""


@dataclass(frozen=True)
class Pairs:
    """Features and the attributes that they should give.

    Attributes:
        features: float32 [N, D].
        attributes: float32 [N, A].
        heads: int64 [N] which head a row is of.
    """

    features: Tensor
    attributes: Tensor
    heads: Tensor


def spoilt(
    rgb: NDArray[np.uint8], person: NDArray[np.bool_], random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A render as a photo would show it: picture on white [h, w, 3] and mask [h, w], 0..1."""
    side = len(rgb)
    turn, grow = random.normal(0, 2.0), math.exp(random.normal(0, 0.035))
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), turn, grow)
    matrix[:, 2] += random.normal(0, 0.012 * side, 2)
    border = {"borderMode": cv2.BORDER_REPLICATE, "flags": cv2.INTER_LINEAR}
    picture = cv2.warpAffine(rgb, matrix, (side, side), **border).astype(np.float32) / 255
    mask = cv2.warpAffine(person.astype(np.float32), matrix, (side, side), **border)
    # the mask of a photo is soft and a few pixels off
    soft = cv2.GaussianBlur(mask, (0, 0), random.uniform(0.7, 3.0))
    mask = np.clip((soft - 0.5 + random.normal(0, 0.12)) * random.uniform(1.5, 5) + 0.5, 0, 1)
    picture = np.clip(picture, 0, 1) ** math.exp(random.normal(0, 0.18))
    tint = np.exp(random.normal(0, 0.05, 3)) * math.exp(random.normal(0, 0.1))
    grey = picture.mean(axis=2, keepdims=True)
    picture = grey + (picture - grey) * random.uniform(0.7, 1.2)
    picture = (picture - 0.5) * random.uniform(0.85, 1.2) + 0.5
    if random.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 1.6))
    picture = np.clip(picture * tint + random.normal(0, 0.015, picture.shape), 0, 1)
    return (picture * mask[..., None] + 1 - mask[..., None]).astype(np.float32), mask.astype(np.float32)


def collect(
    folders: Sequence[Path], attributes: Tensor, repeats: int = 1, seed: int = 0, *, report: Report = silent
) -> Pairs:
    """Look at every frontal view of synthetic heads.

    Args:
        folders: one for each head, with `rgb.npy`, `label.npy` and `cam2world.npy`.
        attributes: float32 [heads, A].
        repeats: how often each view is spoilt anew.
        seed: of the spoiling.
        report: told of each head.
    """
    random = np.random.default_rng(seed)
    features, targets, heads = [], [], []
    for number, folder in enumerate(folders):
        rows = list(_frontal(folder, repeats, random))
        report(Progress(number + 1, len(folders), "Looking at heads"))
        for start in range(0, len(rows), BATCH):
            pictures, masks, angles = (
                torch.stack(list(column)) for column in zip(*rows[start : start + BATCH], strict=True)
            )
            features.append(photo_features(pictures, masks, angles))
        targets.append(attributes[number].expand(len(rows), -1))
        heads.append(torch.full((len(rows),), number))
    return Pairs(torch.cat(features), torch.cat(targets), torch.cat(heads))


def _frontal(folder: Path, repeats: int, random: np.random.Generator) -> Iterable[tuple[Tensor, Tensor, Tensor]]:
    """Picture, mask and (yaw, pitch) of each view that could be a portrait."""
    pictures, labels = np.load(folder / "rgb.npy", mmap_mode="r"), np.load(folder / "label.npy", mmap_mode="r")
    for view, pose in enumerate(np.load(folder / "cam2world.npy")):
        camera = Camera(np.asarray(pose, np.float64))
        if abs(camera.yaw_radians) > WIDEST_YAW_RADIANS or abs(camera.pitch_radians) > WIDEST_PITCH_RADIANS:
            continue
        for _ in range(repeats):
            rgb, mask = spoilt(np.asarray(pictures[view]), np.asarray(labels[view]) > 0, random)
            angles = torch.tensor([camera.yaw_radians, camera.pitch_radians]).float() + torch.randn(2) * 0.04
            yield torch.from_numpy(rgb).permute(2, 0, 1), torch.from_numpy(mask)[None], angles


def fit(pairs: Pairs, held_out: Tensor, prior: LatentPrior) -> tuple[Guesser, dict[float, float]]:
    """Ridge regression.

    Args:
        pairs: what to fit.
        held_out: bool [N], rows that only choose the strength.
        prior: of the generator, which turns attributes into codes.

    Returns:
        The guesser, and for each strength the share of the held-out codes' variance that is left unexplained.
    """
    known = pairs.features[~held_out]
    mean, scale = known.mean(dim=0), known.std(dim=0).clamp(min=1e-4)
    x = ((pairs.features - mean) / scale).clamp(-4, 4)
    centre = pairs.attributes[~held_out].mean(dim=0)
    y = pairs.attributes - centre
    to_codes = (prior.weight / prior.scale).T
    # fewer rows than features: the dual form
    rows, answers = x[~held_out], y[~held_out]
    likeness = rows @ rows.T
    left, weights = {}, {}
    for strength in STRENGTHS:
        ridge = likeness + strength * torch.eye(len(rows))
        weights[strength] = rows.T @ torch.cholesky_solve(answers, torch.linalg.cholesky(ridge))
        missed = (y[held_out] - x[held_out] @ weights[strength]) @ to_codes
        left[strength] = float(missed.square().sum() / (y[held_out] @ to_codes).square().sum())
    best = min(left, key=lambda strength: left[strength])
    codes_bias = prior.bias - prior.centre @ to_codes
    return Guesser(mean, scale, weights[best], centre, to_codes, codes_bias, _choices(prior)), left


def _choices(prior: LatentPrior) -> Tensor:
    """What kind each attribute is; see `Guesser.choices`."""
    kinds = torch.full((len(prior.attributes.names),), -1)
    for number, (first, last) in enumerate(prior.attributes.choices):
        kinds[first:last] = number
    for index, name in enumerate(prior.attributes.names):
        if name in PRESENT_OR_NOT:
            kinds[index] = -2
    return kinds


def save(guesser: Guesser, path: Path) -> None:
    """Write the file that `load_guesser` reads, in half precision."""
    description = {"picture_px": PICTURE_PX, "tiny_px": TINY_PX, "pooled": [list(pair) for pair in POOLED]}
    tensors = {field.name: getattr(guesser, field.name) for field in fields(guesser)}
    halved = {
        name: tensor.half().contiguous() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()
    }
    save_file(halved, path, {"first_guess": json.dumps(description)})


def train_first_guess(data: Path, path: Path, prior: LatentPrior, report: Report) -> dict[float, float]:
    """Fit the first guess to a data set and write it.

    Args:
        data: folder of rendered heads; those held out of the generator's training choose the strength.
        path: the safetensors file to write.
        prior: of the generator that was trained on the same data.
        report: told of each head.

    Returns:
        Unexplained share of the held-out codes' variance for each strength that was tried.

    Raises:
        VoltefaceError: the data hold no held-out head, or none to fit.
    """
    folders = finished_heads(data)
    unseen = [is_held_out(seed) for seed in folders]
    if not any(unseen) or all(unseen):
        raise VoltefaceError(f"{data} is too small to fit a first guess.", "Render at least twenty heads.")
    described = [list(attributes_of_head(folder).values()) for folder in folders.values()]
    pairs = collect(list(folders.values()), torch.tensor(described, dtype=torch.float32), report=report)
    guesser, left = fit(pairs, torch.tensor(unseen)[pairs.heads], prior)
    save(guesser, path)
    return left
