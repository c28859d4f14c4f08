from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from app import jobs
from app.jobs import Door, Gate, Job, JobQueue
from core.errors import Abandoned, Cancelled, PhotoError, VoltefaceError
from core.progress import Progress, Report
from widgets.values import JobState

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

MakeQueue = Callable[..., JobQueue]


@pytest.fixture
def make_queue(qapp: object) -> Iterator[MakeQueue]:
    made: list[JobQueue] = []

    def make(**options: object) -> JobQueue:
        made.append(JobQueue("test", **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for queue in made:
        queue.close()


@pytest.mark.parametrize("run_inline", [True, False])
def test_a_job_reports_and_ends_in_the_main_thread(make_queue: MakeQueue, qtbot: QtBot, run_inline: bool) -> None:
    queue = make_queue(run_inline=run_inline)
    seen: list[tuple[str, bool]] = []
    main = threading.current_thread()

    def note(name: str) -> None:
        seen.append((name, threading.current_thread() is main))

    def work(report: Report) -> int:
        report(Progress(1, 2, "half"))
        note("work")
        return 42

    queue.submit(
        Job(
            "answer", work, done=lambda value: note(f"done {value}"), progressed=lambda progress: note(progress.message)
        )
    )
    qtbot.waitUntil(lambda: len(seen) == 3, timeout=5000)
    assert {name for name, _ in seen} == {"half", "work", "done 42"}
    assert all(in_main for name, in_main in seen if name != "work")
    assert not queue.is_busy()


def test_an_error_becomes_a_sentence_and_the_next_job_runs(make_queue: MakeQueue, qtbot: QtBot) -> None:
    queue = make_queue()
    errors: list[VoltefaceError] = []
    done: list[object] = []

    def broken(_report: Report) -> None:
        raise PhotoError("empty", "copy")

    queue.submit(Job("broken", broken, failed=errors.append))
    queue.submit(Job("sound", lambda _report: "fine", done=done.append))
    qtbot.waitUntil(lambda: done == ["fine"], timeout=5000)
    assert [str(error) for error in errors] == ["empty copy"]


def test_stop_ends_a_running_job_at_its_next_step_and_a_queued_one_at_once(make_queue: MakeQueue, qtbot: QtBot) -> None:
    queue = make_queue()
    cancelled: list[str] = []
    begun = threading.Event()

    def endless(report: Report) -> None:
        step = 0
        while True:
            step += 1
            report(Progress(step, 0, "searching"))
            begun.set()
            time.sleep(0.005)

    first = queue.submit(Job("first", endless, cancelled=lambda: cancelled.append("first"), keeps_best=True))
    second = queue.submit(Job("second", endless, cancelled=lambda: cancelled.append("second")))
    qtbot.waitUntil(begun.is_set, timeout=5000)
    qtbot.waitUntil(lambda: queue.views()[0].message == "searching", timeout=5000)
    assert [view.state for view in queue.views()] == [JobState.RUNNING, JobState.QUEUED]
    assert queue.views()[0].keeps_best
    queue.stop(second)
    queue.stop(first)
    qtbot.waitUntil(lambda: cancelled == ["first", "second"], timeout=5000)


@pytest.mark.parametrize("abandon", [False, True])
def test_a_job_is_told_whether_its_best_is_wanted_when_it_is_stopped(
    make_queue: MakeQueue, qtbot: QtBot, abandon: bool
) -> None:
    queue = make_queue()
    ended: list[str] = []

    def work(report: Report) -> str:
        try:
            while True:
                report(Progress(0, 0, "searching"))
                time.sleep(0.005)
        except Cancelled:
            ended.append("best")
            return "best"
        except Abandoned:
            ended.append("nothing")
            raise

    key = queue.submit(
        Job("x", work, done=lambda value: ended.append(f"done {value}"), cancelled=lambda: ended.append("cancelled"))
    )
    qtbot.waitUntil(lambda: queue.views()[0].message == "searching", timeout=5000)
    queue.stop(key, abandon=abandon)
    wanted = ["nothing", "cancelled"] if abandon else ["best", "done best"]
    qtbot.waitUntil(lambda: ended == wanted, timeout=5000)


def test_close_stops_the_thread_and_nothing_is_called_back(make_queue: MakeQueue, qtbot: QtBot) -> None:
    queue = make_queue()
    called: list[object] = []
    begun = threading.Event()

    def work(report: Report) -> None:
        while True:
            begun.set()
            report(Progress(0, 0, "x"))
            time.sleep(0.005)

    queue.submit(Job("x", work, done=called.append, cancelled=lambda: called.append("cancelled")))
    qtbot.waitUntil(begun.is_set, timeout=5000)
    queue.close()
    qtbot.wait(50)
    assert called == []


def test_the_gate_holds_a_job_that_yields_and_stop_passes_it(make_queue: MakeQueue, qtbot: QtBot) -> None:
    gate = Gate()
    queue = make_queue(gate=gate)
    steps: list[int] = []

    def work(report: Report) -> None:
        for step in range(1000):
            report(Progress(step, 0, "x"))
            steps.append(step)
            time.sleep(0.001)

    gate.hold(0.4)
    started = time.monotonic()
    ended: list[float] = []
    key = queue.submit(Job("x", work, yields=True, cancelled=lambda: ended.append(time.monotonic())))
    qtbot.wait(150)
    assert steps == []
    qtbot.waitUntil(lambda: bool(steps), timeout=5000)
    assert time.monotonic() - started >= 0.4
    gate.hold(2.0)
    queue.stop(key)
    qtbot.waitUntil(lambda: bool(ended), timeout=5000)


def test_the_gate_opens_for_good(qapp: object) -> None:
    gate = Gate()
    gate.hold(2.0)
    gate.release()
    started = time.monotonic()
    gate.wait(lambda: False)
    assert time.monotonic() - started < 0.5


def test_the_door_leads_to_the_main_thread(qtbot: QtBot) -> None:
    door = Door()
    threads: list[threading.Thread] = []
    other = threading.Thread(target=lambda: door.post(lambda: threads.append(threading.current_thread())))
    other.start()
    other.join()
    qtbot.waitUntil(lambda: bool(threads), timeout=5000)
    assert threads == [threading.main_thread()]


def test_a_job_that_cannot_be_interrupted_is_not_waited_for_for_ever(
    qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    del qapp
    monkeypatch.setattr(jobs, "MILLISECONDS_TO_STOP", 50)
    monkeypatch.setattr(jobs.log, "disabled", True)
    queue, begun, may_end = JobQueue("stubborn"), threading.Event(), threading.Event()

    def work(_report: Report) -> None:
        begun.set()
        may_end.wait(10)

    queue.submit(Job(title="Stubborn", work=work))
    assert begun.wait(10)
    assert not queue.close(), "the caller has to know that a thread runs on"
    may_end.set()
    monkeypatch.setattr(jobs, "MILLISECONDS_TO_STOP", 8_000)
    assert queue.close()
