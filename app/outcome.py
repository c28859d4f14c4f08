"""How work ends: with a value, with a sentence, or cancelled. The one place where everything is caught."""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from app.places import log_file
from core.errors import Abandoned, Cancelled, VoltefaceError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

T = TypeVar("T")


class UnexpectedError(VoltefaceError):
    """Something that nobody foresaw; the log says what."""


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """How a piece of work ended: with a value, an error to show, or cancelled (all fields empty)."""

    value: T | None = None
    error: VoltefaceError | None = None
    cancelled: bool = False


def explain(error: Exception) -> VoltefaceError:
    """The sentence for any exception: its own when it was raised for the user, else what the system said."""
    if isinstance(error, VoltefaceError):
        return error
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return VoltefaceError("There was not enough memory.", "Close other programs or choose a smaller size.")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return VoltefaceError("The disk is full.", "Free some space or choose another folder.")
    if isinstance(error, PermissionError) and error.filename:
        return VoltefaceError(f"There is no permission for {error.filename}.", "Choose another place.")
    log.error("unexpected error", exc_info=error)
    return UnexpectedError(
        f"Something unexpected went wrong ({type(error).__name__}).", f"Details were written to {log_file()}."
    )


def attempt(work: Callable[[], T]) -> Outcome[T]:
    """Run `work` and bring back how it ended; no exception passes."""
    try:
        return Outcome(value=work())
    except (Cancelled, Abandoned):
        return Outcome(cancelled=True)
    except Exception as error:  # noqa: BLE001  the one place where everything is caught
        return Outcome(error=explain(error))
