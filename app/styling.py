"""Styles in the window: cards to wear, how far the person stays who they are, and prompts that are taught.

What is worn is an edit like any other, so it is undone, weakened and switched off like them; this adds the panel.
Prompts that are taught have a home of their own, `app.lessons`. Longer than usual: cards, prompts, the person's
likeness and the packs all answer one panel, and show themselves in one view of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer

from app.jobs import Job, JobQueue
from app.lessons import Lessons
from core.edit import Restyle, at_work
from widgets.style_values import StyleCard, StyleView, WornStyle

if TYPE_CHECKING:
    from pathlib import Path

    from app.choosing import Choosing
    from app.editing import Editing
    from app.engines import Engines
    from app.session import Session
    from app.viewing import Viewing
    from core.errors import VoltefaceError
    from core.progress import Progress, Report
    from core.project import Project
    from core.style_pack import StylePack
    from core.stylizers.identity import Likeness
    from widgets.studio_window import StudioWindow
    from widgets.values import Picture

LOOKING = "looking"
MIXED = 0.5
"""Strength of a style that is laid over another one."""
TRYING, TRIED_PX = "trying styles on", 160
SETTLED_MS = 1200
"""After a change of the styles, before it is looked who the person is now."""
TOLERANCE = 0.01
"""Beyond the floor, from which a locked style is weakened: it is found by halving."""
NO_HEAD = "Once there is a head it can be restyled here."
ABSENT = "This head was made with a model, or a version of it, that is not here, so it wears no styles."


class Styling(QObject):
    """Answers the style panel's wishes."""

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        queue: JobQueue,
        engines: Engines,
        viewing: Viewing,
        choosing: Choosing,
        editing: Editing,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._queue, self._engines = window, session, queue, engines
        self._viewing, self._choosing, self._editing = viewing, choosing, editing
        self._panel = window.style_panel
        self._packs: tuple[tuple[StylePack, bool], ...] | None = None
        self._reading = False
        self._cards: tuple[str, tuple[StyleCard, ...]] = ("", ())
        self._region = "everything"
        self._identity = ""
        self._likeness: Likeness | None = None
        self._floor, self._locked = 0.45, False
        self._tried: tuple[object, dict[str, Picture]] = (None, {})
        self._looked_at: tuple[object, ...] = ()
        self._suggestions: tuple[str, ...] = ()
        self._answer = ""
        self._lessons = Lessons(window, session, queue, editing)
        self._lessons.changed.connect(self._show)
        self._lessons.kept.connect(self._read)
        self._timer = QTimer(self, interval=SETTLED_MS, singleShot=True)
        self._timer.timeout.connect(self._look)
        self._trying = QTimer(self, interval=2 * SETTLED_MS, singleShot=True)
        self._trying.timeout.connect(self._try_on)
        panel = self._panel
        panel.worn.connect(self.wear)
        panel.taken_off.connect(editing.delete)
        panel.strength_moved.connect(editing.move_strength)
        panel.region_chosen.connect(self.choose_region)
        panel.kept_person.connect(self.keep_person)
        panel.floor_chosen.connect(self.choose_floor)
        panel.opened.connect(self._trying.start)
        panel.imported.connect(self.take_in)
        panel.exported.connect(self.write)
        panel.deleted.connect(self.forget)
        panel.prompted.connect(self.answer)
        session.opened.connect(self._forget_answer)
        session.changed.connect(self.follow)
        choosing.changed.connect(self.follow)
        self.follow()

    # -- what is worn

    def wear(self, name: str, mixed: bool) -> None:
        """Put a style on, in place of the one that is worn there, or over it."""
        from app.styling_road import REGIONS

        pack = next((pack for pack, _ in self._packs or () if pack.name == name), None)
        if pack is None:
            return
        self._answer = ""  # it was about other styles
        region = REGIONS[self._region]
        worn = [edit for edit in self._worn() if edit.region == region]
        strength = MIXED if mixed and worn else worn[-1].strength if worn else 1.0
        self._editing.restyle(pack, region, strength, None if mixed or not worn else worn[-1].key)

    def answer(self, prompt: str) -> None:
        """Put on the bundled styles that come nearest to a prompt, in place of those worn there; say which."""
        project, region = self._session.project, self._region
        if project is None or project.head is None:
            return

        def work(_report: Report) -> tuple[Project, str]:
            from app import styling_road

            found, answer = styling_road.prompted(project, prompt, region)
            return found, answer.sentence()

        def done(result: object) -> None:
            found, self._answer = cast("tuple[Project, str]", result)
            now = self._session.project
            if now is not None and now.edits == project.edits:
                self._session.replace("Wear a prompt", edits=found.edits)
            self._show()

        def failed(error: VoltefaceError) -> None:
            self._answer = f"{error.message} {error.hint}"
            self._show()

        self._answer = "Reading the prompt…"
        self._show()
        self._at_once(Job(title="Reading the prompt", work=work, done=done, failed=failed, shown=False))

    def _at_once(self, job: Job) -> None:
        """What the person waits for comes before cards that are tried on; those go on later."""
        self._queue.stop(TRYING)
        self._queue.submit(job)
        self._trying.start()

    def choose_region(self, region: str) -> None:
        """Where the next style is put on; a single style that is worn goes there."""
        from app.styling_road import REGIONS

        self._region = region
        worn = self._worn()
        if len(worn) == 1 and worn[0].region != REGIONS[region]:
            self._editing.restyle(worn[0].pack, REGIONS[region], worn[0].strength, worn[0].key)
        self._show()

    def keep_person(self) -> None:
        """Weaken the styles until the person is who they are."""
        project = self._session.project
        if project is None or not self._worn():
            return
        floor = self._floor

        def work(report: Report) -> Project:
            from app import style_looks

            return style_looks.held_back(project, floor, report)

        def done(result: object) -> None:
            found, now = cast("Project", result), self._session.project
            if now is not None and now.edits == project.edits and found.edits != project.edits:
                self._session.replace("Keep the person", edits=found.edits)
            elif found.edits == project.edits:
                self._window.show_message("The person is recognised as they are.")

        self._at_once(Job(title="Looking who it is", work=work, done=done, failed=self._fail))

    def choose_floor(self, floor: float, locked: bool) -> None:
        """How far a style may take the person from who they are, and whether it is held back by itself."""
        self._floor, self._locked = floor, locked
        self._hold()
        self._show()

    def _hold(self) -> None:
        """Weaken the styles where they are locked and the person got lost."""
        if self._locked and self._likeness is not None and self._likeness.mean > self._floor + TOLERANCE:
            self.keep_person()

    def follow(self) -> None:
        """The project changed."""
        project = self._session.project
        if self._bare() != self._tried[0]:
            self._trying.start()
        if project is not None and project.head is not None and self._packs is None and not self._reading:
            self._read()
        looked = tuple((edit.key, edit.strength, edit.region, edit.pack.name) for edit in self._worn())
        if looked != self._looked_at:
            self._looked_at, self._identity, self._likeness = looked, "", None
            if looked:
                self._timer.start()
        self._show()

    def _worn(self) -> tuple[Restyle, ...]:
        project = self._session.project
        edits = at_work(project.edits) if project is not None else ()
        return tuple(edit for edit in edits if isinstance(edit, Restyle))

    def _look(self) -> None:
        """Tell how far the styles take the person from who they are."""
        project, looked = self._session.project, self._looked_at
        if project is None or project.head is None or not self._worn() or self._choosing.absence() is not None:
            return

        def work(report: Report) -> Likeness:
            return self._engines.style_likeness(project, report)

        def done(result: object) -> None:
            if looked == self._looked_at:
                self._likeness = cast("Likeness", result)
                self._identity = _in_words(self._likeness)
                self._show()
                self._hold()

        self._queue.stop(LOOKING)  # the newest state counts
        self._queue.submit(Job(key=LOOKING, title="Looking who it is", work=work, done=done, shown=False, yields=True))

    # -- tried on

    def _bare(self) -> object:
        """What the head is without its styles."""
        project = self._session.project
        if project is None or project.head is None:
            return None
        return id(project.head), tuple(edit for edit in at_work(project.edits) if not isinstance(edit, Restyle))

    def _try_on(self) -> None:
        """Show on the cards what each style would make of the head that is open, where they are looked at."""
        project, bare = self._session.project, self._bare()
        if bare is None or bare == self._tried[0] or not self._panel.is_looked_at or not self._packs:
            return
        if project is None or project.head is None or self._choosing.absence() is not None:
            return
        if self._viewing.is_hurried:
            self._trying.start()  # another head is about to come
            return
        packs = [pack for pack, _ in self._packs if pack.is_for(project.head.generator)]
        self._tried = bare, {}
        pictures = self._tried[1]

        def work(report: Report) -> None:
            self._engines.style_pictures(project, packs, TRIED_PX, report)

        def progressed(progress: Progress) -> None:
            if progress.result is not None and self._tried[1] is pictures:
                name, picture = cast("tuple[str, Picture]", progress.result)
                pictures[name] = picture
                self._panel.show_picture(name, picture)

        def again(_error: object = None) -> None:
            if self._tried[1] is pictures:
                self._tried = None, {}

        self._queue.stop(TRYING)
        job = Job(key=TRYING, title="Trying styles on", work=work, failed=again, cancelled=again, progressed=progressed)
        self._queue.submit(dataclasses.replace(job, shown=False, yields=True))

    # -- the packs

    def _read(self) -> None:
        self._reading = True

        def work(_report: Report) -> tuple[tuple[StylePack, bool], ...]:
            from app import pack_shelf, styling_road
            from core.errors import VoltefaceError as Refused
            from core.stylizers.prompt import suggestions

            found = []
            for place in pack_shelf.packs():
                # a damaged pack of one's own must not hide the others
                with contextlib.suppress(Refused):
                    found.append((pack_shelf.pack_named(place.name), not place.bundled))
            self._suggestions = suggestions()
            self._lessons.prior = styling_road.installed_prior()
            return tuple(found)

        def done(result: object) -> None:
            self._reading = False
            self._packs = cast("tuple[tuple[StylePack, bool], ...]", result)
            self._tried = None, {}
            self._trying.start()
            self._cards = ("", ())
            self._show()

        def failed(error: VoltefaceError) -> None:
            self._reading, self._packs = False, ()
            self._fail(error)

        self._queue.submit(Job(title="Reading styles", work=work, done=done, failed=failed, shown=False))

    def take_in(self, path: Path) -> None:
        """Make a pack in a file one's own."""

        def work(_report: Report) -> str:
            from app import pack_shelf

            return pack_shelf.import_pack(path).name

        self._at_once(
            Job(title=f"Importing {path.name}", work=work, done=lambda _name: self._read(), failed=self._fail)
        )

    def write(self, name: str, path: Path) -> None:
        """Write a pack to a file."""

        def work(_report: Report) -> None:
            from app import pack_shelf

            pack_shelf.export_pack(name, path)

        def done(_result: object) -> None:
            self._window.show_message(f"Saved {path}", 10)

        self._at_once(Job(title=f"Saving {path.name}", work=work, done=done, failed=self._fail))

    def forget(self, name: str) -> None:
        """Delete a pack of one's own; heads that wear it keep it."""

        def work(_report: Report) -> None:
            from app import pack_shelf

            pack_shelf.forget_pack(name)

        self._at_once(
            Job(title="Deleting a style", work=work, done=lambda _none: self._read(), failed=self._fail, shown=False)
        )

    # -- inside

    def _forget_answer(self) -> None:
        """Another document is open: nothing was asked of it."""
        self._answer = ""
        self._show()

    def _show(self) -> None:
        project = self._session.project
        head = project.head if project is not None else None
        refusal = NO_HEAD if head is None else ABSENT if self._choosing.absence() is not None else ""
        generator = head.generator if head is not None else ""
        if self._packs is not None and self._cards[0] != generator:
            self._cards = (
                generator,
                tuple(
                    _card(pack, self._tried[1].get(pack.name), own=own)
                    for pack, own in self._packs
                    if pack.is_for(generator)
                ),
            )
        self._panel.set_view(
            StyleView(
                cards=self._cards[1] if head is not None else (),
                worn=tuple(WornStyle(one.key, one.pack.name, one.pack.title, one.strength) for one in self._worn()),
                region=self._region,
                regions=("everything", "hair", "skin", "clothing"),
                identity=self._identity,
                distances=() if self._likeness is None else self._likeness.distances,
                floor=self._floor,
                locked=self._locked,
                suggestions=self._suggestions,
                answer=self._answer,
                presets=self._lessons.presets,
                teaching=self._lessons.view,
                refusal=refusal,
            )
        )

    def _fail(self, error: VoltefaceError) -> None:
        self._window.show_error(error.message, error.hint)


def _card(pack: StylePack, tried: Picture | None, *, own: bool) -> StyleCard:
    how = f"distilled, prompt “{pack.prompt}”" if pack.made == "distilled" else pack.made
    return StyleCard(
        pack.name,
        pack.title,
        f"{how[:1].upper()}{how[1:]}. {pack.licence}",
        pack.preview if tried is None else tried,
        own,
    )


def _in_words(likeness: Likeness) -> str:
    if not likeness.distances:
        return ""
    each = ", ".join(f"{value:.2f} at {yaw:+.0f}°" for yaw, value in likeness.distances)
    return f"Identity distance {likeness.mean:.2f} (dlib; one person is below 0.6): {each}"
