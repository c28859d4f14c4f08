"""The verb that draws the contact sheets of a model's card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.errors import VoltefaceError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from app.console import Console
    from core.align import Alignment
    from core.head import Head


def evaluate_sheets(options: argparse.Namespace, console: Console) -> tuple[dict[str, Any], str]:
    """Draw the contact sheets of a model's card."""
    from app import pack_shelf, pictures, road
    from core.editors.face_form import with_own_form
    from core.editors.random_head import random_head
    from core.evaluation import (
        editing_sheet,
        face_sheet,
        form_sheet,
        fusion_sheet,
        held_out,
        inversion_sheet,
        portraits,
        sculpture_sheet,
        sheets,
        style_sheet,
    )
    from core.evaluation.cost import load_from
    from core.evaluation.studio_inverter import studio_inverter
    from core.photo import Photo

    every = (*sheets.SHEETS, "styles", "forms", "sculptures")
    wanted = tuple(options.only.split(",")) if options.only else every
    for name in wanted:
        if name not in every:
            raise VoltefaceError(f"There is no sheet {name!r}.", f"Choose from: {', '.join(every)}.")
    photos = portraits.photos_in(options.photos) if options.photos else [road.SAMPLE_PHOTO]
    options.output.mkdir(parents=True, exist_ok=True)
    generator, report, seed = load_from("mini", options.weights), console.report, options.seed
    photographed = None if options.head is None else road.head_of(road.open_project(options.head), options.head.name)

    def faces() -> list[Head]:
        """Of the first portrait, and a random one."""
        alignment = road.align_photo(Photo.open(photos[0]))
        found = studio_inverter("pivotal").invert(alignment, generator, report, seconds=options.seconds)
        return [found, random_head(generator, sheets.SLIDER_SEEDS[0])]

    def made() -> list[tuple[Alignment, Head]]:
        """Heads of the first portraits."""
        aligned = [road.align_photo(Photo.open(path)) for path in photos[:2]]
        return [(one, road.make_head(one, report, seconds=options.seconds)) for one in aligned]

    def sculptures() -> NDArray[np.uint8]:
        """Meshes of portraits and random heads."""
        found = [head for _, head in made()]
        others = [with_own_form(generator, random_head(generator, seed)) for seed in sculpture_sheet.SEEDS]
        return sculpture_sheet.sculpture_sheet(generator, [*found, *others], report)

    def styles() -> NDArray[np.uint8]:
        """Portraits and random heads in every style."""
        found = [head for _, head in made()]
        drawn = [random_head(generator, seed) for seed in style_sheet.SEEDS[len(found) :]]
        others = [with_own_form(generator, head) for head in drawn]
        packs = [pack_shelf.pack_named(place.name) for place in pack_shelf.packs() if place.bundled]
        drawable = [pack for pack in packs if pack.artist]
        return style_sheet.style_sheet(generator, [*found, *others], drawable, report)

    def forms() -> NDArray[np.uint8]:
        """Fitted faces on portraits."""
        return form_sheet.form_sheet(generator, made(), report)

    drawn: dict[str, Callable[[], NDArray[np.uint8]]] = {
        "samples": lambda: sheets.samples_sheet(generator, report, seed=seed),
        "interpolations": lambda: sheets.interpolations_sheet(generator, report, seed=seed),
        "attributes": lambda: sheets.attributes_sheet(generator, report),
        "faces": lambda: face_sheet.face_sheet(generator, faces(), report),
        "editing": lambda: editing_sheet.editing_sheet(generator, report, photographed=photographed),
        "fusion": lambda: fusion_sheet.fusion_sheet(generator, report),
        "dual": lambda: inversion_sheet.dual_sheet(generator, photos, held_out.held_out_heads(None, 4), report),
        "styles": styles,
        "forms": forms,
        "sculptures": sculptures,
        "inversions": lambda: sheets.inversions_sheet(generator, photos, report, seconds=options.seconds),
    }
    files = []
    for name in wanted:
        path = options.output / f"mini_{name}.png"
        pictures.save_picture(drawn[name](), path)
        files.append(str(path))
    return {"files": files}, "\n".join(files)
