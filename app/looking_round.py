"""Finished pictures that nobody looks at: a dragged head takes its colours from them.

While a hand drags, previews are all that there is time for, and one is as good as the finished pictures from near its
camera. So one is drawn in a thread of its own as soon as a drag has come to where there are none, and when the view has
rested and all else is done, those all around follow, the nearest first.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.deferred import Deferred
from app.frame_worker import FrameResult, FrameWorker
from core.camera import Camera
from core.frame import Quality
from core.spare_memory import give_back

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engines import Engines
    from core.frame import Frame
    from core.protocols import Renderer

STEP_DEGREES = 40
"""Between pictures around a head."""
NEAR_RADIANS = math.radians(22)
"""How far from a picture another one is worth drawing."""


class LookingRound(QObject):
    """Draws a head from where the camera will be."""

    def __init__(self, engines: Engines, prepare: Callable[[], None], parent: QObject) -> None:
        """Make it; `prepare` runs in its thread before each picture."""
        super().__init__(parent)
        self._engines = engines
        self._worker = FrameWorker(prepare, self, looked_at=_tidied)
        self._worker.setObjectName("look round")
        self._worker.frame_ready.connect(self._drawn)
        self._worker.start()
        self._resting: tuple[Renderer, Camera] | None = None

    def dragged(self, renderer: Renderer, camera: Camera) -> None:
        """A hand drags the head: draw it from here where nothing like it is known, and finish that whatever comes."""
        self._resting = None
        seen = self._seen_from(renderer)
        if seen is not None and _is_new(camera, seen):
            self._ask(renderer, camera, must_finish=True)
        else:
            self._worker.forget()

    def rested(self, renderer: Renderer, camera: Camera) -> None:
        """The view rests and is finished: draw what is around it until something else happens."""
        self._resting = renderer, camera
        self._go_on()

    def rest(self) -> None:
        """Draw nothing more; what is nearly finished may be dropped."""
        self._resting = None
        self._worker.forget()

    def close(self) -> bool:
        """End the thread; whether it ended in time."""
        return self._worker.stop()

    def _drawn(self, _result: FrameResult) -> None:
        self._go_on()

    def _go_on(self) -> None:
        if self._resting is None:
            return
        renderer, camera = self._resting
        seen = self._seen_from(renderer)
        lacking = None if seen is None else next((one for one in around(camera) if _is_new(one, seen)), None)
        if lacking is not None:
            self._ask(renderer, lacking, must_finish=False)

    def _ask(self, renderer: Renderer, camera: Camera, *, must_finish: bool) -> None:
        self._worker.request(renderer, 0, camera, interactive=must_finish, coarsest=Quality.NEAR, finest=Quality.NEAR)

    def _seen_from(self, renderer: Renderer) -> Sequence[Camera] | None:
        made = renderer.made if isinstance(renderer, Deferred) else renderer
        return self._engines.seen_from(made)


def around(camera: Camera) -> list[Camera]:
    """Cameras all around a head, that show all of it from as high as `camera` does, the nearest first."""
    steps = range(1, 180 // STEP_DEGREES + 1)
    yaws = [sign * math.radians(step * STEP_DEGREES) for step in steps for sign in (1, -1)]
    return [Camera.orbit(camera.yaw_radians + yaw, camera.pitch_radians) for yaw in yaws]


def _tidied(_renderer: Renderer, frame: Frame) -> Frame:
    """Run in the worker's thread: what the view and this picture took is not needed while nothing happens."""
    give_back()
    return frame


def _is_new(camera: Camera, seen: Sequence[Camera]) -> bool:
    return all(float(camera.forward @ other.forward) < math.cos(NEAR_RADIANS) for other in seen)
