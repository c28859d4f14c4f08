"""From a head to a file, with the tiny generator and its real renderer."""

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core import exporters
from core.camera import Camera
from core.errors import Cancelled, ExportError
from core.exporters import ExportOptions
from core.exporters.apart import run_apart
from core.exporters.files import replacing, write_error, write_whole
from core.exporters.subject import Subject
from core.frame import Quality
from core.head import Head
from core.progress import Progress
from tests.core.exporters.reading import read_mesh, textured_colours, welded
from tests.fakes import CENTRE_Y, HALF_AXES, TinyGenerator, trigrid_of

Exported = tuple[exporters.ExportReport, list[Progress]]
QUICK = ExportOptions(texture_px=128, triangles=2000, frames=3, picture_px=64)

MULTIPLIED = "tests.core.exporters.arithmetic:multiplied"


def untold() -> None:
    """Nobody cancels."""


@pytest.fixture(autouse=True)
def _coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.exporters.subject.RESOLUTION", 64)


@pytest.fixture(scope="module")
def glb(tmp_path_factory: pytest.TempPathFactory, module_head: Head) -> Exported:
    told: list[Progress] = []
    path = tmp_path_factory.mktemp("glb") / "head.glb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.exporters.subject.RESOLUTION", 64)
        result = exporters.export(module_head, path, generator=TinyGenerator(), options=QUICK, report=told.append)
    return result, told


@pytest.fixture(scope="module")
def module_head() -> Head:
    tiny = TinyGenerator()
    latents = tiny.mean_latents()
    return Head(generator="tiny", latents=latents, camera=Camera.orbit(0.2), trigrid=tiny.trigrid(latents))


def test_a_glb_is_life_size_and_closed(glb: Exported) -> None:
    result, _ = glb
    body = read_mesh(result.path)
    low, high = np.asarray(body.bounds) / 0.565
    assert np.all(high - low < 2 * np.array(HALF_AXES))
    assert np.all(high - low > 1.7 * np.array(HALF_AXES))
    assert (low + high)[1] / 2 == pytest.approx(CENTRE_Y, abs=0.005)
    assert result.is_watertight
    assert result.height_mm == pytest.approx(1000 * np.ptp(body.vertices[:, 1]), rel=1e-4)
    assert (result.vertices, result.triangles) == (len(body.vertices), len(body.faces))
    assert result.size_bytes == result.path.stat().st_size


def test_a_glb_looks_like_the_head(glb: Exported) -> None:
    result, _ = glb
    assert result.psnr_db is not None
    assert result.alpha_iou is not None
    assert result.psnr_db > 24
    assert result.alpha_iou > 0.93


def test_a_glb_keeps_the_face_in_front(glb: Exported) -> None:
    result, _ = glb
    body = read_mesh(result.path)
    colours, points = textured_colours(body).astype(float), np.asarray(body.vertices) / 0.565
    lips, back = (
        colours[np.argsort(np.linalg.norm(points - place, axis=1))[:4]].mean(axis=0)
        for place in ([0, -0.08, 0.137], [0, -0.02, -0.16])
    )
    assert lips[0] > 150
    assert lips[0] - lips[1] > 40
    assert back.max() < 130


def test_progress_rises_to_the_end(glb: Exported) -> None:
    result, told = glb
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert told[-1].message == f"Wrote {result.path.name}"
    assert len({progress.message for progress in told}) > 5
    compared = [progress.fraction for progress in told if progress.message.startswith("Comparing")]
    assert len(set(compared)) == 8
    assert compared[0] < 0.9, "comparing takes an eighth of the time, so it moves an eighth of the bar"
    assert compared[-1] > 0.97


def test_report_becomes_json(glb: Exported) -> None:
    result, _ = glb
    assert result.to_json()["path"] == str(result.path)
    assert result.to_json()["psnr_db"] == result.psnr_db


