"""Drawn masks: cuts that the pen is helped with, and regions that wait for the part they are drawn for.

What is drawn for a part that was taken changes that edit; what is drawn before anything is taken waits for the take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.jobs import Job, JobQueue
from core.errors import VoltefaceError
from core.region import Region
from widgets.edit_values import FREE_PART, CutTool

if TYPE_CHECKING:
    from app.engines import Engines
    from app.session import Session
    from core.frame import Frame
    from widgets.edit_values import CutWish, Drawing, Labels
    from widgets.studio_window import StudioWindow


TOUCHED = 127
"""Of 255, from which a pixel counts as drawn."""
FEWEST_SHARE = 1e-4
"""Of the picture; fewer pixels are a slip of the hand."""


class Refining(QObject):
    """Answers wishes for cuts and keeps what was drawn.

    Signals:
        changed: something is drawn, or no longer.
    """

    changed = Signal()

    def __init__(self, window: StudioWindow, session: Session, queue: JobQueue, engines: Engines) -> None:
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._engines = engines
        self._waiting: dict[str, tuple[Region, ...]] = {}
        self._share = 0.0
        self._looked: tuple[Frame, object] | None = None
        window.editing.cut_wished.connect(self._cut)
        window.editing.region_dropped.connect(self._drop)
        session.opened.connect(self._forget)

    @property
    def region(self) -> Region | None:
        """What was drawn for no part in particular."""
        waiting = self._waiting.get(FREE_PART, ())
        return waiting[-1] if waiting else None

    @property
    def share(self) -> float | None:
        """Its share of the head that the view showed; None where nothing is drawn."""
        return self._share if self.region is not None else None

    def keep(self, drawing: Drawing) -> None:
        """Keep what was drawn until its part is taken."""
        before = () if drawing.part == FREE_PART else self._waiting.get(drawing.part, ())
        self._waiting[drawing.part] = (*before, region_of(drawing))
        if drawing.part == FREE_PART:
            rows, columns = drawing.frame.depth.shape
            side = drawing.added.shape[0]
            small = drawing.added[:: max(1, side // rows), :: max(1, side // columns)][:rows, :columns] > 127
            solid = drawing.frame.depth[: small.shape[0], : small.shape[1]] > 0
            self._share = float((small & solid).sum() / max(1, solid.sum()))
        self.changed.emit()

    def taken(self, part: str) -> tuple[Region, ...]:
        """Hand over what was drawn for a part."""
        return self._waiting.pop(part, ())

    def waiting(self, part: str) -> tuple[Region, ...]:
        """What was drawn for a part that is not taken yet."""
        return self._waiting.get(part, ())

    def _drop(self) -> None:
        self.taken(FREE_PART)
        self.changed.emit()

    def _cut(self, wish: CutWish) -> None:
        def done(result: object) -> None:
            self._window.editing.show_cut(wish, cast("Labels", result))

        def failed(error: VoltefaceError) -> None:
            self._window.editing.show_cut(wish, None)
            self._window.show_error(error.message, error.hint)

        self._queue.submit(
            Job(
                title="Cutting out",
                work=lambda _report: self._found(wish),
                done=done,
                failed=failed,
                cancelled=lambda: self._window.editing.show_cut(wish, None),
                shown=False,
            )
        )

    def _found(self, wish: CutWish) -> Labels:
        """Run in the job's thread."""
        if wish.tool is CutTool.ROUGH:
            return self._engines.cut_out(wish.frame.rgb, wish.rough)
        left = tuple(float(value) for value in wish.place)
        if wish.tool is CutTool.BOX and self._engines.click_refusal():
            return self._engines.cut_out(wish.frame.rgb, None, left, wish.rough.shape[0])
        if self._looked is None or self._looked[0] is not wish.frame:
            self._looked = wish.frame, self._engines.looked_at(wish.frame.rgb)
        return self._engines.clicked(self._looked[1], left, wish.rough.shape[0])

    def _forget(self) -> None:
        self._waiting.clear()
        self._looked = None
        self.changed.emit()


def problem_of(drawing: Drawing) -> VoltefaceError | None:
    """Why what was drawn cannot change anything; None where it can."""
    drawn = (drawing.added > TOUCHED) | (drawing.removed > TOUCHED)
    rows, columns = np.nonzero(drawn)
    if len(rows) < FEWEST_SHARE * drawn.size:
        return VoltefaceError("Hardly anything was drawn.", "Draw over more of the part.")
    depth = drawing.frame.depth
    down, across = (side / len(drawn) for side in depth.shape)
    on_head = depth[(rows * down).astype(int), (columns * across).astype(int)] > 0
    if on_head.sum() < FEWEST_SHARE * drawn.size:
        return VoltefaceError("What was drawn lies beside the head.", "Draw over the head itself.")
    return None


def region_of(drawing: Drawing) -> Region:
    """A drawing as it is kept in an edit."""
    frame = drawing.frame
    return Region(np.ascontiguousarray(drawing.added), np.ascontiguousarray(drawing.removed), frame.camera, frame.depth)
