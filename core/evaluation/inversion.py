"""One table of inversions: how each method brings heads back, by angle, with what it costs and what is wrong behind.

LPIPS (VGG16), PSNR and identity are those of `reconstruction`, over the pixels of either head; LPIPS over the whole
picture on white, as papers print it, stands beside, since white agrees with white. Identity is dlib's distance: small
is good. A head has a face behind when `rear_check` sees one or names parts of one there. Longer than usual: three kinds
of truth are measured alike and come to one table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.align import align
from core.errors import VoltefaceError
from core.evaluation.figures import Cell, ModelFigures, Part
from core.evaluation.inversion_methods import METHODS, found_heads
from core.evaluation.pictures import COMPARED_PX, as_tensor, identity_between, identity_of
from core.evaluation.rear_check import rear_check, rear_views
from core.evaluation.reconstruction import FACE_SEEN_DEGREES, alignment_of, same_turn
from core.exporters.options import LIFE_SIZE_MM
from core.frame import Quality
from core.metrics import psnr
from core.perception.lpips import embedding_distance, perceptual_net
from core.photo import Photo
from core.progress import Progress, named, silent
from core.rendering.renderer import HeadRenderer
from core.resizing import sized

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from core.evaluation.held_out import HeldOutHead
    from core.evaluation.inversion_methods import Found, Wanted
    from core.evaluation.inversion_views import ViewSet
    from core.frame import Frame
    from core.perception.lpips import Embedding
    from core.progress import Report
    from core.protocols import Generator

MEASURES = {
    "lpips": "LPIPS (VGG, on the head)",
    "whole": "LPIPS (VGG, whole picture)",
    "psnr": "PSNR dB",
    "depth": "surface off, mm of a life-size head (median of the pixels that both heads fill)",
}
IDENTITY = "identity (dlib)"
TURNS_DEGREES = (0, 15, 30, 45)
"""Yaws to either side at which a portrait's identity is measured."""
REAR_KINDS = ("face", "parts")
TARGETS = {("dual", "lpips", 0): 0.12, ("dual", "lpips", 60): 0.19, ("dual", "lpips", 180): 0.24}
DUAL_SECONDS = 0.8


@dataclass(frozen=True)
class InversionRow:
    """One method on one head.

    Attributes:
        head: name of the head.
        method: row of the table.
        seconds: until the head was there.
        rear_face: whether a face is seen behind.
        values: measure -> angle in degrees -> value; not a number where there is none.
    """

    head: str
    method: str
    seconds: float
    rear_face: bool
    values: Mapping[str, Mapping[int, float]]


def has_rear_face(renderer: HeadRenderer) -> bool:
    """Whether the head has a face, or parts of one, on its back."""
    check = rear_check(rear_views(renderer, silent), renderer.grid())
    return any(finding.kind in REAR_KINDS for finding in check.findings)


@dataclass(frozen=True, eq=False)
class Truth:
    """A picture that heads are compared with, embedded once for all methods.

    Attributes:
        rgb: [1, 3, h, w] on white, `COMPARED_PX` wide.
        solid: [1, 1, h, w] the person, 0..1.
        embedding: of VGG16.
        face: its identity, or None.
        depth: float32 [S, S], see `TrueView`, or None.
    """

    rgb: Tensor
    solid: Tensor
    embedding: Embedding
    face: Tensor | None
    depth: NDArray[np.float32] | None = None

    @staticmethod
    def of(rgb: Tensor, solid: Tensor, *, with_face: bool, depth: NDArray[np.float32] | None = None) -> Truth:
        """Of a picture and its mask."""
        with torch.no_grad():
            embedding = perceptual_net("vgg").embed(rgb)
        pixels = (rgb[0].permute(1, 2, 0) * 255).round().byte().numpy()
        return Truth(rgb, solid, embedding, identity_of(pixels) if with_face else None, depth)

    def measured(self, frame: Frame, *, alone: bool = False) -> dict[str, float]:
        """A frame against it; over the pixels of either, or of this one alone."""
        drawn = as_tensor(frame.rgb)
        mask = self.solid
        if not alone:
            mask = torch.maximum(sized(torch.from_numpy(frame.alpha)[None, None], COMPARED_PX), mask)
            mask = (mask > 0.5).float()
        with torch.no_grad():
            embedding = perceptual_net("vgg").embed(drawn)
            return {
                "lpips": float(embedding_distance(embedding, self.embedding, mask)),
                "whole": float(embedding_distance(embedding, self.embedding)),
                "psnr": float(psnr(drawn, self.rgb, mask)),
                "identity": math.nan if self.face is None else identity_between(identity_of(frame.rgb), self.face),
                "depth": math.nan if self.depth is None else surface_off_mm(frame.depth, self.depth),
            }


