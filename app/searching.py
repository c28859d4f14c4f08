"""One search for a head, in a job's thread: heads that are passed on come ready to be drawn."""

from __future__ import annotations

import dataclasses
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.frame import Quality

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from app.choosing import Choosing
    from app.engines import Engines
    from app.viewing import Viewing
    from core.align import Alignment
    from core.frame import Frame
    from core.further_photo import FurtherPhoto
    from core.head import Head
    from core.progress import Progress, Report
    from core.protocols import Renderer

SECONDS_BETWEEN_HEADS = 3.0
"""Each shown head costs a renderer's preparation, so not every step is shown."""


@dataclass(frozen=True)
class Made:
    """A head with a renderer that is ready to draw it and its first frame; none for a head that is not shown.

    `picture`, uint8 [h, w, 3], is how the photo's camera sees it.
    """

    head: Head
    renderer: Renderer | None = None
    frame: Frame | None = None
    picture: NDArray[np.uint8] | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """A search to be begun: of which photo, with what, for how many seconds, better than which head.

    `text` is what undo calls it; empty where that follows from what there was.
    """

    alignment: Alignment
    generator: str
    method: str
    seconds: float
    better_than: Head | None = None
    text: str = ""
    further: tuple[FurtherPhoto, ...] = ()
    seed: int = 0


class Searching:
    """Searches as a studio wishes.

    Attributes:
        engines: the studio's.
    """

    def __init__(self, engines: Engines, viewing: Viewing, choosing: Choosing) -> None:
        """Of a studio's parts."""
        self.engines = engines
        self._viewing = viewing
        self._choosing = choosing

    def found(self, wish: Wish, report: Report) -> Made:
        """Run in the job's thread: every head that is passed on comes with a renderer that has drawn it once."""
        last_shown = 0.0
        last_made: Made | None = None
        # The search has the whole processor; it steps aside at the gate while the user drags.
        self.engines.use_threads(self._viewing.threads or os.cpu_count() or 1)

        def forward(progress: Progress) -> None:
            nonlocal last_shown, last_made
            head = progress.result
            if head is not None:
                due = time.monotonic() - last_shown > SECONDS_BETWEEN_HEADS
                made = self.made(head) if due else Made(head)  # type: ignore[arg-type]
                last_shown, last_made = (time.monotonic(), made) if due else (last_shown, last_made)
                progress = dataclasses.replace(progress, result=made)
            report(progress)

        head = self.engines.make_head(
            wish.alignment,
            forward,
            generator=wish.generator,
            method=wish.method,
            seed=wish.seed,
            seconds=wish.seconds,
            start=wish.better_than,
            further=wish.further,
            half=self._choosing.economy_of(wish.generator).half,
        )
        # what was passed on last is looked at already, by another thread
        made = last_made if last_made is not None and last_made.head is head else self.made(head)
        renderer = self.engines.twin_of(made.renderer) or made.renderer
        assert renderer is not None
        return dataclasses.replace(made, figures=self.engines.likeness(head, wish.alignment, renderer))

    def made(self, head: Head) -> Made:
        """A head, drawn once from where the window looks and once as the photo was taken; of any thread."""
        renderer = self._viewing.made_renderer(head, former=self._viewing.head)
        camera = self._viewing.camera
        frame = renderer.render(camera, Quality.PREVIEW)
        portrait = frame if head.camera == camera else renderer.render(head.camera, Quality.PREVIEW)
        return Made(head, renderer, frame, portrait.rgb)
