"""Where Volteface keeps its own files on this machine: log, settings, recovered work."""

from __future__ import annotations

from pathlib import Path

import platformdirs

APP_NAME = "volteface"


def log_file() -> Path:
    """The rotating log."""
    return Path(platformdirs.user_log_dir(APP_NAME, appauthor=False)) / "volteface.log"


def settings_file() -> Path:
    """What the preferences dialog and the recent files write."""
    return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)) / "settings.json"


def recovery_folder() -> Path:
    """One folder per running window, kept when the window did not close by itself."""
    return Path(platformdirs.user_state_dir(APP_NAME, appauthor=False)) / "recovery"
