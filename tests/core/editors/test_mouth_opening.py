"""The inside of an opened mouth: there only when lips part, between them, with teeth where there were none."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.editors.mouth_opening import LOWER, UPPER, held_open, mouth_inside
from core.frame import Frame, Quality
from core.mask import PARTS
from core.rendering.mouth_inside import with_mouth_inside
from core.warped_field import Warp

LIPS_Y, DROP = -0.1, 0.03
FRONT = Camera.orbit()


def _landmarks(parted: float = 0.0) -> torch.Tensor:
    """A face mesh of which only the lips matter: a straight mouth, its lips so far apart in the middle."""
    points = torch.zeros(468, 3)
    x = torch.linspace(-0.035, 0.035, len(UPPER))
    bow = parted / 2 * (1 - (x / 0.035).square())
    for names, side in ((UPPER, 1), (LOWER, -1)):
        points[list(names)] = torch.stack([x, LIPS_Y + side * bow, torch.full_like(x, 0.2)], dim=1)
    return points


def _dropping(drop: float) -> Warp:
    """Everything below the mouth moves down."""
    moves = torch.zeros(3, 21, 81, 21)
    moves[1, :, torch.linspace(-0.3, 0.1, 81) < LIPS_Y - 0.004] = -drop
    return Warp(moves, (-0.2, -0.3, -0.1), (0.2, 0.1, 0.4))


def test_teeth_that_were_seen_are_not_pressed_and_closed_lips_may_be() -> None:
    rising = _dropping(-0.012)
    assert held_open(_landmarks(), rising) is None
    assert held_open(_landmarks(0.03), _dropping(0.012)) is None  # lips that part are no matter
    held = held_open(_landmarks(0.03), rising)
    assert held is not None
    after, marks = replace(rising, shift=held), _landmarks(0.03)
    upper, lower = (marks[names[5], 1] + after.shift_at(marks[[names[5]]])[0, 1] for names in (UPPER, LOWER))
    assert float(upper - lower) > 0.03 - 0.004


def _face() -> Frame:
    depth = np.full((128, 128), FRONT.radius - 0.2, np.float32)
    labels = np.full((128, 128), PARTS.index("lips"), np.uint8)
    rgb = np.full((256, 256, 3), 170, np.uint8)
    return Frame(rgb, np.ones((256, 256), np.float32), depth, labels, FRONT, Quality.NEAR)


def _middle(frame: Frame, share: float) -> float:
    """Mean colour in the middle of the opening: 0 is below the upper lip, 1 above the lower one."""
    u, v = FRONT.project([[0.004, LIPS_Y - share * DROP, 0.2]])[0][0] * 256
    return float(frame.rgb[int(v) - 1 : int(v) + 2, int(u) - 1 : int(u) + 2].mean())


@pytest.mark.parametrize("drop", [0.0, 0.002])
def test_lips_that_stay_together_hide_what_is_inside(drop: float) -> None:
    assert mouth_inside(_landmarks(), _dropping(drop), 1.0) is None


def test_a_closed_mouth_opens_on_teeth_and_darkness() -> None:
    mouth = mouth_inside(_landmarks(), _dropping(DROP), 1.0)
    assert mouth is not None
    assert mouth.teeth
    opened = with_mouth_inside(_face(), mouth)
    assert _middle(opened, 0.2) > 140
    assert _middle(opened, 0.55) < 70
    assert opened.labels is not None
    assert (opened.labels == PARTS.index("mouth")).any()
    assert np.array_equal(opened.rgb[:100], _face().rgb[:100])


def test_a_mouth_that_showed_its_teeth_keeps_them() -> None:
    mouth = mouth_inside(_landmarks(parted=0.012), _dropping(DROP), 1.0)
    assert mouth is not None
    assert not mouth.teeth
    opened = with_mouth_inside(_face(), mouth)
    assert _middle(opened, -0.05) == 170
    assert _middle(opened, 0.7) < 90


def test_what_stands_before_a_mouth_hides_it() -> None:
    mouth = mouth_inside(_landmarks(), _dropping(DROP), 1.0)
    assert mouth is not None
    hand = replace(_face(), depth=np.full((128, 128), FRONT.radius - 0.3, np.float32))
    assert np.array_equal(with_mouth_inside(hand, mouth).rgb, hand.rgb)
