"""Random heads get their form while they are looked at and worked on: nothing that a person made is lost."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.edit import Paint, Reshape
from core.errors import VoltefaceError
from core.frame import Quality
from core.project import Project
from tests.app.studio_fakes import FORMED, Workshop, studio_in
from widgets.edit_values import Strokes
from widgets.message_dialogs import ErrorDialog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from core.head import Head

LONG = 60_000


@pytest.fixture
def workshop() -> Workshop:
    made = Workshop()
    made.slow_to_form.set()
    return made


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, workshop: Workshop) -> Iterator[Studio]:
    with studio_in(tmp_path, qtbot, workshop.engines()) as made:
        made.start()
        yield made
        workshop.slow_to_form.clear()


@pytest.fixture
def drawn(studio: Studio, qtbot: QtBot) -> Head:
    """The open random head before its form."""
    studio.window.random_requested.emit()
    qtbot.waitUntil(lambda: studio.viewing.frame is not None and studio.session.project is not None, timeout=LONG)
    return _head(studio)


def _project(studio: Studio) -> Project:
    assert studio.session.project is not None
    return studio.session.project


def _head(studio: Studio) -> Head:
    head = _project(studio).head
    assert head is not None
    return head


def _look_closely(studio: Studio, qtbot: QtBot) -> None:
    """Wait for the fine picture, which changes the document once more."""
    qtbot.waitUntil(
        lambda: studio.viewing.frame is not None and studio.viewing.frame.quality >= Quality.NEAR, timeout=LONG
    )


def _formed(studio: Studio, workshop: Workshop, qtbot: QtBot) -> None:
    workshop.slow_to_form.clear()
    qtbot.waitUntil(lambda: not studio.forms.is_busy(), timeout=LONG)


def test_a_random_head_is_looked_at_before_it_has_its_form(
    studio: Studio, drawn: Head, workshop: Workshop, qtbot: QtBot
) -> None:
    assert drawn.seed < FORMED
    assert studio.forms.is_busy()
    turned = studio.window.camera().orbited(0.5, 0.1)
    studio.window.set_camera(turned)
    studio.window.camera_changed.emit(turned, False)
    _formed(studio, workshop, qtbot)
    assert _head(studio).seed == drawn.seed + FORMED
    assert studio.edited.shown_head() is _head(studio)
    assert studio.window.camera() == turned, "nobody turned it but the person"
    assert not studio.session.undo_stack.canUndo(), "nobody did it, so nothing takes it back"
    assert "forms" in workshop.threads
    qtbot.waitUntil(lambda: studio.viewing.frame is not None and studio.viewing.frame.camera == turned, timeout=LONG)


def test_the_document_has_a_rough_picture_only_until_there_is_a_fine_one(
    studio: Studio, drawn: Head, qtbot: QtBot
) -> None:
    name = _project(studio).photo.name
    qtbot.waitUntil(
        lambda: studio.viewing.frame is not None and studio.viewing.frame.quality >= Quality.NEAR, timeout=LONG
    )
    assert studio.forms.is_busy()
    qtbot.waitUntil(lambda: bool(np.ptp(_project(studio).photo.pixels)), timeout=LONG)
    assert _project(studio).photo.name == name
    assert _head(studio) is drawn


def test_edits_that_were_made_meanwhile_lie_on_the_head_with_its_form(
    studio: Studio, drawn: Head, workshop: Workshop, qtbot: QtBot
) -> None:
    studio.window.editing.slider_moved.emit("smile", 1.0, False)
    qtbot.waitUntil(lambda: studio.edited.shown_head() is not drawn and not studio.edits.is_busy(), timeout=LONG)
    before = studio.edited.shown_head()
    _formed(studio, workshop, qtbot)
    assert [type(edit) for edit in _project(studio).edits] == [Reshape]
    qtbot.waitUntil(lambda: studio.edited.shown_head() is not before and not studio.edits.is_busy(), timeout=LONG)
    undo = studio.session.undo_stack
    assert (undo.count(), undo.canUndo()) == (1, True)
    undo.undo()
    assert _project(studio).edits == ()
    assert _head(studio).seed == drawn.seed + FORMED, "there is no way back to the head without its form"
    undo.redo()
    assert len(_project(studio).edits) == 1
    assert _head(studio).seed == drawn.seed + FORMED


def test_an_edit_that_is_being_tried_is_kept(studio: Studio, drawn: Head, workshop: Workshop, qtbot: QtBot) -> None:
    del drawn
    workshop.fold_seconds = 0.4
    studio.window.editing.part_removed.emit("hair")
    qtbot.waitUntil(studio.edits.is_busy, timeout=LONG)
    _formed(studio, workshop, qtbot)
    assert studio.edits.is_busy()
    qtbot.waitUntil(lambda: len(_project(studio).edits) == 1 and not studio.edits.is_busy(), timeout=LONG)
    assert _head(studio).seed >= FORMED


def test_paint_keeps_the_surface_that_it_was_laid_on(
    studio: Studio, drawn: Head, workshop: Workshop, qtbot: QtBot
) -> None:
    frame = studio.viewing.frame
    assert frame is not None
    picture = np.zeros((32, 32, 4), np.uint8)
    picture[8:24, 8:24] = (255, 0, 0, 255)
    studio.window.editing.painted.emit(Strokes(picture, frame))
    qtbot.waitUntil(lambda: len(_project(studio).edits) == 1, timeout=LONG)
    _formed(studio, workshop, qtbot)
    assert isinstance(_project(studio).edits[0], Paint)
    assert _head(studio) is drawn
    studio.session.undo_stack.undo()
    assert _head(studio).seed == drawn.seed + FORMED
    studio.session.undo_stack.redo()
    assert _head(studio) is drawn


def test_what_was_saved_without_the_form_is_to_be_saved_again(
    studio: Studio, drawn: Head, workshop: Workshop, tmp_path: Path, qtbot: QtBot
) -> None:
    _look_closely(studio, qtbot)
    path = tmp_path / "bo.volteface"
    studio.window.save_requested.emit(path)
    qtbot.waitUntil(lambda: not studio.session.is_modified, timeout=LONG)
    _formed(studio, workshop, qtbot)
    assert studio.session.is_modified
    studio.window.save_requested.emit(path)
    qtbot.waitUntil(lambda: not studio.session.is_modified, timeout=LONG)
    head = Project.load(path).head
    assert head is not None
    assert head.seed == drawn.seed + FORMED


@pytest.mark.parametrize("another", [False, True])
def test_a_document_that_is_gone_gets_no_form_and_no_error(
    studio: Studio, drawn: Head, workshop: Workshop, qtbot: QtBot, another: bool
) -> None:
    _look_closely(studio, qtbot)
    studio.session.undo_stack.setClean()
    if another:
        studio.window.random_requested.emit()
        qtbot.waitUntil(lambda: studio.session.document == 2, timeout=LONG)
    else:
        studio.opening.close_document()
    _formed(studio, workshop, qtbot)
    if another:
        assert _head(studio).seed not in (drawn.seed, drawn.seed + FORMED)
        assert _head(studio).seed >= FORMED, "the next one gets its own"
    else:
        assert studio.session.project is None
    assert not studio.window.findChildren(ErrorDialog)


def test_a_head_whose_form_fails_stays_as_it_was_drawn(
    studio: Studio, drawn: Head, workshop: Workshop, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_head: Head, **_: object) -> Head:
        raise VoltefaceError("There was not enough memory.", "Close other programs.")

    told: list[str] = []
    monkeypatch.setattr("app.forming.log.warning", lambda text, *_: told.append(text))
    monkeypatch.setattr(studio.forming, "_engines", dataclasses.replace(studio.engines, formed=refuse))
    _formed(studio, workshop, qtbot)
    _look_closely(studio, qtbot)
    studio.session.undo_stack.setClean()
    studio.window.random_requested.emit()
    qtbot.waitUntil(lambda: studio.session.document == 2 and not studio.forms.is_busy(), timeout=LONG)
    assert told
    assert _head(studio).seed < FORMED
    assert _head(studio) is not drawn
    assert not studio.window.findChildren(ErrorDialog)
    assert not studio.viewing.is_hurried
