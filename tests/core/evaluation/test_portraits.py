"""Portraits: bad files are named and left out, bad folders are one sentence."""

import shutil
from pathlib import Path

import pytest

from core.errors import VoltefaceError
from core.evaluation import portraits
from core.evaluation.cost import PORTRAIT
from core.progress import silent
from tests.fakes import TinyGenerator


def test_a_missing_or_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="no folder"):
        portraits.photos_in(tmp_path / "none")
    for name in ("notes.txt", "._IMG_1.jpg"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(VoltefaceError, match="no pictures"):
        portraits.photos_in(tmp_path)


@pytest.mark.slow
def test_bad_files_are_skipped_by_name(tmp_path: Path, asked: list[str]) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    shutil.copy(PORTRAIT, tmp_path / "good.png")
    part = portraits.portraits(TinyGenerator(grid_nodes=64), portraits.photos_in(tmp_path), silent, seconds=1.0)
    assert asked == ["tidied", "shaped", "glasses"], "heads are finished as the studio's are"
    (remark,) = part.remarks
    assert remark.startswith("skipped broken.png: ")
    rows = {"good.png, refined", "good.png, refined, without its photo", "good.png, encoder only"}
    assert {cell.row for cell in part.cells} == rows
    assert any(cell.column == "LPIPS (VGG)" and cell.at_most == 0.1 for cell in part.cells)
