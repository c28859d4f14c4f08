"""Pictures in a head's styles: drawn by an artist of `core.drawing`, or by a generator whose weights differ.

An artist draws what lies below, the photo and the styles before it included: a pencil sketch over a zombie is a sketch
of a zombie. A generator draws from what was composited, the worn picture brought to the neural size as its colours.
Each style takes its share of what is below it, where its parts are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from core.device import moved
from core.drawing.styles import drawing, reshaped, tinted
from core.mask import PARTS
from core.rendering.glasses_seen import frames_seen
from core.rendering.rays import camera_rays
from core.rendering.relief import with_relief
from core.rendering.styled_detail import COLOURS, calmed, in_detail, without_lattice
from core.rendering.styled_preview import sketched
from core.rendering.subject_view import subject_seen
from core.resizing import sized
from core.worn_style import WornStyle

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.camera import Camera
    from core.drawing.landmarks import Landmarks
    from core.drawing.subject import Subject
    from core.edit import Restyle
    from core.frame import Frame
    from core.head import Head
    from core.protocols import Generator
    from core.rendering.marching import Composite
    from core.rendering.subject_view import Reader
    from core.style_pack import StylePack

OVER_PX = 3
"""Window over the neural picture by which lines may go beyond the head's outline."""
SEED = 5
"""Of all drawings, so that veins, wounds and strokes are the same in every frame."""
LARGEST_DRAWN_PX = 1024
"""Larger pictures are drawn at this size and enlarged."""
BEYOND = 8.0
"""How dark a line beyond the outline must be to count as part of the head: an eighth is none."""
FINISHED = "distilled"
"""How packs are made whose pictures get what the head wears beyond what its generator draws."""
SOLID = 0.5
"""Alpha and strength from which the head, or a style, is what is there."""
EDGE = 3.0
"""How steeply a generator's style ends beyond the outline."""


