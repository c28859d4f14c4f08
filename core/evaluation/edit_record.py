"""Measures one pair of heads: a part of the reference worn by the wearer, by steps and by the clock."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.edit import RemovePart, TakePart, with_strength
from core.editors.fold import Folder
from core.editors.head_parts import HeadParts
from core.editors.part_fit import fit_of
from core.editors.part_taking import WORN
from core.editors.part_volume import part_volume
from core.errors import VoltefaceError
from core.evaluation import kid
from core.evaluation.edit_floor import floors, seat_of
from core.evaluation.edited_views import PITCH_DEGREES, compared, views_of
from core.evaluation.pair_log import PairRecord
from core.evaluation.pictures import at_degrees, identity_between, identity_of
from core.frame import Quality
from core.generators.bareness import can_go_without
from core.grafted_field import GraftedField
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.evaluation.edit_pairs import Pair
    from core.grafted_field import Fit
    from core.head import Head
    from core.protocols import Generator

WHOLE, NAIVE, CLEARED, FITTED = "whole edit", "copied as it lies", "+ own taken off", "+ fitted"
"""Steps of an edit: the part copied, the wearer's own taken off before, the part fitted, and all that `Folder` does."""


def recorded(generator: Generator, pair: Pair, part: str, *, with_steps: bool) -> PairRecord:
    """What a pair tells; the final picture is only timed where the steps are told apart, as it takes long."""
    try:
        edited, renderer, seconds, fit = _timed(generator, pair, part, exact=with_steps)
    except VoltefaceError as error:
        return PairRecord(pair.names, refused=error.message)
    before = views_of(generator, pair.wearer)
    after = views_of(generator, edited, renderer=renderer)
    theirs = HeadRenderer(generator, pair.reference)
    fit = seat_of(fit, pair.reference, edited) if part == "glasses" else fit
    worn = views_of(generator, pair.reference, fit, theirs)
    face = identity_of(before[0].rgb)
    drawn = {WHOLE: (after, worn)}
    if with_steps:
        plain = views_of(generator, pair.reference, renderer=theirs)
        drawn |= {
            name: (views_of(generator, head), plain if still else worn)
            for name, head, still in _steps(generator, pair, part, fit)
        }
    pairs = (edited.eyewear, pair.reference.eyewear)
    rows = {
        name: (
            compared(before, views, reference, part, pairs=pairs),
            identity_between(face, identity_of(views[0].rgb)),
        )
        for name, (views, reference) in drawn.items()
    }
    pictures: dict[str, tuple[list[Any], list[Any]]] = {}
    for views, index in ((before, 0), (after, 1)):
        for yaw, frame in views.items():
            pictures.setdefault(kid.sector_of(yaw), ([], []))[index].append(frame.rgb)
    features = {sector: (kid.features_of(a), kid.features_of(b)) for sector, (a, b) in pictures.items()}
    least = floors(generator, before[0], after[0], pair.reference, part)
    return PairRecord(pair.names, rows, seconds, features, floors=least)


def _timed(
    generator: Generator, pair: Pair, part: str, *, exact: bool
) -> tuple[Head, HeadRenderer, dict[str, tuple[float, float]], Fit]:
    """The edited head, how long its first picture took, its final one if asked for, and one of another strength.

    At last, how the part was fitted.
    """
    edit = TakePart(key="1", part=part, reference="1")
    front = at_degrees(0, PITCH_DEGREES)
    shown = HeadRenderer(generator, pair.wearer)
    below = shown.grid()  # the studio shows the head, and has looked for the parts of its references
    grids = {id(pair.wearer): below, id(pair.reference): HeadRenderer(generator, pair.reference).grid()}

    def ready(tried: tuple[str, ...] = ()) -> Folder:
        folder = Folder(generator, pair.wearer, {"1": pair.reference}, grid_of=lambda head: grids.get(id(head)))
        folder.prepare(tried)
        return folder

    def shown_first(folder: Folder) -> tuple[Head, HeadRenderer, tuple[float, float]]:
        started = _now()
        edited = folder.folded((edit,))
        renderer = HeadRenderer(generator, edited, below=folder.seen(edited))
        renderer.render(front, Quality.PREVIEW)
        return edited, renderer, _since(started)

    seconds: dict[str, tuple[float, float]] = {}
    if exact and part == "hair":
        seconds["tried"] = shown_first(ready(("1",)))[2]
    folder = ready()
    started = _now()
    edited, renderer, seconds["first"] = shown_first(folder)
    if exact:
        renderer.render(front, Quality.EXACT)
        seconds["final"] = _since(started)
    started = _now()
    weaker = folder.folded((with_strength(edit, 0.7),))
    HeadRenderer(generator, weaker, below=folder.seen(weaker)).render(front, Quality.PREVIEW)
    seconds["again"] = _since(started)
    return edited, renderer, seconds, fit_of(HeadParts(grids[id(pair.reference)]), HeadParts(below), part)


def _now() -> tuple[float, float]:
    """By the clock on the wall, and of this process's work."""
    return time.perf_counter(), time.process_time()


def _since(started: tuple[float, float]) -> tuple[float, float]:
    wall, work = _now()
    return wall - started[0], work - started[1]


def _steps(generator: Generator, pair: Pair, part: str, fit: Fit) -> Iterator[tuple[str, Head, bool]]:
    """Heads of the steps by name, and whether the reference lies unmoved in them."""
    if part == "glasses" and pair.reference.eyewear is not None:
        # shapes take the place of the wearer's own; fitting them is all that is left to do
        yield NAIVE, replace(pair.wearer, eyewear=pair.reference.eyewear), True
        return
    volume = part_volume(HeadParts.of(generator, pair.reference.trigrid), part)
    field, graft = pair.wearer.trigrid, pair.reference.trigrid
    yield NAIVE, replace(pair.wearer, trigrid=GraftedField(field, graft, volume)), True
    if part in WORN and can_go_without(generator, part):
        folder = Folder(generator, pair.wearer, {})
        if folder.parts().has(part):
            field = folder.folded((RemovePart(key="1", part=part),)).trigrid
        yield CLEARED, replace(pair.wearer, trigrid=GraftedField(field, graft, volume)), True
    yield FITTED, replace(pair.wearer, trigrid=GraftedField(field, graft, volume, fit)), False
