from pathlib import Path

import pytest

from core.whole_file import written_whole


def test_what_is_written_is_there_afterwards_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with written_whole(path) as stream:
        stream.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_no_trace(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "a"

    def write() -> None:
        with written_whole(path) as stream:
            stream.write(b"new")
            raise error

    with pytest.raises(error):
        write()
    assert list(tmp_path.iterdir()) == []


def test_links_and_permissions_stay(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "a", tmp_path / "link"
    real.touch(mode=0o640)
    link.symlink_to(real)
    with written_whole(link) as stream:
        stream.write(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "missing" / "a"):
        pass
