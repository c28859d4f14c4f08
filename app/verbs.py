"""What each verb of the command line does: arguments in, files and facts out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.editing_verbs import attribute, colour, paint, remove, take
from app.model_verbs import evaluate, models, train
from app.report_verbs import repair, report
from app.styling_verbs import style
from core.errors import ExportError, ProjectError, VoltefaceError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from app.console import Console
    from core.head import Head
    from core.stand_in import StandIn

PICTURE_SUFFIXES = (".png",)
FILM_SUFFIXES = (".mp4",)
SEEN_SUFFIXES = (".glb", ".ply")


def run(options: argparse.Namespace, console: Console) -> int:
    """Run the verb of `options` and return the exit code."""
    return _VERBS[options.verb](options, console)


def invert(options: argparse.Namespace, console: Console) -> int:
    """Photo -> project with a head."""
    from app import road
    from app.likeness import likeness
    from core.photo import Photo
    from core.project import Project

    started = time.monotonic()
    output: Path = options.output or Path(f"{options.photo.stem}.volteface")
    road.check_names(options.model, options.method)
    road.check_room(options.model, **_economy(options))
    _require_suffix(output, (".volteface",), ProjectError)
    road.check_writable(output, error=ProjectError)
    photo = Photo.open(options.photo)
    alignment = road.align_photo(photo, None if options.face is None else options.face - 1)
    for warning in alignment.warnings:
        console.note(f"  note: {warning}")
    further = tuple(road.further_photo(path, yaw_degrees) for path, yaw_degrees in options.also)
    head = road.make_head(
        alignment,
        console.report,
        generator=options.model,
        method=options.method,
        seed=options.seed,
        seconds=options.seconds,
        steps=options.steps,
        half=options.precision == "half",
        further=further,
    )
    renderer = road.renderer_of(head, **_economy(options))
    figures = likeness(head, alignment, renderer)
    project = Project(photo=photo, alignment=alignment, further=further, head=head, camera=head.camera)
    road.pictured(project, head, renderer).save(output)
    seconds = time.monotonic() - started
    facts = {
        "project": str(output),
        "photo": str(options.photo),
        "also": [one.name for one in further],
        "generator": head.generator,
        "method": head.method,
        "seed": head.seed,
        "seconds": round(seconds, 2),
        "figures": {name: round(value, 5) for name, value in figures.items()},
        "faces": len(alignment.faces),
        "warnings": list(alignment.warnings),
    }
    console.result(facts, f"{output}: a head in {seconds:.0f} s ({_in_words(figures)})")
    return 0


def random(options: argparse.Namespace, console: Console) -> int:
    """Seed -> project with a head."""
    from app import random_road, road

    output: Path = options.output
    road.check_names(options.model, "pivotal")
    road.check_room(options.model, **_economy(options))
    _require_suffix(output, (".volteface",), ProjectError)
    road.check_writable(output, error=ProjectError)
    random_road.random_project(options.seed, generator=options.model, **_economy(options)).save(output)
    facts = {"project": str(output), "generator": options.model, "seed": options.seed}
    console.result(facts, f"{output}: the random head of seed {options.seed}")
    return 0


def render(options: argparse.Namespace, console: Console) -> int:
    """Project -> one picture, a sheet of many sides, or a turntable film."""
    from app import pictures, road
    from core.frame import Quality

    output: Path = options.output or options.sheet or options.turntable
    _require_suffix(output, FILM_SUFFIXES if options.turntable else PICTURE_SUFFIXES, ExportError)
    road.check_writable(output)
    head = _present(options, console)
    if options.turntable:
        road.export_head(head, output, report=console.report, picture_px=options.size, **_economy(options))
    else:
        renderer = road.renderer_of(head, **_economy(options))
        if options.sheet:
            pixels = pictures.sheet(renderer, console.report, size_px=options.size)
        else:
            camera = pictures.orbit_degrees(options.yaw, options.pitch)
            pixels = renderer.render(camera, Quality.EXACT, size_px=options.size).rgb
        pictures.save_picture(pixels, output)
    console.result({"output": str(output), "bytes": output.stat().st_size}, str(output))
    return 0


def export(options: argparse.Namespace, console: Console) -> int:
    """Project -> mesh, picture or film."""
    from app import reporting_road, road

    road.check_export(options.output)
    if options.seen and options.output.suffix.lower() not in SEEN_SUFFIXES:
        formats = " and ".join(SEEN_SUFFIXES)
        raise ExportError(
            "This format has no place for what was seen.", f"Choose one of {formats}, or leave --seen out."
        )
    present = _present(options, console)
    seen_by = reporting_road.witnesses(road.open_project(options.head), **_economy(options)) if options.seen else ()
    result = road.export_head(
        present,
        options.output,
        report=console.report,
        texture_px=options.texture,
        height_mm=options.height_mm,
        seen_by=seen_by,
        **_economy(options),
    )
    console.result(result.to_json(), f"{options.output}: {result.size_bytes:,} bytes")
    return 0


def doctor(_options: argparse.Namespace, console: Console) -> int:
    """Say whether this machine has what Volteface needs."""
    from app.doctor import examine

    checks = examine()
    marks = {"ok": "ok  ", "note": "note", "bad": "BAD "}
    lines = [
        f"{marks[check.state]}  {check.name}: {check.finding}{'  ' + check.cure if check.cure else ''}"
        for check in checks
    ]
    works = all(check.state != "bad" for check in checks)
    lines.append("Volteface works here." if works else "Something is missing; see the lines marked BAD.")
    console.result({"works": works, "checks": [check.to_json() for check in checks]}, "\n".join(lines))
    return 0 if works else 2


def bench(options: argparse.Namespace, console: Console) -> int:
    """Say how long the steps take that a person waits for."""
    from app.bench import facts, laps, table

    taken = laps(console, whole=options.whole)
    console.result(facts(taken), table(taken))
    return 0


def demo(options: argparse.Namespace, console: Console) -> int:
    """Walk the whole road on a portrait."""
    from app.demo import walk

    facts = walk(options.output, console, photo_path=options.photo)
    console.result(facts, f"Look into {options.output}: {', '.join(facts['files'])}")
    return 0


def _present(options: argparse.Namespace, console: Console) -> Head | StandIn:
    """The head of a project with its edits, or what stands in for it where its generator is not installed."""
    from app import editing_road, road, shelf

    project = road.open_project(options.head)
    head = road.head_of(project, options.head.name)
    absence = shelf.absence_of(project, shelf.facts_of(head.generator))
    if absence is None:
        road.check_room(head.generator, **_economy(options))
        return editing_road.edited_head(project, half=options.precision == "half")
    which = "which is not installed" if not absence.changed else "and another version of it is installed"
    sentence = f"{options.head.name} was made with {absence.model.title}, {which}"
    if project.stand_in is None:
        raise ProjectError(f"{sentence}.", "Install it with `volteface models add FILE`.")
    console.note(f"  note: {sentence}; its stored mesh is used.")
    return project.stand_in


def _economy(options: argparse.Namespace) -> dict[str, Any]:
    """How the person wants memory saved, as arguments of the road."""
    return {"half": options.precision == "half", "neural_px": options.neural_px}


def _in_words(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())


def _require_suffix(path: Path, suffixes: tuple[str, ...], error: type[VoltefaceError]) -> None:
    if path.suffix.lower() not in suffixes:
        names = " or ".join(suffixes)
        raise error(f"{path.name} should end in {names}.", f"Try {path.with_suffix(suffixes[0]).name}.")


def attribute_learn(options: argparse.Namespace, console: Console) -> int:
    """A slider from portraits: see `app.learning`."""
    from app import learning

    return learning.learn(options, console)


_VERBS: dict[str, Callable[[argparse.Namespace, Console], int]] = {
    "attribute learn": attribute_learn,
    "invert": invert,
    "random": random,
    "render": render,
    "take": take,
    "remove": remove,
    "attribute": attribute,
    "colour": colour,
    "paint": paint,
    "repair": repair,
    "style": style,
    "report": report,
    "export": export,
    "models": models,
    "doctor": doctor,
    "bench": bench,
    "demo": demo,
    "train": train,
    "evaluate": evaluate,
}
