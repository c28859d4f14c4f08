"""What inverters that finish another one's head promise, whatever they do to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from core.errors import Abandoned, Cancelled
from core.inverters.finishing import Finishing
from core.progress import Progress, silent
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from core.align import Alignment
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator, Inverter

PHOTO = cast("Alignment", None)


class Finds:
    """Reports a head and answers it; remembers what it began with."""

    start: Head | None = None

    def invert(
        self, alignment: Alignment, generator: Generator, report: Report, *, start: Head | None = None, **_: object
    ) -> Head:
        self.start = start
        head = tiny_head(1)
        report(Progress(2, 2, "Finding", result=head))
        return head


class Halved(Finishing):
    """Finishes heads with large latents by halving those, and doubles them again before a search goes on."""

    message = "Halving"

    def __init__(self, inverter: Inverter, least: float = 0.0) -> None:
        super().__init__(inverter)
        self._least = least

    def finished(self, head: Head, alignment: Alignment, generator: Generator) -> Head:
        return head if head.latents.abs().max() < self._least else replace(head, latents=head.latents / 2)

    def as_found(self, start: Head) -> Head:
        return replace(start, latents=start.latents * 2)


def test_what_is_told_last_is_what_is_answered() -> None:
    told: list[Progress] = []
    head = Halved(Finds()).invert(PHOTO, TinyGenerator(), told.append)
    assert [(progress.message, progress.result is not None) for progress in told] == [
        ("Finding", True),
        ("Halving", False),  # said while it is done
        ("Halving", True),
    ]
    assert told[-1].result is head
    assert told[-1].step == told[-1].total == 2
    assert (head.latents * 2).equal(tiny_head(1).latents)


def test_a_head_with_nothing_to_finish_stays_the_very_same_and_is_told_once() -> None:
    told: list[Progress] = []
    head = Halved(Finds(), least=1e9).invert(PHOTO, TinyGenerator(), told.append)
    assert [progress.result for progress in told if progress.result is not None] == [head]


def test_who_stops_the_search_has_the_finished_head() -> None:
    def stop(progress: Progress) -> None:
        if progress.message == "Halving":
            raise Cancelled

    head = Halved(Finds()).invert(PHOTO, TinyGenerator(), stop)
    assert (head.latents * 2).equal(tiny_head(1).latents)


def test_who_leaves_the_search_waits_for_nothing_to_be_finished() -> None:
    finished: list[Head] = []

    class Slow(Halved):
        def finished(self, head: Head, alignment: Alignment, generator: Generator) -> Head:
            finished.append(head)
            return super().finished(head, alignment, generator)

    def leave(progress: Progress) -> None:
        if progress.message == "Halving":
            raise Abandoned

    with pytest.raises(Abandoned):
        Slow(Finds()).invert(PHOTO, TinyGenerator(), leave)
    assert not finished


def test_a_search_goes_on_from_the_head_as_it_was_found() -> None:
    search = Finds()
    head = Halved(search).invert(PHOTO, TinyGenerator(), silent)
    Halved(search).invert(PHOTO, TinyGenerator(), silent, start=head)
    assert search.start is not None
    assert search.start.latents.equal(tiny_head(1).latents)


def test_what_several_finish_is_told_of_once_and_undone_in_order() -> None:
    told: list[Progress] = []
    search = Finds()
    head = Halved(Halved(search)).invert(PHOTO, TinyGenerator(), told.append, start=tiny_head(1))
    assert [progress.message for progress in told if progress.result is not None] == ["Finding", "Halving"]
    assert told[-1].result is head
    assert (head.latents * 4).equal(tiny_head(1).latents)
    assert search.start is not None
    assert search.start.latents.equal(tiny_head(1).latents * 4)
