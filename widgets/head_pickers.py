"""What the next head is made with: a model and a method, each with its licence, and the button that makes it.

One entry is no choice, so with a single model and a single method nothing of this shows.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QVBoxLayout, QWidget

from widgets.model_values import ChoiceView, PickersView
from widgets.parts import GAP, button, label


class HeadPickers(QWidget):
    """Shows a PickersView.

    Signals:
        chosen: names of the model and of the method, chosen by hand.
        effort_chosen: name of how long a search may take, chosen by hand.
        commercial_only_changed: whether models that allow no commercial use are hidden.
        make_requested: make the head of the present photo with what is chosen.
    """

    chosen = Signal(str, str)
    effort_chosen = Signal(str)
    commercial_only_changed = Signal(bool)
    make_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = PickersView()
        self._wanted = True
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(6)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.generator_box = _picker("Model")
        self.method_box = _picker("Method")
        self._form.addRow(label("Model", "muted"), self.generator_box)
        self._form.addRow(label("Method", "muted"), self.method_box)
        self.effort_box = _picker("Quality")
        self._form.addRow(label("Quality", "muted"), self.effort_box)
        column.addLayout(self._form)
        self.commercial_box = QCheckBox("Commercial use only")
        self.commercial_box.setAccessibleName("Commercial use only")
        self.commercial_box.setToolTip("Hide models whose licence does not let you sell what you make")
        column.addWidget(self.commercial_box)
        self.make_button = button("", "Make the head again", self.make_requested.emit, kind="primary", icon="improve")
        column.addWidget(self.make_button)
        self.generator_box.activated.connect(self._chosen)
        self.method_box.activated.connect(self._chosen)
        self.effort_box.activated.connect(lambda _index: self.effort_chosen.emit(str(self.effort_box.currentData())))
        self.commercial_box.toggled.connect(self._filter)
        self.set_view(self._view)

    @property
    def has_generators(self) -> bool:
        """Whether there is a choice of models."""
        return len(self._view.generators) > 1 or bool(self._view.missing)

    @property
    def has_methods(self) -> bool:
        """Whether there is a choice of methods."""
        return len(self._view.methods) > 1

    def set_wanted(self, wanted: bool) -> None:
        """Whether a search could be made with what is chosen: a random head has no photo to be searched for."""
        if wanted is not self._wanted:
            self._wanted = wanted
            self.set_view(self._view)

    def set_view(self, view: PickersView) -> None:
        """Show these entries and this choice; nothing is emitted."""
        self._view = view
        shown = tuple(one for one in view.generators if one.commercial or not view.commercial_only)
        _fill(self.generator_box, shown, "" if view.missing else view.generator, view.missing)
        _fill(self.method_box, view.methods, view.method, "")
        _fill(self.effort_box, view.efforts, view.effort, "")
        self.commercial_box.blockSignals(True)
        self.commercial_box.setChecked(view.commercial_only)
        self.commercial_box.blockSignals(False)
        self.commercial_box.setVisible(any(not one.commercial for one in view.generators))
        self._form.setRowVisible(self.generator_box, self.has_generators)
        self._form.setRowVisible(self.method_box, self.has_methods)
        self._form.setRowVisible(self.effort_box, len(view.efforts) > 1)
        self.make_button.setVisible(bool(view.offer))
        self.make_button.setText(f" {view.offer}")
        self.make_button.setAccessibleName(view.offer or "Make the head again")
        is_choice = self.has_generators or self.has_methods or len(view.efforts) > 1
        self.setVisible((self._wanted and is_choice) or bool(view.offer) or bool(view.missing))

    def _chosen(self, _index: int) -> None:
        generator = self.generator_box.currentData() or self._view.generator
        self.chosen.emit(str(generator), str(self.method_box.currentData() or self._view.method))

    def _filter(self, on: bool) -> None:
        self.commercial_only_changed.emit(on)


def _picker(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box


def _fill(box: QComboBox, choices: tuple[ChoiceView, ...], chosen: str, missing: str) -> None:
    model = QStandardItemModel(box)
    for choice in choices:
        words = "  ·  ".join(filter(None, (choice.title, choice.licence)))
        item = QStandardItem(f"{words}  ({choice.reason})" if choice.reason else words)
        item.setData(choice.name, Qt.ItemDataRole.UserRole)
        item.setToolTip(choice.reason or choice.meaning or words)
        item.setEnabled(not choice.reason)
        model.appendRow(item)
    box.setModel(model)
    box.setPlaceholderText(missing)
    box.setCurrentIndex(box.findData(chosen) if chosen else -1)
    box.setToolTip(str(box.currentData(Qt.ItemDataRole.ToolTipRole) or missing))
