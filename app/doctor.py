"""Does this machine have what Volteface needs: each need is one check with a finding and, where it fails, a cure.

"bad" stops Volteface from working, "note" costs comfort or speed, "ok" is ok.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app import bootstrap, places
from app.outcome import attempt
from app.system_libraries import install_line, missing_libraries

if TYPE_CHECKING:
    from collections.abc import Callable

State = Literal["ok", "note", "bad"]

OLDEST_PYTHON = (3, 11)
PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "PySide6-Essentials",
    "moderngl",
    "pyqtgraph",
    "superqt",
    "qtawesome",
    "pillow",
    "opencv-python-headless",
    "safetensors",
    "trimesh",
    "xatlas",
    "av",
    "scikit-image",
    "platformdirs",
)
GIBIBYTE = 1 << 30
DISK_NEEDED = GIBIBYTE
MEMORY_WANTED = 4 * GIBIBYTE
SECONDS_FOR_OPENGL = 30

OPENGL_PROBE = """
import moderngl
context = moderngl.create_context(standalone=True, require=330, **({"backend": "egl"} if "%s" == "egl" else {}))
print(context.info["GL_RENDERER"], "OpenGL", context.version_code)
"""


@dataclass(frozen=True)
class Check:
    """One need, what was found, and what to do when it is not met."""

    name: str
    state: State
    finding: str
    cure: str = ""

    def to_json(self) -> dict[str, str]:
        """All fields by name."""
        return dataclasses.asdict(self)


def examine() -> tuple[Check, ...]:
    """Run every check; one that fails to run is itself a finding."""
    checks = []
    for name, check in _CHECKS.items():
        outcome = attempt(check)
        if outcome.value is not None:
            checks.append(outcome.value)
        else:
            checks.append(Check(name, "bad", str(outcome.error), "Reinstall Volteface."))
    return tuple(checks)


def python() -> Check:
    """The interpreter."""
    finding = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Check("Python", "bad", finding, "Python 3.11 or newer is needed; `uv run` brings one.")
    return Check("Python", "ok", finding)


def packages() -> Check:
    """The distributions that Volteface imports."""
    missing = []
    for name in PACKAGES:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check("Packages", "bad", f"missing: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    versions = (f"{name} {importlib.metadata.version(name)}" for name in ("torch", "PySide6-Essentials", "numpy"))
    return Check("Packages", "ok", f"all {len(PACKAGES)} present ({', '.join(versions)})")


def device() -> Check:
    """What computes."""
    import torch

    from core.device import best_device

    chosen = best_device()
    if chosen.type == "cuda":
        properties = torch.cuda.get_device_properties(chosen)
        return Check("Device", "ok", f"{properties.name}, {properties.total_memory / GIBIBYTE:.0f} GiB")
    return Check("Device", "ok", f"{chosen.type} with {os.cpu_count()} cores; no GPU is needed")


def display() -> Check:
    """Whether a window can open."""
    problem = bootstrap.display_problem()
    if problem:
        return Check("Display", "note", problem, "The command line works without; the studio needs a display.")
    return Check("Display", "ok", os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or platform.system())


def libraries() -> Check:
    """The shared libraries of the system that Qt loads."""
    has_display = not bootstrap.display_problem()
    missing = missing_libraries(x11=has_display and bootstrap.wants_x11(os.environ))
    if not missing:
        return Check("System libraries", "ok", "all found")
    names = ", ".join(library.soname for library in missing)
    return Check("System libraries", "bad" if has_display else "note", f"missing: {names}", install_line(missing))


def opengl() -> Check:
    """The OpenGL that the viewer would get; asked in another process, because a broken driver may abort."""
    backend = "glx" if os.environ.get("DISPLAY") else "egl"
    command = [sys.executable, "-c", OPENGL_PROBE % (backend if sys.platform.startswith("linux") else "")]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_FOR_OPENGL, check=False)
    except subprocess.TimeoutExpired:
        return Check("OpenGL", "note", "the driver does not answer", "The viewer draws without OpenGL instead.")
    if answer.returncode:
        reason = (answer.stderr.strip().splitlines() or ["no answer"])[-1]
        return Check("OpenGL", "note", f"not available ({reason})", "The viewer draws without OpenGL instead.")
    return Check("OpenGL", "ok", answer.stdout.strip())


def weights() -> Check:
    """The bundled models with their checksums."""
    from app.models import installed_models

    rows = installed_models()
    perception = [row for row in rows if row.kind == "perception"]
    damaged = [row.name for row in perception if row.state != "ready"]
    ready = [row.name for row in rows if row.kind == "generator" and row.state == "ready"]
    if damaged:
        return Check("Weights", "bad", f"damaged or missing: {', '.join(damaged)}", "Reinstall Volteface.")
    if not ready:
        return Check("Weights", "bad", "no head model is ready", "Reinstall Volteface.")
    return Check("Weights", "ok", f"{len(perception)} perception nets intact; head models: {', '.join(ready)}")


def disk() -> Check:
    """Room for autosaves and exports."""
    folder = places.recovery_folder()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    finding = f"{free / GIBIBYTE:.1f} GiB free at {folder}"
    if free < DISK_NEEDED:
        return Check("Disk", "note", finding, "Autosave needs room: free one GiB.")
    return Check("Disk", "ok", finding)


def memory() -> Check:
    """Main memory."""
    total = _memory_bytes()
    if total is None:
        return Check("Memory", "ok", "unknown")
    finding = f"{total / GIBIBYTE:.1f} GiB"
    if total < MEMORY_WANTED:
        return Check("Memory", "note", finding, "Four GiB are comfortable; close other programs.")
    return Check("Memory", "ok", finding)


def log_place() -> Check:
    """Where to look after an unexpected error."""
    return Check("Log", "ok", str(places.log_file()))


def _memory_bytes() -> int | None:
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


_CHECKS: dict[str, Callable[[], Check]] = {
    "Python": python,
    "Packages": packages,
    "Device": device,
    "Display": display,
    "System libraries": libraries,
    "OpenGL": opengl,
    "Weights": weights,
    "Disk": disk,
    "Memory": memory,
    "Log": log_place,
}