def surface_off_mm(found: NDArray[np.float32], true: NDArray[np.float32]) -> float:
    """Median distance along the camera's z of two pictures of depth, 0 where nothing is; nan where none overlaps."""
    side = true.shape[0]
    near = cv2.resize(found, (side, side), interpolation=cv2.INTER_NEAREST)
    both = (near > 0) & (true > 0)
    return float(np.median(np.abs(near[both] - true[both]))) * LIFE_SIZE_MM if both.any() else math.nan


def by_angle(found: Mapping[int, Mapping[str, float]]) -> dict[str, dict[int, float]]:
    """Angle -> measure -> value as measure -> angle -> value."""
    names = dict.fromkeys(name for values in found.values() for name in values)
    return {name: {angle: values[name] for angle, values in found.items() if name in values} for name in names}


def held_out_rows(
    generator: Generator, truth: HeldOutHead, wanted: Wanted, report: Report, quality: Quality = Quality.NEAR
) -> list[InversionRow]:
    """All methods on one held-out head, whose frontal view and camera they are given."""
    front, truths = truth.views[0], dict[int, Truth]()
    for angle, view in truth.views.items():
        solid = sized(torch.from_numpy((view.label > 0).astype(np.float32))[None, None], COMPARED_PX)
        truths[angle] = Truth.of(as_tensor(view.rgb), solid, with_face=angle <= FACE_SEEN_DEGREES, depth=view.depth)

    def measured(found: Found) -> InversionRow:
        renderer = HeadRenderer(generator, found.head)
        values = {}
        for angle, view in truth.views.items():
            camera = same_turn(found.head.camera, front.camera, view.camera)
            values[angle] = truths[angle].measured(renderer.render(camera, quality, size_px=COMPARED_PX))
        return InversionRow(str(truth.seed), found.row, found.seconds, has_rear_face(renderer), by_angle(values))

    return [measured(found) for found in found_heads(alignment_of(front), generator, wanted, report)]


def photo_rows(
    generator: Generator, path: Path, wanted: Wanted, report: Report, quality: Quality = Quality.NEAR
) -> list[InversionRow]:
    """All methods on one portrait: the front against the photo, identity by yaw.

    Raises:
        VoltefaceError: the file is no usable portrait.
    """
    alignment = align(Photo.open(path))
    mask = sized(torch.from_numpy(alignment.mask)[None, None], COMPARED_PX)
    own = identity_of(alignment.crop)
    photo = Truth.of(as_tensor(alignment.crop) * mask + (1 - mask), mask, with_face=False)

    def measured(found: Found) -> InversionRow:
        renderer, camera = HeadRenderer(generator, found.head), found.head.camera
        values = {0: photo.measured(renderer.render(camera, quality, size_px=COMPARED_PX), alone=True)}
        for angle in TURNS_DEGREES:
            sides = [camera.orbited(math.radians(turn), 0.0) for turn in ((angle, -angle) if angle else (0,))]
            seen = [identity_between(own, identity_of(renderer.render(side, quality).rgb)) for side in sides]
            known = [value for value in seen if math.isfinite(value)]
            values.setdefault(angle, {})["identity"] = float(np.mean(known)) if known else math.nan
        return InversionRow(path.name, found.row, found.seconds, has_rear_face(renderer), by_angle(values))

    return [measured(found) for found in found_heads(alignment, generator, wanted, report)]


def view_rows(
    generator: Generator, views: ViewSet, wanted: Wanted, report: Report, quality: Quality = Quality.NEAR
) -> list[InversionRow]:
    """All methods on a head that was photographed from known yaws; they are given the most frontal picture.

    Raises:
        VoltefaceError: that picture is no usable portrait.
    """
    alignment, front = align(Photo.open(views.front.path)), views.front
    truths = [
        (view, Truth.of(*views.aligned(view, alignment), with_face=abs(view.yaw_degrees) <= FACE_SEEN_DEGREES))
        for view in views.views
    ]

    def measured(found: Found) -> InversionRow:
        renderer = HeadRenderer(generator, found.head)
        values = {}
        for view, truth in truths:
            yaw, pitch = view.yaw_degrees - front.yaw_degrees, view.pitch_degrees - front.pitch_degrees
            camera = found.head.camera.orbited(math.radians(yaw), math.radians(pitch))
            frame = renderer.render(camera, quality, size_px=COMPARED_PX)
            values[round(abs(view.yaw_degrees))] = truth.measured(frame)
        return InversionRow(views.name, found.row, found.seconds, has_rear_face(renderer), by_angle(values))

    return [measured(found) for found in found_heads(alignment, generator, wanted, report)]


