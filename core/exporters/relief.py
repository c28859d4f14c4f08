"""How far a head's surface stands out in what its shape is too coarse for: strands and curls, wrinkles, seams.

A density grid has no strands. They are drawn, or seen in the photo, and what is darker than its surroundings lies
deeper: "dark is deep" (Glencross et al. 2008; mesoscopic augmentation, Beeler et al. 2010). That holds for what is
finer than light and shade; brows, eyes and lips are dark for other reasons, and are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from core.mask import PARTS
from core.photo_layer import PhotoLayer
from core.ramp import smooth
from core.rendering.hair_grain import HairGrain
from core.rendering.photo_hair import photo_hair
from core.rendering.places import remapped
from core.rendering.seen import Witness, seen
from core.rendering.strands import crown_share, hair_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from core.frame import Frame
    from core.head import Head
    from core.rendering.occupancy import FieldGrid

    Array = NDArray[np.float64]
    Floats = NDArray[np.float32]
    LightnessAt = Callable[[Array], Array]

HAIR, SKIN, CLOTH = ("hair",), ("skin", "nose", "neck"), ("cloth",)
DEPTHS = {HAIR: 0.010, SKIN: 0.008, CLOTH: 0.008}
"""How much deeper a surface lies for a natural logarithm of lightness, world units."""
BOUNDS = {HAIR: (-0.4, 0.4), SKIN: (-0.25, 0.15), CLOTH: (-0.2, 0.2)}
"""Of that logarithm: the rest is a shadow, a shine or a badge."""
WIDTHS_PX = {HAIR: (0.8, 8.0), SKIN: (0.8, 4.0), CLOTH: (0.8, 4.0)}
"""Deviations between which a photo's lightness is relief, in pixels of a picture of `PICTURE_PX`."""
PICTURE_PX = 512
BLACK = 0.06
"""Of what lightness is added to, so that noise in the dark is no relief."""
SOFT_PX, BORDER_PX = 2.0, 5
"""Over how many pixels of the photo relief begins at the border of a part, and how many are left out there."""
SURELY = (0.3, 0.7)
"""Share of a part among the labels around, below which it is not there and above which it is."""


@dataclass(frozen=True, eq=False)
class PartShares:
    """Where parts are on a head's surface, as the nodes around say.

    Attributes:
        grid: of the head, with labels, in the main memory.
    """

    grid: FieldGrid

    def at(self, parts: tuple[str, ...], points: NDArray[np.floating]) -> Array:
        """How surely world points [N, 3] near the surface belong to some of the parts of `DEPTHS`, 0..1 [N]."""
        relative = self.grid.relative(torch.from_numpy(points).float())[None, None, None]
        found = F.grid_sample(self._volumes[parts][None, None], relative, align_corners=True, padding_mode="border")
        return np.asarray(smooth(*SURELY, found[0, 0, 0, 0].double().numpy()), np.float64)

    @cached_property
    def _volumes(self) -> dict[tuple[str, ...], torch.Tensor]:
        """Share of each kind of parts among the nodes around that are known, float32 [Z, Y, X]."""
        labels, known = self.grid.labels, self.grid.known
        assert labels is not None
        around = _around(known.float()).clamp(min=1e-3)
        numbers = {parts: torch.tensor([PARTS.index(part) for part in parts], dtype=torch.uint8) for parts in DEPTHS}
        return {
            parts: _around((torch.isin(labels, chosen) & known).float()) / around for parts, chosen in numbers.items()
        }


def _around(volume: torch.Tensor) -> torch.Tensor:
    """Means of a volume [Z, Y, X] over a few nodes around each."""
    return F.avg_pool3d(F.avg_pool3d(volume[None, None], 3, 1, 1), 3, 1, 1)[0, 0]


