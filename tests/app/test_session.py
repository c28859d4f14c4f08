from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.session import Session
from core.camera import Camera
from core.photo import Photo
from core.project import Project
from tests.fakes import tiny_head


def _project(name: str = "ada.png") -> Project:
    return Project(photo=Photo.from_array(np.zeros((32, 32, 3), dtype=np.uint8), name), camera=Camera.orbit())


@pytest.fixture
def session(qapp: object) -> Session:
    return Session()


def test_an_empty_session_has_nothing_to_lose(session: Session) -> None:
    assert (session.name, session.is_modified, session.undo_stack.canUndo()) == ("Untitled", False, False)
    session.replace("Nothing", head=tiny_head())
    assert session.project is None


def test_a_new_document_is_named_after_its_photo_and_unmodified(session: Session) -> None:
    session.begin(_project("ada.png"))
    assert (session.name, session.is_modified) == ("ada", False)


def test_changes_can_be_undone_and_redone(session: Session) -> None:
    session.begin(_project())
    first, second = tiny_head(1), tiny_head(2)
    session.replace("Make head", head=first)
    session.replace("Improve head", head=second)
    assert session.is_modified
    assert session.undo_stack.undoText() == "Improve head"
    session.undo_stack.undo()
    assert session.project is not None
    assert session.project.head is first
    session.undo_stack.undo()
    assert session.project.head is None
    assert not session.is_modified
    session.undo_stack.redo()
    session.undo_stack.redo()
    assert session.project.head is second


def test_changes_with_one_token_fold_into_one(session: Session) -> None:
    session.begin(_project())
    session.replace("Make head", head=tiny_head(1), token=session.new_token())
    token = session.new_token()
    for seed in (2, 3, 4):
        session.replace("Improve head", head=tiny_head(seed), token=token)
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert session.project is not None
    assert session.project.head == tiny_head(1)
    session.undo_stack.redo()
    assert session.project.head == tiny_head(4)


def test_saving_makes_it_unmodified_unless_it_changed_meanwhile(session: Session) -> None:
    session.begin(_project())
    session.replace("Make head", head=tiny_head(1))
    written = session.project
    assert written is not None
    session.saved(written, Path("/there/a.volteface"))
    assert (session.is_modified, session.name) == (False, "a")
    session.replace("Improve head", head=tiny_head(2))
    session.saved(written, Path("/there/a.volteface"))
    assert session.is_modified


def test_a_fold_after_a_save_is_a_change_of_its_own(session: Session) -> None:
    session.begin(_project())
    token = session.new_token()
    session.replace("Improve head", head=tiny_head(1), token=token)
    assert session.project is not None
    session.saved(session.project, Path("/there/a.volteface"))
    session.replace("Improve head", head=tiny_head(2), token=token)
    assert session.is_modified
    session.undo_stack.undo()
    assert session.project.head == tiny_head(1)
    assert not session.is_modified


def test_restored_work_is_modified_whatever_is_undone(session: Session) -> None:
    session.begin(_project(), Path("/there/a.volteface"), modified=True)
    assert session.is_modified
    session.replace("Make head", head=tiny_head(1))
    session.undo_stack.undo()
    assert session.is_modified


def test_another_document_leaves_no_way_back(session: Session) -> None:
    session.begin(_project())
    session.replace("Make head", head=tiny_head(1))
    session.begin(_project("grace.png"))
    assert not session.undo_stack.canUndo()
    session.begin(None)
    assert session.project is None
    assert not session.is_modified


def test_every_change_is_told(session: Session) -> None:
    told: list[str] = []
    session.changed.connect(lambda: told.append("changed"))
    session.opened.connect(lambda: told.append("opened"))
    session.begin(_project())
    assert "opened" in told
    told.clear()
    session.replace("Make head", head=tiny_head(1))
    assert "changed" in told
