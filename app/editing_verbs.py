"""The verbs that edit a head: each adds to the project's edits and writes the project, or says why not."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.typed_values import assignments, check_strength, colour_of, number
from core.errors import ProjectError, VoltefaceError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from app.console import Console
    from core.edit import Edit
    from core.project import Project
    from core.reference import Reference


WIDEST_SEAM = 5.0


def take(options: argparse.Namespace, console: Console) -> int:
    """A part of a reference, worn by the head."""
    from app import editing_road
    from core.edit import TakePart
    from core.editors.head_parts import labels_of

    labels_of(options.part)
    check_strength(options.strength)
    if not 0 <= options.seam <= WIDEST_SEAM:
        raise VoltefaceError(f"--seam {options.seam:g} is out of range.", f"Choose from 0 to {WIDEST_SEAM:g}.")
    if options.harmonise is not None and not 0 <= options.harmonise <= 1:
        raise VoltefaceError(f"--harmonise {options.harmonise:g} is out of range.", "Choose from 0 to 1.")
    project = opened(options)
    reference = _reference(options, project, console)
    if all(known.key != reference.key for known in project.references):
        project = replace(project, references=(*project.references, reference))
    edit = TakePart(
        key=editing_road.new_key(project),
        part=options.part,
        reference=reference.key,
        strength=options.strength,
        seam=options.seam,
        harmonise=options.harmonise,
        in_planes=options.published,
    )
    return saved(_with(project, edit), [edit], options, console, f"{options.part} of {reference.name}")


def remove(options: argparse.Namespace, console: Console) -> int:
    """A part taken away."""
    from app import editing_road
    from core.edit import RemovePart
    from core.generators.bareness import GROUPS

    if options.part not in GROUPS:
        raise VoltefaceError(f"{options.part.capitalize()} cannot be taken off.", f"Choose from: {', '.join(GROUPS)}.")
    check_strength(options.strength)
    project = opened(options)
    edit = RemovePart(key=editing_road.new_key(project), part=options.part, strength=options.strength)
    return saved(_with(project, edit), [edit], options, console, f"without {options.part}")


def attribute(options: argparse.Namespace, console: Console) -> int:
    """Sliders set to strengths."""
    from app import editing_road

    strengths = {name: number(name, text) for name, text in assignments(options.values, "smile=0.8")}
    project = opened(options)
    changed = editing_road.with_sliders(project, strengths)
    new = [edit for edit in changed.edits if edit not in project.edits]
    words = ", ".join(f"{name} {strength:+g}" for name, strength in strengths.items())
    return saved(changed, new, options, console, words)


def colour(options: argparse.Namespace, console: Console) -> int:
    """Parts in other colours."""
    from app import editing_road
    from core.edit import Recolour

    check_strength(options.strength)
    wanted = [(part, colour_of(part, text)) for part, text in assignments(options.values, "hair=#aa5522")]
    project = opened(options)
    new: list[Edit] = []
    for part, rgb in wanted:
        new.append(Recolour(key=editing_road.new_key(project), part=part, rgb=rgb, strength=options.strength))
        project = _with(project, new[-1])
    words = ", ".join(f"{part} {text}" for part, text in assignments(options.values, ""))
    return saved(project, new, options, console, words)


def paint(options: argparse.Namespace, console: Console) -> int:
    """Paint on what a camera sees: a picture with transparency, or an edited copy of the photo."""
    from app import editing_road, road
    from core.photo import Photo

    check_strength(options.strength)
    texture = Photo.open(options.texture)
    picture = editing_road.paint_in(texture)
    camera = editing_road.camera_at(options.yaw or 0.0, options.pitch or 0.0)
    project = opened(options)
    if picture is None:
        if options.yaw is not None or options.pitch is not None:
            raise VoltefaceError(
                f"{texture.name} has no transparency, so it is read as a copy of the photo, which has its own camera.",
                "Leave --yaw and --pitch out, or save the paint as a PNG with transparency.",
            )
        picture, camera = editing_road.paint_over_photo(project, texture), road.head_of(project, "it").camera
    if not picture[..., 3].any():
        raise VoltefaceError(f"There is no paint in {texture.name}.", "Paint something on it first.")
    head = editing_road.edited_head(project, half=_half(options))
    edit = editing_road.paint_edit(
        road.renderer_of(head, **_economy(options)), picture, camera, editing_road.new_key(project), project.edits
    )
    edit = replace(edit, strength=options.strength)
    return saved(_with(project, edit), [edit], options, console, f"paint of {texture.name}")


def opened(options: argparse.Namespace) -> Project:
    """The project to edit; whatever would keep the edit from being made or written is said first."""
    from app import editing_road, road

    output: Path = options.output
    if output.suffix.lower() != ".volteface":
        name = output.with_suffix(".volteface").name
        raise ProjectError(f"{output.name} should end in .volteface.", f"Try {name}.")
    road.check_writable(output, error=ProjectError)
    project = editing_road.editable_project(options.head)
    road.check_room(road.head_of(project, options.head.name).generator, **_economy(options))
    return project


def _reference(options: argparse.Namespace, project: Project, console: Console) -> Reference:
    """What --from names: a random head, a file, or a reference that the project has already."""
    from app import editing_road, road

    word: str = options.reference
    head, key, half = road.head_of(project, "it"), editing_road.new_key(project), _half(options)
    known = {name: each for each in project.references for name in (each.name, each.key)}
    path = Path(word)
    if word.startswith(editing_road.SEED_WORD):
        number = word.removeprefix(editing_road.SEED_WORD)
        if not number.isdecimal():
            raise VoltefaceError(f"{word!r} names no random head.", "Write a whole number, such as seed:7.")
        made = editing_road.seeded_reference(head.generator, int(number), key, half=half)
    elif not path.exists() and word in known:
        return known[word]
    elif path.suffix.lower() == ".volteface":
        made = editing_road.project_reference(path, head.generator, key, half=half)
    else:
        from core.photo import Photo

        face = None if options.face is None else options.face - 1
        made = editing_road.photo_reference(
            Photo.open(path),
            head.generator,
            key,
            console.report,
            face_index=face,
            seconds=options.seconds,
            steps=options.steps,
            half=half,
        )
    return next((each for each in project.references if each.head == made.head), made)


def saved(
    project: Project,
    new: Sequence[Edit],
    options: argparse.Namespace,
    console: Console,
    words: str,
    more: Mapping[str, Any] | None = None,
) -> int:
    """Write the project with its new edits, and say so; `more` are further facts."""
    from app import editing_road

    economy = _economy(options)
    head = editing_road.edited_head(project, half=_half(options))  # says what cannot be done
    references = tuple(editing_road.pictured(each, **economy) for each in project.references)
    project = editing_road.finished(replace(project, references=references), head, **economy)
    project.save(options.output)
    count = len(project.edits)
    facts = {
        "project": str(options.output),
        "added": [edit.key for edit in new],
        "edits": [_plain(edit) for edit in project.edits],
        "references": [{"key": each.key, "name": each.name} for each in project.references],
        **(more or {}),
    }
    console.result(facts, f"{options.output}: {words} ({count} {'edit' if count == 1 else 'edits'})")
    return 0


def _with(project: Project, edit: Edit) -> Project:
    return replace(project, edits=(*project.edits, edit))


def _plain(edit: Edit) -> dict[str, Any]:
    """An edit as JSON, without its pictures."""
    values = {field.name: getattr(edit, field.name) for field in fields(edit)}
    if "regions" in values:
        values["regions"] = len(values["regions"])
    kept = {name: value for name, value in values.items() if isinstance(value, bool | int | float | str | tuple)}
    return {"kind": type(edit).__name__, **kept}


def _half(options: argparse.Namespace) -> bool:
    return bool(options.precision == "half")


def _economy(options: argparse.Namespace) -> dict[str, Any]:
    return {"half": _half(options), "neural_px": options.neural_px}
