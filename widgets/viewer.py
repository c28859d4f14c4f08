"""The viewer: shows the newest frame, turns the user's hands into cameras.

It is longer than most modules because all input to the picture (mouse, wheel, keys, comparison, turntable) meets here
in one small state; what can be said without Qt lives in `widgets.navigation` and `widgets.scene`, what floats over the
picture in `widgets.viewer_overlays`.
"""

import math
from dataclasses import replace

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from core.camera import Camera
from core.frame import Frame
from core.mask import PARTS
from core.region import Region
from widgets.focus_frame import BY_KEYS
from widgets.gl_canvas import GLCanvas
from widgets.gl_choice import use_gl
from widgets.image_canvas import ImageCanvas
from widgets.navigation import View, picture_place
from widgets.region_tint import REGION_LABEL, with_region
from widgets.scene import Scene, colour_of_hex
from widgets.theme import colours_of
from widgets.values import Backdrop, Picture
from widgets.viewer_overlays import ViewerOverlays

KEY_STEP_RADIANS = math.radians(15)
FINE_STEP_RADIANS = math.radians(1)
KEY_PAN = 0.05
"""By which a key moves the picture, in its sides."""
CLICK_PX = 4
TURNTABLE_INTERVAL_MS = 33
TINT_MS = 1200
"""A part stays tinted for this long after the pointer came to rest; then the head shows as it is."""
_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}
"""To the right and up."""
SETTLE_MS = 160
"""A wheel or key movement counts as ended when nothing followed for this long."""


