"""What a person would notice in random samples: things that float, holes, a face behind, hair on one side only.

Every check names the seeds it objects to (`volteface random --seed N` makes them again), and is also run on true
renders where these allow it, so that one sees what it says of heads that are right. Longer than usual: four checks of
the same pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.camera import SEEN_HALF_HEIGHT
from core.editors.face_form import with_own_form
from core.editors.random_head import random_head
from core.evaluation.figures import Cell, Part
from core.evaluation.pictures import at_degrees
from core.frame import Quality
from core.mask import PARTS
from core.perception import face_detection, face_mesh
from core.progress import Progress
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from core.evaluation.held_out import HeldOutHead
    from core.progress import Report
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

YAWS_DEGREES = (0, 22, -45, 72, -105, 142, -142, 180)
PITCH_DEGREES = 4
YAW_JITTER_DEGREES, PITCH_JITTER_DEGREES = 7, 5
"""As in the data, so that pictures of both can be compared."""
PICTURE_PX = 256
REAR_DEGREES = 135
SIDE_DEGREES = 60
SOLID = 35.0
"""Density per world unit of which two hundredths of a unit (11 mm) stop half of the light."""
CM3_PER_UNIT3 = 56.5**3
LEAST_FLOATER_CM3 = 0.25
ATTACHED_NODES = 3
"""Glasses this near to the head hold on to it: their temples are thinner than the grid."""
OPAQUE, LEAST_HOLE_SHARE, RIM_PX = 0.9, 6e-4, 4
THINGS = [
    [PARTS.index(part) for part in group]
    for group in (
        ("glasses",),
        ("hair",),
        ("cloth",),
        ("skin", "eyes", "brows", "lips", "nose", "ears", "mouth", "neck"),
    )
]
LEAST_OTHER_SHARE = 0.12
"""Share of a hole's surroundings that a second thing has to have."""
MOSTLY = 0.3
"""Share of a hole that is glasses, from which it is a lens or the gap behind one."""
HAIRY, BALD = 0.12, 0.03
"""Shares of a head's pixels that are hair, above which a side has hair and below which it has none."""
LEAST_PRESENCE = 0.5
LEAST_FACE_SHARE = 5e-4
HEAD_PARTS = [PARTS.index(p) for p in PARTS if p not in ("background", "neck", "cloth")]
FACE_PARTS = [PARTS.index(p) for p in ("eyes", "nose", "lips", "mouth")]


@dataclass(frozen=True, eq=False)
class SampleView:
    """One picture of a sample.

    Attributes:
        yaw_degrees: nominal, of `YAWS_DEGREES` or its mirror.
        rgb: uint8 [S, S, 3].
        alpha: float32 [S, S].
        labels: uint8 [h, w], or None.
    """

    yaw_degrees: int
    rgb: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    labels: NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class Sample:
    """A random head from all sides.

    Attributes:
        seed: which one.
        latents: float32 [L, W].
        views: eight.
        floaters: volumes in cubic centimetres of what touches nothing.
    """

    seed: int
    latents: Tensor
    views: tuple[SampleView, ...]
    floaters: tuple[float, ...]


def draw_sample(generator: Generator, seed: int, truncation: float = 0.7) -> Sample:
    """Draw the sample of a seed from its own eight places, spread as the data's are."""
    head = with_own_form(generator, random_head(generator, seed, truncation=truncation))
    renderer = HeadRenderer(generator, head)
    random = np.random.default_rng(seed)
    side = random.choice((-1, 1))
    views = []
    for yaw in YAWS_DEGREES:
        camera = at_degrees(
            side * yaw + random.normal(0, YAW_JITTER_DEGREES),
            PITCH_DEGREES + random.normal(0, PITCH_JITTER_DEGREES),
        )
        frame = renderer.render(camera, Quality.NEAR, size_px=PICTURE_PX)
        views.append(SampleView(side * yaw, frame.rgb, frame.alpha, frame.labels))
    return Sample(seed, head.latents, tuple(views), floaters(renderer.grid()))


