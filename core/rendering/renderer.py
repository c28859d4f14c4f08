"""Draws one head at three qualities through one door.

Longer than usual: qualities, what a head wears, and what to do without memory meet in each frame.
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
from core.drawing.subject import Landmarks
from core.edit import Restyle
from core.field import Field
from core.frame import Frame, Quality
from core.grafted_field import unformed, unworn
from core.head import Head
from core.mask import PARTS
from core.photo_detail import SHARPER
from core.protocols import Generator
from core.rendering import marching, near
from core.rendering.even_tones import EVENED, PartTone, with_even_tones
from core.rendering.eyewear import with_eyewear
from core.rendering.face_detail import with_face_detail
from core.rendering.face_place import FacePlace, find_face
from core.rendering.finish import with_finish
from core.rendering.firm_outline import with_firm_outline
from core.rendering.head_light import HeadLight
from core.rendering.hidden_side import HiddenSide
from core.rendering.islands import without_islands
from core.rendering.kept_grid import kept_grid
from core.rendering.key_view import KeyView
from core.rendering.known_views import KnownViews
from core.rendering.marching import Composite, march, never_stale
from core.rendering.matte import fine_alpha
from core.rendering.mouth_inside import with_mouth_inside
from core.rendering.near import march_near
from core.rendering.occupancy import FieldGrid, field_grid
from core.rendering.paint import finer_depth, painted
from core.rendering.part_tones import in_tones
from core.rendering.preview import preview
from core.rendering.rays import camera_rays
from core.rendering.stored_view import StoredView
from core.rendering.strands import with_strands
from core.rendering.styling import Stylist, reader_of
from core.rendering.subject_view import LANDMARK_PX, Reader, landmarks_seen
from core.resizing import sized

SEEN = 0.5
"""Alpha from which a pixel belongs to the head: it then has a depth and a label."""
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
            frame = self._dressed(frame, frame.depth)
        if self._stylist is not None and self._stylist.by_hand:
            return self._stylist.sketched(self._worn(frame), self._landmarks)
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
        side = self.generator.info.neural_px
        seen = Composite(*(sized(value, side) for value in (composite.features, composite.alpha, composite.depth)))
        for worn in styles:
            stale()
            stylist = Stylist.of(self._untuned, replace(self.head, styles=worn), self._read)
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
        generator = self.generator
        side = generator.info.neural_px
        features, coverage = sized(composite.features, side), sized(composite.alpha, side)
        picture = generator.picture(features, coverage, self.head.latents[None])
        rgb = as_rgb(sized(picture, size_px or picture.shape[-1])[0])
        opacity = composite.alpha.cpu()
        alpha = fine_alpha(rgb, sized(opacity, rgb.shape[0])[0, 0].clamp(0, 1).numpy())
        depth = depth_along_z(composite, camera)
        labels = part_labels(generator, composite.features[0].movedim(0, -1))
        if labels is not None:
            labels = labels.cpu() * (torch.from_numpy(depth) > 0)
        frame = Frame(
            rgb=rgb,
            alpha=alpha,
            depth=depth,
            labels=None if labels is None else labels.numpy(),
            camera=camera,
            quality=quality,
        )
        frame = self._detailed(frame)
        frame = self._dressed(frame, frame.depth if surface is None else finer_depth(frame.depth, surface))
        if self._stylist is None:
            return frame
        if self._stylist.by_hand and quality > Quality.PREVIEW:
            self._bare_views.remember(frame, self._grid or self._quick_grid)
        frame = self._worn(frame)
        seen_now = Composite(features, coverage, sized(composite.depth, side))
        rgb, alpha = self._stylist.drawn(frame, seen_now, lambda: self._landmarks)
        return replace(frame, rgb=rgb, alpha=alpha)

    def _detailed(self, frame: Frame) -> Frame:
        """A frame with what the generator draws coarsely drawn finely, and as the photo suggests."""
        head, hidden = self.head, None
        if head.photos and head.photos[-1].gains is not None:
            frame, hidden = in_tones(frame, head.photos[-1].gains), self._hidden_side
        if hidden is not None:
            frame = hidden.drawn(frame, head.strands)
        elif head.strands is not None:
            frame = without_islands(with_firm_outline(frame, 1.0))
            frame = with_even_tones(frame, self._part_tones, self._face_place)
            frame = with_strands(frame, head.strands)
        if head.face is not None and self._face_place is not None:
            frame = with_face_detail(frame, head.face, self._face_place)
        if head.face is not None and head.face.light:
            frame = with_finish(frame, head.strands, self._head_light, head.face.light, self._face_place)
        return frame

    @cached_property
    def _head_light(self) -> HeadLight:
        """How the head's shape lights it."""
        light, (_, before) = HeadLight.of(self.grid()), self._unworn
        # under other hair a face has other shadows, but no other skin
        return light if before is self.grid() else light.on_skin_of(HeadLight.of(before))

    @cached_property
    def _part_tones(self) -> tuple[PartTone, ...]:
        """What is uneven in the colours of hair, skin and cloth that no photo shows."""
        tones = (PartTone.of(self.grid(), evenness) for evenness in EVENED)
        return tuple(tone for tone in tones if tone is not None)

    @cached_property
    def _face_place(self) -> FacePlace | None:
        """Where the face is that is drawn finely: other hair changes neither brows nor lips.

        It is looked for in the field without its form, whose labels and colours come from below the surface.
        """
        field, grid = self._unworn
        plain = unformed(field)
        if plain is field:
            return find_face(self.generator, field, grid)
        return find_face(self.generator, plain, field_grid(self.generator, plain, part_labels), shape=(field, grid))

    @cached_property
    def _unworn(self) -> tuple[Field, FieldGrid]:
        """The field without what edits put on, and its grid."""
        field, grid = unworn(self.head.trigrid), self.grid()
        if field is self.head.trigrid:
            return field, grid
        root = grid.root
        if root is None or root.field is not field:
            root = field_grid(self.generator, field, part_labels, below=root)
        return field, root

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

    @cached_property
    def _hidden_side(self) -> HiddenSide | None:
        """What the head's photo says of what it does not show."""
        own_hair = unworn(self.head.trigrid) is self.head.trigrid
        return HiddenSide.of(self.head.photos[-1], self.grid(), own_hair=own_hair)

    def _wearing(self, frame: Frame) -> Frame:
        """A frame with what is worn over the finished head; styles have drawn that already.

        Previews take their colours from frames without, and get it anew.
        """
        return frame if self._stylist is not None else self._worn(frame)

    def _worn(self, frame: Frame) -> Frame:
        """A frame with the inside of an opened mouth and with glasses."""
        if self.head.mouth is not None:
            frame = with_mouth_inside(frame, self.head.mouth)
        return frame if self.head.eyewear is None else with_eyewear(frame, self.head.eyewear)

    def _dressed(self, frame: Frame, depth: NDArray[np.float32]) -> Frame:
        """A frame with the head's photos and paint on; later previews get them from finished frames.

        Args:
            frame: of the head.
            depth: of the same surface, as fine as it is known.
        """
        rgb = painted(frame.rgb, frame.alpha, depth, frame.camera, (*self.head.photos, *self.head.paint))
        return replace(frame, rgb=rgb)


def depth_along_z(composite: Composite, camera: Camera) -> NDArray[np.float32]:
    """Depth float32 [S, S] of what rays have met, along the camera's z, world units; 0 where they met too little."""
    seen = composite.alpha[0, 0].cpu() >= SEEN
    along_z = camera_rays(camera, seen.shape[0])[2].view_as(seen)
    return torch.where(seen, composite.depth[0, 0].cpu() * along_z, torch.zeros(())).numpy()


def part_labels(generator: Generator, features: torch.Tensor) -> torch.Tensor | None:
    """Indices into `core.mask.PARTS`, uint8 [...], of decoded features [..., F]; None when none are decoded."""
    logits = generator.label_logits(features)
    if logits is None or not generator.info.parts:
        return None
    index = torch.tensor([PARTS.index(part) for part in generator.info.parts], dtype=torch.uint8, device=logits.device)
    return index[logits.argmax(-1)]


def as_rgb(picture: torch.Tensor) -> NDArray[np.uint8]:
    """Picture [3, H, W], 0..1, as uint8 [H, W, 3]."""
    rgb = (picture.clamp(0, 1) * 255).round().to(torch.uint8).movedim(0, -1).contiguous()
    return rgb.cpu().numpy()
