"""The road of reports, shared by the window and the command line: a project -> what is known of its head -> a page.

Every step is a function of values; who calls it decides on which thread it runs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app import editing_road, road, shelf
from app.edit_views import edit_text
from app.version import versions
from core.edit import Repair, at_work
from core.errors import ProjectError
from core.progress import Report, silent

if TYPE_CHECKING:
    from pathlib import Path

    from core.evaluation.fidelity import Fidelity
    from core.evaluation.rear_check import RearCheck
    from core.head import Head
    from core.project import Project
    from core.rendering.seen import Witness


def witnesses(project: Project, *, half: bool = False, neural_px: int | None = None) -> tuple[Witness, ...]:
    """The photos that a project's head was made from, with what they show of it; none where it has none."""
    from core.rendering.seen import witnesses_of

    head = road.head_of(project, project.photo.name)
    # a photo from an unknown side tells nothing here
    further = [one.alignment for one in project.further if one.camera_is_known]
    return witnesses_of(head, project.alignment, road.renderer_of(head, half=half, neural_px=neural_px), further)


def fidelity_of(
    project: Project,
    report: Report,
    *,
    head: Head | None = None,
    half: bool = False,
) -> Fidelity:
    """All that a report says about a project's head.

    Args:
        project: with an aligned photo and a head.
        report: told of each step; raises `Cancelled` to stop.
        head: the same with its edits, where it is there already.
        half: its generator's weights are kept in half precision.

    Raises:
        ProjectError: there is no head, or no photo to compare it with.
    """
    from core.evaluation.fidelity import fidelity

    base = road.head_of(project, project.photo.name)
    if project.alignment is None:
        raise ProjectError("This head has no photo to be compared with.", "Make it from a photo.")
    if head is None:
        head = editing_road.edited_head(project, half=half)
    return fidelity(
        road.loaded_generator(base.generator, half=half),
        head,
        project.alignment,
        witnesses(project, half=half),
        facts_of(project),
        report,
        edits=len(at_work(project.edits)),
    )


def facts_of(project: Project) -> tuple[tuple[str, str], ...]:
    """How a head was made, as names and values for people; what is not known is left out."""
    head = road.head_of(project, project.photo.name)
    model = shelf.facts_of(head.generator)
    making = head.making
    memory = None if making is None else making.gigabytes
    methods = {choice.name: choice.title for choice in shelf.method_choices()}
    edits = [edit_text(edit, project) for edit in at_work(project.edits)]
    rows = [
        ("Photo", ", ".join([project.photo.name, *(one.name for one in project.further)])),
        ("Model", f"{model.title}; {model.licence}" if model is not None else head.generator),
        ("Method", methods.get(head.method, head.method or "not made from a photo")),
        ("Seed", str(head.seed)),
        ("Photos laid on", str(sum(not photo.is_guess for photo in head.photos))),
        ("Time of making", "" if making is None else making.in_words),
        ("Memory of making", "" if memory is None else f"{memory:.1f} GB at most"),
        ("Edits", "; ".join(edits) or "none"),
        ("Made", f"{project.created:%d %B %Y, %H:%M} UTC"),
        ("Measured", f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC"),
        ("Versions", versions()),
    ]
    return tuple((name, value) for name, value in rows if value)


def save_report(found: Fidelity, title: str, path: Path) -> None:
    """Write a report as one HTML file, whole or not at all.

    Raises:
        ExportError: it could not be written.
    """
    from core.evaluation.fidelity_page import html_of
    from core.exporters.files import check_place, write_whole

    check_place(path)
    write_whole(path, html_of(found, title).encode())


def check_of(head: Head, report: Report = silent, *, half: bool = False) -> RearCheck:
    """What is wrong with the hidden side of a head."""
    from core.evaluation.rear_check import rear_check, rear_views
    from core.rendering.renderer import HeadRenderer

    renderer = HeadRenderer(road.loaded_generator(head.generator, half=half), head)
    return rear_check(rear_views(renderer, report), renderer.grid())


def with_repair(project: Project, key: str) -> Project:
    """The project with its hidden side made up again, below all other edits: what these put there stays."""
    others = tuple(edit for edit in project.edits if not isinstance(edit, Repair))
    return replace(project, edits=(Repair(key=key), *others))
