"""Random heads as they are shown: what the generator draws of a seed, tidied, with strands, fine detail and glasses.

The generator leaves wisps in the air, frames of glasses in bits and hair in patches. The first are wiped off the field;
glasses are measured, taken off the latents and worn as shapes; who has patches becomes bald.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.camera import Camera
from core.editors.face_manner import manner_of, manner_warp
from core.editors.glasses_form import glasses_form
from core.editors.glasses_seat import seated
from core.editors.head_parts import HeadParts
from core.editors.random_strands import random_strands
from core.editors.tidying import Clutter
from core.face_detail import FaceDetail
from core.generators.bareness import can_go_without, latents_without
from core.generators.mini import Mini
from core.grafted_field import Fit
from core.head import Head
from core.mask import PARTS
from core.rendering.bent_grid import bent_grid
from core.rendering.kept_grid import keep_grid
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels
from core.warped_field import WarpedField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from core.eyewear import Eyewear
    from core.field import Field
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

TRUNCATION = 0.7
EYES, BROWN = 20, 1.4
"""Seed of the direction in W along which eyes go from brown to blue, and how much more of them are brown."""
LEAST_LENS, LOW_ON_NOSE = 0.032, 0.022
"""Half a lens' width and the way from its middle to the eyes that glasses have, world units; others were misread."""
FURTHER, LEFT = 1.5, 0.3
"""How far heads go from glasses of which more is left than this share."""
SCANT = (0.003, 0.4)
"""Shares of hair above the eyes between which a head has patches of it, that a small model does not close: they go."""
RIND = (12.0, 240.0)
"""Densities per world unit between which a node lies at the surface."""
LIGHT = 1.0
"""How strongly the shape of random heads lights them."""
MARKS = 47
"""Sets the draws of marks apart from others of the same seed."""
YOUNG, OLD = 0.62, 1.0
"""Ages, as the prior counts them, between which lines come."""
FRECKLED, MOLES = 0.3, 0.7
"""Share of pale faces with freckles, and how many moles a young face has on average."""


def random_head(generator: Generator, seed: int, *, truncation: float = TRUNCATION) -> Head:
    """The random head of a seed, seen from the front.

    Args:
        generator: any.
        seed: the same one gives the same head.
        truncation: how far heads may differ from the mean head, 0..1.
    """
    return settled(generator, drawn_head(generator, seed, truncation=truncation), truncation=truncation)


@torch.no_grad()
def drawn_head(generator: Generator, seed: int, *, truncation: float = TRUNCATION) -> Head:
    """What the generator draws of a seed, as it comes: there in a fifth of the time, and not `settled` yet."""
    latents = random_latents(generator, seed, truncation)
    return Head(
        generator=generator.info.name,
        latents=latents,
        camera=Camera.orbit(),
        trigrid=generator.trigrid(latents),
        seed=seed,
        face=face_detail_of(generator, latents, seed, attributes_of(generator, seed, truncation)),
    )


@torch.no_grad()
def settled(generator: Generator, drawn: Head, *, truncation: float = TRUNCATION) -> Head:
    """A `drawn_head`, tidied, with strands, with its glasses as shapes and with a manner of its own.

    Args:
        generator: the head's.
        drawn: as it came.
        truncation: it was drawn with.
    """
    latents, field, seed = drawn.latents, drawn.trigrid, drawn.seed
    grid = field_grid(generator, field, part_labels)
    told = attributes_of(generator, seed, truncation)
    eyewear: Eyewear | None = None
    wears = _wears_glasses(generator, field, grid)
    # of a pair that was meant, and is none that anybody knows, there are smears about the eyes
    if wears or told.get("glasses", 0.0) > 1 / 2:
        eyewear = _own_glasses(generator, latents, field, grid) if wears else None
        latents, field, grid = _without_glasses(generator, latents, grid)
    if can_go_without(generator, "hair") and SCANT[0] < _hair_share(grid) < SCANT[1]:
        latents = latents_without(generator, latents, "hair")
        field = generator.trigrid(latents)
        grid = field_grid(generator, field, part_labels)
    clutter = Clutter.of(grid)
    field = clutter.wiped(field)
    head = replace(
        drawn,
        latents=latents,
        trigrid=field,
        strands=random_strands(grid, seed, told),
        face=face_detail_of(generator, latents, seed, told),
        eyewear=eyewear,
    )
    warp = manner_warp(generator, head, grid, manner_of(seed, told)) if told else None
    if warp is None:
        return head
    bent = WarpedField(field, warp)
    if grid.sigma.device.type == "cpu":
        keep_grid(generator, bent_grid(grid, bent, clutter.volume))
    return replace(head, trigrid=bent)


def _wears_glasses(generator: Generator, field: Field, grid: FieldGrid) -> bool:
    """Whether a head shows glasses that can be taken off it."""
    if grid.labels is None or not can_go_without(generator, "glasses"):
        return False
    return HeadParts.of(generator, field, grid).has("glasses")


