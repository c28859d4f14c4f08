"""The road of styles, shared by the window and the command line: which packs there are, and a head that wears them.

Bundled packs come with Volteface; a person's own lie beside the installed models, a file each.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from app import editing_road, road
from core.edit import Restyle, at_work
from core.errors import VoltefaceError
from core.progress import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.edit import Edit, Paint
    from core.head import Head
    from core.progress import Report
    from core.project import Project
    from core.rendering.renderer import HeadRenderer
    from core.style_pack import StylePack
    from core.stylizers.answer import Answer
    from core.stylizers.identity import Likeness

BUNDLED = Path(__file__).resolve().parents[1] / "resources" / "packs"
WHOLE, HAIR, SKIN = "everything", "hair", "skin"
REGIONS: dict[str, tuple[str, ...]] = {
    WHOLE: (),
    HAIR: ("hair", "brows"),
    SKIN: ("skin", "nose", "ears", "neck", "lips", "mouth", "eyes"),
    "clothing": ("cloth",),
}
"""Where a style may be worn, by names for people; the parts of `core.mask.PARTS`."""


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


def with_styles(project: Project, worn: Sequence[tuple[StylePack, float]], region: str = WHOLE) -> Project:
    """The project with styles over its edits, first to last; a style that it wears in that region is set anew.

    Raises:
        VoltefaceError: there is no such region.
    """
    if region not in REGIONS:
        raise VoltefaceError(f"There is no region {region[:40]!r}.", f"Choose from: {', '.join(REGIONS)}.")
    for pack, strength in worn:
        same = [
            edit
            for edit in project.edits
            if isinstance(edit, Restyle) and edit.pack.name == pack.name and edit.region == REGIONS[region]
        ]
        kept = tuple(edit for edit in project.edits if edit not in same)
        key = same[0].key if same else editing_road.new_key(project)
        edit = Restyle(key=key, pack=pack, strength=strength, region=REGIONS[region])
        project = replace(project, edits=(*kept, edit) if strength else kept)
    return project


def prompted(project: Project, prompt: str, region: str = WHOLE) -> tuple[Project, Answer]:
    """The project in the bundled styles that come nearest to a prompt, in place of those that it wears in that region.

    Raises:
        VoltefaceError: the prompt says nothing that resembles a style, there is no such region, or the head is of a
            model that wears no bundled styles.
    """
    from core.stylizers.answer import answered

    answer = answered(prompt)
    if region not in REGIONS:
        raise VoltefaceError(f"There is no region {region[:40]!r}.", f"Choose from: {', '.join(REGIONS)}.")
    worn = [(_in_colour(pack_named(one.style), one.tint, one.tinted), one.strength) for one in answer.taken]
    generator = project.head.generator if project.head is not None else ""
    if not all(pack.is_for(generator) for pack, _ in worn):
        raise VoltefaceError(
            "A style that the prompt names was learned by another model than this head's.",
            "Choose another prompt, or make the head with that model.",
        )
    old = [edit for edit in project.edits if isinstance(edit, Restyle) and edit.region == REGIONS[region]]
    project = replace(project, edits=tuple(edit for edit in project.edits if edit not in old))
    return with_styles(project, worn, region), answer


def _in_colour(pack: StylePack, tint: tuple[float, float, float] | None, word: str) -> StylePack:
    """A pack of another stuff."""
    if tint is None:
        return pack
    return replace(pack, name=f"{pack.name}-{word.replace(' ', '-')}", title=f"{pack.title} in {word}", tint=tint)


def without_styles(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits that are no styles."""
    return tuple(edit for edit in edits if not isinstance(edit, Restyle))


def likeness_of(project: Project, report: Report = silent) -> Likeness:
    """How far the styles of a project take the person from who they are: dlib's distance at five yaws."""
    return _Looks(project).likeness(project.edits, report)


def held_back(project: Project, floor: float, report: Report = silent) -> Project:
    """The project with its styles weakened, all alike, until the mean identity distance is at most `floor`."""
    from core.stylizers.identity import held_strength

    looks = _Looks(project)

    def weakened(share: float) -> tuple[Edit, ...]:
        return tuple(
            replace(edit, strength=edit.strength * share) if isinstance(edit, Restyle) else edit
            for edit in project.edits
        )

    def distance_at(share: float) -> float:
        return looks.likeness(weakened(share), report).mean

    return replace(project, edits=weakened(held_strength(1.0, distance_at, floor)))


