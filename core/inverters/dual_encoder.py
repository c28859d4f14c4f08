"""The `dual` inverter: a head in one pass, without a search (PanoHead's dual encoder).

First stage: the encoder's latents and camera. Second stage: two branches of one shape add offsets to the planes, E1
faithful to the photo, E2 natural where the photo shows nothing. The occlusion mask of the photo's depth stitches them:
`T = (1 - O) T_E1 + O T_E2`. A second look lays on the surface what the picture still lacks. Branches are trained for
one generator; another one gets what untrained branches do, which lay the photo's colours on the visible surface and
carry them around by the decoder's own slope.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import torch
import torch.nn.functional as F

from core.errors import CheckpointError, InversionError
from core.head import Head
from core.inverters.dual_branches import Branches, bundled_branches
from core.inverters.encoder import encode
from core.inverters.first_look import CLOTHES, first_look
from core.inverters.glimpse import Glimpse, enlarged
from core.inverters.lifting import ReadField
from core.inverters.occlusion import stitched
from core.inverters.offset_encoder import lifted
from core.inverters.part_reading import photo_parts
from core.inverters.pose import RefinedCamera
from core.inverters.second_look import looked_again
from core.mask import PARTS, Mask
from core.progress import Progress
from core.protocols import PlaneGenerator
from core.trigrid import Trigrid

if TYPE_CHECKING:
    from torch import Tensor

    from core.align import Alignment
    from core.inverters.encoder import EncoderGuess
    from core.inverters.first_look import FirstLook
    from core.progress import Report
    from core.protocols import Generator

SAMPLES = 8
"""Samples a ray in the picture of the finished head."""
LEAST_PERSON = 0.01
"""Share of the crop that a person must fill."""
Stitching = Literal["dual", "stitched", "faithful", "natural", "mixed", "first stage"]
"""Which planes the head gets: stitched and looked at again, stitched, E1's alone, E2's alone, E1's where the photo sees
and the encoder's elsewhere (GOAE's mix), or the encoder's."""


class DualEncoder:
    """Implements `core.protocols.Inverter`; nothing is searched, so `seconds`, `steps` and `start` change nothing."""

    def __init__(self, branches: Branches | None = None, stitching: Stitching = "dual") -> None:
        """With branches of one's own, or those that come with the generator.

        Args:
            branches: of the generator that heads will be asked for.
            stitching: which planes the heads get.
        """
        self._branches, self._stitching = branches, stitching

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
        """See the protocol.

        Raises:
            InversionError: the photo shows no person.
            CheckpointError: the branches that it was made with are another generator's.
            Cancelled: from `report`.
        """
        del seconds, steps, start
        report(Progress(0, 3, "Looking at the photo"))
        photo, mask = photo_and_mask(alignment)
        given = alignment.camera
        guess = encode(photo, mask, (given.yaw_radians, given.pitch_radians), generator)
        turn = (guess.yaw_radians - given.yaw_radians, guess.pitch_radians - given.pitch_radians)
        camera = given.orbited(*turn) if any(turn) else given
        with torch.no_grad():
            field = generator.trigrid(guess.latents)
        head = Head(
            generator=generator.info.name,
            latents=guess.latents,
            camera=camera,
            trigrid=field,
            seed=seed,
            method="dual",
        )
        report(Progress(1, 3, "First guess", result=head))
        if not isinstance(generator, PlaneGenerator) or not isinstance(field, Trigrid):
            return _drawn(head, generator, mask, guess, Glimpse(generator, field, RefinedCamera(camera)), report)
        read = ReadField.of(field)
        # where rays meet the first reconstruction they meet the finished head: offsets move surfaces by millimetres
        glimpse = Glimpse(generator, read, RefinedCamera(camera))
        if self._stitching != "first stage":
            clothes = torch.from_numpy(photo_parts(alignment)[[PARTS.index(CLOTHES)]])[None]
            look = first_look(generator, read, camera, photo, mask, glimpse, clothes)
            with torch.no_grad():
                trigrid = self._second_stage(generator, head, field, read, look, glimpse)
                head = replace(head, trigrid=trigrid, delta={"trigrid": trigrid.planes - field.planes})
            report(Progress(2, 3, "Adding what the photo shows"))
        return _drawn(head, generator, mask, guess, glimpse, report)

    def _second_stage(
        self, generator: PlaneGenerator, head: Head, field: Trigrid, read: ReadField, look: FirstLook, glimpse: Glimpse
    ) -> Trigrid:
        if self._branches is not None and not self._branches.fits(generator):
            raise CheckpointError(
                f"This dual encoder was trained for another head model than {generator.info.title}.",
                "Train one with `volteface train dual`.",
            )
        branches = self._branches or bundled_branches(generator.info.name)
        if branches is None or not branches.fits(generator):
            branches = Branches.untrained(field)
        known = lifted(generator, field, head.camera, look, branches.faithful.config.coarse_px, read)
        width = field.planes.shape[-1]

        if self._stitching == "natural":
            return field.with_planes(field.planes + branches.natural(known, width))
        offset = branches.faithful(known, width)
        if self._stitching == "mixed":
            offset = stitched(offset, torch.zeros(()), known.hidden)
        elif self._stitching != "faithful":
            offset = stitched(offset, branches.natural(known, width), known.hidden)
        both = field.with_planes(field.planes + offset)
        if self._stitching != "dual":
            return both
        return looked_again(generator, both, head.latents, head.camera, look, known, glimpse)


def photo_and_mask(alignment: Alignment) -> tuple[Tensor, Tensor]:
    """The person on white [1, 3, h, w] and their mask [1, 1, h, w], 0..1.

    Raises:
        InversionError: there is no person.
    """
    mask = torch.from_numpy(alignment.mask.astype("float32").clip(0, 1))[None, None]
    if not bool(torch.isfinite(mask).all()) or float(mask.mean()) < LEAST_PERSON:
        raise InversionError(
            "The person could not be told from the background.", "Try a photo with a plainer background."
        )
    rgb = torch.from_numpy(alignment.crop.astype("float32") / 255).permute(2, 0, 1)[None]
    return rgb * mask + 1 - mask, mask


def _drawn(
    head: Head, generator: Generator, mask: Tensor, guess: EncoderGuess, glimpse: Glimpse, report: Report
) -> Head:
    """The head with what the photo saw of it, reported with its picture."""
    info = generator.info
    with torch.no_grad():
        camera = RefinedCamera(head.camera)
        seen = glimpse.see(generator, head.trigrid, camera, (0, 0, info.neural_px, info.neural_px), SAMPLES)
        picture = enlarged(generator, seen, head.latents)[0]
        preview = (picture.permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()
        shown = F.interpolate(mask, seen.alpha.shape, mode="area")[0, 0] * seen.alpha
    found = replace(head, visibility=Mask(shown.clamp(0, 1).numpy(), "seen"))
    report(Progress(3, 3, guess.note or "Done", preview=preview, result=found))
    return found
