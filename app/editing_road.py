"""The road of edits, shared like `app.road` by the window and the command line: references, paint, the folded head.

Every step is a function of values. A project with edits keeps its head as it was made; who draws or exports it asks
for `edited_head`. Longer than usual: every kind of reference and of paint has its way in.
"""

from __future__ import annotations

import io
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from app import pictures, road, shelf
from app.edit_views import new_slider_edit, slider_edit
from core.camera import Camera
from core.edit import MoveSlider, Paint, Reshape, at_work, shape_of
from core.errors import PhotoError, ProjectError, VoltefaceError
from core.frame import Quality
from core.progress import Report, silent
from core.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.edit import Edit
    from core.editors.attributes import Slider
    from core.editors.fold import Folder
    from core.head import Head
    from core.photo import Photo
    from core.project import Project
    from core.protocols import Generator, Renderer
    from core.rendering.occupancy import FieldGrid

SEED_WORD = "seed:"
"""Begins the name of a random reference."""
THUMBNAIL_PX = 128
MOST_PAINT_PX = 2048
SAME, OTHER = 10, 40
"""Steps of 255 by which an edited photo may differ from the photo without being paint, and from which it is all paint:
between lies what saving it again does to a picture."""


def editable_project(path: Path) -> Project:
    """Read a project whose head can be edited here.

    Raises:
        ProjectError: it cannot be read, has no head, or its head's generator is not here.
    """
    project = road.open_project(path)
    head = road.head_of(project, path.name)
    absence = shelf.absence_of(project, shelf.facts_of(head.generator))
    if absence is None:
        return project
    which = "which is not installed" if not absence.changed else "and another version of it is installed"
    cure = "Make the head again with `volteface invert`." if absence.changed else "See `volteface models add --help`."
    raise ProjectError(f"{path.name} was made with {absence.model.title}, {which}.", cure)


def folder_of(
    project: Project, *, half: bool = False, grid_of: Callable[[Head], FieldGrid | None] = lambda _head: None
) -> Folder:
    """What folds the edits of a project; keep it while head and references stay the same.

    Args:
        project: has a head.
        half: as for `road.renderer_of`.
        grid_of: gives grids of heads that are known already, which saves time; asked in the thread that folds.
    """
    from core.editors.fold import Folder
    from core.editors.plane_taking import PlaneTools
    from core.inverters.fusion_encoder import fusion_latents

    def kin(name: str) -> Generator:
        return road.loaded_generator(name, half=half)

    head = road.head_of(project, project.photo.name)
    references = {reference.key: reference.head for reference in project.references}
    names = {reference.key: spoken_name(reference.name) for reference in project.references}
    tools = PlaneTools(encode=fusion_latents)
    return Folder(kin(head.generator), head, references, names=names, grid_of=grid_of, kin=kin, tools=tools)


def spoken_name(name: str) -> str:
    """A reference's name in a sentence: without the ending of its file."""
    if name.startswith(SEED_WORD):
        return f"seed {name.removeprefix(SEED_WORD)}"
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and len(ending) <= len("volteface") and ending.isalnum() else name


def edited_head(project: Project, *, half: bool = False) -> Head:
    """The head of a project with its edits; the very one that was made where no edit is at work.

    Raises:
        VoltefaceError: there is no head, or an edit cannot be made.
    """
    head = road.head_of(project, project.photo.name)
    return folder_of(project, half=half).folded(project.edits) if at_work(project.edits) else head


def finished(project: Project, head: Head, *, half: bool = False, neural_px: int | None = None) -> Project:
    """The project as it is saved: what shows it unopened shows its edits.

    Args:
        project: any.
        head: its `edited_head`.
        half: as for `road.renderer_of`.
        neural_px: as for `road.renderer_of`.
    """
    renderer = road.renderer_of(head, half=half, neural_px=neural_px)
    return replace(road.pictured(project, head, renderer), modified=datetime.now(UTC))


def new_key(project: Project) -> str:
    """A key that no edit and no reference of the project has."""
    taken = {item.key for item in (*project.edits, *project.references)}
    number = len(taken) + 1
    while str(number) in taken:
        number += 1
    return str(number)


