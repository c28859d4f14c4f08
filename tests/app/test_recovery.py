from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.recovery import FACTS_FILE, PROJECT_FILE, Recovery
from core.camera import Camera
from core.errors import ProjectError
from core.photo import Photo
from core.project import Project
from tests.fakes import tiny_head

ROOT = Path(__file__).resolve().parents[2]


def _project() -> Project:
    photo = Photo.from_array(np.full((40, 30, 3), 90, dtype=np.uint8), "ada.png")
    return Project(photo=photo, camera=Camera.orbit(0.3), head=tiny_head(3))


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where another process autosaved and died without closing."""
    root = tmp_path_factory.mktemp("crashed")
    code = """
import os, sys
from pathlib import Path
from tests.app.test_recovery import _project
from app.recovery import Recovery
Recovery(Path(sys.argv[1])).save(_project(), "ada", Path("/there/ada.volteface"))
os._exit(3)
"""
    answer = subprocess.run([sys.executable, "-c", code, str(root)], cwd=ROOT, capture_output=True, check=False)
    assert answer.returncode == 3, answer.stderr.decode()
    return root


@pytest.fixture
def lost_root(crashed: Path, tmp_path: Path) -> Path:
    """The same for one test to read, damage and discard."""
    return Path(shutil.copytree(crashed, tmp_path / "recovery"))


def test_work_of_a_dead_process_is_found_and_whole(lost_root: Path) -> None:
    mine = Recovery(lost_root)
    (lost,) = mine.lost()
    assert (lost.title, lost.original) == ("ada", Path("/there/ada.volteface"))
    assert lost.thumbnail is not None
    assert lost.thumbnail.shape == (40, 30, 3)
    restored = Project.load(lost.file)
    assert restored.head == tiny_head(3)
    mine.discard(lost.key)
    assert mine.lost() == ()


def test_work_of_a_living_window_is_left_alone(tmp_path: Path) -> None:
    alive = Recovery(tmp_path)
    alive.save(_project(), "ada", None)
    assert Recovery(tmp_path).lost() == ()
    alive.close()


def test_closing_leaves_nothing_behind(tmp_path: Path) -> None:
    recovery = Recovery(tmp_path)
    recovery.save(_project(), "ada", None)
    recovery.close()
    assert list(tmp_path.iterdir()) == []


def test_saved_work_needs_no_autosave(tmp_path: Path) -> None:
    recovery = Recovery(tmp_path)
    recovery.save(_project(), "ada", None)
    recovery.clear()
    assert not list(tmp_path.rglob(PROJECT_FILE))
    recovery.save(_project(), "ada", None)
    assert len(list(tmp_path.rglob(PROJECT_FILE))) == 1
    recovery.close()


@pytest.mark.parametrize("facts", ["", "{}", "[1]", '{"title": 3, "saved_at": "yesterday", "original": ""}'])
def test_a_damaged_autosave_is_passed_over(lost_root: Path, facts: str) -> None:
    assert len(Recovery(lost_root).lost()) == 1
    (folder,) = lost_root.iterdir()
    (folder / FACTS_FILE).write_text(facts)
    assert Recovery(lost_root).lost() == ()


def test_a_missing_thumbnail_is_no_loss(lost_root: Path) -> None:
    (folder,) = lost_root.iterdir()
    (folder / "thumbnail.png").write_bytes(b"broken")
    (lost,) = Recovery(lost_root).lost()
    assert lost.thumbnail is None


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(ProjectError, match="autosave"):
        Recovery(blocked).save(_project(), "ada", None)


def test_nothing_is_lost_where_nothing_was(tmp_path: Path) -> None:
    assert Recovery(tmp_path / "none").lost() == ()
