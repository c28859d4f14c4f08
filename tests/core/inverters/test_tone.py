"""The photo's tones go around the head, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from core.camera import Camera
from core.inverters.evidence import Evidence
from core.inverters.pose import RefinedCamera
from core.inverters.surface import Surface
from core.inverters.tone import Tones, tones
from core.inverters.visibility import free_cells
from core.mask import PARTS
from tests.core.inverters.portraits import portrait
from tests.fakes import HALF_AXES, TinyGenerator

if TYPE_CHECKING:
    from pathlib import Path

    from core.trigrid import Trigrid

CAMERA = Camera.orbit(0.1, 0.05)
TINTED = {"skin": 1, "hair": 2}
"""Rows of the tiny generator's latents that colour a part."""


@pytest.fixture(autouse=True)
def no_parser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The parser was made for people, and what it says of tiny heads is chance."""
    monkeypatch.setattr("core.inverters.part_reading.PARSER", tmp_path / "none")


def _carried(tint: float) -> tuple[TinyGenerator, Trigrid, Surface, Tones]:
    """The mean head seen in a photo of one whose skin and hair are tinted."""
    tiny = TinyGenerator()
    person = tiny.mean_latents()
    person[1:3, :3] = torch.tensor([tint, -tint, tint])
    evidence = Evidence(portrait(tiny, person, CAMERA))
    trigrid = tiny.trigrid(tiny.mean_latents())
    surface = Surface.of(tiny, trigrid, around=1)
    return tiny, trigrid, surface, tones(tiny, trigrid, surface, evidence.at(256), RefinedCamera(CAMERA), PARTS)


def test_a_surface_lies_on_the_head() -> None:
    tiny = TinyGenerator()
    surface = Surface.of(tiny, tiny.trigrid(tiny.mean_latents()))
    assert len(surface.points) > 2000
    at = (surface.points - torch.tensor([0, 0.03, 0])) / torch.tensor(HALF_AXES)
    # the tiny head is soft: one looks a little into it
    assert (at.norm(dim=1) - 0.9).abs().median() < 0.03
    assert (torch.nn.functional.normalize(at / torch.tensor(HALF_AXES), dim=1) * surface.normals).sum(1).median() > 0.95
    assert torch.allclose(surface.parts.sum(dim=1), torch.ones(()), atol=1e-4)


def test_the_same_photo_leaves_the_colours() -> None:
    _, _, surface, found = _carried(0.0)
    assert (found.wanted - surface.colours).abs().mean() < 0.03


@pytest.mark.parametrize("part", list(TINTED))
def test_the_hidden_side_takes_the_photos_tone(part: str) -> None:
    tiny, _, surface, found = _carried(0.8)
    person = tiny.mean_latents()
    person[1:3, :3] = torch.tensor([0.8, -0.8, 0.8])
    true = Surface.of(tiny, tiny.trigrid(person), around=1).colours
    chosen = (surface.parts[:, PARTS.index(part)] > 0.9) & (surface.points[:, 2] < -0.02)
    assert found.seen[chosen].max() < 0.05
    wanted, had = found.wanted[chosen].mean(dim=0), surface.colours[chosen].mean(dim=0)
    want = true[chosen].mean(dim=0) if len(true) == len(chosen) else had + torch.tensor([0.15, -0.15, 0.15]) * 0.66
    assert (wanted - want).norm() < 0.4 * (had - want).norm()


def test_seen_is_what_faces_the_camera() -> None:
    _, trigrid, surface, found = _carried(0.3)
    front = surface.normals[:, 2] > 0.8
    assert found.seen[front & (surface.points[:, 2] > 0.1)].mean() > 0.8
    assert found.seen[surface.normals[:, 2] < 0].max() < 0.05
    free = free_cells(trigrid, surface.points, found.seen)
    # the slices of the (x, y) plane lie behind one another: front free, back fixed
    assert free[0, 0, -1].max() == 1
    assert free[0, 0, 0].mean() < 0.4 * free[0, 0, -1].mean()


def test_without_labels_there_is_one_tone() -> None:
    class Plain(TinyGenerator):
        def label_logits(self, features: torch.Tensor) -> None:
            return None

    plain = Plain()
    trigrid = plain.trigrid(plain.mean_latents())
    surface = Surface.of(plain, trigrid, around=1)
    assert surface.parts.shape[1] == 0
    evidence = Evidence(portrait(TinyGenerator(), plain.mean_latents(), CAMERA))
    found = tones(plain, trigrid, surface, evidence.at(256), RefinedCamera(CAMERA), ())
    assert found.wanted.isfinite().all()
