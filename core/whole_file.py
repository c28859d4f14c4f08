"""A file that is written whole or not at all."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content is at `path` after the block; if the block fails, what was there stays.

    The content is written beside its place, brought to the disk and moved in one step. A link keeps pointing at its
    file, and the file keeps its permissions.

    Raises:
        OSError: it could not be written.
    """
    path = path.resolve()
    beside = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(4)}.saving")
    stream = beside.open("xb")
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            beside.chmod(stat.S_IMODE(path.stat().st_mode))
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name outlive a power cut, where the system can open folders."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
