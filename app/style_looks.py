"""What styles do to a head, looked at: how far they take the person from who they are, and how each would look."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app import editing_road, road
from app.styling_road import without_styles
from core.edit import Restyle, at_work
from core.progress import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.edit import Edit
    from core.progress import Report
    from core.project import Project
    from core.rendering.renderer import HeadRenderer
    from core.style_pack import StylePack
    from core.stylizers.identity import Likeness


def likeness_of(project: Project, report: Report = silent) -> Likeness:
    """How far the styles of a project take the person from who they are: dlib's distance at five yaws."""
    return _Looks(project).likeness(project.edits, report)


def held_back(project: Project, floor: float, report: Report = silent) -> Project:
    """The project with its styles weakened, all alike, until the mean identity distance is at most `floor`."""
    from core.stylizers.identity import held_strength

    looks = _Looks(project)

    def weakened(share: float) -> tuple[Edit, ...]:
        return tuple(
            replace(edit, strength=edit.strength * share) if isinstance(edit, Restyle) else edit
            for edit in project.edits
        )

    def distance_at(share: float) -> float:
        return looks.likeness(weakened(share), report).mean

    return replace(project, edits=weakened(held_strength(1.0, distance_at, floor)))


class _Looks:
    """A project's head without its styles, and in any."""

    def __init__(self, project: Project) -> None:
        self._folder = editing_road.folder_of(project)
        self._plain = self._folder.folded(without_styles(project.edits))
        self._renderer = road.renderer_of(self._plain)

    def likeness(self, edits: Sequence[Edit], report: Report) -> Likeness:
        """How far the styles among some edits take the person from who they are."""
        from core.frame import Quality
        from core.stylizers.identity import PICTURE_PX, likeness_of

        worn = tuple(edit for edit in at_work(edits) if isinstance(edit, Restyle))
        drawn = self._by_picture(worn)
        styled = None if drawn is not None else road.renderer_of(self._folder.folded(tuple(edits)))

        def pictures_at(camera: Camera) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
            if drawn is not None:
                plain, other = drawn.in_styles(camera, [(), worn], size_px=PICTURE_PX)
                return plain.rgb, other.rgb
            assert styled is not None, "it is drawn either way"
            without = self._renderer.render(camera, Quality.NEAR, size_px=PICTURE_PX)
            return without.rgb, styled.render(camera, Quality.NEAR, size_px=PICTURE_PX).rgb

        return likeness_of(pictures_at, report)

    def pictures(self, packs: Sequence[StylePack], size_px: int, report: Report) -> None:
        """Report what each pack makes of the head, from the front: name and uint8 [S, S, 3] as the result."""
        from core.camera import Camera
        from core.progress import Progress

        worn = {pack.name: (Restyle(key="style", pack=pack),) for pack in packs}
        quick = {name: styles for name, styles in worn.items() if self._by_picture(styles) is not None}
        drawn = self._by_picture(())
        if drawn is None:
            return
        frames = drawn.in_styles(Camera.orbit(), list(quick.values()), size_px=size_px)
        for number, (name, frame) in enumerate(zip(quick, frames, strict=True)):
            report(Progress(number + 1, len(quick), "Trying styles on", result=(name, frame.rgb)))

    def _by_picture(self, worn: tuple[Restyle, ...]) -> HeadRenderer | None:
        """Who draws views in styles that move no field; None where they do, or where the model is not here."""
        from core.editors.restyling import plane_change
        from core.rendering.renderer import HeadRenderer

        if not isinstance(self._renderer, HeadRenderer):
            return None
        generator = road.loaded_generator(self._plain.generator)
        moved = any(plane_change(edit.pack, generator, self._plain.latents) is not None for edit in worn)
        return None if moved else self._renderer


def pictures_of(project: Project, packs: Sequence[StylePack], size_px: int, report: Report) -> None:
    """What packs would make of a project's head, from the front; each is reported as the result: name, picture."""
    _Looks(project).pictures(packs, size_px, report)