def seeded_reference(generator: str, seed: int, key: str, *, half: bool = False) -> Reference:
    """A random head to take parts from; the same seed gives the same head."""
    from core.editors.random_head import random_head

    head = random_head(road.loaded_generator(generator, half=half), seed)
    return Reference(key=key, name=f"{SEED_WORD}{seed}", head=head)


def project_reference(path: Path, generator: str, key: str, *, half: bool = False) -> Reference:
    """The head of another project, with its edits.

    Raises:
        ProjectError: it has no head.
        VoltefaceError: its head is of another family of generators.
    """
    project = editable_project(path)
    check_kin(spoken_name(path.name), road.head_of(project, path.name).generator, generator)
    return Reference(key=key, name=path.name, head=edited_head(project, half=half))


def check_kin(name: str, theirs: str, ours: str) -> None:
    """Refuse a reference of another family before its generator is loaded.

    Args:
        name: of the reference, for people.
        theirs: its generator's name.
        ours: that of the wearer's.

    Raises:
        VoltefaceError: they are of different families.
    """
    from core.editors.kinship import look_kin, stranger

    one, other = shelf.facts_of(theirs), shelf.facts_of(ours)
    if theirs != ours and not look_kin(one, other):
        raise stranger(name, one.title if one else theirs, other.title if other else ours)


def photo_reference(
    photo: Photo,
    generator: str,
    key: str,
    report: Report = silent,
    *,
    face_index: int | None = None,
    seconds: float | None = None,
    steps: int | None = None,
    half: bool = False,
) -> Reference:
    """The head found in a photo.

    Raises:
        PhotoError: there is no usable face in it.
    """
    alignment = road.align_photo(photo, face_index)
    head = road.make_head(alignment, report, generator=generator, seconds=seconds, steps=steps, half=half)
    return Reference(key=key, name=photo.name, head=head)


def pictured(reference: Reference, *, half: bool = False, neural_px: int | None = None) -> Reference:
    """The reference with its thumbnail."""
    if reference.thumbnail is not None:
        return reference
    renderer = road.renderer_of(reference.head, half=half, neural_px=neural_px)
    picture = renderer.render(Camera.orbit(), Quality.NEAR, size_px=THUMBNAIL_PX).rgb
    return replace(reference, thumbnail=picture)


def with_sliders(project: Project, strengths: Mapping[str, float]) -> Project:
    """The project with its sliders at these strengths; one that rests at 0 needs no edit.

    Raises:
        VoltefaceError: there is no such slider, it does not reach so far, or a photo hides what it does.
    """
    from core.editors.attributes import SLIDERS
    from core.editors.face_sliders import BELOW_PHOTOS, FACE_SLIDERS, FORMER

    head = road.head_of(project, project.photo.name)
    generator = head.generator
    ranges = {slider.name: slider.range for slider in SLIDERS} | {slider.name: slider.range for slider in FACE_SLIDERS}
    ranges |= {slider.name: slider.range for slider in _learned_sliders(generator, strengths)}
    renamed = {FORMER.get(name, name): strength for name, strength in strengths.items()}
    for name, strength in renamed.items():
        if name not in ranges:
            names = ", ".join(known for known in ranges if FORMER.get(known, known) == known)
            raise VoltefaceError(f"There is no slider {name!r}.", f"Choose from: {names}.")
        low, high = ranges[name]
        if not low <= strength <= high:
            raise VoltefaceError(f"{name}={strength:g} is out of range.", f"Choose from {low:g} to {high:g}.")
        if head.photos and strength and name in BELOW_PHOTOS:
            raise VoltefaceError(f"A head with a photo on it does not follow {name}.", BELOW_PHOTOS[name])
    for name, strength in renamed.items():
        moved = slider_edit(project.edits, name)
        edits: list[Edit] = []
        for edit in project.edits:
            if not isinstance(edit, MoveSlider | Reshape) or edit.name != name or type(edit) is not type(moved):
                edits.append(edit)
            elif edit is moved and strength:
                edits.append(replace(edit, strength=strength, enabled=True))
        if moved is None and strength:
            edits.append(new_slider_edit(new_key(project), name, strength))
        project = replace(project, edits=tuple(edits))
    return project


