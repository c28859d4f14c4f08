"""How long the steps take that a person waits for, on this machine: seconds, and how many near pictures each is worth.

Seconds differ from machine to machine; ratios within one run do much less, so those are what changes are judged by.
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app import editing_road, pack_shelf, random_road, road, styling_road
from core.camera import Camera
from core.frame import Quality

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.console import Console
    from core.project import Project
    from core.protocols import Renderer

T = TypeVar("T")

YARDSTICK = "near picture, 512 px"
"""What all other steps are compared with."""
SEED, STYLE, SLIDER = 7, "marble", "smile"
TURN_RADIANS = math.radians(5)
TIMES = 3
"""How often a step is taken that costs little; the middle one counts."""
LARGE_PX, TEXTURE_PX = 1024, 512


@dataclass(frozen=True)
class Lap:
    """One step.

    Attributes:
        name: what is done.
        seconds: by the clock on the wall.
        processor_seconds: of all cores together.
        ratio: its seconds to those of `YARDSTICK`.
    """

    name: str
    seconds: float
    processor_seconds: float
    ratio: float = math.nan


class Stopwatch:
    """Takes steps and keeps their times."""

    def __init__(self, console: Console) -> None:
        self.laps: list[Lap] = []
        self._console = console

    def lap(self, name: str, step: Callable[[], T], times: int = 1) -> T:
        """Take a step so many times; the answer is the last one's."""
        self._console.note(f"  {name}")
        walls, cores = [], []
        for _ in range(times):
            wall, core = time.perf_counter(), time.process_time()
            answer = step()
            walls.append(time.perf_counter() - wall)
            cores.append(time.process_time() - core)
        self.laps.append(Lap(name, statistics.median(walls), statistics.median(cores)))
        return answer


def laps(console: Console, *, whole: bool = False) -> tuple[Lap, ...]:
    """Take all steps, one after the other.

    Args:
        console: told of each.
        whole: also those that take long: the first head of a portrait, the form of a random one, and a mesh.
    """
    watch = Stopwatch(console)
    photo = road.open_photo(road.SAMPLE_PHOTO)
    road.align_photo(photo)  # loads the nets
    alignment = watch.lap("find the face in a photo", lambda: road.align_photo(photo), TIMES)
    if whole:
        watch.lap("first head of a portrait", lambda: road.make_head(alignment, lambda _: None, method="encoder"))
    road.loaded_generator("mini")
    project, _ = watch.lap("a random head", lambda: random_road.random_drawn(SEED))
    head = road.head_of(project, project.photo.name)
    renderer = road.renderer_of(head, hasty=False)
    measure_pictures(watch, renderer)
    folder = editing_road.folder_of(project)
    folder.folded(_smiling(project, 0.1).edits)
    smiles = iter((0.2, 0.5, 0.8))
    watch.lap("move a slider", lambda: folder.folded(_smiling(project, next(smiles)).edits), TIMES)
    styled = styling_road.with_styles(project, [(pack_shelf.pack_named(STYLE), 1.0)])
    artist = road.renderer_of(editing_road.edited_head(styled), former=renderer)
    artist.render(Camera.orbit(), Quality.NEAR)
    turned = _around()
    watch.lap("near picture in a style", lambda: artist.render(next(turned), Quality.NEAR), TIMES)
    if whole:
        formed = watch.lap("form of a random head", lambda: random_road.formed(head))
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "head.glb"
            watch.lap(
                "mesh as GLB", lambda: road.export_head(formed, path, report=lambda _: None, texture_px=TEXTURE_PX)
            )
    unit = next(lap.seconds for lap in watch.laps if lap.name == YARDSTICK)
    return tuple(replace(lap, ratio=lap.seconds / unit) for lap in watch.laps)


def measure_pictures(watch: Stopwatch, renderer: Renderer) -> None:
    """Pictures of each quality, all from other sides, as what is known of one side would be quick."""
    turned = _around()
    watch.lap("look at a head before it is turned", lambda: renderer.render(Camera.orbit(), Quality.PREVIEW))
    renderer.render(Camera.orbit(), Quality.NEAR)  # finds the face, the light ...
    watch.lap("picture while it is dragged", lambda: renderer.render(next(turned), Quality.PREVIEW), TIMES)
    watch.lap(YARDSTICK, lambda: renderer.render(next(turned), Quality.NEAR), TIMES)
    large = f"near picture, {LARGE_PX} px"
    watch.lap(large, lambda: renderer.render(next(turned), Quality.NEAR, size_px=LARGE_PX), TIMES)
    watch.lap("exact picture, 512 px", lambda: renderer.render(next(turned), Quality.EXACT))


def _around() -> Iterator[Camera]:
    """Cameras around a head, a step apart."""
    number = 0
    while True:
        number += 1
        yield Camera.orbit(TURN_RADIANS * number)


def _smiling(project: Project, strength: float) -> Project:
    return editing_road.with_sliders(project, {SLIDER: strength})


def table(taken: tuple[Lap, ...]) -> str:
    """The steps as lines for people."""
    wide = max(len(lap.name) for lap in taken)
    lines = [f"{'':{wide}}   seconds   of all cores   near pictures"]
    lines += [
        f"{lap.name:{wide}}  {lap.seconds:8.3f}  {lap.processor_seconds:13.3f}  {lap.ratio:14.2f}" for lap in taken
    ]
    return "\n".join(lines)


def facts(taken: tuple[Lap, ...]) -> dict[str, Any]:
    """The same for programs."""
    return {"yardstick": YARDSTICK, "laps": [asdict(lap) for lap in taken]}
