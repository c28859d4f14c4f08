from __future__ import annotations

import dataclasses
import errno
import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.edit import MoveSlider, Paint, Recolour, RemovePart, TakePart
from core.errors import ProjectError
from core.making import Making
from core.mask import Mask
from core.mesh import Mesh
from core.photo import Photo
from core.project import VERSION, Project
from core.reference import Reference
from core.stand_in import ModelFacts, StandIn
from tests.fakes import tiny_head

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


@pytest.fixture
def project() -> Project:
    head = dataclasses.replace(
        tiny_head(3),
        delta={"to_rgb": torch.eye(3) * 0.1, "trigrid": torch.zeros(3, 12, 3, 32, 32)},
        method="pivotal",
        visibility=Mask(np.eye(4, dtype=np.float32), "seen"),
    )
    return Project(
        photo=Photo.from_array(SAMPLE, "Ada ü.png"),
        camera=Camera.orbit(0.4, -0.1).zoomed(1.5),
        head=head,
        preview=SAMPLE[:16, :16],
        references=(
            Reference(key="a", name="Grace", head=tiny_head(5), thumbnail=SAMPLE[:8, :8]),
            Reference(key="b", name="seed 7", head=tiny_head(6)),
        ),
        edits=(
            MoveSlider(key="1", name="smile", strength=0.5),
            TakePart(key="2", part="hair", reference="a", enabled=False),
            RemovePart(key="3", part="glasses", strength=0.7),
            Recolour(key="4", part="hair", rgb=(0.1, 0.2, 0.3)),
            Paint(
                key="5",
                picture=np.zeros((4, 4, 4), np.uint8),
                camera=Camera.orbit(0.3),
                depth=np.ones((2, 2), np.float32),
            ),
        ),
        created=datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
    )


def assert_same(one: Project, other: Project) -> None:
    for name in ("photo", "camera", "head", "references", "edits", "created", "modified", "version"):
        assert getattr(one, name) == getattr(other, name), name
    if one.preview is None:
        assert other.preview is None
    else:
        np.testing.assert_array_equal(one.preview, other.preview)


