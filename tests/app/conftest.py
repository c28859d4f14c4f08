"""What tests of the studio's parts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.app.studio_fakes import grey_project, studio_in
from tests.app.studio_fixtures import quick_meshes as quick_meshes
from tests.app.studio_fixtures import workshop as workshop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from tests.app.studio_fakes import Workshop


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, workshop: Workshop) -> Iterator[Studio]:
    """One that shows a head, by the workshop's engines."""
    with studio_in(tmp_path, qtbot, workshop.engines()) as made:
        made.session.begin(grey_project())
        made.window.show_studio()
        yield made
