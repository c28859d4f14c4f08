"""The open document: a project, where it is saved, and the way back through its changes.

The photo, the alignment and the head are undoable. The camera is not: it is taken along when the project is saved.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from app.commands import NEVER_MERGED, ReplaceProject

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.project import Project
    from core.stand_in import StandIn

UNTITLED = "Untitled"


class Session(QObject):
    """Holds the project; `opened` when another document is there, `changed` after every change of any kind.

    Attributes:
        project: the open document, or None.
        path: where it is saved, or None.
        document: a number that tells it from all others, whatever changes in it.
        undo_stack: the way back.
    """

    opened = Signal()
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.path: Path | None = None
        self.document = 0
        self.undo_stack = QUndoStack(self)
        self._tokens = 0
        self._amendments: list[Callable[[Project], Project]] = []
        # a method and not a lambda: Qt drops it before the stack empties itself at the end
        self.undo_stack.cleanChanged.connect(self._tell_changed)

    @property
    def name(self) -> str:
        """What the title bar calls the document."""
        if self.path is not None:
            return self.path.stem
        return Path(self.project.photo.name).stem or UNTITLED if self.project is not None else UNTITLED

    @property
    def is_modified(self) -> bool:
        """Whether closing would lose work."""
        return self.project is not None and not self.undo_stack.isClean()

    def begin(self, project: Project | None, path: Path | None = None, *, modified: bool = False) -> None:
        """Make `project` the open document; nothing leads back to the former one.

        Args:
            project: none closes the document.
            path: where it is saved, none for a new one.
            modified: it holds work that is in no file, as after a crash.
        """
        self.undo_stack.clear()
        if modified:
            self.undo_stack.resetClean()
        self.project, self.path = project, path
        self.document += 1
        self._amendments.clear()
        self.opened.emit()
        self.changed.emit()

    def new_token(self) -> int:
        """A number for changes that fold into one."""
        self._tokens += 1
        return self._tokens

    def replace(self, text: str, *, token: int = NEVER_MERGED, **fields: Any) -> None:  # noqa: ANN401
        """Change fields of the project, undoably, under a name for the menu."""
        if self.project is None:
            return
        if fields.keys() & {"head", "edits", "references"}:
            fields = {"stand_in": None, "view": None, **fields}  # they were made of the former head
        after = dataclasses.replace(self.project, **fields)
        self.undo_stack.push(ReplaceProject(text, self.project, after, self._show, token))

    def amend(self, change: Callable[[Project], Project]) -> None:
        """Change the document in every state that undo and redo lead to; nobody did it, so nothing takes it back.

        Args:
            change: of one state; gives the very same project where there is nothing to change.
        """
        self._amendments.append(change)
        if self.project is None or change(self.project) is self.project:
            return
        if self.undo_stack.isClean():
            self.undo_stack.resetClean()  # the file lacks it
        self._show(self.project)

    def keep_stand_in(self, before: Project, stand_in: StandIn | None) -> None:
        """Keep what was made for the head of `before` while it was saved; no change of the document."""
        if self.project is not None and _same_head(self.project, before) and stand_in is not None:
            self.project = dataclasses.replace(self.project, stand_in=stand_in)

    def saved(self, project: Project, path: Path) -> None:
        """Note that `project` is now in `path`; changes made since keep the document modified."""
        self.path = path
        if self.project is not None and _same_head(self.project, project):
            self.undo_stack.setClean()
        self.changed.emit()

    def _tell_changed(self, _clean: bool) -> None:
        self.changed.emit()

    def _show(self, project: Project) -> None:
        for change in self._amendments:
            project = change(project)
        self.project = project
        self.changed.emit()


def _same_head(one: Project, other: Project) -> bool:
    """Whether both show the same head of the same picture, references and edits included."""
    return (
        one.photo is other.photo
        and one.head is other.head
        and one.edits is other.edits
        and one.references is other.references
    )
