"""Draws one head at three qualities through one door.

Longer than usual: qualities, previews, styles and what to do without memory meet in each frame. What happens to a
picture after its rays stands in `finished_frame`.
"""

import copy
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from core.camera import Camera
from core.device import Effort, moved, with_less
from core.drawing.landmarks import Landmarks
from core.edit import Restyle
from core.frame import Frame, Quality
from core.head import Head
from core.photo_detail import SHARPER
from core.protocols import Generator
from core.rendering import marching, near
from core.rendering.finished_frame import as_neural, bare_frame, depth_along_z, detailed, dressed, worn
from core.rendering.head_facts import HeadFacts
from core.rendering.kept_grid import kept_grid
from core.rendering.key_view import KeyView
from core.rendering.known_views import KnownViews
from core.rendering.marching import Composite, march, never_stale
from core.rendering.near import march_near
from core.rendering.occupancy import FieldGrid, field_grid
from core.rendering.paint import finer_depth
from core.rendering.part_labels import part_labels
from core.rendering.preview import preview
from core.rendering.stored_view import StoredView
from core.rendering.styling import Stylist, reader_of
from core.rendering.subject_view import LANDMARK_PX, Reader, landmarks_seen

QUICK_NODES = 64
"""Along each side of the grid that previews walk until there is a better one."""
SKETCH_SHARE = 2
"""By which the feature picture of a sketch in a style is smaller."""
FINER, FEW_SAMPLES = 2, 6
"""By which more rays across tell where the surface of a large picture is, and samples of each."""
TURN_SECONDS = 0.02
"""How often who waits for another thread asks whether the frame is still wanted."""


