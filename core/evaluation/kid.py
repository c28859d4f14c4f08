"""KID: how far random samples are from renders of real training data, by view sector.

Kernel inception distance (Bińkowski et al. 2018): the unbiased squared maximum mean discrepancy with a cubic kernel -
here on EfficientNet-Lite0 features instead of Inception's, so the numbers compare with nothing but themselves. What two
halves of the data differ by is reported beside it: no model can be expected to do better.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.camera import Camera
from core.errors import VoltefaceError
from core.evaluation.figures import Cell, Part
from core.evaluation.pictures import as_tensor
from core.perception.efficientnet import feature_net
from core.progress import Progress
from core.training.dataset import HeadViews, finished_heads, is_held_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from core.progress import Report

NAME = "KID on EfficientNet-Lite0 features"
REFERENCE = Path(__file__).resolve().parents[2] / "resources" / "evaluation" / "renders.safetensors"
FEATURE_PX = 224
SECTORS = {"front": (0, 22, 45), "side": (72, 105), "back": (142, 180)}
"""Yaws of the level views of the data's ring, either side, by sector; samples are drawn from the same."""
HELD_OUT, TRAINING = "held-out renders", "training renders"
REGRESSED = {"age": "age", "sex": "gender", "beard": "beard"}
"""Measures that are read from features, and their names in a head's `meta.json`."""
RIDGE = 1.0
FRONTAL_VIEWS = (0, 1)
LEVEL_VIEWS = 13
"""The first views of a head are the level ones of the ring."""
SUBSETS, SUBSET_SHARE = 40, 0.5


def features_of(pictures: Iterable[NDArray[np.uint8]]) -> Tensor:
    """EfficientNet-Lite0 features [B, 1280] of RGB pictures [H, W, 3]."""
    net = feature_net()
    with torch.no_grad():
        return torch.cat([net(as_tensor(picture, FEATURE_PX)) for picture in pictures])


def squared_mmd(a: Tensor, b: Tensor) -> float:
    """Unbiased squared maximum mean discrepancy of features [N, D] and [M, D] with the kernel (x.y / D + 1)^3.

    A set and itself are no two samples: then it is below zero by what the diagonal is worth.
    """
    a, b = a.double(), b.double()

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def within(x: Tensor) -> Tensor:
        values = kernel(x, x)
        return (values.sum() - values.diagonal().sum()) / (len(x) * (len(x) - 1))

    return float(within(a) + within(b) - 2 * kernel(a, b).mean())


def kid(a: Tensor, b: Tensor, seed: int = 0) -> tuple[float, float]:
    """The distance, and its standard deviation over subsets of half the size."""
    random = torch.Generator().manual_seed(seed)

    def some(x: Tensor) -> Tensor:
        return x[torch.randperm(len(x), generator=random)[: max(2, round(SUBSET_SHARE * len(x)))]]

    spread = torch.tensor([squared_mmd(some(a), some(b)) for _ in range(SUBSETS)]).std()
    # a half has twice the variance of the whole
    return squared_mmd(a, b), float(spread) * SUBSET_SHARE**0.5


def sector_of(yaw_degrees: float) -> str:
    """The sector whose yaws are nearest."""
    yaw = abs(yaw_degrees)
    return min(SECTORS, key=lambda sector: min(abs(yaw - known) for known in SECTORS[sector]))


def kid_part(samples: Mapping[str, Tensor], reference: Mapping[str, Tensor], seed: int = 0) -> Part:
    """The table.

    Args:
        samples: features [N, 1280] of the model's samples by sector.
        reference: features by "sector/HELD_OUT" and "sector/TRAINING", as `read_reference` gives them.
        seed: of the subsets.
    """
    cells: list[Cell] = []
    for sector, features in samples.items():
        known = {name: reference[f"{sector}/{name}"] for name in (HELD_OUT, TRAINING)}
        for name, renders in known.items():
            mean, deviation = kid(features, renders, seed)
            cells.append(Cell(sector, f"samples against {name}", mean, deviation, min(len(features), len(renders))))
        mean, deviation = kid(known[HELD_OUT], known[TRAINING], seed)
        column = f"{HELD_OUT} against {TRAINING}"
        cells.append(Cell(sector, column, mean, deviation, min(len(renders) for renders in known.values())))
    counts = ", ".join(f"{len(features)} {sector}" for sector, features in samples.items())
    return Part(f"{NAME}, unbiased, ± over halves; pictures of samples: {counts}", tuple(cells))


