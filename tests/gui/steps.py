"""What a person does with the window, and what they wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from tests.app.dialogs import dialog_shown
from widgets.message_dialogs import UnsavedDialog
from widgets.values import UnsavedAnswer

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from core.head import Head
    from core.project import Project

LONG = 60_000


def photo_at(path: Path) -> Path:
    pixels = np.tile(np.linspace(0, 255, 64, dtype=np.uint8)[None, :, None], (48, 1, 3))
    Image.fromarray(pixels).save(path)
    return path


def drop(studio: Studio, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(200, 200), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(studio.window, enter)
    assert enter.isAccepted()
    dropped = QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(studio.window, dropped)


def wait_for_head(studio: Studio, qtbot: QtBot) -> None:
    """Until the open document has a head and nothing works on it."""
    qtbot.waitUntil(
        lambda: (
            studio.session.project is not None
            and studio.session.project.head is not None
            and not studio.making.is_busy
            and not studio.files.is_busy()
        ),
        timeout=LONG,
    )


def make_head_of(studio: Studio, photo: Path, qtbot: QtBot) -> None:
    """Drop the photo on the window and wait for its head."""
    drop(studio, photo)
    wait_for_head(studio, qtbot)


def discard_unsaved(studio: Studio, qtbot: QtBot) -> None:
    dialog_shown(studio, UnsavedDialog, qtbot)._finish(UnsavedAnswer.DISCARD)


def project_of(studio: Studio) -> Project:
    assert studio.session.project is not None
    return studio.session.project


def head_of(studio: Studio) -> Head:
    head = project_of(studio).head
    assert head is not None
    return head
