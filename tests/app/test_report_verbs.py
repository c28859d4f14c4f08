"""`report`, `repair` and `export --seen` on real files, with the tiny generator."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app import editing_road, reporting_road, road
from app.command_line import main
from core import generators
from core.camera import Camera
from core.edit import Recolour, Repair
from core.exporters import ExportReport
from core.photo import Photo
from core.project import Project
from tests.app.studio_fakes import alignment_of
from tests.app.tiny_models import grey_photo, in_the_table
from tests.core.evaluation.faulty import with_floater
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.head import Head


@pytest.fixture(autouse=True)
def _tiny_in_the_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(road, "stand_in_of", lambda *_: None)
    with in_the_table(monkeypatch, {**generators.LOADERS, "tiny": lambda: TinyGenerator(grid_nodes=64)}):
        yield


@pytest.fixture
def photo(tmp_path: Path) -> Photo:
    return Photo.open(grey_photo(tmp_path))


def _saved(photo: Photo, path: Path, head: Head) -> Path:
    alignment = replace(alignment_of(photo), photo_size_px=(512, 512))
    Project(photo=photo, camera=Camera.orbit(), head=head, alignment=alignment).save(path)
    return path


@pytest.fixture
def head(photo: Photo, tmp_path: Path) -> Path:
    return _saved(photo, tmp_path / "head.volteface", tiny_head(3))


def _answer(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_report_writes_a_page_and_answers_json(
    head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "ada.html"
    monkeypatch.chdir(tmp_path)
    answer = _answer(["report", str(head), "-o", str(page)], capsys)
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert "head" in page.read_text()
    assert answer["report"] == str(page)
    assert answer["facts"]["Seed"] == "3"
    assert answer["facts"]["Photo"] == "ada ü.png"
    assert answer["rear_check"] == []
    assert 0 < answer["seen_share"] < 1
    assert {"lpips", "l2", "psnr", "ms_ssim", "identity"} <= set(answer["front"])
    assert {path.name for path in tmp_path.iterdir()} == {"ada.html", "ada ü.png", "head.volteface"}


def test_report_refuses_what_it_cannot_write_or_compare(
    head: Path, photo: Photo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(head), "-o", str(tmp_path / "a.pdf")]) == 2
    assert "should end in .html" in capsys.readouterr().err
    bare = tmp_path / "bare.volteface"
    Project(photo=photo, camera=Camera.orbit(), head=tiny_head()).save(bare)
    assert main(["report", str(bare), "-o", str(tmp_path / "a.html")]) == 2
    assert "no photo to be compared with" in capsys.readouterr().err
    assert not (tmp_path / "a.html").exists()


def test_repair_finds_a_floater_and_takes_it_away(
    photo: Photo, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # a planted field is of a class of the tests, which projects do not keep
    faulty, out = with_floater(tiny_head(1)), tmp_path / "out.volteface"
    project = Project(
        photo=photo,
        camera=Camera.orbit(),
        head=tiny_head(1),
        alignment=alignment_of(photo),
        edits=(Recolour(key="c", part="hair", rgb=(0.5, 0.1, 0.1)),),
    )
    path = tmp_path / "in.volteface"
    project.save(path)
    opened = replace(project, head=faulty)
    monkeypatch.setattr(editing_road, "editable_project", lambda _path: opened)
    kept: list[Project] = []
    monkeypatch.setattr(Project, "save", lambda self, _path: kept.append(self))
    answer = _answer(["repair", str(path), "-o", str(out)], capsys)
    assert [one["kind"] for one in answer["found"]] == ["floaters"]
    assert answer["left"] == []
    (made,) = kept
    assert [type(edit) for edit in made.edits] == [Repair, Recolour]
    assert made.head is faulty


def test_repair_leaves_a_whole_head_alone_unless_asked(
    head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.volteface"
    answer = _answer(["repair", str(head), "-o", str(out)], capsys)
    assert answer["found"] == []
    assert Project.load(out).edits == ()
    assert main(["repair", str(head), "-o", str(out), "--anyway"]) == 0
    (edit,) = Project.load(out).edits
    assert isinstance(edit, Repair)


def test_a_repair_lies_below_other_edits_and_there_is_but_one(photo: Photo) -> None:
    colour = Recolour(key="c", part="hair", rgb=(0.5, 0.1, 0.1))
    project = Project(photo=photo, camera=Camera.orbit(), head=tiny_head(), edits=(colour, Repair(key="old")))
    repaired = reporting_road.with_repair(project, "new")
    assert [edit.key for edit in repaired.edits] == ["new", "c"]


def test_export_tells_what_was_seen(
    head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["export", str(head), "-o", str(tmp_path / "a.stl"), "--seen"]) == 2
    assert "no place for what was seen" in capsys.readouterr().err
    wishes: list[dict[str, Any]] = []

    def remember(_head: Head, path: Path, **options: object) -> ExportReport:
        wishes.append(options)
        return ExportReport(path, ".ply", 0, 0.0)

    monkeypatch.setattr(road, "export_head", remember)
    for more in ([], ["--seen"]):
        assert main(["export", str(head), "-o", str(tmp_path / "a.ply"), *more]) == 0
    assert wishes[0]["seen_by"] == ()
    (witness,) = wishes[1]["seen_by"]
    assert witness.camera == tiny_head(3).camera
    assert (witness.depth > 0).any()