class HeadRenderer:
    """Implements `core.protocols.Renderer`.

    Prepares what a quality needs on its first use and keeps it: make one for each head. Nothing is drawn from random
    numbers: the same head and camera give the same near and exact frames. A preview is as good as the frames finished
    before it, and does not wait for those that another thread is finishing. Where memory does not suffice it draws in
    smaller pieces, then on the processor, and stays with that.
    """

    def __init__(
        self,
        generator: Generator,
        head: Head,
        *,
        neural_px: int | None = None,
        below: FieldGrid | None = None,
        read: Reader | None = None,
        former: "HeadRenderer | None" = None,
        stored: StoredView | None = None,
        hasty: bool = True,
    ) -> None:
        """Make a renderer.

        Args:
            generator: the head's, without its tuning.
            head: what is drawn.
            neural_px: side of the feature picture; None is the generator's own, a smaller one takes less memory.
            below: the grid of this head, or of the one that its edits are laid over, with the same tuning: it saves
                time.
            read: reads parts off a picture, for drawn styles on photographed heads and where no generator does.
            former: has drawn what the head was before it was changed: where that is the same, previews begin with it.
            stored: how the head looked when it was saved: previews show that until a frame is finished.
            hasty: the first previews come from a coarse grid, on which thin things and taken hair are blocks.
        """
        self.generator = generator.tuned(head.delta) if head.delta else generator
        self.head = head
        self._untuned = generator
        self.neural_px = neural_px or generator.info.neural_px
        self._read = read
        self._stylist = Stylist.of(generator, head, read)
        self._effort = Effort()
        if below is None:
            below = kept_grid(self.generator, head.trigrid)
        self._below = below
        self._grid = below if below is not None and below.field is head.trigrid else None
        self._quick_grid: FieldGrid | None = None
        self._finishing = threading.RLock()
        lends = former is not None and self._is_bare_known and former._is_bare_known
        self._former: Callable[[], HeadRenderer | None] = lambda: former if lends else None
        self._views = KnownViews()
        self._bare_views = self._views
        if self._stylist is not None and self._is_bare_known:
            self._bare_views = KnownViews()
        self._stored, self._hasty, self._keeps = stored, hasty, True

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = never_stale,
    ) -> Frame:
        """See `core.protocols.Renderer.render`."""
        with torch.no_grad():
            stale()
            if quality is Quality.PREVIEW:
                return self._preview(camera, size_px, stale)
            with self._turn_to_finish(stale):
                if quality is Quality.NEAR:
                    self.grid(stale)

                def draw(effort: Effort) -> Frame:
                    self._settle(effort)
                    composite = self._marched(camera, quality, effort, stale)
                    surface = self._surface(camera, effort, stale) if self._is_large(size_px) else None
                    stale()
                    return self._finished(composite, camera, quality, size_px, surface)

                frame, self._effort = with_less(draw, self._effort)
                if self._keeps:
                    self._views.remember(frame, self._grid or self._quick_grid)
                return self._wearing(frame)

    @contextmanager
    def _turn_to_finish(self, stale: Callable[[], None]) -> Iterator[None]:
        """One thread after the other: what the first one prepares the second one has."""
        while not self._finishing.acquire(timeout=TURN_SECONDS):
            stale()
        try:
            yield
        finally:
            self._finishing.release()

    def _preview(self, camera: Camera, size_px: int | None, stale: Callable[[], None]) -> Frame:
        if self._stored is not None and not self._views.own:
            return self._stored.render(camera, Quality.PREVIEW, size_px=size_px)
        grid = self._grid or (self._quick(stale) if self._hasty else self.grid(stale))
        self._begin_views(grid, camera)
        views = self._bare_views
        if self._stylist is not None and not views.all:
            # the grid knows no styles: few rays drawn in them are better than none
            composite = self._marched(camera, Quality.NEAR, self._effort, stale, SKETCH_SHARE)
            return self._wearing(self._finished(composite, camera, Quality.PREVIEW, size_px))
        size_px = size_px or self.generator.info.picture_px
        frame = preview(grid.on_processor, views.all, camera, size_px, views.tones)
        if not views.own:
            frame = dressed(frame, self.head, frame.depth)
        if self._stylist is not None and self._stylist.by_hand:
            return self._stylist.sketched(worn(frame, self.head), self._landmarks)
        return self._wearing(frame)

    def _begin_views(self, grid: FieldGrid, camera: Camera) -> None:
        """Begin with what is known of the head as it was before, or with its photos; nothing where that is done."""
        views, former = self._bare_views, self._former()
        before = None if former is None else former._grid or former._quick_grid
        if former is not None and before is not None:
            views.borrow(former._bare_views, before, grid, camera)
        if former is not None:
            # who still draws it may finish a picture; else a row of changes would keep all heads in the memory
            self._former = weakref.ref(former)
        views.look_at(self.head.photos, grid)

    @property
    def _is_bare_known(self) -> bool:
        """Whether it knows how the head looks without styles."""
        return self._stylist is None or self._stylist.by_hand

    @torch.no_grad()
    def in_styles(
        self,
        camera: Camera,
        styles: Sequence[tuple[Restyle, ...]],
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = never_stale,
    ) -> Iterator[Frame]:
        """One near view in several styles that move no field, marched once; in place of those that the head wears.

        Args:
            camera: of the view.
            styles: worn together, first to last; none of them is the plain head.
            size_px: side of the pictures.
            stale: as for `render`.
        """
        self.grid(stale)
        composite = self._marched(camera, Quality.NEAR, self._effort, stale)
        bare = self.twin()
        bare._stylist = None
        plain = bare._wearing(bare._finished(composite, camera, Quality.NEAR, size_px))
        seen = as_neural(self.generator, composite)
        for chosen in styles:
            stale()
            stylist = Stylist.of(self._untuned, replace(self.head, styles=chosen), self._read)
            if stylist is None:
                yield plain
            else:
                rgb, alpha = stylist.drawn(plain, seen, lambda: self._landmarks)
                yield replace(plain, rgb=rgb, alpha=alpha)

    def grid(self, stale: Callable[[], None] = never_stale) -> FieldGrid:
        """The head on a grid, made when it is first asked for."""
        if self._grid is None:
            self._grid = self._looked(None, stale)
        return self._grid

    @property
    def known_grid(self) -> FieldGrid | None:
        """The head on a grid, if that was made already."""
        return self._grid

    @property
    def keys(self) -> list[KeyView]:
        """The finished frames that previews take their colours from; may be asked for from any thread."""
        return self._views.own

    def twin(self) -> "HeadRenderer":
        """Another renderer of the same head, for another thread; it begins with what this one knows already."""
        twin = copy.copy(self)
        twin._finishing = threading.RLock()
        twin._views = self._views.twin()
        twin._bare_views = twin._views if self._bare_views is self._views else self._bare_views.twin()
        return twin

    def bare(self) -> "HeadRenderer":
        """A twin that draws the head without glasses and styles, and keeps no frames for previews: each costs less."""
        twin = self.twin()
        twin.head = replace(self.head, eyewear=None, styles=())
        twin._stylist, twin._keeps = None, False
        return twin

    def _quick(self, stale: Callable[[], None]) -> FieldGrid:
        """The head on a coarse grid, which is there in a quarter of the time."""
        if self.generator.info.grid_nodes <= QUICK_NODES:
            return self.grid(stale)
        if self._quick_grid is None:
            self._quick_grid = self._looked(QUICK_NODES, stale)
        return self._quick_grid

    def _looked(self, nodes: int | None, stale: Callable[[], None]) -> FieldGrid:
        def look(effort: Effort) -> FieldGrid:
            self._settle(effort)
            return field_grid(self.generator, self.head.trigrid, part_labels, nodes, stale, below=self._below)

        with torch.no_grad():
            grid, self._effort = with_less(look, self._effort)
        return grid

    def _settle(self, effort: Effort) -> None:
        """Leave the fast device, where that is what is left to try."""
        trigrid = self.head.trigrid
        if effort.on_processor and trigrid.device.type != "cpu":
            self.generator = moved(self.generator, "cpu")
            self.head = replace(self.head, trigrid=trigrid.to("cpu"), latents=self.head.latents.to("cpu"))
            self._stylist = None if self._stylist is None else self._stylist.on_processor(self.head)
            self._grid = None if self._grid is None else self._grid.on_processor
            vars(self).pop("_facts", None)

    def _marched(
        self, camera: Camera, quality: Quality, effort: Effort, stale: Callable[[], None], share: int = 1
    ) -> Composite:
        generator, trigrid = self.generator, self.head.trigrid
        if quality is Quality.NEAR:
            few = effort.of(near.RAYS_PER_CHUNK)
            return march_near(
                generator, trigrid, camera, self.neural_px // share, self.grid(stale), rays_per_chunk=few, stale=stale
            )
        few = effort.of(marching.RAYS_PER_CHUNK)
        samples = generator.info.samples
        return march(generator, trigrid, camera, self.neural_px, *samples, rays_per_chunk=few, stale=stale)

    def _surface(self, camera: Camera, effort: Effort, stale: Callable[[], None]) -> NDArray[np.float32]:
        """Depth of the surface along the camera's z, finer than a picture needs it, as of `Frame`."""
        few = effort.of(near.RAYS_PER_CHUNK)
        side, grid = FINER * self.neural_px, self.grid(stale)
        met = march_near(
            self.generator, self.head.trigrid, camera, side, grid, FEW_SAMPLES, rays_per_chunk=few, stale=stale
        )
        return depth_along_z(met, camera)

    def _is_large(self, size_px: int | None) -> bool:
        """Whether a picture is so large that what it wears shows the steps of a surface that few rays have met."""
        head, own = self.head, self.generator.info.picture_px
        return (size_px or own) > SHARPER * own and bool(head.photos or head.paint)

    def _finished(
        self,
        composite: Composite,
        camera: Camera,
        quality: Quality,
        size_px: int | None,
        surface: NDArray[np.float32] | None = None,
    ) -> Frame:
        """A frame of what rays have met.

        Args:
            composite: what the generator makes its picture of.
            camera: of both.
            quality: of the frame.
            size_px: side of the picture; None is the generator's own.
            surface: its depth as more rays have met it, for photos and paint; None takes the composite's.
        """
        frame = bare_frame(self.generator, self.head.latents, composite, camera, quality, size_px)
        frame = detailed(frame, self.head, lambda: self._facts)
        frame = dressed(frame, self.head, frame.depth if surface is None else finer_depth(frame.depth, surface))
        if self._stylist is None:
            return frame
        if self._stylist.by_hand and quality > Quality.PREVIEW:
            self._bare_views.remember(frame, self._grid or self._quick_grid)
        frame = worn(frame, self.head)
        seen_now = as_neural(self.generator, composite)
        rgb, alpha = self._stylist.drawn(frame, seen_now, lambda: self._landmarks)
        return replace(frame, rgb=rgb, alpha=alpha)

    @cached_property
    def _facts(self) -> HeadFacts:
        """What finishing must know of the head."""
        return HeadFacts(self.generator, self.head.trigrid, self.head.photos, self.grid())

    @cached_property
    def _landmarks(self) -> Landmarks | None:
        """Where the head's eyes, mouth, nose and ears are, as artists are told."""
        front = Camera.orbit()
        seen = self._marched(front, Quality.NEAR, self._effort, never_stale, SKETCH_SHARE)

        def shown() -> NDArray[np.float32]:
            bare = self.twin()
            bare._stylist = None
            return np.asarray(bare._finished(seen, front, Quality.NEAR, LANDMARK_PX).rgb / np.float32(255), np.float32)

        return landmarks_seen(seen, front, self.generator, shown, reader_of(self.generator, self.head, self._read))

    def _wearing(self, frame: Frame) -> Frame:
        """A frame with what is worn over the finished head; styles have drawn that already.

        Previews take their colours from frames without, and get it anew.
        """
        return frame if self._stylist is not None else worn(frame, self.head)
