"""Dialogs that a studio shows in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.message_dialogs import ErrorDialog

if TYPE_CHECKING:
    from typing import TypeVar

    from PySide6.QtWidgets import QDialog
    from pytestqt.qtbot import QtBot

    from app.studio import Studio

    Kind = TypeVar("Kind", bound=QDialog)

WAIT_MS = 60_000


def dialog_shown(studio: Studio, kind: type[Kind], qtbot: QtBot) -> Kind:
    """The next dialog of a kind that is shown."""

    def shown() -> list[Kind]:
        return [dialog for dialog in studio.window.findChildren(kind) if dialog.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()), timeout=WAIT_MS)
    return shown()[0]


def error_shown(studio: Studio, qtbot: QtBot) -> str:
    """The words of the next error that is shown, which is closed."""
    dialog = dialog_shown(studio, ErrorDialog, qtbot)
    words = dialog.accessibleDescription()
    dialog.close()
    qtbot.wait(20)
    return words
