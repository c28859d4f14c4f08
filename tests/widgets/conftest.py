"""What tests of widgets share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from widgets.studio_window import StudioWindow
from widgets.theme import apply_theme
from widgets.values import Preferences, Theme

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[StudioWindow]:
    apply_theme(qapp, Theme.DARK)
    made = StudioWindow(Preferences(default_folder=tmp_path), gl=False)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close_now()
