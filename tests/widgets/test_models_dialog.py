"""What the models dialog, the pickers and the banner show, without an application behind them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QTableWidget, QTableWidgetItem, QWidget

from widgets.banner import Banner
from widgets.head_pickers import HeadPickers
from widgets.memory_dialog import MemoryDialog
from widgets.model_values import BannerView, ChoiceView, MemoryAnswer, MemoryView, ModelsView, ModelView, PickersView
from widgets.models_dialog import ModelsDialog
from widgets.models_table import size_in_words
from widgets.values import JobView

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

ROWS = (
    ModelView("mini", "head model", "Volteface Mini", "Apache-2.0", need_bytes=640_000_000),
    ModelView(
        "panohead", "head model", "PanoHead", "CC-BY-NC", commercial=False, size_bytes=218_000_000,
        need_bytes=1_200_000_000, state="damaged", note="Remove it and add it again.", removable=True,
    ),
)  # fmt: skip
MINI, PANOHEAD = (
    ChoiceView("mini", "Volteface Mini", "Apache-2.0"),
    ChoiceView("panohead", "PanoHead", "CC-BY-NC", False),
)


def names_missing(window: QWidget) -> list[str]:
    kinds = (QAbstractButton, QComboBox, QTableWidget)
    return [
        type(one).__name__
        for kind in kinds
        for one in window.findChildren(kind)
        if not one.accessibleName()
        and not one.objectName().startswith("qt_")
        # the corner of a table is Qt's own
        and type(one).__name__ != "QAbstractButton"
    ]


def cell(dialog: ModelsDialog, row: int, column: int) -> QTableWidgetItem:
    found = dialog.table.item(row, column)
    assert found is not None
    return found


@pytest.fixture
def dialog(qtbot: QtBot) -> ModelsDialog:
    made = ModelsDialog(ModelsView(ROWS, Path("models")))
    qtbot.addWidget(made)
    return made


def test_every_control_has_an_accessible_name(dialog: ModelsDialog, qtbot: QtBot) -> None:
    memory = MemoryDialog(MemoryView("PanoHead", 1, 2, 3, 4, 32), lambda _answer: None)
    pickers = HeadPickers()
    pickers.set_view(PickersView((MINI, PANOHEAD), generator="mini", offer="Make again"))
    for one in (memory, pickers):
        qtbot.addWidget(one)
    assert names_missing(dialog) == names_missing(memory) == names_missing(pickers) == []


def test_the_table_tells_licence_size_memory_and_state(dialog: ModelsDialog) -> None:
    texts = [cell(dialog, 1, column).text() for column in range(dialog.table.columnCount())]
    assert texts == ["PanoHead", "Head model", "CC-BY-NC", "218 MB", "1.2 GB", "Damaged"]
    assert "No commercial use" in cell(dialog, 1, 2).toolTip()
    assert "Commercial use is allowed" in cell(dialog, 0, 2).toolTip()
    assert cell(dialog, 1, 5).toolTip() == "Remove it and add it again."


def test_a_refresh_keeps_the_selection_and_the_question(dialog: ModelsDialog) -> None:
    dialog.table.selectRow(1)
    dialog.remove_button.click()
    assert "Really remove PanoHead?" in dialog.remove_button.text()
    dialog.set_view(ModelsView(ROWS, Path("models")))
    assert dialog.table.currentRow() == 1
    dialog.table.selectRow(0)
    assert "Really" not in dialog.remove_button.text()


def test_progress_shows_and_everything_else_waits(dialog: ModelsDialog, qtbot: QtBot) -> None:
    dialog.table.selectRow(1)
    dialog.set_job(JobView("model-1", "Adding x.pkl", "Reading the file", 1, 4))
    assert not dialog.add_button.isEnabled()
    assert not dialog.remove_button.isEnabled()
    with qtbot.waitSignal(dialog.stop_requested) as stopped:
        dialog.cancel_button.click()
    assert stopped.args == ["model-1"]
    dialog.set_job(None)
    assert dialog.add_button.isEnabled()


def test_pickers_are_hidden_where_there_is_no_choice(qtbot: QtBot) -> None:
    pickers = HeadPickers()
    qtbot.addWidget(pickers)
    one = ChoiceView("pivotal", "Search and tuning")
    pickers.set_view(PickersView((MINI,), (one,), "mini", "pivotal"))
    assert pickers.isHidden()
    pickers.set_view(PickersView((MINI,), (one,), "mini", "pivotal", missing="PanoHead (not installed)"))
    assert not pickers.isHidden()
    assert pickers.generator_box.currentIndex() == -1
    assert pickers.generator_box.placeholderText() == "PanoHead (not installed)"
    assert pickers.commercial_box.isHidden()
    pickers.set_view(PickersView((MINI, PANOHEAD), (one,), "panohead", "pivotal"))
    assert pickers.generator_box.currentData() == "panohead"
    assert not pickers.commercial_box.isHidden()


def test_a_pick_is_told_once_and_showing_tells_nothing(qtbot: QtBot) -> None:
    pickers = HeadPickers()
    qtbot.addWidget(pickers)
    told: list[tuple[str, str]] = []
    pickers.chosen.connect(lambda generator, method: told.append((generator, method)))
    pickers.set_view(PickersView((MINI, PANOHEAD), generator="mini", method="pivotal"))
    assert told == []
    pickers.generator_box.setCurrentIndex(1)
    pickers.generator_box.activated.emit(1)
    assert told == [("panohead", "pivotal")]


def test_the_banner_says_and_offers(qtbot: QtBot) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    assert banner.isHidden()
    banner.set_view(BannerView("Made with PanoHead.", "Make again"))
    assert not banner.isHidden()
    with qtbot.waitSignal(banner.pressed):
        banner.action_button.click()
    banner.set_view(BannerView("Only a word."))
    assert banner.action_button.isHidden()
    banner.set_view(None)
    assert banner.isHidden()


@pytest.mark.parametrize(("press", "answer"), [("Half precision", MemoryAnswer.HALF), ("", MemoryAnswer.CANCEL)])
def test_the_memory_question_is_answered_once(press: str, answer: MemoryAnswer, qtbot: QtBot) -> None:
    told: list[MemoryAnswer] = []
    dialog = MemoryDialog(MemoryView("PanoHead", 900_000_000, 1_500_000_000, 700_000_000, 800_000_000, 32), told.append)
    qtbot.addWidget(dialog)
    dialog.open()
    if press:
        next(one for one in dialog.findChildren(QAbstractButton) if one.accessibleName() == press).click()
    else:
        dialog.reject()
    assert told == [answer]


def test_sizes_in_words() -> None:
    assert [size_in_words(n) for n in (0, 1, 36_400_000, 1_234_000_000)] == ["", "1 MB", "36 MB", "1.2 GB"]
