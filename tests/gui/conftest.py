"""What tests of the whole window share: small engines, studios in one home, a photo."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.app.studio_fakes import studio_in
from tests.app.studio_fixtures import quick_meshes as quick_meshes
from tests.app.studio_fixtures import workshop as workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from tests.app.studio_fakes import Workshop

    MakeStudio = Callable[[], Studio]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where settings and autosaves of the studios lie."""
    return tmp_path / "home"


@pytest.fixture
def make_studio(qtbot: QtBot, home: Path, workshop: Workshop) -> Iterator[MakeStudio]:
    with ExitStack() as stack:

        def make() -> Studio:
            studio = stack.enter_context(studio_in(home, qtbot, workshop.engines()))
            studio.making.seconds = 5.0
            return studio

        yield make
        workshop.endless.clear()


@pytest.fixture
def studio(make_studio: MakeStudio) -> Studio:
    made = make_studio()
    made.start()
    return made


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    from tests.gui.steps import photo_at

    return photo_at(tmp_path / "ada ü.png")
