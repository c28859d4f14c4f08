"""Heads without what an inversion left hanging in the air.

Searches that follow one photo, and branches that answer it at once, leave haze beside the shoulders and shreds where
outlines disagree.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from core.inverters.finishing import Finishing

if TYPE_CHECKING:
    from core.align import Alignment
    from core.field import Field
    from core.head import Head
    from core.protocols import Generator, Inverter


class Tidy(Protocol):
    """What wipes off a field what hangs in the air, such as `core.editors.tidying.tidied`."""

    def __call__(self, generator: Generator, field: Field) -> Field:
        """The field without it; the very same one where nothing does. The generator decodes it, with its tuning."""
        ...


class Tidied(Finishing):
    """An inverter whose heads are tidied in the end."""

    message = "Tidying up"

    def __init__(self, inverter: Inverter, tidy: Tidy) -> None:
        """Of any inverter, and what tidies its heads."""
        super().__init__(inverter)
        self._tidy = tidy

    def finished(self, head: Head, alignment: Alignment, generator: Generator) -> Head:
        """The head with nothing in the air."""
        del alignment
        field = self._tidy(generator.tuned(head.delta) if head.delta else generator, head.trigrid)
        return head if field is head.trigrid else replace(head, trigrid=field)
