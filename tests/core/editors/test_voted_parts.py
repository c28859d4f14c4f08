"""Heads without labels and without planes lend parts by what their pictures show."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.edit import RemovePart, TakePart
from core.editors.fold import Folder
from core.editors.plane_taking import PlaneTools
from core.editors.voted_parts import voted_parts
from core.errors import VoltefaceError
from core.frame import Quality
from core.grafted_field import GraftedField, RemappedField
from core.head import Head
from core.mask import PARTS
from core.rendering.renderer import HeadRenderer
from tests.random_generators import random_stylesdf

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.generators.stylesdf import StyleSDF

TAKE = TakePart(key="1", part="hair", reference="r")


@lru_cache(maxsize=1)
def stylesdf() -> StyleSDF:
    return random_stylesdf()


def head(seed: int) -> Head:
    noise = torch.randn(1, stylesdf().info.noise_size, generator=torch.Generator().manual_seed(seed))
    latents = stylesdf().latents(noise, 1.0)[0]
    field = stylesdf().trigrid(latents).detached()
    return Head(generator="stylesdf", latents=latents, camera=Camera.orbit(), trigrid=field)


def hair_above(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The upper half of a picture is hair, the lower one skin."""
    labels = np.full(rgb.shape[:2], PARTS.index("skin"), np.uint8)
    labels[: len(labels) // 2] = PARTS.index("hair")
    return labels


def bald(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.full(rgb.shape[:2], PARTS.index("skin"), np.uint8)


def test_pictures_vote_where_their_rays_meet_the_head() -> None:
    parts = voted_parts(stylesdf(), head(1).trigrid, head(1).latents, read=hair_above, cameras=[Camera.orbit()])
    hair, skin = parts.points("hair"), parts.points("skin")
    assert len(hair) > 30
    assert len(skin) > 30
    assert hair[:, 1].median() > 0 > skin[:, 1].median()


def test_hair_of_one_such_head_comes_to_lie_on_another_and_nothing_else_does() -> None:
    tools = PlaneTools(read=hair_above)
    folded = Folder(stylesdf(), head(1), {"r": head(2)}, tools=tools).folded((TAKE,))
    field = folded.trigrid
    field = field.base if isinstance(field, RemappedField) else field
    assert isinstance(field, GraftedField)
    at = torch.tensor([[0.0, 0.06, 0.0], [0.0, -0.3, 0.0]])
    weights = field.volume.at(field.fit.undone(at))
    assert weights[1] == 0
    assert torch.allclose(folded.trigrid.sample(at[1:]), head(1).trigrid.sample(at[1:]))
    assert field.volume.weights.max() == 1
    frame = HeadRenderer(stylesdf(), folded).render(Camera.orbit(), Quality.NEAR)
    assert np.isfinite(frame.rgb).all()


def test_who_shows_no_hair_lends_none_and_nothing_can_be_taken_off() -> None:
    folder = Folder(stylesdf(), head(1), {"r": head(2)}, names={"r": "her"}, tools=PlaneTools(read=bald))
    with pytest.raises(VoltefaceError, match="No hair was found on her"):
        folder.folded((TAKE,))
    folder = Folder(stylesdf(), head(1), {}, tools=PlaneTools(read=hair_above))
    with pytest.raises(VoltefaceError, match="nothing can be taken off"):
        folder.folded((RemovePart(key="1", part="hair"),))
