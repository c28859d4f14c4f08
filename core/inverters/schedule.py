"""How a search for a head divides its time: shares and steps of its stages, and the moments at which they end."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from core.inverters.latent_search import SearchSettings


@dataclass(frozen=True)
class Schedule:
    """How a method divides its time.

    Attributes:
        search_steps, colouring_steps, tuning_steps: of the stages, where nothing is limited.
        search_share, colouring_share: of a limited time or number of steps that go to the search and to the colouring.
        most_search_steps: the search stops there, however much time there is; None has no such bound.
        search: numbers of the search.
        from_planes: whether all begins with the dual encoder's planes, where the generator has one.
    """

    search_steps: int = 90
    colouring_steps: int = 60
    tuning_steps: int = 110
    search_share: float = 0.33
    colouring_share: float = 0.08
    most_search_steps: int | None = None
    search: SearchSettings = field(default_factory=SearchSettings)
    from_planes: bool = False


USUAL = Schedule()
"""About a minute on two CPU cores."""
SETTLING_STEPS = 24
FROM_DUAL = Schedule(
    SETTLING_STEPS,
    40,
    120,
    search_share=0.1,
    colouring_share=0.1,
    most_search_steps=SETTLING_STEPS,
    search=SearchSettings(rate=0.02, camera_rate=0.0, even=2.0),
    from_planes=True,
)
"""As long, where the dual encoder has found planes. Their shape is a head's; a long search, and above all one that
moves the camera, follows the photo and loses it: surfaces were 6 mm off instead of 15 on a held-out head."""


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
    def of(seconds: float | None, steps: int | None, *, planes: bool = True, schedule: Schedule = USUAL) -> Plan:
        """Within limits that may be missing. Without planes to colour and tune, all goes to the search."""
        search, colouring, tuning = schedule.search_steps, schedule.colouring_steps, schedule.tuning_steps
        search_share, colouring_share = (schedule.search_share, schedule.colouring_share) if planes else (1.0, 0.0)
        most = schedule.most_search_steps
        if not planes:
            search, colouring, tuning, most = search + colouring + tuning, 0, 0, None
        if steps is not None:
            search, colouring = round(steps * search_share), round(steps * colouring_share)
            search = search if most is None else min(search, most)
            tuning = steps - search - colouring
        if seconds is None:
            return Plan(search, colouring, tuning)
        if steps is None:
            # time decides, also on a processor that is twice as quick
            search, colouring, tuning = (
                max(count, round(count * seconds / 30)) for count in (search, colouring, tuning)
            )
            search = search if most is None else min(search, most)
        now = time.monotonic()
        ends = (search_share, search_share + colouring_share, 1.0)
        return Plan(search, colouring, tuning, *(now + end * seconds for end in ends))
