"""A sheet of what a prior draws: each style, of held-out heads, guided, by depth alone, and redrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.stylizers.restyled_picture import drawn_from_noise, restyled
from core.stylizers.vocabulary import STYLES, Concept
from core.training.prior_batches import pictures_tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from core.stylizers.prior import DiffusionPrior
    from core.training.prior_drawings import DrawnHead

TITLE_PX, HEADING_PX = 120, 18
GUIDED, BY_DEPTH, REDRAWN = "guided, from noise", "by depth alone", "redrawn, strength .7"
WAYS = (GUIDED, BY_DEPTH, REDRAWN)


def prior_sheet(prior: DiffusionPrior, heads: Sequence[DrawnHead], steps: int = 20) -> NDArray[np.uint8]:
    """Styles below one another, heads beside one another in each of three ways, uint8 [H, W, 3].

    Args:
        prior: who draws.
        heads: drawn heads, of which the first view is shown.
        steps: of DDIM.
    """
    plain = pictures_tensor([head.pictures[0, 0] for head in heads])
    depth = pictures_tensor([head.depth[0] for head in heads])
    guide = prior.latents_from_pictures(plain)
    rows = [_titled("no style", torch.cat([plain] * len(WAYS)))]
    for style in STYLES:
        words = prior.words([style.title]).repeated(len(heads))
        drawn = {
            GUIDED: drawn_from_noise(prior, words, depth, guide, steps),
            BY_DEPTH: drawn_from_noise(prior, words, depth, None, steps),
            REDRAWN: restyled(prior, plain, style.title, depth, steps=steps),
        }
        rows.append(_titled(_name(style), torch.cat([drawn[way] for way in WAYS])))
    side, wide = plain.shape[-1], len(heads)
    heading = np.full((HEADING_PX, rows[0].shape[1], 3), 255, np.uint8)
    for number, way in enumerate(WAYS):
        _write(heading, way, TITLE_PX + number * wide * side + 4)
    return np.concatenate([heading, *rows])


def _name(style: Concept) -> str:
    return style.title.removesuffix(" character").removesuffix(" statue")


def _titled(title: str, pictures: Tensor) -> NDArray[np.uint8]:
    row = torch.cat(list(pictures), 2).permute(1, 2, 0).numpy()
    left = np.full((row.shape[0], TITLE_PX, 3), 255, np.uint8)
    _write(left, title, 4)
    return np.concatenate([left, np.asarray(np.clip(row * 255 + 0.5, 0, 255), np.uint8)], 1)


def _write(picture: NDArray[np.uint8], text: str, left_px: int) -> None:
    at = (left_px, picture.shape[0] // 2 + 4)
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
