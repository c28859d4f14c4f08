"""A display for the tests: the one at hand, or Xvfb with openbox when installed, or none, which is told."""

import ctypes
import importlib
import os
import select
import shutil
import subprocess
import sys
import time

DEBIAN_QT = "apt-get install libgl1 libegl1 libxkbcommon0 libdbus-1-3 libglib2.0-0 libfontconfig1"
DEBIAN_WINDOW = (
    "apt-get install xvfb openbox libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0"
)
_children: list[subprocess.Popen[bytes]] = []
left_out: list[str] = []
"""Why some tests are left out, a sentence each."""


def qt_works() -> bool:
    """Whether Qt finds the system libraries it needs."""
    try:
        importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        left_out.append(f"Qt cannot be loaded ({error}), so the tests of windows are left out: {DEBIAN_QT}")
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


def start_display() -> bool:
    """Make sure that windows can open; False when they cannot."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform in ("offscreen", "minimal"):
        left_out.append(f"QT_QPA_PLATFORM is {platform}, so the gl tests are left out")
        return False
    if sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return True
    xvfb = shutil.which("Xvfb")
    if xvfb is None or not _window_libraries():
        left_out.append(f"there is no display and no Xvfb, so the gl tests are left out: {DEBIAN_WINDOW}")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return False
    reading, writing = os.pipe()
    options = ["-screen", "0", "1280x1024x24", "+extension", "GLX", "-nolisten", "tcp", "-noreset"]
    command = [xvfb, "-displayfd", str(writing), *options]
    _children.append(subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL))
    os.close(writing)
    number = _line(reading, seconds=30)
    os.close(reading)
    if not number:
        left_out.append("Xvfb did not start, so the gl tests are left out")
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


def stop_display() -> None:
    """End what `start_display` started."""
    for child in reversed(_children):
        child.terminate()
        child.wait(10)
    _children.clear()
