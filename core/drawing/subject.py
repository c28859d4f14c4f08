"""A labelled picture of a head with its geometry, as the styles of `drawing` look at it, and what they all need.

The geometry is read off the depth: points of the world, normals, hollows. Textures that belong to the head (grain,
veins, panels) are functions of points of the world, so that they stay where they are when the camera moves.

Longer than usual: all artists ask one object, and what it finds out for one of them it keeps for the next. Where eyes
and mouth are it is told (`landmarks`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.camera import HEAD_FOCAL
from core.drawing.noise import volume_noise
from core.drawing.smoothing import evened, resized, softened
from core.mask import PARTS
from core.nearest_pixel import nearest_known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.drawing.landmarks import Landmarks

    Values = NDArray[np.float32]
    Bits = NDArray[np.bool_]

BACKGROUND, SKIN, HAIR, EYES, BROWS, LIPS, NOSE, EARS, GLASSES, NECK, CLOTH, MOUTH = range(len(PARTS))
BARE = (SKIN, NOSE, EARS, NECK, LIPS, BROWS, EYES, MOUTH)
GREY = np.array([0.299, 0.587, 0.114], np.float32)
LAMP = np.array([0.32, 0.62, 0.72], np.float32) / np.float32(1.0024)
"""Where the light of sculptures comes from, world axes: before the head, above, somewhat to its left."""
STROKES_PX = 256
"""Side of a picture whose strokes are as wide as the styles say; in others they are in proportion."""
FORM_PX, NOISE_PX = 512, 320
"""Larger pictures take their geometry from one of this side, for no depth is finer; and their noise from pixels that
are at most so many."""
GEOMETRY = (
    "figure",
    "cover",
    "nearest",
    "form",
    "relief",
    "points",
    "normals",
    "towards",
    "facing",
    "hollow",
    "outlines",
)
"""What a `Subject` finds out that does not hang on its colours."""
BEARDED, ROUGH, LEAST_BEARD = 0.80, 0.035, 0.28
"""Of the skin's lightness, below which a beard's is; its roughness, in natural logarithms; and its share of the lower
face, below which it is folds and shade."""
WIRE = 0.7
"""Share of a pixel that is frame from which it has a frame's colour."""
AROUND = 1.1
"""How much larger than straight before the camera a ball may be seen towards the corners of the picture."""
FAR_APART = 0.05
"""World units of depth between two neighbouring pixels of different surfaces."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One view of a head.

    Attributes:
        rgb: float32 [S, S, 3], 0..1, on white.
        labels: uint8 [S, S].
        depth: float32 [S, S], along the camera's axis, 0 on the background.
        world_from_camera: float32 [4, 4], OpenCV axes.
        landmarks: of the head.
        focal: of the camera, in picture sides.
        alpha: float32 [S, S], how far the head covers each pixel; None is as the labels say.
        frames: float32 [S, S], how far the frame of glasses does; None where that is not known, and only labels tell.
    """

    rgb: Values
    labels: NDArray[np.uint8]
    depth: Values
    world_from_camera: Values
    landmarks: Landmarks
    focal: float = HEAD_FOCAL
    alpha: Values | None = None
    frames: Values | None = None

    def repainted(self, rgb: Values) -> Subject:
        """The same view in another picture [S, S, 3]; what is known of its geometry is kept."""
        other = replace(self, rgb=rgb)
        vars(other).update({name: vars(self)[name] for name in GEOMETRY if name in vars(self)})
        return other

    @property
    def size_px(self) -> int:
        """S."""
        return len(self.rgb)

    @property
    def unit(self) -> float:
        """Pixels of this picture for one of `STROKES_PX`: lengths of strokes are told for that size."""
        return self.size_px / STROKES_PX

    @property
    def pixel(self) -> int:
        """Pixels of this picture, at least one, for one of `FORM_PX`: lines are at least as wide."""
        return max(1, round(self.size_px / FORM_PX))

    @cached_property
    def form(self) -> Subject:
        """The same view no larger than `FORM_PX`, whose geometry this one enlarges."""
        if self.size_px <= FORM_PX:
            return self
        at = ((np.arange(FORM_PX) + 0.5) * self.size_px / FORM_PX).astype(np.intp)
        pixels = np.ix_(at, at)
        # picked like labels: a wire that is no glasses has no depth
        frames = None if self.frames is None else self.frames[pixels]
        alpha = None if self.alpha is None else resized(self.alpha, FORM_PX)
        other = replace(self, rgb=self.rgb[pixels], labels=self.labels[pixels], depth=self.depth[pixels])
        return replace(other, alpha=alpha, frames=frames)

    def _enlarged(self, values: Values) -> Values:
        """What `form` knows, at this size."""
        return resized(values, self.size_px)

    @cached_property
    def figure(self) -> Bits:
        """What is not background, bool [S, S]."""
        return self.labels > 0

    @cached_property
    def cover(self) -> Values:
        """float32 [S, S, 1]: the figure with a soft edge."""
        if self.alpha is not None:
            return self.alpha[..., None]
        return np.asarray(cv2.GaussianBlur(self.figure.astype(np.float32), (0, 0), 0.8)[..., None], np.float32)

    @cached_property
    def nearest(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and column of the figure's nearest sure pixel, for every pixel."""
        inner = cv2.erode(self.figure.astype(np.uint8), np.ones((1 + 2 * self.pixel,) * 2, np.uint8)) > 0
        if self.frames is not None:
            # wires beside the head are thin, and no others have their colour
            inner |= self.frames > WIRE
        rows, columns = np.divmod(nearest_known(inner), self.size_px)
        return rows, columns

    @cached_property
    def whole(self) -> Values:
        """float32 [S, S, 3]: the render, its colours spread over the background, so that filters see no white."""
        rows, columns = self.nearest
        return self.rgb[rows, columns]

    @cached_property
    def relief(self) -> Values:
        """float32 [S, S]: the depth, smoothed within surfaces and spread over the background."""
        if self.form is not self:
            return self._enlarged(self.form.relief)
        rows, columns = self.nearest
        filled = np.ascontiguousarray(self.depth[rows, columns])
        once = cv2.bilateralFilter(filled, 7, FAR_APART / 2, 3.0)
        return np.asarray(cv2.bilateralFilter(once, 7, FAR_APART / 2, 3.0), np.float32)

    @cached_property
    def points(self) -> Values:
        """float32 [S, S, 3]: where in the world each pixel's surface is."""
        if self.form is not self:
            return self._enlarged(self.form.points)
        at = (np.arange(self.size_px, dtype=np.float32) + 0.5) / self.size_px - 0.5
        v, u = np.meshgrid(at / np.float32(self.focal), at / np.float32(self.focal), indexing="ij")
        rays = np.stack([u, v, np.ones_like(u)], -1) @ self.world_from_camera[:3, :3].T
        return np.asarray(rays * self.relief[..., None] + self.world_from_camera[:3, 3], np.float32)

    @cached_property
    def normals(self) -> Values:
        """float32 [S, S, 3], unit, world axes, towards the camera."""
        if self.form is not self:
            return self._enlarged(self.form.normals)
        smooth = cv2.GaussianBlur(self.points, (0, 0), 1.2)
        across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REPLICATE)
        down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REPLICATE)
        normal = np.cross(down, across)
        return np.asarray(normal / np.maximum(lengths(normal)[..., None], 1e-9), np.float32)

    @cached_property
    def towards(self) -> Values:
        """float32 [S, S, 3]: unit vectors to the camera."""
        if self.form is not self:
            return self._enlarged(self.form.towards)
        away = self.world_from_camera[:3, 3] - self.points
        return np.asarray(away / lengths(away)[..., None], np.float32)

    @cached_property
    def facing(self) -> Values:
        """float32 [S, S]: cosine between normal and view, 0 at the outline."""
        if self.form is not self:
            return self._enlarged(self.form.facing)
        return np.asarray(np.clip((self.normals * self.towards).sum(-1), 0, 1), np.float32)

    @cached_property
    def hollow(self) -> Values:
        """float32 [S, S], 0..1: how deep a place lies in its surroundings."""
        if self.form is not self:
            return self._enlarged(self.form.hollow)
        deeper = self.relief - softened(self.relief, self.size_px / 28)
        return np.asarray(np.clip(deeper / 0.02, 0, 1), np.float32)

    def blurred(self, values: Values, strokes: float) -> Values:
        """float32, of the same shape: smoothed over so many pixels of a picture of `STROKES_PX`."""
        return softened(values, max(0.3, strokes * self.unit))

    def thick(self, values: Values, strokes: float) -> Values:
        """float32 [S, S]: lines made wider by so many pixels of a picture of `STROKES_PX`."""
        side = max(1, round(strokes * self.unit)) | 1
        return np.asarray(cv2.dilate(values, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.float32)

    @cached_property
    def calm(self) -> Values:
        """float32 [S, S, 3]: the render without the grain of photos, its edges kept."""
        return evened(self.whole, 0.10, max(1.0, 1.2 * self.unit))

    @cached_property
    def light(self) -> Values:
        """float32 [S, S], about -1..1: what is lighter and darker than its surroundings, from lids to folds of a smile.

        Logarithms, so that it is alike on dark and light parts; without the finest grain.
        """
        tone = np.log((self.calm @ GREY).astype(np.float32) + np.float32(0.10))
        band = 0.6 * (self.blurred(tone, 0.6) - self.blurred(tone, 5.0)) + 0.4 * (
            self.blurred(tone, 1.2) - self.blurred(tone, 14.0)
        )
        return np.asarray(np.tanh(1.6 * band), np.float32)

    @cached_property
    def bare(self) -> Values:
        """float32 [S, S], 0..1: skin with lips and brows, also where it is seen through glasses."""
        skin = self.part(SKIN, NOSE, EARS, NECK, LIPS, BROWS, soft_px=0.7 * self.unit)
        glasses = self.labels == GLASSES
        flesh = np.isin(self.labels, (SKIN, NOSE))
        if not glasses.any() or not flesh.any():
            return skin
        usual = np.median(self.calm[flesh], 0)
        away = np.abs(self.calm - usual).sum(-1) / max(0.25, float(usual.sum()) * 0.4)
        if self.frames is not None:
            glasses = glasses & (self.frames < 1 / 4)
        through = self.blurred(np.clip(1.6 - away, 0, 1) * glasses, 0.7)
        return np.asarray(np.clip(skin + through, 0, 1), np.float32)

    @cached_property
    def beard(self) -> Bits:
        """Bool [S, S]: skin below the eyes that is rough and dark; nothing where there is little of it."""
        marks, skin = self.landmarks, self.labels == SKIN
        level = float(np.median(self.grey[skin])) if skin.any() else 0.0
        tone = np.log(self.grey + np.float32(0.05))
        rough = self.blurred(np.abs(tone - self.blurred(tone, 1.2)), 3.0) > ROUGH
        height = self.points[..., 1]
        there = (height < float(marks.eyes[:, 1].mean()) - 0.4 * marks.apart) & (height > marks.chin - 0.02)
        there &= np.isin(self.labels, (SKIN, NECK, NOSE))
        beard = there & rough & (self.blurred(self.grey, 2.5) < BEARDED * level)
        least = LEAST_BEARD * max(1, int(there.sum()))
        return np.asarray(beard & (beard.sum() > least), np.bool_)

    @cached_property
    def rims(self) -> Values:
        """float32 [S, S], 0..1: the frame of glasses and not their lenses; where that is not known, what is dark."""
        if self.frames is not None:
            return self.frames
        return np.asarray(self.part(GLASSES, soft_px=0.5 * self.unit) * np.clip(-3.0 * self.light, 0, 1), np.float32)

    @cached_property
    def grey(self) -> Values:
        """float32 [S, S]: the render's lightness, without the white behind it."""
        return np.asarray(self.whole @ GREY, np.float32)

    @cached_property
    def detail(self) -> Values:
        """float32 [S, S], about -1..1: lines and strands of the render, alike on dark and light parts."""
        level = self.grey + np.float32(0.04)
        fine = np.log(level) - np.log(softened(level, self.size_px / 40))
        return np.asarray(np.clip(fine * 1.6, -1, 1), np.float32)

    def part(self, *parts: int, soft_px: float = 0.8) -> Values:
        """float32 [S, S], 0..1: where some parts are."""
        mask = np.isin(self.labels, parts).astype(np.float32)
        return softened(mask, soft_px) if soft_px else mask

    def lit(self, wrap: float = 0.35, rough: Values | None = None) -> Values:
        """float32 [S, S], 0..1: matte shading by the lamp, with light from the sky and shade in hollows.

        Args:
            wrap: how far light reaches around.
            rough: float32 [S, S, 3] that is added to the normals.
        """
        if rough is None and self.form is not self:
            return self._enlarged(self.form.lit(wrap))
        normal = self.normals if rough is None else _unit(self.normals + rough)
        lamp = np.clip((normal @ LAMP + wrap) / (1 + wrap), 0, 1)
        sky = 0.5 + 0.5 * normal[..., 1]
        return np.asarray((0.72 * lamp + 0.28 * sky) * (1 - 0.55 * self.hollow), np.float32)

    def modelled(self, wrap: float = 0.35, rough: Values | None = None) -> Values:
        """float32 [S, S], 0..1: `lit`, but softer in a face: its own light and shade tell who it is."""
        lit = self.lit(wrap, rough)
        return np.asarray(lit + np.clip(self.face, 0, 1) * 0.65 * (0.78 - lit), np.float32)

    @cached_property
    def face(self) -> Values:
        """float32 [S, S], 0..1: bare skin with all that lies in it, also behind glasses."""
        return np.asarray(np.clip(self.bare + self.part(EYES, MOUTH, GLASSES, soft_px=self.unit), 0, 1), np.float32)

    def shine(self, sharpness: float, rough: Values | None = None) -> Values:
        """float32 [S, S], 0..1: the lamp's reflection (Blinn)."""
        if rough is None and self.form is not self:
            return self._enlarged(self.form.shine(sharpness))
        normal = self.normals if rough is None else _unit(self.normals + rough)
        half = _unit(self.towards + LAMP)
        return np.asarray(np.clip((normal * half).sum(-1), 0, 1) ** sharpness, np.float32)

    def noise(self, cells: float, seed: int) -> Values:
        """float32 [S, S] of deviation about one, tied to the world: `cells` bumps a world unit; 0 beside the head."""
        return self._noises(cells, (seed,))[..., 0]

    def bumps(self, cells: float, height: float, seed: int) -> Values:
        """float32 [S, S, 3]: roughness for `lit` and `shine`, tied to the world."""
        return self._noises(cells, tuple(seed * 3 + axis for axis in range(3))) * np.float32(height)

    def _noises(self, cells: float, seeds: tuple[int, ...]) -> Values:
        """float32 [S, S, N], one noise for each seed."""
        step = -(-self.size_px // NOISE_PX)
        some = (slice(step // 2, None, step),) * 2
        # a little beyond the outline, whose pixels are mixed of both sides
        here = cv2.dilate(self.figure.astype(np.uint8), np.ones((1 + 4 * self.pixel,) * 2, np.uint8))[some] > 0
        found = np.zeros((*here.shape, len(seeds)), np.float32)
        found[here] = volume_noise(self.points[some][here] * np.float32(cells), *seeds)
        if step > 1:
            found = resized(found, self.size_px).reshape(self.size_px, self.size_px, -1)
        return found

    def near(self, place: Values, radius: float, soft: float = 0.3) -> Values:
        """float32 [S, S], 0..1: 1 within a ball of the world, falling over a share `soft` of its radius."""
        window = self.window(place[None], (1 + 0.5 * soft) * radius)
        found = np.zeros((self.size_px,) * 2, np.float32)
        distance = lengths(self.points[window] - place)
        found[window] = np.clip((radius - distance) / (soft * radius) + 0.5, 0, 1)
        return found

    def window(self, places: Values, radius: float) -> tuple[slice, slice]:
        """Rows and columns of pixels that may show what lies within a radius of places [N, 3] of the world."""
        spans = []
        seen = [self.seen_at(place) for place in places]
        for axis in (1, 0):
            ends = []
            for one in seen:
                reach = radius * self.focal * self.size_px / max(one[2] - radius, 0.1) * AROUND + 1
                ends += [one[axis] - reach, one[axis] + reach + 2]
            low, high = np.clip([min(ends), max(ends)], 0, self.size_px).astype(int)
            spans.append(slice(int(low), int(high)))
        return spans[0], spans[1]

    def seen_at(self, place: Values) -> tuple[float, float, float]:
        """Column and row of a point of the world in pixels, and its depth."""
        local = self.world_from_camera[:3, :3].T @ (place - self.world_from_camera[:3, 3])
        column, row = (local[:2] / local[2] * self.focal + 0.5) * self.size_px - 0.5
        return float(column), float(row), float(local[2])

    def shows(self, place: Values, margin: float = FAR_APART) -> bool:
        """Whether a point of the surface is seen and not hidden."""
        column, row, depth = self.seen_at(place)
        row_px, column_px = round(row), round(column)
        inside = 0 <= row_px < self.size_px and 0 <= column_px < self.size_px
        return inside and bool(self.relief[row_px, column_px] > depth - margin)

    @cached_property
    def outlines(self) -> Values:
        """float32 [S, S], 0..1: lines where depth jumps, where parts meet, and where the surface turns away."""
        depth = np.where(self.figure, self.relief, self.relief[self.figure].max() + 0.2).astype(np.float32)
        wide = max(2, round(2 * self.size_px / FORM_PX))
        around, beside = np.ones((1 + wide,) * 2), np.ones((1 + self.pixel,) * 2)
        grown, shrunk = cv2.dilate(depth, around), cv2.erode(depth, around)
        jump = np.clip((grown - shrunk) / FAR_APART - 0.5, 0, 1)
        # what is small in a face is drawn by its own darkness
        kinds = np.array([0, 1, 2, 1, 1, 1, 1, 1, 1, 1, 10, 1], np.uint8)[self.labels]
        meet = (cv2.dilate(kinds, beside) != cv2.erode(kinds, beside)).astype(np.float32)
        return np.asarray(np.maximum(jump, 0.7 * meet), np.float32)

    def on_white(self, picture: Values) -> Values:
        """float32 [S, S, 3], 0..1: a picture of the figure, cut out on white."""
        return np.asarray(1 - self.cover * (1 - np.clip(picture, 0, 1)), np.float32)


def lengths(vectors: Values) -> Values:
    """float32 [...] of vectors [..., 3]."""
    return floats(np.sqrt(np.einsum("...i,...i->...", vectors, vectors)))


def floats(values: object) -> Values:
    """Numbers as a float32 array."""
    return np.asarray(values, np.float32)


def _unit(vectors: Values) -> Values:
    return np.asarray(vectors / np.maximum(lengths(vectors)[..., None], 1e-6), np.float32)
