"""The main window (skeleton of the interface; see /work/notes/GUI_INTERFACE.md while it fills in)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QWidget

from core.camera import Camera
from core.frame import Frame
from widgets.values import (
    DocumentView,
    HandPlacement,
    HeadView,
    JobView,
    PhotoView,
    Picture,
    Points,
    Preferences,
    RecentItem,
    RecoveryItem,
    UnsavedAnswer,
)


class StudioWindow(QMainWindow):
    """Shows values, emits intentions."""

    path_opened = Signal(object)
    image_pasted = Signal(object)
    sample_requested = Signal()
    recent_cleared = Signal()
    save_requested = Signal(object)
    export_requested = Signal(object)
    close_document_requested = Signal()
    undo_requested = Signal()
    redo_requested = Signal()
    camera_changed = Signal(object, bool)
    compare_toggled = Signal(bool)
    part_hovered = Signal(str)
    part_clicked = Signal(str)
    face_chosen = Signal(int)
    placement_requested = Signal()
    face_placed = Signal(object)
    improve_requested = Signal()
    stop_requested = Signal(str)
    preferences_changed = Signal(object)
    restore_requested = Signal(str)
    discard_requested = Signal(str)
    save_and_close_requested = Signal(object)
    closing = Signal()

    def __init__(
        self, preferences: Preferences | None = None, *, gl: bool | None = None, parent: QWidget | None = None
    ) -> None:
        """Build the window; `gl` None decides by itself whether OpenGL can be used."""
        super().__init__(parent)
        self._preferences = preferences or Preferences()
        self.actions_by_name: dict[str, QAction] = {}

    def show_welcome(self) -> None: ...
    def show_studio(self) -> None: ...
    def set_recent(self, items: Sequence[RecentItem]) -> None: ...
    def set_document(self, document: DocumentView) -> None: ...
    def set_photo(self, photo: PhotoView | None) -> None: ...
    def set_head(self, head: HeadView | None) -> None: ...
    def set_jobs(self, jobs: Sequence[JobView]) -> None: ...
    def set_undo(self, undo_text: str | None, redo_text: str | None) -> None: ...
    def set_photo_camera(self, camera: Camera | None, crop: Picture | None) -> None: ...
    def set_preferences(self, preferences: Preferences) -> None: ...
    def preferences(self) -> Preferences:
        return self._preferences

    def show_frame(self, frame: Frame) -> None: ...
    def set_refining(self, busy: bool) -> None: ...
    def set_camera(self, camera: Camera) -> None: ...
    def camera(self) -> Camera:
        return Camera.orbit()

    def begin_curves(self) -> None: ...
    def add_curve_values(self, step: int, values: Mapping[str, float]) -> None: ...
    def set_preview(self, pixels: Picture | None) -> None: ...
    def show_message(self, text: str, seconds: float = 4.0) -> None: ...
    def show_error(self, message: str, hint: str = "", details: str = "") -> None: ...
    def show_recovery(self, items: Sequence[RecoveryItem]) -> None: ...
    def set_recovery(self, items: Sequence[RecoveryItem]) -> None: ...
    def ask_unsaved(self, then: Callable[[UnsavedAnswer], None]) -> None: ...
    def show_placement(
        self,
        photo: Picture,
        start: HandPlacement | None,
        reproject: Callable[[HandPlacement], Points | None],
    ) -> None: ...
    def set_facts(self, facts: Mapping[str, str]) -> None: ...
    def close_now(self) -> None: ...
