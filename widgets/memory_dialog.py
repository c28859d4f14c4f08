"""A model that will not fit: the numbers, and the ways to use it all the same."""

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QFormLayout, QVBoxLayout, QWidget

from widgets.model_values import MemoryAnswer, MemoryView
from widgets.models_table import size_in_words
from widgets.parts import GAP, MARGIN, button, buttons_row, label


class MemoryDialog(QDialog):
    """Asks how to use a model that will not fit; answers exactly once."""

    def __init__(self, view: MemoryView, then: Callable[[MemoryAnswer], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Not enough memory")
        sentence = (
            f"{view.title} needs {size_in_words(view.need_bytes)} of memory, "
            f"and {size_in_words(view.free_bytes)} are free."
        )
        self.setAccessibleName("Not enough memory")
        self.setAccessibleDescription(sentence)
        self._then = then
        self._answer = MemoryAnswer.CANCEL
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(label(sentence, "title", wrap=True))
        column.addWidget(label("Close other programs, or use less of it:", "muted", wrap=True))
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(GAP)
        ways = (
            (MemoryAnswer.HALF, "Half precision", view.half_bytes, "Colours may differ a little."),
            (
                MemoryAnswer.SMALLER,
                f"{view.smaller_px} px rays",
                view.smaller_bytes,
                "Details become softer; outlines stay.",
            ),
            (MemoryAnswer.ANYWAY, "Try all of it", view.need_bytes, "Other programs may be slowed down."),
        )
        for answer, title, need, effect in ways:
            made = button(title, title, lambda answer=answer: self._finish(answer))  # type: ignore[misc]
            made.setMinimumWidth(150)
            fits = "fits" if need <= view.free_bytes else "does not fit"
            form.addRow(made, label(f"{size_in_words(need)}, {fits}. {effect}", "muted"))
        column.addLayout(form)
        column.addSpacing(GAP)
        column.addLayout(buttons_row(button("Cancel", "Cancel", self.reject)))
        self.setMinimumWidth(480)
        self.finished.connect(lambda: self._then(self._answer))

    def _finish(self, answer: MemoryAnswer) -> None:
        self._answer = answer
        self.accept()
