"""The head that is answered has its face, and a search goes on from the field without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.errors import Cancelled
from core.formed_field import Form, FormedField
from core.inverters.formed import MESSAGE, Formed
from core.progress import Progress
from tests.core.inverters.portraits import portrait
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.camera import Camera
    from core.field import Field
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator


class Finds:
    """Reports a head and answers it; remembers what it began with."""

    def __init__(self) -> None:
        self.start: Head | None = None

    def invert(
        self, alignment: Alignment, generator: Generator, report: Report, *, start: Head | None = None, **_: object
    ) -> Head:
        self.start = start
        head = tiny_head(1)
        report(Progress(2, 2, "Finding", result=head))
        return head


def shaped(generator: Generator, field: Field, camera: Camera, uv: NDArray[np.float64]) -> Field:
    del generator, camera
    assert uv.shape == (468, 2)
    assert 0 <= uv.min() <= uv.max() <= 1
    silent = Form(
        torch.zeros(0, dtype=torch.int32), torch.zeros(5, 0).half(), (2, 2, 2), (0, 0, 0), (1, 1, 1), 0.1, 0.5
    )
    return FormedField(field, silent, torch.zeros(12))


def _photo() -> Alignment:
    head = tiny_head(1)
    return portrait(TinyGenerator(), head.latents, head.camera)


def test_a_formed_head_is_told_and_answered() -> None:
    told: list[Progress] = []
    head = Formed(Finds(), shaped).invert(_photo(), TinyGenerator(), told.append)
    assert told[-1].result is head
    assert told[-1].message == MESSAGE
    assert isinstance(head.trigrid, FormedField)


def test_a_search_goes_on_from_the_field_as_it_was_found() -> None:
    search = Finds()
    head = Formed(search, shaped).invert(_photo(), TinyGenerator(), lambda _: None)
    again = Formed(search, shaped).invert(_photo(), TinyGenerator(), lambda _: None, start=head)
    assert isinstance(head.trigrid, FormedField)
    assert search.start is not None
    assert search.start.trigrid is head.trigrid.base
    assert isinstance(again.trigrid, FormedField)
    assert not isinstance(again.trigrid.base, FormedField)


def test_a_face_that_cannot_be_told_leaves_the_very_same_head() -> None:
    told: list[Progress] = []
    head = Formed(Finds(), lambda _, field, __, ___: field).invert(_photo(), TinyGenerator(), told.append)
    assert len(told) == 1
    assert told[0].result is head


def test_who_stops_the_search_has_the_head() -> None:
    def stop(progress: Progress) -> None:
        if progress.message == MESSAGE:
            raise Cancelled

    assert isinstance(Formed(Finds(), shaped).invert(_photo(), TinyGenerator(), stop).trigrid, FormedField)
