"""The stack of edits of the open document: every change of it is undoable, the head follows in the background.

New edits are tried before they are put on the stack, so what cannot be made leaves it as it was. All other changes are
made at once and the head follows (`edited_head`). An edit that cannot be made any more (its reference is gone, another
head wears no glasses) stays, says why, and is left out. Longer than usual: each wish of the panels is a few lines; what
a wish does to a head lives in `core.editors`.
"""

from __future__ import annotations

import dataclasses
import uuid
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

from app.commands import NEVER_MERGED
from app.edit_stack import with_changed, with_new
from app.edit_views import (
    edit_text,
    edit_views,
    new_slider_edit,
    paint_thumbnail,
    part_views,
    slider_edit,
    slider_title,
    slider_views,
)
from app.jobs import Job, JobQueue
from app.refining import Refining, problem_of, region_of
from core.edit import Paint, Recolour, RemovePart, Repair, Restyle, TakePart, shape_of, with_strength
from core.frame import Quality
from widgets.edit_values import FREE_PART, EditingView

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.choosing import Choosing
    from app.edited_head import EditedHead, Ready
    from app.engines import Engines
    from app.referencing import Referencing
    from app.session import Session
    from app.viewing import Viewing
    from core.edit import Edit
    from core.errors import VoltefaceError
    from core.frame import Frame
    from core.progress import Report
    from core.project import Project
    from core.style_pack import StylePack
    from widgets.edit_values import Drawing, Rgb, Strokes
    from widgets.studio_window import StudioWindow
    from widgets.values import Picture

ABSENT = "This head was made with a model, or a version of it, that is not here, so it cannot be edited."


