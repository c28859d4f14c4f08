"""What can be dropped on or pasted into the window."""

from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage

from widgets.pictures import array_of
from widgets.values import PHOTO_SUFFIXES, PROJECT_SUFFIX, Picture

PHOTO_FILTER = f"Photos ({' '.join('*' + suffix for suffix in PHOTO_SUFFIXES)});;All files (*)"
PROJECT_FILTER = f"Volteface projects (*{PROJECT_SUFFIX});;All files (*)"
OPEN_FILTER = (
    f"Photos and projects ({' '.join('*' + suffix for suffix in (*PHOTO_SUFFIXES, PROJECT_SUFFIX))});;All files (*)"
)


def path_in(data: QMimeData) -> Path | None:
    """Return the first local file of a drop or of the clipboard."""
    for url in data.urls():
        if url.isLocalFile():
            return Path(url.toLocalFile())
    return None


def paths_in(data: QMimeData) -> list[Path]:
    """Return every local file of a drop."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def is_photo(path: Path) -> bool:
    """Tell whether a file's name promises a photo."""
    return path.suffix.lower() in PHOTO_SUFFIXES


def picture_in(data: QMimeData) -> Picture | None:
    """Return the picture of a drop or of the clipboard, uint8 [H, W, 3]."""
    if not data.hasImage():
        return None
    image = QImage(data.imageData())
    return None if image.isNull() else array_of(image)


def is_welcome(data: QMimeData) -> bool:
    """Tell whether something can be made of a drop; what a file really holds is found out on opening it."""
    return path_in(data) is not None or data.hasImage()


def is_known(path: Path) -> bool:
    """Tell whether a file's name promises a photo or a project."""
    return path.suffix.lower() in {*PHOTO_SUFFIXES, PROJECT_SUFFIX}
