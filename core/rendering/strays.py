"""What does not belong to a photographed head and is seen from elsewhere: wisps beside it, glasses that nobody wears.

A search that looks from one side leaves matter behind that its camera does not tell from what lies there: specks of
glasses before the eyes of somebody who wears none, a frame's bits in the air, an island of hair on a neck.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from core.mask import PARTS
from core.nearest_pixel import nearest_known
from core.rendering.places import places_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame
    from core.photo_layer import PhotoLayer

    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

LEAST_GLASSES = 2.5e-3
"""Share of a photo that glasses must fill to be worn."""
MARGIN = 0.03
"""How far above and below the photo's glasses a head may have some, world units."""
ISLAND = 2.5e-3
"""Share of the picture below which a patch of one part within others is none."""
ISLANDS = ("skin", "hair", "neck", "cloth", "ears")
BARE, LEAST_BARE, ENCLOSED = 3e-2, 0.35, 0.9
"""Share of the picture below which a patch that hair encloses is hair, the share of it that is skin and no ear, and the
share of its border that is hair."""
FACE, AROUND = ("skin", "nose", "eyes", "brows"), 5
"""Parts that glasses lie on, and how near, pixels of the labels."""
BEHIND = -0.06
"""Depth behind which nobody wears glasses, world units: the ears end there."""
SMILE = 2
"""How near lips, pixels of the labels, what is taken for glass is teeth."""
SOLID, THIN = 0.8, 1 / 40
"""Alpha of matter that is seen clearly, and thickness in picture sides below which what is not is a wisp."""
BEFORE = 0.006
"""How far before the surface around, world units, a speck hides it."""
ADRIFT = 0.03
"""How far before all that is around, world units, a few pixels float."""


