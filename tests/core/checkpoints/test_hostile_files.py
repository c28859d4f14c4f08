"""No file does anything but be refused: nothing runs, nothing is imported, nothing grows, and one sentence says why."""

from __future__ import annotations

import mmap
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.checkpoints import adding, store
from core.checkpoints.families import FAMILIES
from core.errors import CheckpointError
from tests.core.checkpoints import builders, hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = hostile.hostile_files()
SECONDS = 20.0
GROWTH_KIB = 256 << 10
"""How much more memory reading a file of a few megabytes may ever take than was in use before."""
HARMFUL = (
    "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "subprocess.Popen", "exec",
    "compile", "pickle.find_class", "ctypes.dlopen", "socket.connect", "socket.getaddrinfo", "shutil.rmtree",
    "os.remove", "urllib.Request", "webbrowser.open", "code.__new__", "function.__new__", "pty.spawn",
)  # fmt: skip


class Guard:
    """Listens to what Python does while a file is read."""

    def __init__(self) -> None:
        self.listening = False
        self.heard: list[str] = []

    def __call__(self, event: str, _arguments: object) -> None:
        if self.listening and event in HARMFUL:
            self.heard.append(event)


GUARD = Guard()
sys.addaudithook(GUARD)  # hooks cannot be taken away; this one sleeps


class Peak:
    """The most memory that this process has in use from now on, above what it has now; Linux keeps count of it."""

    CLEAR, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")

    def __init__(self) -> None:
        try:
            self.CLEAR.write_text("5")  # the peak is what is in use now
        except OSError:
            pytest.skip("this system does not forget the peak of a process")
        self._before_kib = self._kib("VmRSS")

    def growth_kib(self) -> int:
        return self._kib("VmHWM") - self._before_kib

    def _kib(self, name: str) -> int:
        (line,) = (line for line in self.STATUS.read_text().splitlines() if line.startswith(name + ":"))
        return int(line.split()[1])


def _use_for_a_moment(size_kib: int) -> None:
    """Have so much memory from the system itself: what `malloc` gives it may have kept from before."""
    with mmap.mmap(-1, size_kib << 10) as memory:
        for page in range(0, len(memory), mmap.PAGESIZE):
            memory[page] = 1


def test_the_peak_is_that_of_what_was_done_since() -> None:
    _use_for_a_moment(GROWTH_KIB + GROWTH_KIB // 8)
    peak = Peak()
    assert peak.growth_kib() < 1 << 12
    _use_for_a_moment(GROWTH_KIB + GROWTH_KIB // 8)
    assert peak.growth_kib() > GROWTH_KIB


@pytest.fixture(scope="module", autouse=True)
def _everything_imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What reading imports is imported before, so that the guard hears only the files."""
    for family in FAMILIES:
        family.network_class()
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("models")
        patch.setenv(store.VARIABLE, str(folder))
        file = folder / "good.pkl"
        file.write_bytes(builders.panohead_pickle())
        adding.add(file, "good")
        yield


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_does_nothing_and_is_told_in_one_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    called: list[object] = []
    monkeypatch.setattr(os, "system", called.append)
    file = tmp_path / "model.pkl"
    file.write_bytes(FILES[name])
    before, modules, begun = store.names(), set(sys.modules), time.process_time()
    peak = Peak()
    GUARD.heard, GUARD.listening = [], True
    try:
        with pytest.raises(CheckpointError) as caught:
            adding.add(file)
    finally:
        GUARD.listening = False
    assert GUARD.heard == []
    assert called == []
    assert set(sys.modules) == modules, "nothing is imported for a file"
    assert [path.name for path in tmp_path.iterdir()] == ["model.pkl"]
    assert store.names() == before
    assert list(store.folder().glob(".*")) == []
    assert time.process_time() - begun < SECONDS
    assert peak.growth_kib() < GROWTH_KIB
    message = caught.value.message
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 400


def test_there_are_many() -> None:
    assert len(FILES) >= 200


def test_names_are_refused_by_name(tmp_path: Path) -> None:
    for name in hostile.DANGEROUS[:12]:
        file = tmp_path / "model.pkl"
        file.write_bytes(hostile.called(name)["reduce"])
        with pytest.raises(CheckpointError, match=name.replace(" ", r"\.")):
            adding.add(file)


def test_source_in_a_file_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "models"))
    called: list[object] = []
    monkeypatch.setattr(os, "system", called.append)
    file = tmp_path / "model.pkl"
    file.write_bytes(builders.panohead_pickle(source="import os\nos.system('x')\n" + "#" * 100_000))
    GUARD.heard, GUARD.listening = [], True
    try:
        adding.add(file)
    finally:
        GUARD.listening = False
    assert (GUARD.heard, called) == ([], [])


@pytest.mark.parametrize("make", ["folder", "nothing", "empty", "pipe"])
def test_what_is_no_file_is_told(make: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    if make == "folder":
        path.mkdir()
    elif make == "empty":
        path.touch()
    elif make == "pipe":
        os.mkfifo(path)
    with pytest.raises(CheckpointError):
        adding.add(path)
