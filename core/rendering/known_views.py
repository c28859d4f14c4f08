"""What a renderer knows of its head's looks: finished frames, those of the head as it was, tones for the rest."""

from __future__ import annotations

import copy
from collections import deque
from typing import TYPE_CHECKING

from core.rendering.grid_tones import GridTones
from core.rendering.key_view import KeyView
from core.rendering.lent_view import LentView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.camera import Camera
    from core.frame import Frame
    from core.photo_layer import PhotoLayer
    from core.rendering.occupancy import FieldGrid

KEPT = 24
"""Finished frames kept for previews to take colours from; the oldest goes first."""
TOLD, LENT, ASKED = 8, 12, 3
"""The newest of them, which tell the tones; those which are lent to another head; and of those the closest ones, which
tell its tones."""


class KnownViews:
    """Grows while a head is drawn; read and added to by any thread.

    Attributes:
        tones: what finished frames make of the grid's own colours; None where nobody knows.
    """

    def __init__(self) -> None:
        """Of a head that was not drawn yet."""
        self.tones: GridTones | None = None
        self._lent: tuple[LentView, ...] = ()
        self._own: deque[KeyView] = deque(maxlen=KEPT)

    @property
    def own(self) -> list[KeyView]:
        """Finished frames of the head itself."""
        return list(self._own.copy())

    @property
    def all(self) -> list[KeyView | LentView]:
        """The same after those of the head that this one was made of."""
        return [*self._lent, *self.own]

    def twin(self) -> KnownViews:
        """The same for another renderer."""
        twin = copy.copy(self)
        twin._own = self._own.copy()
        return twin

    def remember(self, frame: Frame, grid: FieldGrid | None) -> None:
        """Keep a frame for previews, unless a better one from the same place is kept already.

        Args:
            frame: finished.
            grid: of the head, where it is known.
        """
        same = [key for key in self.own if key.camera == frame.camera]
        if any(key.quality > frame.quality for key in same):
            return
        for key in same:
            self._own.remove(key)
        self._own.append(KeyView.from_frame(frame))
        if grid is not None:
            self.tones = GridTones.of(grid.on_processor, self.own[-TOLD:]) or self.tones

    def look_at(self, photos: Sequence[PhotoLayer], grid: FieldGrid) -> None:
        """Take the tones of the photos that a head wears until there is something better."""
        if self.tones is None and photos:
            self.tones = GridTones.of(grid.on_processor, [KeyView.from_photo(photo) for photo in photos])

    def borrow(self, former: KnownViews, before: FieldGrid, now: FieldGrid, camera: Camera) -> None:
        """Take over what is known of the head that this one was made of, where that has grown.

        Args:
            former: of that head.
            before: its grid.
            now: the grid of this head.
            camera: where it is looked at from.
        """
        own, lent = former.own[-LENT:], former._lent
        newest = own[-1] if own else lent[-1].key if lent else None
        known = self._lent[-1].key if self._lent else None
        if newest is known or before.field is None or now.field is None:
            return
        if own:
            there, was, field = before.on_processor, before.field, now.field
            self._lent = tuple(LentView(key, there, was, field) for key in own)
        else:
            self._lent = tuple(view.lent_to(now.field) for view in lent)
        if not self._own:
            closest = sorted(self._lent, key=lambda view: view.angle_to(camera))[:ASKED]
            self.tones = GridTones.of(now.on_processor, closest) or self.tones
