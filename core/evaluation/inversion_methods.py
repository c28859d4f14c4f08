"""The ways to invert that are compared, and the heads that each finds in a photo.

A pivotal inversion by itself passes the encoder's guess and a pure W+ search on its way, so three rows cost one run;
the search that begins with dual's planes has a row of its own. Heads are bare: the photo that a head wears would hide
what its field is worth; rows that end in "with the photo on" are finished as the studio does it.

The published baselines stand as what is trained here in their manner: e4e's one code for all levels, the encoder's
latents for all levels (pSp), E1 (TriPlaneNet's branch), E1 mixed with the encoder's planes (GOAE); where a published
encoder is installed beside its generator, it has rows of its own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from core import inverters
from core.errors import VoltefaceError
from core.evaluation.studio_inverter import studio_finish
from core.generators.mini_prior import LatentPrior
from core.head import Head
from core.inverters.dual_branches import load_branches
from core.inverters.dual_encoder import DualEncoder, photo_and_mask
from core.inverters.encoder import encode
from core.inverters.pivotal import DualPivotal
from core.inverters.published_offsets import published_heads
from core.progress import silent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from core.align import Alignment
    from core.inverters.dual_branches import Branches
    from core.inverters.dual_encoder import Stitching
    from core.progress import Progress, Report
    from core.protocols import Generator, Inverter

ENCODER, SEARCH, PIVOTAL = "encoder only", "W+ search only", "pivotal (PTI-like)"
FROM_DUAL = "pivotal from dual's planes"
ONE_CODE, MIXED = "one code (e4e-like)", "E1 mixed (GOAE-like)"
FAITHFUL, NATURAL, STITCHED, DUAL = "E1", "E2", "dual (one look)", "dual"
PUBLISHED = "published encoders"
WORN = ", with the photo on"
PSEUDO_VIEWS = "pseudo-views"
ALONG = {ENCODER: "First guess", SEARCH: "Finding the head"}
"""Rows that a pivotal inversion passes, and what it says meanwhile."""
STITCHINGS: dict[str, Stitching] = {
    FAITHFUL: "faithful",
    MIXED: "mixed",
    NATURAL: "natural",
    STITCHED: "stitched",
    DUAL: "dual",
}
METHODS = (ONE_CODE, ENCODER, SEARCH, PIVOTAL, *STITCHINGS, FROM_DUAL, PSEUDO_VIEWS, PUBLISHED)
WEARING = (DUAL, FROM_DUAL, PSEUDO_VIEWS)
"""Rows of `_timed_methods` that are measured with the photo on, too."""
ABLATION_SUFFIX = "_dual.safetensors"


@dataclass(frozen=True)
class Wanted:
    """What to compare.

    Attributes:
        methods: of `METHODS`; `PUBLISHED` stands for all encoders that are installed for the generator.
        seconds: for each method that searches; None lets each do its own number of steps.
        seed: of each.
        ablations: other branches by name; each is a row like `dual`.
        worn: whether pivotal, dual and pseudo-views are also measured with the photo on.
    """

    methods: tuple[str, ...] = METHODS
    seconds: float | None = None
    seed: int = 0
    ablations: tuple[tuple[str, Branches], ...] = ()
    worn: bool = True

    def without(self, rows: Collection[str]) -> Wanted:
        """What is left to do when some rows are known."""
        ablations = tuple(pair for pair in self.ablations if f"{DUAL}, {pair[0]}" not in rows)
        return replace(self, methods=tuple(name for name in self.methods if name not in rows), ablations=ablations)

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to do."""
        return not self.methods and not self.ablations


@dataclass(frozen=True, eq=False)
class Found:
    """A head, which row it belongs to, and the seconds until it was there."""

    row: str
    head: Head
    seconds: float


def checked_methods(names: Sequence[str]) -> tuple[str, ...]:
    """The methods of these names that can be run, in the table's order.

    Raises:
        VoltefaceError: there is no such method.
    """
    for name in names:
        if name not in METHODS:
            raise VoltefaceError(f"There is no method {name!r} to compare.", f"Choose from: {', '.join(METHODS)}.")
    return tuple(name for name in METHODS if name in names and (name != PSEUDO_VIEWS or name in inverters.INVERTERS))


def ablations_in(folder: Path | None) -> tuple[tuple[str, Branches], ...]:
    """Branches by name, from the files `NAME_dual.safetensors` of a folder.

    Raises:
        VoltefaceError: there is no such folder, or none of these in it.
    """
    if folder is None:
        return ()
    files = sorted(folder.glob(f"*{ABLATION_SUFFIX}")) if folder.is_dir() else []
    if not files:
        raise VoltefaceError(
            f"There are no dual encoders in {folder}.", f"Name a folder with files such as plain{ABLATION_SUFFIX}."
        )
    return tuple((path.name.removesuffix(ABLATION_SUFFIX).replace("_", " "), load_branches(path)) for path in files)


