"""Runs array functions in a process of their own.

xatlas and marching cubes hold Python's interpreter lock for seconds. In a thread of the studio they would freeze its
window, and nothing could stop them; a process can be left to work and killed.
"""

import importlib
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ExportError

Arrays = Mapping[str, NDArray[Any]]
ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05


def run_apart(function: str, arrays: Arrays, still_wanted: Callable[[], None]) -> dict[str, NDArray[Any]]:
    """Call a function of arrays in a fresh interpreter.

    Args:
        function: "module:name" of a function that takes arrays by name and returns a mapping of arrays.
        arrays: its arguments.
        still_wanted: called while waiting; what it raises (`Cancelled`) ends the process and passes on.

    Raises:
        ExportError: the function failed.
    """
    with tempfile.TemporaryDirectory(prefix="volteface-") as folder:
        given, made, said = (Path(folder) / name for name in ("given.npz", "made.npz", "said.txt"))
        _save(given, arrays)
        paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        with said.open("wb") as stderr:
            child = subprocess.Popen(
                [sys.executable, "-m", "core.exporters.apart", function, str(given), str(made)],
                env={**os.environ, "PYTHONPATH": paths},
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
            )
            try:
                while child.poll() is None:
                    still_wanted()
                    time.sleep(POLL_SECONDS)
            finally:
                child.kill()
                child.wait()
        if child.returncode or not made.exists():
            last = said.read_text(errors="replace").strip().splitlines()[-1:] or [f"exit code {child.returncode}"]
            raise ExportError(
                f"The mesh could not be worked out ({last[0]}).", "Free some memory, or ask for a smaller texture."
            )
        # read into memory: the folder goes away
        with np.load(io.BytesIO(made.read_bytes()), allow_pickle=False) as result:
            return {name: result[name] for name in result.files}


def main(function: str, given: str, made: str) -> None:
    """The process's own side: read the arguments, call, write the result."""
    module, name = function.split(":")
    with np.load(given, allow_pickle=False) as arrays:
        result = getattr(importlib.import_module(module), name)(**{key: arrays[key] for key in arrays.files})
    _save(Path(made), result)


def _save(path: Path, arrays: Arrays) -> None:
    options: Any = arrays  # numpy's own switches have names that no array here has
    np.savez(path, **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