@pytest.mark.parametrize("suffix", [".stl", ".ply"])
def test_millimetre_formats_get_the_height_asked_for(head: Head, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"head{suffix.upper()}"
    options = replace(QUICK, height_mm=180.0)
    result = exporters.export(head, path, generator=TinyGenerator(), options=options)
    body = read_mesh(path)
    assert np.ptp(body.vertices[:, 1]) == pytest.approx(180, rel=1e-4)
    assert welded(body).is_watertight
    assert welded(body).volume > 0
    assert result.height_mm == pytest.approx(180, rel=1e-4)
    assert result.is_watertight


def test_an_obj_brings_its_companions(head: Head, tmp_path: Path) -> None:
    result = exporters.export(head, tmp_path / "head.obj", generator=TinyGenerator(), options=QUICK)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["head.mtl", "head.obj", "head_texture.png"]
    assert result.size_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_a_film_turns_once_and_a_picture_is_the_photos(head: Head, tmp_path: Path) -> None:
    import av
    from PIL import Image

    exporters.export(head, tmp_path / "head.mp4", generator=TinyGenerator(), options=QUICK)
    with av.open(str(tmp_path / "head.mp4")) as film:
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(pictures) == 3
    exporters.export(head, tmp_path / "head.png", generator=TinyGenerator(), options=QUICK)
    with Image.open(tmp_path / "head.png") as picture:
        still = np.asarray(picture)
    subject = Subject(head, TinyGenerator(), QUICK)
    assert np.array_equal(still, subject.frame(head.camera, Quality.EXACT, 64).rgb)
    side = subject.frame(Camera.orbit(2 * np.pi / 3), Quality.NEAR, 64).rgb
    assert np.abs(pictures[1].astype(int) - side).mean() < 4


def test_tuned_weights_reach_the_file(head: Head) -> None:
    pale = replace(head, delta={"to_rgb": torch.full((3, 3), 0.2)})
    plain, tuned = (Subject(h, TinyGenerator(), QUICK).frame(head.camera, Quality.EXACT).rgb for h in (head, pale))
    assert tuned.mean() > plain.mean() + 2


@pytest.mark.parametrize("suffix", [".stl", ".usdz", ".mp4", ".png"])
def test_cancelling_leaves_what_was_there(head: Head, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"head{suffix}"
    path.write_bytes(b"older work")

    def impatient(progress: Progress) -> None:
        if progress.fraction > 0.3 or suffix == ".png":
            raise Cancelled

    with pytest.raises(Cancelled):
        exporters.export(head, path, generator=TinyGenerator(), options=QUICK, report=impatient)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(path.name, b"older work")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("head.gbl", ["Did you mean head.glb?", ".obj .ply .stl .usdz .splat .png .mp4"]),
        ("head.fbx", [".fbx", ".glb"]),
        ("head", ["no suffix", ".glb"]),
        ("nowhere/head.glb", ["does not exist", "Make it"]),
        ("folder.glb", ["is a folder"]),
    ],
)
def test_a_wrong_place_or_suffix_is_refused_at_once(tmp_path: Path, head: Head, name: str, words: list[str]) -> None:
    (tmp_path / "folder.glb").mkdir()
    with pytest.raises(ExportError) as caught:
        exporters.export(head, tmp_path / name, generator=TinyGenerator())
    for word in words:
        assert word in str(caught.value)
    assert caught.value.hint


def test_a_full_disk_is_a_sentence_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "head.stl"
    path.write_bytes(b"older work")

    def full(_self: Path, _content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ExportError, match=r"head\.stl could not be written\. The disk is full\. Free some space"):
        write_whole(path, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["head.stl"]
    assert path.read_bytes() == b"older work"


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENAMETOOLONG, errno.EIO])
def test_every_refusal_has_a_sentence_and_a_hint(code: int) -> None:
    error = write_error(Path("a.glb"), OSError(code, "Some reason"))
    assert error.message.startswith("a.glb could not be written. ")
    assert error.message.endswith(".")
    assert error.hint


def test_a_failing_writer_leaves_nothing(tmp_path: Path) -> None:
    def write() -> None:
        with replacing(tmp_path / "a.stl") as temporary:
            temporary.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert not list(tmp_path.iterdir())


def test_an_empty_head_is_a_sentence(head: Head, tmp_path: Path) -> None:
    nothing = replace(head, trigrid=trigrid_of(head).with_planes(torch.zeros_like(trigrid_of(head).planes)))
    with pytest.raises(ExportError, match="no surface"):
        exporters.export(nothing, tmp_path / "head.stl", generator=TinyGenerator(), options=QUICK)


def test_a_function_apart_takes_and_gives_arrays() -> None:
    given = {"values": np.arange(3.0), "factor": np.asarray(2)}
    assert np.array_equal(run_apart(MULTIPLIED, given, untold)["product"], [0, 2, 4])


def test_a_process_of_its_own_makes_the_same_mesh(head: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Subject(head, TinyGenerator(), QUICK).bare
    monkeypatch.setattr("core.exporters.subject.run_apart", run_apart)
    apart = Subject(head, TinyGenerator(), QUICK).bare
    assert np.array_equal(apart.vertices, here.vertices)
    assert np.array_equal(apart.faces, here.faces)


def test_a_function_that_fails_apart_is_a_sentence() -> None:
    with pytest.raises(ExportError, match=r"ValueError: factor is zero"):
        run_apart(MULTIPLIED, {"values": np.arange(3.0), "factor": np.asarray(0)}, untold)


def test_a_function_apart_stops_when_nobody_wants_it() -> None:
    def unwanted() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        run_apart("time:sleep", {}, unwanted)


@pytest.mark.parametrize("wrong", [{"texture_px": 0}, {"height_mm": -1.0}, {"frames": 0}])
def test_senseless_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ExportOptions(**wrong)
