"""Files appear whole or not at all, and a place that cannot be written is answered with a sentence."""

import errno
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import ExportError

_SENTENCES = {
    errno.ENOSPC: ("The disk is full.", "Free some space or choose another place."),
    errno.EDQUOT: ("The disk quota is used up.", "Free some space or choose another place."),
    errno.EACCES: ("There is no permission to write there.", "Choose another place."),
    errno.EPERM: ("There is no permission to write there.", "Choose another place."),
    errno.EROFS: ("That disk can only be read.", "Choose another place."),
    errno.ENAMETOOLONG: ("The file name is too long.", "Choose a shorter one."),
    errno.ENOENT: ("The folder does not exist.", "Make it first or choose another one."),
}


def check_place(path: Path) -> None:
    """Refuse a place that cannot be written before work is spent on what should go there.

    Raises:
        ExportError: says why.
    """
    if path.is_dir():
        raise ExportError(f"{path} is a folder.", "Name a file in it.")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise ExportError(f"The folder {folder} does not exist.", "Make it first or choose another one.")
    if not os.access(folder, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise ExportError(f"There is no permission to write {path}.", "Choose another place.")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when the block ends well and vanishes when it does not.

    Raises:
        ExportError: the file could not be written.
    """
    temporary = path.with_name(f".{secrets.token_hex(6)}{path.suffix}")
    try:
        try:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(path, error) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file through `replacing`."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_error(path: Path, error: OSError) -> ExportError:
    """What a person is told when writing `path` failed."""
    unknown = (f"{error.strerror or error}.", "Choose another place.")
    reason, hint = _SENTENCES.get(error.errno or 0, unknown)
    return ExportError(f"{path.name} could not be written. {reason}", hint)


def picture_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 [H, W, 3], as PNG."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="png")
    return content.getvalue()
