"""The stage for all tests: a display when one can be had, and guards against silent trouble.

- Without a display Xvfb (and openbox) is started when installed; otherwise the `gl` tests are left out, and the summary
  says so.
- A test fails when it logs an unexpected warning, leaks a thread or leaves a modal dialog open.
- Settings and caches of the person who runs the tests are out of reach.

Two processes share the files of tests (pytest-xdist, see `pyproject.toml`); `-n 0` runs all in one, for a debugger.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
import time
from typing import TYPE_CHECKING

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the other core is the other process's; before torch is imported

from tests import display
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.head import Head

QUIET_THREADS = ("tqdm_monitor", "pytest_timeout", "pytest-timeout")
"""Threads that a library starts once and keeps; they are not ours to stop."""

QT_WORKS = display.qt_works()
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
    if not config.option.collectonly and QT_WORKS and not _only_hands_out(config):
        config.stash[_GL] = display.start_display()


_GL = pytest.StashKey[bool]()


def _only_hands_out(config: pytest.Config) -> bool:
    """Whether this process runs no test itself but gives them to others."""
    return config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")


def pytest_unconfigure() -> None:
    display.stop_display()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = display.left_out


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    for reason in getattr(node, "workeroutput", {}).get("left_out", ()):
        if reason not in display.left_out:
            display.left_out.append(reason)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.stash.get(_GL, config.option.collectonly):
        left = [item for item in items if item.get_closest_marker("gl")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    # files are handed out whole: those that take long go first, or one process would wait for the other in the end.
    # An EGL context of this thread that is never let go keeps Qt's own contexts from becoming current: windows go
    # before, and a file with a single such test goes last
    first, last = ({item.path for item in items if item.get_closest_marker(name)} for name in ("slow", "synthetic"))
    items.sort(key=lambda item: (item.path in last, item.path not in first))
    for item in items:
        if item.get_closest_marker("gpu") and not _has_cuda():
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))
        if item.get_closest_marker("weights") and not os.environ.get("VOLTEFACE_WEIGHTS"):
            item.add_marker(pytest.mark.skip(reason="needs official checkpoints in the folder VOLTEFACE_WEIGHTS"))


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason in display.left_out:
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