@dataclass(frozen=True, eq=False)
class Stylist:
    """Draws one head's composites in its styles.

    Attributes:
        generator: the head's, without its tuning: that is made for one photo's colours and not for a style.
        head: with styles.
        artists: the generator as each style has it, in their order.
        read: who reads parts off a picture, for photographed heads and generators that decode none.
    """

    generator: Generator
    head: Head
    artists: tuple[tuple[Restyle, Generator], ...]
    read: Reader | None = None

    @staticmethod
    def of(generator: Generator, head: Head, read: Reader | None = None) -> Stylist | None:
        """None where the head has no styles."""
        if not head.styles:
            return None
        artists = tuple((one, generator.tuned(one.pack.delta)) for one in head.styles)
        return Stylist(generator, head, artists, reader_of(generator, head, read))

    def on_processor(self, head: Head) -> Stylist:
        """The same on the processor."""
        artists = tuple((one, moved(artist, "cpu")) for one, artist in self.artists)
        return Stylist(moved(self.generator, "cpu"), head, artists, self.read)

    @property
    def by_hand(self) -> bool:
        """Whether artists draw all of it: previews can then be drawn like finished frames."""
        return all(style.pack.artist for style, _ in self.artists)

    def sketched(self, frame: Frame, landmarks: Landmarks | None) -> Frame:
        """A preview of the head without styles, in its styles; all of them must be `by_hand`."""
        return frame if landmarks is None else sketched(frame, self.head, landmarks, SEED, self.read)

    def drawn(
        self, frame: Frame, seen: Composite, landmarks: Callable[[], Landmarks | None]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A picture in the head's styles, uint8 [S, S, 3], and its alpha [S, S]: some go beyond the head's outline.

        Args:
            frame: the head without styles, all else that it wears on.
            seen: what was composited, at the generator's neural size.
            landmarks: of the head; asked for when an artist needs them.
        """
        plain, alpha, camera = frame.rgb, frame.alpha, frame.camera
        size_px = len(plain)
        picture = torch.from_numpy(plain.astype(np.float32) / 255).movedim(-1, 0)[None]
        worn = picture
        subject: Subject | None = None
        for style, artist in self.artists:
            if not style.pack.artist:
                own = self._by_generator(style, artist, picture, worn, seen, camera)
            else:
                below = _at_most(np.ascontiguousarray(picture[0].movedim(0, -1).numpy()))
                if subject is None and (marks := landmarks()) is not None:
                    frames = frames_seen(frame, self.head.eyewear, len(below))
                    subject = subject_seen(
                        below, _at_most(alpha), seen, camera, self.generator, marks, self.read, frames
                    )
                if subject is None:
                    continue  # nothing is seen, or no parts are known
                subject = subject.repainted(below)
                own = _drawn_by(style.pack, subject, size_px)
            share = self._share(style, seen, camera, size_px, subject) * min(1.0, max(0.0, style.strength))
            if subject is not None and style.pack.artist:
                subject, alpha = _reshaped(subject, style, alpha, share)
            picture = torch.lerp(picture, own, share)
        rgb: NDArray[np.uint8] = (picture[0].clamp(0, 1) * 255).round().to(torch.uint8).movedim(0, -1).numpy()
        # darker than the head's own cover of white paper explains
        beyond = np.clip(BEYOND * (1 - picture[0].amin(0).numpy() - alpha) - 1, 0, 1)
        return np.ascontiguousarray(rgb), np.asarray(np.maximum(alpha, beyond * (alpha < SOLID)), np.float32)

    def _by_generator(
        self,
        style: Restyle,
        artist: Generator,
        below: torch.Tensor,
        worn: torch.Tensor,
        seen: Composite,
        camera: Camera,
    ) -> torch.Tensor:
        """A picture [1, 3, S, S] as a generator with a style's weights draws it over what is below.

        The head as it was worn before any style lends its detail.
        """
        size_px = below.shape[-1]
        features = self._with_layers(seen, below)
        if self.head.delta:
            features = calmed(features)
        if style.pack.shape:
            features = with_relief(features, seen.alpha, seen.depth, camera, shown=style.pack.shape == "shown")
        latents = self.head.latents[None].to(features.device)
        own = artist.picture(features, seen.alpha, latents).float().cpu()
        finished = style.pack.made == FINISHED and not style.pack.shape
        if style.pack.shape or finished:
            own = without_lattice(own, own.shape[-1] // features.shape[-1])
        own = sized(own, size_px)
        if finished:
            plain = self.generator.picture(features, seen.alpha, latents).float().cpu()
            own = in_detail(own, worn, sized(without_lattice(plain, plain.shape[-1] // features.shape[-1]), size_px))
        # what is drawn far from the head is no part of it
        paper = F.max_pool2d(seen.alpha.float().cpu(), OVER_PX, 1, OVER_PX // 2).mul(EDGE).clamp(max=1)
        paper = F.interpolate(paper, (size_px, size_px), mode="bilinear", align_corners=False)
        return 1 - paper * (1 - own)

    def _share(
        self, style: Restyle, seen: Composite, camera: Camera, size_px: int, subject: Subject | None
    ) -> torch.Tensor:
        """Where a style's parts are, [1, 1, S, S], 0..1, and no parts of heads that do not wear it."""
        share = self._region_share(style, seen, size_px, subject)
        if not isinstance(style, WornStyle) or not style.places:
            return share
        origins, directions, _ = camera_rays(camera, seen.depth.shape[-1], seen.depth.device)
        points = origins + directions * seen.depth.view(-1, 1)
        places = style.share_at(points, lambda labels: self._chance(labels, seen).view(-1))
        places = places.view(seen.depth.shape).float().cpu()
        return share * F.interpolate(places, (size_px, size_px), mode="bilinear", align_corners=False)

    def _region_share(self, style: Restyle, seen: Composite, size_px: int, subject: Subject | None) -> torch.Tensor:
        """Where a style's parts are, [1, 1, S, S], 0..1."""
        if not style.region or not self.generator.info.parts:
            return torch.ones(1, 1, 1, 1)
        if self.read is not None and subject is not None:
            where = subject.part(*(PARTS.index(part) for part in style.region), soft_px=subject.unit)
            return torch.from_numpy(cv2.resize(where, (size_px, size_px), interpolation=cv2.INTER_LINEAR))[None, None]
        share = self._chance(style.region, seen) * (seen.alpha[0, 0] > 0)
        return F.interpolate(share[None, None].cpu(), (size_px, size_px), mode="bilinear", align_corners=False)

    def _chance(self, labels: tuple[str, ...], seen: Composite) -> torch.Tensor:
        """How likely each pixel shows one of some parts, [h, w], 0..1; 1 where the generator knows none."""
        logits = self.generator.label_logits(
            seen.features[0].movedim(0, -1) / seen.alpha[0, 0, ..., None].clamp(min=1e-3)
        )
        if logits is None:
            return torch.ones_like(seen.alpha[0, 0])
        chosen = [number for number, part in enumerate(self.generator.info.parts) if part in labels]
        return logits.float().softmax(-1)[..., chosen].sum(-1)

    def _with_layers(self, seen: Composite, plain: torch.Tensor) -> torch.Tensor:
        """Features whose colours are those of the plain picture, if photos or paint lie on it."""
        colours = seen.features[:, :COLOURS]
        # only where colours are features can others take their place
        own = self.generator.colours(seen.features.movedim(1, -1)).movedim(-1, 1)
        if not (self.head.photos or self.head.paint) or not torch.equal(own, colours):
            return seen.features
        small = sized(plain, seen.alpha.shape[-1])
        return torch.cat([small.to(colours) - (1 - seen.alpha), seen.features[:, COLOURS:]], 1)


def reader_of(generator: Generator, head: Head, read: Reader | None) -> Reader | None:
    """Who reads a head's parts off its pictures; None where its field knows them better.

    What a photo tuned in the field moved the features that tell parts, too: lips and brows go, skin becomes glasses.
    """
    return read if head.photos or not generator.info.parts else None


def _at_most(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """A picture [S, S, ...] no larger than artists draw."""
    if len(picture) <= LARGEST_DRAWN_PX:
        return picture
    size = (LARGEST_DRAWN_PX, LARGEST_DRAWN_PX)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _drawn_by(pack: StylePack, subject: Subject, size_px: int) -> torch.Tensor:
    """A picture [1, 3, S, S] as an artist draws a subject."""
    drawn = drawing(subject, pack.artist, SEED)
    if pack.tint is not None:
        drawn = tinted(drawn, pack.tint)
    if len(drawn) != size_px:
        drawn = np.clip(cv2.resize(drawn, (size_px, size_px), interpolation=cv2.INTER_CUBIC), 0, 1)
    return torch.from_numpy(np.ascontiguousarray(drawn, np.float32)).movedim(-1, 0)[None]


def _reshaped(
    subject: Subject, style: Restyle, alpha: NDArray[np.float32], share: torch.Tensor
) -> tuple[Subject, NDArray[np.float32]]:
    """A subject and the cover [S, S] of its picture, as a style's drawing has their shape."""
    other = reshaped(subject, style.pack.artist, SEED)
    if other is subject or other.alpha is None:
        return subject, alpha
    cover = cv2.resize(other.alpha, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    kept = share[0, 0].numpy()
    whole = np.asarray(alpha + kept * (cover - alpha), np.float32)
    return (other if style.strength > SOLID else subject), whole
