"""Strands: as contrasty as the photo's hair, running down, all around the head and only on its hair."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.camera import Camera
from core.frame import Frame, Quality
from core.hair_strands import HairStrands
from core.inverters.strands import TEXTURE_PX, strands_of
from core.mask import PARTS
from core.rendering.fine_hairs import ends_at, hairs_at
from core.rendering.strands import with_strands

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
SIDE = 256
FRONT = Camera.orbit()


def _hair(angle_degrees: float, contrast: float = 0.3) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.uint8]], ...]:
    """A picture full of hair whose strands run at an angle to the columns, and its mask."""
    rows, columns = np.indices((512, 512))
    turn = math.radians(angle_degrees)
    across = columns * math.cos(turn) - rows * math.sin(turn)
    wave = np.sin(across * 2 * math.pi / 7)
    grey = (120 * np.exp(contrast * wave))[..., None].repeat(3, 2).clip(0, 255).astype(np.uint8)
    return grey, np.ones((512, 512), np.uint8)


def _strands(angle_degrees: float, contrast: float = 0.3) -> HairStrands:
    picture, mask = _hair(angle_degrees, contrast)
    found = strands_of(picture, mask.astype(np.float32), FRONT)
    assert found is not None
    return found


def _drawn(rgb: Pixels, hair: Floats, depth: Floats, strands: HairStrands, camera: Camera = FRONT) -> Pixels:
    labels = (hair * PARTS.index("hair")).astype(np.uint8)
    alpha = np.ones(rgb.shape[:2], np.float32)
    return with_strands(Frame(rgb, alpha, depth, labels, camera, Quality.NEAR), strands).rgb


@pytest.mark.parametrize("angle_degrees", [0, 40, 90, -60])
def test_strands_run_down_however_they_ran_in_the_photo(angle_degrees: float) -> None:
    detail = _strands(angle_degrees).detail.astype(np.float32)
    along = np.abs(np.diff(detail, axis=0)).mean()
    across = np.abs(np.diff(detail, axis=1)).mean()
    assert across > 3 * along


def test_the_texture_varies_as_the_hair_does_and_repeats_without_a_seam() -> None:
    weak, strong = _strands(20, 0.1).detail.astype(np.float32), _strands(20, 0.3).detail.astype(np.float32)
    assert strong.std() / weak.std() == pytest.approx(3, rel=0.15)
    assert strong.shape == (TEXTURE_PX, TEXTURE_PX)
    inside = np.abs(np.diff(strong, axis=1)).mean()
    seam = np.abs(strong[:, 0] - strong[:, -1]).mean()
    assert seam < 2 * inside


def test_a_photo_without_hair_has_no_strands() -> None:
    picture, _ = _hair(0)
    assert strands_of(picture, np.zeros((512, 512), np.float32), FRONT) is None


@pytest.mark.parametrize("yaw_degrees", [0, 90, 180])
def test_only_hair_gets_strands_and_its_tone_stays(yaw_degrees: float) -> None:
    camera = Camera.orbit(math.radians(yaw_degrees))
    rgb = np.full((SIDE, SIDE, 3), 120, np.uint8)
    hair = np.zeros((64, 64), np.float32)
    hair[16:32, 20:44] = 1
    depth = np.full((64, 64), camera.radius - 0.2, np.float32)
    drawn = _drawn(rgb, hair, depth, _strands(0), camera)
    assert np.array_equal(drawn[160:], rgb[160:])
    patch = drawn[76:116, 100:160].astype(float)
    assert patch.std() > 8
    assert patch.mean() == pytest.approx(120, rel=0.08)


def test_flat_strands_only_shine_and_that_from_above() -> None:
    flat = HairStrands(detail=np.zeros((32, 32), np.float16), pixel=0.001)
    rgb = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    hair, depth = np.ones((64, 64), np.float32), np.full((64, 64), 2.5, np.float32)
    gain = _drawn(rgb, hair, depth, flat).astype(int) - rgb
    assert gain.min() >= 0
    assert gain[:100].mean() > 2
    assert gain[180:].max() <= 1


def test_waves_swing_where_hair_hangs_free() -> None:
    rgb = np.full((SIDE, SIDE, 3), 120, np.uint8)
    hair, depth = np.ones((64, 64), np.float32), np.full((64, 64), 2.5, np.float32)
    straight = _strands(0)
    pair = [_drawn(rgb, hair, depth, replace(straight, wave=wave)).astype(int) for wave in (0, 0.006)]
    change = np.abs(pair[0] - pair[1]).mean(axis=(1, 2))
    assert change[:70].max() < 0.5
    assert change[180:].mean() > 3


def test_large_pictures_show_single_hairs_that_go_around_without_a_seam() -> None:
    random = np.random.default_rng(0)
    turn, down = random.uniform(-0.5, 0.5, 4000), random.uniform(0, 0.4, 4000)
    large, small, tiny = (hairs_at(turn, down, pixel) for pixel in (0.0006, 0.0012, 0.0025))
    assert large.std() > 1.5 * small.std() > 0
    assert not tiny.any()
    assert np.allclose(hairs_at(turn + 1, down, 0.0006), large, atol=1e-3)
    # somewhere hairs are long, elsewhere short, and a hair is as long as it was a little higher
    ends = ends_at(turn, down)
    assert np.allclose(np.quantile(ends, (0.1, 0.5, 0.9)), (0.1, 0.5, 0.9), atol=0.05)
    beside, along = ends_at(turn + 0.003, down), ends_at(turn, down + 0.004)
    assert np.abs(along - ends).mean() < 0.5 * np.abs(beside - ends).mean()


def test_strands_run_down_beside_the_neck_where_hair_faces_forward() -> None:
    """All of such a place lies at one way around the crown's axis."""
    hair = np.zeros((64, 64), np.float32)
    hair[44:62, 46:60] = 1
    rows = np.linspace(0, 0.01, 64, dtype=np.float32)[:, None]
    depth = np.repeat(FRONT.radius + 0.05 + rows, 64, axis=1)
    drawn = _drawn(np.full((SIDE, SIDE, 3), 120, np.uint8), hair, depth, _strands(0)).astype(float)[180:244, 190:236]
    assert np.abs(np.diff(drawn, axis=1)).mean() > np.abs(np.diff(drawn, axis=0)).mean()


def test_no_strands_where_a_surface_ends_before_another() -> None:
    hair, depth = np.ones((64, 64), np.float32), np.full((64, 64), 2.5, np.float32)
    depth[:, 32:] += 0.2
    change = np.abs(_drawn(np.full((SIDE, SIDE, 3), 120, np.uint8), hair, depth, _strands(0)).astype(int) - 120)[150:]
    assert change[:, 126:130].mean() < 0.25 * change[:, 90:110].mean()
