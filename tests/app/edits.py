"""Edits of the open document, and waiting for them: what tests of editing share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from core.edit import Edit

LONG = 60_000


def edits_of(studio: Studio) -> tuple[Edit, ...]:
    assert studio.session.project is not None
    return studio.session.project.edits


def wait_for_edits(studio: Studio, count: int, qtbot: QtBot) -> tuple[Edit, ...]:
    qtbot.waitUntil(lambda: len(edits_of(studio)) == count and not studio.edits.is_busy(), timeout=LONG)
    return edits_of(studio)


def wait_until_calm(studio: Studio, qtbot: QtBot) -> None:
    def is_calm() -> bool:
        shown = studio.edited.shown_head()
        return not studio.edits.is_busy() and shown is not None and studio.viewing.known_renderer(shown) is not None

    qtbot.waitUntil(is_calm, timeout=LONG)


def random_reference(studio: Studio, qtbot: QtBot, seed: int = 7) -> str:
    assert studio.session.project is not None
    before = len(studio.session.project.references)
    studio.window.editing.random_reference_requested.emit(seed)
    qtbot.waitUntil(lambda: len(studio.session.project.references) == before + 1, timeout=LONG)  # type: ignore[union-attr]
    return studio.session.project.references[-1].key
