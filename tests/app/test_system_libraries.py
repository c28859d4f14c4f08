from __future__ import annotations

import sys

import pytest

from app.system_libraries import LIBRARIES, install_line, loads, missing_libraries


def test_nothing_is_missing_where_everything_loads() -> None:
    assert missing_libraries(x11=True, loads=lambda _name: True) == ()


def test_a_library_that_does_not_exist_does_not_load() -> None:
    assert not loads("libnosuchthing.so.9")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the list is for Linux")
def test_offscreen_needs_no_x11_library() -> None:
    missing = missing_libraries(x11=False, loads=lambda name: "xcb" not in name and "x11" not in name)
    assert missing == ()
    assert len(missing_libraries(x11=True, loads=lambda _name: False)) == len(LIBRARIES)


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("apt-get", "sudo apt-get install -y --no-install-recommends libgl1 libegl1"),
        ("dnf", "sudo dnf install -y libglvnd-glx libglvnd-egl"),
        ("pacman", "sudo pacman -S --needed libglvnd"),
        ("", "install the packages that hold libGL.so.1, libEGL.so.1"),
    ],
)
def test_the_install_line_is_of_this_distribution(program: str, line: str) -> None:
    assert install_line(LIBRARIES[:2], which=lambda name: name if name == program else None) == line
