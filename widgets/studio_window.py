"""The main window: shows the application's values and hands its user's intentions on.

It is long because it is the one surface that the application sees; what its setters and signals do lives in the widgets
around it, which actions can be used in `availability`, and what its foot says in `foot`.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.camera import Camera
from core.frame import Frame
from widgets import intake
from widgets.actions import build_actions, groups_of, panel_action
from widgets.availability import WindowState, available
from widgets.banner import Banner
from widgets.curve_panel import CurvePanel
from widgets.drop_overlay import DropOverlay
from widgets.edit_values import EditingView
from widgets.editing_panels import EditingPanels
from widgets.foot import STUDIO_HINT, WELCOME_HINT, Foot
from widgets.head_panel import HeadPanel
from widgets.icons import mark_icon, redress
from widgets.job_bar import JobBar
from widgets.menus import WindowMenus, build_toolbar
from widgets.message_dialogs import UnsavedDialog
from widgets.model_values import BannerView, PickersView
from widgets.navigation import NAMED_VIEWS
from widgets.photo_panel import PhotoPanel
from widgets.pictures import image_of
from widgets.seen_legend import SeenLegend
from widgets.style_panel import StylePanel
from widgets.theme import apply_theme
from widgets.values import (
    DocumentView,
    HeadView,
    JobView,
    PhotoView,
    Picture,
    Preferences,
    RecentItem,
    Theme,
    UnsavedAnswer,
)
from widgets.view_bar import ViewBar
from widgets.viewer import Viewer
from widgets.welcome_page import WelcomePage
from widgets.window_dialogs import WindowDialogs
from widgets.window_docks import WindowDocks

_FRAME = QSize(16, 48)
"""What is left of the screen for the window's frame, pixels."""
_MOST_FOCUSED = 500
"""Widgets that the Tab key passes over before it gives up."""


