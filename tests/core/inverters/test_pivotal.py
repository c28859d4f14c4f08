"""The laws of inversion, on a generator whose heads are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.errors import Cancelled, InversionError
from core.head import Head
from core.inverters import INVERTERS, load
from core.inverters.colouring import Colouring, opacity
from core.inverters.evidence import Evidence
from core.inverters.latent_search import LatentSearch
from core.inverters.latent_space import LatentSpace
from core.inverters.pivotal import DualPivotal, Pivotal
from core.inverters.pivotal_run import Pivot
from core.inverters.pivotal_tuning import PivotalTuning
from core.inverters.schedule import Plan
from core.progress import Progress, silent
from core.trigrid import Trigrid
from tests.core.inverters.portraits import portrait
from tests.fakes import TinyGenerator, trigrid_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.align import Alignment
    from core.protocols import Generator

CAMERA = Camera.orbit(0.25, 0.1)


@pytest.fixture(scope="module", autouse=True)
def no_parser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The parser was made for people, and what it says of tiny heads is chance."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.inverters.part_reading.PARSER", tmp_path_factory.getbasetemp() / "none")
        yield


def _person(seed: int = 3) -> torch.Tensor:
    noise = torch.randn(1, 16, generator=torch.Generator().manual_seed(seed))
    return TinyGenerator().latents(noise, 1.0)[0]


@pytest.fixture(scope="module")
def photo() -> Alignment:
    return portrait(TinyGenerator(), _person(), CAMERA, believed=Camera.orbit(0.18, 0.14))


def test_coordinates_and_back() -> None:
    tiny = TinyGenerator()
    space, latents = LatentSpace.of(tiny), _person()
    assert torch.allclose(space.latents(space.coordinates(latents)), latents, atol=1e-4)
    many = tiny.latents(torch.randn(500, 16, generator=torch.Generator().manual_seed(9)), 1.0).mean(dim=1)
    assert space.coordinates(many).std() == pytest.approx(1, abs=0.1)


def test_the_search_recovers_the_picture_and_the_camera(photo: Alignment) -> None:
    tiny = TinyGenerator()
    start = photo.camera
    search = LatentSearch(tiny, Evidence(photo), start, tiny.mean_latents(), LatentSpace.of(tiny), steps=60)
    values = [search.step() for _ in range(60)]
    assert values[-1]["silhouette"] < values[0]["silhouette"] / 4
    assert values[-1]["perceptual"] < values[0]["perceptual"] / 3
    assert values[-1]["colour"] < values[0]["colour"] / 2
    assert abs(search.camera.yaw_radians - CAMERA.yaw_radians) < 0.5 * abs(start.yaw_radians - CAMERA.yaw_radians)


def _opacity(generator: Generator, trigrid: Trigrid, points: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return opacity(generator.decode(trigrid.sample(points))[0])


def test_colouring_gives_the_tones_and_keeps_the_shape(photo: Alignment) -> None:
    tiny = TinyGenerator()
    pivot = 0.6 * _person()
    colouring = Colouring(tiny, Evidence(photo), CAMERA, pivot, steps=40)
    values = [colouring.step() for _ in range(40)]
    assert values[-1]["colour"] < values[0]["colour"] / 3
    surface, before = colouring.surface, tiny.trigrid(pivot)
    after, changed = tiny.tuned(colouring.delta), colouring.trigrid
    around = surface.points + 0.03 * torch.randn(surface.points.shape, generator=torch.Generator().manual_seed(1))
    assert (_opacity(after, changed, around) - _opacity(tiny, before, around)).abs().mean() < 0.03
    planes = tiny.planes(pivot[None])[0] + colouring.delta["trigrid"]
    assert torch.allclose(changed.planes, planes, atol=1e-6)


def test_a_pivot_with_an_offset_of_its_planes_keeps_it(photo: Alignment) -> None:
    """What the dual encoder found is where the search, the colouring and so the tuning begin."""
    tiny, latents = TinyGenerator(), _person()
    offset = 0.01 * torch.randn(tiny.planes(latents[None])[0].shape, generator=torch.Generator().manual_seed(2))
    pivot = Pivot(latents, CAMERA, offset)
    planes = tiny.planes(latents[None])[0] + offset
    found = pivot.trigrid(tiny)
    assert isinstance(found, Trigrid)
    assert torch.allclose(found.planes, planes)
    colouring = Colouring(tiny, Evidence(photo), CAMERA, latents, steps=1, offset=offset)
    assert torch.allclose(colouring.trigrid.planes, planes)
    assert torch.allclose(colouring.delta["trigrid"], offset)
    space = LatentSpace.of(tiny)
    plain, moved = (
        LatentSearch(tiny, Evidence(photo), CAMERA, latents, space, steps=1, offset=one) for one in (None, offset)
    )
    assert plain.step()["colour"] < moved.step()["colour"], "the photo is that of the latents alone"


def test_it_begins_with_the_dual_encoders_planes_where_there_are_any(
    photo: Alignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny, like_mini, evidence = TinyGenerator(), TinyGenerator(), Evidence(photo)
    like_mini.info = replace(tiny.info, name="mini")
    monkeypatch.setattr(Evidence, "lacks", lambda *_: True)
    assert DualPivotal().schedule_of(like_mini, evidence).from_planes
    assert not DualPivotal().by_itself().schedule_of(like_mini, evidence).from_planes, "it is left without help"
    assert not DualPivotal().schedule_of(tiny, evidence).from_planes
    assert not Pivotal().schedule_of(like_mini, evidence).from_planes
    monkeypatch.setattr(Evidence, "lacks", lambda *_: False)
    assert not DualPivotal().schedule_of(like_mini, evidence).from_planes, "dual's glasses stand off"


def test_matter_beyond_the_outline_goes(photo: Alignment) -> None:
    tiny = TinyGenerator()
    outline = np.asarray(photo.mask) * (np.arange(512) < 300)
    narrow = replace(photo, mask=outline.astype(np.float32))
    colouring = Colouring(tiny, Evidence(narrow), CAMERA, _person(), steps=60)
    values = [colouring.step() for _ in range(60)]
    assert values[0]["empty"] > 0.3
    assert values[-1]["empty"] < 0.1


@pytest.mark.slow
def test_tuning_brings_the_picture_closer_and_leaves_the_hidden_side(photo: Alignment) -> None:
    tiny = TinyGenerator()
    # not quite the person: the tuning has something to do
    pivot = 0.6 * _person()
    colouring = Colouring(tiny, Evidence(photo), CAMERA, pivot, steps=30)
    for _ in range(30):
        colouring.step()
    untouched = Colouring(tiny, Evidence(photo), CAMERA, pivot, steps=30)
    guessed = PivotalTuning(tiny, Evidence(photo), untouched.coloured, steps=40).step()
    tuning = PivotalTuning(tiny, Evidence(photo), colouring.coloured, steps=40)
    values = [tuning.step() for _ in range(40)]
    assert values[-1]["perceptual"] < values[0]["perceptual"] / 2
    assert values[-1]["perceptual"] < guessed["perceptual"] / 3
    hidden = colouring.surface.points[colouring.tones.seen < 0.01]
    begun = tiny.tuned(colouring.delta)
    after, before = tiny.tuned(tuning.delta), begun
    changed = _opacity(after, tuning.trigrid, hidden) - _opacity(before, colouring.trigrid, hidden)
    assert changed.abs().mean() < 0.05
    planes = tiny.planes(pivot[None])[0] + tuning.delta["trigrid"]
    assert torch.allclose(tuning.trigrid.planes, planes, atol=1e-6)


def _run(photo: Alignment, steps: int, seed: int = 0) -> tuple[Head, list[Progress]]:
    heard: list[Progress] = []
    return load("pivotal").invert(photo, TinyGenerator(), heard.append, seed=seed, steps=steps), heard


@pytest.fixture(scope="module")
def run(photo: Alignment, no_parser: None) -> tuple[Head, list[Progress]]:
    """Twelve steps from nothing, and what was heard on the way."""
    del no_parser
    return _run(photo, 12)


def test_it_reports_every_step_and_a_head_at_once(run: tuple[Head, list[Progress]]) -> None:
    head, heard = run
    assert [p.step for p in heard] == sorted(p.step for p in heard)
    assert heard[-1].step == heard[-1].total
    assert {p.step for p in heard} >= set(range(14))
    first = next(p for p in heard if p.result is not None)
    assert first.step <= 1
    assert isinstance(first.result, Head)
    # nobody waits for its picture from the photo's side, which only says how good it is
    pictured = next(p for p in heard if p.preview is not None)
    assert pictured.step <= 1
    assert pictured.preview is not None
    assert pictured.preview.dtype == np.uint8
    assert pictured.preview.shape == (64, 64, 3)
    assert heard[-1].result is head
    assert (head.method, head.generator, head.seed) == ("pivotal", "tiny", 0)
    planes = TinyGenerator().planes(head.latents[None])[0] + head.delta["trigrid"]
    assert torch.allclose(trigrid_of(head).planes, planes, atol=1e-6)
    scores = [p.values["difference"] for p in heard if "difference" in p.values]
    assert scores[-1] < scores[0]


def test_the_same_seed_finds_the_same_head(photo: Alignment, run: tuple[Head, list[Progress]]) -> None:
    first, other = run[0], _run(photo, 12, seed=1)[0]
    assert first == _run(photo, 12)[0]
    assert not torch.equal(first.latents, other.latents)


def test_cancelling_keeps_the_best_so_far(photo: Alignment) -> None:
    kept: list[object] = []

    def impatient(progress: Progress) -> None:
        if progress.result is not None:
            kept.append(progress.result)
        if progress.step == 4:
            raise Cancelled

    head = load("pivotal").invert(photo, TinyGenerator(), impatient, steps=40)
    assert head is kept[-1]


def test_cancelling_before_there_is_a_head_passes(photo: Alignment) -> None:
    def at_once(_progress: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        load("pivotal").invert(photo, TinyGenerator(), at_once, steps=4)


def test_numbers_that_run_away_are_an_error(photo: Alignment) -> None:
    class Broken(TinyGenerator):
        def colours(self, features: torch.Tensor) -> torch.Tensor:
            return super().colours(features) * torch.nan

        def picture(self, features: torch.Tensor, alpha: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
            return super().picture(features, alpha, latents) * torch.nan

    with pytest.raises(InversionError) as error:
        load("pivotal").invert(photo, Broken(), silent, steps=4)
    assert error.value.hint


def test_a_photo_without_a_person_is_an_error(photo: Alignment) -> None:
    blank = replace(photo, mask=np.zeros_like(photo.mask))
    with pytest.raises(InversionError, match="person"):
        load("pivotal").invert(blank, TinyGenerator(), silent, steps=4)


def test_a_plan_shares_steps_and_time() -> None:
    plan = Plan.of(None, 100)
    assert plan.search_steps + plan.colouring_steps + plan.tuning_steps == 100
    timed = Plan.of(10.0, None)
    assert timed.search_until < timed.colouring_until < timed.until


def test_no_time_gives_the_first_guess(photo: Alignment) -> None:
    heard: list[Progress] = []
    head = load("pivotal").invert(photo, TinyGenerator(), heard.append, seconds=0.0)
    assert head is next(p.result for p in heard if p.result is not None)


def test_a_head_to_start_from_is_improved(photo: Alignment, run: tuple[Head, list[Progress]]) -> None:
    first, heard = run
    again: list[Progress] = []
    better = load("pivotal").invert(photo, TinyGenerator(), again.append, steps=30, start=first)
    scores = [p.values["difference"] for p in again if p.result is not None]
    assert scores[0] == pytest.approx(min(p.values["difference"] for p in heard if "difference" in p.values), abs=1e-4)
    assert min(scores) < scores[0]
    assert better != first
    stranger = replace(first, generator="another")
    from_stranger = load("pivotal").invert(photo, TinyGenerator(), silent, steps=0, start=stranger)
    assert torch.equal(from_stranger.latents, TinyGenerator().mean_latents())


def test_the_random_numbers_of_others_are_left_alone(photo: Alignment) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    _run(photo, 2)
    assert torch.equal(torch.rand(3), expected)


def test_the_table_holds_inverters() -> None:
    assert all(callable(load(name).invert) for name in INVERTERS)


def test_a_generator_that_draws_nothing_ends_with_what_the_search_found(photo: Alignment) -> None:
    tiny = TinyGenerator()
    empty = TinyGenerator({name: w - 9 if name == "inside" else w for name, w in tiny._weights.items()})
    head = load("pivotal").invert(photo, empty, silent, steps=12)
    assert head.delta == {}
    assert head.latents.shape == (4, 8)