class Viewer(QWidget):
    """The picture of the head with its navigation, comparison and picking.

    Attributes:
        click_adds: the last click was to choose a part beside those chosen already.

    Signals:
        camera_changed: the new Camera, and whether it is still moving.
        part_hovered, part_clicked: name of the part, empty for none.
        menu_asked: name of the part under a right click, and the place on the screen.
        view_changed: the new View, for the number fields.
        comparison_left: the user moved on from the comparison.
        wiping_left: the head is no longer compared with what it was before.
        picture_resized: the picture may have another size on the screen.
    """

    camera_changed = Signal(object, bool)
    view_changed = Signal(object)
    part_hovered = Signal(str)
    part_clicked = Signal(str)
    menu_asked = Signal(str, object)
    comparison_left = Signal()
    wiping_left = Signal()
    turntable_stopped = Signal()
    picture_resized = Signal()

    def __init__(self, *, gl: bool | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(280, 240)
        self.setAccessibleName("Head")
        self.setAccessibleDescription(
            "Drag or arrow keys to orbit, wheel or plus and minus to zoom, Shift with drag or Ctrl with arrow keys to "
            "pan, Home to reset"
        )
        self.canvas: GLCanvas | ImageCanvas = GLCanvas(self) if (use_gl() if gl is None else gl) else ImageCanvas(self)
        self.canvas.setAccessibleName("Picture of the head")
        if isinstance(self.canvas, GLCanvas):
            self.canvas.failed.connect(self._fall_back, Qt.ConnectionType.QueuedConnection)
        self._view = View()
        self._scene = Scene(self._view.camera())
        self._photo: Picture | None = None
        self._photo_camera: Camera | None = None
        self._comparing = False
        self._wiping = False
        self._last: QPointF | None = None
        self._travelled = 0.0
        self._panning = False
        self._hovered = ""
        self._frame: Frame | None = None
        self._region: Region | None = None
        self.click_adds = False
        self._overlays = ViewerOverlays(self)
        self.gizmo, self.badge, self.wipe = self._overlays.gizmo, self._overlays.badge, self._overlays.wipe
        self.notice, self._focus_frame = self._overlays.notice, self._overlays.focus_frame
        self.gizmo.view_chosen.connect(self.show_named)
        self.wipe.dragged.connect(self._wipe_to)
        self._settle = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._settle.timeout.connect(lambda: self._emit(interactive=False))
        self._tint_end = QTimer(self, interval=TINT_MS, singleShot=True)
        self._tint_end.timeout.connect(lambda: self._redraw(highlight=self._rest_highlight()))
        self._turntable = QTimer(self, interval=TURNTABLE_INTERVAL_MS)
        self._turntable.timeout.connect(self._turn)
        self._turn_clock = QElapsedTimer()
        self._turn_seconds = 8.0
        self.refresh_theme()

    # -- what it shows

    @property
    def frame(self) -> Frame | None:
        """The newest frame shown."""
        return self._frame

    @property
    def scene(self) -> Scene:
        """What is drawn now."""
        return self._scene

    def view(self) -> View:
        """Return the view of now."""
        return self._view

    def camera(self) -> Camera:
        """Return the camera the user looks from."""
        return self._scene.camera

    def show_frame(self, frame: Frame | None) -> None:
        """Show a newer frame; None empties the viewer."""
        self._frame = frame
        self._redraw(frame=with_region(frame, self._region))
        self._redraw(photo=self._photo_to_draw())
        self.badge.set_quality(None if frame is None else frame.quality)
        self._place_overlays()

    def set_refining(self, busy: bool) -> None:
        """Show that a finer frame is under way."""
        slowly = isinstance(self.canvas, GLCanvas) and self.canvas.is_software
        self.badge.set_refining(busy, slowly=slowly)
        self._place_overlays()

    def set_notice(self, text: str) -> None:
        """Say something in the middle of the picture while there is no head yet; empty hides it."""
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        self.notice.adjustSize()
        self._place_overlays()

    def set_picture_name(self, name: str) -> None:
        """Call the picture this instead of by its quality; empty where the quality tells all."""
        self.badge.set_name(name)
        self._place_overlays()

    def set_camera(self, camera: Camera) -> None:
        """Look from this camera without emitting; the next movement continues upright from there."""
        self._view = View.of_camera(camera)
        self._show_camera(camera)

    def set_backdrop(self, backdrop: Backdrop) -> None:
        """Change what stands behind the head."""
        self._redraw(backdrop=backdrop)

    def set_photo(self, camera: Camera | None, crop: Picture | None) -> None:
        """Give the aligned photo and its camera, for the comparison."""
        self._photo, self._photo_camera = crop, camera
        if self._comparing:
            self.set_comparing(camera is not None and crop is not None)
        self._redraw(photo=self._photo_to_draw())

    def can_compare(self) -> bool:
        """Tell whether there is a photo to compare with."""
        return self._photo is not None and self._photo_camera is not None

    def set_comparing(self, comparing: bool) -> None:
        """Enter or leave the comparison; entering moves to the photo's camera."""
        comparing = comparing and self.can_compare()
        self._comparing = comparing
        if comparing:
            self.set_wiping(False)
            self.set_turntable(running=False)
            assert self._photo_camera is not None
            self._view = View.of_camera(self._photo_camera)
            self._show_camera(self._photo_camera)
            self.camera_changed.emit(self._photo_camera, False)
        self._redraw(photo=self._photo_to_draw())
        self._place_overlays()

    def set_wiping(self, wiping: bool) -> None:
        """Compare the head with what it was before its edits, as soon as `show_before` shows that."""
        if wiping == self._wiping:
            return
        if wiping:
            self._leave_comparison()
        self._wiping = wiping
        if not wiping:
            self._redraw(before=None)
            self.wiping_left.emit()
        self._place_overlays()

    def show_before(self, frame: Frame) -> None:
        """Show a newer frame of the head as it was before its edits."""
        if self._wiping:
            self._redraw(before=frame)

    def set_turntable(self, *, running: bool) -> None:
        """Start or stop turning by itself."""
        if running == self._turntable.isActive():
            return
        if running:
            self._leave_comparison()
            self._turn_clock.start()
            self._turntable.start()
        else:
            self._turntable.stop()
            self.turntable_stopped.emit()
            self._emit(interactive=False)

    def set_turn_seconds(self, seconds: float) -> None:
        """Set the time of one full turn."""
        self._turn_seconds = seconds

    def refresh_theme(self) -> None:
        """Take the colours of the theme of now."""
        colours = colours_of(self.palette())
        self._redraw(
            centre=colour_of_hex(colours.studio_centre),
            edge=colour_of_hex(colours.studio_edge),
            accent=colour_of_hex(colours.accent),
        )

    # -- movement

    def reset_view(self) -> None:
        """Look from the front again, all of the head in the picture."""
        self._move(View(), interactive=False)

    def show_named(self, name: str) -> None:
        """Look from one of `navigation.NAMED_VIEWS`."""
        self._move(self._view.named(name), interactive=False)

    def show_view(self, view: View) -> None:
        """Look as typed into the number fields."""
        self._move(view, interactive=False)

    def light_up(self, label: int) -> None:
        """Tint a part for a moment, as when the pointer is over it; 0 tints none."""
        self._redraw(highlight=label)
        self._tint_end.start()

    def set_region(self, region: Region | None) -> None:
        """Tint what was drawn once, from whatever side it is looked at; None tints nothing but parts."""
        if region is not self._region:
            self._region = region
            self._redraw(frame=with_region(self._frame, region), highlight=self._rest_highlight())

    def part_at(self, position: QPointF) -> int:
        """Return the part label under a widget position; 0 is none."""
        frame = self._scene.frame
        if frame is None or self._comparing:
            return 0
        square = self.picture_square()
        u, v = (position.x() - square.x()) / square.width(), (position.y() - square.y()) / square.height()
        return frame.label_at(u, v) if 0 <= u < 1 and 0 <= v < 1 else 0

    def picture_square(self) -> QRectF:
        """Return where the picture is drawn, in widget coordinates."""
        left, top, side = picture_place(self.width(), self.height(), self._scene.camera)
        return QRectF(left, top, side, side)

    def picture_px(self) -> int:
        """Side of the picture, in the screen's own pixels."""
        return round(self.picture_square().width() * self.devicePixelRatioF())

    # -- Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to orbit (left), to pan (middle, or shift and left), or to wipe while comparing."""
        if event.button() not in {Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton}:
            return
        self._last, self._travelled = event.position(), 0.0
        self._focus_frame.hide()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._panning = event.button() is Qt.MouseButton.MiddleButton or shift
        if self._comparing and not self._panning:
            self._wipe_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Orbit, pan or wipe while a button is held, else light up the part under the pointer."""
        if self._last is None:
            self._hover(event.position())
            return
        moved = event.position() - self._last
        self._last = event.position()
        self._travelled += moved.manhattanLength()
        if self._comparing and not self._panning:
            self._wipe_to(event.position().x())
        elif self._panning:
            side = self.picture_square().width()
            self._move(self._view.panned(moved.x() / side, moved.y() / side), interactive=True)
        elif self._travelled >= CLICK_PX:
            per_px = math.pi / max(1, min(self.width(), self.height()))
            self._hover(None)
            self.set_turntable(running=False)
            self._move(self._view.orbited(-moved.x() * per_px, moved.y() * per_px), interactive=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the movement, or pick the part under a click."""
        if self._last is None:
            return
        self._last = None
        if self._comparing and not self._panning:
            return
        if self._travelled < CLICK_PX:
            self.click_adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            label = self.part_at(event.position())
            self.part_clicked.emit(PARTS[label] if 0 < label < len(PARTS) else "")
        else:
            self._emit(interactive=False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Reset the view."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.reset_view()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for what can be done with the part under the pointer."""
        label = self.part_at(QPointF(event.pos()))
        self.menu_asked.emit(PARTS[label] if 0 < label < len(PARTS) else "", event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom."""
        steps = event.angleDelta().y() / 120
        if steps:
            self._move(self._view.zoomed(1.12**steps), interactive=True)
            self._settle.start()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys turn in steps (Shift: fine) or move the picture (Ctrl), plus and minus zoom, Home resets."""
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = FINE_STEP_RADIANS if fine else KEY_STEP_RADIANS
        key = Qt.Key(event.key())
        if key in _ARROWS:
            right, up = _ARROWS[key]
            self.set_turntable(running=False)
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._move(self._view.panned(KEY_PAN * right, -KEY_PAN * up), interactive=True)
            else:
                self._move(self._view.orbited(step * right, step * up), interactive=True)
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self._move(self._view.zoomed(1.1), interactive=True)
        elif key is Qt.Key.Key_Minus:
            self._move(self._view.zoomed(1 / 1.1), interactive=True)
        else:
            super().keyPressEvent(event)
            return
        self._settle.start()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show who came with keys that they turn the head now."""
        super().focusInEvent(event)
        self._focus_frame.setVisible(event.reason() in BY_KEYS)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys go elsewhere."""
        super().focusOutEvent(event)
        self._focus_frame.hide()

    def leaveEvent(self, event: object) -> None:
        """No part is under the pointer any more."""
        del event
        self._hover(None)

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_turn_seconds"):
            self.refresh_theme()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the canvas and what floats over it in place."""
        super().resizeEvent(event)
        self.canvas.setGeometry(self.rect())
        self._place_overlays()
        self.picture_resized.emit()

    # -- inside

    def _move(self, view: View, *, interactive: bool) -> None:
        self._leave_comparison()
        self._view = view
        self._show_camera(view.camera())
        self._emit(interactive=interactive)

    def _emit(self, *, interactive: bool) -> None:
        if not interactive:
            self._settle.stop()
        self.camera_changed.emit(self._scene.camera, interactive or self._turntable.isActive())

    def _show_camera(self, camera: Camera) -> None:
        self._redraw(camera=camera, highlight=self._rest_highlight())
        self.gizmo.set_camera(camera)
        self.view_changed.emit(self._view)

    def _leave_comparison(self) -> None:
        if self._comparing:
            self.set_comparing(False)
            self.comparison_left.emit()

    def _turn(self) -> None:
        seconds = self._turn_clock.restart() / 1000
        self._move(self._view.orbited(2 * math.pi * seconds / self._turn_seconds, 0.0), interactive=True)

    def _hover(self, position: QPointF | None) -> None:
        label = 0 if position is None else self.part_at(position)
        name = PARTS[label] if 0 < label < len(PARTS) else ""
        self._tint_end.start()
        if name != self._hovered or label != self._scene.highlight:
            self._redraw(highlight=label or self._rest_highlight())
        if name != self._hovered:
            self._hovered = name
            self.part_hovered.emit(name)

    def _rest_highlight(self) -> int:
        return REGION_LABEL if self._region is not None else 0

    def _photo_to_draw(self) -> Picture | None:
        """Return the photo while comparing, and while it stands in for a head that is still to come."""
        return self._photo if self._comparing or self._scene.frame is None else None

    def _wipe_to(self, x: float) -> None:
        square = self.picture_square()
        self._redraw(wipe=min(1.0, max(0.0, (x - square.x()) / square.width())))
        self._place_overlays()

    def _redraw(self, **changes: object) -> None:
        self._scene = replace(self._scene, **changes)  # type: ignore[arg-type]
        self.canvas.show_scene(self._scene)

    def _place_overlays(self) -> None:
        compared = ("photo", "head") if self._comparing else ("head before", "head after")
        both = self._comparing or self._wiping
        self._overlays.place(self.picture_square(), self._scene.wipe, compared if both else None)

    def _fall_back(self, reason: str) -> None:
        del reason
        broken = self.canvas
        self.canvas = ImageCanvas(self)
        self.canvas.setAccessibleName("Picture of the head")
        self.canvas.lower()
        self.canvas.setGeometry(self.rect())
        self.canvas.show_scene(self._scene)
        self.canvas.show()
        broken.hide()
        broken.deleteLater()
