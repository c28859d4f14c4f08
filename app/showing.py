"""What the window shows of the open document: photo, head, and what stands in for a head that cannot be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app import views
from app.memory import BUNDLED
from widgets.model_values import BannerView

if TYPE_CHECKING:
    from app.choosing import Choosing
    from app.edited_head import EditedHead
    from app.engines import Engines
    from app.making import Making
    from app.session import Session
    from app.viewing import Viewing
    from core.align import Alignment
    from core.head import Head
    from core.photo import Photo
    from core.project import Project
    from widgets.studio_window import StudioWindow

USE_LESS = "Use less memory…"


class Showing(QObject):
    """Keeps the window in step with the session, and with the models that are installed."""

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        engines: Engines,
        viewing: Viewing,
        choosing: Choosing,
        making: Making,
        edited: EditedHead,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._engines = engines
        self._viewing = viewing
        self._choosing = choosing
        self._making = making
        self._edited = edited
        self._standing_in: Head | None = None
        self._shown: tuple[Photo | None, Alignment | None] = (None, None)
        session.changed.connect(self.show)
        edited.changed.connect(self.show_head)
        choosing.changed.connect(self._models_changed)
        window.banner_pressed.connect(self._banner_pressed)

    def show(self) -> None:
        """The session changed, or another document is open."""
        project = self._session.project
        alignment = project.alignment if project else None
        self._window.set_document(views.document_view(self._session))
        shown = (project.photo if project else None, alignment)
        if any(now is not before for now, before in zip(shown, self._shown, strict=True)):
            # only when it is another one: a large photo takes a moment to show
            self._shown = shown
            self._window.set_photo(views.photo_view(project) if project else None)
        self._window.set_photo_camera(
            project.head.camera if project and project.head else None, alignment.fine_crop if alignment else None
        )
        self.show_head()
        self._making.show_facts()

    def show_head(self) -> None:
        """Show the head; where its generator is not here, what was saved of it, and say so."""
        project, absence = self._session.project, self._choosing.absence()
        if project is None or project.head is None or absence is None:
            self._window.set_banner(None)
        else:
            action = USE_LESS if absence.room is not None else f"Make again with {BUNDLED.title}"
            can = absence.room is not None or project.alignment is not None
            self._window.set_banner(BannerView(absence.sentence, action if can else "", _picture_name(project)))
            renderer = self._engines.stand_in_renderer(project)
            if self._standing_in is not project.head and renderer is not None:
                self._viewing.remember(project.head, renderer)
            if renderer is None:
                self._viewing.show_head(None)
                self._window.show_frame(None)
                return
        self._standing_in = project.head if absence is not None and project is not None else None
        self._viewing.show_head(self._edited.shown_head())

    def _models_changed(self) -> None:
        """What is installed changed: the open head may now be drawn by its own generator, or no longer."""
        project = self._session.project
        if project is not None and project.head is not None:
            was, now = self._standing_in is not None, self._choosing.absence() is not None
            if was is not now:
                self._viewing.forget_renderer(project.head)
                self._standing_in = None
            self.show()

    def _banner_pressed(self) -> None:
        absence = self._choosing.absence()
        if absence is not None and absence.room is not None:
            self._choosing.use_anyway()
        else:
            self._making.make_bundled()


def _picture_name(project: Project) -> str:
    """What is shown of a head whose generator is not here."""
    return "Stored mesh" if project.stand_in is not None else "Stored picture"
