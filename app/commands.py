"""Undo. Projects are immutable values, so undoing a change is putting the former value back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.project import Project

NEVER_MERGED = -1


class ReplaceProject(QUndoCommand):
    """One change of the open project. Changes with the same token fold into one, such as the steps of one search."""

    def __init__(
        self, text: str, before: Project, after: Project, show: Callable[[Project], None], token: int = NEVER_MERGED
    ) -> None:
        super().__init__(text)
        self._before = before
        self._after = after
        self._show = show
        self._token = token

    def redo(self) -> None:
        """Show the project with the change."""
        self._show(self._after)

    def undo(self) -> None:
        """Show the project without it."""
        self._show(self._before)

    def id(self) -> int:
        """What Qt compares before it asks to merge."""
        return self._token

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802  Qt's name
        """Take over what `other` leads to."""
        if not isinstance(other, ReplaceProject) or other._token != self._token:
            return False
        self._after = other._after
        return True
