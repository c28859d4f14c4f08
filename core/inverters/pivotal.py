"""The `pivotal` inverter: first guess, latent search with camera refinement, then tuning around the pivot.

Every stage reports at every step. At *rungs*, every few seconds' worth of steps, the head as it stands is drawn from
the photo's camera and scored against the photo; the rung goes out with `Progress.result`, and the best rung is what a
cancelled or finished inversion answers. Longer than usual: the stages, their shares of the time and their rungs are
one schedule.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.device import seeded
from core.errors import Cancelled, InversionError
from core.head import Head
from core.inverters.colouring import Colouring
from core.inverters.encoder import encode
from core.inverters.evidence import Evidence
from core.inverters.glimpse import Glimpse
from core.inverters.latent_search import LatentSearch
from core.inverters.latent_space import LatentSpace
from core.inverters.pivotal_tuning import PivotalTuning
from core.inverters.pose import RefinedCamera
from core.inverters.surface import Surface
from core.losses import PerceptualTarget, masked_l1
from core.mask import Mask
from core.progress import Progress
from core.protocols import PlaneGenerator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from core.align import Alignment
    from core.camera import Camera
    from core.field import Field
    from core.progress import Report
    from core.protocols import Generator

METHOD = "pivotal"
SEARCH_STEPS, COLOURING_STEPS, TUNING_STEPS = 90, 60, 110
"""Together about a minute on two CPU cores."""
SEARCH_SHARE, COLOURING_SHARE = 0.33, 0.08
"""Shares of a limited time or number of steps that go to the search and to the colouring."""
RUNG_STEPS = 20
SAMPLES = 14
"""Samples a ray in the picture of a rung."""


@dataclass(frozen=True)
class Plan:
    """How long each stage may take.

    Attributes:
        search_steps: steps of the latent search.
        colouring_steps: steps of the colouring.
        tuning_steps: steps of the tuning.
        search_until: moment of `time.monotonic` at which the search stops.
        colouring_until: moment at which the colouring stops.
        until: moment at which everything stops.
    """

    search_steps: int
    colouring_steps: int
    tuning_steps: int
    search_until: float = math.inf
    colouring_until: float = math.inf
    until: float = math.inf

    @staticmethod
    def of(seconds: float | None, steps: int | None, *, planes: bool = True) -> Plan:
        """Within limits that may be missing. Without planes to colour and tune, all goes to the search."""
        search, colouring, tuning = SEARCH_STEPS, COLOURING_STEPS, TUNING_STEPS
        search_share, colouring_share = (SEARCH_SHARE, COLOURING_SHARE) if planes else (1.0, 0.0)
        if not planes:
            search, colouring, tuning = search + colouring + tuning, 0, 0
        if steps is not None:
            search, colouring = round(steps * search_share), round(steps * colouring_share)
            tuning = steps - search - colouring
        if seconds is None:
            return Plan(search, colouring, tuning)
        if steps is None:
            # time decides, also on a processor that is twice as quick
            search, colouring, tuning = (
                max(count, round(count * seconds / 30)) for count in (search, colouring, tuning)
            )
        now = time.monotonic()
        ends = (search_share, search_share + colouring_share, 1.0)
        return Plan(search, colouring, tuning, *(now + end * seconds for end in ends))


class Pivotal:
    """Implements `core.protocols.Inverter`."""

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
        with seeded(seed):
            run = _Run(
                alignment,
                generator,
                report,
                seed,
                Plan.of(seconds, steps, planes=isinstance(generator, PlaneGenerator)),
            )
            run.start = start if start is not None and _fits(start, generator) else None
            try:
                run.go()
            except Cancelled:
                if run.best is None:
                    raise
            assert run.best is not None
            return run.best


def _fits(head: Head, generator: Generator) -> bool:
    """Whether a head is one of this generator's."""
    info = generator.info
    return head.generator == info.name and head.latents.shape == (info.latent_count, info.latent_size)


