"""Saving a project that fails, at any point, keeps the old file and is told in a sentence."""

from __future__ import annotations

import dataclasses
import errno
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ProjectError
from core.project import Project
from tests.core.projects import assert_same, fails_with, full_project


@pytest.fixture
def project() -> Project:
    return full_project()


def test_saving_follows_a_link_and_keeps_permissions(project: Project, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "a.volteface"
    real.touch(mode=0o640)
    link = tmp_path / "link.volteface"
    link.symlink_to(real)
    project.save(link)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert_same(Project.load(real), project)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "The disk is full"),
        (errno.EROFS, "You may not write"),
        (errno.EIO, "could not be saved"),
    ],
)
@pytest.mark.parametrize("at", ["os.fsync", "pathlib.Path.replace", "zipfile.ZipFile.writestr"])
def test_a_failing_save_keeps_the_old_file(
    number: int, sentence: str, at: str, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    monkeypatch.setattr(at, fails_with(number))
    with pytest.raises(ProjectError, match=sentence) as caught:
        dataclasses.replace(project, head=None).save(path)
    assert caught.value.hint
    monkeypatch.undo()
    assert_same(Project.load(path), project)
    assert [p.name for p in tmp_path.iterdir()] == ["a.volteface"]


def test_a_disk_that_is_really_full(project: Project, tmp_path: Path) -> None:
    import resource

    path = tmp_path / "a.volteface"
    dataclasses.replace(project, head=None).save(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(ProjectError, match="The disk is full"):
            project.save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert Project.load(path).head is None
    assert [p.name for p in tmp_path.iterdir()] == ["a.volteface"]


DIES_WHILE_SAVING = """
import dataclasses, os, sys, zipfile
from core.project import Project

written = zipfile.ZipFile.writestr

def die(self, *args):
    if self.namelist():
        os._exit(7)
    written(self, *args)

project = Project.load(sys.argv[1])
zipfile.ZipFile.writestr = die
dataclasses.replace(project, head=None).save(sys.argv[1])
"""


def test_a_crash_in_the_middle_of_saving_keeps_the_old_file(project: Project, tmp_path: Path) -> None:
    """The process dies without any clean-up, after the first member was written."""
    path = tmp_path / "a.volteface"
    project.save(path)
    command = [sys.executable, "-c", DIES_WHILE_SAVING, str(path)]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode == 7
    assert_same(Project.load(path), project)


def test_a_mistake_in_the_middle_of_saving_keeps_the_old_file(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    with pytest.raises(TypeError, match="no place"):
        dataclasses.replace(project, edits=(object(),)).save(path)  # type: ignore[arg-type]
    assert_same(Project.load(path), project)
    assert [p.name for p in tmp_path.iterdir()] == ["a.volteface"]


def test_places_that_cannot_be_written(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProjectError, match="There is no folder"):
        project.save(tmp_path / "missing" / "a.volteface")
    with pytest.raises(ProjectError, match="is a folder"):
        project.save(tmp_path)
    monkeypatch.setattr(Path, "open", fails_with(errno.EACCES))  # root may write anywhere
    with pytest.raises(ProjectError, match="You may not write"):
        project.save(tmp_path / "a.volteface")
