"""Contact sheet of one-pass inversions: photo, then the bare head from eight yaws, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.align import align
from core.editors.tidying import tidied
from core.evaluation.pictures import at_degrees
from core.evaluation.reconstruction import alignment_of
from core.evaluation.sheets import PITCH_DEGREES, PORTRAIT_YAWS, TILE_PX
from core.frame import Quality
from core.inverters.dual_encoder import DualEncoder
from core.inverters.tidied import Tidied
from core.photo import Photo
from core.progress import Progress, silent
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.evaluation.held_out import HeldOutHead
    from core.progress import Report
    from core.protocols import Generator


def dual_sheet(
    generator: Generator, photos: Sequence[Path], truths: Sequence[HeldOutHead], report: Report
) -> NDArray[np.uint8]:
    """Portraits first, then held-out heads; without the photo that heads wear, so that the field is seen.

    Raises:
        VoltefaceError: a photo shows no usable face.
    """
    alignments = [align(Photo.open(path)) for path in photos]
    alignments += [alignment_of(truth.views[0]) for truth in truths]
    rows, inverter = [], Tidied(DualEncoder(), tidied)
    for number, alignment in enumerate(alignments):
        report(Progress(number, len(alignments), "Sheet of one-pass inversions"))
        renderer = HeadRenderer(generator, inverter.invert(alignment, generator, silent))
        pictures = [alignment.crop]
        pictures += [renderer.render(at_degrees(yaw, PITCH_DEGREES), Quality.NEAR).rgb for yaw in PORTRAIT_YAWS]
        tiles = [cv2.resize(rgb, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA) for rgb in pictures]
        rows.append(np.hstack(tiles).astype(np.uint8))
    return np.vstack(rows)
