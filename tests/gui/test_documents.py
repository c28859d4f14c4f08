"""Nothing that a person made is lost: bad files, unsaved work, saves that fail, crashes; a real window."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QFileDialog

from core.camera import Camera
from core.photo import Photo
from core.project import Project
from tests.app.dialogs import dialog_shown, error_shown
from tests.fakes import tiny_head
from tests.gui.steps import LONG, discard_unsaved, drop, head_of, make_head_of, photo_at, wait_for_head
from widgets.message_dialogs import UnsavedDialog
from widgets.recovery_dialog import RecoveryDialog
from widgets.values import UnsavedAnswer

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.studio import Studio
    from tests.gui.conftest import MakeStudio


def _bad_files(folder: Path, photo: Path) -> dict[str, Path]:
    good = folder / "good.volteface"
    Project(photo=Photo.open(photo), camera=Camera.orbit(), head=tiny_head(2)).save(good)
    data, picture = good.read_bytes(), photo.read_bytes()
    files = {
        "truncated.png": picture[: len(picture) // 2],
        "zero.jpg": b"",
        "renamed.png": b"%PDF-1.4 nothing",
        "words.jpg": b"These are words.",
        "truncated.volteface": data[: len(data) // 2],
        "zero.volteface": b"",
        "renamed.volteface": picture,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for name, facts in {
        "newer.volteface": '{"format": "volteface", "version": 99}',
        "bomb.volteface": " " * 5_000_000,
    }.items():
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("project.json", facts)
    (folder / "a folder").mkdir()
    names = [*files, "newer.volteface", "bomb.volteface", "a folder", "gone.png", "gone.volteface"]
    return {name: folder / name for name in names}


@pytest.mark.parametrize(
    "name",
    [
        "truncated.png",
        "zero.jpg",
        "renamed.png",
        "words.jpg",
        "truncated.volteface",
        "zero.volteface",
        "renamed.volteface",
        "newer.volteface",
        "bomb.volteface",
        "a folder",
        "gone.png",
        "gone.volteface",
    ],
)
def test_bad_input_is_one_dialog_and_the_work_is_untouched(
    studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    make_head_of(studio, photo, qtbot)
    before, path = studio.session.project, studio.session.path
    bad = _bad_files(tmp_path, photo)[name]
    studio.window.path_opened.emit(bad)
    words = error_shown(studio, qtbot)
    assert name in words
    assert words.count(".") >= 2, "a sentence and a hint"
    assert (studio.session.project, studio.session.path) == (before, path)
    assert str(bad) not in studio.settings.value.recent_files


def test_another_document_asks_for_unsaved_work(studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    make_head_of(studio, photo, qtbot)
    mine = studio.session.project
    other = photo_at(tmp_path / "grace.png")
    drop(studio, other)
    dialog = dialog_shown(studio, UnsavedDialog, qtbot)
    dialog._finish(UnsavedAnswer.CANCEL)
    qtbot.wait(50)
    assert studio.session.project is mine
    drop(studio, other)
    discard_unsaved(studio, qtbot)
    qtbot.waitUntil(lambda: studio.session.name == "grace", timeout=LONG)
    wait_for_head(studio, qtbot)


def test_saving_first_goes_on_only_after_the_save(studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    make_head_of(studio, photo, qtbot)
    saved = tmp_path / "kept.volteface"
    studio.saving.save(saved)
    qtbot.waitUntil(lambda: not studio.window.isWindowModified(), timeout=LONG)
    studio.session.replace("Change", head=tiny_head(5))
    other = photo_at(tmp_path / "grace.png")
    drop(studio, other)
    dialog = dialog_shown(studio, UnsavedDialog, qtbot)
    dialog._finish(UnsavedAnswer.SAVE)
    qtbot.waitUntil(lambda: studio.session.name == "grace", timeout=LONG)
    kept = Project.load(saved)
    assert kept.head is not None
    assert kept.head.seed == 5
    wait_for_head(studio, qtbot)


def test_saving_first_asks_where_when_it_was_never_saved(
    studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    make_head_of(studio, photo, qtbot)
    drop(studio, photo_at(tmp_path / "grace.png"))
    asked = dialog_shown(studio, UnsavedDialog, qtbot)
    asked._finish(UnsavedAnswer.SAVE)
    where = dialog_shown(studio, QFileDialog, qtbot)
    where.fileSelected.emit(str(tmp_path / "kept.volteface"))
    where.reject()
    qtbot.waitUntil(lambda: studio.session.name == "grace", timeout=LONG)
    assert Project.load(tmp_path / "kept.volteface").head is not None
    wait_for_head(studio, qtbot)


def test_a_failed_save_is_a_dialog_and_nothing_is_lost(
    studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    make_head_of(studio, photo, qtbot)
    closed: list[bool] = []
    studio.window.closing.connect(lambda: closed.append(True))
    studio.window.save_and_close_requested.emit(tmp_path / "no such folder" / "a.volteface")
    assert "folder" in error_shown(studio, qtbot)
    assert studio.window.isWindowModified()
    assert not closed
    studio.window.save_and_close_requested.emit(tmp_path / "a.volteface")
    qtbot.waitUntil(lambda: closed == [True], timeout=LONG)
    assert (tmp_path / "a.volteface").is_file()


def test_a_full_disk_is_a_dialog_and_nothing_is_lost(
    studio: Studio, photo: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_head_of(studio, photo, qtbot)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    studio.saving.save(tmp_path / "a.volteface")
    assert "full" in error_shown(studio, qtbot)
    assert studio.window.isWindowModified()
    assert not (tmp_path / "a.volteface").exists()


def test_work_is_recovered_after_a_crash(make_studio: MakeStudio, photo: Path, home: Path, qtbot: QtBot) -> None:
    first = make_studio()
    first.start()
    make_head_of(first, photo, qtbot)
    first.saving.autosave()
    autosave = home / "recovery"
    qtbot.waitUntil(lambda: bool(list(autosave.glob("*/facts.json"))) and not first.files.is_busy(), timeout=LONG)
    kept = [file.read_bytes() for file in (next(autosave.iterdir()) / "autosave.volteface",)]
    facts = (next(autosave.iterdir()) / "facts.json").read_text()
    first.close()
    lost = autosave / "of a dead window"
    lost.mkdir(parents=True)
    (lost / "autosave.volteface").write_bytes(kept[0])
    (lost / "facts.json").write_text(facts)

    second = make_studio()
    second.start()
    dialog_shown(second, RecoveryDialog, qtbot)
    second.window.restore_requested.emit("of a dead window")
    qtbot.waitUntil(lambda: second.session.project is not None, timeout=LONG)
    assert head_of(second).seed == 99
    assert second.window.isWindowModified()
    qtbot.waitUntil(lambda: not lost.exists(), timeout=LONG)
    qtbot.waitUntil(lambda: not second.window.findChildren(RecoveryDialog), timeout=LONG)


def test_closing_by_oneself_leaves_no_autosave(studio: Studio, photo: Path, home: Path, qtbot: QtBot) -> None:
    make_head_of(studio, photo, qtbot)
    studio.window.close_now()
    assert list((home / "recovery").glob("*")) == []


def test_work_is_kept_when_the_system_ends_the_window(make_studio: MakeStudio, photo: Path, qtbot: QtBot) -> None:
    first = make_studio()
    first.start()
    make_head_of(first, photo, qtbot)
    first.close(keep_work=True)
    second = make_studio()
    (lost,) = second.saving.lost_work()
    assert lost.title == "ada ü"
    restored = Project.load(lost.file)
    assert restored.head is not None
    assert restored.head.seed == 99


def test_recent_files_show_what_still_exists(make_studio: MakeStudio, tmp_path: Path, qtbot: QtBot) -> None:
    studio = make_studio()
    here, gone = photo_at(tmp_path / "here.png"), tmp_path / "gone.png"
    studio.settings.change(studio.settings.value.with_recent(gone).with_recent(here))
    studio.start()
    qtbot.waitUntil(lambda: not studio.files.is_busy(), timeout=LONG)
    assert [item.path for item in studio.window._recent] == [here]
    assert studio.window._recent[0].thumbnail is not None
    studio.window.recent_cleared.emit()
    assert studio.window._recent == ()
