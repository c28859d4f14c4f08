"""The verb `style`: a head in a style, from a pack or from a prompt; and what packs there are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from core.errors import VoltefaceError

if TYPE_CHECKING:
    import argparse

    from app.console import Console
    from core.project import Project
    from core.style_pack import StylePack
    from core.stylizers.identity import Likeness


def style(options: argparse.Namespace, console: Console) -> int:
    """List, import or export packs, or let a head wear some."""
    if options.list:
        return _list(console)
    if options.import_file:
        return _import(options, console)
    if options.export_name:
        return _export(options, console)
    if options.head is None:
        raise VoltefaceError("No head is given.", "Write `volteface style HEAD --pack NAME -o OUT`, or --list.")
    return _wear(options, console)


def _list(console: Console) -> int:
    from app import pack_shelf

    rows: list[dict[str, Any]] = []
    for place in pack_shelf.packs():
        try:
            pack = pack_shelf.pack_named(place.name)
        except VoltefaceError as error:
            console.note(str(error))
            continue
        facts = {
            name: getattr(pack, name) for name in ("name", "title", "made", "prompt", "prior", "preset", "licence")
        }
        rows.append(
            {**facts, "generator": pack.generator, "bundled": place.bundled, "bytes": place.path.stat().st_size}
        )
    lines = [f"{row['name']:14} {row['title']} ({row['made']}, {row['generator']}, {row['licence']})" for row in rows]
    console.result({"styles": rows}, "\n".join(lines) or "There are no styles.")
    return 0


def _import(options: argparse.Namespace, console: Console) -> int:
    from app import pack_shelf

    place = pack_shelf.import_pack(options.import_file)
    console.result({"name": place.name, "file": str(place.path)}, f"{place.name} is one of your styles now.")
    return 0


def _export(options: argparse.Namespace, console: Console) -> int:
    from app import pack_shelf
    from core.stylizers.pack import SUFFIX

    if options.output is None or options.output.suffix != SUFFIX:
        raise VoltefaceError("A style is exported to a file.", f"Add -o {options.export_name[:40]}{SUFFIX}.")
    pack_shelf.export_pack(options.export_name, options.output)
    console.result({"name": options.export_name, "file": str(options.output)}, f"{options.output}: written")
    return 0


def _wear(options: argparse.Namespace, console: Console) -> int:
    from app import style_looks, styling_road
    from app.editing_verbs import opened, saved

    if options.output is None:
        raise VoltefaceError("No output is given.", "Add -o OUT.volteface.")
    if bool(options.pack) == (options.prompt is not None):
        raise VoltefaceError("A head is styled by a pack or by a prompt.", "Give --pack NAME, or --prompt TEXT.")
    if options.lift and options.prompt is None:
        raise VoltefaceError("Views are drawn from a prompt.", "Give --prompt TEXT with --lift.")
    if options.identity is not None and not 0 < options.identity <= 2:
        raise VoltefaceError(f"The identity distance {options.identity:g} is out of range.", "Choose 0.3 to 0.6.")
    if options.prompt is not None:
        _check_prompt(options)
    worn = [_named(word) for word in options.pack]
    project = opened(options)
    if options.lift:
        return _lift(options, project, console)
    before = project.edits
    told: dict[str, Any] = {}
    if options.prompt is not None and options.prior is None:
        project, answer = styling_road.prompted(project, options.prompt, options.region)
        console.note(f"  {answer.sentence()}")
        told = {"answer": [vars(one) for one in answer.taken], "unknown": answer.unknown}
        words = ", ".join(one.title for one in answer.taken)
    else:
        if options.prompt is not None:
            worn = [(_taught(options, project, console), 1.0)]
        project = styling_road.with_styles(project, worn, options.region)
        words = ", ".join(pack.title for pack, _ in worn)
    if options.identity is not None:
        project = style_looks.held_back(project, options.identity)
    likeness = style_looks.likeness_of(project)
    new = [edit for edit in project.edits if edit not in before]
    facts = {"identity": {str(round(yaw)): value for yaw, value in likeness.distances}} | told
    return saved(project, new, options, console, words + _told(likeness), facts)


def _lift(options: argparse.Namespace, project: Project, console: Console) -> int:
    """The quick way: the prior draws views, which are laid on the head as paint."""
    from dataclasses import replace

    from app import styling_road
    from app.editing_verbs import saved
    from core.stylizers.prior import BUNDLED

    prior = options.prior or BUNDLED
    layers = styling_road.lifted_layers(project, options.prompt, prior, console.report, options.seed)
    project = replace(project, edits=(*project.edits, *layers))
    return saved(project, layers, options, console, f"painted as {options.prompt[:40]}")


def _told(likeness: Likeness) -> str:
    """The identity distance as an end of a sentence; nothing where no face shows."""
    if math.isnan(likeness.mean):
        return ""
    return f"; identity distance (dlib) {likeness.mean:.2f} to the head without"


def _named(word: str) -> tuple[StylePack, float]:
    """What `--pack` names: a pack, and after a colon how strong it is."""
    from app import pack_shelf

    name, colon, text = word.rpartition(":")
    if not colon:
        return pack_shelf.pack_named(word), 1.0
    try:
        strength = float(text)
    except ValueError:
        return pack_shelf.pack_named(word), 1.0  # a drive letter, or a name with a colon
    if not 0 <= strength <= 1:
        raise VoltefaceError(f"The strength {text} is out of range.", "Choose from 0 to 1.")
    return pack_shelf.pack_named(name), strength


def _check_prompt(options: argparse.Namespace) -> None:
    """Refuse what will not do, before anything is loaded: the words, and the prior where it shall teach."""
    from app.teaching import check_teacher
    from core.stylizers.answer import answered
    from core.stylizers.prior import checked_prompt

    prompt = checked_prompt(options.prompt)
    if options.lift:
        return
    if options.prior is None:
        answered(prompt)
    else:
        check_teacher(options.prior, options.preset)


def _taught(options: argparse.Namespace, project: Project, console: Console) -> StylePack:
    from app import pack_shelf, road, styling_road
    from app.teaching import Lesson

    teaching = styling_road.Teaching(options.prompt, options.preset, options.prior, options.steps, options.seed)
    lesson = Lesson(road.head_of(project, options.head.name), teaching)
    if lesson.advice:
        console.note(f"  note: {lesson.advice}")
    pack = lesson.learned(console.report)
    place = pack_shelf.keep_pack(pack)
    console.note(f"  kept as style {place.name}")
    return pack
