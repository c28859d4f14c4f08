"""Measures the canonical face on synthetic heads whose cameras are known.

    python -m core.training.canonical_face HEADS

HEADS holds one folder a head, with rgb.npy [V,256,256,3] and cam2world.npy [V,4,4]. The face mesh is run on the views
from the front; the 468 points are triangulated a head, averaged, and made symmetric; what the mesh shows beside their
projections becomes the deviation and the modes of `core.perception.head_pose`.
"""

import argparse
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from core.camera import Camera
from core.perception import face_detection, face_mesh, weights
from core.perception.head_pose import view_terms
from core.perception.similarity import fit_similarity, moved

log = logging.getLogger(__name__)

Array = NDArray[np.float64]

LEAST_PRESENCE = 0.5
WIDEST_YAW, WIDEST_PITCH = np.radians(80), np.radians(50)
# Views from which points are triangulated: there the mesh follows the face on both sides.
TRIANGULATED_YAW, TRIANGULATED_PITCH = np.radians(55), np.radians(35)
LEAST_VIEWS = 5
MODES = 40
MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class View:
    """The mesh found in one render: points [468,2] in picture widths, and the camera that made the render."""

    head: int
    camera: Camera
    points: Array


def views_of(folder: Path) -> Iterator[View]:
    """The views of a head in which the mesh is found."""
    pictures = np.load(folder / "rgb.npy", mmap_mode="r")
    for picture, pose in zip(pictures, np.load(folder / "cam2world.npy").astype(np.float64), strict=True):
        camera = Camera(pose)
        if abs(camera.yaw_radians) > WIDEST_YAW or abs(camera.pitch_radians) > WIDEST_PITCH:
            continue
        pixels = np.asarray(picture)
        faces = face_detection.find_faces(pixels)
        if not faces:
            continue
        mesh = face_mesh.find_mesh(pixels, faces[0])  # uses the mirror partners of the last measurement
        if mesh.presence >= LEAST_PRESENCE:
            yield View(int(folder.name), camera, mesh.points[:, :2] / pixels.shape[1])


def triangulated(views: Sequence[View]) -> Array:
    """Points [468,3] that lie closest to their rays from several views, in the least-squares sense."""
    count = len(views[0].points)
    normal, right = np.zeros((count, 3, 3)), np.zeros((count, 3))
    for view in views:
        plane = (view.points - 0.5) / view.camera.focal
        long = np.hstack([plane, np.ones((count, 1))]) @ view.camera.world_from_camera[:3, :3].T
        rays = long / np.sqrt((long**2).sum(1, keepdims=True))
        across = np.eye(3) - rays[:, :, None] * rays[:, None, :]
        normal += across
        right += across @ view.camera.position
    return np.asarray(np.linalg.solve(normal, right[..., None])[..., 0], np.float64)


def mean_points(views: Sequence[View]) -> Array:
    """The mean over heads of the triangulated points, not yet symmetric."""
    heads: dict[int, list[View]] = {}
    for view in views:
        if abs(view.camera.yaw_radians) < TRIANGULATED_YAW and abs(view.camera.pitch_radians) < TRIANGULATED_PITCH:
            heads.setdefault(view.head, []).append(view)
    each = [triangulated(group) for group in heads.values() if len(group) >= LEAST_VIEWS]
    return np.asarray(np.mean(each, axis=0))


def mirror_partners(points: Array) -> NDArray[np.intp]:
    """For each point [N,3] the one that lies where its mirror image does."""
    partners = np.asarray(((points[:, None] * MIRROR - points[None]) ** 2).sum(2).argmin(1))
    if not np.array_equal(partners[partners], np.arange(len(points))):
        raise ValueError("the points are not symmetric enough to pair them")
    return partners


def deviations(views: Sequence[View], mean: Array, partners: NDArray[np.intp]) -> tuple[Array, Array]:
    """View terms [S,6] and what the mesh shows beside the projected mean [S,468*2]; each view mirrored, too."""
    terms, rows = [], []
    for view in views:
        for points, camera in (
            (view.points, view.camera),
            (view.points[partners] * [-1, 1] + [1, 0], view.camera.mirrored()),
        ):
            uv, _ = Camera.orbit(camera.yaw_radians, camera.pitch_radians).project(mean)
            rows.append((moved(points, fit_similarity(points, uv)) - uv).ravel())
            terms.append(view_terms(camera.yaw_radians, camera.pitch_radians))
    return np.stack(terms), np.stack(rows)


def measured(views: Sequence[View]) -> dict[str, torch.Tensor]:
    """The tensors of `head_pose.CanonicalFace`, and each point's mirror partner."""
    mean = mean_points(views)
    partners = mirror_partners(mean)
    mean = (mean + mean[partners] * MIRROR) / 2
    terms, rows = deviations(views, mean, partners)
    kept = np.ones(len(rows), dtype=bool)
    for _ in range(3):  # without the views in which the mesh went astray
        factors = np.linalg.lstsq(terms[kept], rows[kept], rcond=None)[0]
        errors = rows - terms @ factors
        size = np.sqrt((errors**2).mean(1))
        kept = size < 3 * np.median(size)
    log.info("%d views, %.1f%% kept, typical error %.4f", len(views), 100 * kept.mean(), np.median(size))
    _, spread, axes = np.linalg.svd(errors[kept], full_matrices=False)
    modes = axes[:MODES] * (spread[:MODES, None] / np.sqrt(kept.sum()))
    return {
        "mean": torch.from_numpy(mean).half(),
        "deviation": torch.from_numpy(factors.reshape(-1, 468, 2)).half(),
        "modes": torch.from_numpy(modes.reshape(-1, 468, 2)).half(),
        "partners": torch.from_numpy(partners.astype(np.int16)),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures the canonical face and writes it beside the other weights."""
    parser = argparse.ArgumentParser(description="Measure the canonical face on synthetic heads.")
    parser.add_argument("heads", type=Path)
    parser.add_argument("--count", type=int, default=400, help="how many heads to use")
    parser.add_argument("--target", type=Path, default=weights.FOLDER)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    folders = sorted(f for f in options.heads.iterdir() if (f / "meta.json").is_file())[: options.count]
    views = [view for folder in folders for view in views_of(folder)]
    write(measured(views), options.target)


def write(tensors: dict[str, torch.Tensor], target: Path) -> None:
    """Writes the file and its record."""
    weights.bundle(
        save(tensors),
        target,
        name="canonical_face",
        title="mean place and variation of the 468 mesh points on the head model",
        licence="Apache-2.0 (Volteface; measured on renders of CC0 MakeHuman heads)",
        source="core.training.canonical_face",
    )


if __name__ == "__main__":
    main()
