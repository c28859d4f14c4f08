"""The panel about the photo: what was found in it, how the head was aligned, and a way to help."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from widgets import intake
from widgets.further_photos import FurtherPhotos
from widgets.icons import dress
from widgets.parts import GAP, button, label
from widgets.photo_canvas import PhotoCanvas
from widgets.pictures import thumbnail
from widgets.scrolling_panel import WidePanel
from widgets.values import PhotoView

_CROP = QSize(76, 76)


class PhotoPanel(WidePanel):
    """Shows a PhotoView, and further photos of the person; what is dropped on a photo is another one."""

    face_chosen = Signal(int)
    placement_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Photo and alignment", (12, 4, 12, 12), GAP, parent)
        column = self.column
        self._empty = label("The photo, the face found in it and how it was aligned appear here.", "muted", wrap=True)
        column.addWidget(self._empty)
        self._filled = self._filled_part()
        column.addWidget(self._filled)
        column.addStretch(1)
        self.setAcceptDrops(True)
        self.set_photo(None)
        self._filled.installEventFilter(self)

    def set_photo(self, photo: PhotoView | None) -> None:
        """Show this photo; None says that there is none."""
        self._empty.setVisible(photo is None)
        self._filled.setVisible(photo is not None)
        self.canvas.set_photo(photo)
        if photo is None:
            return
        height, width = photo.pixels.shape[:2]
        self._name.setText(photo.name)
        self._name.setToolTip(photo.name)
        self._size.setText(f"{width} x {height}")
        self._crop.setPixmap(thumbnail(photo.crop, _CROP, self.devicePixelRatioF()))
        self._aligned.setVisible(photo.crop is not None)
        self._foot.setVisible(photo.crop is not None)  # a picture of a random head has nothing to be placed for
        self.further.setVisible(photo.crop is not None)  # of whose face, else
        if photo.angles_degrees is not None:
            self._angles.setText("\n".join(_angle_lines(photo.angles_degrees)))
        count = len(photo.faces)
        self._faces.setText(f"{count} faces found. Click another one in the photo to use it.")
        self._faces.setVisible(count > 1)
        self._warnings.setText("\n".join(photo.warnings))
        self._warnings.setVisible(bool(photo.warnings))
        self.landmarks_button.setVisible(photo.landmarks is not None)
        self.updateGeometry()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take photos as further ones of the person, once there is a first with a face."""
        path = intake.path_in(event.mimeData())
        if self.further.isVisibleTo(self) and path is not None and intake.is_photo(path):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add the photos."""
        paths = [path for path in intake.paths_in(event.mimeData()) if intake.is_photo(path)]
        self.further.added.emit(paths)
        event.acceptProposedAction()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the photo what the words below it leave, so that nothing is cut off that has room."""
        super().resizeEvent(event)
        self._share_room()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Share the room anew where lines come or go."""
        # Qt asks while the panel is being made, too
        if watched is getattr(self, "_filled", None) and event.type() is QEvent.Type.LayoutRequest:
            self._share_room()
        return super().eventFilter(watched, event)

    def _share_room(self) -> None:
        inside = self.widget()
        if inside is not None and self._filled.isVisibleTo(self):
            others = inside.sizeHint().height() - self.canvas.height()
            self.canvas.set_room(self.viewport().height() - others)

    def _filled_part(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        self.canvas = PhotoCanvas()
        self.canvas.face_chosen.connect(self.face_chosen)
        column.addWidget(self.canvas)
        caption = QHBoxLayout()
        self._name = QElidingLabel()
        self._name.setElideMode(Qt.TextElideMode.ElideMiddle)
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._size = label("", "muted")
        caption.addWidget(self._name, 1)
        caption.addWidget(self._size)
        column.addLayout(caption)
        self._faces = label("", "muted", wrap=True)
        column.addWidget(self._faces)
        self.further = FurtherPhotos()
        column.addWidget(self.further)
        self._aligned = QWidget()
        row = QHBoxLayout(self._aligned)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(12)
        self._crop = QLabel()
        self._crop.setFixedSize(_CROP)
        self._crop.setAccessibleName("Aligned crop")
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addStretch(1)
        words.addWidget(label("Aligned", "section"))
        self._angles = label("", "muted")
        words.addWidget(self._angles)
        words.addStretch(1)
        row.addWidget(self._crop)
        row.addLayout(words, 1)
        column.addWidget(self._aligned)
        self._warnings = label("", "warning", wrap=True)
        column.addWidget(self._warnings)
        self._foot = self._foot_part()
        column.addWidget(self._foot)
        return part

    def _foot_part(self) -> QWidget:
        part = QWidget()
        foot = QHBoxLayout(part)
        foot.setContentsMargins(0, 0, 0, 0)
        place = button("Place by hand…", "Place the face by hand", self.placement_requested.emit, icon="place")
        foot.addWidget(place, 1)
        self.landmarks_button = QToolButton()
        self.landmarks_button.setCheckable(True)
        self.landmarks_button.setChecked(True)
        self.landmarks_button.setAccessibleName("Show landmarks")
        self.landmarks_button.setToolTip("Show the landmarks on the photo")
        dress(self.landmarks_button, "landmarks")
        self.landmarks_button.toggled.connect(self.canvas.set_landmarks_shown)
        foot.addWidget(self.landmarks_button)
        return part


def _angle_lines(angles_degrees: tuple[float, float, float]) -> list[str]:
    return [f"{name} {angle:+.1f}°" for name, angle in zip(("Yaw", "Pitch", "Roll"), angles_degrees, strict=True)]