def _learned_sliders(generator: str, wanted: Collection[str]) -> tuple[Slider, ...]:
    """The sliders that were learned for a generator; it is only loaded where one of them is wanted."""
    from core.checkpoints import store
    from core.editors.attributes import Sliders
    from core.editors.kept_directions import names_kept

    if not set(wanted) & set(names_kept(generator, store.folder())):
        return ()
    return Sliders.of(road.loaded_generator(generator)).sliders


def paint_in(photo: Photo) -> NDArray[np.uint8] | None:
    """The paint of a picture with transparency, uint8 [S, S, 4]; None where it has none.

    Raises:
        PhotoError: it is not square, as the pictures of a head are.
    """
    from PIL import Image

    if photo.source_bytes is None:
        return None
    with Image.open(io.BytesIO(photo.source_bytes)) as image:
        if "A" not in image.mode and "transparency" not in image.info:
            return None
        width, height = image.size
        if width != height:
            raise PhotoError(
                f"{photo.name} has {width} x {height} pixels, but paint is laid over a square picture of the head.",
                "Paint on a picture that `volteface render` made.",
            )
        paint = image.convert("RGBA")
        if width > MOST_PAINT_PX:
            paint = paint.resize((MOST_PAINT_PX, MOST_PAINT_PX), Image.Resampling.LANCZOS)
        return np.asarray(paint)


def paint_over_photo(project: Project, copy: Photo) -> NDArray[np.uint8]:
    """What an edited copy of a project's photo has that the photo has not, in the alignment's crop, uint8 [S, S, 4].

    Raises:
        PhotoError: it is no copy of the photo.
    """
    from core.align import CROP_PX
    from core.perception.similarity import warped

    if project.alignment is None or copy.pixels.shape != project.photo.pixels.shape:
        raise PhotoError(
            f"{copy.name} has no transparency and is no copy of {project.photo.name}, so it would cover everything.",
            "Save paint as a PNG with transparency, or change a copy of the photo.",
        )
    matrix = project.alignment.crop_from_photo
    painted, plain = (
        warped(photo.pixels, matrix, CROP_PX, repeat_border=True).astype(np.float32) for photo in (copy, project.photo)
    )
    change = np.abs(painted - plain).max(axis=2, keepdims=True)
    cover = ((change - SAME) / (OTHER - SAME)).clip(0, 1) * 255
    return np.concatenate([painted, cover], axis=2).round().astype(np.uint8)


def paint_edit(
    renderer: Renderer, picture: NDArray[np.uint8], camera: Camera, key: str, edits: Sequence[Edit] = ()
) -> Paint:
    """Paint on the surface that a camera sees.

    Args:
        renderer: of the head as it is painted on, with its edits.
        picture: uint8 [S, S, 4].
        camera: from where it is painted.
        key: of the edit.
        edits: those before it.

    Raises:
        VoltefaceError: none of the paint lies on the head.
    """
    import cv2

    depth = renderer.render(camera, Quality.NEAR).depth
    side = picture.shape[0]
    solid = cv2.resize((depth > 0).astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST)
    if not (solid * (picture[..., 3] > 0)).any():
        raise VoltefaceError("None of the paint lies on the head.", "Paint where the head is seen, from the same side.")
    return Paint(key=key, picture=picture, camera=camera, depth=depth, shape=shape_of(edits))


def camera_at(yaw_degrees: float, pitch_degrees: float) -> Camera:
    """The camera of `render` at a yaw and a pitch.

    Raises:
        VoltefaceError: they are no angles.
    """
    if not (math.isfinite(yaw_degrees) and abs(pitch_degrees) < 90):
        raise VoltefaceError("The pitch is out of range.", "Choose a pitch between -90 and 90 degrees.")
    return pictures.orbit_degrees(yaw_degrees, pitch_degrees)
