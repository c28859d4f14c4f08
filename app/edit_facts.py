"""The editing side of `app.engines`: which sliders a model has, which parts a head shows, and the road of edits.

Nothing heavy is imported before it is called.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.road import loaded_generator
from core.camera import Camera
from core.errors import VoltefaceError
from core.frame import Quality

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.editors.fold import Folder
    from core.frame import Frame
    from core.head import Head
    from core.progress import Report
    from core.project import Project
    from core.protocols import Renderer
    from core.reference import Reference
    from core.rendering.occupancy import FieldGrid
    from core.style_pack import StylePack
    from core.stylizers.identity import Likeness

LEARNED = "Learned"
"""Where sliders are listed that were learned on this machine."""
PORTRAIT_PX = 320
EYEWEAR_SHARE = 0.01
"""Of the visible surface that glasses cover which were put on."""
LEAST_SHARE = 0.002
"""Of a picture of the head; a part of fewer pixels is a slip of the parser."""
PERSON = "Person"
"""Group of the sliders that a model knows as attributes."""


@dataclass(frozen=True)
class SliderFacts:
    """A slider that a head has; `title` goes from low to high as "younger .. older", `group` is where it is listed."""

    name: str
    title: str
    range: tuple[float, float]
    group: str = ""


def sliders_of(generator: str) -> tuple[SliderFacts, ...]:
    """The sliders of heads of a model: those of the face, which any head has, and the attributes that it knows."""
    from core.editors.attributes import SLIDERS, Sliders
    from core.editors.face_sliders import FACE_SLIDERS, FORMER

    face = tuple(SliderFacts(one.name, one.title, one.range, one.group) for one in FACE_SLIDERS)
    try:
        sliders = Sliders.of(loaded_generator(generator)).sliders
    except VoltefaceError:
        return face
    known = {slider.name for slider in SLIDERS}
    return (
        *face,
        *(
            SliderFacts(one.name, one.title, one.range, PERSON if one.name in known else LEARNED)
            for one in sliders
            if one.name not in FORMER
        ),
    )


def coverage_of(renderer: Renderer) -> Mapping[str, float]:
    """Share of the visible surface of each part that a head shows, or of its frontal picture where labels tell none."""
    import numpy as np

    from core.editors.head_parts import LABELS_OF, HeadParts
    from core.editors.photo_witness import denies
    from core.mask import PARTS
    from core.rendering.renderer import HeadRenderer

    if not isinstance(renderer, HeadRenderer):
        return {}
    if renderer.generator.info.parts:
        grid = renderer.twin().grid()
        found = {} if grid.labels is None else {**HeadParts(grid).coverage()}
        if grid.labels is not None and renderer.head.eyewear is not None:
            # shapes have no volume; this is about what a pair covers
            found["glasses"] = max(found.get("glasses", 0.0), EYEWEAR_SHARE * renderer.head.eyewear.strength)
        return {part: share for part, share in found.items() if share and not denies(renderer.head, part)}
    frame = portrait_of(renderer.twin())
    assert frame.labels is not None
    solid = max(int((frame.labels > 0).sum()), 1)
    shares = {
        part: float(np.isin(frame.labels, [PARTS.index(label) for label in labels]).sum()) / solid
        for part, labels in LABELS_OF.items()
    }
    return {part: share for part, share in shares.items() if share >= LEAST_SHARE}


def labelled(renderer: Renderer, frame: Frame) -> Frame:
    """A finished frame with its parts as the parser sees them, where the head's model names none itself."""
    from core.rendering.renderer import HeadRenderer

    known = frame.labels is not None or frame.quality < Quality.NEAR
    if known or not isinstance(renderer, HeadRenderer) or renderer.generator.info.parts:
        return frame
    import cv2
    import numpy as np

    from core.segmenters.parser import parse

    seen = cv2.resize(parse(frame.rgb), frame.depth.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return replace(frame, labels=np.where(frame.depth > 0, seen, 0).astype(np.uint8))


def part_limit_of(renderer: Renderer) -> str:
    """Why parts of a head can be taken from others and nothing else be done with them; empty where all can be done."""
    from core.rendering.renderer import HeadRenderer

    if not isinstance(renderer, HeadRenderer) or renderer.generator.info.parts:
        return ""
    title = renderer.generator.info.title
    return f"{title} knows no parts in 3D: they can be taken from other heads, but not removed, coloured or redrawn."


def grid_of(renderer: Renderer | None) -> FieldGrid | None:
    """The grid that a renderer has made already."""
    from core.rendering.renderer import HeadRenderer

    return renderer.known_grid if isinstance(renderer, HeadRenderer) else None


def seen_from(renderer: Renderer | None) -> list[Camera] | None:
    """Where a renderer has finished pictures from, for its previews; None where it makes nothing of such."""
    from core.rendering.renderer import HeadRenderer

    return [key.camera for key in renderer.keys] if isinstance(renderer, HeadRenderer) else None


def twin_of(renderer: Renderer | None) -> Renderer | None:
    """A renderer of the same head for another thread, if it has one."""
    from core.rendering.renderer import HeadRenderer

    return renderer.twin() if isinstance(renderer, HeadRenderer) else None


def portrait_of(renderer: Renderer) -> Frame:
    """A head from the front, to point at its parts."""
    return labelled(renderer, renderer.render(Camera.orbit(), Quality.NEAR, size_px=PORTRAIT_PX))


def folder_of(
    project: Project, *, half: bool = False, grid_of: Callable[[Head], FieldGrid | None] = lambda _head: None
) -> Folder:
    """See `app.editing_road.folder_of`; loads what it needs when it is called."""
    from app import editing_road

    return editing_road.folder_of(project, half=half, grid_of=grid_of)


def seeded_reference(generator: str, seed: int, key: str, *, half: bool = False) -> Reference:
    """See `app.editing_road.seeded_reference`."""
    from app import editing_road

    return editing_road.seeded_reference(generator, seed, key, half=half)


def cut_out(
    rgb: NDArray[np.uint8],
    rough: NDArray[np.uint8] | None = None,
    box: Sequence[float] = (),
    side_px: int | None = None,
) -> NDArray[np.uint8]:
    """See `core.segmenters.cutting.cut_out`."""
    from core.segmenters import cutting

    return cutting.cut_out(rgb, rough, box, side_px)


def click_refusal() -> str:
    """See `core.segmenters.cutting.click_refusal`."""
    from core.segmenters import cutting

    return cutting.click_refusal()


def looked_at(rgb: NDArray[np.uint8]) -> object:
    """See `core.segmenters.cutting.looked_at`."""
    from core.segmenters import cutting

    return cutting.looked_at(rgb)


def clicked(seen: object, place: Sequence[float], side_px: int) -> NDArray[np.uint8]:
    """See `core.segmenters.cutting.clicked`."""
    from core.segmenters import cutting
    from core.segmenters.click import SeenPicture

    assert isinstance(seen, SeenPicture)
    return cutting.clicked(seen, place, side_px)


def project_reference(path: Path, generator: str, key: str, *, half: bool = False) -> Reference:
    """See `app.editing_road.project_reference`."""
    from app import editing_road

    return editing_road.project_reference(path, generator, key, half=half)


def style_likeness(project: Project, report: Report) -> Likeness:
    """See `app.style_looks.likeness_of`."""
    from app import style_looks

    return style_looks.likeness_of(project, report)


def style_pictures(project: Project, packs: Sequence[StylePack], size_px: int, report: Report) -> None:
    """See `app.style_looks.pictures_of`."""
    from app import style_looks

    style_looks.pictures_of(project, packs, size_px, report)
