"""The rotating log file: what happened before the sentence that the user saw."""

from __future__ import annotations

import logging
import logging.handlers
import platform
from typing import TYPE_CHECKING

from app.places import log_file

if TYPE_CHECKING:
    from pathlib import Path

BYTES_PER_FILE = 1_000_000
FILES_KEPT = 3

log = logging.getLogger(__name__)


def start_logging(path: Path | None = None) -> Path:
    """Send warnings of everything and information of Volteface to a rotating file, where one can be made.

    Returns:
        The file, for the sentence that an unexpected error shows.
    """
    path = path or log_file()
    root = logging.getLogger()
    if any(isinstance(handler, logging.handlers.RotatingFileHandler) for handler in root.handlers):
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=BYTES_PER_FILE, backupCount=FILES_KEPT, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for package in ("app", "core", "widgets"):
        logging.getLogger(package).setLevel(logging.INFO)
    log.info("Python %s on %s", platform.python_version(), platform.platform())
    return path
