"""Locks of hair: they run down, repeat without a seam and are the same from everywhere; hair has one hue."""

from dataclasses import replace

import numpy as np
import torch

from core.camera import Camera
from core.frame import Frame, Quality
from core.mask import PARTS
from core.rendering.even_hair import HairTone, with_even_hair
from core.rendering.locks import CURLY, STRAIGHT, locks, locks_at
from core.rendering.occupancy import FieldGrid

HAIR, SKIN = PARTS.index("hair"), PARTS.index("skin")
NODES, RADIUS, SIDE = 65, 0.2, 96
HALF = (0.35, 0.35, 0.35)


def test_straight_locks_run_down_and_repeat_without_a_seam() -> None:
    drawn = locks(replace(STRAIGHT, count=150), (128, 128), seed=1)
    along, across = (np.abs(np.diff(drawn, axis=axis)).mean() for axis in (0, 1))
    assert across > 3 * along
    assert abs(float(drawn.mean())) < 1e-6
    assert np.abs(drawn[:, 0] - drawn[:, -1]).mean() < 2 * across
    assert np.abs(drawn[0] - drawn[-1]).mean() < 2 * along
    assert np.array_equal(drawn, locks(replace(STRAIGHT, count=150), (128, 128), seed=1))


def test_curls_swing_to_both_sides() -> None:
    drawn = locks(replace(CURLY, count=60, twist=0.0, tilt=0.0, in_step=0.0, wave_px=(64.0, 64.0)), (128, 192), seed=1)
    # all of them swing alike, so half a wave further down everything lies aside
    shifts = np.arange(-24, 25)
    moved = [float((drawn[:64] * np.roll(drawn[64:], shift, axis=1)).mean()) for shift in shifts]
    assert max(moved) > 0.3 * drawn.var()


def test_curls_go_once_around_the_head_and_begin_beyond_the_crown() -> None:
    angles = np.linspace(0, 2 * np.pi, 200)
    ring = np.stack([0.2 * np.sin(angles), np.full(200, -0.05), 0.2 * np.cos(angles) - 0.05], axis=1)
    found = locks_at(ring)
    assert found.std() > 0.1
    assert abs(found[0] - found[-1]) < 1e-3
    assert locks_at(np.array([[0.0, 0.24, -0.05]]))[0] == 0


def _dappled() -> FieldGrid:
    """A ball of brown hair whose left is bluer and whose right is redder, above skin."""
    z, y, x = torch.meshgrid(*(torch.linspace(-HALF[0], HALF[0], NODES),) * 3, indexing="ij")
    out = (x**2 + y**2 + z**2).sqrt()
    sigma = 60 + 4000 * (RADIUS - out).clamp(-0.015, 0.3)
    red = 0.5 * torch.exp(0.4 * (x / RADIUS).clamp(-1, 1))
    colour = torch.stack([red, torch.full_like(red, 0.4), 0.2 / red, ((out - RADIUS).abs() < 0.02).float()])
    labels = torch.where(y > -0.1, HAIR, SKIN).to(torch.uint8)
    return FieldGrid(sigma, colour, labels, HALF)


def _shown(grid: FieldGrid) -> Frame:
    camera = Camera.orbit()
    origins, ways = camera.rays(SIDE, SIDE)
    middle = (ways @ -camera.position)[:, None] * ways + origins
    off = np.linalg.norm(middle, axis=1)
    back = np.sqrt(np.maximum(RADIUS**2 - off**2, 0))
    points = middle - back[:, None] * ways
    hit = off < RADIUS
    depth = np.where(hit, (points - camera.position) @ camera.forward, 0).astype(np.float32).reshape(SIDE, SIDE)
    at = torch.from_numpy(points).float()
    rgb = np.where(hit[:, None], 255 * grid.colour_at(at).numpy().clip(0, 1), 255).astype(np.uint8)
    labels = np.where(hit, np.where(points[:, 1] > -0.1, HAIR, SKIN), 0).astype(np.uint8).reshape(SIDE, SIDE)
    alpha = hit.astype(np.float32).reshape(SIDE, SIDE)
    return Frame(rgb.reshape(SIDE, SIDE, 3), alpha, depth, labels, camera, Quality.NEAR)


def test_dappled_hair_gets_one_hue_and_skin_stays() -> None:
    grid = _dappled()
    tone, frame = HairTone.of(grid), _shown(grid)
    assert tone is not None
    even = with_even_hair(frame, tone)
    inside = np.zeros((SIDE, SIDE), bool)
    inside[SIDE // 2 - 20 : SIDE // 2 + 5, SIDE // 2 - 20 : SIDE // 2 + 20] = True
    inside &= frame.labels == HAIR

    def dapples(one: Frame) -> float:
        return float(np.log(one.rgb[inside][:, 0] / one.rgb[inside][:, 2]).std())

    assert dapples(frame) > 0.2
    assert dapples(even) < 0.3 * dapples(frame)
    assert np.array_equal(even.rgb[SIDE // 2 + 18 :], frame.rgb[SIDE // 2 + 18 :])
    assert np.array_equal(even.rgb[frame.alpha == 0], frame.rgb[frame.alpha == 0])


def test_a_head_without_hair_keeps_its_colours() -> None:
    grid = _dappled()
    tone = HairTone.of(grid)
    assert tone is not None
    frame = _shown(grid)
    bald = replace(frame, labels=np.minimum(frame.labels, SKIN) if frame.labels is not None else None)
    assert with_even_hair(bald, tone) is bald
    assert grid.labels is not None
    assert HairTone.of(replace(grid, labels=torch.full_like(grid.labels, SKIN))) is None
    assert HairTone.of(replace(grid, labels=None)) is None
