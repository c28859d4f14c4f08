"""What is drawn or seen stands out of the surface: dark is deep, where it is hair or skin."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.camera import Camera
from core.exporters.relief import BOUNDS, DEPTHS, HAIR, SKIN, PartShares, Relief
from core.frame import Frame, Quality
from core.hair_strands import HairStrands
from core.head import Head
from core.mask import PARTS
from core.photo_layer import PhotoLayer
from core.rendering.occupancy import FieldGrid
from tests.fakes import tiny_head

Array = NDArray[np.float64]
HALF, NODES, PHOTO_PX = 0.4, 33, 512


def _parts(upper: str, lower: str) -> PartShares:
    """A box that is one part above y = 0 and another one below."""
    labels = torch.full((NODES,) * 3, PARTS.index(lower), dtype=torch.uint8)
    labels[:, NODES // 2 :] = PARTS.index(upper)
    colour = torch.ones(4, *(NODES,) * 3)
    return PartShares(FieldGrid(torch.ones((NODES,) * 3), colour, labels, (HALF,) * 3))


def _points(y: float) -> tuple[Array, Array]:
    """A row of points at z = 0.1 and their normals, which face the camera."""
    x = np.linspace(-0.1, 0.1, 201)
    return np.stack([x, np.full_like(x, y), np.full_like(x, 0.1)], 1), np.tile([0.0, 0.0, 1.0], (len(x), 1))


def _photo(part: str, spot_px: int) -> PhotoLayer:
    """A grey photo of the plane z = 0.1 with a dark spot in the middle."""
    camera = Camera.orbit()
    picture = np.full((PHOTO_PX, PHOTO_PX, 3), 160, np.uint8)
    middle = slice(PHOTO_PX // 2 - spot_px, PHOTO_PX // 2 + spot_px)
    picture[middle, middle] = 60
    whole = np.full((PHOTO_PX, PHOTO_PX), 255, np.uint8)
    return PhotoLayer(
        picture=picture,
        cover=whole,
        cover_from_here=whole,
        camera=camera,
        depth=np.full((64, 64), camera.radius - 0.1, np.float32),
        labels=np.full((64, 64), PARTS.index(part), np.uint8),
    )


def test_hair_has_its_strands_and_skin_has_none() -> None:
    relief = Relief(_parts("hair", "skin"), lambda points: np.sin(200 * points[:, 0]), ())
    above, below = (relief.heights(*_points(y)) for y in (0.2, -0.2))
    low, high = (DEPTHS[HAIR] * bound for bound in BOUNDS[HAIR])
    assert np.allclose(above, np.clip(DEPTHS[HAIR] * np.sin(200 * _points(0.2)[0][:, 0]), low, high), atol=1e-9)
    assert np.abs(below).max() == 0


def test_what_a_photo_shows_dark_lies_deep() -> None:
    parts = _parts("skin", "skin")
    relief = Relief.of(_with(_photo("skin", 3)), parts)
    assert relief is not None
    heights = relief.heights(*_points(0.0))
    assert heights[100] == heights.min() < 0.3 * DEPTHS[SKIN] * BOUNDS[SKIN][0]
    assert np.abs(heights[:20]).max() < 0.1 * abs(heights.min()), "the plain skin beside it stays where it is"


def test_a_wide_shadow_is_no_pit() -> None:
    narrow, wide = (Relief.of(_with(_photo("skin", size)), _parts("skin", "skin")) for size in (3, 60))
    assert narrow is not None
    assert wide is not None
    middle = slice(98, 103)
    assert abs(wide.heights(*_points(0.0))[middle].mean()) < 0.2 * abs(narrow.heights(*_points(0.0))[middle].mean())


def test_brows_are_dark_and_not_deep() -> None:
    relief = Relief.of(_with(_photo("brows", 3)), _parts("brows", "brows"))
    assert relief is not None
    assert np.abs(relief.heights(*_points(0.0))).max() == 0


def test_what_no_photo_shows_has_the_strands_of_the_head() -> None:
    strands = HairStrands(detail=(np.indices((64, 64))[1] % 8 < 4).astype(np.float16) * 0.2, pixel=0.004)
    relief = Relief.of(_with(None, strands), _parts("hair", "hair"))
    assert relief is not None
    behind = np.stack([np.linspace(-0.1, 0.1, 101), np.zeros(101), np.full(101, -0.2)], 1)
    heights = relief.heights(behind, np.tile([0.0, 0.0, -1.0], (101, 1)))
    assert np.ptp(heights) > 0.15 * DEPTHS[HAIR]


def test_a_head_without_a_photo_has_the_beard_of_its_pictures() -> None:
    """But its hair as it is drawn everywhere, and not once more as one picture shows it."""
    photo = _photo("skin", 3)
    assert photo.labels is not None
    alpha, labels = np.ones((PHOTO_PX, PHOTO_PX), np.float32), photo.labels
    look = Frame(
        rgb=photo.picture,
        alpha=alpha,
        depth=photo.depth,
        labels=labels,
        camera=photo.camera,
        quality=Quality.NEAR,
    )
    bearded = Relief.of(tiny_head(), _parts("skin", "skin"), (look,))
    haired = Relief.of(tiny_head(), _parts("hair", "hair"), (replace(look, labels=labels * 0 + PARTS.index("hair")),))
    assert bearded is not None
    assert haired is not None
    assert bearded.heights(*_points(0.0))[100] < 0.3 * DEPTHS[SKIN] * BOUNDS[SKIN][0]
    assert np.abs(haired.heights(*_points(0.0))).max() == 0


def test_nothing_known_is_no_relief() -> None:
    assert Relief.of(tiny_head(), _parts("hair", "skin")) is None


def _with(photo: PhotoLayer | None, strands: HairStrands | None = None) -> Head:
    return replace(tiny_head(), photos=() if photo is None else (photo,), strands=strands)
