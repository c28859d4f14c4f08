"""A project there and back: what is kept, and what older files lack."""

from __future__ import annotations

import dataclasses
import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.torch import load, save

from core.camera import Camera
from core.folded_tensors import unfolded
from core.frame import Frame, Quality
from core.making import Making
from core.photo import Photo
from core.project import VERSION, Project
from tests.core.projects import SAMPLE, assert_same, facts_of, full_project, rewritten, with_stand_in

if TYPE_CHECKING:
    from pathlib import Path

    pass


@pytest.fixture
def project() -> Project:
    return full_project()


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


def test_the_last_look_at_the_head_is_kept(project: Project, tmp_path: Path) -> None:
    frame = Frame(
        rgb=np.full((8, 8, 3), 90, np.uint8),
        alpha=np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8),
        depth=np.full((4, 4), 2.7, np.float32),
        labels=None,
        camera=Camera.orbit(0.31, -0.12).zoomed(1.3),
        quality=Quality.EXACT,
    )
    dataclasses.replace(project, view=frame).save(tmp_path / "a")
    again = Project.load(tmp_path / "a").view
    assert again is not None
    assert (again.camera, again.labels) == (frame.camera, None)
    assert again.quality is Quality.EXACT
    for name in ("rgb", "alpha", "depth"):
        np.testing.assert_array_equal(getattr(again, name), getattr(frame, name))


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


def test_a_project_of_before_tensors_were_folded(project: Project, tmp_path: Path) -> None:
    """Files of format 5 hold every tensor as it is."""
    project.save(tmp_path / "a")
    with zipfile.ZipFile(tmp_path / "a") as archive:
        kept = load(archive.read("tensors.safetensors"))
    facts: dict[str, Any] = facts_of(tmp_path / "a")
    assert facts["folded"], "the project has something to fold"
    plain = unfolded(kept, facts.pop("folded"))
    facts["version"] = 5
    changes = {"project.json": json.dumps(facts).encode(), "tensors.safetensors": save(plain)}
    rewritten(tmp_path / "a", dict(changes))
    assert_same(Project.load(tmp_path / "a"), project)


def test_a_reader_passes_over_a_lost_stand_in(project: Project, tmp_path: Path) -> None:
    """It looks for no other members and no other facts than before; so does this one without the mesh."""
    with_stand_in(project).save(tmp_path / "a")
    rewritten(tmp_path / "a", {"mesh.safetensors": None})
    again = Project.load(tmp_path / "a")
    assert again.stand_in is None
    assert_same(again, project)
