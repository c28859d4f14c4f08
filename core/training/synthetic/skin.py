"""The painted skin: a texture with its part labels."""

from dataclasses import dataclass

import cv2
import numpy as np

from core.training.synthetic.arrays import Bytes, Floats
from core.training.synthetic.base_mesh import BaseMesh
from core.training.synthetic.beards import BEARDS, beard_growth
from core.training.synthetic.brows import EYEBROWS, BrowOutline, BrowStyle, brow_outline, painted_brows
from core.training.synthetic.hair_growth import growth
from core.training.synthetic.hair_styles import BARE_STYLES, FUR_STYLES, FUR_STYLES_3
from core.training.synthetic.library import Library
from core.training.synthetic.person import HAIR_RGB, Person
from core.training.synthetic.pictures import GAMMA, LINEAR_OF_BYTE, blur, soft
from core.training.synthetic.uv_maps import HEAD, LABELS, UvMaps

_DARK_BROWN = HAIR_RGB[1]
_LIPSTICKS = np.array([[0.36, 0.045, 0.06], [0.40, 0.10, 0.10], [0.30, 0.06, 0.09]])
_SCALP_DENSITY = {"none": 0.0, "stubble": 0.42, "fur_buzz": 0.68, "fur_receding": 0.75, "fur_horseshoe": 0.72}
_SPARSE, _NEAR_PX, _TEMPLES_DM = 0.3, 75, 7.05  # what is cleaned around the scalp
_THIN = 0.5  # scalps painted thinner show their stubble
_BEARDS = (0.18, 0.35, 0.6, 0.95)  # densities


@dataclass(frozen=True, eq=False)
class PaintedSkin:
    """What was painted.

    Attributes:
        texture: RGB uint8 [2048,2048,3].
        label: uint8 [2048,2048].
        beard: density 0 (none) .. 1.
    """

    texture: Bytes
    label: Bytes
    beard: float


class _Canvas:
    """The head's island in linear light; colours are mixed into it layer by layer."""

    def __init__(self, head: Floats) -> None:
        self.head = head  # [1440,758,3], painted in place

    def mix(self, amount: Floats, colour: Floats) -> None:
        """Covers `amount` [1440,758,1] of what is there with a colour [3]."""
        self.head[...] = self.head * (1 - amount) + amount * colour

    def multiply(self, factor: Floats) -> None:
        self.head[...] *= factor


