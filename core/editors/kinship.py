"""Which generators' heads can lend each other parts: those of one family, which share a space and the kind of field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import VoltefaceError

if TYPE_CHECKING:
    from core.protocols import Generator
    from core.stand_in import ModelFacts


def are_kin(one: Generator, other: Generator) -> bool:
    """Whether heads of both stand in the same place and are made of the same kind of features."""
    alike = isinstance(one, type(other)) or isinstance(other, type(one))
    return alike and one.info.box_side == other.info.box_side


def look_kin(one: ModelFacts | None, other: ModelFacts | None) -> bool:
    """The same as far as it can be told before the generators are loaded: both are known and of one family."""
    return one is not None and other is not None and (one.name == other.name or one.family == other.family)


def stranger(name: str, theirs: str, ours: str) -> VoltefaceError:
    """The refusal of a reference of another family.

    Args:
        name: of the reference, for people.
        theirs: title of its generator.
        ours: title of the wearer's.
    """
    return VoltefaceError(
        f"{name[:1].upper() + name[1:]} was made with {theirs} and this head with {ours}: "
        "parts pass only between heads of one family of models.",
        "Make both with one model, or with stylised versions of it.",
    )
