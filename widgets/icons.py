"""Icons by meaning, tinted by the palette, and the application's mark.

`dress` remembers an icon's meaning on the action or button; `redress` paints a window anew when its theme changes.
"""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from widgets.theme import RESOURCES

_NAMES = {
    "welcome": "ph.house",
    "open_photo": "ph.image-square",
    "open_project": "ph.folder-open",
    "paste": "ph.clipboard",
    "save": "ph.floppy-disk",
    "export": "ph.export",
    "undo": "ph.arrow-u-up-left",
    "redo": "ph.arrow-u-up-right",
    "compare": "ph.columns",
    "surface": "ph.cube",
    "turntable": "ph.arrows-clockwise",
    "home": "ph.frame-corners",
    "backdrop": "ph.circle-half",
    "preferences": "ph.gear-six",
    "shortcuts": "ph.keyboard",
    "about": "ph.info",
    "improve": "ph.sparkle",
    "stop": "ph.stop-circle",
    "place": "ph.user-focus",
    "sample": "ph.smiley",
    "random": "ph.dice-five",
    "drop": "ph.download-simple",
    "warning": "ph.warning",
    "error": "ph.warning-circle",
    "restore": "ph.arrow-counter-clockwise",
    "discard": "ph.trash",
    "copy": "ph.copy",
    "landmarks": "ph.dots-nine",
    "queue": "ph.stack",
    "more": "ph.caret-down",
    "close": "ph.x",
    "float": "ph.arrow-square-out",
    "camera": "ph.camera",
    "models": "ph.stack",
    "take": "ph.hand-grabbing",
    "remove_part": "ph.minus-circle",
    "slider": "ph.sliders-horizontal",
    "colour": "ph.palette",
    "paint": "ph.paint-brush",
    "eraser": "ph.eraser",
    "cut_out": "ph.scissors",
    "box": "ph.selection",
    "click": "ph.magic-wand",
    "mask": "ph.selection-plus",
    "eye": "ph.eye",
    "eye_off": "ph.eye-slash",
    "bare": "ph.circle-half-tilt",
    "repair": "ph.wrench",
    "style": "ph.paint-roller",
    "report": "ph.clipboard-text",
    "seen": "ph.flashlight",
    "commercial": "ph.check-circle",
    "not_commercial": "ph.flask",
    ".glb": "ph.cube",
    ".obj": "ph.polygon",
    ".ply": "ph.circles-three-plus",
    ".stl": "ph.printer",
    ".usdz": "ph.device-mobile",
    ".splat": "ph.drop-half",
    ".png": "ph.image",
    ".mp4": "ph.film-strip",
}


def icon(name: str, role: QPalette.ColorRole = QPalette.ColorRole.ButtonText) -> QIcon:
    """Return an icon by its meaning in a colour of the application's palette."""
    import qtawesome

    palette = QApplication.palette()
    made: QIcon = qtawesome.icon(
        _NAMES[name],
        color=palette.color(role),
        color_disabled=palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText),
    )
    return made


def dress(
    owner: QAction | QAbstractButton, name: str, role: QPalette.ColorRole = QPalette.ColorRole.ButtonText
) -> None:
    """Give an action or a button an icon that follows the theme."""
    owner.setProperty("icon_name", name)
    owner.setProperty("icon_role", role.value)
    owner.setIcon(icon(name, role))


def redress(root: QWidget) -> None:
    """Paint all icons given by `dress` under `root` in the colours of the theme of now."""
    for owner in (*root.findChildren(QAction), *root.findChildren(QAbstractButton)):
        name = owner.property("icon_name")
        if name and isinstance(owner, (QAction, QAbstractButton)):
            owner.setIcon(icon(name, QPalette.ColorRole(owner.property("icon_role"))))


def mark(size: int, ratio: float = 1.0) -> QPixmap:
    """Return the application's mark."""
    renderer = QSvgRenderer(str(RESOURCES / "icons" / "volteface.svg"))
    pixmap = QPixmap(QSize(size, size) * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def mark_icon() -> QIcon:
    """Return the mark as the window's icon."""
    result = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        result.addPixmap(mark(size))
    return result


def icon_label(name: str, size: int, role: QPalette.ColorRole = QPalette.ColorRole.PlaceholderText) -> QLabel:
    """Return a label that shows an icon."""
    label = QLabel()
    label.setPixmap(icon(name, role).pixmap(size, size))
    label.setFixedSize(size, size)
    return label
