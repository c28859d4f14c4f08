"""Reads options of the command line: every complaint is one sentence."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from core.errors import VoltefaceError


class UsageError(VoltefaceError):
    """The words on the command line make no sense together."""


class Parser(argparse.ArgumentParser):
    """Raises a `UsageError` where argparse would print its usage and leave."""

    def error(self, message: str) -> NoReturn:
        """Turn argparse's complaint into one sentence."""
        sentence = message[:1].upper() + message[1:].rstrip(".") + "."
        raise UsageError(sentence, f"See {self.prog} --help.")


def positive(text: str) -> int:
    """A whole number above zero."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def positive_number(text: str) -> float:
    """A number above zero."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def further(text: str) -> tuple[Path, float | None]:
    """A photo, and the side that it was taken from where that was told: `side.jpg@90`."""
    name, at, yaw = text.rpartition("@")
    try:
        return (Path(name), float(yaw)) if at else (Path(text), None)
    except ValueError:
        return Path(text), None  # the @ belongs to the name


positive.__name__ = "whole number above zero"
positive_number.__name__ = "number above zero"
