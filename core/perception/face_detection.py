"""Finds faces in a photo: a box and six key points each (BlazeFace, short range).

The net looks for faces of roughly a fifth to all of its 128 px input. It is fully convolutional, so smaller faces are
found by running it on larger reductions of the photo.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.perception.graph import GraphNet

LONGER_SIDES_PX = (128, 256, 512)
"""Reductions of the photo that are always searched."""
LAST_SIDE_PX = 1024
"""For faces too small for the others."""
CELL_PX = 16  # sides are padded to multiples of the net's coarsest cell
# Anchors a cell: two in cells of 8 px, six in cells of 16 px, all 128 px in size.
ANCHORS = ((8, 2), (16, 6))
LEAST_SCORE = 0.5
SAME_FACE_OVERLAP = 0.3
NESTED_SHARE = 0.5
KEY_POINTS = ("right eye", "left eye", "nose tip", "mouth", "right ear", "left ear")


@dataclass(frozen=True, eq=False)
class FaceBox:
    """A face, in photo pixels.

    Attributes:
        x: Left side of the box, which reaches from the brows to the chin.
        y: Top side.
        width: Of the box.
        height: Of the box.
        score: How sure the detector is, 0..1.
        key_points: float64 [6,2], `KEY_POINTS`; right and left are the person's.
    """

    x: float
    y: float
    width: float
    height: float
    score: float = 1.0
    key_points: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)), repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FaceBox):
            return NotImplemented
        return self.numbers == other.numbers and np.array_equal(self.key_points, other.key_points)

    def __hash__(self) -> int:
        return hash(self.numbers)

    @property
    def numbers(self) -> tuple[float, float, float, float, float]:
        """Left, top, width, height, score."""
        return self.x, self.y, self.width, self.height, self.score

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> NDArray[np.float64]:
        """Middle of the box."""
        return np.array([self.x + self.width / 2, self.y + self.height / 2])

    def shared(self, other: "FaceBox") -> float:
        """Area of the intersection."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(width, 0.0) * max(height, 0.0)

    def overlap(self, other: "FaceBox") -> float:
        """Intersection over union."""
        shared = self.shared(other)
        return shared / max(self.area + other.area - shared, 1e-9)


@cache
def _net() -> GraphNet:
    return GraphNet("face_detection")


def find_faces(pixels: NDArray[np.uint8]) -> tuple[FaceBox, ...]:
    """All candidates for faces in a photo [H,W,3] RGB, the largest first.

    Some of the small ones are none: the presence that the face mesh reports tells.
    """
    found = [box for side in LONGER_SIDES_PX for box in merged(_faces_at(pixels, side))]
    return tuple(sorted(without_parts(found), key=lambda box: -box.area))


def find_small_faces(pixels: NDArray[np.uint8]) -> tuple[FaceBox, ...]:
    """Candidates too small for `find_faces`; takes half a second."""
    return tuple(sorted(merged(_faces_at(pixels, LAST_SIDE_PX)), key=lambda box: -box.area))


def find_turned_faces(pixels: NDArray[np.uint8]) -> tuple[FaceBox, ...]:
    """Candidates in a photo that lies on its side or upside down."""
    height, width = pixels.shape[:2]
    found = []
    for quarters in (1, 3, 2):
        turned = np.ascontiguousarray(np.rot90(pixels, quarters))
        found += [_turned_back(face, quarters, width, height) for face in find_faces(turned)]
    return tuple(sorted(without_parts(found), key=lambda box: -box.area))


def _turned_back(face: FaceBox, quarters: int, width: int, height: int) -> FaceBox:
    """A face found after `quarters` anticlockwise quarter turns, in the photo as it was."""
    points = np.vstack([face.key_points, [[face.x, face.y], [face.x + face.width, face.y + face.height]]])
    x, y = points.T
    back = {1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[quarters]
    points = np.stack(back, 1)
    low, high = points[-2:].min(0), points[-2:].max(0)
    size = high - low
    return FaceBox(float(low[0]), float(low[1]), float(size[0]), float(size[1]), face.score, points[:-2])


def raw_outputs(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The net on pictures [B,3,H,W], -1..1, sides multiples of 16: regression [B,N,16] in pixels, logits [B,N]."""
    regression, logits = _net()(pictures)
    return regression, logits[..., 0]


def anchor_centres(height_px: int, width_px: int) -> NDArray[np.float64]:
    """Centres [N,2] in pixels, in the order of the net's outputs."""
    rows = []
    for cell, count in ANCHORS:
        y, x = np.mgrid[: height_px // cell, : width_px // cell]
        centres = (np.stack([x.ravel(), y.ravel()], 1) + 0.5) * cell
        rows.append(np.repeat(centres, count, 0))
    return np.concatenate(rows)


def _faces_at(pixels: NDArray[np.uint8], longer_side_px: int) -> list[FaceBox]:
    """Unmerged candidates in the photo reduced (or enlarged) to a longer side."""
    height, width = pixels.shape[:2]
    scale = longer_side_px / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    # Black below and to the right, at least the 128 px the net was made for.
    padded = [max(128, -(-side // CELL_PX) * CELL_PX) for side in (size[1], size[0])]
    canvas = np.full((*padded, 3), -1.0, np.float32)
    canvas[: size[1], : size[0]] = small.astype(np.float32) / 127.5 - 1
    regression, logits = raw_outputs(torch.from_numpy(canvas).permute(2, 0, 1)[None])
    scores = torch.sigmoid(logits[0]).numpy()
    kept = np.flatnonzero(scores >= LEAST_SCORE)
    to_photo = np.array([width / size[0], height / size[1]])
    centres = anchor_centres(*padded)[kept]
    values = regression[0].numpy()[kept].astype(np.float64)
    return [_box(v, c, float(s), to_photo) for v, c, s in zip(values, centres, scores[kept], strict=True)]


def _box(values: NDArray[np.float64], anchor: NDArray[np.float64], score: float, to_photo: NDArray[Any]) -> FaceBox:
    centre, size = (values[:2] + anchor) * to_photo, values[2:4] * to_photo
    left, top = centre - size / 2
    points = (values[4:].reshape(6, 2) + anchor) * to_photo
    return FaceBox(float(left), float(top), float(size[0]), float(size[1]), score, points)


def merged(candidates: list[FaceBox]) -> list[FaceBox]:
    """Overlapping candidates become one: their mean, weighted by score (what BlazeFace's authors do)."""
    left = sorted(candidates, key=lambda box: -box.score)
    faces = []
    while left:
        best = left[0]
        group = [box for box in left if box is best or box.overlap(best) > SAME_FACE_OVERLAP]
        left = [box for box in left if not any(box is member for member in group)]
        weights = np.array([box.score for box in group])
        x, y, width, height, _ = np.average([box.numbers for box in group], axis=0, weights=weights)
        points = np.average([box.key_points for box in group], axis=0, weights=weights)
        faces.append(FaceBox(float(x), float(y), float(width), float(height), best.score, points))
    return faces


def without_parts(faces: list[FaceBox]) -> list[FaceBox]:
    """Faces without those that lie mostly inside a surer one (found again in another reduction)."""
    kept: list[FaceBox] = []
    for face in sorted(faces, key=lambda box: -box.score):
        if all(face.shared(other) < NESTED_SHARE * min(face.area, other.area) for other in kept):
            kept.append(face)
    return kept
