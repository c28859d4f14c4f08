"""What the studio computes with: the steps of `app.road`, as values that tests replace by small ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import road
from app.likeness import likeness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.align import Alignment
    from core.head import Head
    from core.photo import Photo
    from core.project import Project
    from core.protocols import Renderer


@dataclass(frozen=True)
class Engines:
    """One callable for each step; all may be called from any thread."""

    open_photo: Callable[[Path], Photo] = road.open_photo
    open_project: Callable[[Path], Project] = road.open_project
    align: Callable[..., Alignment] = road.align_photo
    make_head: Callable[..., Head] = road.make_head
    renderer_of: Callable[[Head], Renderer] = road.renderer_of
    likeness: Callable[[Head, Alignment, Renderer], dict[str, float]] = likeness
    export: Callable[..., object] = road.export_head
    warm_up: Callable[[], None] = road.warm_up
    use_threads: Callable[[int], None] = road.use_threads
