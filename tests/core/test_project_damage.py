"""Files that are no projects, or no longer: one sentence each, and nothing else is raised."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.errors import ProjectError
from core.photo import Photo
from core.project import VERSION, Project
from tests.core.projects import SAMPLE, facts_of, fails_with, full_project, rewritten, with_stand_in


@pytest.fixture
def project() -> Project:
    return full_project()


def test_places_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProjectError, match="There is no project"):
        Project.load(tmp_path / "missing.volteface")
    with pytest.raises(ProjectError, match="is a folder"):
        Project.load(tmp_path)
    with pytest.raises(ProjectError, match="cannot be read"):
        Project.load("a\0b")
    monkeypatch.setattr(Path, "open", fails_with(errno.EACCES))
    with pytest.raises(ProjectError, match="You may not read"):
        Project.load(tmp_path / "a.volteface")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"hello", "is not a Volteface project"),
        (b"\x89PNG\r\n\x1a\n....", "is not a Volteface project"),
        (b"PK\x03\x04 and then nothing", "damaged or was cut short"),
    ],
)
def test_what_is_no_project(data: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    path.write_bytes(data)
    with pytest.raises(ProjectError, match=sentence) as caught:
        Project.load(path)
    assert caught.value.hint


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.999])
def test_truncated(share: float, project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ProjectError, match=r"a.volteface is damaged or was cut short"):
        Project.load(path)


def test_spoiled_in_the_middle_never_raises_anything_else(project: Project, tmp_path: Path) -> None:
    noise = np.random.default_rng(1)
    path = tmp_path / "a.volteface"
    small = dataclasses.replace(project, head=None)
    small.save(path)
    data = path.read_bytes()
    for _ in range(200):
        spoiled = bytearray(data)
        for place in noise.integers(0, len(data), 3):
            spoiled[place] = noise.integers(0, 256)
        path.write_bytes(spoiled)
        try:
            again = Project.load(path)
        except ProjectError as error:
            assert error.hint  # noqa: PT017 - either outcome is fine, anything else is not
        else:
            assert again.head is None


def test_a_newer_version(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    rewritten(
        path, {"project.json": json.dumps({"format": "volteface", "version": VERSION + 1, "all": "new"}).encode()}
    )
    told = rf"newer Volteface \(format {VERSION + 1}, this one reads up to {VERSION}\)"
    with pytest.raises(ProjectError, match=told):
        Project.load(path)


@pytest.mark.parametrize("member", ["tensors.safetensors", "photo.png"])
def test_a_missing_member(member: str, project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    rewritten(path, {member: None})
    with pytest.raises(ProjectError, match="damaged"):
        Project.load(path)


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("holiday.txt", "sun")
    with pytest.raises(ProjectError, match="a zip archive, but not a Volteface project"):
        Project.load(path)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1"},
        {"format": "other"},
        {"created": "yesterday"},
        {"camera": None, "photo": None},
        {"camera": {"value": "Camera", "fields": {"world_from_camera": None}}},
        {"head": {"value": "Path", "fields": {}}},
        {"head": {"array": "head.nothing"}},
        {"folded": {"head.nothing": {"kind": "int16", "shape": [2], "bytes": [2, 2]}}},
        {"folded": {"head.latents": {"kind": "int16", "shape": [2], "bytes": [2, 2]}}},
        {"folded": {"head.latents": {"kind": "int16", "shape": "wide"}}},
        {"folded": [3]},
    ],
)
def test_damaged_facts(change: dict[str, object], project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    rewritten(path, {"project.json": json.dumps({**facts_of(path), **change}).encode()})
    with pytest.raises(ProjectError, match="damaged"):
        Project.load(path)


@pytest.mark.parametrize("facts", [b"[]", b"not json", b"[" * 100_000, b"\xff\xfe", b"{}"])
def test_facts_that_are_none(facts: bytes, project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    rewritten(path, {"project.json": facts})
    with pytest.raises(ProjectError, match="damaged"):
        Project.load(path)


def test_another_photo_in_its_place(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    other = dataclasses.replace(project, photo=Photo.from_array(SAMPLE[::-1].copy()))
    other.save(path)
    with zipfile.ZipFile(path) as archive:
        png = archive.read("photo.png")
    project.save(path)
    rewritten(path, {"photo.png": png})
    with pytest.raises(ProjectError, match="damaged"):
        Project.load(path)


def test_a_zip_bomb_is_not_unfolded(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    rewritten(path, {"tensors.safetensors": b"\0" * 50_000_000})
    assert path.stat().st_size < 1_000_000
    monkeypatch.setattr(zipfile.ZipExtFile, "read", fails_with(errno.EIO))
    with pytest.raises(ProjectError, match="would unfold to") as caught:
        Project.load(path)
    assert "trap" in caught.value.hint


def test_a_bomb_among_folded_tensors_is_not_unfolded(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    facts = facts_of(path)
    claim = {"kind": "float32", "shape": [30_000, 30_000], "bytes": [1, 1, 1, 1]}
    rewritten(path, {"project.json": json.dumps({**facts, "folded": {"head.latents": claim}}).encode()})
    with pytest.raises(ProjectError, match=r"would unfold to 3\.6 gigabytes"):
        Project.load(path)


def test_a_bomb_that_lies_about_its_size(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    rewritten(path, {"tensors.safetensors": b"\0" * 50_000_000})
    data = path.read_bytes()
    honest, lie = (size.to_bytes(4, "little") for size in (50_000_000, 60_000))
    assert data.count(honest) == 2
    path.write_bytes(data.replace(honest, lie))
    with pytest.raises(ProjectError, match="damaged"):
        Project.load(path)


def test_an_encrypted_archive(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(ProjectError, match="damaged"):
        Project.load(path)


@pytest.mark.parametrize("data", [b"", b"no mesh", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_damaged_stand_in(data: bytes, project: Project, tmp_path: Path) -> None:
    with_stand_in(project).save(tmp_path / "a.volteface")
    rewritten(tmp_path / "a.volteface", {"mesh.safetensors": data})
    with pytest.raises(ProjectError, match="damaged"):
        Project.load(tmp_path / "a.volteface")


@pytest.mark.parametrize(
    "model", [{"name": 3, "title": "x"}, {"title": "x"}, {"name": "x", "title": "x", "commercial": 1}]
)
def test_damaged_facts_of_the_model(model: dict[str, object], project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    with_stand_in(project).save(path)
    rewritten(path, {"project.json": json.dumps({**facts_of(path), "model": model}).encode()})
    with pytest.raises(ProjectError, match="damaged"):
        Project.load(path)


def test_a_mesh_too_large_to_be_one(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    with_stand_in(project).save(path)
    rewritten(path, {"mesh.safetensors": os.urandom(100) + b"\0" * 17_000_000})
    with pytest.raises(ProjectError, match="would unfold to"):
        Project.load(path)
