"""The head that is answered is tidied, and its planes can still be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.base_planes import base_planes
from core.grafted_field import GraftedField, RemappedField, Volume
from core.inverters.tidied import Tidied
from core.progress import silent
from tests.core.inverters.test_finishing import PHOTO, Finds
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from core.field import Field
    from core.protocols import Generator


def wiped(generator: Generator, field: Field) -> Field:
    del generator
    return RemappedField(field, torch.zeros(12, 12), torch.zeros(12))


def test_a_head_is_tidied_and_the_planes_below_can_still_be_had() -> None:
    head = Tidied(Finds(), wiped).invert(PHOTO, TinyGenerator(), silent)
    assert isinstance(head.trigrid, RemappedField)
    assert base_planes(head.trigrid) is head.trigrid.base


def test_a_clean_head_stays_as_it_was_found() -> None:
    found = tiny_head(1)
    assert Tidied(Finds(), lambda _, field: field).finished(found, PHOTO, TinyGenerator()) is found


def test_fields_of_two_heads_have_no_planes_below() -> None:
    one, other = tiny_head(1).trigrid, tiny_head(2).trigrid
    assert base_planes(GraftedField(one, other, Volume(torch.ones(2, 2, 2), (1, 1, 1)))) is None
