"""What the first move of a slider needs is worked out while the sliders are looked at, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.frame import Quality
from tests.app import studio_fakes
from tests.app.studio_fakes import Workshop, grey_project, studio_in

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot


def test_a_face_is_looked_for_once_the_sliders_are_in_sight(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    monkeypatch.setattr(studio_fakes._TinyFolder, "prepare_face", lambda self, _stale: looked.append(self.project.head))
    with studio_in(tmp_path, qtbot, Workshop().engines()) as studio:
        studio.session.begin(grey_project())
        studio.window.show_studio()
        studio.window.show()
        qtbot.waitUntil(
            lambda: studio.viewing.frame is not None and studio.viewing.frame.quality is Quality.EXACT, timeout=15_000
        )
        qtbot.waitUntil(lambda: not studio.edits.is_busy(), timeout=15_000)
        assert looked == [], "nobody looks at sliders"
        studio.window.docks.bring("attribute_dock")
        assert studio.session.project is not None
        qtbot.waitUntil(lambda: looked == [studio.session.project.head], timeout=15_000)  # type: ignore[union-attr]
        studio.window.docks.bring("head_dock")
        studio.window.docks.bring("attribute_dock")
        qtbot.waitUntil(lambda: not studio.edits.is_busy(), timeout=15_000)
        assert len(looked) == 1, "once is enough for a head"
