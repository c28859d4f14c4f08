"""Masks from a rough idea of them: GrabCut from strokes or a box, Segment Anything from clicks where it is installed.

GrabCut (Rother, Kolmogorov, Blake, SIGGRAPH 2004) learns colours inside and outside and cuts where they meet. It needs
no weights and takes about half a second.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from core.errors import VoltefaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.segmenters.click import ClickSegmenter, SeenPicture

    Mask = NDArray[np.uint8]

SIDE_PX: Final = 256
"""Side of the picture that is cut."""
ROUNDS: Final = 4
RING: Final = 0.06
"""How far from a rough mask its border may be found, in parts of the picture's side."""
FEWEST_PX: Final = 24
CLICK_MODEL: Final = "sam"
"""The network, of those installed, that answers clicks."""


def cut_out(
    rgb: NDArray[np.uint8], rough: Mask | None = None, box: Sequence[float] = (), side_px: int | None = None
) -> Mask:
    """The thing that a rough mask or a box is about.

    Args:
        rgb: uint8 [H, W, 3].
        rough: uint8 [S, S], what is roughly wanted, or None.
        box: left, top, right, bottom in parts of the picture, around what is wanted; only where there is no mask.
        side_px: of the answer; None is the rough mask's, or the picture's.

    Returns:
        uint8 [S, S], 0 or 255 with soft edges.

    Raises:
        VoltefaceError: there is too little to go by.
    """
    small = cv2.resize(rgb, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    side = side_px or (rgb.shape[0] if rough is None else rough.shape[0])
    known = np.full((SIDE_PX, SIDE_PX), cv2.GC_BGD, np.uint8)
    if rough is not None:
        wanted = cv2.resize(rough, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA) > 127
        if wanted.sum() < FEWEST_PX:
            raise VoltefaceError("There is hardly anything drawn to cut out.", "Draw roughly over what you want first.")
        reach = max(3, round(RING * SIDE_PX))
        inner, outer = (
            cv2.distanceTransform(one.astype(np.uint8), cv2.DIST_L2, 5) for one in (wanted, np.logical_not(wanted))
        )
        # a thin part has no depth: its middle is sure, however near its border is
        sure = inner > min(reach, 0.6 * float(inner.max()))
        known[outer < reach] = cv2.GC_PR_BGD
        known[wanted] = cv2.GC_PR_FGD
        known[sure] = cv2.GC_FGD
    elif len(box) == len(("left", "top", "right", "bottom")):
        left, top, right, bottom = (round(SIDE_PX * min(1.0, max(0.0, edge))) for edge in box)
        if (right - left) * (bottom - top) < FEWEST_PX:
            raise VoltefaceError("The box is too small to cut anything out.", "Drag a box around what you want.")
        known[top:bottom, left:right] = cv2.GC_PR_FGD
    else:
        raise ValueError("a cut needs a rough mask or a box")
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # the same drawing gives the same cut
    cv2.grabCut(small, known, None, *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(known, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * 255
    large = cv2.resize(found, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(large, (0, 0), max(0.5, side / SIDE_PX / 2)), np.uint8)


def click_refusal() -> str:
    """Why nothing can be cut out by a click; empty where it can."""
    from importlib.util import find_spec

    if not _click_models():
        return "Needs Segment Anything: add its weights with Models… or `volteface models add FILE`."
    return "" if find_spec("segment_anything") else "Needs the package segment-anything beside its weights."


def looked_at(rgb: NDArray[np.uint8]) -> SeenPicture:
    """A picture that can be asked what is shown at a point or in a box; takes seconds.

    Raises:
        VoltefaceError: no model that answers clicks is installed.
    """
    refusal = click_refusal()
    if refusal:
        raise VoltefaceError("Nothing can be cut out by a click yet.", refusal)
    return _clicker(_click_models()[0]).look(rgb)


def clicked(seen: SeenPicture, place: Sequence[float], side_px: int) -> Mask:
    """What a picture shows at a click (u, v) or in a box (left, top, right, bottom), uint8 [side_px, side_px]."""
    rows, columns = seen.size
    if len(place) == len(("u", "v")):
        mask = seen.at(points=((place[0] * columns, place[1] * rows),))
    else:
        left, top, right, bottom = place
        mask = seen.at(box=(left * columns, top * rows, right * columns, bottom * rows))
    large = cv2.resize(mask.weights, (side_px, side_px), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large * 255, np.uint8)


def _click_models() -> tuple[str, ...]:
    from core.checkpoints import store

    return tuple(one.name for one in store.installed() if CLICK_MODEL in one.networks and store.state(one) == "ready")


@lru_cache(maxsize=1)
def _clicker(name: str) -> ClickSegmenter:
    from core.checkpoints.opening import open_model
    from core.segmenters.click import ClickSegmenter, SamNetwork

    network = open_model(name).networks[CLICK_MODEL]
    assert isinstance(network, SamNetwork)
    return ClickSegmenter(network)
