"""Pictures for drags: one in time while a hand drags, all around when it rests, none when nobody can use them."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import pytest

from app.engines import Engines
from app.looking_round import NEAR_RADIANS, LookingRound, around
from core.camera import Camera
from core.frame import Frame, Quality
from tests.app.test_frame_worker import Drawer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from core.protocols import Renderer


class Keeper(Drawer):
    """Remembers where it has finished pictures from."""

    def __init__(self, milliseconds: float = 20) -> None:
        super().__init__((1, milliseconds, 1))
        self.seen: list[Camera] = []

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = lambda: None,
    ) -> Frame:
        frame = super().render(camera, quality, size_px=size_px, stale=stale)
        self.seen.append(camera)
        return frame


def _seen_from(renderer: Renderer | None) -> list[Camera] | None:
    return list(renderer.seen) if isinstance(renderer, Keeper) else None


@pytest.fixture
def looking(qapp: QApplication) -> Iterator[LookingRound]:
    made = LookingRound(dataclasses.replace(Engines(), seen_from=_seen_from), lambda: None, qapp)
    yield made
    assert made.close()


def test_a_head_at_rest_is_seen_from_everywhere(looking: LookingRound, qtbot: QtBot) -> None:
    keeper, front = Keeper(), Camera.orbit(0.2, 0.1)
    keeper.seen.append(front)
    looking.rested(keeper, front)
    qtbot.waitUntil(lambda: len(keeper.seen) == 1 + len(around(front)), timeout=5000)
    assert {quality for _yaw, quality in keeper.drawn} == {Quality.NEAR}
    for yaw in range(-180, 180, 5):
        camera = Camera.orbit(math.radians(yaw), 0.1)
        assert any(camera.forward @ seen.forward >= math.cos(NEAR_RADIANS) for seen in keeper.seen), yaw
    away = [math.acos(min(1.0, float(front.forward @ seen.forward))) for seen in keeper.seen]
    assert away == pytest.approx(sorted(away)), "the nearest come first"
    qtbot.wait(100)
    looking.rested(keeper, front)
    qtbot.wait(100)
    assert len(keeper.seen) == 1 + len(around(front)), "all is known already"


def test_a_drag_into_the_unknown_gets_a_picture_whatever_follows(looking: LookingRound, qtbot: QtBot) -> None:
    keeper = Keeper(150)
    for step in range(12):
        looking.dragged(keeper, Camera.orbit(0.02 * step))
        qtbot.wait(20)
    qtbot.waitUntil(lambda: len(keeper.seen) > 0, timeout=5000)
    qtbot.wait(250)
    assert len(keeper.seen) <= 2
    looking.dragged(keeper, Camera.orbit(0.25))
    qtbot.wait(200)
    assert len(keeper.seen) <= 2, "it is known from near here"


def test_what_is_around_waits_while_something_else_happens(looking: LookingRound, qtbot: QtBot) -> None:
    keeper, front = Keeper(100), Camera.orbit()
    keeper.seen.append(front)
    looking.rested(keeper, front)
    qtbot.wait(30)
    looking.rest()
    qtbot.wait(250)
    assert keeper.seen == [front]


def test_who_keeps_no_pictures_is_left_alone(looking: LookingRound, qtbot: QtBot) -> None:
    drawer = Drawer((1, 1, 1))
    looking.rested(drawer, Camera.orbit())
    looking.dragged(drawer, Camera.orbit())
    qtbot.wait(100)
    assert drawer.drawn == []