@dataclass(frozen=True, eq=False)
class Relief:
    """A head's relief.

    Attributes:
        parts: tell where hair, skin and clothes are.
        hair: how much lighter hair is at world points than around them, where no photo shows it; None: it has none.
        shown: what photos show, the uppermost first; of a head without any, what its own pictures do.
    """

    parts: PartShares
    hair: LightnessAt | None
    shown: tuple[_Seen, ...]

    @staticmethod
    def of(head: Head, parts: PartShares, looks: Sequence[Frame] = ()) -> Relief | None:
        """Of a head; None where nothing is known of what its surface is finer in.

        Args:
            head: with what it wears.
            parts: of the head.
            looks: pictures of a head that wears no photo: beards and wrinkles are drawn there.
        """
        photos = tuple(_Seen.of(photo, tuple(DEPTHS)) for photo in reversed(head.photos) if photo.labels is not None)
        shown = photos + tuple(_Seen.of(_as_photo(frame), (SKIN,)) for frame in looks if frame.labels is not None)
        hair = _hair_of(head)
        return None if hair is None and not shown else Relief(parts, hair, shown)

    def heights(self, points: Array, normals: NDArray[np.floating]) -> Array:
        """How far the surface stands out at its points, world units, about 0.

        Args:
            points: float64 [N, 3], world units.
            normals: [N, 3] unit, outward.
        """
        heights: Array = self.heights_near(points[None], normals)[0]
        return heights

    def heights_near(self, places: Array, normals: NDArray[np.floating]) -> Array:
        """The same at K places [K, N, 3] next to each point, which is the first of them; [K, N].

        What is known of the point holds for all of them: the borders of what is told are no cliffs.
        """
        heights = np.zeros(places.shape[:2])
        for parts, depth in DEPTHS.items():
            share = self.parts.at(parts, places[0])
            here = np.flatnonzero(share > 0)
            if len(here):
                light = self._light_near(parts, places[:, here], normals[here])
                heights[:, here] += share[here] * depth * np.clip(light, *BOUNDS[parts])
        return heights

    def _light_near(self, parts: tuple[str, ...], places: Array, normals: NDArray[np.floating]) -> Array:
        """How much lighter some parts are there than around, natural logarithm [K, N]."""
        light, guessed = np.zeros(places.shape[:2]), np.ones(places.shape[1])

        def add(told: LightnessAt, share: Array) -> None:
            here = np.flatnonzero(share > 0)
            if len(here):
                light[:, here] += share[here] * told(places[:, here].reshape(-1, 3)).reshape(len(places), -1)

        for picture in self.shown:
            if parts in picture.light:
                sure = guessed * picture.sure_at(places[0], normals)
                add(partial(picture.told_at, parts), sure)
                guessed = guessed - sure
        if parts == HAIR and self.hair is not None:
            add(self.hair, guessed)
        return light


@dataclass(frozen=True, eq=False)
class _Seen:
    """What a photo shows of relief.

    Attributes:
        witness: where it is to be believed.
        light: for each kind of part, float32 [S, S]: how much lighter it is than around, natural logarithm.
    """

    witness: Witness
    light: dict[tuple[str, ...], Floats]

    @staticmethod
    def of(photo: PhotoLayer, kinds: tuple[tuple[str, ...], ...]) -> _Seen:
        """What a photo with labels shows of some kinds of parts."""
        assert photo.labels is not None
        side = len(photo.picture)
        lightness = np.log(photo.picture.mean(axis=2, dtype=np.float32) / 255 + BLACK)
        labels = cv2.resize(photo.labels, (side, side), interpolation=cv2.INTER_NEAREST)
        light = {}
        for parts in kinds:
            mask = np.isin(labels, [PARTS.index(part) for part in parts])
            low, high = (width * side / PICTURE_PX for width in WIDTHS_PX[parts])
            light[parts] = _band(lightness, mask.astype(np.float32), low, high)
        cover = (photo.cover / 255).astype(np.float32)
        return _Seen(Witness(photo.camera, photo.depth, cover), light)

    def sure_at(self, points: Array, normals: NDArray[np.floating]) -> Array:
        """How far the photo is to be believed at surface points [N, 3], 0..1."""
        return seen(points, normals, [self.witness]).astype(np.float64)

    def told_at(self, parts: tuple[str, ...], points: Array) -> Array:
        """What it says of some parts at world points [N, 3]."""
        uv, _ = self.witness.camera.project(points)
        picture = self.light[parts]
        return remapped(picture, (uv * len(picture) - 0.5).astype(np.float32)).astype(np.float64)


def _as_photo(frame: Frame) -> PhotoLayer:
    """A head's own picture, to be believed where it shows the head."""
    cover = (frame.alpha * 255).astype(np.uint8)
    return PhotoLayer(
        picture=frame.rgb,
        cover=cover,
        cover_from_here=cover,
        camera=frame.camera,
        depth=frame.depth,
        labels=frame.labels,
    )


def _band(light: Floats, mask: Floats, low_px: float, high_px: float) -> Floats:
    """What of the lightness [S, S] within a mask [S, S] lies between two widths; 0 elsewhere."""

    def blurred(deviation: float) -> Floats:
        weight = cv2.GaussianBlur(mask, (0, 0), deviation)
        return np.asarray(cv2.GaussianBlur(light * mask, (0, 0), deviation) / np.maximum(weight, 1e-3), np.float32)

    inner = cv2.erode(mask, np.ones((BORDER_PX, BORDER_PX), np.uint8))
    return np.asarray((blurred(low_px) - blurred(high_px)) * cv2.GaussianBlur(inner, (0, 0), SOFT_PX), np.float32)


def _hair_of(head: Head) -> LightnessAt | None:
    """How much lighter a head's hair is at world points than around, as its pictures draw it; None: not known."""
    photo = head.photos[-1] if head.photos and head.photos[-1].gains is not None else None
    flow = None if photo is None else photo_hair(photo)
    if isinstance(flow, HairGrain):
        return flow.at
    strands = head.strands
    if strands is not None and strands.curl:
        return partial(hair_at, strands=strands)
    if flow is not None:
        drawn = flow.at
    elif strands is not None:
        drawn = partial(hair_at, strands=strands)
    else:
        return None
    return lambda points: drawn(points) * crown_share(points, flow)
