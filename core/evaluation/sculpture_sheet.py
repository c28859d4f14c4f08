"""The sheet of sculpted meshes: a head, its shape as the density has it, sculpted, and as a game shows its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.editors.modelled_face import modelled_face
from core.evaluation.pictures import at_degrees
from core.exporters.options import ExportOptions
from core.exporters.roundtrip import drawn_mesh
from core.exporters.subject import Subject
from core.frame import Quality
from core.progress import Progress
from core.rendering.mesh_view import MeshRenderer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator

    Picture = NDArray[np.uint8]

TILE_PX = 240
SEEDS = (33, 5, 101)
"""Of random heads: with long waves, with curls and with a beard."""
YAW, REAR = 40.0, 150.0
LAMP = np.array([-0.75, -0.45, -0.5], np.float32)
"""Towards the light, in the camera's axes: from the side, which shows what stands out."""
AMBIENT = 0.35


def sculpture_sheet(generator: Generator, heads: Sequence[Head], report: Report) -> Picture:
    """A row a head: its picture, its bare shape, that sculpted from three sides, and its textured file from two.

    Args:
        generator: of the heads, without their tuning.
        heads: with their form.
        report: told of each row.
    """
    rows = []
    for number, head in enumerate(heads):
        report(Progress(number, len(heads), "Sheet of sculpted meshes"))
        subject = Subject(head, generator, ExportOptions(), modeller=modelled_face)
        plain, sculpted, textured = MeshRenderer(subject.plain), MeshRenderer(subject.bare), subject.textured
        views = ((subject.renderer, YAW), (plain, YAW), (sculpted, 0.0), (sculpted, YAW), (sculpted, REAR))
        tiles = [_tile(renderer.render(at_degrees(yaw), Quality.EXACT).rgb) for renderer, yaw in views]
        for yaw in (YAW, REAR):
            shown, _ = drawn_mesh(textured, at_degrees(yaw), 2 * TILE_PX, _light)
            tiles.append(_tile((shown * 255).clip(0, 255).astype(np.uint8)))
        rows.append(np.hstack(tiles))
    return np.vstack(rows)


def _light(normals: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of a lamp at the side and a little from everywhere, for normals [N, 3] in the camera's axes: [N]."""
    return np.asarray(AMBIENT + (normals @ (LAMP / np.linalg.norm(LAMP))).clip(min=0), np.float32)


def _tile(rgb: Picture) -> Picture:
    return np.asarray(cv2.resize(rgb, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA), np.uint8)
