"""The studio with the bundled models, on the sample portrait, in a real window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engines import Engines
from core.frame import Quality
from core.project import Project
from tests.app.studio_fakes import studio_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio

LONG = 240_000
"""The search has no less to do than a minute and a half of one core, whatever time it is given."""


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    with studio_in(tmp_path, qtbot, Engines(), gl=None) as made:
        made.making.seconds = 2.0
        yield made


@pytest.mark.gl
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_sample_portrait_becomes_a_head(studio: Studio, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitExposed(studio.window):
        studio.start()
    studio.window.sample_requested.emit()
    viewer = studio.window.viewer
    qtbot.waitUntil(lambda: viewer.frame is not None, timeout=LONG)
    qtbot.waitUntil(lambda: not studio.making.is_busy, timeout=LONG)
    qtbot.waitUntil(lambda: viewer.frame is not None and viewer.frame.quality == Quality.EXACT, timeout=LONG)
    assert viewer.frame is not None
    assert viewer.frame.alpha.mean() > 0.2, "the head fills a good part of the picture"
    assert viewer.frame.labels is not None
    assert len(set(viewer.frame.labels.ravel().tolist())) > 3, "several parts are labelled"

    studio.window.actions_by_name["view_back"].trigger()
    qtbot.waitUntil(
        lambda: viewer.frame is not None and abs(abs(viewer.frame.camera.yaw_radians) - 3.14159) < 0.01, timeout=LONG
    )
    assert viewer.frame.alpha.mean() > 0.2

    saved = tmp_path / "astronaut.volteface"
    studio.window.save_requested.emit(saved)
    qtbot.waitUntil(lambda: saved.is_file() and not studio.session.is_modified, timeout=LONG)
    project = Project.load(saved)
    assert project.head is not None
    assert project.head.generator == "mini"
    assert project.preview is not None
