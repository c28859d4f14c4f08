"""What else changes when a slider moves: every slider against every measure, in deviations over random heads.

Everything is measured on pictures: colours and extents by the labels the model decodes, mouth and brows by the face
mesh, age, sex and beard by a ridge regressor on EfficientNet-Lite0 features that was fitted on true renders with known
attributes (its explained variance on held-out heads is in the file).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.editors.attributes import mix_against
from core.editors.random_head import random_latents
from core.evaluation.figures import Cell, Part
from core.evaluation.kid import REGRESSED, features_of
from core.evaluation.pictures import at_degrees, head_of
from core.evaluation.samples import HEAD_PARTS, PICTURE_PX, PITCH_DEGREES
from core.frame import Quality
from core.mask import PARTS
from core.perception import face_detection, face_mesh
from core.progress import Progress
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from core.editors.attributes import Sliders
    from core.evaluation.samples import Sample
    from core.progress import Report
    from core.protocols import Generator

Measured = dict[str, float]
MEASURES = (
    "age", "sex", "smile", "jaw", "brow", "skin", "hair-length", "hair-light", "hair-red", "beard", "glasses",
)  # fmt: skip
"""One for each slider, by its name."""
UPPER_LIP, LOWER_LIP, BROWS, EYE_CORNERS = 13, 14, (107, 336), (133, 362)
LEAST_PIXELS = 30
TINY_SPREAD = 1e-6
FIRST_SEED = 50_000
"""Heads that sliders are tried on: not those of the sample checks."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def measured(
    front: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    back: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    regressor: Mapping[str, Tensor],
) -> Measured:
    """All measures of a head; not a number where something is not to be seen.

    Args:
        front: picture [S, S, 3] and labels [h, w] from the front.
        back: the same from behind.
        regressor: what `kid.read_reference` gives: a weight [1280, R] and a bias [R] for `REGRESSED`.
    """
    values = dict.fromkeys(MEASURES, math.nan)
    answers = features_of([front[0]])[0] @ regressor["regressor/weight"] + regressor["regressor/bias"]
    values |= dict(zip(REGRESSED, answers.tolist(), strict=True))
    skin = _mean_colour(*front, "skin", "nose")
    values["skin"] = -float(skin @ LUMINANCE)
    hair = _mean_colour(*back, "hair")
    values["hair-light"] = float(hair @ LUMINANCE)
    values["hair-red"] = float(hair[0] - hair[1:].mean())
    rows = np.nonzero(back[1] == PARTS.index("hair"))[0]
    if len(rows) >= LEAST_PIXELS:
        values["hair-length"] = float(np.percentile(rows, 98)) / len(back[1])
    head = np.isin(front[1], HEAD_PARTS).sum()
    values["glasses"] = float((front[1] == PARTS.index("glasses")).sum() / max(head, 1))
    return values | _expression(front[0])