class SkinPainter:
    """Paints one person after another; skin textures and brow outlines are read once."""

    def __init__(self, base: BaseMesh, maps: UvMaps, library: Library) -> None:
        self._base = base
        self._maps = maps
        self._library = library
        self._skins: dict[str, tuple[Bytes, Floats]] = {}
        self._brows: dict[int, BrowOutline] = {}
        self._grown: dict[str, Floats] = {}
        self._around_scalp = _around_scalp(maps)

    def paint(self, rng: np.random.RandomState, person: Person) -> PaintedSkin:
        """Skin, lips, brows, stubble and beard of a person."""
        image, mean = self._skin(person.skin)
        factor = (person.skin_rgb / mean).astype(np.float32)
        canvas = _Canvas(np.clip(LINEAR_OF_BYTE[image[HEAD]] * factor, 0, 1.2))
        fine, coarse = _noise(rng, 0.75), _noise(rng, 5.0)
        grown = None if person.beard is None else self._growth(person.hair)
        self._paint_scalp(canvas, rng, person, fine, coarse, grown)
        self._paint_lips(canvas, rng, person)
        self._paint_cheeks(canvas, rng, person)
        brows = self._paint_brows(canvas, rng, person)
        beard = self._paint_beard(canvas, rng, person, fine, coarse)
        label = self._maps.label.copy()
        label[HEAD][blur(brows, 1.5) > 0.28] = LABELS["brows"]
        if grown is not None and person.hair in FUR_STYLES_3:
            label[HEAD][self._maps.scalp * grown > 0.4] = LABELS["hair"]
        elif person.hair in FUR_STYLES:
            label[HEAD][self._maps.scalp > 0.5] = LABELS["hair"]
        # Off the head's island every texel is a byte times a factor: a table is faster than ten million powers.
        table = (np.clip(LINEAR_OF_BYTE[:, None] * factor, 0, 1) ** (1 / GAMMA) * 255).astype(np.uint8)
        texture: Bytes = np.asarray(cv2.LUT(image, table[None]), np.uint8)
        texture[HEAD] = (np.clip(canvas.head, 0, 1) ** (1 / GAMMA) * 255).astype(np.uint8)
        return PaintedSkin(texture, label, beard)

    def _paint_scalp(
        self,
        canvas: _Canvas,
        rng: np.random.RandomState,
        person: Person,
        fine: Floats,
        coarse: Floats,
        grown: Floats | None,
    ) -> None:
        scalp = self._maps.scalp[..., None]
        fur = person.hair in FUR_STYLES
        cleaned = scalp
        if grown is not None and (person.hair in BARE_STYLES or person.hair in FUR_STYLES_3):
            cleaned = self._around_scalp
        canvas.mix(cleaned, person.skin_rgb * 0.97 * (1 + 0.02 * fine))  # first clean the painted stubble off
        if grown is not None and (person.hair in FUR_STYLES_3 or person.hair in BARE_STYLES):
            most = _SCALP_DENSITY.get(person.hair, 0.86)
            density = np.clip(most * (1 + (0.22 if most < _THIN else 0.07) * fine + 0.07 * coarse), 0, 0.95)
            canvas.mix(density * scalp * grown[..., None], person.hair_rgb * 0.8)
        elif person.hair != "none":
            density = np.clip((0.9 if fur else 0.68) + 0.12 * fine + 0.06 * coarse, 0, 1) * 0.97
            canvas.mix(density * (scalp**0.6 if fur else scalp), person.hair_rgb * 0.8)
        elif rng.rand() < 0.5:
            canvas.mix(np.clip(0.16 + 0.12 * fine, 0, 1) * scalp, person.hair_rgb)

    def _paint_lips(self, canvas: _Canvas, rng: np.random.RandomState, person: Person) -> None:
        colour = person.skin_rgb * np.array([0.80, 0.50, 0.48]) * (1 if person.male else rng.uniform(0.8, 1.05))
        if not person.male and rng.rand() < 0.4:
            colour = _LIPSTICKS[rng.randint(3)] * (1 - 0.5 * person.melanin) * rng.uniform(0.8, 1.2)
        amount = self._maps.lips[..., None] * (0.45 if person.male else 0.72)
        light = canvas.head.mean(-1, keepdims=True)
        mean_light = max(1e-3, float((light * amount).sum() / max(amount.sum(), 1e-3)))
        canvas.mix(amount, colour * (light / mean_light) ** 0.9)

    def _paint_cheeks(self, canvas: _Canvas, rng: np.random.RandomState, person: Person) -> None:
        side, y = np.abs(self._maps.x)[..., None], self._maps.y[..., None]
        front = self._maps.z[..., None] > 0.8
        blush = np.exp(-(((side - 0.42) / 0.2) ** 2 + ((y - 6.98) / 0.16) ** 2)) * front
        canvas.multiply(1 - blush * rng.uniform(0.0, 0.22) * np.array([0.0, 0.35, 0.3]))
        if rng.rand() < 0.15 and person.melanin < 0.35:
            freckles = soft(rng.rand(*side.shape[:2]) < 0.012, 0.9)[..., None] * 5
            freckles = freckles.clip(0, 1) * np.exp(-(((y - 7.02) / 0.22) ** 2)) * front * 0.45
            canvas.multiply(1 - freckles * np.array([0.35, 0.5, 0.6]))

    def _paint_brows(self, canvas: _Canvas, rng: np.random.RandomState, person: Person) -> Floats:
        """Paints the brows and returns their coverage, head map 0..1."""
        number = rng.randint(1, EYEBROWS + 1)
        thickness = rng.uniform(0.75, 1.25) if person.male else rng.uniform(0.5, 0.95)
        hairs = int(rng.uniform(260, 420) if person.male else rng.uniform(180, 320))
        style = BrowStyle(thickness, hairs, rng.uniform(11, 16))
        if number not in self._brows:
            self._brows[number] = brow_outline(self._base, self._library, number)
        brows = painted_brows(rng, self._brows[number], style)
        colour = np.minimum(person.hair_rgb * 0.7 + 0.18 * _DARK_BROWN, person.skin_rgb * 0.55)
        canvas.mix(brows[..., None] * 0.9, colour)
        return brows

    def _paint_beard(
        self, canvas: _Canvas, rng: np.random.RandomState, person: Person, fine: Floats, coarse: Floats
    ) -> float:
        """Paints a beard on some men and returns its density."""
        if person.beard is not None:
            return self._paint_under_beard(canvas, person, fine, coarse)
        if not person.male or rng.rand() >= 0.62:
            return 0.0
        beard = float(rng.choice(_BEARDS))
        density = beard * 0.92 + 0.10 * (0.3 + 0.7 * beard) * fine + 0.04 * coarse
        amount = np.clip(self._maps.beard[..., None] * density, 0, 0.95)
        canvas.mix(amount, np.minimum(person.hair_rgb, person.skin_rgb * 0.5) * 0.8)
        return beard

    def _paint_under_beard(self, canvas: _Canvas, person: Person, fine: Floats, coarse: Floats) -> float:
        """Paints the skin under a beard of version 3 and returns its density."""
        if person.beard not in BEARDS:
            return 0.0
        most = BEARDS[person.beard].painted
        density = most + 0.10 * (0.3 + 0.7 * most) * fine + 0.04 * coarse
        amount = np.clip(beard_growth(person.beard, self._maps)[..., None] * density, 0, 0.95)
        canvas.mix(amount, beard_rgb(person) * 0.8)
        return most

    def _growth(self, hair: str) -> Floats:
        if hair not in self._grown:
            self._grown[hair] = growth(hair, self._maps).astype(np.float32)
        return self._grown[hair]

    def _skin(self, name: str) -> tuple[Bytes, Floats]:
        if name not in self._skins:
            self._skins[name] = self._maps.skin(self._library.skin(name))
        return self._skins[name]


