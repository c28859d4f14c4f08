"""A quiet sentence over the viewer, with one thing that can be done about it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from widgets.icons import icon_label
from widgets.model_values import BannerView
from widgets.parts import GAP, button, label


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
        self.action_button = button("", "What to do about it", self.pressed.emit)
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
            self.action_button.setAccessibleName(view.action or "What to do about it")
