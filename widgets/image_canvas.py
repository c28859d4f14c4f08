"""The viewer's canvas without OpenGL: the same scene with QPainter.

Where OpenGL itself runs on the processor this canvas is several times cheaper, and that time belongs to the head.
"""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPaintEvent, QRadialGradient
from PySide6.QtWidgets import QWidget

from core.frame import Frame
from widgets.frame_image import enlarged, moved, tinted, with_soft_sides
from widgets.navigation import picture_place
from widgets.scene import Colour, Scene
from widgets.values import Backdrop

_PLAIN = {Backdrop.WHITE: "#ffffff", Backdrop.GREY: "#808080", Backdrop.DARK: "#0e0e0e"}


class ImageCanvas(QWidget):
    """Draws the newest scene; a frame from an older camera is moved into place by its depth."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.painted = 0
        self._scene: Scene | None = None
        self._heads: dict[str, tuple[object, QImage]] = {}
        self._photo: tuple[object, QImage] | None = None
        self._ground: tuple[object, QImage] | None = None

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
        painter.drawImage(self.rect(), self._ground_image(scene))
        left, top, side = picture_place(self.width(), self.height(), scene.camera)
        square = QRectF(left, top, side, side)
        if scene.frame is not None and scene.before is not None and scene.photo is None:
            for name, frame, start, end in (
                ("before", scene.before, 0.0, scene.wipe),
                ("frame", scene.frame, scene.wipe, 1.0),
            ):
                painter.setClipRect(QRectF(left + side * start, top, side * (end - start), side))
                painter.drawImage(square, self._head_image(scene, frame, name, left > 1, side))
        elif scene.frame is not None:
            painter.drawImage(square, self._head_image(scene, scene.frame, "frame", left > 1, side))
        if scene.photo is not None:
            shown = 1.0 if scene.frame is None else scene.wipe
            painter.setClipRect(QRectF(left, top, side * shown, side))
            painter.drawImage(square, self._photo_image(scene, left > 1, side))
        painter.end()
        self.painted += 1

    def _ground_image(self, scene: Scene) -> QImage:
        key = (self.size(), scene.backdrop, scene.centre, scene.edge)
        if self._ground is None or self._ground[0] != key:
            image = QImage(self.size(), QImage.Format.Format_RGB32)
            painter = QPainter(image)
            _paint_backdrop(painter, image.width(), image.height(), scene)
            painter.end()
            self._ground = (key, image)
        return self._ground[1]

    def _head_image(self, scene: Scene, frame: Frame, name: str, soft: bool, side: float) -> QImage:
        """Return a frame as seen from the scene's camera; the same object while nothing about it changes."""
        side_px = round(side * self.devicePixelRatioF())
        key = (_Same(frame), scene.highlight, scene.accent, soft, side_px, scene.camera)
        if name not in self._heads or self._heads[name][0] != key:
            rgba = tinted(frame, scene.highlight, scene.accent)
            # enlarging is worth its time for a picture that stays
            rgba = enlarged(rgba, side_px) if frame.camera == scene.camera else moved(rgba, frame, scene.camera)
            self._heads[name] = (key, _image(with_soft_sides(rgba) if soft else rgba))
        return self._heads[name][1]

    def _photo_image(self, scene: Scene, soft: bool, side: float) -> QImage:
        photo = scene.photo
        assert photo is not None
        side_px = round(side * self.devicePixelRatioF())
        key = (_Same(photo), soft, side_px)
        if self._photo is None or self._photo[0] != key:
            rgba = np.full((*photo.shape[:2], 4), 255, np.uint8)
            rgba[..., :3] = photo
            rgba = enlarged(rgba, side_px)
            self._photo = (key, _image(with_soft_sides(rgba) if soft else rgba))
        return self._photo[1]


class _Same:
    """Compares what it holds by identity, and keeps it, so that no other object can take its place."""

    def __init__(self, held: object) -> None:
        self._held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._held is other._held

    def __hash__(self) -> int:
        return id(self._held)


def _paint_backdrop(painter: QPainter, width: int, height: int, scene: Scene) -> None:
    if scene.backdrop is Backdrop.STUDIO:
        gradient = QRadialGradient(QPointF(width * 0.5, height * 0.42), 1.05 * min(width, height))
        for stop in np.linspace(0, 1, 9):
            amount = stop * stop * (3 - 2 * stop)
            gradient.setColorAt(float(stop), _mixed(scene.centre, scene.edge, float(amount)))
        painter.fillRect(0, 0, width, height, QBrush(gradient))
    elif scene.backdrop is Backdrop.CHECKER:
        painter.fillRect(0, 0, width, height, QColor.fromRgbF(0.46, 0.46, 0.46))
        light = QColor.fromRgbF(0.60, 0.60, 0.60)
        for row in range(0, height, 16):
            for column in range(row % 32, width, 32):
                painter.fillRect(column, row, 16, 16, light)
    else:
        painter.fillRect(0, 0, width, height, QColor(_PLAIN[scene.backdrop]))


def _image(rgba: NDArray[np.uint8]) -> QImage:
    packed = np.ascontiguousarray(rgba)
    height, width = packed.shape[:2]
    return QImage(packed.data, width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied).copy()


def _mixed(first: Colour, second: Colour, amount: float) -> QColor:
    red, green, blue = (a + (b - a) * amount for a, b in zip(first, second, strict=True))
    return QColor.fromRgbF(red, green, blue)
