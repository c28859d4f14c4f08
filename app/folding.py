"""Edits become a head, as far as they can be made; what cannot is named and left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.editing_road import spoken_name
from core.edit import TakePart, at_work
from core.errors import VoltefaceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.edit import Edit
    from core.editors.fold import Folder
    from core.head import Head
    from core.project import Project
    from core.rendering.occupancy import FieldGrid


@dataclass(frozen=True, eq=False)
class Folded:
    """A head with edits.

    Attributes:
        base: the head without them.
        edits: those that it was asked for.
        references: key and head of those that the edits take from.
        head: with the edits that could be made.
        problems: why others could not, by key.
        is_sketch: it was made in a hurry, for as long as a slider is dragged.
    """

    base: Head
    edits: tuple[Edit, ...]
    references: tuple[tuple[str, Head], ...]
    head: Head
    problems: Mapping[str, VoltefaceError] = field(default_factory=dict)
    is_sketch: bool = False

    def is_of(self, project: Project) -> bool:
        """Whether this is the project's head with its edits."""
        if self.base is not project.head or self.edits != project.edits:
            return False
        used = used_references(project)
        return len(used) == len(self.references) and all(
            key == known and head is kept for (key, head), (known, kept) in zip(used, self.references, strict=True)
        )


class Folding:
    """Folds the edits of projects; keeps what the last one needed. Used by one thread at a time."""

    def __init__(
        self, folder_of: Callable[..., Folder], grid_of: Callable[[Head], FieldGrid | None] = lambda _head: None
    ) -> None:
        self._folder_of = folder_of
        self._grid_of = grid_of
        self._kept: tuple[Project, Folder] | None = None

    def prepare(
        self, project: Project, references: Sequence[str], *, half: bool = False, stale: Callable[[], None]
    ) -> None:
        """Get ready for the first take of anything, and of the hair of some references, by key."""
        self._folder(project, half=half).prepare(references, stale)

    def prepare_face(self, project: Project, *, half: bool = False, stale: Callable[[], None]) -> None:
        """Get ready for the first move of a slider."""
        self._folder(project, half=half).prepare_face(stale)

    def seen(self, folded: Folded) -> FieldGrid | None:
        """What is known of the density of a head that was folded last."""
        kept = self._kept
        return kept[1].seen(folded.head) if kept is not None and kept[0].head is folded.base else None

    def _folder(self, project: Project, *, half: bool) -> Folder:
        if self._kept is not None and _same_heads(self._kept[0], project):
            folder = self._kept[1]
            if self._kept[0].references is not project.references:
                # what it has worked out for other references stays good
                folder.know({one.key: one.head for one in project.references}, _titles(project))
        else:
            folder = self._folder_of(project, half=half, grid_of=self._grid_of)
        self._kept = (project, folder)
        return folder

    def folded(
        self,
        project: Project,
        *,
        half: bool = False,
        sketch: bool = False,
        stale: Callable[[], None] = lambda: None,
    ) -> Folded:
        """The head of a project with all edits that can be made.

        Args:
            project: has a head.
            half: as for `app.road.renderer_of`.
            sketch: a slider is dragged.
            stale: called between the steps of what takes long; raises `Cancelled`.
        """
        assert project.head is not None
        if not at_work(project.edits):
            return Folded(project.head, project.edits, used_references(project), project.head)
        folder = self._folder(project, half=half)
        head, problems = folded_if_possible(folder, project.edits, sketch=sketch, stale=stale)
        return Folded(project.head, project.edits, used_references(project), head, problems, sketch)


def _titles(project: Project) -> dict[str, str]:
    return {one.key: spoken_name(one.name) for one in project.references}


def folded_if_possible(
    folder: Folder, edits: Sequence[Edit], *, sketch: bool = False, stale: Callable[[], None] = lambda: None
) -> tuple[Head, dict[str, VoltefaceError]]:
    """The head with all edits that can be made, and why the others cannot, by key."""
    try:
        return folder.folded(edits, sketch=sketch, stale=stale), {}
    except VoltefaceError:
        pass
    kept: list[Edit] = []
    problems: dict[str, VoltefaceError] = {}
    for edit in at_work(edits):
        try:
            folder.folded([*kept, edit], sketch=sketch, stale=stale)
        except VoltefaceError as error:
            problems[edit.key] = error
        else:
            kept.append(edit)
    return folder.folded(kept, sketch=sketch, stale=stale), problems


def used_references(project: Project) -> tuple[tuple[str, Head], ...]:
    """Key and head of the references that edits take from."""
    wanted = {edit.reference for edit in project.edits if isinstance(edit, TakePart)}
    return tuple((one.key, one.head) for one in project.references if one.key in wanted)


def _same_heads(one: Project, other: Project) -> bool:
    """Whether both have one head, and one head for each key of a reference that both know."""
    known = {reference.key: reference.head for reference in one.references}
    return one.head is other.head and all(known.get(new.key, new.head) is new.head for new in other.references)
