"""How references look and what they have: drawn once, and shown as the same values until that changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from widgets.edit_values import PART_TITLES, Portrait, ReferenceView

if TYPE_CHECKING:
    from app.engines import Engines
    from app.viewing import Viewing
    from core.head import Head
    from core.protocols import Renderer
    from core.reference import Reference

THUMBNAIL_PX = 128


@dataclass(frozen=True, eq=False)
class Look:
    """How a reference looks, and what it has."""

    head: Head
    portrait: Portrait
    parts: tuple[str, ...]
    renderer: Renderer


class ReferenceLooks:
    """Keeps the looks of a document's references, and the views that were made of them."""

    def __init__(self, engines: Engines, viewing: Viewing) -> None:
        """Of a studio's parts."""
        self._engines = engines
        self._viewing = viewing
        self._looks: dict[str, Look] = {}
        self._views: dict[str, tuple[tuple[object, ...], ReferenceView]] = {}

    def keep(self, key: str, look: Look) -> None:
        """Remember how the reference of a key looks."""
        self._looks[key] = look

    def renderer_of(self, head: Head) -> Renderer | None:
        """What has drawn a reference already; may be asked in any thread."""
        return next((look.renderer for look in tuple(self._looks.values()) if look.head is head), None)

    def forget(self) -> None:
        """Another document is open."""
        self._looks.clear()
        self._views.clear()

    def made(self, head: Head) -> Look:
        """Run in a job's thread."""
        renderer = self._viewing.made_renderer(head)
        frame = self._engines.portrait_of(renderer)
        coverage = self._engines.coverage_of(renderer)
        parts = tuple(part for part in PART_TITLES if part in coverage)
        return Look(head, Portrait(frame.rgb, frame.labels), parts, renderer)

    def of(self, reference: Reference) -> Look | None:
        """How a reference looks; None where nobody has looked yet."""
        look = self._looks.get(reference.key)
        return look if look is not None and look.head is reference.head else None

    def view(self, key: str, facts: tuple[object, ...], view: ReferenceView) -> ReferenceView:
        """The view that was shown last of a key, where the facts are the same; else this one."""
        known = self._views.get(key)
        if (
            known is not None
            and len(known[0]) == len(facts)
            and all(a is b or (isinstance(a, str) and a == b) for a, b in zip(known[0], facts, strict=False))
        ):
            return known[1]
        self._views[key] = (facts, view)
        return view


def thumbnail_of(portrait: Portrait) -> np.typing.NDArray[np.uint8]:
    """A small picture of a portrait, uint8 [h, w, 3]."""
    import cv2

    size = (THUMBNAIL_PX, THUMBNAIL_PX)
    return np.asarray(cv2.resize(portrait.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
