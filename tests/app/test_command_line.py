from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app import command_line, verbs
from app.options import VERBS
from core.errors import Cancelled, PhotoError

if TYPE_CHECKING:
    from app.console import Console

ROOT = Path(__file__).resolve().parents[2]


def _fresh(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_imports_nothing_heavy_and_answers_at_once() -> None:
    code = """
import sys
from app.command_line import main
try:
    main(["--help"])
except SystemExit as leave:
    assert leave.code == 0
heavy = {"torch", "PySide6", "numpy", "PIL", "moderngl", "platformdirs"} & set(sys.modules)
assert not heavy, heavy
import time
assert time.process_time() < 0.7, time.process_time()
"""
    answer = _fresh(code)
    assert answer.returncode == 0, answer.stderr
    assert "invert" in answer.stdout


@pytest.mark.parametrize("verb", [[verb] for verb in VERBS] + [["models", "list"], ["train", "mini"]])
def test_every_verb_explains_itself(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leave:
        command_line.main([*verb, "--help"])
    assert leave.value.code == 0
    assert "usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["invret"], "volteface invert"),
        (["exprot"], "volteface export"),
        (["no such photo.png"], "There is no file"),
        (["--quick"], "Unrecognized arguments: --quick"),
        (["render", "a.volteface"], "required"),
        (["invert", "a.png", "--steps", "0"], "whole number above zero"),
        (["invert", "a.png", "--steps", "4", "--seconds", "2"], "not allowed"),
        (["models"], "VERB"),
    ],
)
def test_wrong_words_are_answered_with_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(arguments) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.count("\n") == 1
    assert words in streams.err


def _failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_options: object, _console: Console) -> int:
        raise error

    monkeypatch.setattr(verbs, "run", run)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (PhotoError("a.png is empty.", "Copy it again."), 2, "a.png is empty. Copy it again."),
        (Cancelled(), 130, "Stopped."),
        (KeyboardInterrupt(), 130, "Stopped."),
        (OSError(28, "No space left on device"), 2, "The disk is full."),
        (ZeroDivisionError("inner detail"), 1, "volteface.log"),
    ],
)
def test_errors_end_in_a_sentence_and_an_exit_code(
    error: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    _failing(error, monkeypatch)
    assert command_line.main(["doctor"]) == code
    streams = capsys.readouterr()
    assert words in streams.err
    assert "Traceback" not in streams.err + streams.out
    assert streams.out == ""
    assert ("inner detail" in caplog.text) == (code == 1)


def test_an_error_is_json_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _failing(PhotoError("a.png is empty.", "Copy it again."), monkeypatch)
    assert command_line.main(["doctor", "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"error": {"kind": "PhotoError", "message": "a.png is empty.", "hint": "Copy it again."}}


def test_without_a_display_the_demo_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = []

    def run(options: object, _console: Console) -> int:
        asked.append(options)
        return 0

    monkeypatch.setattr(verbs, "run", run)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert command_line.main([]) == 0
    assert [options.verb for options in asked] == ["demo"]  # type: ignore[attr-defined]
    assert "there is no display" in capsys.readouterr().err


def test_missing_libraries_are_answered_with_the_install_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from app import bootstrap
    from app.system_libraries import LIBRARIES

    lost = tuple(library for library in LIBRARIES if library.soname in ("libEGL.so.1", "libxcb-cursor.so.0"))
    monkeypatch.setattr(bootstrap, "display_problem", lambda: "")
    monkeypatch.setattr(bootstrap, "missing_libraries", lambda *, x11: lost)
    assert command_line.main([]) == 2
    assert "libegl1 libxcb-cursor0" in capsys.readouterr().err
