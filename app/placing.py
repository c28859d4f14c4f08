"""Where the face is in a photo: another face of it, or one that the person places by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from app.jobs import Job
from app.views import placed_view, placement_view

if TYPE_CHECKING:
    from app.engines import Engines
    from app.jobs import JobQueue
    from app.making import Making
    from app.session import Session
    from app.viewing import Viewing
    from core.align import Alignment
    from core.errors import VoltefaceError
    from core.photo import Photo
    from widgets.studio_window import StudioWindow
    from widgets.values import HandPlacement, PlacedHead

Align = Callable[["Photo"], "Alignment"]
Failed = Callable[["VoltefaceError"], None]


class Placing:
    """Answers the window's wishes for another alignment.

    Attributes:
        faceless: the photo that was to be opened, whose face nobody has found yet.
    """

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        files: JobQueue,
        engines: Engines,
        viewing: Viewing,
        making: Making,
        open_aligned: Callable[[Photo, Align, Failed], None],
    ) -> None:
        """Of a studio's parts; `open_aligned` opens a photo as a function aligns it."""
        self.faceless: Photo | None = None
        self._window = window
        self._session = session
        self._files = files
        self._engines = engines
        self._viewing = viewing
        self._making = making
        self._open_aligned = open_aligned
        window.face_chosen.connect(self.choose_face)
        window.placement_requested.connect(self.ask_placement)
        window.face_placed.connect(self.place)

    def choose_face(self, index: int) -> None:
        """Use another face of the photo."""
        if self._session.project is not None:
            self._align_again("Choose face", lambda photo: self._engines.align(photo, index))

    def ask_placement(self, why: str = "", start: HandPlacement | None = None) -> None:
        """Let the person show where the face is, beginning with `start` or with the face that was found."""
        project = self._session.project
        photo = self.faceless or (project.photo if project else None)
        if photo is None:
            return
        from core.align import framed_by_hand

        if start is None:
            start = self._found()

        def placed(placement: HandPlacement) -> PlacedHead | None:
            if self._is_found(placement) and project is not None and project.alignment is not None:
                return placed_view(project.alignment.framing)
            framing = framed_by_hand(placement.landmarks, photo.pixels)
            return None if framing is None else placed_view(framing)

        self._window.dialogs.show_placement(photo.pixels, start, placed, message=why)

    def place(self, placement: HandPlacement) -> None:
        """Align by the landmarks that the person set; those that were found already change nothing."""
        faceless = self.faceless
        if self._is_found(placement):
            return

        def align(photo: Photo) -> Alignment:
            return self._engines.align(photo, landmarks_hint=placement.landmarks)

        def failed(error: VoltefaceError) -> None:
            self.ask_placement(start=placement)
            self._show(error)

        if faceless is None:
            self._align_again("Place face", align, failed)
        else:
            self._open_aligned(faceless, align, failed)

    def _found(self) -> HandPlacement | None:
        """The face that was found in the open document's photo."""
        project = self._session.project
        return None if project is None or self.faceless is not None else placement_view(project)

    def _is_found(self, placement: HandPlacement) -> bool:
        """Whether nobody has moved a point."""
        found = self._found()
        return found is not None and bool((placement.landmarks == found.landmarks).all())

    def _align_again(
        self,
        text: str,
        align: Align,
        failed: Failed | None = None,
    ) -> None:
        project, document = self._session.project, self._session.document
        if project is None:
            return

        def done(result: object) -> None:
            if self._session.document != document:
                return
            alignment = cast("Alignment", result)
            self._making.stop()
            self._session.replace(text, alignment=alignment, head=None, camera=alignment.camera)
            self._viewing.set_camera(alignment.camera)
            self._making.start(alignment)

        self._files.submit(
            Job(
                title="Aligning the face",
                work=lambda _report: align(project.photo),
                done=done,
                failed=failed or self._show,
            )
        )

    def _show(self, error: VoltefaceError) -> None:
        self._window.show_error(error.message, error.hint)
