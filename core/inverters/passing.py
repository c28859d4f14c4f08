"""Heads that an inverter lets pass are changed on their way to whoever listens, each once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.head import Head

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.progress import Progress, Report


class Passing:
    """Changes the heads of one inversion; the same one comes again and again while no better one is found."""

    def __init__(self, change: Callable[[Head], Head], report: Report) -> None:
        """To be reported to `report` as `change` gives them."""
        self._change, self._report = change, report
        self._known: tuple[Head, Head] | None = None

    def changed(self, head: Head) -> Head:
        """The head as it goes out: for the latest one the very same head again."""
        if self._known is None or self._known[0] is not head:
            self._known = head, self._change(head)
        return self._known[1]

    def forward(self, progress: Progress) -> None:
        """Report on, with the head changed where there is one."""
        head = progress.result
        self._report(replace(progress, result=self.changed(head)) if isinstance(head, Head) else progress)
