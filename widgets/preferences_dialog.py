"""The user's choices."""

import os
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QFormLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from superqt import QLabeledSlider

from core.frame import Quality
from widgets.parts import GAP, MARGIN, button, buttons_row, label, panel
from widgets.values import Preferences, Theme

_THEMES = ((Theme.DARK, "Dark"), (Theme.LIGHT, "Light"), (Theme.SYSTEM, "As the system"))
_QUALITIES = (
    (Quality.EXACT, "Best: after two or three seconds"),
    (Quality.NEAR, "Good: at once"),
    (Quality.PREVIEW, "Preview: for slow machines"),
)


class PreferencesDialog(QDialog):
    """Emits the Preferences the user has agreed to."""

    chosen = Signal(object)

    def __init__(self, start: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.setAccessibleName("Preferences")
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        self.theme_box = QComboBox()
        for theme, text in _THEMES:
            self.theme_box.addItem(text, theme)
        self.theme_box.setCurrentIndex([theme for theme, _ in _THEMES].index(start.theme))
        self.theme_box.setAccessibleName("Theme")
        self.quality_box = QComboBox()
        for quality, text in _QUALITIES:
            self.quality_box.addItem(text, quality)
        self.quality_box.setCurrentIndex([quality for quality, _ in _QUALITIES].index(start.release_quality))
        self.quality_box.setAccessibleName("Quality after moving")
        self.threads_slider = _slider("Processor threads, 0 for automatic", os.cpu_count() or 1, start.threads)
        self.autosave_slider = _slider("Minutes between autosaves, 0 for never", 15, start.autosave_minutes)
        self.folder_edit = QLineEdit(str(start.default_folder))
        self.folder_edit.setAccessibleName("Default folder")
        folder = QHBoxLayout()
        folder.setSpacing(GAP)
        folder.addWidget(self.folder_edit, 1)
        folder.addWidget(button("Browse…", "Choose the default folder", self._browse))
        made, inside = panel()
        inside.addLayout(
            _form(
                ("Theme", self.theme_box, ""),
                ("Picture after moving", self.quality_box, ""),
                (
                    "Processor threads",
                    self.threads_slider,
                    "0 is automatic: all cores but one, which the window keeps.",
                ),
                ("Autosave, minutes", self.autosave_slider, "0 turns autosave and crash recovery off."),
                ("Default folder", folder, ""),
            )
        )
        column.addWidget(made)
        column.addStretch(1)
        save = button("Save", "Save the preferences", self.accept, kind="primary")
        save.setDefault(True)
        column.addLayout(buttons_row(button("Cancel", "Cancel", self.reject), save))
        self.setMinimumWidth(560)

    def preferences(self) -> Preferences:
        """Return what is chosen now."""
        return Preferences(
            theme=Theme(self.theme_box.currentData()),
            threads=int(self.threads_slider.value()),
            autosave_minutes=int(self.autosave_slider.value()),
            release_quality=Quality(self.quality_box.currentData()),
            default_folder=Path(self.folder_edit.text()).expanduser(),
        )

    def accept(self) -> None:
        """Emit the preferences and close."""
        self.chosen.emit(self.preferences())
        super().accept()

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Default folder", self.folder_edit.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.folder_edit.setText)
        dialog.open()


def _slider(name: str, most: int, value: int) -> QLabeledSlider:
    slider = QLabeledSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, max(most, value))
    slider.setValue(value)
    slider.setAccessibleName(name)
    return slider


def _form(*rows: tuple[str, QWidget | QHBoxLayout, str]) -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(18)
    form.setVerticalSpacing(12)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for name, field, hint in rows:
        column = QVBoxLayout()
        column.setSpacing(2)
        if isinstance(field, QWidget):
            column.addWidget(field)
        else:
            column.addLayout(field)
        if hint:
            column.addWidget(label(hint, "muted"))
        form.addRow(name, column)
    return form
