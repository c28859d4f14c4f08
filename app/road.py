"""The road that the window, the command line and the tests share: photo -> alignment -> head -> pictures -> files.

Every step is one function that takes values and returns values; who calls it decides on which thread it runs. Longer
than usual: each step is a few lines, and a reader wants to see the whole way; `random_road`, `pictures`, `warming`,
`editing_road` and `reporting_road` branch off it.
"""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ExportError, ProjectError, VoltefaceError
from core.frame import Quality
from core.progress import Progress, Report, silent
from core.spare_memory import give_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.exporters import ExportReport
    from core.further_photo import FurtherPhoto
    from core.head import Head
    from core.photo import Photo
    from core.project import Project
    from core.protocols import Generator, Renderer
    from core.rendering.occupancy import FieldGrid
    from core.rendering.stored_view import StoredView
    from core.stand_in import StandIn

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
SAMPLE_PHOTO = RESOURCES / "sample" / "astronaut.png"

SAME_SIDE_RADIANS = 0.35
"""Angle within which a picture shows what the photo's camera sees."""


def use_threads(count: int) -> None:
    """Let torch use `count` threads in the calling thread; 0 leaves one core to the window."""
    import torch

    count = count or max(1, (os.cpu_count() or 2) - 1)
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


def open_photo(path: Path) -> Photo:
    """Read a picture file."""
    from core.photo import Photo

    return Photo.open(path)


def align_photo(
    photo: Photo, face_index: int | None = None, landmarks_hint: NDArray[np.float32] | None = None
) -> Alignment:
    """Find the face: crop, mask and camera.

    Args:
        photo: any picture.
        face_index: which of its faces; none takes the largest.
        landmarks_hint: where a person put the five landmarks of `HandPlacement`, [5, 2] photo pixels.
    """
    from core.align import align
    from core.inverters.covering import hidden_parts

    found = align(photo, face_index=face_index, landmarks_hint=landmarks_hint)
    return replace(found, warnings=(*found.warnings, *hidden_parts(found)))


def further_photo(path: Path, yaw_degrees: float | None = None) -> FurtherPhoto:
    """Read and frame another photo of the same person; `yaw_degrees` tells the side, positive the person's left."""
    from core.further_photo import further_photo as framed
    from core.photo import Photo

    return framed(Photo.open(path), None if yaw_degrees is None else math.radians(yaw_degrees))


def make_head(
    alignment: Alignment,
    report: Report,
    *,
    generator: str = "mini",
    method: str = "pivotal",
    seed: int = 0,
    seconds: float | None = None,
    steps: int | None = None,
    start: Head | None = None,
    half: bool = False,
    further: Sequence[FurtherPhoto] = (),
) -> Head:
    """Search the head of an aligned photo, or improve `start`; better and better ones come as results of `report`."""
    from core.evaluation.studio_inverter import studio_inverter

    def passed(progress: Progress) -> None:
        report(progress)
        if progress.result is not None:
            # the next stage begins where this one ended, and needs other pieces
            give_back()

    check_names(generator, method)
    report(Progress(0, 0, "Loading the head model"))
    inverter, model = studio_inverter(method, further), loaded_generator(generator, half=half)
    return inverter.invert(alignment, model, passed, seed=seed, seconds=seconds, steps=steps, start=start)


def check_names(generator: str, method: str) -> None:
    """Refuse a generator or an inverter that does not exist, before anything is loaded."""
    from core import generators, inverters

    for name, known, kind in ((method, tuple(inverters.INVERTERS), "method"), (generator, generators.names(), "model")):
        if name not in known:
            raise VoltefaceError(f"There is no {kind} {name!r}.", f"Choose from: {', '.join(known)}.")


def renderer_of(
    head: Head | StandIn,
    *,
    neural_px: int | None = None,
    half: bool = False,
    below: FieldGrid | None = None,
    former: Renderer | None = None,
    stored: StoredView | None = None,
    hasty: bool = True,
) -> Renderer:
    """A renderer of `head`; it prepares itself at its first frame.

    Args:
        head: what is drawn; where its generator is not installed, what stands in for it.
        neural_px: side of the feature picture; a smaller one than the generator's own takes less memory.
        half: its generator's weights are kept in half precision.
        below: the grid of the head without its edits, if it is known: it saves time.
        former: has drawn the head as it was before: previews begin with what it knows.
        stored: how the head looked when it was saved: previews begin with that.
        hasty: the first previews are there sooner, and coarse.
    """
    from core.rendering.mesh_view import MeshRenderer
    from core.rendering.renderer import HeadRenderer
    from core.segmenters.parser import parse
    from core.stand_in import StandIn

    if isinstance(head, StandIn):
        return MeshRenderer(head.mesh)
    generator = loaded_generator(head.generator, half=half)
    known = former if isinstance(former, HeadRenderer) else None
    return HeadRenderer(
        generator, head, neural_px=neural_px, below=below, read=parse, former=known, stored=stored, hasty=hasty
    )


def loaded_generator(name: str, *, half: bool = False) -> Generator:
    """The generator of that name; the bundled one has but one precision."""
    from core import generators

    return generators.load(name, half=True) if half and name not in generators.LOADERS else generators.load(name)


