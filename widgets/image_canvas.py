"""The viewer's canvas without OpenGL: the same scene with QPainter."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPaintEvent, QRadialGradient
from PySide6.QtWidgets import QWidget

from core.camera import Camera
from core.frame import Frame
from widgets.gl.pixels import premultiplied
from widgets.navigation import picture_place
from widgets.scene import EDGE_FADE, Colour, Scene
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
        self._frame: tuple[Frame, int, bool, QImage] | None = None
        self._photo: tuple[Picture, bool, QImage] | None = None

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
        left, top, side = picture_place(self.width(), self.height(), scene.camera)
        square = QRectF(left, top, side, side)
        painter.setClipRect(square)
        if scene.frame is not None:
            shift_x, shift_y, scale = placed_from(scene.frame.camera, scene.camera)
            size = side * scale
            centre = square.center() + QPointF(shift_x * side, shift_y * side)
            target = QRectF(centre.x() - size / 2, centre.y() - size / 2, size, size)
            painter.drawImage(target, self._frame_image(scene.frame, scene, left > 1))
        if scene.photo is not None:
            shown = 1.0 if scene.frame is None else scene.wipe
            painter.setClipRect(QRectF(left, top, side * shown, side))
            painter.drawImage(square, self._photo_image(scene.photo, left > 1))
        painter.end()
        self.painted += 1

    def _paint_backdrop(self, painter: QPainter, scene: Scene) -> None:
        if scene.backdrop is Backdrop.STUDIO:
            centre = QPointF(self.width() * 0.5, self.height() * 0.42)
            gradient = QRadialGradient(centre, 1.05 * min(self.width(), self.height()))
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

    def _frame_image(self, frame: Frame, scene: Scene, soft: bool) -> QImage:
        highlight = scene.highlight
        if self._frame is None or self._frame[0] is not frame or self._frame[1:3] != (highlight, soft):
            rgba = premultiplied(frame)
            if highlight and frame.labels is not None:
                rows = np.arange(rgba.shape[0]) * frame.labels.shape[0] // rgba.shape[0]
                columns = np.arange(rgba.shape[1]) * frame.labels.shape[1] // rgba.shape[1]
                chosen = frame.labels[rows][:, columns] == highlight
                tint = np.asarray(scene.accent) * rgba[..., 3:][chosen]
                rgba[..., :3][chosen] = (0.7 * rgba[..., :3][chosen] + 0.3 * tint).astype(np.uint8)
            self._frame = (frame, highlight, soft, _soft_image(rgba, soft))
        return self._frame[3]

    def _photo_image(self, photo: Picture, soft: bool) -> QImage:
        if self._photo is None or self._photo[0] is not photo or self._photo[1] != soft:
            rgba = np.full((*photo.shape[:2], 4), 255, np.uint8)
            rgba[..., :3] = photo
            self._photo = (photo, soft, _soft_image(rgba, soft))
        return self._photo[2]


def _soft_image(rgba: NDArray[np.uint8], soft: bool) -> QImage:
    """Return premultiplied pixels [H, W, 4] as an image, faded at its left and right edge where these are seen."""
    width = rgba.shape[1]
    if soft:
        inward = np.minimum(np.arange(width), np.arange(width)[::-1]) / max(1.0, EDGE_FADE * width)
        ramp = np.clip(inward, 0, 1)
        rgba = (rgba * (ramp * ramp * (3 - 2 * ramp))[None, :, None]).astype(np.uint8)
    kind = QImage.Format.Format_RGBA8888_Premultiplied
    return QImage(rgba.data, width, rgba.shape[0], 4 * width, kind).copy()


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
