"""The head that is answered is tidied, and what is told last is what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch

from core.base_planes import base_planes
from core.errors import Cancelled
from core.grafted_field import GraftedField, RemappedField, Volume
from core.inverters.tidied import Tidied
from core.progress import Progress
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from core.align import Alignment
    from core.field import Field
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator


class Finds:
    """Reports a head and answers it."""

    def invert(self, alignment: Alignment, generator: Generator, report: Report, **_: object) -> Head:
        head = tiny_head(1)
        report(Progress(2, 2, "Finding", result=head))
        return head


def wiped(generator: Generator, field: Field) -> Field:
    del generator
    return RemappedField(field, torch.zeros(12, 12), torch.zeros(12))


def test_a_tidied_head_is_told_and_answered() -> None:
    told: list[Progress] = []
    head = Tidied(Finds(), wiped).invert(cast("Alignment", None), TinyGenerator(), told.append)
    assert told[-1].result is head
    assert told[-1].step == told[-1].total == 2
    assert isinstance(head.trigrid, RemappedField)
    assert base_planes(head.trigrid) is head.trigrid.base, "the planes below can still be had"


def test_a_clean_head_stays_the_very_same() -> None:
    told: list[Progress] = []
    head = Tidied(Finds(), lambda _, field: field).invert(cast("Alignment", None), TinyGenerator(), told.append)
    assert len(told) == 1
    assert told[0].result is head


def test_who_stops_the_search_has_the_head() -> None:
    def stop(progress: Progress) -> None:
        if progress.message == "Tidying up":
            raise Cancelled

    assert isinstance(
        Tidied(Finds(), wiped).invert(cast("Alignment", None), TinyGenerator(), stop).trigrid, RemappedField
    )


def test_fields_of_two_heads_have_no_planes_below() -> None:
    one, other = tiny_head(1).trigrid, tiny_head(2).trigrid
    assert base_planes(GraftedField(one, other, Volume(torch.ones(2, 2, 2), (1, 1, 1)))) is None
