"""What the user chose: typed, with defaults, written atomically as JSON."""

from __future__ import annotations

import dataclasses
import json
import logging
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.places import settings_file

log = logging.getLogger(__name__)

RECENT_FILES_KEPT = 12
THEMES = ("dark", "light", "system")
QUALITIES = (0, 1, 2)


@dataclass(frozen=True)
class Settings:
    """Every choice that outlives a window.

    Attributes:
        theme: one of `THEMES`.
        threads: threads of the renderer; 0 leaves one core to the window.
        autosave_minutes: 0 never saves by itself.
        release_quality: the `core.frame.Quality` that a resting view ends with.
        default_folder: where dialogs begin; empty is the home folder.
        recent_files: newest first.
        generator: name of the model that heads are made with.
        method: name of the method that finds them.
        patience: name in `app.shelf.PATIENCE`: how long a search may take.
        commercial_only: models whose licence allows no commercial use are hidden.
    """

    theme: str = "dark"
    threads: int = 0
    autosave_minutes: int = 2
    release_quality: int = 2
    default_folder: str = ""
    recent_files: tuple[str, ...] = ()
    generator: str = "mini"
    method: str = "pivotal"
    patience: str = "standard"
    commercial_only: bool = False

    def with_recent(self, path: Path) -> Settings:
        """The same settings with `path` first among the recent files, each once."""
        name = str(path.resolve())
        others = tuple(other for other in self.recent_files if other != name)
        return replace(self, recent_files=(name, *others)[:RECENT_FILES_KEPT])


class SettingsFile:
    """The present settings and the file that keeps them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.value = load_settings(path)

    def change(self, settings: Settings) -> None:
        """Use and keep `settings`."""
        if settings != self.value:
            self.value = settings
            save_settings(settings, self._path)


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; a missing, damaged or foreign value falls back to its default, one by one."""
    path = path or settings_file()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        log.info("settings at %s are unreadable (%s): defaults are used", path, error)
        return Settings()
    return _from_json(stored) if isinstance(stored, dict) else Settings()


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write the settings through a temporary file: a crash leaves the old ones."""
    path = path or settings_file()
    text = json.dumps(dataclasses.asdict(settings), indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=".settings-", delete=False
        ) as temporary:
            temporary.write(text)
        Path(temporary.name).replace(path)
    except OSError as error:
        # A read-only home must not take the work down with it.
        log.info("settings could not be written to %s: %s", path, error)


def _from_json(stored: dict[str, object]) -> Settings:
    settings = Settings()
    known: dict[str, Any] = {}
    for field in dataclasses.fields(Settings):
        value = stored.get(field.name)
        default = getattr(settings, field.name)
        if isinstance(default, tuple):
            if isinstance(value, list):
                known[field.name] = tuple(str(item) for item in value)[:RECENT_FILES_KEPT]
        elif type(value) is type(default):
            known[field.name] = value
    allowed = {"theme": THEMES, "release_quality": QUALITIES}
    known = {name: value for name, value in known.items() if value in allowed.get(name, (value,))}
    return replace(settings, **known)
