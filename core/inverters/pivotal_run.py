"""One pivotal inversion: its stages one after the other, the rungs that they send out, and the best head so far.

Every stage reports at every step. At *rungs*, every few seconds' worth of steps, the head as it stands is drawn from
the photo's camera and scored against the photo; the rung goes out with `Progress.result`, and the best rung is what a
cancelled or finished inversion answers. Longer than usual: the stages share the pivot, the photos and one count of
steps.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from core.device import Effort, with_less
from core.errors import CheckpointError, DeviceError, InversionError
from core.generators.bareness import can_go_without, latents_without
from core.head import Head
from core.inverters.colouring import PHOTO_PX, Coloured, Colouring
from core.inverters.dual_branches import bundled_branches
from core.inverters.dual_encoder import DualEncoder
from core.inverters.encoder import encode
from core.inverters.judge import Judge
from core.inverters.latent_search import LatentSearch, SearchSettings
from core.inverters.latent_space import LatentSpace
from core.inverters.pivotal_tuning import PivotalTuning, TuningSettings
from core.inverters.published_encoder import published_latents
from core.inverters.surface import Surface
from core.mask import Mask
from core.progress import Progress, silent
from core.protocols import PlaneGenerator
from core.trigrid import Trigrid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from core.align import Alignment
    from core.camera import Camera
    from core.field import Field
    from core.inverters.evidence import Evidence
    from core.inverters.further_photos import FurtherPhotos
    from core.inverters.pivotal import Pivotal
    from core.inverters.schedule import Plan
    from core.progress import Report
    from core.protocols import Generator

log = logging.getLogger(__name__)

RUNG_STEPS = 20
JOIN_STEPS = 30
"""Steps of the search on the first photo alone."""
JOIN_SHARE = 0.3
"""The same as a share of the search's time."""
LEAST_WINDOW_PX = 16
"""Of the tuning, where memory is short."""


@dataclass(frozen=True, eq=False)
class Pivot:
    """What colouring and tuning begin with.

    Attributes:
        latents: [L, W].
        camera: the photo's.
        offset: of the planes that the latents give, [3, C, D, H, W], or None.
    """

    latents: Tensor
    camera: Camera
    offset: Tensor | None = None

    @property
    def delta(self) -> dict[str, Tensor]:
        """The offset as `Head.delta` holds it."""
        return {} if self.offset is None else {"trigrid": self.offset}

    def trigrid(self, generator: Generator) -> Field:
        """The field with its offset."""
        field = generator.trigrid(self.latents)
        if self.offset is None:
            return field
        assert isinstance(field, Trigrid)
        return field.with_planes(field.planes + self.offset)


