"""Random heads as they are shown: what the generator draws of a seed, without what hangs in the air.

At truncations that leave heads different, a small generator also leaves wisps of hair and haze beyond the hair's ends.
They are wiped off the field: pieces that touch nothing, and hair that is nowhere thick.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from core.camera import Camera
from core.editors.part_volume import grown
from core.editors.rear_repair import FIRM, floating
from core.grafted_field import RemappedField, Volume
from core.hair_strands import HairStrands
from core.head import Head
from core.mask import PARTS
from core.rendering.occupancy import FAINT, field_grid
from core.rendering.renderer import part_labels

if TYPE_CHECKING:
    from torch import Tensor

    from core.field import Field
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

TRUNCATION = 0.7
STRANDS_PX, STRAND = 256, 0.0012
"""Side of the texture of strands, and the size of its pixel on the head, world units: 0.7 mm."""
STRANDS = ((0.06, 0.9, 12.0), (0.05, 3.0, 30.0))
"""Contrast, width and length, in pixels, of single strands and of locks."""
THICK = 1
"""Nodes by which hair must reach beyond a point in every direction somewhere nearby, or it is a wisp."""
SPARED = 1
"""Nodes around thick hair that are left: outlines are soft."""


def random_head(generator: Generator, seed: int, *, truncation: float = TRUNCATION) -> Head:
    """The random head of a seed, seen from the front.

    Args:
        generator: any.
        seed: the same one gives the same head.
        truncation: how far heads may differ from the mean head, 0..1.
    """
    with torch.no_grad():
        latents = random_latents(generator, seed, truncation)
        field = tidied(generator, generator.trigrid(latents))
    return Head(
        generator=generator.info.name,
        latents=latents,
        camera=Camera.orbit(),
        trigrid=field,
        seed=seed,
        strands=plain_strands(seed),
    )


def random_latents(generator: Generator, seed: int, truncation: float = TRUNCATION) -> Tensor:
    """Latents [L, W] of the random head of a seed."""
    noise = torch.randn(1, generator.info.noise_size, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        return generator.latents(noise, truncation)[0]


def plain_strands(seed: int) -> HairStrands:
    """Strands of no hair in particular: noise that is drawn out along them, single ones and whole locks."""
    random = np.random.default_rng(seed)
    detail = np.zeros((STRANDS_PX, STRANDS_PX), np.float32)
    for contrast, across, along in STRANDS:
        noise = np.pad(random.standard_normal(detail.shape).astype(np.float32), STRANDS_PX // 2, mode="wrap")
        drawn_out = cv2.GaussianBlur(noise, (0, 0), sigmaX=across, sigmaY=along)
        inner = drawn_out[STRANDS_PX // 2 :, STRANDS_PX // 2 :][:STRANDS_PX, :STRANDS_PX]
        detail += contrast * inner / inner.std()
    return HairStrands(detail=detail.astype(np.float16), pixel=STRAND)


def tidied(generator: Generator, field: Field) -> Field:
    """A field without what floats and without wisps; the very same one where there are none."""
    grid = field_grid(generator, field, part_labels)
    # what held on by a wisp floats without it
    thin = grown(wisps(grid), 1)
    firm = replace(grid, sigma=torch.where(thin, 0.0, grid.sigma))
    return emptied(field, grid, thin | floating(firm) | floating(grid))


def emptied(field: Field, grid: FieldGrid, nodes: Tensor) -> Field:
    """A field with nothing at some nodes, bool [Z, Y, X], of its grid; the very same one where there are none."""
    if not nodes.any():
        return field
    emptiest = torch.stack(torch.unravel_index(grid.sigma.argmin(), grid.sigma.shape)).flip(0)
    half = torch.tensor(grid.half_sides, device=grid.sigma.device)
    nothing = field.sample((emptiest * torch.tensor(grid.spacing, device=half.device) - half)[None].float())[0]
    volume = Volume(F.avg_pool3d(nodes.float()[None, None], 3, 1, 1)[0, 0], grid.half_sides)
    return RemappedField(field, -torch.eye(len(nothing), device=nothing.device), nothing, volume)


def wisps(grid: FieldGrid) -> Tensor:
    """Nodes bool [Z, Y, X] of hair that is nowhere thick; none where no labels tell hair from glasses and ears."""
    if grid.labels is None:
        return torch.zeros_like(grid.sigma, dtype=torch.bool)
    thick = grown(~grown(grid.sigma <= FIRM, THICK), THICK + SPARED)
    # haze at the outline has no label of its own
    hairy = grown((grid.labels == PARTS.index("hair")) & (grid.sigma > FAINT), SPARED)
    others = (grid.labels != PARTS.index("hair")) & (grid.labels != PARTS.index("background"))
    return hairy & (grid.sigma > FAINT / 4) & ~thick & ~grown(others, SPARED)
