"""`volteface bench`: the steps that a person waits for, in seconds and in near pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app import bench
from app.bench import LARGE_PX, YARDSTICK, Lap, Stopwatch, table
from app.command_line import main
from app.console import Console
from core.frame import Quality
from core.rendering.renderer import HeadRenderer
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.camera import Camera
    from core.frame import Frame


class Clock:
    """Time that passes only where a step says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def passing(self, seconds: float) -> Callable[[], float]:
        def step() -> float:
            self.now += seconds
            return self.now

        return step


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("app.bench.time.perf_counter", lambda: made.now)
    monkeypatch.setattr("app.bench.time.process_time", lambda: 2 * made.now)
    return made


def test_the_middle_one_of_the_times_counts_and_the_answer_is_the_last_ones(clock: Clock) -> None:
    watch = Stopwatch(Console(as_json=True))
    takes = iter((9.0, 1.0, 2.0))
    assert watch.lap("step", lambda: clock.passing(next(takes))(), 3) == 12
    assert watch.laps[0].seconds == pytest.approx(2)
    assert watch.laps[0].processor_seconds == pytest.approx(4)


def test_what_is_typed_is_answered_in_lines_and_in_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = (Lap("drag", 0.05, 0.08, 0.1), Lap(YARDSTICK, 0.5, 0.9, 1.0))
    monkeypatch.setattr(bench, "laps", lambda _console, whole: taken if whole else taken[1:])
    assert main(["bench", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["yardstick"] == YARDSTICK
    assert [lap["name"] for lap in answer["laps"]] == [YARDSTICK]
    assert main(["bench", "--whole"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == table(taken).splitlines()
    assert lines[1].split() == ["drag", "0.050", "0.080", "0.10"]


def test_pictures_are_taken_in_every_quality_and_never_twice_from_one_side(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = TinyGenerator(grid_nodes=32)
    renderer, asked = HeadRenderer(generator, tiny_head(1)), []
    render = renderer.render

    def noted(camera: Camera, quality: Quality, *, size_px: int | None = None) -> Frame:
        asked.append((camera, quality, size_px))
        return render(camera, quality, size_px=size_px)

    monkeypatch.setattr(renderer, "render", noted)
    watch = Stopwatch(Console(as_json=True))
    bench.measure_pictures(watch, renderer)
    assert {quality for _, quality, _ in asked} == set(Quality)
    assert len({tuple(camera.position) for camera, *_ in asked[2:]}) == len(asked) - 2
    assert YARDSTICK in {lap.name for lap in watch.laps}
    assert LARGE_PX in {size for *_, size in asked}
