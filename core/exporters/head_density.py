"""A head's density as meshes take it: where a form was pressed into the head, the form's own distance tells it.

A picture shows what the field decodes to. That wavers where features of hair and skin are mixed, which a picture
hardly shows and a mesh shows as pits and crumbs. The form knows its surface better. Edits bend it along with the head;
where they put on, take off or recolour something, the field speaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.field import FieldOver
from core.formed_field import FAINT, FormedField
from core.grafted_field import GraftedField, RemappedField
from core.rendering.marching import field
from core.rendering.sampling import sampler_of
from core.warped_field import WarpedField

if TYPE_CHECKING:
    from core.exporters.density import DensityField
    from core.field import Field
    from core.head import Head
    from core.protocols import Generator

SURFACE, STEEP, MOST = 60.0, 0.0015, 3.0
"""Raw density at a form's surface; the distance over which it changes by as much, world units; and by how many times as
much it changes at most."""
TOLD = (0.5, 0.95)
"""Weights of a form between which it takes over."""


def density_of(generator: Generator, head: Head) -> DensityField:
    """A head's raw density at world points, for `sample_density`; points and result live on the CPU."""
    device, sample = head.trigrid.device, sampler_of(head.trigrid)

    def density(points: torch.Tensor) -> torch.Tensor:
        there = points.to(device)
        raw = field(generator, head.trigrid, there, sample)[0]
        found = _distance_at(head.trigrid, there)
        return (raw if found is None else _shaped(raw, *found)).cpu()

    return density


def _distance_at(head: Field, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Distance and weight [N] that the forms of a head say at points [N, 3], and edits over them leave; None without.

    A form over another one goes before it.
    """
    left = torch.ones(len(points), device=points.device)
    while isinstance(head, FieldOver):
        if isinstance(head, FormedField):
            if head.form.thin is None:
                return None
            distance, weight = head.form.distance_at(points)
            below = _distance_at(head.base, points) if isinstance(head.base, FormedField) else None
            if below is not None:
                rest = below[1] * (1 - weight)
                distance = (distance * weight + below[0] * rest) / (weight + rest).clamp(min=FAINT)
                weight = weight + rest
            return distance, weight * left
        if isinstance(head, WarpedField):
            points = head.warp.back(points)
        elif isinstance(head, GraftedField):
            left = left * (1 - head.strength * head.volume.at(head.fit.undone(points)))
        elif not isinstance(head, RemappedField):
            return None
        elif head.volume is not None:
            left = left * (1 - head.strength * head.volume.at(points))
        head = head.base
    return None


def _shaped(raw: torch.Tensor, distance: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Raw density [N] as a form says, as far as its weight [N] is."""
    wanted = SURFACE * (1 - (distance / STEEP).clamp(-MOST, MOST))
    told = ((weight - TOLD[0]) / (TOLD[1] - TOLD[0])).clamp(0, 1)
    return raw.lerp(wanted, told)
