"""Styles in the studio and on the command line: worn, mixed, weakened, undone; packs in and out; prompts refused."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PySide6.QtWidgets import QDockWidget

from app import pack_shelf, style_looks
from app.command_line import main
from core.edit import Restyle
from core.progress import Progress
from core.style_pack import StylePack
from core.stylizers.identity import Likeness, held_strength
from core.stylizers.pack import save_pack
from tests.app.studio_fakes import Workshop, grey_project, studio_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from core.progress import Report
    from core.project import Project


def _pack(name: str) -> StylePack:
    return StylePack(
        name=name,
        title=name.capitalize(),
        made="fitted to drawings",
        generator="mini",
        fingerprint="0",
        delta={"to_rgb": torch.eye(3)},
        preview=np.full((8, 8, 3), 90, np.uint8),
        licence="Apache-2.0",
    )


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    for name in ("marble", "comic"):
        save_pack(_pack(name), bundled / f"{name}.vfstyle")
    monkeypatch.setattr(pack_shelf, "BUNDLED", bundled)
    monkeypatch.setattr(pack_shelf, "own_folder", lambda: tmp_path / "own")


def _tried_on(_project: Project, packs: Sequence[StylePack], _size_px: int, report: Report) -> None:
    for number, pack in enumerate(packs):
        report(Progress(number, len(packs), "", result=(pack.name, np.full((9, 9, 3), 40, np.uint8))))


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, workshop: Workshop) -> Iterator[Studio]:
    engines = dataclasses.replace(
        workshop.engines(),
        style_likeness=lambda _project, _report: Likeness(((0.0, 0.31),)),
        style_pictures=_tried_on,
    )
    with studio_in(tmp_path, qtbot, engines) as made:
        made.session.begin(grey_project())
        made.window.show_studio()
        qtbot.waitUntil(lambda: len(made.window.style_panel.tiles) == 2, timeout=60_000)
        yield made


def _worn(studio: Studio) -> list[tuple[str, float]]:
    assert studio.session.project is not None
    return [(one.pack.name, one.strength) for one in studio.session.project.edits if isinstance(one, Restyle)]


def test_styles_are_worn_mixed_taken_off_and_undone(studio: Studio, qtbot: QtBot) -> None:
    panel = studio.window.style_panel
    panel.worn.emit("marble", False)
    qtbot.waitUntil(lambda: _worn(studio) == [("marble", 1.0)], timeout=60_000)
    panel.worn.emit("comic", True)
    qtbot.waitUntil(lambda: _worn(studio) == [("marble", 1.0), ("comic", 0.5)], timeout=60_000)
    assert list(panel.sliders) == [one.key for one in studio.session.project.edits]  # type: ignore[union-attr]
    panel.taken_off.emit(next(iter(panel.sliders)))
    qtbot.waitUntil(lambda: _worn(studio) == [("comic", 0.5)], timeout=60_000)
    panel.worn.emit("marble", False)
    qtbot.waitUntil(lambda: _worn(studio) == [("marble", 0.5)], timeout=60_000)
    studio.window.undo_requested.emit()
    assert _worn(studio) == [("comic", 0.5)]
    qtbot.waitUntil(lambda: "0.31" in panel.person.words.text(), timeout=60_000)


def test_a_prompt_is_worn_at_once_and_undone(studio: Studio, qtbot: QtBot) -> None:
    panel = studio.window.style_panel
    panel.worn.emit("comic", False)
    qtbot.waitUntil(lambda: _worn(studio) == [("comic", 1.0)], timeout=60_000)
    panel.prompted.emit("jade statue")
    qtbot.waitUntil(lambda: _worn(studio) == [("marble-jade", 1.0)], timeout=60_000)
    assert "Put on: marble statue in jade." in panel._answer.text()
    panel.prompted.emit("spaghetti")
    qtbot.waitUntil(lambda: "No bundled style resembles" in panel._answer.text(), timeout=60_000)
    assert _worn(studio) == [("marble-jade", 1.0)]
    studio.window.undo_requested.emit()
    assert _worn(studio) == [("comic", 1.0)]


def test_what_was_said_of_a_prompt_goes_with_the_next_style_and_with_the_document(studio: Studio, qtbot: QtBot) -> None:
    panel = studio.window.style_panel
    panel.prompted.emit("spaghetti")
    qtbot.waitUntil(lambda: "No bundled style resembles" in panel._answer.text(), timeout=60_000)
    panel.worn.emit("comic", False)
    qtbot.waitUntil(lambda: _worn(studio) == [("comic", 1.0)], timeout=60_000)
    assert panel._answer.text() == ""
    panel.prompted.emit("spaghetti")
    qtbot.waitUntil(lambda: "No bundled style resembles" in panel._answer.text(), timeout=60_000)
    assert studio.session.project is not None
    studio.session.begin(studio.session.project, None)
    assert panel._answer.text() == ""


def test_styles_are_tried_on_and_shown_where_they_are_looked_at(studio: Studio, qtbot: QtBot) -> None:
    studio.window.show()
    for dock in studio.window.findChildren(QDockWidget):
        if dock.isAncestorOf(studio.window.style_panel):
            dock.show()
            dock.raise_()
    qtbot.waitUntil(lambda: set(studio.styling._tried[1]) == {"marble", "comic"}, timeout=60_000)


def test_a_lock_holds_styles_back_by_itself(studio: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(project: Project, floor: float, _report: object) -> Project:
        assert floor == 0.2
        return dataclasses.replace(project, edits=tuple(dataclasses.replace(e, strength=0.4) for e in project.edits))

    monkeypatch.setattr(style_looks, "held_back", held)
    studio.window.style_panel.floor_chosen.emit(0.2, True)
    studio.window.style_panel.worn.emit("marble", False)
    qtbot.waitUntil(lambda: _worn(studio) == [("marble", 0.4)], timeout=60_000)
    assert studio.window.style_panel.person.lock_box.isChecked()


def test_what_holds_a_style_back() -> None:
    assert held_strength(1.0, lambda strength: 0.3 * strength) == 1.0
    assert 0.4 < held_strength(1.0, lambda strength: strength) <= 0.45
    assert held_strength(0.8, lambda _strength: float("nan")) == 0.8


def test_packs_are_listed_exported_and_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["style", "--list", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["styles"]] == ["comic", "marble"]
    file = tmp_path / "mine.vfstyle"
    save_pack(_pack("mine"), file)
    assert main(["style", "--import", str(file)]) == 0
    assert main(["style", "--import", str(file)]) == 2
    assert "is a style mine already" in capsys.readouterr().err.replace("There ", "").replace("\n", " ")
    assert main(["style", "--export", "mine", "-o", str(tmp_path / "out.vfstyle")]) == 0
    assert (tmp_path / "out.vfstyle").is_file()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--pack", "marbel"], "Did you mean marble?"),
        (["--pack", "marble:7"], "out of range"),
        (["--prompt", ""], "The prompt is empty"),
        (["--prompt", "石像"], "no Latin letters"),
        (["--prompt", "x" * 1000], "are read at most"),
        (["--prompt", "a bronze statue", "--prior", "bundled", "--preset", "good"], "in the preset draft only"),
        (["--prompt", "spaghetti"], "No bundled style resembles"),
        ([], "by a pack or by a prompt"),
        (["--pack", "marble", "--identity", "9"], "out of range"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.volteface"
    assert main(["style", str(tmp_path / "head.volteface"), *words, "-o", str(out)]) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()
