"""How far one head can be trusted: what a report about it says, in figures, pictures and sentences.

A photo has no second view, so likeness is measured where the photo was taken and identity from around; what nobody can
measure - the side that the photo does not show - is said as a share of the surface, and looked over for faults. Where
the photo itself is laid on the head, the front is nearly the photo, so every front figure is given without it, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch

from core.evaluation.front_figures import as_picture, difference_of, front_figures, without_clothes
from core.evaluation.pictures import COMPARED_PX, as_tensor, at_degrees, identity_between, identity_of
from core.evaluation.rear_check import REAR_YAWS_DEGREES, RearCheck, rear_check, rear_views
from core.evaluation.seen_share import seen_shares
from core.frame import Quality
from core.progress import Progress
from core.rendering.renderer import HeadRenderer
from core.rendering.seen import heat_map
from core.resizing import sized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.align import Alignment
    from core.evaluation.front_figures import Figure, Picture
    from core.frame import Frame
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid
    from core.rendering.seen import Witness

TURN_DEGREES = (-135, -90, -45, 0, 45, 90, 135, 180)
"""Yaws of the turntable."""
IDENTITY_DEGREES = (-45, -30, -15, 0, 15, 30, 45)
SAME_PERSON = 0.6
"""Distance of dlib's embeddings below which it calls two faces the same person."""
EXACT_STEPS, FIGURE_STEPS, VIEW_STEPS = 70, 120, 16
"""Steps of the bar, some hundredths of a second each: an exact picture, which tells of its pieces, the front's figures,
and each view and whatever else takes about as long."""


@dataclass(frozen=True, eq=False)
class Fidelity:
    """What was found about one head.

    Attributes:
        facts: names and values: method, model, seed, time, edits, versions.
        figures: of the front.
        identity: distance of dlib's embedding to the photo's, by yaw in degrees; not a number where no face was found.
        seen: share of the head's surface, without clothes, that photos show, 0..1; None where there is no surface.
        seen_by_part: the same of parts, by title.
        rear: faults of the side that no photo shows.
        notes: sentences on what the figures do and do not say.
        photo: uint8 [S, S, 3] the photo's person on white; this and the following are empty without a photo.
        render: the head from the photo's camera.
        bare_render: the same without the photo that is laid on; None where none is.
        difference: of the two, brightest where they differ most.
        turntable: the head from around, by yaw in degrees.
        heat: what was seen and what guessed, by yaw in degrees.
    """

    facts: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    identity: Mapping[int, float]
    seen: float | None
    seen_by_part: Mapping[str, float]
    rear: RearCheck
    notes: tuple[str, ...]
    photo: Picture
    render: Picture
    difference: Picture
    turntable: Mapping[int, Picture]
    heat: Mapping[int, Picture]
    bare_render: Picture | None = field(default=None)

    def to_json(self) -> dict[str, Any]:
        """All but the pictures, plain; what could not be measured is null."""
        return {
            "facts": dict(self.facts),
            "front": {
                one.key: {
                    "title": one.title,
                    "value": _finite(one.value),
                    "without_laid_on_photo": None if one.bare is None else _finite(one.bare),
                    "meaning": one.meaning,
                }
                for one in self.figures
            },
            "identity_by_yaw": {str(yaw): _finite(value) for yaw, value in self.identity.items()},
            "seen_share": None if self.seen is None else round(self.seen, 4),
            "seen_share_by_part": {name: round(share, 4) for name, share in self.seen_by_part.items()},
            "rear_check": self.rear.to_json(),
            "notes": list(self.notes),
        }


