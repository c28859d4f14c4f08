"""The ladder of a search and further photos, as a person uses them: real window, small engines."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.rungs import Rung, thinned
from core.camera import Camera
from core.frame import Quality
from core.further_photo import FurtherPhoto, alignment_from
from core.project import Project
from tests.app.studio_fakes import studio_in
from tests.fakes import tiny_head
from tests.gui.steps import LONG, head_of, project_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.rungs import Rungs
    from app.studio import Studio
    from tests.app.studio_fakes import Workshop
    from widgets.rung_strip import RungStrip


def _side(path: Path, yaw_degrees: float | None = None) -> FurtherPhoto:
    del yaw_degrees
    crop, mask = np.full((512, 512, 3), 90, np.uint8), np.ones((512, 512), np.float32)
    return FurtherPhoto(path.name, alignment_from(crop, mask, Camera.orbit(math.radians(88))))


@pytest.fixture
def studio(qtbot: QtBot, home: Path, workshop: Workshop) -> Iterator[Studio]:
    engines = dataclasses.replace(workshop.engines(), further_photo=_side)
    with studio_in(home, qtbot, engines) as made:
        made.start()
        yield made
        workshop.endless.clear()


def _made(studio: Studio, qtbot: QtBot) -> None:
    qtbot.waitUntil(
        lambda: (
            studio.session.project is not None
            and studio.session.project.head is not None
            and head_of(studio).seed == 99
            and not studio.making.is_busy
        ),
        timeout=LONG,
    )


def test_a_rung_that_is_gone_back_to_is_the_kept_head_and_can_be_undone(
    studio: Studio, photo: Path, qtbot: QtBot
) -> None:
    studio.opening.open_path(photo)
    _made(studio, qtbot)
    strip = studio.window.head_panel.rungs
    assert len(strip.buttons()) == 2
    best = project_of(studio).head
    strip.buttons()[0].click()
    assert head_of(studio).seed == 1
    assert strip.buttons()[0].isChecked()
    assert "Go to the head" in studio.window.actions_by_name["undo"].text()
    studio.window.undo_requested.emit()
    assert project_of(studio).head is best
    assert strip.buttons()[-1].isChecked()


def test_an_earlier_rung_is_held_against_the_newest(studio: Studio, photo: Path, qtbot: QtBot) -> None:
    studio.opening.open_path(photo)
    _made(studio, qtbot)
    strip = studio.window.head_panel.rungs
    strip.buttons()[0].click()
    earlier = project_of(studio).head
    assert earlier is not None
    studio.viewing.frame = None
    strip.scrub.setValue(50)
    qtbot.waitUntil(lambda: studio.viewing.frame is not None, timeout=LONG)
    strip.scrub.setValue(100)
    qtbot.waitUntil(lambda: studio.viewing.known_renderer(earlier) is not None, timeout=LONG)
    assert head_of(studio).seed == 1, "looking does not change the project"


def _searched_for_ever(studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop) -> tuple[Rungs, RungStrip]:
    """The rungs of a search that goes on, and the strip that shows the first."""
    workshop.endless.set()
    studio.opening.open_path(photo)
    strip = studio.window.head_panel.rungs
    qtbot.waitUntil(lambda: len(strip.buttons()) > 0 and studio.making.is_busy, timeout=LONG)
    return studio.making.rungs, strip


def test_while_an_earlier_rung_is_looked_at_the_search_does_not_take_over(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    rungs, strip = _searched_for_ever(studio, photo, qtbot, workshop)
    first = project_of(studio).head
    rungs.add(Rung(tiny_head(50), "Adding detail", 9.0, np.zeros((8, 8, 3), np.uint8)))
    strip.buttons()[0].click()
    assert rungs.pinned
    qtbot.wait(150)
    assert project_of(studio).head is first
    strip.keep_button.click()
    qtbot.waitUntil(lambda: not studio.making.is_busy, timeout=LONG)
    assert project_of(studio).head is first


def test_a_head_that_was_shown_before_it_was_measured_is_one_rung(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    rungs, strip = _searched_for_ever(studio, photo, qtbot, workshop)
    before, head, picture = len(strip.buttons()), tiny_head(51), np.zeros((8, 8, 3), np.uint8)
    rungs.add(Rung(head, "First guess", 2.0, picture))
    rungs.add(Rung(head, "First guess", 2.5, picture, 0.31))
    assert len(strip.buttons()) == before + 1
    assert rungs._rungs[-1].difference == 0.31
    assert rungs._rungs[-1].seconds == 2.0


def test_a_step_shows_its_face_whatever_side_is_looked_at(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.searching.SECONDS_BETWEEN_HEADS", 0.0)
    rungs, _strip = _searched_for_ever(studio, photo, qtbot, workshop)
    studio.viewing.set_camera(project_of(studio).camera.orbited(2.0, 0.0))
    for _ in range(2):  # the one that is on its way may have been drawn already
        known = rungs._rungs[-1]
        qtbot.waitUntil(lambda known=known: rungs._rungs[-1].head is not known.head, timeout=LONG)  # type: ignore[misc]
    newest = rungs._rungs[-1]
    renderer = studio.viewing.known_renderer(newest.head)
    assert renderer is not None
    assert np.array_equal(newest.picture, renderer.render(newest.head.camera, Quality.PREVIEW).rgb)
    assert not np.array_equal(newest.picture, renderer.render(studio.viewing.camera, Quality.PREVIEW).rgb)


def test_so_many_rungs_stay_and_always_the_first_and_the_newest() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    rungs = tuple(Rung(tiny_head(0), "", seconds, picture) for seconds in (0, 1, 2, 2.1, 4, 8, 16, 30))
    kept = thinned(rungs, 4)
    assert len(kept) == 4
    assert (kept[0], kept[-1]) == (rungs[0], rungs[-1])
    assert thinned(rungs[:2], 1) == rungs[:2]


def test_another_view_joins_the_search_and_is_saved(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop, tmp_path: Path
) -> None:
    studio.opening.open_path(photo)
    _made(studio, qtbot)
    panel = studio.window.photo_panel.further
    panel.added.emit([tmp_path / "side.jpg"])
    qtbot.waitUntil(lambda: len(workshop.wishes) == 2, timeout=LONG)
    _made(studio, qtbot)
    (side,) = project_of(studio).further
    assert workshop.wishes[1]["further"] == (side,)
    panel.turned.emit(0, 180.0)
    qtbot.waitUntil(lambda: len(workshop.wishes) == 3, timeout=LONG)
    _made(studio, qtbot)
    assert abs(project_of(studio).further[0].alignment.yaw_radians) == pytest.approx(math.pi)
    saved = tmp_path / "ada.volteface"
    project_of(studio).save(saved)
    assert Project.load(saved).further == project_of(studio).further
    panel.removed.emit(0)
    assert project_of(studio).further == ()


def test_the_chosen_patience_is_how_long_a_search_may_take(
    studio: Studio, photo: Path, qtbot: QtBot, workshop: Workshop
) -> None:
    box = studio.window.head_panel.pickers.effort_box
    assert [box.itemText(n) for n in range(box.count())] == ["Quick  ·  20 s", "Standard  ·  60 s", "Quality  ·  90 s"]
    box.setCurrentIndex(0)
    box.activated.emit(0)
    assert studio.settings.value.patience == "quick"
    studio.opening.open_path(photo)
    _made(studio, qtbot)
    assert workshop.wishes[0]["seconds"] == 20.0
