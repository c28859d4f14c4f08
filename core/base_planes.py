"""The planes that a head was found as, below what was wiped off them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.formed_field import FormedField
from core.grafted_field import RemappedField
from core.trigrid import Trigrid

if TYPE_CHECKING:
    from core.field import Field


def base_planes(field: Field) -> Trigrid | None:
    """The planes of a field that is planes, tidied, recoloured or formed; None where more than one head is in it."""
    while isinstance(field, RemappedField | FormedField):
        field = field.base
    return field if isinstance(field, Trigrid) else None