def draw_samples(
    generator: Generator, count: int, report: Report, *, seed: int = 0, truncation: float = 0.7
) -> list[Sample]:
    """The samples of `count` seeds from `seed` on."""
    samples = []
    for number in range(count):
        report(Progress(number, count, "Drawing samples"))
        samples.append(draw_sample(generator, seed + number, truncation))
    return samples


def floaters(grid: FieldGrid) -> tuple[float, ...]:
    """Volumes, cubic centimetres, of what can be seen and does not hang together with the largest piece."""
    # slow to import, and needed by nobody else here
    from skimage.measure import label

    solid = (grid.sigma > SOLID).cpu().numpy()
    rows = np.linspace(-1, 1, solid.shape[1]) * grid.half_sides[1]
    solid = solid[:, rows > -SEEN_HALF_HEIGHT]
    pieces, count = label(solid, connectivity=3, return_num=True)
    if count < 2:
        return ()
    volumes = np.bincount(pieces.ravel()) * float(np.prod(grid.spacing)) * CM3_PER_UNIT3
    volumes[0] = 0
    main = int(volumes.argmax())
    if (volumes >= LEAST_FLOATER_CM3).sum() < 2:
        return ()
    # the empty space that light reaches; the cut through the chest is no window into it
    open_air = label(np.pad(~solid, ((1, 1), (0, 1), (1, 1)), constant_values=True), connectivity=1)
    air = open_air == open_air[0, -1, 0]
    seen_from = _widened(air, 1)[1:-1, :-1, 1:-1]
    holding = _widened(pieces == main, ATTACHED_NODES)
    parts = None if grid.labels is None else grid.labels.cpu().numpy()[:, rows > -SEEN_HALF_HEIGHT]
    found = []
    for piece in np.flatnonzero(volumes >= LEAST_FLOATER_CM3):
        own = pieces == piece
        if piece == main or not (own & seen_from).any():
            continue
        is_frame = parts is not None and np.bincount(parts[own]).argmax() == PARTS.index("glasses")
        if not (is_frame and (own & holding).any()):
            found.append(round(float(volumes[piece]), 2))
    return tuple(sorted(found, reverse=True))


def _widened(solid: NDArray[np.bool_], nodes: int) -> NDArray[np.bool_]:
    """Everything within so many nodes."""
    field = torch.from_numpy(solid)[None, None].float()
    pooled = torch.nn.functional.max_pool3d(field, 2 * nodes + 1, 1, padding=nodes)
    return np.asarray(pooled[0, 0].numpy() > 0)


def holes(alpha: NDArray[np.float32], labels: NDArray[np.uint8] | None = None) -> int:
    """How many holes a head has: places well inside its outline through which the background shines.

    A gap between two things is none, such as that between a pony tail and the neck, or behind the glasses.

    Args:
        alpha: [S, S].
        labels: [h, w] of the same picture, h at most S; without them, gaps count.
    """
    size = len(alpha)
    rim_px = max(RIM_PX, 0 if labels is None else 2 * size // len(labels))  # where an outline may fade
    outside = np.pad((alpha < 0.5).astype(np.uint8), 1, constant_values=1)
    _, regions = cv2.connectedComponents(outside, connectivity=4)
    inside = (regions != regions[0, 0])[1:-1, 1:-1].astype(np.uint8)
    inner = cv2.erode(inside, np.ones((2 * rim_px + 1, 2 * rim_px + 1), np.uint8)) > 0
    # an enclosed region is a hole up to its own rim
    faint = (inner & (alpha < OPAQUE)) | ((inside > 0) & (alpha < 0.5))
    count, marks, stats, _ = cv2.connectedComponentsWithStats(faint.astype(np.uint8))
    large = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= LEAST_HOLE_SHARE * alpha.size]
    if labels is None:
        return len(large)
    parts = cv2.resize(labels, (size, size), interpolation=cv2.INTER_NEAREST)
    return sum(not _is_gap(marks == n, parts, rim_px) for n in large)