class Run:
    """One inversion: what its stages share, and the best head so far."""

    def __init__(
        self,
        alignment: Alignment,
        generator: Generator,
        report: Report,
        seed: int,
        method: Pivotal,
        photos: FurtherPhotos,
        plan: Plan,
    ) -> None:
        self._alignment, self._generator, self._report = alignment, generator, report
        self._method, self._photos = method, photos
        self._seed, self._plan = seed, plan
        self._total = 1 + plan.search_steps + plan.colouring_steps + plan.tuning_steps
        self._done = 0
        self.start: Head | None = None
        self.search_settings, self.from_planes = SearchSettings(), False
        self.best: Head | None = None
        self._best_score = self._best_pivot_score = math.inf
        self._pivot: Pivot | None = None

    def go(self, evidence: Evidence) -> None:
        """All stages."""
        self._report(Progress(0, self._total, "Looking at the photo"))
        self._judge = Judge(self._generator, evidence)
        self._search(evidence, self._begin(evidence))
        generator = self._generator
        if self._plan.colouring_steps == 0 or self._pivot is None or not isinstance(generator, PlaneGenerator):
            return
        if evidence.lacks("glasses") and can_go_without(generator, "glasses"):
            # latents of any face are a little like those of one with glasses: temples would stand in its way for ever
            self._pivot = replace(self._pivot, latents=latents_without(generator, self._pivot.latents, "glasses"))
        if self._is_solid(generator, self._pivot):  # else nothing can be coloured, and what was found is all there is
            coloured = self._colour(generator, evidence, self._pivot)
            self._pivot = None  # planes are large, and these are not needed any more
            self._tune(evidence, coloured)

    def _is_solid(self, generator: PlaneGenerator, pivot: Pivot) -> bool:
        """Whether a pivot has a surface; further photos are matched to it."""
        with torch.no_grad():
            field = pivot.trigrid(generator)
            assert isinstance(field, Trigrid)
            surface = Surface.of(generator, field, self._seed, around=1)
        if len(self._photos):
            # the head is better now than when they were matched to it
            self._settle(field)
        return len(surface.points) > 0

    def _begin(self, evidence: Evidence) -> Pivot:
        """What the search begins with."""
        generator, camera, whole = self._generator, self._alignment.camera, evidence.at(256)
        if self.start is not None:
            if len(self._photos):
                self._photos.settle(generator.tuned(self.start.delta), self.start.trigrid)
            self._rung("The head so far", self.start.latents, self.start.camera, self.start.trigrid, self.start.delta)
            # planes that were found once are gone on from
            offset = self.start.delta.get("trigrid") if self.from_planes else None
            return Pivot(self.start.latents, self.start.camera, offset)
        guess = encode(whole.rgb, whole.mask, (camera.yaw_radians, camera.pitch_radians), generator)
        turn = (guess.yaw_radians - camera.yaw_radians, guess.pitch_radians - camera.pitch_radians)
        if any(turn):
            camera = camera.orbited(*turn)
        self._rung("First guess", guess.latents, camera, generator.trigrid(guess.latents), at_once=True)
        both = self._look_twice()
        if both is not None and self.from_planes:
            self._pivot, self._best_pivot_score = both, self._best_score
            return both
        latents = guess.latents if guess.attributes else published_latents(whole.rgb, generator)
        if latents is None or latents is guess.latents:
            return Pivot(guess.latents, camera)
        self._rung("First guess", latents, camera, generator.trigrid(latents))
        assert self._pivot is not None
        # the better of the two
        return self._pivot

    def _look_twice(self) -> Pivot | None:
        """Show the dual encoder's head, where the generator has one: within a second, before any search."""
        try:
            if self._method.is_by_itself or bundled_branches(self._generator.info.name) is None:
                return None
            head = DualEncoder().invert(self._alignment, self._generator, silent, seed=self._seed)
        except CheckpointError as error:
            log.info("the dual encoder is not used: %s", error)
            return None
        self._rung("Sharper guess", head.latents, head.camera, head.trigrid, head.delta)
        return Pivot(head.latents, head.camera, head.delta.get("trigrid"))

    def _search(self, evidence: Evidence, start: Pivot) -> None:
        plan, generator = self._plan, self._generator
        space = LatentSpace.of(generator)
        search = LatentSearch(
            generator,
            evidence,
            start.camera,
            start.latents,
            space,
            steps=plan.search_steps,
            seed=self._seed,
            settings=self.search_settings,
            offset=start.offset,
        )

        def searched() -> None:
            found = Pivot(search.latents, search.camera, start.offset)
            with torch.no_grad():
                trigrid = found.trigrid(generator)
            self._rung("Finding the head", found.latents, found.camera, trigrid, found.delta, is_pivot=True)

        alone = (JOIN_STEPS, JOIN_SHARE) if len(self._photos) else None

        def step(done: float) -> Mapping[str, float]:
            nonlocal alone
            if alone is not None and (search.done >= min(alone[0], plan.search_steps // 2) or done > alone[1]):
                alone = None
                self._join(search)
            return search.step(done)

        self._stage("Finding the head", step, searched, plan.search_steps, plan.search_until)

    def _join(self, search: LatentSearch) -> None:
        """Let the further photos take part: from here on heads are judged by them, too."""
        generator = self._generator
        if self.start is None:
            with torch.no_grad():
                field = Pivot(search.latents, search.camera, search.offset).trigrid(generator)
            self._settle(field)
        search.join(self._photos.views(search.picture_px))

    def _settle(self, field: Field) -> None:
        """Match the further photos' cameras to a head."""
        self._photos.settle(self._generator, field)
        # the favourite of the first photo need not be everybody's; it stays until there is another
        self._best_score = self._best_pivot_score = math.inf

    def _colour(self, generator: PlaneGenerator, evidence: Evidence, pivot: Pivot) -> Coloured:
        plan, latents, camera = self._plan, pivot.latents, pivot.camera
        colouring = Colouring(
            generator,
            evidence,
            camera,
            latents,
            steps=plan.colouring_steps,
            seed=self._seed,
            further=self._photos.evidence(PHOTO_PX),
            offset=pivot.offset,
        )

        found: Coloured | None = None

        def coloured() -> None:
            nonlocal found
            found = colouring.coloured
            self._rung("Carrying colours around", latents, camera, found.trigrid, found.delta)

        self._done = 1 + plan.search_steps
        self._stage("Carrying colours around", colouring.step, coloured, plan.colouring_steps, plan.colouring_until)
        assert found is not None, "a stage ends with a rung"
        return found

    def _tune(self, evidence: Evidence, coloured: Coloured) -> None:
        plan, latents, camera = self._plan, coloured.latents, coloured.camera
        if plan.tuning_steps == 0:
            return
        assert isinstance(self._generator, PlaneGenerator)
        generator = self._generator
        further = self._method.further_views(generator, evidence, coloured, self._photos)

        def tune(effort: Effort) -> None:
            settings = in_pieces(TuningSettings(), effort)
            tuning = PivotalTuning(
                generator,
                evidence,
                coloured,
                steps=plan.tuning_steps,
                seed=self._seed,
                settings=settings,
                further=further,
            )

            def tuned() -> None:
                self._rung("Adding detail", latents, camera, tuning.trigrid, tuning.delta)

            self._done = 1 + plan.search_steps + plan.colouring_steps
            self._stage("Adding detail", tuning.step, tuned, plan.tuning_steps, plan.until)

        try:
            with_less(tune)
        except DeviceError:
            # there is a head already, and it stays
            log.info("no memory for the last stage")

    def _stage(
        self,
        message: str,
        step: Callable[[float], Mapping[str, float]],
        rung: Callable[[], None],
        steps: int,
        until: float,
    ) -> None:
        """Repeat `step` until the steps or the time are used up; a rung now and then and at the end."""
        begun = time.monotonic()
        for index in range(steps):
            now = time.monotonic()
            if now > until:
                break
            # without a limit only the number of steps decides, so that a seed always finds the same head
            values = step((now - begun) / (until - begun) if math.isfinite(until) else 0.0)
            self._done += 1
            if not math.isfinite(values["loss"]):
                raise InversionError(
                    "The search for the head ran out of bounds.", "Try again with another seed or another crop."
                )
            self._report(Progress(self._done, self._total, message, values))
            if (index + 1) % RUNG_STEPS == 0 and index + 1 < steps:
                rung()
        if steps:
            rung()

    def _rung(
        self,
        message: str,
        latents: Tensor,
        camera: Camera,
        trigrid: Field,
        delta: Mapping[str, Tensor] | None = None,
        *,
        is_pivot: bool = False,
        at_once: bool = False,
    ) -> None:
        """Draw and score a head; keep it if it is the best; send it out, `at_once` where somebody waits for any."""
        delta = delta or {}
        latents, trigrid = latents.detach().clone(), trigrid.detached()
        tuned = self._generator.tuned(delta)
        head = Head(
            generator=self._generator.info.name,
            latents=latents,
            camera=camera,
            trigrid=trigrid,
            delta=delta,
            seed=self._seed,
            method=self._method.method,
        )
        if at_once:
            self.best = head
            self._report(Progress(1, self._total, message, result=head))
        preview, seen, score = self._judge.look(tuned, latents, camera, trigrid)
        if not at_once:  # who was sent out stays who it is
            head = replace(head, visibility=Mask(seen, "seen"))
        if self._photos.are_settled:
            score += self._photos.difference(tuned, trigrid)
        if not math.isfinite(score):
            raise InversionError(
                "The head model answered with numbers that are none.", "Try another photo, or reinstall the model."
            )
        if score < self._best_score:
            layers = self._photos.layers(tuned, head) if self._photos.are_settled else ()
            self.best, self._best_score = replace(head, photos=layers) if layers else head, score
        if (is_pivot or not delta) and score < self._best_pivot_score:
            self._pivot, self._best_pivot_score = Pivot(latents, camera, delta.get("trigrid")), score
        values = {"difference": score}
        self._report(Progress(max(1, self._done), self._total, message, values, preview=preview, result=self.best))
        self._done = max(1, self._done)


def in_pieces(settings: TuningSettings, effort: Effort) -> TuningSettings:
    """The same with smaller windows and fewer points at once."""
    window_px = max(LEAST_WINDOW_PX, round(settings.window_px * math.sqrt(effort.share)))
    return replace(settings, window_px=window_px, points=effort.of(settings.points))
