"""The heads that a search leaves on its way: to look at, to go back to, to hold against the newest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from widgets.values import RungView

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.session import Session
    from app.viewing import Viewing
    from core.head import Head
    from widgets.studio_window import StudioWindow

MOST = 5
"""A head with its planes takes tens of megabytes, so only so many stay: the first, the newest, and a few between."""


@dataclass(frozen=True, eq=False)
class Rung:
    """One head of a search.

    Attributes:
        head: what was found.
        title: of the stage that found it.
        seconds: since the search began.
        picture: uint8 [h, w, 3] as the photo's camera sees it.
        difference: from the photo, less is better; None where nobody measured it.
    """

    head: Head
    title: str
    seconds: float
    picture: NDArray[np.uint8]
    difference: float | None = None

    @cached_property
    def view(self) -> RungView:
        """What the strip shows, always the same value for the same rung."""
        return RungView(self.title, self.seconds, self.picture, self.difference)


def thinned(rungs: tuple[Rung, ...], most: int = MOST) -> tuple[Rung, ...]:
    """At most so many of them: where two are closest in time the earlier goes, but never the first or the newest."""
    while len(rungs) > max(2, most):
        gaps = [rungs[i + 1].seconds - rungs[i].seconds for i in range(1, len(rungs) - 1)]
        drop = 1 + gaps.index(min(gaps))
        rungs = (*rungs[:drop], *rungs[drop + 1 :])
    return rungs


class Rungs(QObject):
    """Keeps the rungs of the last search of the open document, and answers the strip that shows them.

    Attributes:
        pinned: while a search runs, the person looks at an earlier rung, and newer heads stay in the strip.

    Signals:
        kept: the search shall stop, and the head that is shown stays.
    """

    kept = Signal()

    def __init__(self, window: StudioWindow, session: Session, viewing: Viewing) -> None:
        super().__init__(window)
        self.pinned = False
        self._session, self._viewing = session, viewing
        self._strip = window.head_panel.rungs
        self._rungs: tuple[Rung, ...] = ()
        self._running = False
        self._strip.chosen.connect(self._choose)
        self._strip.keep_requested.connect(self.kept)
        self._strip.scrubbed.connect(self._scrub)
        session.opened.connect(self.forget)
        session.changed.connect(self._show)

    def begin(self) -> None:
        """Another search begins."""
        self._rungs, self.pinned, self._running = (), False, True
        self._show()

    def end(self) -> None:
        """No more will come."""
        self.pinned = self._running = False
        self._show()

    def forget(self) -> None:
        """Another document is open."""
        self._rungs, self.pinned, self._running = (), False, False
        self._show()

    def add(self, rung: Rung) -> None:
        """Another head was found; the same one again, with another picture, is none, but may have been measured."""
        if self._rungs and self._rungs[-1].head is rung.head:
            known = self._rungs[-1]
            if known.difference is not None or rung.difference is None:
                return
            self._rungs = (*self._rungs[:-1], replace(known, difference=rung.difference))
        else:
            self._rungs = thinned((*self._rungs, rung))
        self._show()

    def _choose(self, number: int) -> None:
        if self._session.project is None or not 0 <= number < len(self._rungs):
            return
        rung = self._rungs[number]
        self.pinned = self._running and rung is not self._rungs[-1]
        if self._session.project.head is not rung.head:
            self._session.replace(f"Go to the head at {rung.seconds:.0f} s", head=rung.head)
        else:
            self._show()

    def _scrub(self, share: float) -> None:
        project = self._session.project
        if project is not None and project.head is not None and self._rungs:
            self._viewing.show_beside(project.head, self._rungs[-1].head, share)

    def _show(self) -> None:
        project = self._session.project
        head = project.head if project is not None else None
        shown = next((n for n, rung in enumerate(self._rungs) if rung.head is head), -1)
        self._strip.set_rungs(tuple(rung.view for rung in self._rungs), shown, running=self._running)
