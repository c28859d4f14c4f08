"""What to export, how, and where to."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from widgets.export_values import EXPORT_FORMATS, ExportFormat, ExportOptions
from widgets.icons import icon
from widgets.parts import GAP, MARGIN, button, buttons_row, label, panel
from widgets.picture_card import PictureCard

_ICON = QSize(30, 30)
_TEXTURES = (512, 1024, 2048, 4096)
_PICTURES = (256, 512, 1024, 2048)


class ExportDialog(QDialog):
    """Emits the ExportOptions the user has agreed to."""

    chosen = Signal(object)

    def __init__(self, start: ExportOptions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setAccessibleName("Export")
        self._format = EXPORT_FORMATS[0]
        self._cards: dict[str, PictureCard] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        middle = QHBoxLayout()
        middle.setSpacing(MARGIN)
        middle.addLayout(self._format_column())
        middle.addWidget(self._options_panel(start), 1)
        column.addLayout(middle, 1)
        column.addLayout(self._path_row(start.path))
        self.export_button = button("Export", "Export", self.accept, kind="primary", icon="export")
        self.export_button.setDefault(True)
        column.addLayout(buttons_row(button("Cancel", "Cancel", self.reject), self.export_button))
        self.choose_format(start.suffix)
        self.setMinimumWidth(660)

    def choose_format(self, suffix: str) -> None:
        """Choose a format by its suffix; the file name follows."""
        self._format = next(one for one in EXPORT_FORMATS if one.suffix == suffix)
        self._cards[suffix].setChecked(True)
        self._title.setText(self._format.title)
        self._purpose.setText(self._format.purpose)
        self._form.setRowVisible(self.texture_box, self._format.has_texture)
        self._form.setRowVisible(self.height_box, self._format.is_mesh)
        self._form.setRowVisible(self.seen_box, self._format.has_seen)
        self._form.setRowVisible(self.picture_box, not self._format.is_mesh)
        self._form.setRowVisible(self.transparent_box, suffix == ".png")
        self._form.setRowVisible(self.seconds_box, self._format.is_video)
        path = Path(self.path_edit.text())
        if path.name:
            self.path_edit.setText(str(path.with_suffix(suffix)))

    def options(self) -> ExportOptions:
        """Return what is chosen now."""
        return ExportOptions(
            path=Path(self.path_edit.text()).expanduser(),
            suffix=self._format.suffix,
            texture_px=int(self.texture_box.currentData()),
            height_mm=self.height_box.value(),
            picture_px=int(self.picture_box.currentData()),
            transparent=self.transparent_box.isChecked(),
            seconds=self.seconds_box.value(),
            seen=self.seen_box.isChecked() and self._format.has_seen,
        )

    def accept(self) -> None:
        """Emit the options and close, if there is a file to write to."""
        options = self.options()
        if not options.path.name:
            self.path_edit.setFocus()
            return
        if options.path.suffix.lower() != options.suffix:
            options = replace(options, path=options.path.with_name(options.path.name + options.suffix))
        self.chosen.emit(options)
        super().accept()

    def _format_column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        group = QButtonGroup(self)
        for one in EXPORT_FORMATS:
            card = PictureCard(one.title, _short(one), _format_pixmap(one, self.devicePixelRatioF()), _ICON)
            card.setCheckable(True)
            card.setMinimumWidth(210)
            card.clicked.connect(lambda _=False, suffix=one.suffix: self.choose_format(suffix))
            group.addButton(card)
            self._cards[one.suffix] = card
            column.addWidget(card)
        column.addStretch(1)
        return column

    def _options_panel(self, start: ExportOptions) -> QWidget:
        made, column = panel()
        self._title = label("", "title")
        self._purpose = label("", "muted", wrap=True)
        self._purpose.setMinimumHeight(40)
        self._purpose.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._title)
        column.addWidget(self._purpose)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(10)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        self.texture_box = _sizes(_TEXTURES, start.texture_px, "Texture size in pixels")
        self.picture_box = _sizes(_PICTURES, start.picture_px, "Picture size in pixels")
        self.height_box = QDoubleSpinBox()
        self.height_box.setRange(1, 10000)
        self.height_box.setDecimals(0)
        self.height_box.setValue(start.height_mm)
        self.height_box.setSuffix(" mm")
        self.height_box.setFixedWidth(130)
        self.height_box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.height_box.setAccessibleName("Height of the head in millimetres")
        self.height_box.setToolTip("From the crown to the lower end of the bust; life size is about 330 mm")
        self.transparent_box = QCheckBox("Transparent background")
        self.transparent_box.setAccessibleName("Transparent background")
        self.transparent_box.setChecked(start.transparent)
        self.seen_box = QCheckBox("What the photo showed, for each vertex")
        self.seen_box.setAccessibleName("What the photo showed, for each vertex")
        self.seen_box.setToolTip("GLB: attribute _SEEN, PLY: property seen; 0 was guessed, 1 was seen in the photo")
        self.seen_box.setChecked(start.seen)
        self.seconds_box = QDoubleSpinBox()
        self.seconds_box.setRange(1, 60)
        self.seconds_box.setDecimals(1)
        self.seconds_box.setValue(start.seconds)
        self.seconds_box.setSuffix(" s")
        self.seconds_box.setFixedWidth(130)
        self.seconds_box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.seconds_box.setAccessibleName("Seconds for one turn")
        self._form.addRow("Texture", self.texture_box)
        self._form.addRow("Height", self.height_box)
        self._form.addRow("Extra", self.seen_box)
        self._form.addRow("Size", self.picture_box)
        self._form.addRow("Background", self.transparent_box)
        self._form.addRow("One turn takes", self.seconds_box)
        column.addSpacing(4)
        column.addLayout(self._form)
        column.addStretch(1)
        return made

    def _path_row(self, path: Path) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GAP)
        self.path_edit = QLineEdit(str(path))
        self.path_edit.setAccessibleName("File to write")
        caption = label("File", "muted")
        caption.setBuddy(self.path_edit)
        row.addWidget(caption)
        row.addWidget(self.path_edit, 1)
        row.addWidget(button("Browse…", "Choose the file to write", self._browse))
        return row

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Export to", self.path_edit.text())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{self._format.title} (*{self._format.suffix})")
        dialog.setDefaultSuffix(self._format.suffix[1:])
        dialog.selectFile(self.path_edit.text())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.path_edit.setText)
        dialog.open()


def _short(one: ExportFormat) -> str:
    if one.is_video:
        return "One full turn"
    if not one.is_mesh:
        return "Current view"
    if one.has_texture:
        return "Mesh with texture"
    return {".ply": "Mesh with vertex colours", ".splat": "Gaussian splats"}.get(one.suffix, "Surface only")


def _format_pixmap(one: ExportFormat, ratio: float) -> QPixmap:
    return icon(one.suffix, QPalette.ColorRole.Highlight).pixmap(_ICON, ratio)


def _sizes(values: tuple[int, ...], chosen: int, name: str) -> QComboBox:
    box = QComboBox()
    for value in values:
        box.addItem(f"{value} px", value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.setFixedWidth(130)
    box.setAccessibleName(name)
    return box
