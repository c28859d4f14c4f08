"""The whole road without a window: the sample portrait becomes a head, a sheet, a film and a mesh in one folder."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from app import pictures, road
from app.likeness import likeness
from core.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

    from app.console import Console

SECONDS_FOR_THE_HEAD = 35.0
FILM_PX = 256
FILM_SECONDS = 3.0
FILM_FRAMES_PER_SECOND = 20
TEXTURE_PX = 1024
SHEET_YAWS_DEGREES = (-90, -45, 0, 45, 90, 180)
SHEET_PITCHES_DEGREES = (0, 25)


def walk(
    folder: Path, console: Console, *, photo_path: Path | None = None, seconds: float = SECONDS_FOR_THE_HEAD
) -> dict[str, Any]:
    """Make head.volteface, sheet.png, turntable.mp4, head.glb and summary.json in `folder`.

    Args:
        folder: made when it is not there.
        console: told of each stage.
        photo_path: another photo than the sample portrait.
        seconds: how long to look for the head; with the rest this stays under two minutes on two cores.

    Returns:
        The summary: times of each stage, files and figures.
    """
    started = time.monotonic()
    _make_folder(folder)
    times: dict[str, float] = {}

    def timed(stage: str, since: float) -> None:
        times[stage] = round(time.monotonic() - since, 1)
        console.note(f"  {stage}: {times[stage]} s")

    console.note("volteface demo: portrait -> head -> sheet -> film -> mesh")
    from core.photo import Photo
    from core.project import Project

    since = time.monotonic()
    photo = Photo.open(photo_path or road.SAMPLE_PHOTO)
    alignment = road.align_photo(photo)
    timed("align", since)

    since = time.monotonic()
    head = road.make_head(alignment, console.report, seconds=seconds)
    timed("head", since)

    since = time.monotonic()
    renderer = road.renderer_of(head)
    figures = likeness(head, alignment, renderer)
    project = Project(photo=photo, alignment=alignment, head=head, camera=head.camera)
    road.pictured(project, head, renderer).save(folder / "head.volteface")
    pixels = pictures.sheet(
        renderer, console.report, yaws_degrees=SHEET_YAWS_DEGREES, pitches_degrees=SHEET_PITCHES_DEGREES
    )
    pictures.save_picture(pixels, folder / "sheet.png")
    timed("sheet", since)

    since = time.monotonic()
    road.export_head(
        head,
        folder / "turntable.mp4",
        report=console.report,
        picture_px=FILM_PX,
        seconds=FILM_SECONDS,
        frames_per_second=FILM_FRAMES_PER_SECOND,
    )
    timed("film", since)

    since = time.monotonic()
    road.export_head(head, folder / "head.glb", report=console.report, texture_px=TEXTURE_PX)
    timed("mesh", since)

    summary: dict[str, Any] = {
        "folder": str(folder),
        "photo": photo.name,
        "generator": head.generator,
        "method": head.method,
        "seconds": {**times, "in all": round(time.monotonic() - started, 1)},
        "figures": {name: round(value, 5) for name, value in figures.items()},
        "files": ["head.volteface", "sheet.png", "turntable.mp4", "head.glb", "summary.json"],
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=2), encoding="utf-8")
    console.note(f"  in all: {summary['seconds']['in all']} s")
    return summary


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"The folder {folder} cannot be made ({error.strerror}).", "Choose another with -o."
        ) from None
    road.check_writable(folder / "head.volteface")