def _mean_colour(rgb: NDArray[np.uint8], labels: NDArray[np.uint8], *parts: str) -> NDArray[np.float64]:
    """Mean RGB 0..1 of some parts; not numbers where they are hardly seen."""
    step = len(rgb) // len(labels)
    pixels = rgb[step // 2 :: step, step // 2 :: step][np.isin(labels, [PARTS.index(part) for part in parts])]
    return np.asarray(pixels.mean(0) / 255 if len(pixels) >= LEAST_PIXELS else np.full(3, math.nan))


def _expression(rgb: NDArray[np.uint8]) -> Measured:
    """Mouth and brows in heights of the face, up positive; nothing where no face is seen."""
    faces = face_detection.find_faces(rgb)
    if not faces:
        return {}
    points = face_mesh.find_mesh(rgb, faces[0]).points[:, :2]
    height = float(np.linalg.norm(points[face_mesh.CHIN] - points[face_mesh.FOREHEAD]))
    corners = points[[face_mesh.MOUTH_RIGHT, face_mesh.MOUTH_LEFT], 1].mean()
    return {
        "smile": float(points[UPPER_LIP, 1] - corners) / height,
        "jaw": float(points[LOWER_LIP, 1] - points[UPPER_LIP, 1]) / height,
        "brow": float(points[list(EYE_CORNERS), 1].mean() - points[list(BROWS), 1].mean()) / height,
    }


def measured_head(generator: Generator, latents: Tensor, regressor: Mapping[str, Tensor]) -> Measured:
    """All measures of the head of latents [L, W]."""
    renderer = HeadRenderer(generator, head_of(generator, latents))
    seen = []
    for yaw in (0, 180):
        frame = renderer.render(at_degrees(yaw, PITCH_DEGREES), Quality.NEAR, size_px=PICTURE_PX)
        assert frame.labels is not None
        seen.append((frame.rgb, frame.labels))
    return measured(seen[0], seen[1], regressor)


def measured_samples(samples: Sequence[Sample], regressor: Mapping[str, Tensor]) -> list[Measured]:
    """The measures of random heads that are drawn already."""
    found = []
    for sample in samples:
        views = {abs(view.yaw_degrees): view for view in sample.views}
        front, back = ((views[yaw].rgb, views[yaw].labels) for yaw in (0, 180))
        if front[1] is not None and back[1] is not None:
            found.append(measured((front[0], front[1]), (back[0], back[1]), regressor))
    return found


def deviations(random_heads: Sequence[Measured]) -> Measured:
    """Standard deviation of each measure over random heads."""
    table = np.array([[head[name] for name in MEASURES] for head in random_heads])
    return dict(zip(MEASURES, np.nanstd(table, axis=0).clip(TINY_SPREAD).tolist(), strict=True))


def responses(
    generator: Generator,
    sliders: Sliders,
    heads: int,
    spread: Mapping[str, float],
    regressor: Mapping[str, Tensor],
    report: Report,
) -> NDArray[np.float64]:
    """Change of every measure for one unit of each slider, in deviations [heads, sliders, measures]."""
    result = np.full((heads, len(sliders.names), len(MEASURES)), math.nan)
    for head in range(heads):
        latents = random_latents(generator, FIRST_SEED + head)
        for row, name in enumerate(sliders.names):
            report(Progress(head * len(sliders.names) + row, heads * len(sliders.names), "Moving sliders"))
            high, low = (
                measured_head(generator, sliders.applied(latents, {name: strength}), regressor)
                for strength in (1.0, -1.0)
            )
            result[head, row] = [(high[m] - low[m]) / 2 / spread[m] for m in MEASURES]
    return result


def leakage_part(response: NDArray[np.float64], sliders: Sliders, random_heads: int) -> Part:
    """The matrix: rows are sliders at strength 1, columns measures, and what leaks as a share of what is wanted.

    Args:
        response: [heads, sliders, measures], see `responses`.
        sliders: that were moved.
        random_heads: how many heads the deviations were taken over.
    """
    cells: list[Cell] = []
    for row, name in enumerate(sliders.names):
        own = MEASURES.index(name)
        mean = _mean_over_heads(response[:, row])
        others = np.nan_to_num(np.delete(mean, own))
        leak = float(np.sqrt((others**2).mean()) / max(abs(mean[own]), TINY_SPREAD))
        cells += Cell.of(name, "wanted", response[:, row, own].tolist())
        cells.append(Cell(name, "leak / wanted", leak, count=1))
        for column, measure in enumerate(MEASURES):
            cells += Cell.of(name, measure, response[:, row, column].tolist())
    title = (
        f"Sliders at strength 1: change of each measure in deviations over {random_heads} random heads, "
        f"mean ± deviation over {len(response)} heads; leak: root mean square of the other measures"
    )
    details = {
        "sliders": list(sliders.names),
        "mix": sliders.mix.tolist(),
        "response": mean_response(response, sliders.names).tolist(),
    }
    return Part(title, tuple(cells), details=details)


def better_mix(part: Part) -> tuple[list[str], Tensor]:
    """The sliders' names, and the mix that undoes most of what `leakage_part` found to leak."""
    return part.details["sliders"], mix_against(torch.tensor(part.details["response"])) @ torch.tensor(
        part.details["mix"]
    )


def mean_response(response: NDArray[np.float64], names: Sequence[str]) -> Tensor:
    """[S, S] mean over heads, columns in the order of the sliders; what was never seen counts as no change."""
    mean = np.nan_to_num(np.stack([_mean_over_heads(response[:, row]) for row in range(len(names))]))
    return torch.tensor(mean[:, [MEASURES.index(name) for name in names]], dtype=torch.float32)


def _mean_over_heads(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean [M] over heads of [heads, M], of what is known."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(0)
    counts = known.sum(0)
    return np.where(counts > 0, total / np.maximum(counts, 1), math.nan)
