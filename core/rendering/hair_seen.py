"""What a photo shows of its hair: where it is seen squarely, how it is lit in each width, and where its strands run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.form import form_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.photo_layer import PhotoLayer

    Floats = NDArray[np.float32]

VOTES_PX = 128
"""Side of the picture of the photo's strands."""
STRAND_PX = (1.0, 6.0)
"""Widths between which strands tell where they run, photo pixels."""
FLOW_PX = 7.0
"""Deviation of the smoothing of their direction, photo pixels."""
SQUARELY = 0.3
"""Share of that, 0..1, from which hair is sure."""
LEAST_HUED, HUED_PX, HUES = 400, 8.0, (0.5, 1.7)
"""Pixels of hair from which its hue is told, deviation of the blur that it changes from, and bounds of what a colour
takes."""
LUMINANCE = np.array([0.30, 0.59, 0.11], np.float32)
ODD = 0.9
"""Difference of lightness from the middle one, natural logarithms, from which something is no hair."""
BORDER_PX = 7
"""How much of the border of hair is not looked at, photo pixels."""


@dataclass(frozen=True, eq=False)
class SeenHair:
    """A photo's hair.

    Attributes:
        light: float32 [S, S], natural logarithm of lightness.
        hue: float32 [3], how much of a change of lightness from strand to strand red, green and blue take.
        hair: where there is hair, and nothing like a badge on a cap, [S, S].
        sure: where it is seen squarely, [S, S].
        votes: float32 [VOTES_PX, VOTES_PX], 0..1: the same in the picture of strands.
        depth: float32 [h, w], the photo's.
        camera: the photo's.
    """

    light: Floats
    hue: Floats
    hair: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    votes: Floats
    depth: Floats
    camera: Camera

    @staticmethod
    def of(photo: PhotoLayer) -> SeenHair:
        """The hair of a photo whose parts somebody has told, whatever covers it."""
        side, small = len(photo.picture), (VOTES_PX, VOTES_PX)
        hair = cv2.resize(np.asarray(photo.labels == PARTS.index("hair"), np.uint8), (side, side)) > 0
        light = np.log(photo.picture.mean(axis=2).astype(np.float32) / 255 + 0.04)
        hair &= ~_odd(light, hair)
        inner = cv2.erode(hair.astype(np.uint8), np.ones((BORDER_PX, BORDER_PX), np.uint8)).astype(np.float32)
        depth = cv2.resize(photo.depth, small, interpolation=cv2.INTER_NEAREST)
        squarely = np.clip((form_of(depth, photo.camera).normals @ -photo.camera.forward - 0.3) / 0.4, 0, 1)
        squarely = np.asarray(squarely * (depth > 0), np.float32)
        sure = inner * cv2.resize(squarely, (side, side), interpolation=cv2.INTER_LINEAR) > SQUARELY
        return SeenHair(
            light=light,
            hue=_hue(photo.picture, sure),
            hair=hair,
            sure=sure,
            votes=np.asarray(cv2.resize(inner, small, interpolation=cv2.INTER_AREA) * squarely, np.float32),
            depth=photo.depth,
            camera=photo.camera,
        )

    @property
    def running(self) -> float:
        """How far neighbouring strands agree where they run, 0..1."""
        _, agreement = self.strands
        return float((agreement * self.votes).sum() / max(float(self.votes.sum()), 1e-6))

    @property
    def pixel(self) -> float:
        """Size of a photo's pixel on the head, world units."""
        return self.camera.radius / (self.camera.focal * len(self.light))

    def band(self, low: float, high: float) -> Floats:
        """What of hair's lightness lies between two widths, photo pixels, [S, S]; 0 elsewhere.

        Args:
            low: 0 keeps all that is fine.
            high: beyond `low`.
        """
        weight = self.hair.astype(np.float32)

        def blurred(sigma: float) -> Floats:
            if not sigma:
                return self.light
            near = cv2.GaussianBlur(weight, (0, 0), sigma)
            return np.asarray(cv2.GaussianBlur(self.light * weight, (0, 0), sigma) / np.maximum(near, 1e-3), np.float32)

        return np.asarray((blurred(low / 2) - blurred(high / 2)) * weight, np.float32)

    @cached_property
    def strands(self) -> tuple[Floats, Floats]:
        """Unit directions of strands in the picture, [2, VOTES_PX, VOTES_PX], and how far they agree, 0..1."""
        detail = self.band(*STRAND_PX)
        across, down = cv2.Scharr(detail, cv2.CV_32F, 1, 0), cv2.Scharr(detail, cv2.CV_32F, 0, 1)
        tensor = np.dstack([across * across, down * down, across * down])
        xx, yy, xy = np.moveaxis(
            cv2.resize(cv2.GaussianBlur(tensor, (0, 0), FLOW_PX), (VOTES_PX, VOTES_PX), interpolation=cv2.INTER_AREA),
            -1,
            0,
        )
        agreement = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / np.maximum(xx + yy, 1e-6)
        slope = 0.5 * np.arctan2(2 * xy, xx - yy)
        strand = np.stack([-np.sin(slope), np.cos(slope)])  # across the steepest slope
        return np.asarray(strand, np.float32), np.asarray(agreement, np.float32)


def _hue(picture: NDArray[np.uint8], sure: NDArray[np.bool_]) -> Floats:
    """How much of a change of lightness within hair red, green and blue take, float32 [3]; the eye sees all of it."""
    if sure.sum() < LEAST_HUED:
        return np.ones(3, np.float32)
    logs = np.log(picture.astype(np.float32) / 255 + 0.04)
    colours = (logs - cv2.GaussianBlur(logs, (0, 0), HUED_PX))[sure]
    light = colours.mean(axis=1)
    taken = np.clip(colours.T @ light / max(float(light @ light), 1e-6), *HUES)
    return np.asarray(taken / (taken @ LUMINANCE), np.float32)


def _odd(light: Floats, hair: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where something that is labelled hair is much lighter or darker than most of it, and around that, [S, S]."""
    if not hair.any():
        return ~hair
    calm = cv2.GaussianBlur(light, (0, 0), 1.5)
    odd = hair & (np.abs(calm - np.median(calm[hair])) > ODD)
    return np.asarray(cv2.dilate(odd.astype(np.uint8), np.ones((BORDER_PX, BORDER_PX), np.uint8)) > 0)
