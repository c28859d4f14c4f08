"""The verbs on real files, with the tiny generator in the table."""

from __future__ import annotations

import dataclasses
import functools
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app import demo, memory, pictures, random_road, road
from app.command_line import main
from core import generators
from core.camera import Camera
from core.free_memory import MemoryNeed
from core.photo import Photo
from core.project import Project
from core.stand_in import ModelFacts, StandIn
from tests.app.studio_fakes import FORMED, Workshop, alignment_of
from tests.app.tiny_models import grey_photo, in_the_table
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _tiny_in_the_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with in_the_table(monkeypatch, dict.fromkeys(("tiny", "mini"), lambda: TinyGenerator(grid_nodes=64))):
        yield


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return grey_photo(tmp_path, 48)


@pytest.fixture
def project(tmp_path: Path, photo: Path) -> Path:
    path = tmp_path / "ada.volteface"
    Project(photo=Photo.open(photo), camera=Camera.orbit(), head=tiny_head(3)).save(path)
    return path


@pytest.fixture
def workshop(monkeypatch: pytest.MonkeyPatch) -> Workshop:
    made = Workshop(pause_seconds=0)
    monkeypatch.setattr("app.likeness.likeness", lambda *_: {"LPIPS over the person": 0.25})
    monkeypatch.setattr("app.demo.likeness", lambda *_: {"LPIPS over the person": 0.25})
    monkeypatch.setattr(road, "align_photo", alignment_of)
    monkeypatch.setattr(road, "make_head", made.make_head)
    return made


def _answer(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    code = main([*arguments, "--json"])
    streams = capsys.readouterr()
    assert code == 0, streams.err
    answer = json.loads(streams.out)
    assert isinstance(answer, dict)
    return answer


def test_a_random_head_is_a_project_and_the_same_for_a_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random_road, "formed", workshop.formed)
    heads = []
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        path = tmp_path / f"{name}.volteface"
        answer = _answer(["random", "-o", str(path), "--model", "tiny", "--seed", str(seed)], capsys)
        assert answer == {"project": str(path), "generator": "tiny", "seed": seed}
        made = Project.load(path)
        assert made.head is not None
        assert made.head.seed == seed + FORMED, "it has its form"
        assert made.alignment is None
        assert made.preview is not None
        assert made.photo.pixels.shape == made.preview.shape, "its picture stands where a photo would"
        heads.append(made.head)
    assert np.array_equal(heads[0].latents, heads[1].latents)
    assert not np.array_equal(heads[0].latents, heads[2].latents)
    assert main(["random", "-o", str(tmp_path / "a.glb"), "--model", "tiny"]) == 2
    assert ".volteface" in capsys.readouterr().err


def test_invert_makes_a_project(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], workshop: Workshop
) -> None:
    out = tmp_path / "out.volteface"
    answer = _answer(["invert", str(photo), "-o", str(out), "--model", "tiny"], capsys)
    assert answer["project"] == str(out)
    assert answer["figures"] == {"LPIPS over the person": 0.25}
    made = Project.load(out)
    assert made.head is not None
    assert made.head.seed == 99
    assert made.preview is not None
    assert len(workshop.heads_made) == 1


def test_invert_tells_a_person_what_it_does(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], workshop: Workshop
) -> None:
    out = tmp_path / "out.volteface"
    assert main(["invert", str(photo), "-o", str(out), "--model", "tiny"]) == 0
    streams = capsys.readouterr()
    assert streams.out.startswith(f"{out}: a head")
    assert "Searching" in streams.err


