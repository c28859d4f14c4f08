"""What is known of models before they are loaded, and why a head cannot be edited here."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app import memory, shelf
from core.camera import Camera
from core.checkpoints import adding, store
from core.free_memory import MemoryNeed
from core.mesh import Mesh
from core.photo import Photo
from core.project import Project
from core.stand_in import ModelFacts, StandIn
from tests.core.checkpoints import builders
from tests.fakes import tiny_head

if TYPE_CHECKING:
    from pathlib import Path

PANOHEAD = ModelFacts("panohead", "PanoHead", "CC-BY-NC-4.0", family="panohead", sha256="ab")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "models"))
    (tmp_path / "easy-khair.pkl").write_bytes(builders.panohead_pickle())
    adding.add(tmp_path / "easy-khair.pkl")
    return tmp_path / "models"


def project(model: ModelFacts | None) -> Project:
    corners = np.eye(3, dtype=np.float32)
    mesh = dataclasses.replace(
        Mesh.of_triangles(corners, np.array([[0, 1, 2]], np.int32)), colours=np.zeros((3, 3), np.uint8)
    )
    return Project(
        photo=Photo.from_array(np.zeros((64, 64, 3), np.uint8)),
        camera=Camera.orbit(),
        head=dataclasses.replace(tiny_head(), generator=model.name if model else "panohead"),
        stand_in=None if model is None else StandIn(mesh, model),
    )


def test_the_bundled_generator_says_the_same_of_itself() -> None:
    from core import generators

    info = generators.load("mini").info
    known = shelf.facts_of("mini")
    assert known is not None
    assert (known.name, known.title, known.licence, known.commercial) == (
        info.name, info.title, info.licence, info.commercial,
    )  # fmt: skip
    assert len(known.sha256) == 64


def test_a_head_whose_model_is_here_is_not_absent() -> None:
    assert shelf.absence_of(project(PANOHEAD), PANOHEAD) is None
    assert shelf.absence_of(dataclasses.replace(project(PANOHEAD), head=None), None) is None
    unknown = dataclasses.replace(PANOHEAD, sha256="")
    assert shelf.absence_of(project(unknown), PANOHEAD) is None, "older files know no checksum"
    assert shelf.absence_of(project(None), PANOHEAD) is None


def test_what_to_install_is_said() -> None:
    absence = shelf.absence_of(project(PANOHEAD), None)
    assert absence is not None
    assert absence.sentence == "Made with PanoHead (CC-BY-NC). Install it with Head > Models… to go on editing."
    nameless = shelf.absence_of(project(None), None)
    assert nameless is not None
    assert nameless.sentence.startswith("Made with panohead. Install it")


def test_another_version_is_another_model() -> None:
    absence = shelf.absence_of(project(PANOHEAD), dataclasses.replace(PANOHEAD, sha256="cd"))
    assert absence is not None
    assert absence.changed
    assert absence.sentence.startswith("Made with another version of PanoHead")
    mini = dataclasses.replace(memory.BUNDLED, sha256="ab")
    earlier = shelf.absence_of(project(mini), dataclasses.replace(mini, sha256="cd"))
    assert earlier is not None
    assert "Make it again" in earlier.sentence


def test_too_little_memory_is_said_with_numbers() -> None:
    room = memory.Room(MemoryNeed(10**9, 10**8, 10**9), 900_000_000, 64)
    assert not room.suffices
    assert "needs 2.1 GB of memory, and 900 MB are free" in shelf.Absence(PANOHEAD, room=room).sentence


def test_an_installed_generator_is_a_choice_with_its_licence_and_its_need(installed: Path) -> None:
    bundled, added = shelf.generator_choices()
    assert (bundled.name, bundled.commercial, bundled.reason) == ("mini", True, "")
    assert (added.name, added.title, added.licence, added.commercial) == ("panohead", "PanoHead", "CC-BY-NC", False)
    known = shelf.facts_of("panohead")
    assert known is not None
    assert known.sha256 == store.record("panohead").sha256
    need = memory.need_of("panohead")
    config = builders.PANOHEAD
    assert need is not None
    assert need.weights == store.record("panohead").need_bytes
    assert need.planes == 3 * config.plane_channels * config.plane_depth * config.plane_px**2 * 4
    assert need.working > need.planes
    room = memory.room_of("panohead")
    assert room is not None
    assert room.neural_px == config.neural_px
    assert shelf.models_folder() == installed


def test_a_damaged_one_cannot_be_chosen(installed: Path) -> None:
    (installed / "panohead" / "model.safetensors").unlink()
    assert shelf.generator_choices()[1].reason == "its file is missing"
    assert shelf.facts_of("panohead") is None


def test_what_is_not_installed_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path))
    assert shelf.facts_of("panohead") is None
    assert memory.room_of("panohead") is None
    assert [one.name for one in shelf.generator_choices()] == ["mini"]


@pytest.mark.parametrize(
    ("licence", "short"),
    [
        ("Apache-2.0 (trained on CC0 heads)", "Apache-2.0"),
        ("CC-BY-NC-4.0", "CC-BY-NC"),
        ("NVIDIA Source Code License (non-commercial)", "NVIDIA, non-commercial"),
        ("LicenseRef-noncommercial", "noncommercial"),
    ],
)
def test_licences_are_short(licence: str, short: str) -> None:
    assert shelf.short_licence(licence) == short
