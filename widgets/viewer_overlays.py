"""What floats over the picture of the head: compass, quality, notice, the wipe of comparisons and its captions."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QLabel, QWidget

from widgets.focus_frame import FocusFrame
from widgets.gizmo import OrientationGizmo
from widgets.overlays import Caption, CornerMask, QualityBadge, WipeHandle

MARGIN = 12
"""Pixels between what floats and the edge of the picture."""
CAPTIONS = {"photo": ("Photo", "Head"), "head before": ("Before", "After")}
"""Of both sides, by what is left of the wipe."""


class ViewerOverlays:
    """The widgets over the canvas of a viewer.

    Attributes:
        gizmo: the compass; badge: the quality; wipe: the handle between both sides of a comparison; notice: a sentence
            in the middle; focus_frame: around the picture while keys turn the head.
    """

    def __init__(self, viewer: QWidget) -> None:
        """Make them, hidden where there is nothing to say yet."""
        self._viewer = viewer
        self.gizmo = OrientationGizmo(viewer)
        self.badge = QualityBadge(viewer)
        self.badge.hide()
        self.wipe = WipeHandle(viewer)
        self.wipe.hide()
        self._left_caption, self._right_caption = Caption("Photo", viewer), Caption("Head", viewer)
        self._corners = [CornerMask(right, bottom, viewer) for right in (False, True) for bottom in (False, True)]
        self.focus_frame = FocusFrame(viewer)
        self.notice = QLabel(viewer)
        self.notice.setProperty("role", "pill")
        self.notice.setAccessibleName("Notice")
        self.notice.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.notice.hide()

    def place(self, square: QRectF, wipe: float, compared: tuple[str, str] | None) -> None:
        """Put all of them where they belong.

        Args:
            square: where the picture is, in the viewer's coordinates.
            wipe: how far the wipe has come, 0..1.
            compared: what is left and right of it; None where nothing is compared.
        """
        viewer = self._viewer
        for corner in self._corners:
            corner.place(viewer.size())
            corner.raise_()
        self.focus_frame.setGeometry(viewer.rect())
        self.focus_frame.raise_()
        self.gizmo.move(viewer.width() - self.gizmo.width() - MARGIN, MARGIN)
        self.badge.move(MARGIN, viewer.height() - self.badge.height() - MARGIN)
        self.notice.move((viewer.width() - self.notice.width()) // 2, (viewer.height() - self.notice.height()) // 2)
        if compared is None and self.wipe.hasFocus():
            viewer.setFocus()  # else Qt gives the keys to whatever comes next
        for one in (self.wipe, self._left_caption, self._right_caption):
            one.setVisible(compared is not None)
        if compared is not None:
            self._place_wipe(square, wipe, compared)

    def _place_wipe(self, square: QRectF, wipe: float, compared: tuple[str, str]) -> None:
        left, right = CAPTIONS[compared[0]]
        self._left_caption.setText(left)
        self._right_caption.setText(right)
        self.wipe.set_compared(*compared)
        x = round(square.x() + wipe * square.width())
        self.wipe.setGeometry(x - WipeHandle.WIDTH // 2, 0, WipeHandle.WIDTH, self._viewer.height())
        self._left_caption.adjustSize()
        self._right_caption.adjustSize()
        self._left_caption.move(max(0, round(square.x())) + MARGIN, MARGIN)
        end = min(round(square.right()), self.gizmo.x()) - MARGIN
        self._right_caption.move(end - self._right_caption.width(), MARGIN)