def evaluated(
    cases: Mapping[str, Callable[[Wanted, Report], list[InversionRow]]],
    wanted: Wanted,
    report: Report,
    known: Sequence[InversionRow] = (),
    keep: Callable[[Sequence[InversionRow]], None] = lambda _: None,
) -> tuple[list[InversionRow], list[str]]:
    """Rows of all heads, and a sentence about each that could not be measured.

    Args:
        cases: what measures each head, by its name.
        wanted: the methods.
        report: told at each step.
        known: rows of an earlier run, which are not measured again.
        keep: called with all rows after each head.
    """
    rows, remarks = list(known), []
    for number, (name, measure) in enumerate(cases.items()):
        lacking = wanted.without({row.method for row in known if row.head == name})
        if lacking.is_nothing:
            continue
        label = f"{name} ({number + 1} of {len(cases)})"
        report(Progress(number, len(cases), label))
        try:
            rows += measure(lacking, named(report, label))
        except VoltefaceError as error:
            remarks.append(f"skipped {name}: {error}")
            continue
        keep(rows)
    return rows, remarks


def figures_of(title: str, rows: Sequence[InversionRow], remarks: Sequence[str]) -> ModelFigures:
    """The tables: a row for each method, a column for each angle; mean and deviation over heads.

    Raises:
        VoltefaceError: nothing could be measured.
    """
    if not rows:
        raise VoltefaceError("Nothing could be measured.", " ".join(remarks[:1]) or "Name other heads.")
    order = [*METHODS, *dict.fromkeys(row.method for row in rows)]
    methods = [name for name in dict.fromkeys(order) if any(row.method == name for row in rows)]
    heads = list(dict.fromkeys(row.head for row in rows))
    figures = ModelFigures(f"{title}, {len(heads)} heads: {', '.join(heads)}")
    for name, words in {**MEASURES, "identity": IDENTITY}.items():
        angles = sorted({angle for row in rows for angle in row.values.get(name, {})})
        cells: list[Cell] = []
        for method in methods:
            for angle in angles:
                found = [row.values[name][angle] for row in rows if row.method == method and angle in row.values[name]]
                target = TARGETS.get((method, name, angle))
                cells += Cell.of(method, f"{angle} degrees", found, target)
        if cells:
            figures = figures.with_part(name, Part(words, tuple(cells)))
    cost: list[Cell] = []
    for method in methods:
        own = [row for row in rows if row.method == method]
        cost += Cell.of(method, "share with a face behind", [float(row.rear_face) for row in own], 0.0)
        cost += Cell.of(method, "seconds", [row.seconds for row in own], DUAL_SECONDS if method == "dual" else None)
    details = {"rows": [row_to_json(row) for row in rows]}
    return figures.with_part("cost", Part("Back of the head, and time", tuple(cost), tuple(remarks), details))


def row_to_json(row: InversionRow) -> dict[str, object]:
    """Plain; JSON knows no "not a number"."""
    values = {
        name: {str(angle): round(v, 5) if math.isfinite(v) else None for angle, v in by_angle.items()}
        for name, by_angle in row.values.items()
    }
    return {**vars(row), "values": values}


def rows_from_json(data: Sequence[Mapping[str, object]]) -> list[InversionRow]:
    """What `row_to_json` wrote.

    Raises:
        VoltefaceError: it did not.
    """
    rows = []
    try:
        for entry in data:
            values = {
                str(name): {int(angle): math.nan if v is None else float(v) for angle, v in by_angle.items()}
                for name, by_angle in entry["values"].items()  # type: ignore[attr-defined]
            }
            seconds = float(entry["seconds"])  # type: ignore[arg-type]
            rows.append(
                InversionRow(str(entry["head"]), str(entry["method"]), seconds, bool(entry["rear_face"]), values)
            )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise VoltefaceError("The figures of the earlier run cannot be read.", "Name another file.") from error
    return rows
