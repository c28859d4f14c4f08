"""The road of styles, shared by the window and the command line: a head that wears packs, and packs that are taught."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app import editing_road, pack_shelf, road
from core.edit import Restyle
from core.errors import VoltefaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.edit import Edit, Paint
    from core.head import Head
    from core.progress import Report
    from core.project import Project
    from core.style_pack import StylePack
    from core.stylizers.answer import Answer

WHOLE, HAIR, SKIN = "everything", "hair", "skin"
REGIONS: dict[str, tuple[str, ...]] = {
    WHOLE: (),
    HAIR: ("hair", "brows"),
    SKIN: ("skin", "nose", "ears", "neck", "lips", "mouth", "eyes"),
    "clothing": ("cloth",),
}
"""Where a style may be worn, by names for people; the parts of `core.mask.PARTS`."""


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
    worn = [(_in_colour(pack_shelf.pack_named(one.style), one.tint, one.tinted), one.strength) for one in answer.taken]
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
