"""The last layers of a random head: light follows shape, soft borders are cut anew, curls have no direction."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core.camera import Camera
from core.editors.random_strands import plain_strands
from core.frame import Frame, Quality
from core.mask import PARTS
from core.rendering.clothing import with_clothing
from core.rendering.curls import with_curls
from core.rendering.hairline import with_hairline
from core.rendering.head_light import HeadLight, with_head_light
from core.rendering.occupancy import FieldGrid
from core.rendering.opaque import with_whole_hair
from core.rendering.strands import hair_at

SIDE = 128
HALF = (0.35, 0.35, 0.35)


def _ball_on_a_block() -> FieldGrid:
    """A head on shoulders: a ball above a block, of skin."""
    z, y, x = torch.meshgrid(*(torch.linspace(-0.35, 0.35, 64),) * 3, indexing="ij")
    inside = ((x**2 + y**2 + z**2).sqrt() < 0.18) | (y < -0.24)
    sigma = inside.float() * 400
    soft = torch.nn.functional.avg_pool3d(sigma[None, None], 3, 1, 1)[0, 0]
    colour = torch.ones(4, 64, 64, 64)
    return FieldGrid(soft, colour, torch.full((64, 64, 64), PARTS.index("skin"), dtype=torch.uint8), HALF)


def _frame(first: str, second: str) -> Frame:
    """Two parts above one another, whose colours run into one another."""
    size = 4 * SIDE
    labels = np.full((SIDE, SIDE), PARTS.index(first), np.uint8)
    labels[SIDE // 2 :] = PARTS.index(second)
    rgb = np.full((size, size, 3), 60, np.uint8)
    rgb[size // 2 :] = 190
    rgb = cv2.GaussianBlur(rgb, (0, 0), 8)
    depth = np.full((SIDE, SIDE), 2.7, np.float32)
    return Frame(rgb, np.ones((size, size), np.float32), depth, labels, Camera.orbit(), Quality.NEAR)


def test_light_comes_from_above_and_hollows_lie_in_shade() -> None:
    light = HeadLight.of(_ball_on_a_block())
    up, forward = 0.18 * np.array([0.0, 0.6, 0.8]), np.array([0.0, 0.0, 0.18])
    chin = 0.18 * np.array([0.0, -0.8, 0.6])
    points = np.array([up, forward, chin], np.float32)
    normals = light.normals(points)
    assert (np.abs(normals - points / 0.18) < 0.2).all()
    above, before, below = light.light(points, normals)
    assert above > before > 1.2 * below


def test_hair_is_as_light_as_what_of_it_is_seen() -> None:
    ball = _ball_on_a_block()
    far = torch.stack(torch.meshgrid(*(torch.linspace(-0.35, 0.35, 64),) * 3, indexing="ij")).norm(dim=0)
    # locks below locks, with haze between them, where it is dark
    hollow = replace(ball, sigma=torch.where((far < 0.16) & (far % 0.04 > 0.02), 20.0, ball.sigma))
    hair = [
        replace(one, labels=torch.full_like(torch.as_tensor(one.labels), PARTS.index("hair"))) for one in (ball, hollow)
    ]
    plain, worn = (HeadLight.of(one).levels[1] for one in hair)
    assert abs(plain - worn) < 0.03


def test_light_is_calm_where_little_of_what_is_fine_counts() -> None:
    ball = _ball_on_a_block()
    bumps = torch.from_numpy(np.random.default_rng(0).random(ball.sigma.shape) < 0.5)
    light = HeadLight.of(replace(ball, sigma=torch.where(bumps, ball.sigma, 0.5 * ball.sigma)))
    around = np.linspace(-0.6, 0.6, 60)
    points = (0.18 * np.stack([np.sin(around), 0 * around, np.cos(around)], axis=1)).astype(np.float32)
    rough, calm = (light.light(points, light.normals(points, share), share) for share in (1.0, 0.0))
    assert np.abs(np.diff(calm)).mean() < 0.7 * np.abs(np.diff(rough)).mean()


def test_light_of_no_strength_is_none() -> None:
    light, frame = HeadLight.of(_ball_on_a_block()), _frame("skin", "neck")
    assert with_head_light(frame, light, 0.0) is frame
    assert with_head_light(replace(frame, labels=None), light, 1.0).labels is None


def test_a_collar_is_cut_where_neck_and_cloth_ran_into_one_another() -> None:
    frame = _frame("neck", "cloth")
    drawn = with_clothing(frame)
    before, after = (np.abs(np.diff(one.rgb[:, 256].astype(float).mean(1))).max() for one in (frame, drawn))
    assert after > 3 * before
    far = np.abs(drawn.rgb[:200].astype(int) - frame.rgb[:200]).max()
    assert far < 12
    assert with_clothing(_frame("hair", "skin")).rgb.mean() == frame.rgb.mean()


def test_hair_ends_in_hairs() -> None:
    frame = _frame("hair", "skin")
    strands = plain_strands(1)
    drawn = with_hairline(frame, strands)
    row = np.argmax(frame.rgb[:, 256, 0] > 125) + 2
    across = [np.abs(np.diff(one.rgb[row].astype(float).mean(1))).mean() for one in (frame, drawn)]
    assert across[1] > across[0] + 1
    assert np.array_equal(drawn.rgb[:180], frame.rgb[:180])


def test_hair_that_hangs_over_skin_ends_in_tips() -> None:
    hanging, standing = _frame("hair", "skin"), _frame("skin", "hair")

    def ends(frame: Frame) -> float:
        """How far the ends of locks lie apart in height, pixels."""
        drawn = with_hairline(frame, plain_strands(1)).rgb[..., 0] > 125
        return float((drawn.argmax(0) if drawn[-1, 0] else (~drawn).argmax(0)).std())

    assert ends(hanging) > 1.5
    assert ends(hanging) > 3 * ends(standing)


def test_hair_is_whole_inside_its_outline() -> None:
    frame = _frame("hair", "hair")
    alpha = np.zeros((4 * SIDE, 4 * SIDE), np.float32)
    cv2.circle(alpha, (256, 256), 180, (1.0,), -1, cv2.LINE_AA)
    hazy = alpha.copy()
    hazy[200:230, 200:230], hazy[300:310, 300:310] = 0.6, 0.0
    rgb = (90 * hazy[..., None] + 255 * (1 - hazy[..., None])).repeat(3, 2).astype(np.uint8)
    drawn = with_whole_hair(replace(frame, rgb=rgb, alpha=hazy))
    assert drawn.alpha[170:340, 170:340].min() > 0.97
    assert np.abs(drawn.rgb[170:340, 170:340].astype(int) - 90).max() < 12
    assert np.array_equal(drawn.alpha[:70], alpha[:70])
    bald = replace(frame, rgb=rgb, alpha=hazy, labels=np.full((SIDE, SIDE), PARTS.index("skin"), np.uint8))
    assert np.array_equal(with_whole_hair(bald).alpha, hazy)


@pytest.mark.parametrize(("side_px", "closes"), [(14, True), (40, False)])
def test_a_tiny_opening_between_hair_and_neck_closes_and_a_gap_stays(side_px: int, closes: bool) -> None:
    frame = _frame("hair", "neck")
    alpha = np.ones((4 * SIDE, 4 * SIDE), np.float32)
    first = 2 * SIDE - side_px // 2
    alpha[first : first + side_px, first : first + side_px] = 0
    rgb = np.where(alpha[..., None] > 0, frame.rgb, 255).astype(np.uint8)
    drawn = with_whole_hair(replace(frame, rgb=rgb, alpha=alpha))
    assert (drawn.alpha[2 * SIDE, 2 * SIDE] > 0.9) == closes
    assert (drawn.rgb[2 * SIDE, 2 * SIDE].max() < 210) == closes


def test_curls_run_nowhere_and_are_the_same_from_elsewhere() -> None:
    frame = replace(_frame("hair", "hair"), rgb=np.full((4 * SIDE, 4 * SIDE, 3), 90, np.uint8))
    strands = plain_strands(1, curl=0.01)
    drawn = with_curls(frame, strands).rgb.astype(float).mean(2)[100:400, 100:400]
    down, across = np.abs(np.diff(drawn, axis=0)).mean(), np.abs(np.diff(drawn, axis=1)).mean()
    assert drawn.std() > 10
    assert 0.75 < down / across < 1.33
    assert with_curls(frame, plain_strands(1)) is frame
    points = np.random.default_rng(0).uniform(-0.2, 0.2, (50, 3))
    assert np.array_equal(hair_at(points, strands), hair_at(points, plain_strands(2, curl=0.01)))
