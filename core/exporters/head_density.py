"""A head's density as meshes take it: where a form was pressed into the head, the form's own distance tells it.

A picture shows what the field decodes to. That wavers where features of hair and skin are mixed, which a picture
hardly shows and a mesh shows as pits and crumbs. The form knows its surface better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.formed_field import FormedField
from core.rendering.marching import field
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    import torch

    from core.exporters.density import DensityField
    from core.formed_field import Form
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
    form = head.trigrid.form if isinstance(head.trigrid, FormedField) else None

    def density(points: torch.Tensor) -> torch.Tensor:
        there = points.to(device)
        raw = field(generator, head.trigrid, there, sample)[0]
        return (raw if form is None or form.thin is None else _shaped(raw, form, there)).cpu()

    return density


def _shaped(raw: torch.Tensor, form: Form, points: torch.Tensor) -> torch.Tensor:
    """Raw density [N] at points [N, 3] as a form says, as far as it says anything."""
    distance, weight = form.distance_at(points)
    wanted = SURFACE * (1 - (distance / STEEP).clamp(-MOST, MOST))
    told = ((weight - TOLD[0]) / (TOLD[1] - TOLD[0])).clamp(0, 1)
    return raw.lerp(wanted, told)
