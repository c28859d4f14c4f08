"""What the editing panels want to know of a head, and what its first edits will need: worked out while nobody waits."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, cast

from app.jobs import Job
from core.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.choosing import Choosing
    from app.edit_facts import SliderFacts
    from app.engines import Engines
    from app.folding import Folding
    from app.viewing import Viewing
    from core.errors import VoltefaceError
    from core.head import Head
    from core.progress import Report
    from core.project import Project

GETTING_READY, TRIED_BEFORE = "getting-ready", 3
"""Key of the job that works ahead, and the newest references whose hair is tried on while nothing else is wanted."""


class GettingReady:
    """Says what to do next while nothing is wanted, one job after the other, and keeps what they found.

    Attributes:
        finished: the head of which a finished picture was shown last.
        coverage: share of the head that each part has.
        limit: why not all can be done with its parts; empty where all can be done.
        face_wanted: sliders are looked at, so the first move of one is near.
    """

    def __init__(
        self,
        engines: Engines,
        viewing: Viewing,
        choosing: Choosing,
        folding: Folding,
        told: Callable[[], None],
        failed: Callable[[VoltefaceError], None],
    ) -> None:
        """Of a studio's parts; `told` is called when more is known, `failed` when something could not be found."""
        self.finished: Head | None = None
        self.coverage: Mapping[str, float] = {}
        self.limit = ""
        self.face_wanted = False
        self._engines, self._viewing, self._choosing, self._folding = engines, viewing, choosing, folding
        self._told, self._failed = told, failed
        self._sliders: dict[str, tuple[SliderFacts, ...]] = {}
        self._asked = ""
        self._covered: Head | None = None
        self._faced: Head | None = None
        self._prepared: tuple[Head | None, frozenset[str]] = (None, frozenset())

    def sliders_of(self, generator: str) -> tuple[SliderFacts, ...] | None:
        """The sliders of a generator's heads; None while nobody knows them."""
        return self._sliders.get(generator)

    def forget(self) -> None:
        """Another document is open."""
        self.finished = self._covered = self._faced = None
        self.coverage, self.limit = {}, ""
        self._prepared = (None, frozenset())

    def next_job(self, project: Project) -> Job | None:
        """What to do next for a project with a head; None where all is done."""
        assert project.head is not None
        if self._asked != project.head.generator:
            return self._slider_job(project.head.generator)
        if self.finished is None:
            return None
        if self.finished is not self._covered:
            return self._coverage_job(self.finished)
        lacking = self._unprepared(project)
        if lacking is not None:
            return self._preparing_job(project, lacking)
        return self._face_job(project) if self.face_wanted and self._faced is not project.head else None

    def _slider_job(self, generator: str) -> Job:
        self._asked = generator

        def done(result: object) -> None:
            self._sliders[generator] = cast("tuple[SliderFacts, ...]", result)
            self._told()

        return Job(
            title="Reading attributes",
            work=lambda _report: self._engines.sliders_of(generator),
            done=done,
            failed=self._failed,
            shown=False,
        )

    def _coverage_job(self, head: Head) -> Job | None:
        renderer = self._viewing.known_renderer(head)
        if renderer is None:
            return None
        known = renderer
        self._covered = head

        def done(result: object) -> None:
            if self._covered is head:
                self.coverage, self.limit = cast("tuple[Mapping[str, float], str]", result)
                self._told()

        return Job(
            title="Finding parts",
            work=lambda _report: (self._engines.coverage_of(known), self._engines.part_limit_of(known)),
            done=done,
            failed=self._failed,
            shown=False,
        )

    def _unprepared(self, project: Project) -> tuple[str, ...] | None:
        """Whose hair is to be tried next; nobody's where the head comes first, None when all is done."""
        head, known = self._prepared
        newest = [one.key for one in reversed(project.references[-TRIED_BEFORE:])]
        if newest and head is not project.head:
            return ()
        return next(((key,) for key in newest if key not in known), None)

    def _preparing_job(self, project: Project, references: tuple[str, ...]) -> Job:
        """While nothing else is wanted: what the first take will need. A wish stops it."""
        assert project.head is not None
        head, half = project.head, self._choosing.economy_of(project.head.generator).half

        def done(_result: object = None) -> None:
            known = self._prepared[1] if self._prepared[0] is head else frozenset()
            self._prepared = (head, known.union(references))

        def prepare(stale: Callable[[], None]) -> None:
            self._folding.prepare(project, references, half=half, stale=stale)

        return _ahead(prepare, done)

    def _face_job(self, project: Project) -> Job:
        """While nothing else is wanted: where the face is that sliders bend."""
        assert project.head is not None
        self._faced, half = project.head, self._choosing.economy_of(project.head.generator).half
        return _ahead(lambda stale: self._folding.prepare_face(project, half=half, stale=stale))


def _ahead(prepare: Callable[[Callable[[], None]], None], done: Callable[[object], None] = lambda _result: None) -> Job:
    """A job that a wish stops; whoever wishes for what could not be prepared will be told what is wrong."""

    def work(report: Report) -> None:
        steps = itertools.count(1)
        prepare(lambda: report(Progress(next(steps), 0, "Getting ready")))

    return Job(key=GETTING_READY, title="Getting ready", work=work, done=done, failed=done, shown=False)
