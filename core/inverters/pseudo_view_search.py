"""The `pseudo-views` inverter: pivotal tuning that also looks at the head from other sides (HFGI3D, all the way round).

The coarse inversion is that of `pivotal`, but stopped early and held close to where it began. Latents and a camera that
go on come nearer to the photo and further from a head: measured on held-out heads, they only get worse from the side.
What other cameras would see of the coarse head becomes pictures: the photo's colours where its surface is in sight, the
coarse head's own, tidied at the outline, everywhere else. Photo and pseudo-views are then fitted together, by an offset
of the planes and the few weights that tuning may move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.inverters.encoder import bundled_encoder
from core.inverters.latent_search import SearchSettings
from core.inverters.pivotal import Pivotal
from core.inverters.pseudo_view_targets import pseudo_targets
from core.inverters.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.inverters.colouring import Coloured
    from core.inverters.evidence import Evidence
    from core.inverters.further_photos import FurtherPhotos
    from core.inverters.further_views import FurtherView
    from core.protocols import Generator, PlaneGenerator

EARLY_STEPS = 24
EARLY = Schedule(
    EARLY_STEPS,
    40,
    150,
    search_share=0.15,
    colouring_share=0.08,
    most_search_steps=EARLY_STEPS,
    search=SearchSettings(rate=0.02, camera_rate=0.015, even=2.0, pose=0.5),
)
"""Where an encoder has told what head it is."""
FROM_MEAN_STEPS = 60
FROM_MEAN = Schedule(FROM_MEAN_STEPS, 50, 120, search_share=0.3, most_search_steps=FROM_MEAN_STEPS)
"""Where the search begins with the mean head."""
VIEW_PX = 96
"""Side of the pseudo-views."""


class PseudoViews(Pivotal):
    """Implements `core.protocols.Inverter`, and takes further photos."""

    method = "pseudo-views"

    def schedule_of(self, generator: Generator, evidence: Evidence) -> Schedule:
        """See `Pivotal`."""
        del evidence
        return FROM_MEAN if bundled_encoder(generator.info.name) is None else EARLY

    def further_views(
        self, generator: PlaneGenerator, evidence: Evidence, coloured: Coloured, photos: FurtherPhotos
    ) -> Sequence[FurtherView]:
        """See `Pivotal`; the further photos, and pseudo-views from where none of them was taken."""
        px = min(VIEW_PX, generator.info.neural_px)
        made = pseudo_targets(
            generator.tuned(coloured.delta),
            coloured.trigrid,
            evidence.at(px),
            coloured.camera,
            taken=[camera.camera() for camera in photos.cameras],
        )
        return [*super().further_views(generator, evidence, coloured, photos), *made]