def test_render_one_view(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    front, side = tmp_path / "front.png", tmp_path / "side.png"
    _answer(["render", str(project), "-o", str(front)], capsys)
    _answer(["render", str(project), "--yaw", "90", "--pitch", "10", "--size", "48", "-o", str(side)], capsys)
    with Image.open(front) as image:
        assert image.size == (64, 64)
    with Image.open(side) as image:
        assert image.size == (48, 48)


def test_render_a_sheet(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "sheet.png"
    _answer(["render", str(project), "--sheet", str(sheet), "--size", "16"], capsys)
    with Image.open(sheet) as image:
        assert image.size == (16 * len(pictures.SHEET_YAWS_DEGREES), 16 * len(pictures.SHEET_PITCHES_DEGREES))


@pytest.fixture
def guest(tmp_path: Path, photo: Path) -> Path:
    """A head of a generator that is not installed, with its mesh."""
    head = tiny_head(3)
    known = road.stand_in_of(head)
    assert known is not None
    model = ModelFacts("easy-khair", "PanoHead", "CC-BY-NC-4.0", family="panohead")
    path = tmp_path / "guest.volteface"
    head = dataclasses.replace(head, generator="easy-khair")
    stand_in = StandIn(known.mesh, model)
    Project(photo=Photo.open(photo), camera=Camera.orbit(), head=head, stand_in=stand_in).save(path)
    return path


def test_a_head_without_its_model_is_drawn_and_exported_from_its_mesh(
    guest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", str(guest), "--yaw", "30", "--size", "64", "-o", str(tmp_path / "a.png")]) == 0
    note = "note: guest.volteface was made with PanoHead, which is not installed; its stored mesh is used."
    assert note in capsys.readouterr().err
    with Image.open(tmp_path / "a.png") as image:
        assert np.asarray(image).std() > 10
    answer = _answer(["export", str(guest), "-o", str(tmp_path / "a.ply")], capsys)
    assert answer["triangles"] > 1000


def test_without_mesh_and_model_there_is_one_sentence(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generators, "LOADERS", {})
    assert main(["render", str(project), "-o", str(tmp_path / "a.png")]) == 2
    said = capsys.readouterr().err
    assert said == (
        "volteface: ada.volteface was made with tiny, which is not installed. "
        "Install it with `volteface models add FILE`.\n"
    )


def test_a_model_that_will_not_fit_is_refused_before_it_is_loaded(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = memory.Room(MemoryNeed(800_000_000, 100_000_000, 400_000_000), 1_250_000_000, 64)
    monkeypatch.setattr(memory, "room_of", lambda _name: room)
    arguments = ["render", str(project), "-o", str(tmp_path / "a.png")]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "Tiny needs 1.3 GB of memory, and 1.2 GB are free. Try --precision half or a smaller --neural-px" in said
    assert main([*arguments, "--precision", "half"]) == 0
    assert main([*arguments, "--precision", "half", "--neural-px", "16"]) == 0


def test_export_writes_a_mesh(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "ada.stl"
    answer = _answer(["export", str(project), "-o", str(out), "--height-mm", "180"], capsys)
    assert answer["size_bytes"] == out.stat().st_size
    assert answer["height_mm"] == pytest.approx(180, rel=0.01)


def test_models_are_listed_with_licence(capsys: pytest.CaptureFixture[str]) -> None:
    rows = _answer(["models", "list"], capsys)["models"]
    assert rows[0]["name"] == "tiny"
    assert all(row["licence"] for row in rows if row["state"] == "ready")
    assert main(["models", "list"]) == 0
    assert "tiny" in capsys.readouterr().out


def _broken(folder: Path, photo: Path, project: Path) -> None:
    picture, data = photo.read_bytes(), project.read_bytes()
    Image.new("1", (20_000, 12_000)).save(folder / "enormous.png")
    frames = [Image.new("L", (64, 64), shade) for shade in (0, 255)]
    for name, content in {
        "truncated.png": picture[: len(picture) // 2],
        "zero.png": b"",
        "renamed.jpg": b"%PDF-1.4 nothing",
        "words.png": b"These are words.",
        "truncated.volteface": data[: len(data) // 2],
        "zero.volteface": b"",
        "renamed.volteface": picture,
    }.items():
        (folder / name).write_bytes(content)
    frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:])
    for name, facts in {
        "newer.volteface": '{"format": "volteface", "version": 99}',
        "bomb.volteface": " " * 5_000_000,
        "other.volteface": "[]",
    }.items():
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("project.json", facts)


BAD_PHOTOS = ["truncated.png", "zero.png", "renamed.jpg", "words.png", "enormous.png", "no such.png", ""]
BAD_PROJECTS = [
    "truncated.volteface",
    "zero.volteface",
    "renamed.volteface",
    "newer.volteface",
    "bomb.volteface",
    "other.volteface",
    "no such.volteface",
    "",
]


def _one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(arguments) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.count("\n") == 1
    assert "Traceback" not in streams.err
    return streams.err


@pytest.mark.parametrize("name", BAD_PHOTOS)
def test_a_bad_photo_is_one_sentence(
    name: str, photo: Path, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], workshop: Workshop
) -> None:
    _broken(tmp_path, photo, project)
    out = tmp_path / "out.volteface"
    words = _one_sentence(["invert", str(tmp_path / name), "-o", str(out), "--model", "tiny"], capsys)
    assert name in words
    assert not out.exists()
    assert workshop.heads_made == []


@pytest.mark.parametrize("name", BAD_PROJECTS)
@pytest.mark.parametrize("verb", ["render", "export"])
def test_a_bad_project_is_one_sentence(
    name: str, verb: str, photo: Path, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _broken(tmp_path, photo, project)
    out = tmp_path / ("out.png" if verb == "render" else "out.glb")
    out.write_bytes(b"kept")
    words = _one_sentence([verb, str(tmp_path / name), "-o", str(out)], capsys)
    assert name in words
    assert out.read_bytes() == b"kept"


def test_a_photo_where_a_project_is_expected(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = _one_sentence(["render", str(photo), "-o", str(tmp_path / "o.png")], capsys)
    assert "volteface invert" in words


def test_a_project_without_a_head(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "early.volteface"
    Project(photo=Photo.open(photo), camera=Camera.orbit()).save(path)
    assert "no head yet" in _one_sentence(["export", str(path), "-o", str(tmp_path / "o.glb")], capsys)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["invert", "{photo}", "-o", "{folder}/a.zip"], "should end in .volteface"),
        (["invert", "{photo}", "-o", "{folder}/none/a.volteface"], "does not exist"),
        (["invert", "{photo}", "-o", "{folder}"], "should end in"),
        (["invert", "{photo}", "--model", "minni"], "'minni'"),
        (["invert", "{photo}", "--method", "magic"], "'magic'"),
        (["render", "{project}", "-o", "{folder}/a.jpg"], "should end in .png"),
        (["render", "{project}", "--turntable", "{folder}/a.gif"], "should end in .mp4"),
        (["render", "{project}", "--sheet", "{folder}/none/a.png"], "does not exist"),
        (["export", "{project}", "-o", "{folder}/a.fbx"], ".fbx"),
        (["export", "{project}", "-o", "{folder}/none/a.glb"], "none"),
        (["demo", "-o", "{photo}"], "cannot be made"),
    ],
)
def test_bad_places_and_names_are_refused_before_any_work(
    arguments: list[str],
    words: str,
    photo: Path,
    project: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    workshop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    filled = [word.format(photo=photo, project=project, folder=tmp_path) for word in arguments]
    if filled[0] == "invert" and "--model" not in filled:
        filled += ["--model", "tiny"]
    assert words in _one_sentence(filled, capsys)
    assert workshop.heads_made == []


@pytest.mark.slow
def test_the_demo_walks_the_whole_road(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    workshop: Workshop,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo, "FILM_FRAMES_PER_SECOND", 4)
    monkeypatch.setattr(demo, "TEXTURE_PX", 256)
    monkeypatch.setattr(demo, "SHEET_YAWS_DEGREES", (0, 180))
    export = functools.partial(road.export_head, triangles=3000, score=False)
    monkeypatch.setattr(road, "export_head", export)
    folder = tmp_path / "deep" / "volteface-demo"
    answer = _answer(["demo", "-o", str(folder), "--photo", str(photo)], capsys)
    assert sorted(path.name for path in folder.iterdir()) == sorted(answer["files"])
    assert json.loads((folder / "summary.json").read_text()) == answer
    assert all((folder / name).stat().st_size > 0 for name in answer["files"])


def test_the_sample_portrait_is_there() -> None:
    assert Photo.open(road.SAMPLE_PHOTO).pixels.shape == (512, 512, 3)