def _without_glasses(generator: Generator, latents: Tensor, worn: FieldGrid) -> tuple[Tensor, Field, FieldGrid]:
    """Latents without glasses, their field and its grid; of large ones temples would stay as lines on the skin."""
    for beyond in (1.0, FURTHER):
        bare = latents_without(generator, latents, "glasses", beyond)
        field = generator.trigrid(bare)
        grid = field_grid(generator, field, part_labels)
        if _glassy(grid) <= LEFT * _glassy(worn):
            break
    return bare, field, grid


def _hair_share(grid: FieldGrid) -> float:
    """Which share of a head above the eyes is hair and not skin."""
    if grid.labels is None:
        return 0.0
    rind = grid.known & (grid.sigma > RIND[0]) & (grid.sigma < RIND[1])
    rind[:, : round(rind.shape[1] / 2)] = False
    hair, skin = (int((grid.labels[rind] == PARTS.index(part)).sum()) for part in ("hair", "skin"))
    return hair / max(hair + skin, 1)


def _glassy(grid: FieldGrid) -> int:
    """Nodes of a head that are called glasses."""
    return 0 if grid.labels is None else int((grid.labels == PARTS.index("glasses")).sum())


def _own_glasses(generator: Generator, latents: Tensor, field: Field, grid: FieldGrid) -> Eyewear | None:
    """A head's glasses as shapes, because a field this coarse breaks frames into bits; None if nobody can tell them."""
    parts = HeadParts.of(generator, field, grid)
    head = Head(generator=generator.info.name, latents=latents, camera=Camera.orbit(), trigrid=field)
    form = glasses_form(generator, head, parts)
    eyes = [float(point[1]) for name, point in parts.landmarks().items() if name.endswith("eyes")]
    if form is None or not eyes or form.half_width < LEAST_LENS or abs(form.centre[1] - max(eyes)) > LOW_ON_NOSE:
        return None
    return seated(form, Fit(), parts)


def random_latents(generator: Generator, seed: int, truncation: float = TRUNCATION) -> Tensor:
    """Latents [L, W] of the random head of a seed."""
    with torch.no_grad():
        return generator.latents(_noise(generator, seed), truncation)[0]


def _noise(generator: Generator, seed: int) -> Tensor:
    return torch.randn(1, generator.info.noise_size, generator=torch.Generator().manual_seed(seed))


def attributes_of(generator: Generator, seed: int, truncation: float = TRUNCATION) -> dict[str, float]:
    """What the bundled model's prior knows of the random head of a seed: age, sex, cut of the hair; none of others."""
    if not isinstance(generator, Mini):
        return {}
    prior = generator.prior
    with torch.no_grad():
        values = prior.attributes_from_noise(_noise(generator, seed), truncation)[0].tolist()
    return dict(zip(prior.attributes.names, values, strict=True))


def face_detail_of(
    generator: Generator, latents: Tensor, seed: int = 0, told: Mapping[str, float] = MappingProxyType({})
) -> FaceDetail:
    """Fine detail for the face of latents [L, W]; between two heads the eyes go from one colour to the other.

    Args:
        generator: of the head.
        latents: of the head.
        seed: of what comes by chance.
        told: what is known of the head; without it it has no marks and no light of its own.
    """
    away = (latents - generator.mean_latents().to(latents)).mean(0)
    signs = torch.from_numpy(np.random.default_rng(EYES).choice((-1.0, 1.0), len(away))).to(away)
    chance = 0.5 * (1 + torch.erf((away @ signs) / away.norm().clamp(min=1e-6) / 2**0.5))
    plain = FaceDetail(iris=float(chance) ** BROWN, seed=seed)
    return replace(plain, light=LIGHT, **_marks(seed, told)) if told else plain


def _marks(seed: int, told: Mapping[str, float]) -> dict[str, Any]:
    """Lines of age, freckles, moles and blush of a seed: older faces have more lines, red-haired ones more freckles."""
    random = np.random.default_rng((MARKS, seed))
    old = min(max((told["age"] - YOUNG) / (OLD - YOUNG), 0.0), 1.0) ** 1.3
    red = min(max(2.5 * (told["mean_hair_r"] - told["mean_hair_b"]) - 0.4, 0.0), 1.0)
    pale = min(max((told["mean_skin_b"] - 0.30) / 0.22, 0.0), 1.0)
    freckled = float(random.random()) < pale * (FRECKLED + 0.35 * red)
    return {
        "made_up": 1 - told["gender"],
        "age": float(np.clip(old + 0.08 * random.standard_normal(), 0, 1)),
        "freckles": float(random.uniform(0.35, 1.0)) * pale if freckled else 0.0,
        "moles": int(random.poisson(MOLES * (1 + old))),
        "blush": float(random.beta(1.6, 3.0)) * (1 - 0.5 * old),
    }