def test_there_and_back(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "Ada ü.volteface"
    project.save(path)
    assert_same(Project.load(path), project)
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208 - names, hidden ones too


def test_a_file_of_before_there_were_references_opens(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "old.volteface"
    dataclasses.replace(project, references=()).save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    facts = json.loads(members["project.json"])
    del facts["references"]
    members["project.json"] = json.dumps(facts).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert_same(Project.load(path), dataclasses.replace(project, references=()))


def test_twice_there_and_back_is_the_same_file(project: Project, tmp_path: Path) -> None:
    project.save(tmp_path / "a")
    Project.load(tmp_path / "a").save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_project_without_a_head(tmp_path: Path) -> None:
    project = Project(photo=Photo.from_array(SAMPLE), camera=Camera.orbit())
    project.save(tmp_path / "a.volteface")
    again = Project.load(tmp_path / "a.volteface")
    assert_same(again, project)
    assert again.head is None
    assert again.created.tzinfo is not None


def test_an_alignment_is_kept(project: Project, tmp_path: Path) -> None:
    from core.align import Alignment
    from core.perception.face_detection import FaceBox

    numbers = np.random.default_rng(2)
    box = FaceBox(3.0, 4.0, 20.0, 24.5, 0.75, numbers.random((6, 2)))
    alignment = Alignment(
        crop=numbers.integers(0, 256, (512, 512, 3), dtype=np.uint8),
        mask=numbers.random((512, 512), dtype=np.float32),
        camera=Camera.orbit(0.2, 0.1),
        landmarks=numbers.random((468, 2), dtype=np.float32),
        face_box=box,
        crop_from_photo=np.diag([2.0, 2.0, 1.0]),
        yaw_radians=0.2,
        pitch_radians=0.1,
        roll_radians=-0.05,
        warnings=("The face is small.",),
        faces=(box, box),
        photo_size_px=(60, 40),
    )
    dataclasses.replace(project, alignment=alignment).save(tmp_path / "a.volteface")
    assert Project.load(tmp_path / "a.volteface").alignment == alignment


def test_the_photo_file_is_kept_byte_for_byte(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(SAMPLE).save(tmp_path / "x.jpg")
    project = Project(photo=Photo.open(tmp_path / "x.jpg"), camera=Camera.orbit())
    project.save(tmp_path / "a.volteface")
    assert Project.load(tmp_path / "a.volteface").photo.source_bytes == (tmp_path / "x.jpg").read_bytes()


def test_no_pickle_inside(project: Project, tmp_path: Path) -> None:
    project.save(tmp_path / "a")
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert archive.namelist() == ["project.json", "tensors.safetensors", "photo.png", "preview.png"]
        assert json.loads(archive.read("project.json"))["version"] == VERSION


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


def fails_with(number: int) -> Callable[..., None]:
    def fail(*_args: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


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


def rewritten(path: Path, changes: dict[str, bytes | None]) -> None:
    """Replace members of an archive; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members |= {name: data for name, data in changes.items() if data is not None}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            if changes.get(name, data) is not None:
                archive.writestr(name, data)


def facts_of(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        facts: dict[str, object] = json.loads(archive.read("project.json"))
    return facts


def test_a_newer_version(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.volteface"
    project.save(path)
    rewritten(
        path, {"project.json": json.dumps({"format": "volteface", "version": VERSION + 1, "all": "new"}).encode()}
    )
    with pytest.raises(ProjectError, match=r"saved by a newer Volteface \(format 5, this one reads up to 4\)"):
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


def with_stand_in(project: Project) -> Project:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    bare = Mesh.of_triangles(corners, np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], np.int32))
    mesh = dataclasses.replace(bare, colours=np.arange(12, dtype=np.uint8).reshape(4, 3))
    model = ModelFacts("panohead", "PanoHead", "CC-BY-NC-4.0", family="panohead", sha256="ab" * 32)
    return dataclasses.replace(project, stand_in=StandIn(mesh, model))


def test_a_stand_in_is_kept(project: Project, tmp_path: Path) -> None:
    given = with_stand_in(project)
    given.save(tmp_path / "a")
    again = Project.load(tmp_path / "a")
    assert_same(again, given)
    assert given.stand_in is not None
    assert again.stand_in is not None
    assert again.stand_in.model == given.stand_in.model
    for name in ("vertices", "faces", "normals", "colours"):
        np.testing.assert_array_equal(getattr(again.stand_in.mesh, name), getattr(given.stand_in.mesh, name))
    again.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_project_of_before_heads_told_what_they_took(project: Project, tmp_path: Path) -> None:
    """Files of format 1 open as ever; what the making took is not known of their heads."""
    assert project.head is not None
    timed = dataclasses.replace(project, head=dataclasses.replace(project.head, making=Making(61.5, 1.4, 2)))
    timed.save(tmp_path / "a")
    again = Project.load(tmp_path / "a").head
    assert again is not None
    assert again.making == Making(61.5, 1.4, 2)
    facts: dict[str, Any] = facts_of(tmp_path / "a")
    facts["version"] = 1
    del facts["head"]["fields"]["making"]
    rewritten(tmp_path / "a", {"project.json": json.dumps(facts).encode()})
    old = Project.load(tmp_path / "a").head
    assert old is not None
    assert old.making is None
    assert old == again


def test_a_reader_passes_over_a_lost_stand_in(project: Project, tmp_path: Path) -> None:
    """It looks for no other members and no other facts than before; so does this one without the mesh."""
    with_stand_in(project).save(tmp_path / "a")
    rewritten(tmp_path / "a", {"mesh.safetensors": None})
    again = Project.load(tmp_path / "a")
    assert again.stand_in is None
    assert_same(again, project)


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