def found_heads(alignment: Alignment, generator: Generator, wanted: Wanted, report: Report) -> Iterator[Found]:
    """The heads of all rows, one after another."""
    if ONE_CODE in wanted.methods:
        yield from _of_one_code(alignment, generator)
    along = [name for name in (ENCODER, SEARCH, PIVOTAL) if name in wanted.methods]
    if along:
        # the encoder's guess alone needs no search
        searching = SEARCH in along or PIVOTAL in along
        for found in _along_pivotal(alignment, generator, wanted, report, searching=searching):
            if found.row in along:
                yield found
                if found.row == PIVOTAL:
                    yield from _worn(found, alignment, generator, wanted)
    for row, inverter in _timed_methods(wanted):
        found = _timed(row, inverter, alignment, generator, wanted, report)
        yield found
        if row in WEARING:
            yield from _worn(found, alignment, generator, wanted)
    if PUBLISHED in wanted.methods:
        begun = time.monotonic()
        for title, head in published_heads(alignment, generator):
            yield Found(title, head, time.monotonic() - begun)
            begun = time.monotonic()


def _timed_methods(wanted: Wanted) -> Iterator[tuple[str, Inverter]]:
    """Rows that are a run of their own, and what runs."""
    for name, stitching in STITCHINGS.items():
        if name in wanted.methods:
            yield name, DualEncoder(stitching=stitching)
    for name, branches in wanted.ablations:
        yield f"{DUAL}, {name}", DualEncoder(branches, "stitched")
        yield f"{NATURAL}, {name}", DualEncoder(branches, "natural")
    if FROM_DUAL in wanted.methods:
        yield FROM_DUAL, DualPivotal()
    if PSEUDO_VIEWS in wanted.methods:
        yield PSEUDO_VIEWS, inverters.load(PSEUDO_VIEWS, bare=True)


def _of_one_code(alignment: Alignment, generator: Generator) -> Iterator[Found]:
    """The encoder's attributes as one code for every level, without its offsets; nothing where there is no encoder."""
    begun = time.monotonic()
    photo, mask = photo_and_mask(alignment)
    given = alignment.camera
    guess = encode(photo, mask, (given.yaw_radians, given.pitch_radians), generator)
    prior = getattr(generator, "prior", None)
    if not isinstance(prior, LatentPrior) or not guess.attributes:
        return
    with torch.no_grad():
        code = prior.latent_from_attributes(torch.tensor([list(guess.attributes.values())]))
        latents = code.repeat(generator.info.latent_count, 1)
        turn = (guess.yaw_radians - given.yaw_radians, guess.pitch_radians - given.pitch_radians)
        head = Head(
            generator=generator.info.name,
            latents=latents,
            camera=given.orbited(*turn),
            trigrid=generator.trigrid(latents),
            seed=0,
            method=ONE_CODE,
        )
    yield Found(ONE_CODE, head, time.monotonic() - begun)


def _timed(
    row: str, inverter: Inverter, alignment: Alignment, generator: Generator, wanted: Wanted, report: Report
) -> Found:
    begun = time.monotonic()
    head = inverter.invert(alignment, generator, report, seed=wanted.seed, seconds=wanted.seconds)
    return Found(row, head, time.monotonic() - begun)


@dataclass(frozen=True, eq=False)
class _Given:
    """An inverter that has its head already. Implements `core.protocols.Inverter`."""

    head: Head

    def invert(
        self,
        _alignment: Alignment,
        _generator: Generator,
        _report: Report,
        *,
        seed: int = 0,
        seconds: float | None = None,
        steps: int | None = None,
        start: Head | None = None,
    ) -> Head:
        """That head."""
        del seed, seconds, steps, start
        return self.head


def _worn(found: Found, alignment: Alignment, generator: Generator, wanted: Wanted) -> Iterator[Found]:
    if wanted.worn:
        begun = time.monotonic()
        head = studio_finish().of(_Given(found.head)).invert(alignment, generator, silent)
        yield Found(found.row + WORN, head, found.seconds + time.monotonic() - begun)


def _along_pivotal(
    alignment: Alignment, generator: Generator, wanted: Wanted, report: Report, *, searching: bool
) -> list[Found]:
    """The guess, the best head of the search, and the finished one."""
    begun, passed = time.monotonic(), dict[str, Found]()

    def watch(progress: Progress) -> None:
        for row, message in ALONG.items():
            if progress.message == message and isinstance(progress.result, Head):
                passed[row] = Found(row, progress.result, time.monotonic() - begun)
        report(progress)

    steps = None if searching else 0
    seconds = wanted.seconds if searching else None
    inverter = inverters.load("pivotal", bare=True)
    head = inverter.invert(alignment, generator, watch, seed=wanted.seed, seconds=seconds, steps=steps)
    end = Found(PIVOTAL, head, time.monotonic() - begun)
    return [*passed.values(), end] if searching else list(passed.values())
