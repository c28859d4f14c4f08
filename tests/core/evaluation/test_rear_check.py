"""The hidden side: an intact head has no fault, a planted one is found, and the repair takes it away."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.edit import Repair, with_strength
from core.editors.fold import Folder
from core.editors.rear_repair import floating, hidden_weights, plausible_latents
from core.evaluation.rear_check import RearCheck, rear_check, rear_views
from core.frame import Quality
from core.grafted_field import Volume
from core.head import Head
from core.progress import silent
from core.rendering.renderer import HeadRenderer
from tests.core.evaluation.faulty import with_floater, with_second_face
from tests.core.rendering.balls import BallGenerator, ball_head
from tests.fakes import HALF_AXES, TinyGenerator, tiny_head

REPAIR = Repair(key="r")


def checked(head: Head) -> RearCheck:
    renderer = HeadRenderer(TinyGenerator(grid_nodes=64), head)
    return rear_check(rear_views(renderer, silent), renderer.grid())


def repaired(head: Head) -> Head:
    return Folder(TinyGenerator(grid_nodes=64), head, {}).folded((REPAIR,))


@pytest.fixture(scope="module")
def faulty() -> Head:
    return with_floater(with_second_face(tiny_head(1)))


def test_an_intact_head_has_no_fault() -> None:
    check = checked(tiny_head(1))
    assert check.is_clean
    assert check.to_json() == []
    assert check.in_words.startswith("No ")


def test_planted_faults_are_found_and_said_in_sentences(faulty: Head) -> None:
    check = checked(faulty)
    kinds = {finding.kind for finding in check.findings}
    assert {"parts", "floaters"} <= kinds
    assert all(finding.sentence.endswith(".") for finding in check.findings)
    (parts,) = (finding for finding in check.findings if finding.kind == "parts")
    assert "eyes" in parts.sentence
    assert "back of the head" in parts.sentence


def test_the_repair_takes_them_away_and_leaves_the_front(faulty: Head) -> None:
    whole = repaired(faulty)
    assert checked(whole).is_clean
    before, after = (
        HeadRenderer(TinyGenerator(grid_nodes=64), head).render(Camera.orbit(), Quality.NEAR)
        for head in (with_second_face(tiny_head(1)), whole)
    )
    assert np.abs(before.rgb.astype(int) - after.rgb).mean() < 0.5
    solid = (before.depth > 0) & (after.depth > 0)
    assert solid.sum() > 0.95 * (before.depth > 0).sum()
    assert np.abs(before.depth - after.depth)[solid].max() < 0.01


def test_a_repair_without_strength_is_none(faulty: Head) -> None:
    folder = Folder(TinyGenerator(grid_nodes=64), faulty, {})
    assert folder.folded((with_strength(REPAIR, 0.0),)) is faulty
    assert folder.folded((replace(REPAIR, enabled=False),)) is faulty


def test_what_is_hidden_lies_behind_and_inside_the_outline() -> None:
    grid = HeadRenderer(TinyGenerator(grid_nodes=64), tiny_head()).grid()
    volume = Volume(hidden_weights(grid, Camera.orbit()), grid.half_sides)
    depth = HALF_AXES[2]
    front, back, beside = volume.at(torch.tensor([[0.0, 0.03, depth], [0.0, 0.03, -depth], [0.25, 0.0, -depth]]))
    assert front == 0
    assert back == pytest.approx(1)
    assert beside == 0


def test_nothing_floats_about_a_whole_head(faulty: Head) -> None:
    assert not floating(HeadRenderer(TinyGenerator(grid_nodes=64), tiny_head()).grid()).any()
    assert floating(HeadRenderer(TinyGenerator(grid_nodes=64), faulty).grid()).any()


def test_a_generator_without_labels_is_repaired_too() -> None:
    ball, head = BallGenerator(), ball_head(BallGenerator())
    whole = Folder(ball, head, {}).folded((REPAIR,))
    frames = [HeadRenderer(ball, one).render(Camera.orbit(math.pi), Quality.NEAR) for one in (head, whole)]
    # the ball is its own mean head, so nothing may change
    assert np.abs(frames[0].depth - frames[1].depth).max() < 0.01
    assert np.abs(frames[0].rgb.astype(int) - frames[1].rgb).mean() < 6


def test_plausible_latents_lie_between_the_head_and_the_mean_one() -> None:
    tiny, head = TinyGenerator(), tiny_head(3)
    assert torch.equal(plausible_latents(tiny, head.latents, 1.0), head.latents)
    assert torch.equal(plausible_latents(tiny, head.latents, 0.0), tiny.mean_latents())