class _Looks:
    """A project's head without its styles, and in any."""

    def __init__(self, project: Project) -> None:
        self._folder = editing_road.folder_of(project)
        self._plain = self._folder.folded(without_styles(project.edits))
        self._renderer = road.renderer_of(self._plain)

    def likeness(self, edits: Sequence[Edit], report: Report) -> Likeness:
        """How far the styles among some edits take the person from who they are."""
        from core.frame import Quality
        from core.stylizers.identity import PICTURE_PX, likeness_of

        worn = tuple(edit for edit in at_work(edits) if isinstance(edit, Restyle))
        drawn = self._by_picture(worn)
        styled = None if drawn is not None else road.renderer_of(self._folder.folded(tuple(edits)))

        def pictures_at(camera: Camera) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
            if drawn is not None:
                plain, other = drawn.in_styles(camera, [(), worn], size_px=PICTURE_PX)
                return plain.rgb, other.rgb
            assert styled is not None, "it is drawn either way"
            without = self._renderer.render(camera, Quality.NEAR, size_px=PICTURE_PX)
            return without.rgb, styled.render(camera, Quality.NEAR, size_px=PICTURE_PX).rgb

        return likeness_of(pictures_at, report)

    def pictures(self, packs: Sequence[StylePack], size_px: int, report: Report) -> None:
        """Report what each pack makes of the head, from the front: name and uint8 [S, S, 3] as the result."""
        from core.camera import Camera
        from core.progress import Progress

        worn = {pack.name: (Restyle(key="style", pack=pack),) for pack in packs}
        quick = {name: styles for name, styles in worn.items() if self._by_picture(styles) is not None}
        drawn = self._by_picture(())
        if drawn is None:
            return
        frames = drawn.in_styles(Camera.orbit(), list(quick.values()), size_px=size_px)
        for number, (name, frame) in enumerate(zip(quick, frames, strict=True)):
            report(Progress(number + 1, len(quick), "Trying styles on", result=(name, frame.rgb)))

    def _by_picture(self, worn: tuple[Restyle, ...]) -> HeadRenderer | None:
        """Who draws views in styles that move no field; None where they do, or where the model is not here."""
        from core.editors.restyling import plane_change
        from core.rendering.renderer import HeadRenderer

        if not isinstance(self._renderer, HeadRenderer):
            return None
        generator = road.loaded_generator(self._plain.generator)
        moved = any(plane_change(edit.pack, generator, self._plain.latents) is not None for edit in worn)
        return None if moved else self._renderer


def pictures_of(project: Project, packs: Sequence[StylePack], size_px: int, report: Report) -> None:
    """What packs would make of a project's head, from the front; each is reported as the result: name, picture."""
    _Looks(project).pictures(packs, size_px, report)


def lifted_layers(project: Project, prompt: str, prior: str, report: Report, seed: int = 0) -> tuple[Paint, ...]:
    """Paint that makes a project's head what a prompt says: see `core.stylizers.lifting`.

    Raises:
        VoltefaceError: the prompt or the prior is no good.
    """
    from core.stylizers.lifting import lifted
    from core.stylizers.prior import open_prior

    taken: list[str] = []

    def new_key() -> str:
        number = len(project.edits) + len(project.references) + 1
        known = {one.key for one in (*project.edits, *project.references)} | set(taken)
        while str(number) in known:
            number += 1
        taken.append(str(number))
        return taken[-1]

    renderer = road.renderer_of(editing_road.edited_head(project))
    return lifted(renderer, open_prior(prior), prompt, new_key, report, seed=seed)


@dataclass(frozen=True)
class Teaching:
    """What a distillation is asked for.

    Attributes:
        prompt: what heads become.
        preset: name in `core.stylizers.presets.PRESETS`.
        prior: "bundled", or a folder in diffusers' form.
        steps: of Adam; None is the preset's own.
        seed: of heads, cameras and noise.
    """

    prompt: str
    preset: str = "draft"
    prior: str = "bundled"
    steps: int | None = None
    seed: int = 0


def installed_prior() -> str:
    """The folder of the first Stable Diffusion that is installed; the bundled prior where there is none."""
    from core.checkpoints import store
    from core.stylizers.prior import BUNDLED as OWN

    found = (model.folder for model in store.installed() if "StableDiffusion" in str(model.facts.get("class_name")))
    return next(found, OWN)


def taught_pack(head: Head, teaching: Teaching, report: Report, *, resume: bool = True) -> StylePack:
    """Distil a prompt into the generator of a head. What was begun before goes on; `Cancelled` leaves it to be resumed.

    Args:
        head: in previews, which come every few steps; any head of the generator may wear the style.
        teaching: what is asked.
        report: told after each step; a preview comes with some, and as `result` the pack so far.
        resume: go on with what an earlier, stopped run of the same prompt and preset left.

    Raises:
        VoltefaceError: the prompt, the preset or the prior is no good, or memory does not suffice.
    """
    from app.teaching import Lesson

    return Lesson(head, teaching, resume=resume).learned(report)
