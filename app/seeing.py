"""Seen or guessed, while orbiting: finished frames are shown in the colours of what the photo shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

from app.jobs import Job

if TYPE_CHECKING:
    from app.choosing import Choosing
    from app.engines import Engines
    from app.jobs import JobQueue
    from app.session import Session
    from app.viewing import Viewing
    from core.errors import VoltefaceError
    from core.frame import Frame
    from core.head import Head
    from core.rendering.seen import Witness
    from widgets.studio_window import StudioWindow

STOPS = 9
"""Colours of the legend's scale."""
NO_PHOTO = "This head was not made from a photo here, so nothing tells what was seen."


class Seeing(QObject):
    """Lays the heat map over frames while the person wants it.

    What the photos saw belongs to the head as it was made: an edit that puts something elsewhere puts it where nothing
    was seen. It is found once for each head, in the background.
    """

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        queue: JobQueue,
        engines: Engines,
        viewing: Viewing,
        choosing: Choosing,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._queue = queue
        self._engines = engines
        self._viewing = viewing
        self._choosing = choosing
        self._on = False
        self._asked: Head | None = None
        self._known: tuple[Head, tuple[Witness, ...]] | None = None
        viewing.veil = self._veiled
        window.seen_toggled.connect(self.show)
        session.changed.connect(self._follow)

    def show(self, on: bool) -> None:
        """Show what was seen, or the head's own colours again."""
        self._on = on
        self._follow()
        self._show()

    def _follow(self) -> None:
        """The head may be another one: find what its photos saw."""
        if not self._on:
            return
        project = self._session.project
        if project is None or project.head is None:
            return
        if project.alignment is None or self._choosing.absence() is not None:
            self._window.set_seen(on=False)
            self._window.show_message(NO_PHOTO)
            return
        if self._asked is project.head:
            return
        head, economy = project.head, self._choosing.economy_of(project.head.generator)
        self._asked = head

        def done(result: object) -> None:
            if self._asked is head:
                self._known = (head, cast("tuple[Witness, ...]", result))
                self._show()

        def failed(error: VoltefaceError) -> None:
            self._asked = None
            self._window.set_seen(on=False)
            self._window.show_error(error.message, error.hint)

        self._queue.submit(
            Job(
                title="Finding what was seen",
                work=lambda _report: self._engines.witnesses_of(
                    project, half=economy.half, neural_px=economy.neural_px
                ),
                done=done,
                failed=failed,
            )
        )

    def _show(self) -> None:
        frame = self._viewing.frame
        if frame is not None:
            self._window.show_frame(self._veiled(frame))
        self._window.set_seen_stops(_stops() if self._is_known() else ())

    def _is_known(self) -> bool:
        project = self._session.project
        return self._on and self._known is not None and project is not None and self._known[0] is project.head

    def _veiled(self, frame: Frame) -> Frame:
        if not self._is_known():
            return frame
        from core.rendering.seen import heat_map

        assert self._known is not None
        return heat_map(frame, self._known[1])


def _stops() -> tuple[str, ...]:
    """The heat map's colours from guessed to seen, `#rrggbb`."""
    import numpy as np

    from core.rendering.seen import heat_colours

    bytes_of = (heat_colours(np.linspace(0, 1, STOPS)) * 255).round().astype(int)
    return tuple(f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in bytes_of.tolist())
