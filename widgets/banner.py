"""A quiet sentence over the viewer's picture, with one thing that can be done about it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from widgets.icons import icon_label
from widgets.parts import GAP, button, label
from widgets.values import BannerView

_WIDEST = 720


class Banner(QFrame):
    """Shows a BannerView."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Notice about the head")
        self._view: BannerView | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(GAP + 2)
        row.addWidget(icon_label("about", 18), 0, Qt.AlignmentFlag.AlignVCenter)
        self._text = label("", wrap=True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row.addWidget(self._text, 1)
        self.action_button = button("", "", self.pressed.emit)
        row.addWidget(self.action_button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    @property
    def view(self) -> BannerView | None:
        """What it says now."""
        return self._view

    def set_view(self, view: BannerView | None) -> None:
        """Say this; None hides it."""
        self._view = view
        self.setVisible(view is not None)
        if view is not None:
            self._text.setText(view.text)
            self.setAccessibleDescription(view.text)
            self.action_button.setVisible(bool(view.action))
            self.action_button.setText(view.action)
            self.action_button.setAccessibleName(view.action)

    def place(self, room: int, left: int, top: int) -> None:
        """Take a place in so much room, on one line where it fits."""
        words = self._text.fontMetrics().horizontalAdvance(self._text.text())
        rest = 70 + (self.action_button.sizeHint().width() if self.action_button.isVisibleTo(self) else 0)
        width = min(_WIDEST, room, words + rest)
        self.setGeometry(left + (room - width) // 2, top, width, self.heightForWidth(width))
