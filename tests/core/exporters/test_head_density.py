"""Meshes of formed heads take their shape from the form, not from what the field decodes to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.exporters.head_density import SURFACE, density_of
from core.formed_field import Form, FormedField
from core.grafted_field import GraftedField, RemappedField, Volume
from core.rendering.marching import field
from core.warped_field import Warp, WarpedField
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from core.field import Field

RADIUS, RAMP, THRESHOLD, HALF = 0.2, 0.05, 0.35, 0.3
COUNTS = (31, 31, 31)


def ball(thin: float | None, weight: float = 1.0) -> Form:
    """A ball about the origin in a box, for features that cease to be solid at a share of nothing."""
    axis = np.linspace(-HALF, HALF, COUNTS[0])
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    at = np.stack([x, y, z], -1).reshape(-1, 3)
    away = np.linalg.norm(at, axis=1) - RADIUS + RAMP * ((thin or THRESHOLD) - THRESHOLD)
    values = np.stack([*np.zeros((3, len(at))), weight * away, np.full(len(at), weight)])
    return Form(
        torch.arange(len(at), dtype=torch.int32),
        torch.from_numpy(values).half(),
        COUNTS,
        (-HALF,) * 3,
        (HALF,) * 3,
        RAMP,
        THRESHOLD,
        thin=None if thin is None else torch.full((len(at),), thin).half(),
    )


def directions() -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(50, 3, generator=torch.Generator().manual_seed(3)), dim=1)


@pytest.mark.parametrize("thin", [0.2, THRESHOLD, 0.6])
def test_the_surface_is_the_forms_whatever_the_field_decodes_to(thin: float) -> None:
    head = tiny_head()
    formed = replace(head, trigrid=FormedField(head.trigrid, ball(thin), torch.zeros(12)))
    density = density_of(TinyGenerator(), formed)
    assert (density(directions() * (RADIUS - 0.003)) > SURFACE).all()
    assert (density(directions() * (RADIUS + 0.003)) < SURFACE).all()


def test_where_a_form_says_little_the_field_speaks() -> None:
    head, generator = tiny_head(), TinyGenerator()
    points = directions() * 0.25
    for form in (ball(0.2, weight=0.4), ball(None)):
        formed = FormedField(head.trigrid, form, torch.zeros(12))
        found = density_of(generator, replace(head, trigrid=formed))(points)
        torch.testing.assert_close(found, field(generator, formed, points)[0])
    plain = density_of(generator, head)(points)
    torch.testing.assert_close(plain, field(generator, head.trigrid, points)[0])


def test_a_form_over_another_goes_before_it() -> None:
    head, generator = tiny_head(), TinyGenerator()
    shift, points = torch.tensor([0.3, 0.0, 0.0]), directions() * RADIUS
    below = FormedField(head.trigrid, ball(0.4), torch.zeros(12))

    def density(of: Field, at: torch.Tensor) -> torch.Tensor:
        return density_of(generator, replace(head, trigrid=of))(at)

    # a ball beside it, of which a corner reaches into the box of the other
    beside = replace(ball(0.4), low=(-HALF + 0.3, -HALF, -HALF), high=(HALF + 0.3, HALF, HALF))
    over = FormedField(below, beside, torch.zeros(12))
    assert (density(over, points * 0.98 + shift) > SURFACE).all()
    assert (density(over, points * 1.02 + shift) < SURFACE).all()
    left = points[points[:, 0] < -0.03]
    torch.testing.assert_close(density(over, left), density(below, left))


def test_edits_bend_the_form_and_what_they_put_on_speaks_for_itself() -> None:
    head, generator = tiny_head(), TinyGenerator()
    formed = FormedField(head.trigrid, ball(0.5), torch.zeros(12))

    def density(of: Field, points: torch.Tensor) -> torch.Tensor:
        return density_of(generator, replace(head, trigrid=of))(points)

    shift = torch.zeros(3, 9, 9, 9)
    shift[:, 2:-2, 2:-2, 2:-2] = 0.01
    warp, points = Warp(shift, (-HALF,) * 3, (HALF,) * 3), directions() * RADIUS
    torch.testing.assert_close(density(WarpedField(formed, warp), points), density(formed, warp.back(points)))
    right = torch.zeros(3, 3, 3)
    right[..., 2] = 1
    graft = GraftedField(formed, head.trigrid, Volume(right, (HALF,) * 3))
    outside, inside = graft.volume.at(points) == 0, graft.volume.at(points) > 0.6
    torch.testing.assert_close(density(graft, points)[outside], density(formed, points)[outside])
    own = field(generator, graft, points[inside])[0]
    torch.testing.assert_close(density(graft, points)[inside], own)
    same = RemappedField(formed, torch.zeros(12, 12), torch.zeros(12))
    torch.testing.assert_close(density(same, points), density(formed, points))


def test_what_thin_features_cost_is_kept_when_hair_goes() -> None:
    form = ball(0.5)
    worn = torch.zeros(len(form.nodes))
    worn[: len(worn) // 2] = 1
    bare = replace(form, worn=worn.half()).bare
    assert bare.thin is not None
    assert len(bare.thin) == len(bare.nodes) == len(worn) - len(worn) // 2
    assert replace(form, thin=None) != form
