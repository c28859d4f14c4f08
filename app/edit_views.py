"""References, parts, sliders and edits as the panels show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.edit import MoveSlider, Paint, Recolour, RemovePart, Repair, Reshape, Restyle, TakePart
from core.editors.face_sliders import BELOW_PHOTOS, FORMER
from core.editors.face_sliders import NAMES as FACE_NAMES
from widgets.edit_values import FREE_PART, PART_TITLES, TITLES, EditKind, EditView, PartView, SliderView
from widgets.values import PHOTO_SUFFIXES, PROJECT_SUFFIX, Picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.edit_facts import SliderFacts
    from core.edit import Edit
    from core.errors import VoltefaceError
    from core.project import Project

WORN = frozenset({"hair", "glasses", "clothing"})
"""Parts whose colours stay their own unless the person wishes otherwise: see `TakePart.harmonise`."""
SEED_WORD = "seed:"
PAINT_THUMBNAIL_PX = 64
UNKNOWN_RANGE = (-3.0, 3.0)


def reference_title(name: str) -> str:
    """A reference's name for people: a file's without its suffix."""
    if name.startswith(SEED_WORD):
        return f"Seed {name.removeprefix(SEED_WORD)}"
    stem, _, suffix = name.rpartition(".")
    return stem if stem and f".{suffix.lower()}" in (*PHOTO_SUFFIXES, PROJECT_SUFFIX) else name


def slider_title(name: str) -> str:
    """A slider's name for the stack of edits."""
    return name.replace("-", " ").capitalize()


def slider_views(
    facts: Sequence[SliderFacts], edits: Sequence[Edit], *, below_photo: bool = False
) -> tuple[SliderView, ...]:
    """The sliders of a model, where the edits have them; of a head with a photo only those that show below it."""
    views = []
    for one in facts:
        low, _, high = one.title.partition("..")
        moved = slider_edit(edits, one.name)
        if below_photo and moved is None and one.name in BELOW_PHOTOS:
            continue
        value = moved.strength if moved is not None and moved.enabled else 0.0
        views.append(SliderView(one.name, _ends(low), _ends(high), *one.range, value, one.group))
    return tuple(views)


def slider_edit(edits: Sequence[Edit], name: str) -> MoveSlider | Reshape | None:
    """The edit that a slider of the attributes panel moves: the last one of its name."""
    kind = Reshape if name in FACE_NAMES else MoveSlider
    found = [edit for edit in edits if isinstance(edit, kind) and edit.name == name]
    return found[-1] if found else None


def new_slider_edit(key: str, name: str, strength: float) -> MoveSlider | Reshape:
    """The edit that a slider of the attributes panel begins."""
    return (Reshape if name in FACE_NAMES else MoveSlider)(key=key, name=name, strength=strength)


def part_views(coverage: Mapping[str, float], *, drawn: float | None = None) -> tuple[PartView, ...]:
    """Every part that can be changed, and what was drawn, with its share of the view, if anything was."""
    named = tuple(PartView(name, coverage.get(name, 0.0), _hider(name, coverage)) for name in PART_TITLES)
    return named if drawn is None else (*named, PartView(FREE_PART, drawn))


def _hider(part: str, coverage: Mapping[str, float]) -> str:
    """What hides a part that is there though nothing of it shows."""
    hidden = part == "eyes" and not coverage.get(part) and coverage.get("glasses")
    return "glasses" if hidden else ""


def edit_text(edit: Edit, project: Project | None) -> str:
    """What an edit does, in a few words."""
    match edit:
        case TakePart():
            references = project.references if project is not None else ()
            name = next((one.name for one in references if one.key == edit.reference), "")
            whose = reference_title(name) if name else "a removed reference"
            return f"{TITLES.get(edit.part, edit.part)} from {whose}"
        case RemovePart():
            return f"Without {PART_TITLES.get(edit.part, edit.part).lower()}"
        case MoveSlider() | Reshape():
            # a slider of old projects that another one took the place of
            former = isinstance(edit, MoveSlider) and edit.name in FORMER
            return f"{slider_title(edit.name)} of the model" if former else slider_title(edit.name)
        case Recolour():
            return f"{PART_TITLES.get(edit.part, edit.part)} colour"
        case Paint():
            return "Paint"
        case Repair():
            return "Repaired back"
        case Restyle():
            return edit.pack.title if not edit.region else f"{edit.pack.title} on {edit.region[0]}"


def edit_views(
    project: Project, problems: Mapping[str, VoltefaceError], facts: Sequence[SliderFacts]
) -> tuple[EditView, ...]:
    """The stack of edits."""
    return tuple(_edit_view(edit, project, problems, facts) for edit in project.edits)


def _edit_view(
    edit: Edit, project: Project, problems: Mapping[str, VoltefaceError], facts: Sequence[SliderFacts]
) -> EditView:
    problem = problems[edit.key].message if edit.key in problems and edit.enabled else ""
    kind, low, high, neutral = EditKind.TAKE, 0.0, 1.0, 1.0
    thumbnail: Picture | None = None
    rgb = None
    seam: float | None = None
    harmony: float | None = None
    usual = 1.0
    match edit:
        case TakePart():
            source = next((one for one in project.references if one.key == edit.reference), None)
            thumbnail = source.thumbnail if source is not None else None
            problem = problem if source is not None else "The reference it takes from was removed."
            seam, usual = edit.seam, 0.0 if edit.part in WORN else 1.0
            harmony = usual if edit.harmonise is None else edit.harmonise
        case RemovePart():
            kind = EditKind.REMOVE
        case MoveSlider() | Reshape():
            kind, neutral = EditKind.SLIDER, 0.0
            same = [one.range for one in facts if one.name == edit.name]
            former = isinstance(edit, MoveSlider) and edit.name in FORMER
            low, high = same[0] if same and not former else UNKNOWN_RANGE
        case Recolour():
            kind, rgb = EditKind.COLOUR, edit.rgb
        case Paint():
            kind = EditKind.PAINT
        case Repair():
            kind = EditKind.REPAIR
        case Restyle():
            kind, thumbnail = EditKind.STYLE, edit.pack.preview
    return EditView(
        edit.key,
        kind,
        edit_text(edit, project),
        edit.enabled,
        edit.strength,
        low,
        high,
        neutral,
        rgb,
        thumbnail,
        problem,
        seam,
        harmony,
        usual,
    )


def paint_thumbnail(picture: Picture) -> Picture:
    """Paint, cropped to where there is some, on grey; uint8 [h, w, 3]."""
    import cv2

    rows, columns = np.nonzero(picture[..., 3] > 16)
    if not len(rows):
        return np.full((8, 8, 3), 128, np.uint8)
    middle = (int(rows.min() + rows.max()) // 2, int(columns.min() + columns.max()) // 2)
    reach = max(int(np.ptp(rows)), int(np.ptp(columns)), 16) * 6 // 10
    side = picture.shape[0]
    top, left = max(0, middle[0] - reach), max(0, middle[1] - reach)
    part = picture[top : min(side, middle[0] + reach), left : min(side, middle[1] + reach)].astype(np.float32)
    cover = part[..., 3:] / 255
    flat = part[..., :3] * cover + 90 * (1 - cover)
    size = (PAINT_THUMBNAIL_PX, PAINT_THUMBNAIL_PX)
    return np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA), np.uint8)


def _ends(words: str) -> str:
    return words.strip().capitalize()
