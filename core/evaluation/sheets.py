"""Contact sheets for a model's card: samples, interpolations, sliders, and portraits turned to eight yaws."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.editors.attributes import Sliders
from core.editors.face_form import with_own_form
from core.editors.random_head import LIGHT, face_detail_of, random_head, random_latents
from core.editors.random_strands import plain_strands
from core.errors import VoltefaceError
from core.evaluation.pictures import at_degrees, head_of
from core.frame import Quality
from core.progress import Progress
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from core.progress import Report
    from core.protocols import Generator, Renderer

PITCH_DEGREES = 4
SAMPLE_YAWS = (0, 60, 180)
PORTRAIT_YAWS = (0, 45, 90, 135, 180, 225, 270, 315)
STEPS = 8
STRENGTHS = 5
SLIDER_SEEDS = (50_000, 50_001)
TILE_PX, LABEL_PX = 192, 18
SHEETS = ("samples", "interpolations", "attributes", "faces", "inversions", "dual", "editing", "fusion")


def samples_sheet(
    generator: Generator, report: Report, *, count: int = 24, columns: int = 4, seed: int = 0
) -> NDArray[np.uint8]:
    """Random heads from the front, the side and behind."""
    strips = []
    for number in range(count):
        report(Progress(number, count, "Sheet of samples"))
        renderer = HeadRenderer(generator, with_own_form(generator, random_head(generator, seed + number)))
        strips.append(np.hstack([_tile(renderer, yaw) for yaw in SAMPLE_YAWS]))
    while len(strips) % columns:
        strips.append(np.full_like(strips[0], 255))
    return np.vstack([np.hstack(strips[first : first + columns]) for first in range(0, len(strips), columns)])


def interpolations_sheet(
    generator: Generator, report: Report, *, pairs: int = 4, seed: int = 0, yaw: int = 25
) -> NDArray[np.uint8]:
    """From one random head to another in eight steps, on a line in W."""
    rows = []
    for pair in range(pairs):
        report(Progress(pair, pairs, "Sheet of interpolations"))
        ends = [random_latents(generator, seed + 2 * pair + end) for end in (0, 1)]
        path = [torch.lerp(ends[0], ends[1], share) for share in torch.linspace(0, 1, STEPS).tolist()]
        rows.append(np.hstack([_tile(_renderer(generator, latents), yaw) for latents in path]))
    return np.vstack(rows)


def attributes_sheet(generator: Generator, report: Report, *, seeds: Sequence[int] = SLIDER_SEEDS) -> NDArray[np.uint8]:
    """Each slider over its range on some heads, a row each; from behind where it is about the length of hair."""
    sliders = Sliders.of(generator, with_learned=False)
    rows = []
    for number, name in enumerate(sliders.names):
        report(Progress(number, len(sliders.names), "Sheet of attributes"))
        tiles = []
        for seed in seeds:
            latents = random_latents(generator, seed)
            for strength in np.linspace(*sliders.slider(name).range, STRENGTHS).tolist():
                moved = sliders.applied(latents, {name: strength})
                yaw = 150 if name == "hair-length" else 15
                tiles.append(_labelled(_tile(_renderer(generator, moved), yaw), f"{name} {strength:+.1f}"))
        rows.append(np.hstack(tiles))
    return np.vstack(rows)


def inversions_sheet(
    generator: Generator, photos: Sequence[Path], report: Report, *, seconds: float = 60.0, method: str = "pivotal"
) -> NDArray[np.uint8]:
    """Each portrait beside its head from eight yaws.

    Raises:
        VoltefaceError: none of the photos shows a usable face.
    """
    from core.align import align
    from core.evaluation.studio_inverter import studio_inverter
    from core.photo import Photo

    rows, complaints = [], []
    for path in photos:
        try:
            alignment = align(Photo.open(path))
        except VoltefaceError as error:
            complaints.append(str(error))
            continue
        head = studio_inverter(method).invert(alignment, generator, report, seconds=seconds)
        renderer = HeadRenderer(generator, head)
        photo = cv2.resize(alignment.crop, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA)
        rows.append(np.hstack([np.asarray(photo, np.uint8), *(_tile(renderer, yaw) for yaw in PORTRAIT_YAWS)]))
    if not rows:
        raise VoltefaceError("None of the portraits could be used.", " ".join(complaints[:1]))
    return np.vstack(rows)


def _renderer(generator: Generator, latents: Tensor) -> HeadRenderer:
    head = head_of(generator, latents)
    face = replace(face_detail_of(generator, latents), light=LIGHT)
    return HeadRenderer(generator, replace(head, strands=plain_strands(0), face=face))


def _tile(renderer: Renderer, yaw_degrees: float) -> NDArray[np.uint8]:
    """One picture, averaged down from the model's own size."""
    rgb = renderer.render(at_degrees(yaw_degrees, PITCH_DEGREES), Quality.NEAR).rgb
    return np.asarray(cv2.resize(rgb, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _labelled(tile: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """A tile with a line of text below."""
    band = np.full((LABEL_PX, tile.shape[1], 3), 255, np.uint8)
    cv2.putText(band, text, (4, LABEL_PX - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack([tile, band])