def reference_from(folders: Sequence[Path], heads: int, report: Report) -> dict[str, Tensor]:
    """Features of data sets' level views by sector, of held-out heads and of as many that were trained on.

    Raises:
        VoltefaceError: the folders have no heads of either kind.
    """
    found = [pair for folder in folders for pair in finished_heads(folder).items()]
    chosen = {
        HELD_OUT: _spaced([path for seed, path in found if is_held_out(seed)], heads),
        TRAINING: _spaced([path for seed, path in found if not is_held_out(seed)], heads),
    }
    if not all(chosen.values()):
        names = ", ".join(map(str, folders))
        raise VoltefaceError(
            f"{names} holds no heads to compare with.", "Name a folder made by `volteface train data`."
        )
    total = sum(len(paths) for paths in chosen.values())
    features: dict[str, list[Tensor]] = {f"{sector}/{name}": [] for sector in SECTORS for name in chosen}
    done = 0
    for name, paths in chosen.items():
        for path in paths:
            report(Progress(done, total, "Looking at true renders"))
            done += 1
            views = HeadViews(path)
            # the first two views of the ring are both frontal: one is enough
            for view in range(1, min(LEVEL_VIEWS, len(views))):
                yaw = Camera(np.asarray(views.world_from_camera[view], np.float64)).yaw_radians
                features[f"{sector_of(np.degrees(yaw))}/{name}"].append(features_of([np.array(views.rgb[view])]))
    return {key: torch.cat(values) for key, values in features.items()}


def regressor_from(folders: Sequence[Path], report: Report) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Ridge regression from features of frontal renders to `REGRESSED` attributes in their own units.

    Returns:
        "regressor/weight" [1280, R] and "regressor/bias" [R], and the variance explained on held-out heads by name.
    """
    rows: list[Tensor] = []
    answers: list[list[float]] = []
    unseen: list[bool] = []
    found = [pair for folder in folders for pair in finished_heads(folder).items()]
    for number, (seed, path) in enumerate(found):
        report(Progress(number, len(found), "Looking at frontal renders"))
        facts = json.loads((path / "meta.json").read_text(encoding="utf-8"))
        for view in FRONTAL_VIEWS:
            rows.append(features_of([np.array(HeadViews(path).rgb[view])])[0])
            answers.append([float(facts[name]) for name in REGRESSED.values()])
            unseen.append(is_held_out(seed))
    x, y, kept_back = torch.stack(rows).double(), torch.tensor(answers, dtype=torch.float64), torch.tensor(unseen)
    known_x, known_y = x[~kept_back], y[~kept_back]
    middle, level = known_x.mean(0), known_y.mean(0)
    normal = (known_x - middle).T @ (known_x - middle)
    ridge = RIDGE * normal.diagonal().mean() * torch.eye(len(normal), dtype=torch.float64)
    weight = torch.linalg.solve(normal + ridge, (known_x - middle).T @ (known_y - level))
    missed = (y[kept_back] - level) - (x[kept_back] - middle) @ weight
    explained = 1 - missed.square().mean(0) / y[kept_back].var(0, unbiased=False)
    tensors = {"regressor/weight": weight.float(), "regressor/bias": (level - middle @ weight).float()}
    return tensors, dict(zip(REGRESSED, explained.tolist(), strict=True))


def _spaced(paths: Sequence[Path], count: int) -> list[Path]:
    """About `count` of them, evenly spread."""
    return [paths[n * len(paths) // count] for n in range(min(count, len(paths)))] if len(paths) > count else [*paths]


def write_reference(tensors: Mapping[str, Tensor], path: Path, explained: Mapping[str, float]) -> None:
    """Write features and regressor in half precision."""
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = {key: value.half().contiguous() for key, value in tensors.items()}
    save_file(halves, path, {"features": NAME, "explained": json.dumps(explained), "licence": "CC0-1.0"})


def read_reference(path: Path = REFERENCE) -> dict[str, Tensor]:
    """What `write_reference` wrote.

    Raises:
        VoltefaceError: the file is missing or damaged.
    """
    try:
        return {key: value.float() for key, value in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise VoltefaceError(f"The features of true renders could not be read from {path}.", "Restore it.") from error
