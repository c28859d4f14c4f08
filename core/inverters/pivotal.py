"""The `pivotal` inverter: first guess, latent search with camera refinement, then tuning around the pivot.

`DualPivotal` begins with the planes that the dual encoder found, where the generator has one and the photo shows no
glasses, and only settles the latents below them. On held-out heads, whose cameras are known, its surfaces are truer; on
a photo the outline and the person are kept better by the search that moves the camera, so that one is `pivotal`.

Further photos of the same person join when the search has a head that their cameras can be matched to. A method may
show the tuning more than photos: `Pivotal.further_views` is what `pseudo_view_search` overrides.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from core.device import is_out_of_memory, seeded
from core.errors import Cancelled
from core.inverters.dual_branches import has_branches
from core.inverters.evidence import Evidence
from core.inverters.further_photos import FurtherPhotos
from core.inverters.pivotal_run import Run
from core.inverters.schedule import FROM_DUAL, USUAL, Plan, Schedule
from core.protocols import PlaneGenerator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.align import Alignment
    from core.further_photo import FurtherPhoto
    from core.head import Head
    from core.inverters.colouring import Coloured
    from core.inverters.further_views import FurtherView
    from core.progress import Report
    from core.protocols import Generator

log = logging.getLogger(__name__)

METHOD = "pivotal"
FURTHER_PX = 128
"""Side of the further photos that the tuning looks at."""


class Pivotal:
    """Implements `core.protocols.Inverter`, and takes further photos."""

    method = METHOD

    def __init__(self, further: Sequence[FurtherPhoto] = (), *, by_itself: bool = False) -> None:
        """Of the first photo alone, or with further ones of the same person.

        Args:
            further: other photos.
            by_itself: no other method's head is shown, and none can be the best, before there is one of its own.
        """
        self._further = tuple(further)
        self.is_by_itself = by_itself

    def with_further(self, photos: Sequence[FurtherPhoto]) -> Pivotal:
        """The same method with further photos of the person."""
        return type(self)(photos, by_itself=self.is_by_itself)

    def by_itself(self) -> Pivotal:
        """The same method without help, for figures of what it is worth."""
        return type(self)(self._further, by_itself=True)

    def schedule_of(self, generator: Generator, evidence: Evidence) -> Schedule:
        """How the time is divided for a generator and a photo."""
        del generator, evidence
        return USUAL

    def further_views(
        self, generator: PlaneGenerator, evidence: Evidence, coloured: Coloured, photos: FurtherPhotos
    ) -> Sequence[FurtherView]:
        """What the tuning looks at beside the first photo.

        Args:
            generator: of the head, not tuned.
            evidence: the first photo.
            coloured: the pivot in the photos' tones.
            photos: the further ones, with settled cameras.
        """
        del generator, evidence, coloured
        return photos.views(FURTHER_PX, frozen=True)

    def invert(
        self,
        alignment: Alignment,
        generator: Generator,
        report: Report,
        *,
        seed: int = 0,
        seconds: float | None = None,
        steps: int | None = None,
        start: Head | None = None,
    ) -> Head:
        """See the protocol. Cancelling keeps the best head so far; only before the first guess does `Cancelled` pass.

        Raises:
            InversionError: the numbers ran away, or the photo shows no person.
            Cancelled: from `report`, before there was a head.
        """
        evidence = Evidence(alignment)
        schedule = self.schedule_of(generator, evidence)
        with seeded(seed):
            run = Run(
                alignment,
                generator,
                report,
                seed,
                self,
                FurtherPhotos(self._further),
                Plan.of(seconds, steps, planes=isinstance(generator, PlaneGenerator), schedule=schedule),
            )
            run.search_settings, run.from_planes = schedule.search, schedule.from_planes
            run.start = start if start is not None and _fits(start, generator) else None
            try:
                run.go(evidence)
            except Cancelled:
                if run.best is None:
                    raise
            except (MemoryError, RuntimeError) as error:
                # too little memory for the next stage: what was found stays
                if run.best is None or not is_out_of_memory(error):
                    raise
                log.info("out of memory: %s", error)
            assert run.best is not None
            return run.best


class DualPivotal(Pivotal):
    """`Pivotal` begun with the dual encoder's planes."""

    method = "dual-pivotal"

    def schedule_of(self, generator: Generator, evidence: Evidence) -> Schedule:
        """How the time is divided for a generator and a photo."""
        helped = not self.is_by_itself and has_branches(generator.info.name)
        # dual's glasses stand off the face, and no tuning brings them back
        return FROM_DUAL if helped and evidence.lacks("glasses") else USUAL


def _fits(head: Head, generator: Generator) -> bool:
    """Whether a head is one of this generator's."""
    info = generator.info
    return head.generator == info.name and head.latents.shape == (info.latent_count, info.latent_size)
