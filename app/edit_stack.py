"""What becomes of a stack of edits when one of them changes or another comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.edit import Recolour, RemovePart, Repair, TakePart
from widgets.edit_values import FREE_PART

if TYPE_CHECKING:
    from core.edit import Edit


def with_changed(edits: tuple[Edit, ...], changed: Edit) -> tuple[Edit, ...]:
    """The stack with another state of one of its edits."""
    return tuple(changed if one.key == changed.key else one for one in edits)


def with_new(edits: tuple[Edit, ...], new: Edit) -> tuple[Edit, ...]:
    """The stack with a new edit: in place of what a part was taken from or of its former colour, else on top.

    A repair goes below all others: what these put on the hidden side stays.
    """
    if isinstance(new, Repair):
        return (new, *(one for one in edits if not isinstance(one, Repair)))
    places = [index for index, one in enumerate(edits) if _same_place(one, new)]
    if not places:
        return (*edits, new)
    others = [one for index, one in enumerate(edits) if index not in places]
    others.insert(places[0], new)
    return tuple(others)


def _same_place(one: Edit, new: Edit) -> bool:
    """Whether a new edit makes another one useless; what was taken off may have been taken on before."""
    if one.key == new.key:
        return True
    if isinstance(new, TakePart):
        return isinstance(one, TakePart | RemovePart) and one.part == new.part and new.part != FREE_PART
    return isinstance(new, Recolour | RemovePart) and type(one) is type(new) and one.part == new.part
