"""Background work: one thread, a queue, progress, cancel, and one door back to the main thread.

A `JobQueue(run_inline=True)` runs each job inside `submit`, which is how tests drive the whole studio without waiting.
"""

from __future__ import annotations

import collections
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThread, Signal

from app.outcome import Outcome, attempt
from core.errors import Abandoned, Cancelled, VoltefaceError
from core.spare_memory import give_back
from widgets.values import JobState, JobView

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.progress import Progress, Report

log = logging.getLogger(__name__)

MILLISECONDS_TO_STOP = 8_000
LONGEST_HOLD_SECONDS = 2.0
LONG_SECONDS = 1.0
"""Work that took longer has left memory behind."""


class Door(QObject):
    """The one way back to the main thread: a callable put in at any thread runs in the thread that made the door."""

    _passed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._passed.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Run `call` in the main thread, soon."""
        self._passed.emit(call)

    @staticmethod
    def _run(call: Callable[[], None]) -> None:
        call()


class Gate:
    """Lets background work step aside while the user drags: it waits here between two of its steps."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held_until = 0.0
        self._open = True

    def hold(self, seconds: float) -> None:
        """Keep the gate shut for at least `seconds` from now."""
        with self._changed:
            self._held_until = max(self._held_until, time.monotonic() + min(seconds, LONGEST_HOLD_SECONDS))

    def release(self) -> None:
        """Open the gate for good: the window closes."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def wait(self, give_up: Callable[[], bool]) -> None:
        """Return when the gate is open, or when `give_up()` says that waiting is pointless."""
        with self._changed:
            while self._open and not give_up() and (left := self._held_until - time.monotonic()) > 0:
                self._changed.wait(left)


@dataclass(frozen=True)
class Job:
    """One piece of background work and what the main thread does with what comes back.

    `work` gets the report to call between steps; the report raises `Cancelled` after a stop, and `Abandoned` after one
    that wants nothing of the job.
    `keeps_best` says that stopping is a way to finish: what was reported before stays.
    `yields` says that the job waits at the gate while the user drags.
    """

    title: str
    work: Callable[[Report], object]
    done: Callable[[object], None] = lambda _result: None
    failed: Callable[[VoltefaceError], None] = lambda _error: None
    cancelled: Callable[[], None] = lambda: None
    progressed: Callable[[Progress], None] = lambda _progress: None
    key: str = ""
    keeps_best: bool = False
    yields: bool = False
    shown: bool = True


@dataclass
class _Entry:
    job: Job
    key: str
    stop: threading.Event = field(default_factory=threading.Event)
    is_abandoned: bool = False
    progress: Progress | None = None
    started: float = 0.0

    def view(self) -> JobView:
        progress = self.progress
        state = JobState.STOPPING if self.stop.is_set() else JobState.RUNNING if self.started else JobState.QUEUED
        return JobView(
            key=self.key,
            title=self.job.title,
            message=progress.message if progress else "",
            step=progress.step if progress else 0,
            total=progress.total if progress else 0,
            elapsed_seconds=time.monotonic() - self.started if self.started else 0.0,
            state=state,
            keeps_best=self.job.keeps_best,
        )


class JobQueue(QObject):
    """Runs jobs one after another in its own thread; every callback of a job runs in the main thread."""

    changed = Signal()

    def __init__(self, name: str, *, gate: Gate | None = None, run_inline: bool = False) -> None:
        super().__init__()
        self._name = name
        self._gate = gate or Gate()
        self._door = Door(self)
        self._entries: list[_Entry] = []
        self._count = 0
        self._mailbox: collections.deque[_Entry] = collections.deque()
        self._waiting = threading.Condition()
        self._closed = False
        self._thread = None if run_inline else _Loop(self._serve, name)
        if self._thread is not None:
            self._thread.start()

    def submit(self, job: Job) -> str:
        """Queue `job`; the key returned stops it."""
        self._count += 1
        entry = _Entry(job, job.key or f"{self._name}-{self._count}")
        self._entries.append(entry)
        self.changed.emit()
        if self._thread is None:
            self._finish(entry, self._perform(entry))
        else:
            with self._waiting:
                self._mailbox.append(entry)
                self._waiting.notify()
        return entry.key

    def stop(self, key: str, *, abandon: bool = False) -> None:
        """Ask the job to end at its next step; one that has not begun ends at once.

        Args:
            key: of the job.
            abandon: nobody wants the best it has, so it takes no time to finish that.
        """
        for entry in self._entries:
            if entry.key == key:
                entry.is_abandoned = entry.is_abandoned or abandon
                entry.stop.set()
        self.changed.emit()

    def stop_all(self) -> None:
        """Ask every job to end; nobody wants what they have."""
        for entry in self._entries:
            entry.is_abandoned = True
            entry.stop.set()
        self.changed.emit()

    def views(self) -> tuple[JobView, ...]:
        """What the job bar shows, the running job first."""
        return tuple(entry.view() for entry in self._entries if entry.job.shown)

    def is_busy(self) -> bool:
        """Whether anything runs or waits."""
        return bool(self._entries)

    def close(self) -> bool:
        """Stop everything and the thread; nothing is called back afterwards. Whether the thread ended in time."""
        self._closed = True
        self.stop_all()
        self._gate.release()
        with self._waiting:
            self._waiting.notify_all()
        ended = self._thread is None or self._thread.wait(MILLISECONDS_TO_STOP)
        if not ended:
            log.warning("the %s thread did not stop in time", self._name)
        return ended

    def _post(self, call: Callable[[], None]) -> None:
        if self._thread is None:
            call()
        else:
            self._door.post(lambda: None if self._closed else call())

    def _serve(self) -> None:
        while True:
            with self._waiting:
                self._waiting.wait_for(lambda: self._mailbox or self._closed)
                if self._closed:
                    return
                entry = self._mailbox.popleft()
            outcome = self._perform(entry)
            self._post(lambda entry=entry, outcome=outcome: self._finish(entry, outcome))  # type: ignore[misc]

    def _perform(self, entry: _Entry) -> Outcome[object]:
        entry.started = time.monotonic()

        def report(progress: Progress) -> None:
            self._post(lambda: self._progressed(entry, progress))
            if entry.job.yields:
                self._gate.wait(entry.stop.is_set)
            if entry.is_abandoned:
                raise Abandoned
            if entry.stop.is_set():
                raise Cancelled

        if entry.stop.is_set():
            return Outcome(cancelled=True)
        self._post(self.changed.emit)
        outcome = attempt(lambda: entry.job.work(report))
        if time.monotonic() - entry.started > LONG_SECONDS:
            give_back()
        return outcome

    def _progressed(self, entry: _Entry, progress: Progress) -> None:
        entry.progress = progress
        entry.job.progressed(progress)
        self.changed.emit()

    def _finish(self, entry: _Entry, outcome: Outcome[object]) -> None:
        self._entries.remove(entry)
        self.changed.emit()
        if outcome.error is not None:
            entry.job.failed(outcome.error)
        elif outcome.cancelled:
            entry.job.cancelled()
        else:
            entry.job.done(outcome.value)


class _Loop(QThread):
    """A QThread that runs one function; Qt then knows the thread and warns when it outlives its owner."""

    def __init__(self, serve: Callable[[], None], name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._serve = serve

    def run(self) -> None:
        """Run the function that was given."""
        threading.current_thread().name = self.objectName()
        self._serve()
