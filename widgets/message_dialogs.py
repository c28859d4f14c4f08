"""The short dialogs: something went wrong, unsaved work, about."""

from collections.abc import Callable, Mapping
from importlib import metadata

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from widgets.icons import icon_label, mark
from widgets.parts import GAP, MARGIN, button, buttons_row, label
from widgets.values import UnsavedAnswer

_COMPONENTS = (
    ("PySide6-Essentials", "Qt for Python"),
    ("torch", "PyTorch"),
    ("numpy", "NumPy"),
    ("moderngl", "moderngl"),
    ("pyqtgraph", "PyQtGraph"),
    ("superqt", "superqt"),
    ("qtawesome", "QtAwesome, Phosphor icons"),
    ("trimesh", "trimesh"),
    ("xatlas", "xatlas"),
    ("av", "PyAV"),
    ("safetensors", "safetensors"),
)


class ErrorDialog(QDialog):
    """One sentence, one hint, and the details for a report."""

    def __init__(self, message: str, hint: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Volteface")
        self.setAccessibleName("Error")
        self.setAccessibleDescription(f"{message} {hint}".strip())
        self._text = "\n".join(part for part in (message, hint, details) if part)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, MARGIN)
        column.setSpacing(MARGIN)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(icon_label("error", 36, QPalette.ColorRole.BrightText), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(label(message, "title", wrap=True))
        if hint:
            words.addWidget(label(hint, "muted", wrap=True))
        row.addLayout(words, 1)
        column.addLayout(row)
        foot = QHBoxLayout()
        foot.setSpacing(GAP)
        if details:
            shown = QPlainTextEdit(details)
            shown.setReadOnly(True)
            shown.setAccessibleName("Details")
            shown.setFixedHeight(120)
            column.addWidget(shown)
            foot.addWidget(button("Copy details", "Copy the details", self._copy, kind="quiet", icon="copy"))
        foot.addStretch(1)
        close = button("Close", "Close", self.accept, kind="primary")
        close.setDefault(True)
        foot.addWidget(close)
        column.addLayout(foot)
        self.setMinimumWidth(460)
        self.setMaximumWidth(640)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)


class UnsavedDialog(QDialog):
    """Asks what to do with unsaved work; answers exactly once."""

    def __init__(self, name: str, then: Callable[[UnsavedAnswer], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Unsaved work")
        self.setAccessibleName("Unsaved work")
        self._then = then
        self._answer = UnsavedAnswer.CANCEL
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, MARGIN)
        column.setSpacing(6)
        column.addWidget(label(f"Save the changes to “{name}”?", "title", wrap=True))
        column.addWidget(label("Without saving, what was done since the last save is lost.", "muted", wrap=True))
        column.addSpacing(MARGIN)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(
            button("Discard", "Discard the changes", lambda: self._finish(UnsavedAnswer.DISCARD), kind="quiet")
        )
        row.addStretch(1)
        row.addWidget(button("Cancel", "Cancel", self.reject))
        save = button("Save", "Save the changes", lambda: self._finish(UnsavedAnswer.SAVE), kind="primary")
        save.setDefault(True)
        row.addWidget(save)
        column.addLayout(row)
        self.setMinimumWidth(420)
        self.finished.connect(lambda: self._then(self._answer))

    def _finish(self, answer: UnsavedAnswer) -> None:
        self._answer = answer
        self.accept()


class AboutDialog(QDialog):
    """The program, its version, and whose work it stands on."""

    def __init__(self, facts: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Volteface")
        self.setAccessibleName("About Volteface")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, MARGIN)
        column.setSpacing(GAP)
        emblem = QLabel()
        emblem.setPixmap(mark(72, self.devicePixelRatioF()))
        emblem.setAccessibleName("Volteface")
        column.addWidget(emblem, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(label("Volteface", "heading"), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(
            label("One portrait in, a full head out. Apache-2.0.", "muted"), 0, Qt.AlignmentFlag.AlignHCenter
        )
        column.addSpacing(8)
        form = QFormLayout()
        form.setHorizontalSpacing(20)
        form.setVerticalSpacing(4)
        for name, text in facts.items():
            shown = label(text, wrap=True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            shown.setAccessibleName(f"{name}: {text}")
            form.addRow(label(name, "muted"), shown)
        column.addLayout(form)
        column.addSpacing(4)
        column.addWidget(label("With thanks to", "section"))
        licences = QPlainTextEdit("\n".join(component_licences()))
        licences.setReadOnly(True)
        licences.setAccessibleName("Licences of the components")
        column.addWidget(licences, 1)
        close = button("Close", "Close", self.accept, kind="primary")
        close.setDefault(True)
        column.addLayout(buttons_row(close))
        close.setFocus()
        self.resize(540, 580)


def component_licences() -> list[str]:
    """Return one line for each component that is installed: title, version, licence as its package declares it."""
    lines = []
    for package, title in _COMPONENTS:
        try:
            found = metadata.metadata(package)
        except metadata.PackageNotFoundError:
            continue
        fields = found.json
        licence = str(fields.get("license_expression") or fields.get("license") or "")
        if not licence or len(licence) > 60 or "\n" in licence:
            classifiers = [str(one) for one in fields.get("classifier", [])]
            licence = next((one.split("::")[-1].strip() for one in classifiers if one.startswith("License")), "")
        lines.append(f"{title} {fields.get('version', '')}  ·  {licence or 'see the package'}")
    return lines