def _around_scalp(maps: UvMaps) -> Floats:
    """Head map 0..1, [1440,758,1]: the scalp and the temples and forehead around it, without the ears."""
    near = cv2.dilate((maps.scalp > _SPARSE).astype(np.uint8), np.ones((_NEAR_PX, _NEAR_PX), np.uint8))
    skin = cv2.erode((maps.label[HEAD] == LABELS["skin"]).astype(np.uint8), np.ones((9, 9), np.uint8))
    temples = soft((near > 0) & (skin > 0) & (maps.y > _TEMPLES_DM), _NEAR_PX / 4)
    both: Floats = np.maximum(maps.scalp, np.clip(temples * 1.15, 0, 1))
    return both[..., None]


def beard_rgb(person: Person) -> Floats:
    """Colour of a beard of version 3, linear light [3]: the hair's, but never lighter than the skin by much."""
    lightest = 1.1 * max(float(person.skin_rgb.max()), 0.12)
    return person.hair_rgb * min(1.0, lightest / float(person.hair_rgb.max()))


def _noise(rng: np.random.RandomState, sigma_px: float) -> Floats:
    """Blurred noise over the head's island, zero mean, unit deviation: float32 [1440,758,1]."""
    height, width = (part.stop - part.start for part in HEAD)
    noise = blur(rng.rand(height, width).astype(np.float32), sigma_px)
    unit: Floats = (noise - noise.mean()) / noise.std()
    return unit[..., None]
