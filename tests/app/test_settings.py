from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.settings import RECENT_FILES_KEPT, Settings, SettingsFile, load_settings, save_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    settings = Settings(theme="light", threads=3, autosave_minutes=0, recent_files=("/a ü/b.png",))
    save_settings(settings, path)
    assert load_settings(path) == settings
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '"x"', "null", "\x00\x01"])
def test_a_damaged_file_gives_the_defaults(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, encoding="utf-8")
    assert load_settings(path) == Settings()


def test_foreign_values_fall_back_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "purple", "threads": "many", "release_quality": 9, "autosave_minutes": 7, "future": 1}')
    assert load_settings(path) == Settings(autosave_minutes=7)


def test_recent_files_are_newest_first_and_each_once(tmp_path: Path) -> None:
    settings = Settings()
    for number in range(RECENT_FILES_KEPT + 5):
        settings = settings.with_recent(tmp_path / f"{number}.png")
    settings = settings.with_recent(tmp_path / "9.png")
    assert settings.recent_files[0] == str(tmp_path / "9.png")
    assert len(settings.recent_files) == len(set(settings.recent_files)) == RECENT_FILES_KEPT


def test_a_place_that_cannot_be_written_costs_nothing_but_the_memory(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    kept = SettingsFile(blocked / "settings.json")
    kept.change(Settings(theme="light"))
    assert kept.value.theme == "light"
