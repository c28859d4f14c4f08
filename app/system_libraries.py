"""Which shared libraries of the system Qt and OpenGL need, and the line that installs the missing ones.

Qt's own answer to a missing library is a loader error about a plugin; this module asks the loader first.
"""

from __future__ import annotations

import ctypes
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Library:
    """A shared library by its file name, and the package that brings it in each family of distributions."""

    soname: str
    apt: str
    dnf: str
    pacman: str
    only_x11: bool = False


LIBRARIES: tuple[Library, ...] = (
    Library("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Library("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    Library("libgthread-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11", only_x11=True),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor", only_x11=True),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm", only_x11=True),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image", only_x11=True),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms", only_x11=True),
    Library(
        "libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil", only_x11=True
    ),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb", only_x11=True),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb", only_x11=True),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11", only_x11=True),
)

INSTALLERS: tuple[tuple[str, str, str], ...] = (
    ("apt-get", "apt", "sudo apt-get install -y --no-install-recommends"),
    ("dnf", "dnf", "sudo dnf install -y"),
    ("pacman", "pacman", "sudo pacman -S --needed"),
)
"""Program to look for, the column of `Library`, and how its command begins; the first one present is used."""


def loads(soname: str) -> bool:
    """Whether the dynamic loader finds and opens `soname`."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def missing_libraries(*, x11: bool, loads: Callable[[str], bool] = loads) -> tuple[Library, ...]:
    """The libraries that a window (`x11`) or an offscreen Qt needs and the system lacks; none except on Linux."""
    if not sys.platform.startswith("linux"):
        return ()
    return tuple(library for library in LIBRARIES if (x11 or not library.only_x11) and not loads(library.soname))


def install_line(libraries: Sequence[Library], which: Callable[[str], str | None] = shutil.which) -> str:
    """The command that installs the packages of `libraries` here, or the libraries' names when no installer is known.

    Args:
        libraries: what is missing; at least one.
        which: finds a program on the path, as `shutil.which` does.
    """
    for program, column, command in INSTALLERS:
        if which(program):
            packages = dict.fromkeys(str(getattr(library, column)) for library in libraries)
            return f"{command} {' '.join(packages)}"
    return "install the packages that hold " + ", ".join(library.soname for library in libraries)