def _is_gap(hole: NDArray[np.bool_], parts: NDArray[np.uint8], rim_px: int) -> bool:
    """Whether a hole lies between two different things, or in or behind a pair of glasses."""
    if np.isin(parts[hole], THINGS[0]).mean() > MOSTLY:
        return True
    kernel = np.ones((4 * rim_px + 1, 4 * rim_px + 1), np.uint8)
    around = parts[(cv2.dilate(hole.astype(np.uint8), kernel) > 0) & ~hole]
    shares = [np.isin(around, group).sum() / max((around > 0).sum(), 1) for group in THINGS]
    return bool(shares[0] >= LEAST_OTHER_SHARE or sorted(shares)[-2] >= LEAST_OTHER_SHARE)


def hair_share(labels: NDArray[np.uint8]) -> float:
    """Share of a head's pixels that are hair."""
    head = np.isin(labels, HEAD_PARTS).sum()
    return float((labels == PARTS.index("hair")).sum() / max(head, 1))


def hair_agrees(shares: Sequence[tuple[float, float]]) -> bool:
    """Whether the sides of a head agree that it has hair, or that it has none.

    Args:
        shares: yaw in degrees and share of hair, by view. A high forehead is no bald head, so in front only the
            presence of hair counts.
    """
    around = [share for yaw, share in shares if abs(yaw) >= SIDE_DEGREES]
    some = any(share > HAIRY for _, share in shares)
    none = any(share < BALD for share in around)
    return not (some and none)


def has_face(rgb: NDArray[np.uint8], labels: NDArray[np.uint8] | None) -> bool:
    """Whether a rear view shows a face: to the detector and the mesh net, or by its labels."""
    if labels is not None and np.isin(labels, FACE_PARTS).mean() > LEAST_FACE_SHARE:
        return True
    found = face_detection.find_faces(rgb)
    return any(face_mesh.find_mesh(rgb, face).presence >= LEAST_PRESENCE for face in found)


def samples_part(samples: Sequence[Sample], truths: Sequence[HeldOutHead] = ()) -> Part:
    """The table: share of heads with each fault, and which."""
    faults: dict[str, list[int]] = {
        "floaters": [sample.seed for sample in samples if sample.floaters],
        "holes": [s.seed for s in samples if any(holes(view.alpha, view.labels) for view in s.views)],
        "a face behind": [
            sample.seed
            for sample in samples
            if any(has_face(v.rgb, v.labels) for v in sample.views if abs(v.yaw_degrees) >= REAR_DEGREES)
        ],
        "hair on some sides only": [
            sample.seed
            for sample in samples
            if not hair_agrees([(v.yaw_degrees, hair_share(v.labels)) for v in sample.views if v.labels is not None])
        ],
    }
    known: dict[str, list[int]] = {
        "holes": [
            h.seed for h in truths if any(holes((v.label > 0).astype(np.float32), v.label) for v in h.views.values())
        ],
        "hair on some sides only": [
            head.seed
            for head in truths
            if not hair_agrees([(yaw, hair_share(view.label)) for yaw, view in head.views.items()])
        ],
        "a face behind": [h.seed for h in truths if 180 in h.views and has_face(h.views[180].rgb, h.views[180].label)],
    }
    cells, remarks = [], []
    for fault, seeds in faults.items():
        cells.append(Cell(fault, "samples", float(len(seeds)), count=1, at_most=0))
        if truths and fault in known:
            cells.append(Cell(fault, "true heads", float(len(known[fault]))))
        if seeds:
            remarks.append(f"{fault}: seeds {', '.join(map(str, seeds))}")
    title = f"Faults in {len(samples)} random samples x {len(YAWS_DEGREES)} views"
    if truths:
        title += f", and what the same checks say of {len(truths)} true heads"
    volumes = {str(sample.seed): list(sample.floaters) for sample in samples if sample.floaters}
    details = {"seeds": faults, "true seeds": known, "samples": len(samples), "floater cm3": volumes}
    return Part(title, tuple(cells), tuple(remarks), details)
