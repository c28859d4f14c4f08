"""How a verb talks: progress on stderr, one result on stdout, every failure as one sentence."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.errors import VoltefaceError
    from core.progress import Progress

SECONDS_BETWEEN_LINES = 2.0


@dataclass
class Console:
    """The two streams of a verb.

    With `as_json` stdout carries exactly one JSON object, the result or the error, and stderr carries no progress,
    so that a script can read both without parsing prose.
    """

    as_json: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    _last: tuple[str, int] = ("", -1)
    _last_time: float = 0.0

    def note(self, text: str) -> None:
        """Write one line of progress, in words."""
        if not self.as_json:
            self._write(self.err, text)

    def report(self, progress: Progress) -> None:
        """Write a line when the message changes, and otherwise one every two seconds: a log file stays readable."""
        now = time.monotonic()
        here = (progress.message, progress.step)
        is_late = now - self._last_time >= SECONDS_BETWEEN_LINES
        if here == self._last or (progress.message == self._last[0] and not is_late):
            return
        self._last, self._last_time = here, now
        count = f"[{progress.step}/{progress.total}] " if progress.total > 1 else ""
        values = "  ".join(f"{name} {value:.4g}" for name, value in progress.values.items())
        self.note(f"  {count}{progress.message}{'  ' + values if values else ''}")

    def result(self, facts: Mapping[str, object], text: str) -> None:
        """Write what the verb found or made: `facts` as JSON, or `text` for a person."""
        self._write(self.out, json.dumps(facts, indent=2, default=str) if self.as_json else text)

    def failure(self, kind: str, message: str, hint: str = "") -> None:
        """Write one sentence on stderr, and with --json an error object on stdout."""
        if self.as_json:
            self._write(self.out, json.dumps({"error": {"kind": kind, "message": message, "hint": hint}}, indent=2))
        self._write(self.err, f"volteface: {message}{' ' + hint if hint else ''}")

    def error(self, error: VoltefaceError) -> None:
        """Write an error that its raiser worded for the user."""
        self.failure(type(error).__name__, error.message, error.hint)

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        stream.write(text + "\n")
        stream.flush()
