"""How well heads that nobody trained on come back from one frontal view, from all sides.

The inverter is given the frontal picture, its true mask and camera; the head it finds is compared with the true
pictures from the same angles. LPIPS (VGG16) and PSNR count the pixels of either head at 256 px, identity is dlib's
where a face is seen in both, and label IoU is the mean over parts at the size at which the model decodes them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.align import CROP_PX, Alignment, find_meshes
from core.camera import Camera
from core.evaluation.figures import Cell, Part
from core.evaluation.held_out import ANGLES_DEGREES
from core.evaluation.pictures import COMPARED_PX, as_tensor, identity_between, identity_of
from core.evaluation.studio_inverter import studio_inverter
from core.frame import Quality
from core.further_photo import alignment_from
from core.head import Head
from core.mask import PARTS
from core.metrics import lpips, psnr
from core.perception.head_pose import canonical_face
from core.progress import Progress, named
from core.rendering.renderer import HeadRenderer
from core.resizing import sized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from core.evaluation.held_out import HeldOutHead, TrueView
    from core.frame import Frame
    from core.progress import Report
    from core.protocols import Generator

LPIPS_AT_MOST = {0: 0.08, 30: 0.13, 90: 0.20, 180: 0.22}
FACE_SEEN_DEGREES = 75
"""Beyond this angle no face is looked for."""
LEAST_SHARE = 5e-4
"""Share of the pixels below which a part does not count for the IoU."""
ENCODER, REFINED, BARE = "encoder only", "refined", "refined, without its photo"
"""Rows of a table. Heads wear their photo, so what the model itself has found is shown beside them."""


@dataclass(frozen=True)
class Likeness:
    """How one render resembles the truth; identity is not a number where no face is seen.

    Attributes:
        psnr: decibel.
        lpips: VGG16, version 0.1.
        identity: dlib.
        iou: mean over parts, 0..1.
    """

    psnr: float
    lpips: float
    identity: float
    iou: float


def likeness(frame: Frame, truth: TrueView, *, with_face: bool) -> Likeness:
    """Compare a frame with the true picture from its camera."""
    drawn, true = as_tensor(frame.rgb), as_tensor(truth.rgb)
    solid = sized(torch.from_numpy((truth.label > 0).astype(np.float32))[None, None], COMPARED_PX)
    mask = torch.maximum(sized(torch.from_numpy(frame.alpha)[None, None], COMPARED_PX), solid)
    mask = (mask > 0.5).float()
    with torch.no_grad():
        distance = float(lpips(drawn, true, mask))
    faces = (identity_of(frame.rgb), identity_of(truth.rgb)) if with_face else (None, None)
    return Likeness(
        float(psnr(drawn, true, mask)),
        distance,
        identity_between(*faces),
        math.nan if frame.labels is None else mean_iou(frame.labels, truth.label),
    )


def mean_iou(labels: NDArray[np.uint8], true: NDArray[np.uint8]) -> float:
    """Mean intersection over union of the parts that either picture shows; not a number where neither shows any."""
    true = cv2.resize(true, labels.shape[::-1], interpolation=cv2.INTER_NEAREST)
    values = []
    for part in range(1, len(PARTS)):
        ours, theirs = labels == part, true == part
        if max(ours.mean(), theirs.mean()) >= LEAST_SHARE:
            values.append(float((ours & theirs).sum() / (ours | theirs).sum()))
    return float(np.mean(values)) if values else math.nan


def alignment_of(view: TrueView) -> Alignment:
    """What aligning would find in a picture whose camera is known."""
    crop = cv2.resize(view.rgb, (CROP_PX, CROP_PX), interpolation=cv2.INTER_CUBIC)
    solid = (view.label > 0).astype(np.float32)
    mask = cv2.resize(solid, (CROP_PX, CROP_PX), interpolation=cv2.INTER_LINEAR).clip(0, 1)
    found = find_meshes(np.ascontiguousarray(crop, np.uint8))
    camera = view.camera
    if found:
        points = found[0][1].points[:, :2]
    else:
        points = canonical_face().expected(camera.yaw_radians, camera.pitch_radians) * CROP_PX
    return alignment_from(np.ascontiguousarray(crop, np.uint8), mask.astype(np.float32), camera, points)


def same_turn(found: Camera, front: Camera, view: Camera) -> Camera:
    """From where `found` sees a head as `view` sees it when `front` is where it was seen from before."""
    turn = found.world_from_camera @ np.linalg.inv(front.world_from_camera)
    return Camera(turn @ view.world_from_camera, view.vertical_fov_radians, view.near, view.far)


def inverted(
    alignment: Alignment, generator: Generator, method: str, seconds: float, seed: int, report: Report
) -> tuple[Head, Head]:
    """The first guess and the finished head."""
    first: list[Head] = []

    def watch(progress: Progress) -> None:
        if not first and isinstance(progress.result, Head):
            first.append(progress.result)
        report(progress)

    head = studio_inverter(method).invert(alignment, generator, watch, seed=seed, seconds=seconds)
    return (first[0] if first else head), head


def stages(first: Head, refined: Head) -> tuple[tuple[str, Head], ...]:
    """What is compared, by the name of its row."""
    return (ENCODER, first), (REFINED, refined), (BARE, replace(refined, photos=(), strands=None))


def reconstruction(
    generator: Generator,
    heads: Sequence[HeldOutHead],
    report: Report,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    method: str = "pivotal",
    quality: Quality = Quality.EXACT,
) -> Part:
    """Invert each head's frontal view and compare it from all angles."""
    found: dict[str, dict[int, list[Likeness]]] = {stage: {} for stage in (REFINED, BARE, ENCODER)}
    details: list[Mapping[str, object]] = []
    for number, truth in enumerate(heads):
        name = f"Held-out head {truth.seed} ({number + 1} of {len(heads)})"
        report(Progress(number, len(heads), name))
        front = truth.views[0].camera
        told = named(report, name)
        ends = inverted(alignment_of(truth.views[0]), generator, method, seconds, seed, told)
        for stage, head in stages(*ends):
            renderer = HeadRenderer(generator, head)
            for angle, view in truth.views.items():
                frame = renderer.render(same_turn(head.camera, front, view.camera), quality, size_px=COMPARED_PX)
                alike = likeness(frame, view, with_face=angle <= FACE_SEEN_DEGREES)
                found[stage].setdefault(angle, []).append(alike)
                details.append({"seed": truth.seed, "stage": stage, "degrees": angle, **_plain(alike)})
    cells: list[Cell] = []
    for stage, by_angle in found.items():
        for angle in ANGLES_DEGREES:
            cells += _row(stage, angle, by_angle.get(angle, []))
    seeds = ", ".join(str(head.seed) for head in heads)
    title = (
        f"Held-out heads from one frontal view, camera given, {seconds:g} s of `{method}`, wearing it: mean ± "
        f"deviation of {len(heads)} heads (seeds {seeds})"
    )
    return Part(title, tuple(cells), details={"heads": details, "seconds": seconds, "method": method})


def _row(stage: str, angle: int, values: Sequence[Likeness]) -> list[Cell]:
    target = LPIPS_AT_MOST.get(angle) if stage == REFINED else None
    row = f"{stage}, {angle} degrees"
    return [
        *Cell.of(row, "LPIPS (VGG, on the head)", [value.lpips for value in values], target),
        *Cell.of(row, "PSNR dB", [value.psnr for value in values]),
        *Cell.of(row, "identity (dlib)", [value.identity for value in values]),
        *Cell.of(row, "label IoU", [value.iou for value in values]),
    ]


def _plain(alike: Likeness) -> dict[str, float | None]:
    """As JSON, which knows no "not a number"."""
    return {name: round(value, 5) if math.isfinite(value) else None for name, value in vars(alike).items()}