class _Run:
    """One inversion: what its stages share, and the best head so far."""

    def __init__(self, alignment: Alignment, generator: Generator, report: Report, seed: int, plan: Plan) -> None:
        self._alignment, self._generator, self._report = alignment, generator, report
        self._seed, self._plan = seed, plan
        self._total = 1 + plan.search_steps + plan.colouring_steps + plan.tuning_steps
        self._done = 0
        self.start: Head | None = None
        self.best: Head | None = None
        self._best_score = self._best_pivot_score = math.inf
        self._pivot: tuple[Tensor, Camera] | None = None

    def go(self) -> None:
        """All stages."""
        self._report(Progress(0, self._total, "Looking at the photo"))
        evidence = Evidence(self._alignment)
        self._judge = _Judge(self._generator, evidence)
        self._search(evidence, *self._begin(evidence))
        generator = self._generator
        if self._plan.colouring_steps == 0 or self._pivot is None or not isinstance(generator, PlaneGenerator):
            return
        with torch.no_grad():
            surface = Surface.of(generator, generator.trigrid(self._pivot[0]), self._seed, around=1)
        if len(surface.points):  # else there is nothing to colour, and what was found is all that can be found
            self._tune(evidence, self._colour(generator, evidence, *self._pivot))

    def _begin(self, evidence: Evidence) -> tuple[Tensor, Camera]:
        """Latents and camera of the first head that is shown."""
        generator, camera, whole = self._generator, self._alignment.camera, evidence.at(256)
        if self.start is not None:
            self._rung("The head so far", self.start.latents, self.start.camera, self.start.trigrid, self.start.delta)
            return self.start.latents, self.start.camera
        guess = encode(whole.rgb, whole.mask, (camera.yaw_radians, camera.pitch_radians), generator)
        turn = (guess.yaw_radians - camera.yaw_radians, guess.pitch_radians - camera.pitch_radians)
        if any(turn):
            camera = camera.orbited(*turn)
        self._rung("First guess", guess.latents, camera, generator.trigrid(guess.latents))
        return guess.latents, camera

    def _search(self, evidence: Evidence, start: Tensor, camera: Camera) -> None:
        plan, generator = self._plan, self._generator
        space = LatentSpace.of(generator)
        search = LatentSearch(generator, evidence, camera, start, space, steps=plan.search_steps, seed=self._seed)

        def searched() -> None:
            latents = search.latents
            with torch.no_grad():
                self._rung("Finding the head", latents, search.camera, generator.trigrid(latents))

        self._stage("Finding the head", search.step, searched, plan.search_steps, plan.search_until)

    def _colour(self, generator: PlaneGenerator, evidence: Evidence, latents: Tensor, camera: Camera) -> Colouring:
        plan = self._plan
        colouring = Colouring(generator, evidence, camera, latents, steps=plan.colouring_steps, seed=self._seed)

        def coloured() -> None:
            self._rung("Carrying colours around", latents, camera, colouring.trigrid, colouring.delta)

        self._done = 1 + plan.search_steps
        self._stage("Carrying colours around", colouring.step, coloured, plan.colouring_steps, plan.colouring_until)
        return colouring

    def _tune(self, evidence: Evidence, coloured: Colouring) -> None:
        plan, latents, camera = self._plan, coloured.latents, coloured.camera
        if plan.tuning_steps == 0:
            return
        tuning = PivotalTuning(self._generator, evidence, coloured, steps=plan.tuning_steps, seed=self._seed)

        # its planes and moments are not needed any more
        del coloured

        def tuned() -> None:
            self._rung("Adding detail", latents, camera, tuning.trigrid, tuning.delta)

        self._done = 1 + plan.search_steps + plan.colouring_steps
        self._stage("Adding detail", tuning.step, tuned, plan.tuning_steps, plan.until)

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
    ) -> None:
        """Draw and score a head; keep it if it is the best; send it out."""
        delta = delta or {}
        latents, trigrid = latents.detach().clone(), trigrid.detached()
        preview, seen, score = self._judge.look(self._generator.tuned(delta), latents, camera, trigrid)
        head = Head(
            generator=self._generator.info.name,
            latents=latents,
            camera=camera,
            trigrid=trigrid,
            delta=delta,
            seed=self._seed,
            method=METHOD,
            visibility=Mask(seen, "seen"),
        )
        if not math.isfinite(score):
            raise InversionError(
                "The head model answered with numbers that are none.", "Try another photo, or reinstall the model."
            )
        if score < self._best_score:
            self.best, self._best_score = head, score
        if not delta and score < self._best_pivot_score:
            self._pivot, self._best_pivot_score = (latents, camera), score
        values = {"difference": score}
        self._report(Progress(max(1, self._done), self._total, message, values, preview=preview, result=self.best))
        self._done = max(1, self._done)


class _Judge:
    """Draws a head as the photo's camera sees it and says how far it is from the photo."""

    def __init__(self, generator: Generator, evidence: Evidence) -> None:
        info = generator.info
        self._neural_px, self._view = info.neural_px, evidence.at(info.picture_px)
        self._target = PerceptualTarget.of(self._view.rgb, self._view.weight, backbone="alex", size_px=128)

    def look(
        self, generator: Generator, latents: Tensor, camera: Camera, trigrid: Field
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], float]:
        """Picture [H, W, 3], what of the photo shows the head [h, w] 0..1, and the score: lower is better."""
        refined = RefinedCamera(camera)
        with torch.no_grad():
            glimpse = Glimpse(generator, trigrid, refined)
            seen = glimpse.see(generator, trigrid, refined, (0, 0, self._neural_px, self._neural_px), SAMPLES)
            picture = generator.picture(seen.features[None], seen.alpha[None, None], latents[None])
            view = self._view
            score = self._target.distance(picture) + 3 * masked_l1(picture, view.rgb, view.weight)
            rgb = (picture[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()
            shown = torch.nn.functional.interpolate(view.mask, seen.alpha.shape, mode="area")[0, 0] * seen.alpha
        return rgb, shown.clamp(0, 1).numpy().astype(np.float32), float(score)
