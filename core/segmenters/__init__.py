"""Engines that say what a pixel shows: a picture of a head to part labels. A new one is a module and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Segmenter = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def _parser() -> Segmenter:
    from core.segmenters.parser import parse, part_net

    part_net()  # so that missing weights are told now
    return parse


SEGMENTERS: dict[str, Callable[[], Segmenter]] = {"parser": _parser}
"""Name -> loader of a function from a picture uint8 [H,W,3] to labels uint8 [H,W] of `core.mask.PARTS`."""
