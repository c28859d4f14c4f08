"""Arrays to Qt pictures and back."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPixmap

from widgets.values import Picture


def image_of(pixels: Picture) -> QImage:
    """Return a QImage with its own copy of uint8 [H, W, 3] or, with straight alpha, [H, W, 4]."""
    packed = np.ascontiguousarray(pixels)
    height, width, channels = packed.shape
    kind = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_RGBA8888
    return QImage(packed.data, width, height, width * channels, kind).copy()


def array_of(image: QImage) -> Picture:
    """Return uint8 [H, W, 3] of a QImage, laid over white where it is transparent."""
    ground = QImage(image.size(), QImage.Format.Format_RGB888)
    ground.fill(Qt.GlobalColor.white)
    painter = QPainter(ground)
    painter.drawImage(0, 0, image)
    painter.end()
    rows = np.frombuffer(ground.constBits(), np.uint8).reshape(ground.height(), ground.bytesPerLine())
    return rows[:, : ground.width() * 3].reshape(ground.height(), ground.width(), 3).copy()


def thumbnail(pixels: Picture | None, size: QSize, ratio: float = 1.0, radius: float = 6.0) -> QPixmap:
    """Return a picture cropped to fill `size` with rounded corners; transparent when there is none."""
    whole = size * ratio
    pixmap = QPixmap(whole)
    pixmap.fill(Qt.GlobalColor.transparent)
    if pixels is not None:
        image = image_of(pixels).scaled(
            whole, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
        )
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(pixmap.rect()), radius * ratio, radius * ratio)
        painter.setClipPath(outline)
        painter.drawImage((whole.width() - image.width()) // 2, (whole.height() - image.height()) // 2, image)
        painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def round_pen(colour: QColor, width: float) -> QPen:
    """Return a pen with round ends and corners."""
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
