"""Pictures of a head from many sides, and pictures as files."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.road import check_writable
from core.camera import Camera
from core.frame import Quality
from core.progress import Progress, Report, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.protocols import Renderer

SHEET_YAWS_DEGREES = (0, 45, 90, 135, 180, 225, 270, 315)
SHEET_PITCHES_DEGREES = (0, 30, -20)


def orbit_degrees(yaw_degrees: float, pitch_degrees: float) -> Camera:
    """The training camera at a yaw and a pitch."""
    return Camera.orbit(math.radians(yaw_degrees), math.radians(pitch_degrees))


def sheet(
    renderer: Renderer,
    report: Report = silent,
    *,
    yaws_degrees: Sequence[float] = SHEET_YAWS_DEGREES,
    pitches_degrees: Sequence[float] = SHEET_PITCHES_DEGREES,
    quality: Quality = Quality.EXACT,
    size_px: int | None = None,
) -> NDArray[np.uint8]:
    """The head from many sides in one picture: a column for each yaw, a row for each pitch; uint8 [H, W, 3]."""
    rows: list[NDArray[np.uint8]] = []
    total = len(yaws_degrees) * len(pitches_degrees)
    for pitch in pitches_degrees:
        row: list[NDArray[np.uint8]] = []
        for yaw in yaws_degrees:
            report(Progress(len(rows) * len(yaws_degrees) + len(row), total, "Rendering the sheet"))
            row.append(renderer.render(orbit_degrees(yaw, pitch), quality, size_px=size_px).rgb)
        rows.append(np.concatenate(row, axis=1))
    report(Progress(total, total, "Rendering the sheet"))
    return np.concatenate(rows, axis=0)


def save_picture(pixels: NDArray[np.uint8], path: Path) -> None:
    """Write uint8 [H, W, 3] as a PNG, through a temporary file so that no half picture is left behind."""
    from PIL import Image

    check_writable(path)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".png", delete=False) as temporary:
        try:
            Image.fromarray(pixels).save(temporary, format="png")
        except BaseException:
            Path(temporary.name).unlink(missing_ok=True)
            raise
    Path(temporary.name).replace(path)
