"""The sheet of fitted faces: the photo with the face on it, and the head as clay and in colour, without and with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.editors.face_form import depth_along
from core.editors.face_shapes import face_shapes, fitted_face
from core.editors.modelled_face import modelled_face
from core.evaluation.pictures import at_degrees
from core.exporters.options import ExportOptions
from core.exporters.subject import Subject
from core.formed_field import FormedField
from core.frame import Quality
from core.grafted_field import unformed
from core.inverters.photo_layer import with_photo
from core.mesh import Mesh
from core.progress import Progress
from core.rendering.mesh_view import MeshRenderer
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.align import Alignment
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator, Renderer

    Picture = NDArray[np.uint8]

TILE_PX = 200
YAWS_DEGREES = (35, 90)
SHOWN = (0.06, 0.86)
"""Rows and columns that are shown, in picture sides."""


def form_sheet(generator: Generator, found: Sequence[tuple[Alignment, Head]], report: Report) -> Picture:
    """A row a photo: it, the fitted face on it, then clay and picture of the head from two sides, before and after.

    Args:
        generator: of the heads, without their tuning.
        found: photos and the heads that were made of them, which have their form.
        report: told of each row.
    """
    rows = []
    for number, (alignment, head) in enumerate(found):
        report(Progress(number, len(found), "Sheet of fitted faces"))
        tiles = [_tile(alignment.crop), _tile(_overlaid(generator, alignment, head))]
        before = head
        if isinstance(head.trigrid, FormedField):
            before = with_photo(replace(head, trigrid=unformed(head.trigrid)), alignment, generator)
        for one in (before, head):
            clay = MeshRenderer(Subject(one, generator, ExportOptions(), modeller=modelled_face).bare)
            renderers: tuple[Renderer, ...] = (clay, HeadRenderer(generator, one))
            for renderer in renderers:
                tiles += [_tile(renderer.render(at_degrees(yaw), Quality.EXACT).rgb) for yaw in YAWS_DEGREES]
        rows.append(np.hstack(tiles))
    return np.vstack(rows)


def _overlaid(generator: Generator, alignment: Alignment, head: Head) -> Picture:
    """The photo with the face that is fitted to it, as clay."""
    field = unformed(head.trigrid)
    tuned = generator.tuned(head.delta) if head.delta else generator
    uv = alignment.landmarks_in_crop / len(alignment.crop)
    face = fitted_face(uv, head.camera, depth_along(tuned, field, head.camera, uv))
    shapes = face_shapes()
    normals = shapes.normals(face.points).astype(np.float32)
    mesh = Mesh(face.points.astype(np.float32), shapes.triangles.astype(np.int32), normals)
    drawn = MeshRenderer(mesh).render(head.camera, Quality.NEAR, size_px=len(alignment.crop))
    share = 0.75 * drawn.alpha[..., None]
    return np.asarray(alignment.crop * (1 - share) + drawn.rgb * share, np.uint8)


def _tile(rgb: Picture) -> Picture:
    shown = slice(*(round(share * len(rgb)) for share in SHOWN))
    return np.asarray(cv2.resize(rgb[shown, shown], (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA), np.uint8)
