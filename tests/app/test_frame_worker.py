from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.frame_worker import FrameResult, FrameWorker
from core.camera import Camera
from core.errors import DeviceError, VoltefaceError
from core.frame import Frame, Quality

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot


class Drawer:
    """A renderer whose levels take as long as told; polls `stale` every five milliseconds."""

    def __init__(self, milliseconds: tuple[float, float, float] = (60, 80, 200)) -> None:
        self.milliseconds = milliseconds
        self.drawn: list[tuple[float, Quality]] = []
        self.threads: set[str] = set()
        self.sizes: list[int | None] = []

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = lambda: None,
    ) -> Frame:
        self.sizes.append(size_px)
        self.threads.add(threading.current_thread().name)
        end = time.monotonic() + self.milliseconds[quality] / 1e3
        while time.monotonic() < end:
            stale()
            time.sleep(0.005)
        self.drawn.append((round(camera.yaw_radians, 3), quality))
        ones = np.ones((4, 4), dtype=np.float32)
        return Frame(np.zeros((4, 4, 3), dtype=np.uint8), ones, ones, None, camera, quality)


class Broken(Drawer):
    def render(self, *_args: object, **_options: object) -> Frame:
        raise DeviceError("The device is gone.")


@pytest.fixture
def worker(qapp: object) -> Iterator[FrameWorker]:
    made = FrameWorker()
    made.results = []  # type: ignore[attr-defined]
    made.frame_ready.connect(made.results.append)  # type: ignore[attr-defined]
    made.start()
    yield made
    assert made.stop()


def _results(worker: FrameWorker) -> list[FrameResult]:
    return worker.results  # type: ignore[attr-defined, no-any-return]


def _camera(yaw: float) -> Camera:
    return Camera.orbit(yaw)


def test_a_resting_camera_is_refined_level_by_level(worker: FrameWorker, qtbot: QtBot) -> None:
    drawer = Drawer()
    sequence = worker.request(drawer, 3, _camera(0.1), interactive=False)
    qtbot.waitUntil(lambda: len(_results(worker)) == 3, timeout=5000)
    assert [result.frame.quality for result in _results(worker)] == [0, 1, 2]
    assert {(result.sequence, result.revision) for result in _results(worker)} == {(sequence, 3)}
    assert [result.is_last for result in _results(worker)] == [False, False, True]
    assert drawer.threads == {"render"}
    assert drawer.sizes == [None, None, None]


def test_only_the_finest_picture_fills_the_screen(worker: FrameWorker, qtbot: QtBot) -> None:
    drawer = Drawer()
    worker.request(drawer, 1, _camera(0.1), interactive=False, full_px=896)
    qtbot.waitUntil(lambda: len(_results(worker)) == 3, timeout=5000)
    assert drawer.sizes == [None, None, 896]


def test_the_newest_camera_wins_and_dragging_never_starves(worker: FrameWorker, qtbot: QtBot) -> None:
    drawer = Drawer()
    yaws = [step * 0.01 for step in range(60)]
    for yaw in yaws:
        worker.request(drawer, 1, _camera(yaw), interactive=True)
        qtbot.wait(10)
    qtbot.waitUntil(lambda: (round(yaws[-1], 3), Quality.PREVIEW) in drawer.drawn, timeout=5000)
    previews = [yaw for yaw, quality in drawer.drawn if quality == Quality.PREVIEW]
    assert 4 <= len(previews) < len(yaws)
    assert previews == sorted(previews)


def test_finer_levels_start_after_a_rest_and_give_way(worker: FrameWorker, qtbot: QtBot) -> None:
    drawer = Drawer((10, 20, 3000))
    worker.request(drawer, 1, _camera(0.1), interactive=True)
    qtbot.waitUntil(lambda: (0.1, Quality.NEAR) in drawer.drawn, timeout=5000)
    started = time.monotonic()
    qtbot.wait(200)  # the exact level is under way
    worker.request(drawer, 1, _camera(0.2), interactive=True)
    qtbot.waitUntil(lambda: any(yaw == 0.2 for yaw, _quality in drawer.drawn), timeout=5000)
    assert time.monotonic() - started < 1.0
    assert (0.1, Quality.EXACT) not in drawer.drawn


def test_a_fast_machine_drags_with_the_best_level(worker: FrameWorker, qtbot: QtBot) -> None:
    drawer = Drawer((1, 2, 3))
    worker.request(drawer, 1, _camera(0.1), interactive=False)
    qtbot.waitUntil(lambda: len(_results(worker)) == 3, timeout=5000)
    worker.request(drawer, 1, _camera(0.2), interactive=True)
    qtbot.waitUntil(lambda: len(_results(worker)) == 4, timeout=5000)
    assert _results(worker)[-1].frame.quality == Quality.EXACT


def test_the_finest_level_can_be_limited(worker: FrameWorker, qtbot: QtBot) -> None:
    drawer = Drawer((60, 60, 60))
    worker.request(drawer, 1, _camera(0.1), interactive=False, finest=Quality.NEAR)
    qtbot.waitUntil(lambda: len(_results(worker)) == 2, timeout=5000)
    qtbot.wait(100)
    assert [result.frame.quality for result in _results(worker)] == [0, 1]


def test_forget_drops_what_is_pending(worker: FrameWorker, qtbot: QtBot) -> None:
    drawer = Drawer((10, 1000, 1000))
    worker.request(drawer, 1, _camera(0.1), interactive=False)
    qtbot.waitUntil(lambda: bool(drawer.drawn), timeout=5000)
    worker.forget()
    qtbot.wait(100)
    assert [quality for _yaw, quality in drawer.drawn] == [Quality.PREVIEW]


def test_a_broken_renderer_is_told_and_the_worker_goes_on(worker: FrameWorker, qtbot: QtBot) -> None:
    errors: list[VoltefaceError] = []
    worker.failed.connect(errors.append)
    worker.request(Broken(), 1, _camera(0.1), interactive=False)
    qtbot.waitUntil(lambda: bool(errors), timeout=5000)
    worker.request(Drawer(), 2, _camera(0.2), interactive=False)
    qtbot.waitUntil(lambda: bool(_results(worker)), timeout=5000)
    assert _results(worker)[0].revision == 2


def test_a_view_that_is_there_is_not_replaced_by_a_coarser_one(worker: FrameWorker, qtbot: QtBot) -> None:
    drawer = Drawer((60, 60, 60))
    worker.request(drawer, 1, _camera(0.1), interactive=False, coarsest=Quality.NEAR)
    qtbot.waitUntil(lambda: len(_results(worker)) == 2, timeout=5000)
    assert [result.frame.quality for result in _results(worker)] == [1, 2]


def test_a_drag_does_not_wait_for_a_finer_level(worker: FrameWorker, qtbot: QtBot) -> None:
    drawer = Drawer((10, 3000, 3000))
    worker.request(drawer, 1, _camera(0.1), interactive=False, coarsest=Quality.NEAR)
    qtbot.wait(100)
    started = time.monotonic()
    worker.request(drawer, 1, _camera(0.2), interactive=True)
    qtbot.waitUntil(lambda: (0.2, Quality.PREVIEW) in drawer.drawn, timeout=5000)
    assert time.monotonic() - started < 1.0
