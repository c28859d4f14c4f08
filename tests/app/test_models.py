"""`volteface models`: from a file on disk to a head drawn with it, and away again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from app.command_line import main
from core import generators
from core.camera import Camera
from core.checkpoints import store
from core.head import Head
from core.photo import Photo
from core.project import Project
from tests.core.checkpoints import builders, hostile
from tests.fakes import TinyGenerator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "models"))
    monkeypatch.setattr(generators, "LOADERS", {"tiny": TinyGenerator})
    generators.load.cache_clear()
    yield
    generators.load.cache_clear()


def answer(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*map(str, arguments), "--json"]) == code
    streams = capsys.readouterr()
    found = json.loads(streams.out)
    assert isinstance(found, dict)
    return found


def sentence(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    capsys.readouterr()
    assert main([*map(str, arguments)]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.splitlines()[-1].startswith("volteface: ")
    assert "Traceback" not in streams.err
    return streams.err


@pytest.mark.parametrize("name", builders.OFFICIAL_FILES)
def test_add_list_verify_remove(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, families, kind = builders.OFFICIAL_FILES[name]
    file = make(tmp_path / name)
    added = answer(capsys, "models", "add", file, "--name", "mine")["model"]
    assert (added["name"], added["kind"], added["state"], added["source"]) == ("mine", kind, "ready", name)
    assert added["licence"]
    assert added["need_bytes"] > 0
    assert len(added["sha256"]) == 64
    # of Depth Anything the small size is free
    assert added["commercial"] == (families in (("sam",), ("lpips",), ("depth_anything",)))
    rows = {row["name"]: row for row in answer(capsys, "models", "list")["models"]}
    assert rows["mine"] == added
    assert rows["tiny"]["bundled"]
    (checked,) = answer(capsys, "models", "verify", "mine")["models"]
    assert checked["state"] == "ready"
    assert answer(capsys, "models", "remove", "mine") == {"removed": "mine"}
    assert "mine" not in {row["name"] for row in answer(capsys, "models", "list")["models"]}
    assert file.exists()


def test_a_person_is_told_name_licence_and_checksum(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = builders.OFFICIAL_FILES["easy-khair.pkl"][0](tmp_path / "easy-khair.pkl")
    assert main(["models", "add", str(file)]) == 0
    streams = capsys.readouterr()
    assert streams.out.startswith("panohead: PanoHead (generator), ")
    assert "CC-BY-NC-4.0. Not for commercial use." in streams.out
    assert store.record("panohead").sha256 in streams.out
    assert "Looking what it is" in streams.err
    assert main(["models", "list"]) == 0
    assert "panohead" in capsys.readouterr().out
    assert main(["models", "remove", "panohead"]) == 0
    assert capsys.readouterr().out == "panohead (PanoHead) was removed.\n"


def test_damage_makes_verify_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, "models", "add", builders.OFFICIAL_FILES["easy-khair.pkl"][0](tmp_path / "a.pkl"))
    weights = store.folder() / "panohead" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    rows = answer(capsys, "models", "verify", code=2)["models"]
    assert {row["name"]: row["state"] for row in rows}["panohead"] == "damaged"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "{folder}/no such.pkl"], "There is no file"),
        (["add", "{folder}"], "without model_index.json"),
        (["add", "{folder}/hostile.pkl"], "os.system"),
        (["add", "{folder}/picture.png"], "was not installed"),
        (["add", "{folder}/good.pkl", "--name", "../up"], "cannot be the name"),
        (["add", "{folder}/good.pkl", "--name", "tiny"], "is there already"),
        (["remove", "tiny"], "came with Volteface"),
        (["remove", "pano"], "No model called pano"),
        (["verify", "pano"], "No model called pano"),
        (["add"], "required"),
        ([], "VERB"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hostile.pkl").write_bytes(hostile.called("os system")["reduce"])
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.png")
    (tmp_path / "good.pkl").write_bytes(builders.panohead_pickle())
    assert words in sentence(capsys, "models", *(word.format(folder=tmp_path) for word in arguments))
    assert store.names() == ()


def test_a_head_is_drawn_by_an_installed_generator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, "models", "add", builders.OFFICIAL_FILES["werewolf.pt"][0](tmp_path / "w.pt"), "--name", "werewolf")
    generator = generators.load("werewolf")
    latents = generator.mean_latents()
    head = Head(generator="werewolf", latents=latents, camera=Camera.orbit(), trigrid=generator.trigrid(latents))
    photo = tmp_path / "ada.png"
    Image.new("RGB", (64, 48)).save(photo)
    Project(photo=Photo.open(photo), camera=head.camera, head=head).save(tmp_path / "ada.volteface")
    picture = tmp_path / "out.png"
    answer(capsys, "render", tmp_path / "ada.volteface", "--yaw", "30", "--size", "32", "-o", picture)
    with Image.open(picture) as image:
        assert image.size == (32, 32)


def test_a_generator_that_is_not_installed_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "ada.png"
    Image.new("RGB", (64, 48)).save(photo)
    words = sentence(capsys, "invert", photo, "--model", "werewolf", "-o", tmp_path / "a.volteface")
    assert "There is no model 'werewolf'" in words
    assert "tiny" in words
