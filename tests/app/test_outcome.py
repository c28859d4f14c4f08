from __future__ import annotations

import errno

import pytest

from app.outcome import Outcome, UnexpectedError, attempt, explain
from core.errors import Cancelled, ProjectError


def _raise(error: BaseException) -> None:
    raise error


def test_a_value_comes_back() -> None:
    assert attempt(lambda: 7) == Outcome(value=7)


def test_cancelled_is_no_error() -> None:
    assert attempt(lambda: _raise(Cancelled())) == Outcome(cancelled=True)


def test_our_own_errors_keep_their_words() -> None:
    error = ProjectError("a", "b")
    assert attempt(lambda: _raise(error)).error is error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (PermissionError(errno.EACCES, "denied", "/root/x"), "/root/x"),
    ],
)
def test_what_the_system_says_is_put_into_words(error: Exception, words: str) -> None:
    explained = explain(error)
    assert words in str(explained)
    assert not isinstance(explained, UnexpectedError)


def test_anything_else_is_logged_and_named(caplog: pytest.LogCaptureFixture) -> None:
    assert isinstance(explain(KeyError("inner detail")), UnexpectedError)
    assert "inner detail" in caplog.text


def test_keyboard_interrupt_passes() -> None:
    with pytest.raises(KeyboardInterrupt):
        attempt(lambda: _raise(KeyboardInterrupt()))
