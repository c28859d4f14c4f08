from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QPalette

from widgets.theme import Colours, apply_theme, colours_of, load_colours, palette_from_colours, style_sheet
from widgets.values import Theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


def _luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [Theme.DARK, Theme.LIGHT])
def test_text_can_be_read(theme: Theme) -> None:
    colours = load_colours(theme)
    for ground in (colours.window, colours.panel, colours.raised, colours.field):
        assert _contrast(colours.text, ground) >= 7
        assert _contrast(colours.muted, ground) >= 4.5
    assert _contrast(colours.accent_text, colours.accent) >= 4.5
    assert _contrast(colours.danger, colours.window) >= 4.5
    assert _contrast(colours.warning, colours.panel) >= 4.5


@pytest.mark.parametrize("theme", [Theme.DARK, Theme.LIGHT])
def test_a_palette_remembers_its_theme(theme: Theme) -> None:
    colours = load_colours(theme)
    assert colours_of(palette_from_colours(colours)) == colours


def test_every_name_in_the_style_sheet_is_known() -> None:
    sheet = style_sheet(Colours(**dict.fromkeys(Colours.__dataclass_fields__, "#123456")))
    assert "$" not in sheet


def test_the_theme_can_change_at_run_time(qapp: QApplication) -> None:
    apply_theme(qapp, Theme.LIGHT)
    light = qapp.palette().color(QPalette.ColorRole.Window).lightness()
    apply_theme(qapp, Theme.DARK)
    assert qapp.palette().color(QPalette.ColorRole.Window).lightness() < light
