"""The editing verbs on real files: laws with the tiny generator, one walk with the bundled one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app import editing_road, pictures, road
from app.command_line import main
from core import generators
from core.camera import Camera
from core.edit import MoveSlider, Paint, Recolour, Reshape, TakePart
from core.errors import VoltefaceError
from core.frame import Quality
from core.photo import Photo
from core.project import Project
from core.reference import Reference
from tests.app.studio_fakes import Workshop, alignment_of
from tests.app.tiny_models import grey_photo, in_the_table
from tests.core.rendering.photographed_ball import photo_of
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


STAND_IN_OF = road.stand_in_of


@pytest.fixture(autouse=True)
def _tiny_in_the_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(road, "stand_in_of", lambda *_: None)
    with in_the_table(monkeypatch, {**generators.LOADERS, "tiny": lambda: TinyGenerator(grid_nodes=96)}):
        yield


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return grey_photo(tmp_path)


def _project(photo: Path, seed: int) -> Path:
    path = photo.with_name(f"head {seed}.volteface")
    found = Photo.open(photo)
    crop = replace(alignment_of(found), crop_from_photo=np.diag([8.0, 8.0, 1.0]))
    Project(photo=found, camera=Camera.orbit(), head=tiny_head(seed), alignment=crop).save(path)
    return path


@pytest.fixture
def head(photo: Path) -> Path:
    return _project(photo, 3)


@pytest.fixture
def other(photo: Path) -> Path:
    return _project(photo, 4)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.volteface"


def _answer(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    code = main([*arguments, "--json"])
    streams = capsys.readouterr()
    assert code == 0, streams.err
    answer = json.loads(streams.out)
    assert isinstance(answer, dict)
    return answer


def _sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    words = capsys.readouterr().err.strip()
    assert words.count("\n") == 0
    assert words.startswith("volteface: ")
    return words


def _front(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    shown = editing_road.edited_head(Project.load(path))
    return road.renderer_of(shown).render(Camera.orbit(), Quality.EXACT).rgb


def test_a_part_is_taken_and_every_verb_sees_it(
    head: Path, other: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = _answer(["take", "hair", "--from", str(other), "--into", str(head), "-o", str(out)], capsys)
    made = Project.load(out)
    assert made.head == tiny_head(3)  # the head stays as it was made
    assert [edit["kind"] for edit in answer["edits"]] == ["TakePart"]
    assert made.references[0].name == other.name
    assert made.references[0].thumbnail is not None
    edit = made.edits[0]
    assert isinstance(edit, TakePart)
    assert edit.reference == made.references[0].key
    assert np.abs(_front(out).astype(int) - _front(head)).max() > 20
    picture = out.with_suffix(".png")
    _answer(["render", str(out), "-o", str(picture)], capsys)
    assert np.array_equal(np.asarray(Image.open(picture)), _front(out))


def test_exported_is_the_edited_head(
    head: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _answer(["colour", str(head), "hair=#2040ff", "-o", str(out)], capsys)
    exported = []

    def remember(shown: object, *_: object, **__: object) -> None:
        exported.append(shown)
        raise KeyboardInterrupt

    monkeypatch.setattr(road, "export_head", remember)
    assert main(["export", str(out), "-o", str(out.with_suffix(".stl"))]) == 130
    capsys.readouterr()
    assert type(exported[0].trigrid).__name__ == "RemappedField"  # type: ignore[attr-defined]


def test_edits_pile_up_and_a_reference_is_kept_once(
    head: Path, other: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _answer(["take", "hair", "--from", str(other), "--into", str(head), "-o", str(out)], capsys)
    _answer(["take", "mouth", "--from", other.name, "--into", str(out), "-o", str(out)], capsys)
    _answer(["take", "eyes", "--from", "seed:7", "--into", str(out), "-o", str(out), "--strength", ".5"], capsys)
    _answer(["colour", str(out), "hair=#a52", "-o", str(out)], capsys)
    made = Project.load(out)
    assert [getattr(edit, "part", "") for edit in made.edits] == ["hair", "mouth", "eyes", "hair"]
    assert [reference.name for reference in made.references] == [other.name, "seed:7"]
    keys = [item.key for item in (*made.edits, *made.references)]
    assert len(set(keys)) == len(keys)
    assert made.edits[2].strength == 0.5
    assert isinstance(made.edits[3], Recolour)
    assert made.edits[3].rgb == pytest.approx((0xAA / 255, 0x55 / 255, 0x22 / 255))


def test_the_same_seed_is_the_same_head() -> None:
    again = [editing_road.seeded_reference("tiny", 7, "1") for _ in range(2)]
    assert again[0] == again[1]
    assert again[0].head != editing_road.seeded_reference("tiny", 8, "1").head


def test_a_reference_may_have_edits_of_its_own(
    head: Path, other: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _answer(["colour", str(other), "hair=#2040ff", "-o", str(other)], capsys)
    _answer(["take", "hair", "--from", str(other), "--into", str(head), "-o", str(out)], capsys)
    top = _front(out)[12:16, 28:36].reshape(-1, 3).mean(0)
    assert top[2] > 1.5 * top[0]


def test_a_photo_as_reference_becomes_a_head(
    head: Path, photo: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Workshop(pause_seconds=0)
    monkeypatch.setattr(road, "align_photo", alignment_of)
    monkeypatch.setattr(road, "make_head", made.make_head)
    _answer(["take", "hair", "--from", str(photo), "--into", str(head), "-o", str(out), "--steps", "3"], capsys)
    assert Project.load(out).references[0].name == photo.name
    assert len(made.heads_made) == 1


def test_sliders_are_set_not_added_up(head: Path) -> None:
    project = Project.load(head)
    first = editing_road.with_sliders(project, {"smile": 0.8, "age": -0.3})
    again = editing_road.with_sliders(first, {"smile": 0.2, "age": 0.0})
    key = first.edits[0].key
    assert first.edits[0] == Reshape(key=key, name="smile", strength=0.8)
    assert isinstance(first.edits[1], MoveSlider)
    assert (first.edits[1].name, first.edits[1].strength) == ("age", -0.3)
    assert again.edits == (Reshape(key=key, name="smile", strength=0.2),)


def test_glasses_and_beards_of_the_model_are_refused_below_a_photo(head: Path) -> None:
    project = Project.load(head)
    assert project.head is not None
    camera = project.head.camera
    worn = replace(project.head, photos=(photo_of(camera, np.zeros((8, 8, 3), np.uint8)),))
    photographed = replace(project, head=worn)
    assert len(editing_road.with_sliders(project, {"glasses": 1.0}).edits) == 1
    with pytest.raises(VoltefaceError, match="does not follow glasses") as refused:
        editing_road.with_sliders(photographed, {"glasses": 1.0})
    assert "another head" in refused.value.hint
    old = replace(photographed, edits=(MoveSlider(key="1", name="beard", strength=2.0),))
    assert editing_road.with_sliders(old, {"beard": 0.0}).edits == ()


def test_sliders_that_others_took_the_place_of_keep_what_they_did_and_lend_their_names(head: Path) -> None:
    old = replace(Project.load(head), edits=(MoveSlider(key="1", name="smile", strength=2.0),))
    project = editing_road.with_sliders(old, {"jaw": 0.5, "smile": 1.0})
    sliders = [edit for edit in project.edits if isinstance(edit, MoveSlider | Reshape)]
    assert [(type(edit), edit.name, edit.strength) for edit in sliders] == [
        (MoveSlider, "smile", 2.0),
        (Reshape, "mouth-open", 0.5),
        (Reshape, "smile", 1.0),
    ]
    with pytest.raises(VoltefaceError, match="no slider 'horns'"):
        editing_road.with_sliders(old, {"horns": 1.0})
    with pytest.raises(VoltefaceError, match="out of range"):
        editing_road.with_sliders(old, {"smile": 9.0})


def _paint(path: Path, at: tuple[int, int], side: int = 64) -> Path:
    picture = np.zeros((side, side, 4), np.uint8)
    row, column = at
    picture[row - 3 : row + 4, column - 3 : column + 4] = (255, 0, 0, 255)
    Image.fromarray(picture).save(path)
    return path


def test_components_of_a_model_become_sliders_and_go(
    head: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOLTEFACE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("core.editors.learned_directions.DRAWS", 64)
    learn = ["attribute", "learn", "--model", "tiny"]
    found = _answer([*learn, "--pca", "2"], capsys)["learned"]
    assert [one["name"] for one in found] == ["component-1", "component-2"]
    _answer(["attribute", str(head), "component-1=2", "-o", str(out)], capsys)
    edits = Project.load(out).edits
    assert [(edit.name, edit.strength) for edit in edits if isinstance(edit, MoveSlider)] == [("component-1", 2.0)]
    assert (_front(out) != _front(head)).any()
    assert "out of range" in _sentence(["attribute", str(head), "component-1=9", "-o", str(out)], capsys)
    assert main([*learn, "big", "--with", str(head.parent), "--without", str(head.parent)]) == 2
    assert "No face was found in the pictures" in capsys.readouterr().err
    assert "nothing to learn from" in _sentence([*learn, "big"], capsys)
    assert "There is a slider 'smile' already" in _sentence([*learn, "smile", "--with", ".", "--without", "."], capsys)
    _answer([*learn, "component-1", "--forget"], capsys)
    assert "There is no slider 'component-1'" in _sentence(
        ["attribute", str(head), "component-1=2", "-o", str(out)], capsys
    )


def test_a_part_comes_with_its_seam_and_harmony(
    head: Path, other: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take = ["take", "nose", "--from", str(other), "--into", str(head), "-o", str(out)]
    _answer([*take, "--seam", "3", "--harmonise", "0.25"], capsys)
    (edit,) = Project.load(out).edits
    assert isinstance(edit, TakePart)
    assert (edit.seam, edit.harmonise) == (3.0, 0.25)
    assert "out of range" in _sentence([*take, "--seam", "9"], capsys)
    assert "out of range" in _sentence([*take, "--harmonise", "2"], capsys)


def test_paint_is_laid_on_the_view(head: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texture = _paint(out.with_name("ink.png"), (32, 32))
    _answer(["paint", str(head), "--texture", str(texture), "-o", str(out)], capsys)
    edit = Project.load(out).edits[0]
    assert isinstance(edit, Paint)
    assert edit.camera == Camera.orbit()
    red = _front(out)[32, 32]
    assert red[0] > 200
    assert max(red[1:]) < 60
    behind = pictures.orbit_degrees(180, 0)
    views = [
        road.renderer_of(editing_road.edited_head(Project.load(p))).render(behind, Quality.EXACT) for p in (out, head)
    ]
    assert np.array_equal(views[0].rgb, views[1].rgb)


def test_what_was_drawn_on_a_copy_of_the_photo_is_paint(
    head: Path, photo: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels = np.asarray(Image.open(photo)).copy()
    pixels[28:36, 28:36] = (255, 0, 0)
    copy = photo.with_name("copy.png")
    Image.fromarray(pixels).save(copy)
    _answer(["paint", str(head), "--texture", str(copy), "-o", str(out)], capsys)
    edit = Project.load(out).edits[0]
    assert isinstance(edit, Paint)
    assert 0 < (edit.picture[..., 3] > 0).mean() < 0.1
    assert edit.camera == tiny_head(3).camera


BAD = {
    "no such part": (["take", "tail", "--from", "seed:1", "--into", "HEAD"], "There is no part 'tail'"),
    "part not there": (["take", "glasses", "--from", "seed:1", "--into", "HEAD"], "No glasses were found on"),
    "strength": (
        ["take", "nose", "--from", "seed:1", "--into", "HEAD", "--strength", "2"],
        "strength 2 is out of range",
    ),
    "no strength": (["colour", "HEAD", "hair=#fff", "--strength", "nan"], "strength nan is out of range"),
    "seed": (["take", "nose", "--from", "seed:x", "--into", "HEAD"], "names no random head"),
    "no reference": (["take", "nose", "--from", "gone.png", "--into", "HEAD"], "There is no file gone.png"),
    "no project": (["take", "nose", "--from", "seed:1", "--into", "gone.volteface"], "There is no project"),
    "nothing to remove": (["remove", "glasses", "--from", "HEAD"], "wears no glasses"),
    "not removable": (["remove", "nose", "--from", "HEAD"], "Nose cannot be taken off"),
    "no slider": (["attribute", "HEAD", "charm=1"], "no slider 'charm'"),
    "slider range": (["attribute", "HEAD", "smile=9"], "smile=9 is out of range"),
    "no number": (["attribute", "HEAD", "smile=much"], "'much' is no strength of smile"),
    "no assignment": (["attribute", "HEAD", "smile"], "'smile' sets nothing"),
    "no sliders at all": (["attribute", "HEAD", "age=1"], "knows no attributes"),
    "no colour": (["colour", "HEAD", "hair=blond-ish"], "is no colour"),
    "no coloured part": (["colour", "HEAD", "tail=#fff"], "There is no part 'tail'"),
    "no texture": (["paint", "HEAD", "--texture", "gone.png"], "There is no file gone.png"),
    "poles": (["paint", "HEAD", "--texture", "PAINT", "--pitch", "90"], "pitch is out of range"),
    "beside": (["paint", "HEAD", "--texture", "PAINT", "--yaw", "0"], "None of the paint lies on the head"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_and_changes_nothing(
    case: str, head: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, words = BAD[case]
    paint = _paint(out.with_name("corner.png"), (4, 4))
    given = {"HEAD": str(head), "PAINT": str(paint)}
    before = head.read_bytes()
    assert words in _sentence([*(given.get(word, word) for word in arguments), "-o", str(out)], capsys)
    assert not out.exists()
    assert head.read_bytes() == before


@pytest.mark.parametrize(
    ("mode", "size", "words"),
    [("RGBA", (64, 32), "over a square picture"), ("RGBA", (64, 64), "no paint in"), ("RGB", (40, 40), "no copy of")],
)
def test_a_texture_that_is_no_paint_is_refused(
    mode: str, size: tuple[int, int], words: str, head: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texture = out.with_name("texture.png")
    Image.new(mode, size).save(texture)
    assert words in _sentence(["paint", str(head), "--texture", str(texture), "-o", str(out)], capsys)


def test_a_reference_of_another_generator_is_refused(
    photo: Path, head: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = photo.with_name("foreign.volteface")
    found = Photo.open(photo)
    Project(photo=found, camera=Camera.orbit(), head=replace(tiny_head(4), generator="mini")).save(foreign)
    said = _sentence(["take", "nose", "--from", str(foreign), "--into", str(head), "-o", str(out)], capsys)
    assert "Make both with one model" in said


def test_out_must_be_a_project(head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = _sentence(["colour", str(head), "hair=#fff", "-o", str(tmp_path / "out.png")], capsys)
    assert "should end in .volteface" in said


def test_a_project_without_edits_shows_its_very_head(head: Path) -> None:
    project = Project.load(head)
    assert editing_road.edited_head(project) is project.head
    off = replace(project, edits=(TakePart(key="1", part="hair", reference="gone", enabled=False),))
    assert editing_road.edited_head(off) is project.head


def test_keys_are_new() -> None:
    found = Photo(np.zeros((64, 64, 3), np.uint8), "black")
    project = Project(
        photo=found,
        camera=Camera.orbit(),
        references=(Reference(key="3", name="other", head=tiny_head(1)),),
        edits=(TakePart(key="2", part="hair", reference="3"),),
    )
    assert editing_road.new_key(project) not in {"2", "3"}


@pytest.mark.slow
def test_the_bundled_head_smiles(
    photo: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(road, "stand_in_of", STAND_IN_OF)
    source = photo.with_name("mini.volteface")
    head = editing_road.seeded_reference("mini", 3, "1").head
    Project(photo=Photo.open(photo), camera=Camera.orbit(), head=head).save(source)
    answer = _answer(["attribute", str(source), "smile=1.5", "age=-0.3", "-o", str(out)], capsys)
    assert [edit["name"] for edit in answer["edits"]] == ["smile", "age"]
    made = Project.load(out)
    assert made.preview is not None
    assert made.stand_in is not None
    assert made.head is not None
    edited = editing_road.edited_head(made)
    assert (edited.latents - made.head.latents).abs().max() > 0
