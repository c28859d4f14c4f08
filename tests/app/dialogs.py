"""Dialogs that a studio shows in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.message_dialogs import ErrorDialog

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.studio import Studio

WAIT_MS = 60_000


def error_shown(studio: Studio, qtbot: QtBot) -> str:
    """The words of the next error that is shown, which is closed."""

    def shown() -> list[ErrorDialog]:
        return [one for one in studio.window.findChildren(ErrorDialog) if one.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()), timeout=WAIT_MS)
    words = shown()[0].accessibleDescription()
    shown()[0].close()
    qtbot.wait(20)
    return words
