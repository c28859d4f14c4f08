"""Writing data sets and sheets, with heads that need neither assets nor OpenGL."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.camera import Camera
from core.errors import Cancelled, VoltefaceError
from core.progress import Progress
from core.training.synthetic import dataset, sheet
from core.training.synthetic.assets import AssetFolders
from core.training.synthetic.cameras import ViewRing
from core.training.synthetic.dataset import DatasetSettings, folder_of, is_rendered, render_dataset, rendered_seeds
from core.training.synthetic.head import V1, SyntheticHead
from core.training.synthetic.recipe import HeadRecipe
from core.training.synthetic.renderer import View
from core.training.synthetic.sheet import contact_sheet, tiled

NO_ASSETS = AssetFolders(Path("none"), Path("none"))
SMALL = DatasetSettings(views=ViewRing(((0, 0), (90, 0), (180, 0))), size_px=8)


class FakeRenderer:
    def __init__(self, size_px: int, supersample: int) -> None:
        self.size_px = size_px

    def __enter__(self) -> "FakeRenderer":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class FakeMaker:
    made: list[int]

    def __init__(self, *_: object) -> None:
        pass

    def head(self, seed: int, recipe: HeadRecipe = V1) -> SyntheticHead:
        type(self).made.append(seed)
        return SyntheticHead((), np.array([0, 0, 1.0]), {"seed": seed, "version": recipe.version})


def fake_views(renderer: FakeRenderer, head: SyntheticHead, cameras: Sequence[Camera]) -> list[View]:
    size = renderer.size_px
    level = head.facts["seed"] % 12
    rgb, label = np.full((size, size, 3), level, np.uint8), np.full((size, size), level, np.uint8)
    view = View(rgb, label, np.full((size, size), 2.7, np.float32))
    return [view] * len(cameras)


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    FakeMaker.made = []
    for module in (dataset, sheet):
        monkeypatch.setattr(module, "OffscreenRenderer", FakeRenderer)
        monkeypatch.setattr(module, "HeadMaker", FakeMaker)
        monkeypatch.setattr(module, "rendered", fake_views)
    return FakeMaker.made


def test_a_head_is_a_folder_of_arrays(tmp_path: Path) -> None:
    assert render_dataset(NO_ASSETS, tmp_path, [7], tmp_path / "cache", SMALL) == 1
    folder = tmp_path / "000007"
    arrays = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    assert {name: (a.dtype.name, a.shape) for name, a in arrays.items()} == {
        "rgb": ("uint8", (3, 8, 8, 3)),
        "label": ("uint8", (3, 8, 8)),
        "depth": ("float16", (3, 8, 8)),
        "cam2world": ("float32", (3, 4, 4)),
    }
    stored = [Camera(pose) for pose in arrays["cam2world"].astype(float)]
    assert stored == list(SMALL.views.cameras(7))
    assert json.loads((folder / "meta.json").read_text())["seed"] == 7


def test_only_what_is_missing_is_rendered(tmp_path: Path, made: list[int]) -> None:
    render_dataset(NO_ASSETS, tmp_path, range(3), tmp_path, SMALL)
    assert render_dataset(NO_ASSETS, tmp_path, [0, 4, 2, 4], tmp_path, SMALL) == 1
    assert made == [0, 1, 2, 4]
    assert rendered_seeds(tmp_path) == [0, 1, 2, 4]
    assert render_dataset(NO_ASSETS, tmp_path, [4], tmp_path, SMALL) == 0


def test_a_half_written_head_is_rendered_again(tmp_path: Path, made: list[int]) -> None:
    folder_of(tmp_path, 5).mkdir()
    (folder_of(tmp_path, 5) / "rgb.npy").write_bytes(b"cut")
    assert not is_rendered(tmp_path, 5)
    render_dataset(NO_ASSETS, tmp_path, [5], tmp_path, SMALL)
    assert np.load(folder_of(tmp_path, 5) / "rgb.npy").shape == (3, 8, 8, 3)


def test_progress_counts_what_was_there(tmp_path: Path) -> None:
    render_dataset(NO_ASSETS, tmp_path, [0], tmp_path, SMALL)
    told: list[Progress] = []
    render_dataset(NO_ASSETS, tmp_path, range(3), tmp_path, SMALL, report=told.append)
    assert [(p.step, p.total) for p in told] == [(1, 3), (2, 3), (3, 3)]
    assert told[-1].preview is not None
    assert told[-1].preview.shape == (8, 8, 3)


def test_cancelling_leaves_whole_heads_only(tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        render_dataset(NO_ASSETS, tmp_path, range(9), tmp_path, SMALL, report=stop)
    assert rendered_seeds(tmp_path) == [0, 1]
    assert not list(tmp_path.glob(".partial*"))


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(VoltefaceError, match="could not be written") as caught:
        render_dataset(NO_ASSETS, tmp_path, [0], tmp_path, SMALL)
    assert "disk" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["dataset.json"]


def test_settings_do_not_mix_in_one_folder(tmp_path: Path) -> None:
    render_dataset(NO_ASSETS, tmp_path, [0], tmp_path, SMALL)
    other = DatasetSettings(recipe=HeadRecipe(version=2), views=SMALL.views, size_px=8)
    with pytest.raises(VoltefaceError, match="other settings"):
        render_dataset(NO_ASSETS, tmp_path, [1], tmp_path, other)


def test_unreadable_settings_are_told(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(VoltefaceError, match="could not be read"):
        render_dataset(NO_ASSETS, tmp_path, [0], tmp_path, SMALL)


def test_a_place_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(VoltefaceError):
        render_dataset(NO_ASSETS, tmp_path / "file", [0], tmp_path, SMALL)


def test_strips_fill_columns_and_the_rest_is_white() -> None:
    strips = [np.full((2, 3, 3), k, np.uint8) for k in range(3)]
    sheet_picture = tiled(strips, 2)
    assert sheet_picture.shape == (4, 6, 3)
    assert sheet_picture[[0, 2, 0, 2], [0, 0, 3, 3], 0].tolist() == [0, 1, 2, 255]


def test_a_sheet_is_written(tmp_path: Path) -> None:
    told: list[Progress] = []
    out = contact_sheet(
        NO_ASSETS, tmp_path / "new" / "sheet.png", [1, 2], tmp_path, size_px=8, labels=True, report=told.append
    )
    assert out.read_bytes().startswith(b"\x89PNG")
    assert [p.step for p in told] == [0, 1, 2]


@pytest.mark.parametrize("name", ["sheet", "sheet.txt"])
def test_a_sheet_needs_a_picture_format(tmp_path: Path, name: str) -> None:
    with pytest.raises(VoltefaceError, match="cannot be written as"):
        contact_sheet(NO_ASSETS, tmp_path / name, [1], tmp_path, size_px=8)


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="at least one head"):
        contact_sheet(NO_ASSETS, tmp_path / "sheet.png", [], tmp_path)
