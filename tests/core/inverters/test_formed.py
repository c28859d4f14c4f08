"""The head that is answered has its face, and a search goes on from the field without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.formed_field import Form, FormedField
from core.inverters.formed import Formed
from core.progress import silent
from tests.core.inverters.portraits import portrait
from tests.core.inverters.test_finishing import Finds
from tests.fakes import TinyGenerator, Unshaped, tiny_head

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.camera import Camera
    from core.field import Field
    from core.protocols import Generator
    from core.shown_person import ShownPerson


def shaped(
    generator: Generator,
    field: Field,
    camera: Camera,
    uv: NDArray[np.float64],
    shown: ShownPerson | None = None,
) -> Field:
    del generator, camera
    if shown is not None:
        for picture in (shown.person, shown.worn, shown.reached):
            assert picture.shape[0] == picture.shape[1]
            assert 0 <= picture.min() <= picture.max() <= 1
    assert uv.shape == (468, 2)
    assert 0 <= uv.min() <= uv.max() <= 1
    silent = Form(
        torch.zeros(0, dtype=torch.int32), torch.zeros(5, 0).half(), (2, 2, 2), (0, 0, 0), (1, 1, 1), 0.1, 0.5
    )
    return FormedField(field, silent, torch.zeros(12))


def _photo() -> Alignment:
    head = tiny_head(1)
    return portrait(TinyGenerator(), head.latents, head.camera)


def test_a_search_goes_on_from_the_field_as_it_was_found() -> None:
    search = Finds()
    head = Formed(search, shaped).invert(_photo(), TinyGenerator(), silent)
    again = Formed(search, shaped).invert(_photo(), TinyGenerator(), silent, start=head)
    assert isinstance(head.trigrid, FormedField)
    assert search.start is not None
    assert search.start.trigrid is head.trigrid.base
    assert isinstance(again.trigrid, FormedField)
    assert not isinstance(again.trigrid.base, FormedField)


def test_a_face_that_cannot_be_told_leaves_the_very_same_head() -> None:
    found = tiny_head(1)
    assert Formed(Finds(), Unshaped([])).finished(found, _photo(), TinyGenerator()) is found
