"""The viewer's canvas without OpenGL: the same scene with QPainter."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPaintEvent, QRadialGradient
from PySide6.QtWidgets import QWidget

from core.camera import Camera
from core.frame import Frame
from widgets.gl.pixels import premultiplied
from widgets.navigation import picture_side
from widgets.pictures import image_of
from widgets.scene import Colour, Scene
from widgets.values import Backdrop, Picture

_PLAIN = {Backdrop.WHITE: "#ffffff", Backdrop.GREY: "#808080", Backdrop.DARK: "#0e0e0e"}


class ImageCanvas(QWidget):
    """Draws the newest scene; a frame from an older camera is shifted and scaled into place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.painted = 0
        self._scene: Scene | None = None
        self._frame: tuple[Frame, int, QImage] | None = None
        self._photo: tuple[Picture, QImage] | None = None

    def show_scene(self, scene: Scene) -> None:
        """Draw this scene from now on."""
        self._scene = scene
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the scene."""
        del event
        scene = self._scene
        if scene is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_backdrop(painter, scene)
        side = picture_side(self.width(), self.height(), scene.camera)
        square = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        painter.setClipRect(square)
        if scene.frame is not None:
            shift_x, shift_y, scale = placed_from(scene.frame.camera, scene.camera)
            size = side * scale
            centre = square.center() + QPointF(shift_x * side, shift_y * side)
            target = QRectF(centre.x() - size / 2, centre.y() - size / 2, size, size)
            painter.drawImage(target, self._frame_image(scene.frame, scene.highlight, scene.accent))
        if scene.photo is not None:
            left = QRectF(square.x(), square.y(), side * scene.wipe, side)
            painter.setClipRect(left)
            painter.drawImage(square, self._photo_image(scene.photo))
        painter.end()
        self.painted += 1

    def _paint_backdrop(self, painter: QPainter, scene: Scene) -> None:
        if scene.backdrop is Backdrop.STUDIO:
            centre = QPointF(self.width() * 0.5, self.height() * 0.42)
            gradient = QRadialGradient(centre, 0.95 * min(self.width(), self.height()))
            for stop in np.linspace(0, 1, 9):
                amount = stop * stop * (3 - 2 * stop)
                gradient.setColorAt(float(stop), _mixed(scene.centre, scene.edge, float(amount)))
            painter.fillRect(self.rect(), QBrush(gradient))
        elif scene.backdrop is Backdrop.CHECKER:
            painter.fillRect(self.rect(), QColor.fromRgbF(0.46, 0.46, 0.46))
            light = QColor.fromRgbF(0.60, 0.60, 0.60)
            for row in range(0, self.height(), 16):
                for column in range(row % 32, self.width(), 32):
                    painter.fillRect(column, row, 16, 16, light)
        else:
            painter.fillRect(self.rect(), QColor(_PLAIN[scene.backdrop]))

    def _frame_image(self, frame: Frame, highlight: int, accent: Colour) -> QImage:
        if self._frame is None or self._frame[0] is not frame or self._frame[1] != highlight:
            rgba = premultiplied(frame)
            if highlight and frame.labels is not None:
                rows = np.arange(rgba.shape[0]) * frame.labels.shape[0] // rgba.shape[0]
                columns = np.arange(rgba.shape[1]) * frame.labels.shape[1] // rgba.shape[1]
                chosen = frame.labels[rows][:, columns] == highlight
                tint = np.asarray(accent) * rgba[..., 3:][chosen]
                rgba[..., :3][chosen] = (0.7 * rgba[..., :3][chosen] + 0.3 * tint).astype(np.uint8)
            image = QImage(
                rgba.data, rgba.shape[1], rgba.shape[0], 4 * rgba.shape[1], QImage.Format.Format_RGBA8888_Premultiplied
            ).copy()
            self._frame = (frame, highlight, image)
        return self._frame[2]

    def _photo_image(self, photo: Picture) -> QImage:
        if self._photo is None or self._photo[0] is not photo:
            self._photo = (photo, image_of(photo))
        return self._photo[1]


def placed_from(old: Camera, new: Camera) -> tuple[float, float, float]:
    """Return right and down shift in picture sides, and the scale, that bring a picture of `old` nearest to `new`."""
    if old == new:
        return 0.0, 0.0, 1.0
    middle = (old.position + old.radius * old.forward)[None]
    uv, depth = new.project(middle)
    if depth[0] <= 0:
        return 0.0, 0.0, 1.0
    scale = new.focal / depth[0] * old.radius / old.focal
    return float(uv[0, 0] - 0.5), float(uv[0, 1] - 0.5), float(scale)


def _mixed(first: Colour, second: Colour, amount: float) -> QColor:
    red, green, blue = (a + (b - a) * amount for a, b in zip(first, second, strict=True))
    return QColor.fromRgbF(red, green, blue)
