"""The session's values as the window shows them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.shelf import short_licence
from widgets.values import (
    DocumentView,
    FaceView,
    FurtherView,
    HandPlacement,
    HeadView,
    PhotoView,
    PlacedHead,
    RecentItem,
    RecoveryItem,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from app.choosing import Choosing
    from app.recovery import LostWork
    from app.session import Session
    from core.align import Framing
    from core.perception.face_detection import FaceBox
    from core.project import Project

THUMBNAIL_PX = 192
NO_MESH = "This file keeps no mesh of its head; install the head's model to export it."
CURVE_TITLES = {
    "difference": "Difference",
    "perceptual": "Perceptual",
    "colour": "Colour",
    "identity": "Identity",
    "silhouette": "Outline",
}
"""What inverters report and people can make sense of, with its name in the plot; the rest is left out."""


def document_view(session: Session) -> DocumentView:
    """The title bar."""
    return DocumentView(session.name, session.path, session.is_modified)


def photo_view(project: Project) -> PhotoView:
    """The photo panel."""
    photo, alignment = project.photo, project.alignment
    if alignment is None:
        return PhotoView(photo.pixels, photo.name)
    boxes = [_box(face) for face in alignment.faces]
    chosen_box = _box(alignment.face_box)
    return PhotoView(
        pixels=photo.pixels,
        name=photo.name,
        faces=tuple(FaceView(box) for box in boxes),
        chosen_face=boxes.index(chosen_box) if chosen_box in boxes else 0,
        landmarks=alignment.landmarks,
        crop=alignment.crop,
        angles_degrees=(
            math.degrees(alignment.yaw_radians),
            math.degrees(alignment.pitch_radians),
            math.degrees(alignment.roll_radians),
        ),
        warnings=alignment.warnings,
    )


def further_views(project: Project) -> tuple[FurtherView, ...]:
    """The further photos below the first one."""
    return tuple(
        FurtherView(
            one.name, one.alignment.crop, math.degrees(one.alignment.yaw_radians) if one.camera_is_known else None
        )
        for one in project.further
    )


def head_view(
    project: Project, figures: Mapping[str, float], seconds: float | None, choosing: Choosing, *, busy: bool
) -> HeadView | None:
    """The head panel; none while there is no head."""
    head = project.head
    if head is None:
        return None
    absence, choice = choosing.absence(), choosing.choice_of(head.generator)
    licence = choice.licence if choice is not None else ""
    if absence is not None:
        licence = short_licence(absence.model.licence)
    return HeadView(
        generator=absence.model.title if absence is not None else choosing.title_of(head.generator),
        method=choosing.method_title(head.method),
        licence=licence,
        seed=head.seed,
        seconds=seconds,
        figures=figures,
        note="Still improving; the last step can be undone." if busy else "",
        can_improve=not busy and absence is None and project.alignment is not None,
        export_refusal=NO_MESH if absence is not None and project.stand_in is None else "",
        has_photo=project.alignment is not None,
    )


def placement_view(project: Project) -> HandPlacement | None:
    """The face that was found, as five points to correct by hand; none while there is no alignment."""
    alignment = project.alignment
    if alignment is None:
        return None
    from core.perception.head_pose import FIVE_POINTS

    points = np.stack([alignment.landmarks[list(group)].mean(axis=0) for group in FIVE_POINTS])
    return HandPlacement(_box(alignment.face_box), points.astype(np.float32))


def placed_view(framing: Framing) -> PlacedHead:
    """What the placing dialog draws and says for five points."""
    yaw, pitch = (round(math.degrees(angle)) for angle in (framing.yaw_radians, framing.pitch_radians))
    side = "left" if yaw > 0 else "right"
    turned = f"seen {abs(yaw)}° from its {side}" if yaw else "seen from the front"
    tilted = f", {abs(pitch)}° from {'above' if pitch > 0 else 'below'}" if pitch else ""
    text = f"The head is {turned}{tilted}."
    return PlacedHead(framing.landmarks, framing.corners, framing.axes, text, framing.warnings)


def curve_values(values: Mapping[str, float]) -> dict[str, float]:
    """What the plot shows of an inverter's values."""
    return {title: values[name] for name, title in CURVE_TITLES.items() if name in values}


def recovery_items(found: Iterable[LostWork]) -> tuple[RecoveryItem, ...]:
    """The list shown after a crash."""
    return tuple(
        RecoveryItem(
            key=work.key,
            title=work.title,
            saved_at=work.saved_at,
            detail=str(work.original) if work.original else "Never saved",
            thumbnail=work.thumbnail,
        )
        for work in found
    )


def recent_items(names: Iterable[str], *, thumbnails: bool) -> tuple[RecentItem, ...]:
    """The files that were open before and still exist; reading `thumbnails` opens each."""
    paths = [path for name in names if (path := Path(name)).is_file()]
    return tuple(
        RecentItem(path, path.stem, str(path.parent), thumbnail_of(path) if thumbnails else None) for path in paths
    )


def thumbnail_of(path: Path) -> NDArray[np.uint8] | None:
    """A small picture of a photo or a project, uint8 [h, w, 3]; none when it has none or cannot be read."""
    import zipfile

    from PIL import Image

    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive, archive.open("preview.png") as file, Image.open(file) as image:
                return np.asarray(_small(image))
        with Image.open(path) as image:
            return np.asarray(_small(image))
    except (OSError, SyntaxError, ValueError, KeyError, EOFError, zipfile.BadZipFile, Image.DecompressionBombError):
        return None


def _small(image: object) -> object:
    from PIL import Image, ImageOps

    assert isinstance(image, Image.Image)
    image.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
    small = ImageOps.exif_transpose(image).convert("RGB")
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    return small


def _box(face: FaceBox) -> tuple[float, float, float, float]:
    """Left, top, width, height."""
    return float(face.x), float(face.y), float(face.width), float(face.height)