def fidelity(
    generator: Generator,
    head: Head,
    alignment: Alignment,
    witnesses: Sequence[Witness],
    facts: Sequence[tuple[str, str]],
    report: Report,
    *,
    edits: int = 0,
) -> Fidelity:
    """Measure a head.

    Args:
        generator: the head's, without its tuning.
        head: as it is shown, with its edits.
        alignment: of the photo.
        witnesses: the photos that it was made from, as `core.rendering.seen.witnesses_of` gives them.
        facts: names and values that only the caller knows; they are passed on.
        report: told of each step; raises `Cancelled` to stop.
        edits: how many edits are at work, for the notes.
    """
    renderer = HeadRenderer(generator, head)
    yaws = sorted({*TURN_DEGREES, *IDENTITY_DEGREES})
    views = len(yaws) + len(set(REAR_YAWS_DEGREES) - set(yaws)) + 3
    steps = _Steps(report, (1 + bool(head.photos)) * EXACT_STEPS + FIGURE_STEPS + views * VIEW_STEPS)
    tell = steps.begin
    tell("Drawing the head from the photo's camera", EXACT_STEPS)
    front = renderer.render(head.camera, Quality.EXACT, size_px=COMPARED_PX, stale=steps.go_on)
    bare = None
    if head.photos:
        tell("Drawing the model alone", EXACT_STEPS)
        without = HeadRenderer(generator, replace(head, photos=()))
        bare = without.render(head.camera, Quality.EXACT, size_px=COMPARED_PX, stale=steps.go_on).rgb
    tell("Comparing with the photo", FIGURE_STEPS)
    mask = sized(torch.from_numpy(alignment.mask)[None, None], COMPARED_PX)
    photo = as_tensor(alignment.crop) * mask + (1 - mask)
    own = identity_of(alignment.crop)
    figures = front_figures(photo, mask, without_clothes(mask, front), own, front.rgb, bare)
    frames: dict[int, Frame] = {}
    for yaw in yaws:
        tell(f"Turning the head to {yaw} degrees")
        frames[yaw] = renderer.render(at_degrees(yaw), Quality.NEAR, size_px=COMPARED_PX)
    tell("Measuring identity from around")
    identity = {yaw: identity_between(own, identity_of(frames[yaw].rgb)) for yaw in IDENTITY_DEGREES}
    tell("Telling what was seen")
    grid = renderer.grid()
    seen, by_part = seen_shares(grid.on_processor, witnesses)
    rear_frames = rear_views(renderer, lambda progress: tell(progress.message), frames, COMPARED_PX)
    tell("Checking the hidden side")
    rear = rear_check(rear_frames, grid)
    shown = as_picture(photo)
    return Fidelity(
        facts=tuple(facts),
        figures=figures,
        identity=identity,
        seen=seen,
        seen_by_part=by_part,
        rear=rear,
        notes=_notes(head, figures, grid, edits),
        photo=shown,
        render=front.rgb,
        bare_render=bare,
        difference=difference_of(shown, front.rgb),
        turntable={yaw: frames[yaw].rgb for yaw in TURN_DEGREES},
        heat={yaw: heat_map(frames[yaw], witnesses).rgb for yaw in TURN_DEGREES},
    )


class _Steps:
    """Tells how far a report is; what takes longer counts for more of the bar."""

    def __init__(self, report: Report, total: int) -> None:
        self._report, self._total = report, total
        self._done = self._until = 0
        self._message = ""

    def begin(self, message: str, steps: int = VIEW_STEPS) -> None:
        """The former piece of work is done, and one of so many steps begins."""
        self._done, self._message = self._until, message
        self._until = min(self._done + steps, self._total)
        self._report(Progress(self._done, self._total, message))

    def go_on(self) -> None:
        """One more step of the present piece is done."""
        self._done = min(self._done + 1, self._until)
        self._report(Progress(self._done, self._total, self._message))


def _notes(head: Head, figures: Sequence[Figure], grid: FieldGrid, edits: int) -> tuple[str, ...]:
    notes = []
    by_key = {one.key: one for one in figures}
    look = by_key["lpips"]
    if look.bare is not None:
        notes.append(
            "The photo itself is laid on the part of the head that its camera saw, so from the photo's own side the "
            f"picture is mostly the photo: LPIPS {look.shown} with it, {look.shown_bare} by the model alone. The "
            "second number says how well the model found the head; the first says what you see. Identity from around "
            "is measured with the photo laid on."
        )
    else:
        notes.append("No photo is laid on this head: all that is seen in front is what the model draws.")
    notes.append(
        "One photo has no second view. From the side and from behind nothing can be compared with the truth; there "
        "only identity, the share seen and the check of the hidden side speak."
    )
    if edits:
        what = "1 edit" if edits == 1 else f"{edits} edits"
        notes.append(f"The head is measured with {what}, so differences from the photo may be wanted.")
    if grid.labels is None:
        notes.append("This model names no parts, so clothes count as surface of the head.")
    photos = [photo for photo in head.photos if not photo.is_guess]
    if len(photos) > 1:
        notes.append(f"{len(photos)} photos are laid on the head; the front figures compare with the first.")
    if len(photos) < len(head.photos):
        notes.append("The side that the photo does not show wears the photo mirrored; it counts as guessed.")
    return tuple(notes)


def _finite(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None
