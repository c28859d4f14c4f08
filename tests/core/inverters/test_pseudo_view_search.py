"""The laws of pseudo-views as targets, and of further photos, on a generator whose heads are known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.errors import Cancelled, InversionError
from core.further_photo import FurtherPhoto, alignment_from, turned
from core.head import Head
from core.inverters import load
from core.inverters.evidence import Evidence
from core.inverters.further_photos import FurtherPhotos
from core.inverters.further_views import FurtherViews
from core.inverters.pivotal import Pivotal
from core.inverters.pseudo_view_search import PseudoViews
from core.inverters.pseudo_view_targets import TargetSettings, portrayed, pseudo_targets
from core.progress import Progress, silent
from tests.core.inverters.portraits import portrait
from tests.fakes import TinyGenerator, trigrid_of

if TYPE_CHECKING:
    from core.align import Alignment

FRONT, SIDE = Camera.orbit(0.1, 0.05), Camera.orbit(math.radians(85), 0.0)


def _person(seed: int = 3) -> torch.Tensor:
    noise = torch.randn(1, 16, generator=torch.Generator().manual_seed(seed))
    return TinyGenerator().latents(noise, 1.0)[0]


@pytest.fixture(scope="module")
def photo() -> Alignment:
    return portrait(TinyGenerator(), _person(), FRONT)


def _side(believed: Camera = SIDE, *, known: bool = True) -> FurtherPhoto:
    seen = portrait(TinyGenerator(), _person(), SIDE)
    return FurtherPhoto("side.jpg", alignment_from(seen.crop, seen.mask, believed), camera_is_known=known)


def _difference(head: Head, camera: Camera) -> float:
    """Mean difference of colour between a head and the person, from a camera."""
    tiny = TinyGenerator()
    ours = portrayed(tiny.tuned(head.delta), trigrid_of(head), camera, 48).rgb
    true = portrayed(tiny, tiny.trigrid(_person()), camera, 48).rgb
    return float(np.abs(ours - true).mean())


def test_the_pseudo_view_of_the_photos_own_camera_is_the_photo_where_it_is_trusted(photo: Alignment) -> None:
    tiny, view = TinyGenerator(), Evidence(photo).at(96)
    settings = TargetSettings(turns_degrees=((0.0, 0.0),))
    (own,) = pseudo_targets(tiny, tiny.trigrid(_person()), view, FRONT, settings)
    trusted = own.weight[0, 0] > 0.999
    assert trusted.float().mean() > 0.06
    assert (own.rgb - view.rgb)[0, :, trusted].abs().mean() < 0.03


def test_behind_the_head_nothing_of_the_photo_is_trusted(photo: Alignment) -> None:
    tiny, settings = TinyGenerator(), TargetSettings(turns_degrees=((180.0, 0.0), (25.0, 0.0)))
    back, near = pseudo_targets(tiny, tiny.trigrid(_person()), Evidence(photo).at(64), FRONT, settings)
    assert float(back.weight.max()) == pytest.approx(settings.generated)
    assert float(near.weight.max()) == pytest.approx(1.0, abs=1e-3)


def test_near_a_real_photo_nothing_is_made_up(photo: Alignment) -> None:
    tiny, view = TinyGenerator(), Evidence(photo).at(48)
    every = pseudo_targets(tiny, tiny.trigrid(_person()), view, FRONT)
    fewer = pseudo_targets(tiny, tiny.trigrid(_person()), view, FRONT, taken=[SIDE])
    assert 0 < len(fewer) < len(every)
    assert all(float(one.camera.base.forward @ SIDE.forward) < math.cos(math.radians(39)) for one in fewer)


def test_a_head_that_looks_like_its_views_differs_less_from_them(photo: Alignment) -> None:
    tiny = TinyGenerator()
    views = pseudo_targets(tiny, tiny.trigrid(_person()), Evidence(photo).at(48), FRONT)

    def loss(latents: torch.Tensor) -> float:
        visits = FurtherViews(views, torch.Generator().manual_seed(0))
        with torch.no_grad():
            return sum(float(visits.loss(tiny, tiny.trigrid(latents))) for _ in views)

    assert loss(_person()) < 0.5 * loss(_person(8))


def test_pseudo_views_find_a_head_and_say_so(photo: Alignment) -> None:
    shown: list[Progress] = []
    head = load("pseudo-views", bare=True).invert(photo, TinyGenerator(), shown.append, steps=20)
    assert head.method == "pseudo-views"
    assert {p.message for p in shown} >= {"First guess", "Finding the head", "Carrying colours around", "Adding detail"}
    first = next(p.result for p in shown if isinstance(p.result, Head))
    assert _difference(head, FRONT) < _difference(first, FRONT)
    assert any("further" in p.values for p in shown)


def test_a_cancelled_search_keeps_the_best(photo: Alignment) -> None:
    found: list[Head] = []

    def stop_early(progress: Progress) -> None:
        if isinstance(progress.result, Head):
            found.append(progress.result)
        if progress.step > 6:
            raise Cancelled

    head = PseudoViews().invert(photo, TinyGenerator(), stop_early, steps=60)
    assert head is found[-1]


@pytest.fixture(scope="module")
def seen_twice(photo: Alignment) -> Head:
    """Found by the photo and one from the side, whose camera was believed to stand elsewhere."""
    side = _side(Camera.orbit(math.radians(78), 0.05))
    return load("pivotal", further=[side]).invert(photo, TinyGenerator(), silent, steps=24)


@pytest.mark.slow
def test_a_side_photo_brings_the_side_nearer(photo: Alignment, seen_twice: Head) -> None:
    without = Pivotal().invert(photo, TinyGenerator(), silent, steps=24)
    assert _difference(seen_twice, SIDE) < 0.9 * _difference(without, SIDE)


def test_the_first_photo_lies_over_the_others(photo: Alignment, seen_twice: Head) -> None:
    side, front = seen_twice.photos
    assert np.array_equal(side.picture, _side().alignment.crop)
    assert np.array_equal(front.picture, photo.crop)
    assert math.degrees(side.camera.yaw_radians) == pytest.approx(85, abs=7)


def test_the_side_that_nobody_told_is_found() -> None:
    tiny = TinyGenerator()
    photos = FurtherPhotos([_side(Camera.orbit(math.pi, 0.0), known=False)])
    photos.settle(tiny, tiny.trigrid(_person()))
    assert math.degrees(photos.cameras[0].camera().yaw_radians) == pytest.approx(85, abs=12)


def test_a_camera_that_is_a_little_wrong_is_put_right() -> None:
    tiny = TinyGenerator()
    wrong = Camera.orbit(math.radians(78), 0.0).dollied(1.06).panned(0.02, -0.02)
    photos = FurtherPhotos([_side(wrong)])
    before = photos.difference(tiny, tiny.trigrid(_person()))
    photos.settle(tiny, tiny.trigrid(_person()))
    assert photos.difference(tiny, tiny.trigrid(_person())) < 0.4 * before


def test_a_cancelled_search_with_a_side_photo_keeps_the_best(photo: Alignment) -> None:
    def stop(progress: Progress) -> None:
        if progress.step > 12:
            raise Cancelled

    assert isinstance(Pivotal([_side()]).invert(photo, TinyGenerator(), stop, steps=60), Head)


def test_a_method_of_one_photo_says_so() -> None:
    from core import inverters

    class Single:
        pass

    inverters.INVERTERS["single"] = Single  # type: ignore[assignment]
    try:
        with pytest.raises(InversionError, match="one photo"):
            load("single", further=[_side()])
    finally:
        del inverters.INVERTERS["single"]


def test_a_turned_photo_keeps_its_crop() -> None:
    side = _side()
    other = turned(side, math.radians(-90))
    assert other.alignment.crop is side.alignment.crop
    assert other.alignment.yaw_radians == pytest.approx(math.radians(-90))
    assert other != side


def test_photos_that_come_too_late_for_the_search_still_lie_on_the_head(photo: Alignment) -> None:
    """A search of one step is over before they could join it."""
    shown: list[Progress] = []
    head = Pivotal([_side()]).invert(photo, TinyGenerator(), shown.append, steps=8)
    assert len(head.photos) == 1
    assert shown[-1].result is head