@dataclass(frozen=True)
class Strays:
    """What a photo says of glasses and of bare skin.

    Attributes:
        lowest, highest: heights between which a head may have glasses, world units; the lowest lies above where it
            may have none.
        ghosts: heights between which what is called glasses is matter that stands before the face, world units;
            elsewhere it is lips, teeth or hair that bear a wrong name.
        crown: height above which it has no bare skin, world units; infinite where its hair is another's, who may have
            a higher hairline.
    """

    lowest: float
    highest: float
    ghosts: tuple[float, float] = (-np.inf, np.inf)
    crown: float = np.inf

    @staticmethod
    def of(photo: PhotoLayer, *, own_hair: bool = True) -> Strays:
        """Of the photo that a head wears, with labels; `own_hair` tells whether the head's hair is the photo's."""
        assert photo.labels is not None
        skin = _heights(photo, "skin") if own_hair else np.zeros(0)
        crown = float(np.percentile(skin, 99)) + MARGIN if len(skin) else np.inf
        heights = _heights(photo, "glasses")
        if (photo.labels == PARTS.index("glasses")).mean() < LEAST_GLASSES or not len(heights):
            around = np.concatenate([_heights(photo, part) for part in ("eyes", "brows")])
            ghosts = (float(around.min()) - MARGIN, float(around.max()) + MARGIN) if len(around) else (-np.inf, np.inf)
            return Strays(np.inf, -np.inf, ghosts, crown)
        low, high = (float(end) for end in np.percentile(heights, (2, 98)))
        return Strays(low - MARGIN, high + MARGIN, (low - MARGIN, high + MARGIN), crown)

    def cut(self, frame: Frame) -> Frame:
        """A frame without; the very same one where it has none, or tells no parts."""
        if frame.labels is None:
            return frame
        inside = cv2.erode((frame.depth > 0).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        frame = _without(frame, inside & (cv2.medianBlur(frame.depth, 5) - frame.depth > ADRIFT), frame.depth > 0)
        assert frame.labels is not None
        glasses = frame.labels == PARTS.index("glasses")
        if not glasses.any():
            return self._relabelled(frame, np.zeros_like(glasses))
        side = frame.labels.shape[0]
        alpha = cv2.resize(frame.alpha, (side, side), interpolation=cv2.INTER_AREA)
        strange = self._strange(frame, glasses)
        clear = (cv2.medianBlur(alpha, 3) > SOLID).astype(np.uint8)
        thick = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(3, round(side * THIN)) | 1,) * 2)
        body = cv2.dilate(cv2.morphologyEx(clear, cv2.MORPH_OPEN, thick), np.ones((3, 3), np.uint8)) > 0
        loose = glasses & self._between(frame, glasses, self.ghosts)
        wisps = (alpha > 0) & ~body & (cv2.dilate(loose.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
        specks = loose & strange & self._before(frame, strange)
        frame = _without(frame, wisps, ~wisps)
        # behind a speck is the face, never the white beside it
        frame = _without(frame, specks, (frame.depth > 0) & ~glasses)
        assert frame.labels is not None
        # what was cut has the names of what is around, which may be as strange
        return self._relabelled(frame, self._strange(frame, frame.labels == PARTS.index("glasses")))

    def _strange(self, frame: Frame, glasses: Mask) -> Mask:
        """Which of the pixels that are labelled glasses are none."""
        if self.highest < self.lowest:
            return glasses
        return np.asarray(glasses & (frame.depth > 0) & ~self._between(frame, glasses, (self.lowest, self.highest)))

    @staticmethod
    def _between(frame: Frame, chosen: Mask, heights: tuple[float, float]) -> Mask:
        """Which of some pixels that show matter lie between two heights and not behind the ears."""
        numbers = np.flatnonzero(chosen & (frame.depth > 0))
        at = places_of(frame.camera, frame.depth, numbers)[0]
        found = np.zeros(chosen.size, np.bool_)
        found[numbers] = (at[:, 1] > heights[0]) & (at[:, 1] < heights[1]) & (at[:, 2] > BEHIND)
        return found.reshape(chosen.shape)

    @staticmethod
    def _before(frame: Frame, strange: Mask) -> Mask:
        """Which strange pixels lie before the surface around them."""
        known = (frame.depth > 0) & ~strange
        size = (9, 9)
        near = cv2.blur(known.astype(np.float32), size)
        mean = cv2.blur(frame.depth * known, size) / np.maximum(near, 1e-3)
        return np.asarray((near > 0.1) & (mean - frame.depth > BEFORE), np.bool_)

    def _relabelled(self, frame: Frame, strange: Mask) -> Frame:
        """A frame whose strange pixels and islands have the labels around them."""
        assert frame.labels is not None
        strange = strange & (frame.depth > 0)
        wrong = strange.copy()
        for part in ISLANDS:
            own = (frame.labels == PARTS.index(part)).astype(np.uint8)
            count, pieces, facts, _ = cv2.connectedComponentsWithStats(own, connectivity=4)
            areas = facts[:, cv2.CC_STAT_AREA]
            small = areas < ISLAND * own.size
            small[0] = False
            if count > 1 and small.any():
                wrong |= small[pieces]
        wrong |= self._bare(frame.labels, wrong) | _tufts(frame.labels, wrong)
        skin = np.flatnonzero((frame.labels == PARTS.index("skin")) & (frame.depth > 0))
        bald = skin[places_of(frame.camera, frame.depth, skin)[0][:, 1] > self.crown]
        wrong.ravel()[bald] = True
        known = ~wrong & (frame.labels != 0)
        if not wrong.any() or not known.any():
            return frame
        around = _nearest(frame.labels, known)
        # what is taken for glasses that nobody wears lies on a face, even where hair is nearer
        face = np.isin(around, [PARTS.index(part) for part in FACE]) & known & (self.highest < self.lowest)
        near = cv2.dilate(face.astype(np.uint8), np.ones((2 * AROUND + 1,) * 2, np.uint8)) > 0
        around = np.where(strange & near, PARTS.index("skin"), around)
        lips = np.asarray(frame.labels == PARTS.index("lips"), np.uint8)
        # teeth shine like glass
        smile = cv2.dilate(lips, np.ones((2 * SMILE + 1,) * 2, np.uint8)) > 0
        around = np.where(strange & smile, PARTS.index("lips"), around)
        return replace(frame, labels=np.where(wrong, around, frame.labels).astype(np.uint8))

    @staticmethod
    def _bare(labels: NDArray[np.uint8], wrong: Mask) -> Mask:
        """Which pixels belong to a bare patch that hair encloses, an ear by itself none. Wrong labels say nothing."""
        patches = np.zeros(labels.shape, np.bool_)
        skin, hair = labels == PARTS.index("skin"), labels == PARTS.index("hair")
        own = ((skin | (labels == PARTS.index("ears"))) & ~wrong).astype(np.uint8)
        count, pieces, facts, _ = cv2.connectedComponentsWithStats(own, connectivity=4)
        for number in range(1, count):
            piece = pieces == number
            small = facts[number, cv2.CC_STAT_AREA] < BARE * own.size
            if small and skin[piece].mean() > LEAST_BARE and _is_within(piece, hair, ~wrong):
                patches |= piece
        return patches


def _tufts(labels: NDArray[np.uint8], wrong: Mask) -> Mask:
    """Which pixels belong to a patch of hair that lies on neck and clothes by itself. Wrong labels say nothing."""
    tufts = np.zeros(labels.shape, np.bool_)
    own = (labels == PARTS.index("hair")).astype(np.uint8)
    below = np.isin(labels, [PARTS.index(part) for part in ("neck", "cloth")])
    count, pieces, facts, _ = cv2.connectedComponentsWithStats(own, connectivity=4)
    for number in range(1, count):
        if facts[number, cv2.CC_STAT_AREA] < BARE * own.size and _is_within(pieces == number, below, ~wrong):
            tufts |= pieces == number
    return tufts


def _heights(photo: PhotoLayer, part: str) -> NDArray[np.float64]:
    """World heights of what a photo calls a part, as far as it lies on the head."""
    assert photo.labels is not None
    side = len(photo.depth)
    shown = (photo.labels == PARTS.index(part)).astype(np.uint8)
    small = cv2.resize(shown, (side, side), interpolation=cv2.INTER_NEAREST) > 0
    return places_of(photo.camera, photo.depth, np.flatnonzero(small & (photo.depth > 0)))[0][:, 1]


def _is_within(patch: Mask, other: Mask, known: Mask) -> bool:
    """Whether what is known of what lies around a patch [h, w] is the other."""
    around = (cv2.dilate(patch.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~patch & known
    return bool(around.any()) and float(other[around].mean()) > ENCLOSED


def _without(frame: Frame, gone: Mask, left: Mask) -> Frame:
    """A frame whose gone pixels [h, h] show the nearest of those that are left, be it nothing."""
    if not gone.any():
        return frame
    size = len(frame.rgb)
    wide = cv2.dilate(gone.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    known = left & ~wide
    assert frame.labels is not None
    depth, labels = (np.where(wide, _nearest(values, known), values) for values in (frame.depth, frame.labels))
    large = cv2.resize(wide.astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST) > 0
    soft = cv2.blur(large.astype(np.float32), (5, 5))
    fine = cv2.resize(known.astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST) > 0
    filled = np.where(large[..., None], _nearest(frame.rgb, fine), frame.rgb)
    rgb = cv2.GaussianBlur(filled, (0, 0), 2.0).astype(np.float32)
    alpha = cv2.GaussianBlur(np.where(large, _nearest(frame.alpha, fine), frame.alpha), (0, 0), 1.0)
    mixed = frame.rgb + soft[..., None] * (rgb - frame.rgb)
    return replace(
        frame,
        rgb=(mixed + 0.5).astype(np.uint8),
        alpha=np.asarray(frame.alpha + soft * (alpha - frame.alpha), np.float32),
        depth=depth,
        labels=labels,
    )


def _nearest(values: NDArray[Any], known: Mask) -> NDArray[Any]:
    """Values [H, W, ...] whose unknown pixels have that of the nearest known one; as they are where none is known."""
    found: NDArray[Any] = values.reshape(known.size, -1)[nearest_known(known).ravel()].reshape(values.shape)
    return found
