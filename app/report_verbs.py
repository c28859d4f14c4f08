"""The verbs that look a head over: `report` measures it, `repair` makes its hidden side up again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.editing_verbs import opened, saved
from core.edit import Repair
from core.errors import ExportError

if TYPE_CHECKING:
    import argparse

    from app.console import Console

HTML_SUFFIXES = (".html", ".htm")


def report(options: argparse.Namespace, console: Console) -> int:
    """A page, or JSON, on how far a head can be trusted."""
    from app import editing_road, reporting_road, road

    output: Path | None = options.output
    if output is None and not options.json:
        output = Path(f"{options.head.stem}.html")
    if output is not None:
        if output.suffix.lower() not in HTML_SUFFIXES:
            raise ExportError(f"{output.name} should end in .html.", f"Try {output.with_suffix('.html').name}.")
        road.check_writable(output)
    project = editing_road.editable_project(options.head)
    half = bool(options.precision == "half")
    road.check_room(road.head_of(project, options.head.name).generator, half=half, neural_px=options.neural_px)
    found = reporting_road.fidelity_of(project, console.report, half=half)
    if output is not None:
        reporting_road.save_report(found, options.head.stem, output)
    facts = {"head": str(options.head), "report": None if output is None else str(output), **found.to_json()}
    first = found.figures[0]
    seen = "" if found.seen is None else f"{found.seen:.0%} of the head was seen. "
    console.result(facts, f"{output}: LPIPS {first.shown} in front. {seen}{found.rear.in_words}")
    return 0


def repair(options: argparse.Namespace, console: Console) -> int:
    """Make the side that no photo shows up again, where something is wrong with it."""
    from app import editing_road, reporting_road

    project = opened(options)
    half = bool(options.precision == "half")
    before = reporting_road.check_of(editing_road.edited_head(project, half=half), console.report, half=half)
    for finding in before.findings:
        console.note(f"  found: {finding.sentence}")
    if before.is_clean and not options.anyway:
        words = "nothing to repair; the head was written as it was"
        return saved(project, [], options, console, words, {"found": [], "left": []})
    repaired = reporting_road.with_repair(project, editing_road.new_key(project))
    after = reporting_road.check_of(editing_road.edited_head(repaired, half=half), console.report, half=half)
    left = "nothing is wrong any more" if after.is_clean else f"still there: {after.in_words}"
    new = [edit for edit in repaired.edits if isinstance(edit, Repair)]
    facts = {"found": before.to_json(), "left": after.to_json()}
    return saved(repaired, new, options, console, f"the hidden side was made up again; {left}", facts)
