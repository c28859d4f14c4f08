"""Autosaved work, and finding it again after a crash.

Each window keeps a folder with the last autosave, a thumbnail and a lock. Closing removes the folder; a folder whose
lock belongs to no living process is work that somebody lost.
"""

from __future__ import annotations

import json
import logging
import shutil
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLockFile

from core.errors import ProjectError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.project import Project

log = logging.getLogger(__name__)

PROJECT_FILE = "autosave.volteface"
THUMBNAIL_FILE = "thumbnail.png"
FACTS_FILE = "facts.json"
LOCK_FILE = "lock"
THUMBNAIL_PX = 192


@dataclass(frozen=True)
class LostWork:
    """An autosave whose window is gone.

    Attributes:
        key: name of its folder.
        title: name of the document.
        saved_at: local time of the autosave.
        original: where the document was saved before, if it was.
        file: the autosaved project.
        thumbnail: uint8 [h, w, 3], where one could be made.
    """

    key: str
    title: str
    saved_at: datetime
    original: Path | None
    file: Path
    thumbnail: NDArray[np.uint8] | None


class Recovery:
    """This window's autosave folder, and the ones left behind by others, under `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / uuid.uuid4().hex
        self._lock: QLockFile | None = None

    def save(self, project: Project, title: str, original: Path | None) -> None:
        """Write the autosave; callable from any one thread.

        Raises:
            ProjectError: it cannot be written.
        """
        try:
            self._hold()
            project.save(self._folder / PROJECT_FILE)
            facts = {
                "title": title,
                "saved_at": datetime.now().astimezone().isoformat(),
                "original": str(original) if original else "",
            }
            (self._folder / FACTS_FILE).write_text(json.dumps(facts), encoding="utf-8")
            _write_thumbnail(project, self._folder / THUMBNAIL_FILE)
        except OSError as error:
            raise ProjectError(
                f"The autosave could not be written ({error.strerror}).", "Save the project yourself."
            ) from error

    def clear(self) -> None:
        """Forget the autosave: the work is saved or was given up on purpose."""
        for name in (PROJECT_FILE, THUMBNAIL_FILE, FACTS_FILE):
            (self._folder / name).unlink(missing_ok=True)

    def let_go(self) -> None:
        """Leave the autosave as lost work for the next start."""
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def close(self) -> None:
        """The window closes by itself: leave nothing behind."""
        self.let_go()
        shutil.rmtree(self._folder, ignore_errors=True)

    def lost(self) -> tuple[LostWork, ...]:
        """What other windows left behind, newest first."""
        if not self._root.is_dir():
            return ()
        found = [
            work
            for folder in self._root.iterdir()
            if folder != self._folder and (work := _read(folder)) and _is_abandoned(folder)
        ]
        return tuple(sorted(found, key=lambda work: work.saved_at, reverse=True))

    def discard(self, key: str) -> None:
        """Delete lost work, on purpose or because it was restored."""
        folder = self._root / Path(key).name
        if folder != self._folder:
            shutil.rmtree(folder, ignore_errors=True)

    def _hold(self) -> None:
        """Make the folder and take its lock, once."""
        if self._lock is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = _lock_of(self._folder)
        if not lock.tryLock(0):
            log.warning("the autosave folder %s could not be locked", self._folder)
        self._lock = lock


def _lock_of(folder: Path) -> QLockFile:
    lock = QLockFile(str(folder / LOCK_FILE))
    lock.setStaleLockTime(0)  # a window may stay open for days: only a dead process makes its lock stale
    return lock


def _is_abandoned(folder: Path) -> bool:
    lock = _lock_of(folder)
    if not lock.tryLock(0):
        return False
    lock.unlock()
    return True


def _read(folder: Path) -> LostWork | None:
    file = folder / PROJECT_FILE
    try:
        facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
        saved_at = datetime.fromisoformat(facts["saved_at"])
        original = Path(facts["original"]) if facts["original"] else None
        title = str(facts["title"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.info("%s holds no autosave: %s", folder, error)
        return None
    return LostWork(folder.name, title, saved_at, original, file, _thumbnail(folder)) if file.is_file() else None


def _thumbnail(folder: Path) -> NDArray[np.uint8] | None:
    from PIL import Image

    try:
        with Image.open(folder / THUMBNAIL_FILE) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError):
        return None


def _write_thumbnail(project: Project, path: Path) -> None:
    from PIL import Image

    pixels = project.preview if project.preview is not None else project.photo.pixels
    image = Image.fromarray(pixels)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    image.save(path)
