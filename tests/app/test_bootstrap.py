from __future__ import annotations

import sys

import pytest

from app import bootstrap

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are asked on Linux")


def test_no_display_is_a_problem() -> None:
    assert "DISPLAY" in bootstrap.display_problem({})


def test_a_display_that_does_not_answer_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7654")
    assert ":7654" in bootstrap.display_problem({"DISPLAY": ":7654"})


def test_offscreen_needs_no_display() -> None:
    assert bootstrap.display_problem({"QT_QPA_PLATFORM": "offscreen"}) == ""


def test_wayland_is_a_display_and_not_x11() -> None:
    environ = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
    assert bootstrap.display_problem(environ) == ""
    assert not bootstrap.wants_x11(environ)


def test_an_uncaught_error_shows_one_dialog_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: object, qapp: object
) -> None:
    from pathlib import Path

    from PySide6.QtWidgets import QMessageBox

    said: list[str] = []
    hook = bootstrap.LastResort(Path("/somewhere/volteface.log"))

    def critical(_parent: object, _title: str, text: str) -> None:
        said.append(text)
        hook(ValueError, ValueError("again"), None)  # a second error while the dialog is open

    monkeypatch.setattr(QMessageBox, "critical", critical)
    hook(ValueError, ValueError("inner detail"), None)
    assert len(said) == 1
    assert "/somewhere/volteface.log" in said[0]
    assert "inner detail" in caplog.text
