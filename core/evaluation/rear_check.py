"""What is wrong with the side of a head that nobody photographed, in plain sentences.

Inverters follow one photo, and what they do behind it is seen by nobody until the head is turned: a second face, eyes
or glasses at the back of the head, holes, pieces that float. Each check may be wrong, so each says what it saw and from
where. `core.editors.rear_repair` makes the hidden side up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.camera import SEEN_HALF_HEIGHT
from core.editors.head_parts import FEWEST_NODES, GLASSES_REACH, HeadParts
from core.evaluation.pictures import at_degrees
from core.evaluation.samples import FACE_PARTS, PICTURE_PX, floaters, has_face, holes
from core.frame import Quality
from core.mask import PARTS
from core.progress import Progress
from core.segmenters.parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from core.frame import Frame
    from core.progress import Report
    from core.protocols import Renderer
    from core.rendering.occupancy import FieldGrid

REAR_YAWS_DEGREES = (135, 158, 180, -158, -135)
"""From where the back of the head is looked at; beyond 125 degrees no eye, nose or mouth is in sight."""
BEHIND_EARS, GLASSES_BEHIND_EARS = 0.03, 0.08
"""Depths behind the ears, world units, from which parts of a face are wrong, and glasses, whose temples end there."""
USUAL_EARS = 0.0
"""Where ears are, world z, on a head that shows none."""
USUAL_NODES = 128
"""Along each side of the grid for which so few nodes are noise."""
LEAST_GLASSES_SHARE = 3e-3
"""Share of a rear picture's pixels that must be glasses."""
LEAST_PARSED_SHARE = 4e-3
"""Share of a rear picture's pixels that the parser must take for eyes, nose or mouth: it guesses in dark hair."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: "face", "parts", "glasses", "holes" or "floaters".
        sentence: what it is, for people.
        yaws_degrees: from where it was seen; empty where it was found in space.
    """

    kind: str
    sentence: str
    yaws_degrees: tuple[int, ...] = ()


@dataclass(frozen=True)
class RearCheck:
    """What the check of a head's hidden side found; no finding is a head without fault."""

    findings: tuple[Finding, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def in_words(self) -> str:
        """All findings as one text."""
        if self.is_clean:
            return "No second face, no glasses behind, no holes and nothing that floats was found."
        return " ".join(finding.sentence for finding in self.findings)

    def to_json(self) -> list[dict[str, Any]]:
        """The findings, plain."""
        return [{**vars(finding), "yaws_degrees": list(finding.yaws_degrees)} for finding in self.findings]


def rear_views(
    renderer: Renderer, report: Report, known: Mapping[int, Frame] | None = None, size_px: int = PICTURE_PX
) -> dict[int, Frame]:
    """The head from behind, by yaw in degrees.

    Args:
        renderer: of the head.
        report: told before each picture.
        known: pictures that are there already, by yaw.
        size_px: side of each.
    """
    views = {}
    for number, yaw in enumerate(REAR_YAWS_DEGREES):
        frame = (known or {}).get(yaw)
        if frame is None:
            report(Progress(number, len(REAR_YAWS_DEGREES), "Looking from behind"))
            frame = renderer.render(at_degrees(yaw), Quality.NEAR, size_px=size_px)
        views[yaw] = frame
    return views


def rear_check(views: Mapping[int, Frame], grid: FieldGrid) -> RearCheck:
    """Look for a second face, parts of one, glasses, holes and floaters.

    Args:
        views: of the head from behind, by yaw in degrees.
        grid: the same head.
    """
    checks: Sequence[Callable[[], Iterable[Finding]]] = (
        lambda: _faces(views),
        lambda: _parts(views, grid),
        lambda: _glasses(views, grid),
        lambda: _holes(views),
        lambda: _floaters(grid),
    )
    return RearCheck(tuple(finding for check in checks for finding in check()))


def _faces(views: Mapping[int, Frame]) -> Iterable[Finding]:
    yaws = tuple(yaw for yaw, frame in views.items() if has_face(frame.rgb, None))
    if yaws:
        yield Finding("face", f"A second face is seen from behind, at {_in_degrees(yaws)}.", yaws)


def _parts(views: Mapping[int, Frame], grid: FieldGrid) -> Iterable[Finding]:
    """Eyes, nose or mouth on the rear half: by the model's own labels in space and, from outside, by the parser."""
    if grid.labels is not None:
        parts = HeadParts(grid)
        limit = _ears(parts) - BEHIND_EARS
        found = []
        for name in (PARTS[number] for number in FACE_PARTS):
            points = parts.points(name)
            wrong = (points[:, 2] < limit) & (points[:, 1] > -SEEN_HALF_HEIGHT)
            if int(wrong.sum()) >= _fewest(grid):
                found.append(name)
        if found:
            yield Finding("parts", f"On the back of the head the model itself labels something as {_listed(found)}.")
            return
    yaws = tuple(yaw for yaw, frame in views.items() if _parsed_share(frame.rgb) > LEAST_PARSED_SHARE)
    if yaws:
        yield Finding("parts", f"Something like eyes, a nose or a mouth is seen behind, at {_in_degrees(yaws)}.", yaws)


def _glasses(views: Mapping[int, Frame], grid: FieldGrid) -> Iterable[Finding]:
    """Glasses that the model names in space and that are seen from behind: a few nodes near the eyes may shine."""
    named = [frame.labels == PARTS.index("glasses") for frame in views.values() if frame.labels is not None]
    if grid.labels is None or max((float(one.mean()) for one in named), default=0.0) < LEAST_GLASSES_SHARE:
        return
    parts = HeadParts(grid)
    points, eyes = parts.points("glasses"), parts.points("eyes")
    if len(eyes):
        # teeth and other things that shine are taken for glass now and then
        points = points[(points[:, 1] - eyes[:, 1].mean()).abs() < GLASSES_REACH]
    if int((points[:, 2] < _ears(parts) - GLASSES_BEHIND_EARS).sum()) >= _fewest(grid):
        yield Finding("glasses", "There are glasses, or pieces of them, at the back of the head.")


def _holes(views: Mapping[int, Frame]) -> Iterable[Finding]:
    yaws = tuple(yaw for yaw, frame in views.items() if holes(frame.alpha, frame.labels))
    if yaws:
        yield Finding("holes", f"One can look through the head, at {_in_degrees(yaws)}.", yaws)


def _floaters(grid: FieldGrid) -> Iterable[Finding]:
    volumes = floaters(grid)
    if volumes:
        things = "Something floats" if len(volumes) == 1 else f"{len(volumes)} pieces float"
        yield Finding("floaters", f"{things} beside the head ({sum(volumes):.1f} cubic centimetres in all).")


def _fewest(grid: FieldGrid) -> float:
    """Nodes of a surface that are more than noise."""
    return FEWEST_NODES * (grid.sigma.shape[0] / USUAL_NODES) ** 2


def _ears(parts: HeadParts) -> float:
    """How far in front the ears are, world z."""
    found = [float(middle[2]) for name, middle in parts.landmarks().items() if name.endswith("ears")]
    return float(np.mean(found)) if found else USUAL_EARS


def _parsed_share(rgb: NDArray[np.uint8]) -> float:
    return float(np.isin(parse(rgb), FACE_PARTS).mean())


def _in_degrees(yaws: Sequence[int]) -> str:
    return _listed([str(yaw) for yaw in yaws]) + " degrees"


def _listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
