"""The stage for all tests: a display when one can be had, and guards against silent trouble.

- Without a display Xvfb (and openbox) is started when installed; otherwise the `gl` tests are left out, and the summary
  says so.
- A test fails when it logs an unexpected warning, leaks a thread or leaves a modal dialog open.
- Settings and caches of the person who runs the tests are out of reach.
"""

from __future__ import annotations

import ctypes
import importlib
import logging
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.head import Head

DEBIAN_QT = "apt-get install libgl1 libegl1 libxkbcommon0 libdbus-1-3 libglib2.0-0 libfontconfig1"
DEBIAN_WINDOW = (
    "apt-get install xvfb openbox libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0"
)
QUIET_THREADS = ("tqdm_monitor", "pytest_timeout", "pytest-timeout")
"""Threads that a library starts once and keeps; they are not ours to stop."""

_children: list[subprocess.Popen[bytes]] = []
_left_out: list[str] = []


def _qt_works() -> bool:
    try:
        importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        _left_out.append(f"Qt cannot be loaded ({error}), so the tests of windows are left out: {DEBIAN_QT}")
        return False
    return True


def _window_libraries() -> bool:
    try:
        ctypes.CDLL("libxcb-cursor.so.0")
    except OSError:
        return False
    return True


def _line(descriptor: int, seconds: float) -> str:
    """What comes up to the end of the line; Xvfb dies when its reader leaves before that."""
    read = b""
    while not read.endswith(b"\n") and select.select([descriptor], [], [], seconds)[0]:
        piece = os.read(descriptor, 16)
        if not piece:
            return ""
        read += piece
    return read.decode().strip()


def _start_display() -> bool:
    """Make sure that windows can open; False when they cannot."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform in ("offscreen", "minimal"):
        _left_out.append(f"QT_QPA_PLATFORM is {platform}, so the gl tests are left out")
        return False
    if sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return True
    xvfb = shutil.which("Xvfb")
    if xvfb is None or not _window_libraries():
        _left_out.append(f"there is no display and no Xvfb, so the gl tests are left out: {DEBIAN_WINDOW}")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return False
    reading, writing = os.pipe()
    command = [
        xvfb,
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        "1280x1024x24",
        "+extension",
        "GLX",
        "-nolisten",
        "tcp",
    ]
    _children.append(subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL))
    os.close(writing)
    number = _line(reading, seconds=30)
    os.close(reading)
    if not number:
        _left_out.append("Xvfb did not start, so the gl tests are left out")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return False
    os.environ.update(DISPLAY=f":{number}", QT_QPA_PLATFORM="xcb")
    openbox = shutil.which("openbox")
    if openbox is not None:
        # without a window manager the focus never returns after a dialog
        quiet = subprocess.DEVNULL
        _children.append(subprocess.Popen([openbox, "--sm-disable"], stdout=quiet, stderr=quiet))
        time.sleep(0.5)
    return True


QT_WORKS = _qt_works()
# pytest-qt is loaded here and not by itself: it stops the whole run where Qt's system libraries are missing
pytest_plugins = ["pytestqt.plugin"] if QT_WORKS else []
collect_ignore_glob = [] if QT_WORKS else ["gui/*", "widgets/*", "app/*"]


def pytest_addoption(parser: pytest.Parser) -> None:
    if not QT_WORKS:
        for name in ("qt_api", "qt_log_level_fail", "qt_log_ignore"):
            parser.addini(name, "unused without Qt")


def pytest_configure(config: pytest.Config) -> None:
    home = tempfile.mkdtemp(prefix="volteface-tests-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        os.environ[f"XDG_{kind}_HOME"] = os.path.join(home, kind.lower())  # noqa: PTH118 - an environment string
    if not config.option.collectonly and QT_WORKS:
        config.stash[_GL] = _start_display()


_GL = pytest.StashKey[bool]()


def pytest_unconfigure() -> None:
    for child in reversed(_children):
        child.terminate()
        child.wait(10)
    _children.clear()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.stash.get(_GL, config.option.collectonly):
        left = [item for item in items if item.get_closest_marker("gl")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    for item in items:
        if item.get_closest_marker("gpu") and not _has_cuda():
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))
        if item.get_closest_marker("weights") and not os.environ.get("VOLTEFACE_WEIGHTS"):
            item.add_marker(pytest.mark.skip(reason="needs official checkpoints in the folder VOLTEFACE_WEIGHTS"))


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason in _left_out:
        terminalreporter.write_line(f"NOTE: {reason}", yellow=True)


@pytest.fixture(scope="session")
def qapp_cls() -> type:
    """QApplication, prepared as the studio prepares it: shared contexts and an OpenGL 3.3 core format."""
    from PySide6.QtCore import QCoreApplication, Qt
    from PySide6.QtGui import QSurfaceFormat
    from PySide6.QtWidgets import QApplication

    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    surface = QSurfaceFormat()
    surface.setVersion(3, 3)
    surface.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    surface.setSamples(0)
    QSurfaceFormat.setDefaultFormat(surface)
    return QApplication


class _Warnings(logging.Handler):
    """Keeps every record of level WARNING and above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_unexpected_warnings(request: pytest.FixtureRequest) -> Iterator[None]:
    """A logged warning fails the test, unless the test asks for `caplog` to look at it itself."""
    if "caplog" in request.fixturenames:
        yield
        return
    handler = _Warnings()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    assert not handler.seen, f"unexpected warnings in the log: {handler.seen}"


@pytest.fixture(autouse=True)
def _no_leaked_threads() -> Iterator[None]:
    """Every thread that a test starts has ended when it ends (two seconds' grace)."""
    before = set(threading.enumerate())

    def leaked() -> list[str]:
        return [
            thread.name
            for thread in threading.enumerate()
            if thread not in before
            # Python lists threads that Qt made for ever once they have run Python code
            and not isinstance(thread, threading._DummyThread)
            and not thread.name.startswith(QUIET_THREADS)
        ]

    yield
    deadline = time.monotonic() + 2
    while leaked() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not leaked(), f"threads still run: {leaked()}"


@pytest.fixture(autouse=True)
def _no_forgotten_modal(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close a modal dialog that nobody closes within five seconds, and fail: it would block for ever."""
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("qapp")
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    since: dict[int, float] = {}
    forgotten: list[str] = []

    def look() -> None:
        modal = QApplication.activeModalWidget()
        if modal is None:
            since.clear()
        elif time.monotonic() - since.setdefault(id(modal), time.monotonic()) > 5:
            forgotten.append(f"{type(modal).__name__} {modal.windowTitle()!r}")
            since.clear()
            modal.close()

    timer = QTimer(interval=100)
    timer.timeout.connect(look)
    timer.start()
    yield
    timer.stop()
    assert not forgotten, f"a modal dialog was left open: {forgotten}"


@pytest.fixture
def tiny() -> TinyGenerator:
    """A generator small enough for any test."""
    return TinyGenerator()


@pytest.fixture
def head() -> Head:
    """The tiny generator's mean head."""
    return tiny_head()