class Editing(QObject):
    """Turns wishes of the editing panels into changes of the project, and shows the project in them."""

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        queue: JobQueue,
        engines: Engines,
        viewing: Viewing,
        choosing: Choosing,
        referencing: Referencing,
        head: EditedHead,
    ) -> None:
        super().__init__(window)
        self._head = head
        self._window = window
        self._session = session
        self._engines = engines
        self._viewing = viewing
        self._choosing = choosing
        self._referencing = referencing
        self._refining = Refining(window, session, queue, engines)
        self._refining.changed.connect(self.show_panels)
        self._wiping = False
        self._drag: tuple[str, int] = ("", NEVER_MERGED)
        self._refusal_of_clicks: str | None = None
        self._paint_pictures: dict[str, tuple[Picture, Picture]] = {}
        panels = window.editing
        panels.sliders_seen.connect(self._look_at_sliders)
        panels.part_taken.connect(self.take)
        panels.part_removed.connect(self.remove)
        panels.region_drawn.connect(self.draw)
        panels.part_coloured.connect(self.recolour)
        panels.painted.connect(self.paint)
        panels.slider_moved.connect(self.move_slider)
        panels.strength_moved.connect(self.move_strength)
        panels.fit_moved.connect(self.move_fit)
        panels.edit_switched.connect(self.switch)
        panels.edit_moved.connect(self.move)
        panels.edit_duplicated.connect(self.duplicate)
        panels.edit_deleted.connect(self.delete)
        panels.bare_toggled.connect(head.show_bare)
        panels.wipe_toggled.connect(self.wipe)
        session.opened.connect(self._forget)
        session.changed.connect(self.follow)
        referencing.changed.connect(self.show_panels)
        choosing.changed.connect(self.follow)
        head.told.connect(self.show_panels)

    # -- looking

    def wipe(self, on: bool) -> None:
        """Compare the head with what it was before its edits, with a divider to drag."""
        self._wiping = on
        project = self._session.project
        self._viewing.set_before(project.head if on and project is not None else None)

    # -- new edits: tried first

    def take(self, part: str, reference: str) -> None:
        """Let the head wear a part of a reference, in place of what it took or lost there."""
        waiting = self._refining.waiting(part)

        def added() -> None:
            self._refining.taken(part)
            self.show_panels()

        self._add(lambda key: TakePart(key=key, part=part, reference=reference, regions=waiting), over=added)

    def draw(self, drawing: Drawing) -> None:
        """Let what was drawn change the part that was taken; before one is, it waits."""
        problem = problem_of(drawing)
        if problem is not None:
            self._fail(problem)
            return
        worn = [
            one
            for one in self._edits()
            if isinstance(one, TakePart) and one.part == drawing.part and one.enabled and one.part != FREE_PART
        ]
        if worn:
            regions = (*worn[-1].regions, region_of(drawing))
            self._add(lambda _key: dataclasses.replace(worn[-1], regions=regions))
            return
        self._refining.keep(drawing)
        self._window.editing.parts.choose(drawing.part)
        self._window.show_message("Drawn. Now choose what to take it from.")

    def remove(self, part: str) -> None:
        """Take a part off."""
        self._add(lambda key: RemovePart(key=key, part=part))

    def repair(self, over: Callable[[], None] = lambda: None) -> None:
        """Make up again what no photo shows; `over` is called when that is done."""
        self._add(lambda key: Repair(key=key), over=over)

    def restyle(self, pack: StylePack, region: tuple[str, ...], strength: float, key: str | None) -> None:
        """Wear a style on some parts (none is everywhere); in place of the edit of that key, if there is one."""
        self._add(lambda new: Restyle(key=key or new, pack=pack, region=region, strength=strength))

    def recolour(self, part: str, rgb: Rgb) -> None:
        """Give a part another colour."""
        red, green, blue = (float(value) for value in rgb)
        self._add(lambda key: Recolour(key=key, part=part, rgb=(red, green, blue)))

    def paint(self, strokes: Strokes) -> None:
        """Lay paint on the head as it was seen."""
        frame, shape = strokes.frame, () if self._head.is_bare else shape_of(self._edits())

        def edit(key: str) -> Paint:
            return Paint(key=key, picture=strokes.picture, camera=frame.camera, depth=frame.depth, shape=shape)

        def first(made: Edit) -> Frame:
            """The view with the paint on, for as long as it takes to draw it."""
            from core.rendering.paint import painted

            assert isinstance(made, Paint)
            rgb = painted(frame.rgb, frame.alpha, frame.depth, frame.camera, (made,))
            return dataclasses.replace(frame, rgb=rgb, quality=Quality.PREVIEW)

        self._add(edit, first)

    # -- changes of the stack: made at once

    def move_slider(self, name: str, value: float, live: bool) -> None:
        """Follow a slider of the attributes panel; one that rests at nothing needs no edit."""
        project = self._session.project
        if project is None or project.head is None:
            return
        edit = slider_edit(project.edits, name)
        if edit is None and value == 0:
            return
        token = self._token(f"slider {name}", live=live)
        if edit is None:
            edits = (*project.edits, new_slider_edit(_new_key(), name, value))
        elif value == 0 and not live:
            edits = tuple(one for one in project.edits if one is not edit)
        else:
            edits = with_changed(project.edits, dataclasses.replace(edit, strength=value, enabled=True))
        self._change(f"Change {slider_title(name).lower()}", edits, token=token, live=live)

    def move_strength(self, key: str, strength: float, live: bool) -> None:
        """Follow the strength of an edit."""
        edit = self._edit(key)
        if edit is not None:
            token = self._token(f"strength {key}", live=live)
            text = f"Strength of {self._text(edit)}"
            self._change(text, with_changed(self._edits(), with_strength(edit, strength)), token=token, live=live)

    def move_fit(self, key: str, name: str, value: float, live: bool) -> None:
        """Follow the seam of a part that was taken, or how far its colours follow the head's."""
        edit = self._edit(key)
        if isinstance(edit, TakePart):
            seam, harmony = (value, edit.harmonise) if name == "seam" else (edit.seam, value)
            changed = dataclasses.replace(edit, seam=seam, harmonise=harmony)
            token = self._token(f"{name} {key}", live=live)
            text = f"{'Seam' if name == 'seam' else 'Colours'} of {self._text(edit)}"
            self._change(text, with_changed(self._edits(), changed), token=token, live=live)

    def switch(self, key: str, on: bool) -> None:
        """Let an edit count, or not."""
        edit = self._edit(key)
        if edit is not None:
            text = f"Switch {'on' if on else 'off'} {self._text(edit)}"
            self._change(text, with_changed(self._edits(), dataclasses.replace(edit, enabled=on)))

    def move(self, key: str, index: int) -> None:
        """Put an edit at another place of the stack."""
        edit = self._edit(key)
        if edit is not None:
            others = [one for one in self._edits() if one is not edit]
            others.insert(index, edit)
            self._change(f"Move {self._text(edit)}", tuple(others))

    def duplicate(self, key: str) -> None:
        """Put a copy of an edit on top of it."""
        edit = self._edit(key)
        if edit is not None:
            edits = list(self._edits())
            edits.insert(edits.index(edit) + 1, dataclasses.replace(edit, key=_new_key()))
            self._change(f"Duplicate {self._text(edit)}", tuple(edits))

    def delete(self, key: str) -> None:
        """Take an edit off the stack."""
        edit = self._edit(key)
        if edit is not None:
            self._change(f"Delete {self._text(edit)}", tuple(one for one in self._edits() if one is not edit))

    # -- following the project

    def _look_at_sliders(self, seen: bool) -> None:
        self._head.ready.face_wanted = seen
        self._head.go()

    def follow(self) -> None:
        """The project changed: show its edits, and fold them when they are not yet."""
        project = self._session.project
        if self._head.is_bare and (project is None or not project.edits):
            self._head.show_bare(False)
        self.show_panels()
        if self._wiping:
            self.wipe(True)  # the head may be another one now
        self._head.go()

    def show_panels(self) -> None:
        """Fill the panels."""
        project = self._session.project
        if project is None or project.head is None:
            refusal = "Once there is a head it can be edited here."
            self._window.set_editing(EditingView(refusal=refusal, slider_note=refusal))
            return
        absent = self._choosing.absence() is not None
        if self._refusal_of_clicks is None:
            self._refusal_of_clicks = self._engines.click_refusal()
        facts = self._head.ready.sliders_of(project.head.generator)
        folded = self._head.folded(project)
        note = ""
        if facts is not None and not facts:
            note = f"{self._choosing.title_of(project.head.generator)} knows no attributes, so it has no sliders."
        self._window.set_editing(
            EditingView(
                references=self._referencing.views(),
                parts=part_views(self._head.ready.coverage, drawn=self._refining.share),
                region=self._refining.region,
                click_refusal=self._refusal_of_clicks,
                sliders=slider_views(facts or (), project.edits, below_photo=bool(project.head.photos)),
                edits=tuple(
                    dataclasses.replace(view, thumbnail=self._paint_picture(edit)) if isinstance(edit, Paint) else view
                    for view, edit in zip(
                        edit_views(project, folded.problems if folded else {}, facts or ()), project.edits, strict=True
                    )
                ),
                refusal=ABSENT if absent else "",
                slider_note=ABSENT if absent else note,
                part_limit=self._head.ready.limit,
            )
        )

    def _forget(self) -> None:
        """Another document is open."""
        self._paint_pictures.clear()

    # -- inside

    def _add(
        self,
        make: Callable[[str], Edit],
        first: Callable[[Edit], Frame] | None = None,
        over: Callable[[], None] = lambda: None,
    ) -> None:
        """Try a new edit, and put it on the stack when it can be made.

        Args:
            make: makes it from its key; one of a known key takes the place of the edit that has it.
            first: knows how it looks at once.
            over: called when it is on the stack.
        """
        edit = make(_new_key())

        def job() -> Job | None:
            project = self._session.project
            if project is None or project.head is None:
                return None
            text, document = edit_text(edit, project), self._session.document
            wanted = dataclasses.replace(project, edits=with_new(project.edits, edit))

            def done(result: object) -> None:
                ready = cast("Ready", result)
                if first is not None:
                    ready = dataclasses.replace(ready, first=first(edit))
                if self._session.document == document and self._added(ready, project, edit, text):
                    over()

            def work(report: Report) -> Ready:
                return self._head.made(wanted, report=report)

            return Job(title=text, work=work, done=done, failed=self._fail)

        self._head.wish(job)

    def _added(self, ready: Ready, before: Project, edit: Edit, text: str) -> bool:
        project = self._session.project
        assert project is not None
        new = next((one for one in ready.folded.edits if one not in before.edits), edit)
        problem = ready.folded.problems.get(new.key)
        if problem is not None:
            self._fail(problem)
            return False
        edits = ready.folded.edits
        if project.edits != before.edits:  # something else was changed meanwhile
            edits = with_new(project.edits, edit)
        elif ready.folded.base is project.head:
            self._head.take(ready)
        if self._head.is_bare:
            self._head.show_bare(False)
        self._session.replace(text, edits=edits)
        return True

    def _change(self, text: str, edits: tuple[Edit, ...], *, token: int = NEVER_MERGED, live: bool = False) -> None:
        self._head.about_to_change(live=live)
        if self._session.project is not None and edits != self._session.project.edits:
            self._session.replace(text, token=token, edits=edits)
        else:
            self._head.go()  # a drag that ends where it was: its last sketch becomes a head

    def _token(self, drag: str, *, live: bool) -> int:
        """One number for all changes of a drag, so that they are undone together."""
        known, token = self._drag
        if known != drag:
            token = self._session.new_token()
        self._drag = (drag, token) if live else ("", NEVER_MERGED)
        return token

    def _edits(self) -> tuple[Edit, ...]:
        return self._session.project.edits if self._session.project is not None else ()

    def _edit(self, key: str) -> Edit | None:
        return next((one for one in self._edits() if one.key == key), None)

    def _text(self, edit: Edit) -> str:
        text = edit_text(edit, self._session.project)
        return text[:1].lower() + text[1:]

    def _paint_picture(self, edit: Paint) -> Picture:
        known = self._paint_pictures.get(edit.key)
        if known is None or known[0] is not edit.picture:
            known = edit.picture, paint_thumbnail(edit.picture)
            self._paint_pictures[edit.key] = known
        return known[1]

    def _fail(self, error: VoltefaceError) -> None:
        self._window.show_error(error.message, error.hint)


def _new_key() -> str:
    return uuid.uuid4().hex[:12]
