"""Heads that nobody photographed, as documents: drawn at once, settled and formed when there is time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app import road
from core.frame import Quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.frame import Frame
    from core.head import Head
    from core.project import Project
    from core.protocols import Renderer


def random_drawn(
    seed: int,
    *,
    generator: str = "mini",
    half: bool = False,
    renderer_of: Callable[[Head], Renderer] = road.renderer_of,
) -> tuple[Project, Renderer]:
    """The random head of a seed as a document of its own, and who has drawn it: others would look at it anew.

    It comes at once, as the generator drew it: a rough picture of it stands where a photo would, nothing stands in for
    the head yet, and it is not `formed`.

    Args:
        seed: the same one gives the same head.
        generator: installed, by name.
        half: as for `app.road.renderer_of`.
        renderer_of: who draws it.
    """
    from core.editors.random_head import drawn_head

    head = drawn_head(road.loaded_generator(generator, half=half), seed)
    renderer = renderer_of(head)
    return _pictured(head, renderer.render(head.camera, Quality.PREVIEW)), renderer


def formed(head: Head, *, half: bool = False, passing: Callable[[Head], None] = lambda _head: None) -> Head:
    """A head without a photo, settled and with the face that its own picture shows.

    Args:
        head: as it was drawn.
        half: as for `app.road.renderer_of`.
        passing: told of the head when it is settled and has no face of its own yet.
    """
    from core.editors.face_form import with_own_form
    from core.editors.random_head import settled

    generator = road.loaded_generator(head.generator, half=half)
    plain = settled(generator, head)
    passing(plain)
    return with_own_form(generator, plain)


def random_project(seed: int, *, generator: str = "mini", half: bool = False, neural_px: int | None = None) -> Project:
    """The same with its form, a fine picture and what stands in for the head; the rest as for `road.renderer_of`."""
    from core.editors.random_head import drawn_head

    head = formed(drawn_head(road.loaded_generator(generator, half=half), seed), half=half)
    renderer = road.renderer_of(head, half=half, neural_px=neural_px)
    project = _pictured(head, renderer.render(head.camera, Quality.NEAR))
    return replace(project, stand_in=road.stand_in_of(head, renderer))


def _pictured(head: Head, frame: Frame) -> Project:
    """A head without a photo as a document: its picture stands where a photo would."""
    from core.photo import Photo
    from core.project import Project

    photo = Photo.from_array(frame.rgb, f"seed {head.seed}")
    return Project(photo=photo, camera=head.camera, head=head, preview=frame.rgb)
