"""Fusion with our own palette and a small style sheet; colours come from resources/theme."""

import dataclasses
import json
from pathlib import Path
from string import Template

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette, QSurfaceFormat
from PySide6.QtWidgets import QApplication, QStyleFactory

from widgets.values import Theme

RESOURCES = Path(__file__).resolve().parents[1] / "resources"

# Taken in this order when installed; the system's own font is the last resort.
_FONT_FAMILIES = ("Inter", "SF Pro Text", "Segoe UI Variable Text", "Segoe UI", "Noto Sans", "Cantarell", "Ubuntu")


@dataclasses.dataclass(frozen=True)
class Colours:
    """The named colours of one theme as `#rrggbb`."""

    window: str
    panel: str
    raised: str
    hover: str
    field: str
    border: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    accent_text: str
    danger: str
    warning: str
    studio_centre: str
    studio_edge: str


def prepare_application() -> None:
    """Set what must be set before the QApplication exists: shared OpenGL contexts and a 3.3 core format."""
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    surface = QSurfaceFormat()
    surface.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    surface.setVersion(3, 3)
    surface.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    surface.setDepthBufferSize(24)
    surface.setSamples(0)
    surface.setSwapInterval(0)
    QSurfaceFormat.setDefaultFormat(surface)


def load_colours(theme: Theme) -> Colours:
    """Return the colours of a theme; SYSTEM follows the desktop's colour scheme and falls back to dark."""
    if theme is Theme.SYSTEM:
        hints = QApplication.styleHints()
        theme = Theme.LIGHT if hints.colorScheme() is Qt.ColorScheme.Light else Theme.DARK
    path = RESOURCES / "theme" / f"{theme.value}.json"
    return Colours(**json.loads(path.read_text(encoding="utf-8")))


def is_dark(palette: QPalette) -> bool:
    """Tell whether a palette is dark, for what is painted by hand."""
    return palette.color(QPalette.ColorRole.Window).lightness() < 128


def colours_of(palette: QPalette) -> Colours:
    """Return the theme a palette was made from; widgets that paint by hand stay in step with the window this way."""
    return load_colours(Theme.DARK if is_dark(palette) else Theme.LIGHT)


def palette_from_colours(colours: Colours) -> QPalette:
    """Return the Qt palette of a theme."""
    role = QPalette.ColorRole
    palette = QPalette()
    for key, value in {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.field,
        role.AlternateBase: colours.panel,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.muted,
        role.Text: colours.text,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.danger,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.accent_text,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.hover,
        role.Midlight: colours.raised,
        role.Mid: colours.border,
        role.Dark: colours.border,
        role.Shadow: "#000000",
    }.items():
        palette.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(colours.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colours.border))
    return palette


def style_sheet(colours: Colours) -> str:
    """Return resources/theme/studio.qss with the colours of a theme filled in."""
    template = Template((RESOURCES / "theme" / "studio.qss").read_text(encoding="utf-8"))
    tone = "dark" if QColor(colours.window).lightness() < 128 else "light"
    return template.substitute(dataclasses.asdict(colours), icons=(RESOURCES / "icons").as_posix(), tone=tone)


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Dress the application; may be called again at any time to change the theme."""
    colours = load_colours(theme)
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(palette_from_colours(colours))
    font = _ui_font(app.font())
    app.setFont(font)
    app.setStyleSheet(style_sheet(colours))


def _ui_font(system: QFont) -> QFont:
    installed = set(QFontDatabase.families())
    families = [name for name in _FONT_FAMILIES if name in installed]
    font = QFont(system)
    font.setFamilies([*families, system.family()])
    font.setPointSizeF(10.0)
    return font
