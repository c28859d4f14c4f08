"""Learning sliders from two folders of portraits, or from random heads: what `volteface attribute learn` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import road
from core.errors import VoltefaceError
from core.progress import Progress, Report

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from torch import Tensor

    from app.console import Console
    from core.editors.learned_directions import LearnedDirection
    from core.protocols import Generator

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"})


def learn(options: argparse.Namespace, console: Console) -> int:
    """A slider from two folders, or several from random heads; or one less."""
    from core.checkpoints import store
    from core.editors.kept_directions import forget, keep
    from core.editors.learned_directions import (
        check_name,
        learned_from_groups,
        principal_directions,
        random_latents,
    )

    road.check_names(options.model, "pivotal")
    if options.forget:
        forget(_named(options), options.model, store.folder())
        console.result({"forgotten": options.name}, f"{options.name} is no slider of {options.model} any more")
        return 0
    generator = road.loaded_generator(options.model)
    if options.pca:
        if options.name or options.having or options.lacking:
            raise VoltefaceError("--pca needs no name and no folders.", "Leave one or the other out.")
        random = random_latents(generator)
        found = principal_directions(random, options.pca, _known(generator, conditional=options.conditional))
    else:
        name = _named(options)
        check_name(name)
        _check_new(name)
        if not (options.having and options.lacking):
            raise VoltefaceError(
                "There is nothing to learn from.", "Name two folders, --with DIR and --without DIR, or use --pca N."
            )
        having, lacking = (
            _latents_in(folder, generator, console.report) for folder in (options.having, options.lacking)
        )
        title = options.title or f"{name} less .. more"
        random = random_latents(generator)
        known = _known(generator, conditional=options.conditional, but=name)
        found = (learned_from_groups(name, title, having, lacking, random, known),)
    for one in found:
        keep(one, options.model, store.folder())
    facts = {"model": options.model, "learned": [_facts(one) for one in found]}
    console.result(facts, "\n".join(_sentence(one) for one in found))
    return 0


def _latents_in(folder: Path, generator: Generator, report: Report) -> Tensor:
    """Mean latents [N, W] of the portraits in a folder; pictures without a face are passed over."""
    import torch

    from core.errors import PhotoError
    from core.inverters.guess import guessed_latents
    from core.photo import Photo

    if not folder.is_dir():
        raise VoltefaceError(f"There is no folder {folder}.", "Check the path.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise VoltefaceError(f"There are no pictures in {folder}.", "Name a folder of portraits.")
    found = []
    for number, path in enumerate(paths):
        report(Progress(number, len(paths), f"Looking at {path.name}"))
        try:
            alignment = road.align_photo(Photo.open(path))
        except PhotoError:
            continue
        found.append(guessed_latents(alignment, generator).mean(0))
    if not found:
        raise VoltefaceError(f"No face was found in the pictures in {folder}.", "Use photos that show a face.")
    return torch.stack(found)


def _known(generator: Generator, *, conditional: bool, but: str = "") -> Tensor | None:
    """The directions that a new one shall not move along."""
    import torch

    from core.editors.attributes import Sliders

    if not conditional:
        return None
    try:
        sliders = Sliders.of(generator)
    except VoltefaceError:
        return None
    kept = [row for name, row in zip(sliders.names, sliders.directions, strict=True) if name != but]
    return torch.stack(kept) if kept else None


def _check_new(name: str) -> None:
    from core.editors.attributes import SLIDERS
    from core.editors.face_sliders import NAMES

    if name in NAMES or any(name == one.name for one in SLIDERS):
        raise VoltefaceError(f"There is a slider {name!r} already.", "Choose another name.")


def _named(options: argparse.Namespace) -> str:
    if not options.name:
        raise VoltefaceError("The slider has no name.", "Write `volteface attribute learn NAME ...`, or use --pca N.")
    return str(options.name)


def _facts(one: LearnedDirection) -> dict[str, object]:
    return {"name": one.name, "title": one.title, "source": one.source, "accuracy": one.accuracy, "counts": one.counts}


def _sentence(one: LearnedDirection) -> str:
    if one.source == "groups":
        return f"{one.name}: tells {one.accuracy:.0%} of heads apart that it was not learned from"
    return f"{one.name}: {one.accuracy:.1%} of how random heads differ"
