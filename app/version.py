"""Which Volteface this is, and what it stands on."""

from __future__ import annotations

import importlib.metadata
import platform

PACKAGES = (("volteface", "Volteface"), ("torch", "PyTorch"))
UNKNOWN = "not installed as a package"


def version(package: str = PACKAGES[0][0]) -> str:
    """A package's version as it was installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return UNKNOWN


def versions() -> str:
    """Those that decide how a head turns out, in one line."""
    found = [f"{title} {version(package)}" for package, title in PACKAGES if version(package) != UNKNOWN]
    return ", ".join([*found, f"Python {platform.python_version()}"])
