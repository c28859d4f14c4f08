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


def load(name: str) -> Inverter:
    """The inverter of that name.

    Raises:
        KeyError: there is none.
    """
    return INVERTERS[name]()