def check_room(name: str, *, half: bool = False, neural_px: int | None = None) -> None:
    """Refuse a generator that will not fit, before it is loaded.

    Raises:
        DeviceError: with the numbers, and what to do instead.
    """
    from app import memory, shelf
    from core.free_memory import check_fit

    room, facts = memory.room_of(name), shelf.facts_of(name)
    if room is not None and facts is not None:
        need = room.need.halved() if half else room.need
        need = need.at_neural_px(neural_px, room.neural_px) if neural_px else need
        check_fit(facts.title, need, room.free)


def stand_in_of(head: Head, renderer: Renderer | None = None) -> StandIn | None:
    """What is shown of `head` where its generator is not installed; None where it has no surface.

    Args:
        head: of any generator that is installed.
        renderer: one that has drawn it already, in whatever thread; what it knows is used.
    """
    from app import shelf
    from core.exporters.light import light_mesh
    from core.exporters.worn import with_eyewear
    from core.rendering.renderer import HeadRenderer
    from core.stand_in import ModelFacts, StandIn

    twin = renderer.twin() if isinstance(renderer, HeadRenderer) else renderer_of(head)
    assert isinstance(twin, HeadRenderer)
    if not any(key.angle_to(head.camera) < SAME_SIDE_RADIANS for key in twin.keys):
        twin.render(head.camera, Quality.NEAR)
    try:
        mesh = with_eyewear(light_mesh(twin.grid().on_processor, twin.keys), head.eyewear)
    except ExportError:
        return None
    info = twin.generator.info
    facts = shelf.facts_of(head.generator) or ModelFacts(info.name, info.title, info.licence, info.commercial)
    return StandIn(mesh, facts)


def stand_in_renderer(project: Project) -> Renderer | None:
    """Draws the head of a project whose generator is not installed; None where it kept neither mesh nor picture."""
    from core.rendering.mesh_view import MeshRenderer, StillRenderer

    if project.stand_in is not None:
        return MeshRenderer(project.stand_in.mesh)
    return None if project.preview is None else StillRenderer(project.preview)


def stored_view_of(project: Project) -> StoredView | None:
    """The head of a project as it was saved, with its edits; None where the file does not keep that."""
    from core.rendering.stored_view import StoredView

    view, stand_in = project.view, project.stand_in
    return None if view is None or stand_in is None else StoredView(view, stand_in.mesh)


def open_project(path: Path) -> Project:
    """Read a project; a photo given in its place is answered with how to make a project of it."""
    from core.project import Project

    if path.suffix.lower() != ".volteface" and path.is_file() and not _is_zip(path):
        raise ProjectError(f"{path.name} is not a Volteface project.", f"Make one with `volteface invert {path}`.")
    return Project.load(path)


def head_of(project: Project, name: str) -> Head:
    """The head of a project that is expected to have one."""
    if project.head is None:
        raise ProjectError(f"{name} holds a photo but no head yet.", "Open it in the studio and make the head first.")
    return project.head


def export_head(
    head: Head | StandIn,
    path: Path,
    *,
    report: Report = silent,
    neural_px: int | None = None,
    half: bool = False,
    seconds: float = 4.0,
    **options: Any,  # noqa: ANN401 - see `core.exporters.ExportOptions`
) -> ExportReport:
    """Write `head` in the format of the path's suffix; options that it does not understand are ignored.

    Args:
        head: what to write; where its generator is not installed, what stands in for it.
        path: its suffix chooses the format.
        report: told of each step.
        neural_px: as for `renderer_of`.
        half: as for `renderer_of`.
        seconds: length of a film.
        options: further choices, by the names of `core.exporters.ExportOptions`.
    """
    from core import exporters
    from core.editors.modelled_face import modelled_face
    from core.stand_in import StandIn

    given = exporters.ExportOptions(**options)
    given = replace(given, frames=max(1, round(seconds * given.frames_per_second)))
    if isinstance(head, StandIn):
        return exporters.export_stand_in(head, path, options=given, report=report)
    return exporters.export(
        head,
        path,
        generator=loaded_generator(head.generator, half=half),
        renderer=renderer_of(head, neural_px=neural_px, half=half),
        options=given,
        report=report,
        modeller=modelled_face,
    )


def check_export(path: Path) -> None:
    """Refuse a suffix or a place that cannot be exported to, before anything is loaded."""
    from core import exporters

    exporters.check(path)


def pictured(project: Project, head: Head, renderer: Renderer) -> Project:
    """The project with what shows it before its head is drawn again: `head`, with its edits, as the photo saw it."""
    view = renderer.render(head.camera, Quality.NEAR)
    return replace(project, preview=view.rgb, view=view, stand_in=stand_in_of(head, renderer))


def check_writable(path: Path, *, error: type[VoltefaceError] = ExportError) -> None:
    """Refuse a place that cannot be written, before minutes of work are spent on what should go there."""
    if path.is_dir():
        raise error(f"{path} is a folder.", "Name a file in it.")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise error(f"The folder {folder} does not exist.", "Make it first or choose another one.")
    if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise error(f"There is no permission to write {path}.", "Choose another place.")


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"
