"""What tests of the studio's parts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.app.studio_fakes import Workshop, grey_project, studio_in
from tests.fakes import meshes_at_home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio


@pytest.fixture(autouse=True, scope="package")
def _meshes_at_home() -> Iterator[None]:
    with meshes_at_home():
        yield


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, workshop: Workshop) -> Iterator[Studio]:
    """One that shows a head, by the workshop's engines."""
    with studio_in(tmp_path, qtbot, workshop.engines()) as made:
        made.session.begin(grey_project())
        made.window.show_studio()
        yield made
