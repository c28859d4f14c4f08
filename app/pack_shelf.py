"""Packs of styles on this machine: bundled ones come with Volteface, a person's own lie beside the installed models."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import VoltefaceError

if TYPE_CHECKING:
    from core.style_pack import StylePack

BUNDLED = Path(__file__).resolve().parents[1] / "resources" / "packs"


@dataclass(frozen=True)
class PackPlace:
    """A pack on this machine."""

    name: str
    path: Path
    bundled: bool


def own_folder() -> Path:
    """Where a person's packs are."""
    from core.checkpoints import store

    return store.folder().parent / "styles"


def packs() -> tuple[PackPlace, ...]:
    """All packs, bundled ones first; a person's pack of a bundled name hides it not: the bundled one is meant."""
    from core.stylizers.pack import SUFFIX

    found: dict[str, PackPlace] = {}
    for folder, bundled in ((BUNDLED, True), (own_folder(), False)):
        for path in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else ():
            found.setdefault(path.stem, PackPlace(path.stem, path, bundled))
    return tuple(found.values())


def pack_named(name: str) -> StylePack:
    """The pack of a name, or in a file.

    Raises:
        VoltefaceError: there is none, or its file is damaged.
    """
    places = {place.name: place for place in packs()}
    if name in places:
        return _read(places[name].path, places[name].path.stat().st_mtime_ns)
    if Path(name).suffix and Path(name).is_file():
        return _read(Path(name), Path(name).stat().st_mtime_ns)
    near = get_close_matches(name.lower(), places, 1, 0.5)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(places) or 'none'}."
    raise VoltefaceError(f"No style is called {name[:60]!r}.", hint)


@cache
def _read(path: Path, _changed: int) -> StylePack:
    from core.stylizers.pack import load_pack

    return load_pack(path)


def import_pack(path: Path) -> PackPlace:
    """Take a pack into a person's own.

    Raises:
        VoltefaceError: it is no pack, its name is taken, or it cannot be written.
    """
    from core.stylizers.pack import SUFFIX, load_pack, save_pack

    pack = load_pack(path)
    if not pack.name.replace("-", "").replace("_", "").isalnum():
        raise VoltefaceError(f"{path.name} holds a style whose name is no file name.", "Export it under another name.")
    if any(place.name == pack.name for place in packs()):
        raise VoltefaceError(f"There is a style {pack.name} already.", "Rename or delete it first.")
    target = own_folder() / f"{pack.name}{SUFFIX}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VoltefaceError(f"{target.parent} cannot be made.", "Check its permissions.") from error
    save_pack(pack, target)
    return PackPlace(pack.name, target, bundled=False)


def export_pack(name: str, path: Path) -> None:
    """Copy a pack to a file.

    Raises:
        VoltefaceError: there is none of that name, or it cannot be written.
    """
    from core.stylizers.pack import save_pack

    save_pack(pack_named(name), path)


def keep_pack(pack: StylePack) -> PackPlace:
    """Write a pack that was made here to a person's own, under a name that is free."""
    from core.stylizers.pack import SUFFIX, save_pack

    taken = {place.name for place in packs()}
    name, number = pack.name, 2
    while name in taken:
        name, number = f"{pack.name}-{number}", number + 1
    folder = own_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{SUFFIX}"
    save_pack(replace(pack, name=name), path)
    return PackPlace(name, path, bundled=False)


def forget_pack(name: str) -> None:
    """Delete one of a person's own packs.

    Raises:
        VoltefaceError: there is none, or it is bundled.
    """
    place = next((place for place in packs() if place.name == name), None)
    if place is None or place.bundled:
        raise VoltefaceError(f"{name} is none of your own styles.", "Bundled ones stay.")
    with contextlib.suppress(OSError):
        place.path.unlink()
