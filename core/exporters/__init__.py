"""Exporters: a head becomes a file, chosen by its suffix.

Every mesh is right-handed with +y up and the face along +z. GLB, USDZ and SPLAT are in metres; OBJ, PLY and STL are in
millimetres. The literal table below is all there is: a new format is a module with `write` and one line here.
"""

import difflib
import importlib
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ExportError
from core.exporters.files import check_place, write_error
from core.exporters.options import ExportOptions, ExportReport
from core.progress import Report, silent

if TYPE_CHECKING:
    from core.exporters.sculpting import FaceModeller
    from core.exporters.subject import Subject
    from core.head import Head
    from core.mesh import Mesh
    from core.protocols import Generator, Renderer
    from core.stand_in import StandIn

WRITERS = {
    ".glb": "core.exporters.glb",
    ".obj": "core.exporters.obj",
    ".ply": "core.exporters.ply",
    ".stl": "core.exporters.stl",
    ".usdz": "core.exporters.usdz",
    ".splat": "core.exporters.splat",
    ".png": "core.exporters.png",
    ".mp4": "core.exporters.mp4",
}
"""Module of each format, imported on first use: `write(subject, path) -> Mesh in the file's units | None`."""
SUFFIXES = tuple(WRITERS)
IN_METRES = (".glb", ".usdz", ".splat")

__all__ = [
    "SUFFIXES",
    "WRITERS",
    "ExportOptions",
    "ExportReport",
    "check",
    "export",
    "export_stand_in",
    "mesh_from_head",
]


def check(path: Path) -> None:
    """Refuse what cannot be exported to, before any work is done.

    Raises:
        ExportError: the suffix names no format, or the place cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        formats = " ".join(SUFFIXES)
        near = difflib.get_close_matches(suffix, SUFFIXES, 1, 0.5) if suffix else []
        meant = f"Did you mean {path.stem}{near[0]}?" if near else ""
        name = f"{suffix} is no format that heads are exported to." if suffix else f"{path.name} has no suffix."
        raise ExportError(name, f"{meant} Formats: {formats}.".strip())
    check_place(path)


def export(
    head: "Head",
    path: Path,
    *,
    generator: "Generator | None" = None,
    renderer: "Renderer | None" = None,
    options: ExportOptions = ExportOptions(),  # noqa: B008 - frozen
    report: Report = silent,
    modeller: "FaceModeller | None" = None,
) -> ExportReport:
    """Write a head to a file in the format of its suffix.

    The file appears whole or not at all; one that was there before stays until it is replaced.

    Args:
        head: what to write.
        path: where to; its suffix chooses the format.
        generator: the head's, without its tuning; None loads it by the head's name.
        renderer: of this head, for who has one that is warm; None makes one.
        options: choices for the format.
        report: told of progress; raises `Cancelled` to stop.
        modeller: finds the head's face, to sculpt meshes by; None leaves that as the density has it.

    Raises:
        ExportError: with a sentence that says why it did not work.
    """
    check(path)
    from core.exporters.subject import Subject

    subject = Subject(head, generator or _loaded(head), options, report, renderer, modeller)
    return _written(subject, path, score=options.score)


def export_stand_in(
    stand_in: "StandIn",
    path: Path,
    *,
    options: ExportOptions = ExportOptions(),  # noqa: B008 - frozen
    report: Report = silent,
) -> ExportReport:
    """Write what stands in for a head whose generator is not installed; as fine as its light mesh is.

    Args:
        stand_in: what to write.
        path: where to; its suffix chooses the format.
        options: choices for the format.
        report: told of progress; raises `Cancelled` to stop.

    Raises:
        ExportError: with a sentence that says why it did not work.
    """
    check(path)
    from core.exporters.stored import StoredSubject

    return _written(StoredSubject(stand_in, options, report), path, score=False)


def _written(subject: "Subject", path: Path, *, score: bool) -> ExportReport:
    from core.exporters import obj

    started = time.monotonic()
    suffix = path.suffix.lower()
    try:
        mesh: Mesh | None = importlib.import_module(WRITERS[suffix]).write(subject, path)
        parts = obj.files_of(path) if suffix == ".obj" else (path,)
        size = sum(part.stat().st_size for part in parts)
        result = _described(ExportReport(path, suffix, size, 0.0), mesh)
        if suffix == ".glb" and score:
            from core.exporters.roundtrip import glb_score

            found = glb_score(path, subject)
            result = replace(result, psnr_db=found.psnr_db, alpha_iou=found.alpha_iou)
    except OSError as error:
        raise write_error(path, error) from error
    subject.tell(1.0, f"Wrote {path.name}")
    return replace(result, seconds=time.monotonic() - started)


def mesh_from_head(
    generator: "Generator", head: "Head", *, triangles: int = 120_000, report: Report = silent
) -> "Mesh":
    """The watertight surface of a head in world units as the density has it, without colours."""
    from core.exporters.subject import FINE_FACTOR, Subject

    return Subject(head, generator, ExportOptions(triangles=max(1, triangles // FINE_FACTOR)), report).plain


def _loaded(head: "Head") -> "Generator":
    from core import generators

    return generators.load(head.generator)


def _described(result: ExportReport, mesh: "Mesh | None") -> ExportReport:
    """The report with what is to be said of a mesh in its file's units."""
    if mesh is None:
        return result
    low, high = mesh.bounds
    height = float(high[1] - low[1]) * (1000 if result.suffix in IN_METRES else 1)
    return replace(
        result,
        vertices=len(mesh.vertices),
        triangles=len(mesh.faces),
        is_watertight=mesh.is_watertight,
        height_mm=height,
    )