class StudioWindow(QMainWindow):
    """Shows values, emits intentions; see the comment beside each signal."""

    path_opened = Signal(object)  # Path of a photo or project: dropped, pasted, chosen or recent
    image_pasted = Signal(object)  # uint8 [H, W, 3] from the clipboard or a dropped picture
    sample_requested = Signal()
    random_requested = Signal()
    recent_cleared = Signal()
    save_requested = Signal(object)  # Path
    export_requested = Signal(object)  # ExportOptions
    close_document_requested = Signal()
    undo_requested = Signal()
    redo_requested = Signal()
    camera_changed = Signal(object, bool)  # Camera, still moving
    compare_toggled = Signal(bool)
    part_hovered = Signal(str)
    part_clicked = Signal(str)
    face_chosen = Signal(int)
    placement_requested = Signal()
    face_placed = Signal(object)  # HandPlacement
    improve_requested = Signal()
    stop_requested = Signal(str)  # job key
    making_chosen = Signal(str, str)  # model and method that heads shall be made with
    make_requested = Signal()  # make the head of the present photo with them
    banner_pressed = Signal()
    commercial_only_changed = Signal(bool)
    models_requested = Signal()  # the application answers with show_models
    model_added = Signal(object)  # Path
    model_verified = Signal(str)
    model_removed = Signal(str)
    preferences_changed = Signal(object)  # Preferences
    restore_requested = Signal(str)  # recovery key
    discard_requested = Signal(str)  # recovery key
    save_and_close_requested = Signal(object)  # Path; the application saves, then calls close_now
    closing = Signal()
    seen_toggled = Signal(bool)
    surface_toggled = Signal(bool)  # the shape alone, or pictures again
    report_requested = Signal()  # the application answers with show_report
    report_saved = Signal(object)  # Path
    report_stopped = Signal()
    repair_requested = Signal()

    def __init__(
        self, preferences: Preferences | None = None, *, gl: bool | None = None, parent: QWidget | None = None
    ) -> None:
        """Build the window; `gl` None decides by itself whether OpenGL can be used."""
        super().__init__(parent)
        self._preferences = preferences or Preferences()
        self._document = DocumentView()
        self._recent: tuple[RecentItem, ...] = ()
        self._has_head = self._can_improve = self._may_close = False
        self._undo_texts: tuple[str | None, str | None] = None, None
        self.dialogs = WindowDialogs(self)
        self._export_refusal = ""
        self.setWindowIcon(mark_icon())
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setContentsMargins(8, 0, 8, 0)
        self.setMinimumSize(860, 600)
        self.resize(QSize(1360, 860).boundedTo(self.screen().availableSize() - _FRAME))
        self.actions_by_name = build_actions(self)
        self._export_tip = self.actions_by_name["export"].toolTip()
        self.welcome = WelcomePage()
        self.viewer = Viewer(gl=gl)
        self._seen_legend = SeenLegend(self.viewer)
        self.banner = Banner()
        self.view_bar = ViewBar()
        self.photo_panel = PhotoPanel()
        self.head_panel = HeadPanel()
        self.curve_panel, self.style_panel = CurvePanel(), StylePanel()
        self.editing = EditingPanels(self.viewer, self)
        self.job_bar = JobBar()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self._studio_page())
        self.setCentralWidget(self._pages)
        self.docks = WindowDocks(
            self, self.photo_panel, self.head_panel, self.curve_panel, self.style_panel, self.editing
        )
        self._menus = WindowMenus(self, self.actions_by_name, self.docks.toggles())
        self._toolbar = build_toolbar(self.actions_by_name)
        self.addToolBar(self._toolbar)
        act = self.actions_by_name
        self.view_bar.set_actions(
            act["compare"], act["surface"], act["seen"], act["turntable"], act["reset_view"], self._menus.backdrops
        )
        self._foot = Foot(self.statusBar(), self.job_bar)
        self._overlay = DropOverlay(self)
        self._connect_widgets()
        self._connect_actions()
        self.set_document(self._document)
        self.set_undo(None, None)
        self.set_head(None)
        self.set_recent(())
        self.show_welcome()

    # -- what it shows

    def show_welcome(self) -> None:
        """Show the welcome page."""
        if self._pages.currentIndex() == 1:
            self.docks.note_arrangement()
        self._pages.setCurrentIndex(0)
        self._refresh_title()
        self.docks.hide()
        self._toolbar.hide()
        self._refresh_actions()
        self._foot.set_hint(WELCOME_HINT)

    def show_studio(self) -> None:
        """Show the viewer and its panels."""
        if self._pages.currentIndex() == 1:
            return
        self.setUpdatesEnabled(False)
        self._pages.setCurrentIndex(1)
        self._refresh_title()
        self.docks.show()
        self._toolbar.show()
        self.setUpdatesEnabled(True)
        self._refresh_actions()
        self._foot.set_hint(STUDIO_HINT)
        self.viewer.setFocus()

    def set_recent(self, items: Sequence[RecentItem]) -> None:
        """Show the files that were open before, newest first."""
        self._recent = tuple(items)
        self.welcome.set_recent(items)
        menu = self._menus.recent
        menu.clear()
        for item in items:
            entry = menu.addAction(item.title)
            entry.setToolTip(str(item.path))
            entry.triggered.connect(lambda _=False, path=item.path: self.path_opened.emit(path))
        menu.addSeparator()
        menu.addAction("Clear the list").triggered.connect(self.recent_cleared)
        menu.setEnabled(bool(items))

    def set_document(self, document: DocumentView) -> None:
        """Show the document's name and whether it has unsaved changes."""
        self._document = document
        self._refresh_title()

    def set_photo(self, photo: PhotoView | None) -> None:
        """Show the photo and what was found in it."""
        self.photo_panel.set_photo(photo)
        self.actions_by_name["place_face"].setEnabled(photo is not None and photo.crop is not None)

    def set_head(self, head: HeadView | None) -> None:
        """Show what is known about the head; None: there is none, so nothing can be saved or exported."""
        self.head_panel.set_head(head)
        self._has_head = head is not None
        self._export_refusal = "" if head is None else head.export_refusal
        self._can_improve = head is not None and head.can_improve
        if head is None:
            self.editing.stop_drawing()
            self.viewer.set_turntable(running=False)
            self.viewer.show_frame(None)
        self._refresh_actions()

    def set_editing(self, view: EditingView) -> None:
        """Show references, parts, sliders and edits."""
        self.editing.set_view(view)
        self._refresh_actions()

    def set_pickers(self, pickers: PickersView) -> None:
        """Show what heads can be made with."""
        self.head_panel.set_pickers(pickers)

    def set_banner(self, banner: BannerView | None) -> None:
        """Say something over the viewer that stays; None takes it away."""
        self.banner.set_view(banner)
        self.viewer.set_picture_name("" if banner is None else banner.picture)

    def set_seen(self, *, on: bool) -> None:
        """Say whether frames are shown as a heat map."""
        self.actions_by_name["seen"].setChecked(on)

    def set_surface(self, *, on: bool) -> None:
        """Say whether the shape is shown instead of pictures."""
        self.actions_by_name["surface"].setChecked(on)

    def set_notice(self, text: str) -> None:
        """Say over the picture what is waited for, until the next one comes."""
        self.viewer.set_notice(text)

    def set_seen_stops(self, stops: Sequence[str]) -> None:
        """Explain the heat map's colours, `#rrggbb` from guessed to seen; none where none is shown."""
        self._seen_legend.set_stops(stops)

    def set_jobs(self, jobs: Sequence[JobView]) -> None:
        """Show the running job and those that wait."""
        self.job_bar.set_jobs(jobs)
        self._foot.make_room(self.width(), busy=bool(jobs))
        self.head_panel.set_running(bool(self.job_bar.best_kept()))
        self.actions_by_name["stop"].setEnabled(bool(jobs))
        self._refresh_notice(jobs)

    def set_undo(self, undo_text: str | None, redo_text: str | None) -> None:
        """Name what undo and redo would do; None where there is nothing."""
        self._undo_texts = undo_text, redo_text
        self._refresh_undo()

    def set_photo_camera(self, camera: Camera | None, crop: Picture | None) -> None:
        """Give the aligned crop and the camera it was taken with, for the comparison."""
        self.viewer.set_photo(camera, crop)
        self._refresh_actions()

    def set_preferences(self, preferences: Preferences) -> None:
        """Apply preferences, the theme among them."""
        changed = preferences.theme is not self._preferences.theme
        self._preferences = preferences
        if changed:
            self._apply_theme()

    @property
    def document(self) -> DocumentView:
        """The document as the title bar shows it."""
        return self._document

    def preferences(self) -> Preferences:
        """Return the preferences of now."""
        return self._preferences

    def show_frame(self, frame: Frame | None) -> None:
        """Show a newer frame; None where there is nothing to show of the head."""
        self.viewer.show_frame(frame)
        self.viewer.set_notice("")
        self.editing.frame_shown(frame)
        self._refresh_actions()

    def set_refining(self, busy: bool) -> None:
        """Show that a finer frame is under way."""
        self.viewer.set_refining(busy)

    def set_camera(self, camera: Camera) -> None:
        """Look from this camera without emitting."""
        self.viewer.set_camera(camera)

    def camera(self) -> Camera:
        """Return the camera the user looks from."""
        return self.viewer.camera()

    def begin_curves(self) -> None:
        """Empty the plot for a new optimisation."""
        self.curve_panel.begin()

    def add_curve_values(self, step: int, values: Mapping[str, float]) -> None:
        """Add a value to each named curve."""
        self.curve_panel.add(step, values)

    def set_preview(self, pixels: Picture | None) -> None:
        """Show how the running job's result looks so far."""
        self.job_bar.set_preview(pixels)

    def show_message(self, text: str, seconds: float = 4.0) -> None:
        """Say something in the foot of the window for a while."""
        self._foot.say(text, seconds)

    def show_error(self, message: str, hint: str = "", details: str = "") -> None:
        """Say what went wrong; does not block."""
        self.dialogs.show_error(message, hint, details)

    def close_now(self) -> None:
        """Close without asking."""
        self._may_close = True
        self.close()

    # -- Qt

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask first when there is unsaved work."""
        if self._may_close or not self._document.modified:
            self.viewer.set_turntable(running=False)
            self.closing.emit()
            event.accept()
            return
        event.ignore()
        self.dialogs.open(UnsavedDialog(self._document.name, self._close_answered, self))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Show what a drop would do."""
        if not intake.is_welcome(event.mimeData()):
            return
        path = intake.path_in(event.mimeData())
        known = path is None or intake.is_known(path)
        self._overlay.show_text("Drop to open" if known else f"Drop to try {path.name if path else ''}")
        event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Stay ready."""
        if intake.is_welcome(event.mimeData()):
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Lift the veil."""
        self._overlay.hide()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self._overlay.hide()
        if self._take(event.mimeData()):
            event.acceptProposedAction()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape that nothing else has a use for goes back to the picture."""
        if event.key() == Qt.Key.Key_Escape and self._pages.currentIndex() == 1:
            self._go_to_picture()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the veil over all of the window."""
        super().resizeEvent(event)
        self._overlay.resize(self.size())

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_menus"):
            redress(self)

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: N802 - Qt's name
        """Let the Tab key pass over what is not in sight: Qt keeps panels behind tabs, and tabs of none, beside it."""
        for _ in range(_MOST_FOCUSED):
            if not super().focusNextPrevChild(next):
                return False
            focused: QWidget | None = self.focusWidget()
            while focused is not None and focused.parentWidget() is not self:
                focused = focused.parentWidget()
            if focused is None or self.rect().intersects(focused.geometry()):
                return True
        return False

    # -- building

    def _studio_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.banner)
        column.addWidget(self.viewer, 1)
        column.addWidget(self.view_bar)
        return page

    def _refresh_title(self) -> None:
        document = self._document
        is_open = self._pages.currentIndex() == 1 or document.modified
        self.setWindowTitle(f"{document.name}[*] — Volteface" if is_open else "Volteface[*]")
        self.setWindowModified(document.modified)

    def _connect_widgets(self) -> None:
        welcome, viewer = self.welcome, self.viewer
        welcome.open_photo_requested.connect(self._open_photo)
        welcome.open_project_requested.connect(self._open_project)
        welcome.paste_requested.connect(self._paste)
        welcome.sample_requested.connect(self.sample_requested)
        welcome.random_requested.connect(self.random_requested)
        welcome.recent_chosen.connect(self.path_opened)
        welcome.recent_cleared.connect(self.recent_cleared)
        viewer.camera_changed.connect(self.camera_changed)
        viewer.view_changed.connect(self.view_bar.set_view)
        viewer.part_hovered.connect(self._part_hovered)
        viewer.part_clicked.connect(self.part_clicked)
        viewer.part_clicked.connect(self._part_clicked)
        self.editing.painting_changed.connect(self._painting_changed)
        self.editing.stroked.connect(self._refresh_undo)
        self.editing.bare_toggled.connect(self.actions_by_name["bare"].setChecked)
        self.editing.references_wanted.connect(lambda: self.docks.bring("reference_dock"))
        viewer.comparison_left.connect(lambda: self.actions_by_name["compare"].setChecked(False))
        viewer.turntable_stopped.connect(lambda: self.actions_by_name["turntable"].setChecked(False))
        self.view_bar.view_entered.connect(viewer.show_view)
        self.view_bar.turn_seconds_changed.connect(viewer.set_turn_seconds)
        self.photo_panel.face_chosen.connect(self.face_chosen)
        self.photo_panel.placement_requested.connect(self.placement_requested)
        self.head_panel.improve_requested.connect(self.improve_requested)
        self.head_panel.stop_requested.connect(self._stop_best)
        pickers = self.head_panel.pickers
        pickers.chosen.connect(self.making_chosen)
        pickers.commercial_only_changed.connect(self.commercial_only_changed)
        pickers.make_requested.connect(self.make_requested)
        self.banner.pressed.connect(self.banner_pressed)
        self.job_bar.stop_requested.connect(self.stop_requested)
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._system_theme_changed)

    def _connect_actions(self) -> None:
        act = self.actions_by_name
        for name, slot in {
            "open_photo": self._open_photo,
            "open_project": self._open_project,
            "new_random": self.random_requested.emit,
            "paste": self._paste,
            "save": self._save,
            "save_as": self._save_as,
            "export": self.dialogs.ask_export,
            "copy_picture": self._copy_picture,
            "close_document": self.close_document_requested.emit,
            "quit": self.close,
            "undo": self._undo,
            "redo": self.redo_requested.emit,
            "go_picture": self._go_to_picture,
            "preferences": self.dialogs.show_preferences,
            "reset_view": self.viewer.reset_view,
            "improve": self.improve_requested.emit,
            "stop": self.job_bar.stop,
            "place_face": self.placement_requested.emit,
            "models": self.models_requested.emit,
            "report": self.report_requested.emit,
            "repair": self.repair_requested.emit,
            "shortcuts": self.dialogs.show_shortcuts,
            "about": self.dialogs.show_about,
        }.items():
            act[name].triggered.connect(lambda _=False, slot=slot: slot())
        for dock in self.docks.all:
            title = dock.windowTitle()
            act[panel_action(title)].triggered.connect(lambda _=False, title=title: self.docks.go_to(title))
        for name in NAMED_VIEWS:
            act[f"view_{name}"].triggered.connect(lambda _=False, name=name: self.viewer.show_named(name))
        act["compare"].toggled.connect(self._compare)
        act["bare"].toggled.connect(self.editing.edits.bare_button.setChecked)
        act["seen"].toggled.connect(lambda on: self.set_surface(on=False) if on else None)
        act["seen"].toggled.connect(self.seen_toggled)
        act["surface"].toggled.connect(lambda on: self.set_seen(on=False) if on else None)
        act["surface"].toggled.connect(self.surface_toggled)
        self.editing.picture_wanted.connect(lambda: self.set_surface(on=False))
        act["paint"].toggled.connect(self.editing.toggle_painting)
        act["add_references"].triggered.connect(lambda: self._add_references())
        act["turntable"].toggled.connect(lambda on: self.viewer.set_turntable(running=on))
        act["full_screen"].toggled.connect(lambda on: self.showFullScreen() if on else self.showNormal())
        self._menus.backdrop_group.triggered.connect(lambda choice: self.viewer.set_backdrop(choice.data()))

    # -- answering the user

    def _take(self, data: object) -> bool:
        from PySide6.QtCore import QMimeData

        mime = cast("QMimeData", data)
        path = intake.path_in(mime)
        if path is not None:
            self.path_opened.emit(path)
            return True
        picture = intake.picture_in(mime)
        if picture is not None:
            self.image_pasted.emit(picture)
        return picture is not None

    def _paste(self) -> None:
        if not self._take(QGuiApplication.clipboard().mimeData()):
            self.show_message("The clipboard holds no picture.")

    def _open_photo(self) -> None:
        self.dialogs.ask_path("Open a photo", intake.OPEN_FILTER, self.path_opened.emit)

    def _open_project(self) -> None:
        self.dialogs.ask_path("Open a project", intake.PROJECT_FILTER, self.path_opened.emit)

    def _save(self) -> None:
        if self._document.path is None:
            self._save_as()
        else:
            self.save_requested.emit(self._document.path)

    def _save_as(self) -> None:
        self.dialogs.ask_path("Save the head", intake.PROJECT_FILTER, self.save_requested.emit, saving=True)

    def _close_answered(self, answer: UnsavedAnswer) -> None:
        if answer is UnsavedAnswer.DISCARD:
            self.close_now()
        elif answer is UnsavedAnswer.SAVE and self._document.path is not None:
            self.save_and_close_requested.emit(self._document.path)
        elif answer is UnsavedAnswer.SAVE:
            self.dialogs.ask_path(
                "Save the head", intake.PROJECT_FILTER, self.save_and_close_requested.emit, saving=True
            )

    def _copy_picture(self) -> None:
        frame = self.viewer.frame
        if frame is not None:
            QGuiApplication.clipboard().setImage(image_of(frame.rgb))
            self.show_message("Picture copied.")

    def _undo(self) -> None:
        """While painting a stroke is taken back, else a change of the project."""
        if self.editing.is_drawing:
            self.editing.undo_stroke()
        else:
            self.undo_requested.emit()

    def _add_references(self) -> None:
        self.docks.bring("reference_dock")
        self.editing.references.ask_files()

    def _part_clicked(self, label: str) -> None:
        self.editing.choose_part(label)
        if self.editing.parts.chosen_part:
            self.docks.bring("part_dock")

    def _refresh_undo(self) -> None:
        """Name what undo and redo do: strokes while one draws, else changes of the project."""
        texts = (self.editing.stroke_to_undo, None) if self.editing.is_drawing else self._undo_texts
        for name, text in zip(("undo", "redo"), texts, strict=True):
            action = self.actions_by_name[name]
            action.setEnabled(text is not None)
            action.setText(f"&{name.capitalize()} {text or ''}".rstrip())

    def _go_to_picture(self) -> None:
        self.viewer.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _painting_changed(self, on: bool) -> None:
        self.actions_by_name["paint"].setChecked(on and self.editing.painting.is_active)
        self.viewer.set_turntable(running=False)
        self._refresh_actions()

    def _compare(self, on: bool) -> None:
        self.viewer.set_comparing(on)
        self.compare_toggled.emit(on)

    def _stop_best(self) -> None:
        key = self.job_bar.best_kept()
        if key:
            self.stop_requested.emit(key)

    def _part_hovered(self, name: str) -> None:
        if name:
            self._foot.say(name.capitalize())
        else:
            self._foot.say_hint()
        self.part_hovered.emit(name)

    def _refresh_actions(self) -> None:
        studio = self._pages.currentIndex() == 1
        state = WindowState(
            studio,
            self._has_head,
            drawing=self.editing.is_drawing,
            editable=self.editing.can_edit,
            improvable=self._can_improve,
            exportable=not self._export_refusal,
            comparable=self.viewer.can_compare(),
        )
        for name, on in available(state).items():
            self.actions_by_name[name].setEnabled(on)
        self.actions_by_name["export"].setToolTip(self._export_refusal or self._export_tip)
        self.view_bar.setEnabled(studio and not state.drawing)
        self._menus.panels.setEnabled(studio)
        for action in groups_of(self.actions_by_name)["Panels"]:
            action.setEnabled(studio)
        self._refresh_undo()

    def _refresh_notice(self, jobs: Sequence[JobView]) -> None:
        if self.viewer.frame is None:
            self.viewer.set_notice(f"{jobs[0].title}…" if jobs else "")

    def _apply_theme(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, self._preferences.theme)

    def _system_theme_changed(self) -> None:
        if self._preferences.theme is Theme.SYSTEM:
            self._apply_theme()
