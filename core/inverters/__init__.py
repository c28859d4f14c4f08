"""Inverters: an aligned photo becomes a head."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.protocols import Inverter


def _pivotal() -> Inverter:
    from core.inverters.pivotal import Pivotal

    return Pivotal()


INVERTERS: dict[str, Callable[[], Inverter]] = {"pivotal": _pivotal}
"""Method name -> loader."""


def load(name: str, *, bare: bool = False) -> Inverter:
    """The inverter of that name.

    Args:
        name: in the table.
        bare: its heads do not wear their photo; figures of the field itself are taken so.

    Raises:
        KeyError: there is none.
    """
    from core.inverters.photo_layer import Photographed

    inverter = INVERTERS[name]()
    return inverter if bare else Photographed(inverter)
