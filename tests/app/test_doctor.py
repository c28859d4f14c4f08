from __future__ import annotations

import importlib.metadata
import json
import sys

import pytest

from app import command_line, doctor


def test_every_need_is_examined_and_named_once() -> None:
    checks = doctor.examine()
    names = [check.name for check in checks]
    assert len(names) == len(set(names))
    assert {"Python", "Packages", "Device", "Display", "OpenGL", "Weights", "Disk", "Memory"} <= set(names)
    assert all(check.finding for check in checks)
    assert all(check.cure for check in checks if check.state == "bad")


def test_a_missing_package_is_bad_and_its_cure_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "xatlas":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    check = doctor.packages()
    assert (check.state, check.cure) == ("bad", "pip install xatlas")


def test_no_display_is_only_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert doctor.display().state == "note"


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> doctor.Check:
        raise RuntimeError("inner detail")

    monkeypatch.setattr(doctor, "_CHECKS", {"Thing": broken})
    (check,) = doctor.examine()
    assert (check.name, check.state) == ("Thing", "bad")
    assert "inner detail" in caplog.text


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("note", 0), ("bad", 2)])
def test_the_exit_code_says_whether_it_works(
    state: doctor.State, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "_CHECKS", {"Thing": lambda: doctor.Check("Thing", state, "found", "do it")})
    assert command_line.main(["doctor", "--json"]) == code
    answer = json.loads(capsys.readouterr().out)
    assert answer["works"] == (code == 0)
    assert answer["checks"] == [{"name": "Thing", "state": state, "finding": "found", "cure": "do it"}]
    assert command_line.main(["doctor"]) == code
    assert "Thing: found" in capsys.readouterr().out
