"""How well portraits come back: the figures that a person sees, for any folder of photos.

A photo has no second view, so only the front is compared with the picture itself; at 30 degrees the identity must hold.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.align import align
from core.errors import VoltefaceError
from core.evaluation.figures import Cell, Part
from core.evaluation.pictures import COMPARED_PX, as_tensor, identity_between, identity_of
from core.evaluation.reconstruction import BARE, ENCODER, REFINED, inverted, stages
from core.frame import Quality
from core.metrics import lpips, psnr
from core.photo import Photo
from core.progress import Progress, named
from core.rendering.renderer import HeadRenderer
from core.resizing import sized

if TYPE_CHECKING:
    from pathlib import Path

    from core.align import Alignment
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator

TURN_DEGREES = 30
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".heic", ".heif", ".bmp", ".tif", ".tiff", ".gif", ".avif")
LPIPS_AT_MOST, FRONT_AT_MOST, TURNED_AT_MOST = 0.10, 0.30, 0.45
TURNED = f"identity at {TURN_DEGREES} degrees (dlib)"


def pictures_in(folder: Path) -> list[Path]:
    """What is called a picture in a folder, by name; not hidden files, which some systems leave beside each picture."""
    found = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith("."))
    return sorted(path for path in found if path.is_file())


def photos_in(folder: Path) -> list[Path]:
    """The picture files of a folder, by name.

    Raises:
        VoltefaceError: there is no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise VoltefaceError(f"There is no folder {folder}.", "Name a folder of portraits.")
    found = pictures_in(folder)
    if not found:
        raise VoltefaceError(f"There are no pictures in {folder}.", f"Known are {' '.join(SUFFIXES)}.")
    return found


def portraits(
    generator: Generator,
    files: list[Path],
    report: Report,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    method: str = "pivotal",
    quality: Quality = Quality.EXACT,
) -> Part:
    """Invert each photo; a file that is no usable portrait is named and left out."""
    cells: list[Cell] = []
    remarks: list[str] = []
    rows: dict[str, list[dict[str, float]]] = {REFINED: [], BARE: [], ENCODER: []}
    for number, path in enumerate(files):
        report(Progress(number, len(files), f"Portrait {path.name}"))
        try:
            alignment = align(Photo.open(path))
            begun = time.monotonic()
            ends = inverted(alignment, generator, method, seconds, seed, named(report, path.name))
            spent = time.monotonic() - begun
        except VoltefaceError as error:
            remarks.append(f"skipped {path.name}: {error}")
            continue
        for stage, head in stages(*ends):
            row = _figures(generator, head, alignment, quality)
            if stage == REFINED:
                row["seconds"] = spent
            rows[stage].append(row)
            cells += _cells(f"{path.name}, {stage}", [row], targets=stage == REFINED)
    for stage, values in rows.items():
        if len(values) > 1:
            cells += _cells(f"mean, {stage}", values, targets=stage == REFINED)
    title = (
        f"Portraits, {seconds:g} s of `{method}`, heads wearing their photo: LPIPS and PSNR over the person at "
        f"{COMPARED_PX} px"
    )
    return Part(title, tuple(cells), tuple(remarks), {"seconds": seconds, "method": method, "skipped": len(remarks)})


def _figures(generator: Generator, head: Head, alignment: Alignment, quality: Quality) -> dict[str, float]:
    """One head against its photo."""
    renderer = HeadRenderer(generator, head)
    frame = renderer.render(head.camera, quality, size_px=COMPARED_PX)
    mask = sized(torch.from_numpy(alignment.mask)[None, None], COMPARED_PX)
    photo = as_tensor(alignment.crop) * mask + (1 - mask)
    drawn = as_tensor(frame.rgb)
    own = identity_of(alignment.crop)
    turned = []
    for turn in (-TURN_DEGREES, TURN_DEGREES):
        side = renderer.render(head.camera.orbited(math.radians(turn), 0.0), quality, size_px=COMPARED_PX)
        turned.append(identity_between(own, identity_of(side.rgb)))
    seen = [value for value in turned if math.isfinite(value)]
    with torch.no_grad():
        return {
            "LPIPS (VGG)": float(lpips(drawn, photo, mask)),
            "PSNR dB": float(psnr(drawn, photo, mask)),
            "identity in front (dlib)": identity_between(own, identity_of(frame.rgb)),
            TURNED: float(np.mean(seen)) if seen else math.nan,
        }


def _cells(row: str, values: list[dict[str, float]], *, targets: bool) -> list[Cell]:
    wanted = {"LPIPS (VGG)": LPIPS_AT_MOST, "identity in front (dlib)": FRONT_AT_MOST, TURNED: TURNED_AT_MOST}
    cells: list[Cell] = []
    for column in values[0]:
        target = wanted.get(column) if targets else None
        cells += Cell.of(row, column, [value[column] for value in values], target)
    return cells
