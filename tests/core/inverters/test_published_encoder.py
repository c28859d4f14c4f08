"""Installed encoders as first guesses, and searches that run out of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from core import generators
from core.camera import Camera
from core.checkpoints import adding, store
from core.checkpoints.opening import open_model
from core.device import Effort
from core.inverters import load, pivotal_run, published_offsets
from core.inverters.encoders.psp import PspConfig, PspNetwork
from core.inverters.encoders.triplanenet import TriPlaneNetNetwork
from core.inverters.pivotal import Pivotal
from core.inverters.pivotal_tuning import PivotalTuning, TuningSettings
from core.inverters.published_encoder import published_latents
from core.inverters.published_offsets import published_heads
from core.inverters.schedule import Schedule
from core.progress import Progress, silent
from core.trigrid import Trigrid
from tests.core.checkpoints import builders
from tests.core.inverters.portraits import portrait
from tests.fakes import TinyGenerator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.align import Alignment

RGB = torch.rand(1, 3, 300, 300, generator=torch.Generator().manual_seed(5))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "models"))
    generators.load.cache_clear()
    yield tmp_path
    generators.load.cache_clear()


def _installed(folder: Path, name: str, latent_size: int = 16) -> None:
    """TriPlaneNet's file: pSp and the EG3D that it was trained for."""
    psp = PspConfig(stages=builders.STAGES, latent_size=latent_size, head_depths=(4,) * 3 + (5,) * 4 + (6,))
    parts = {
        "psp_encoder": builders.state_of(PspNetwork, psp),
        "triplanenet_encoder": builders.state_of(TriPlaneNetNetwork, builders.TRIPLANENET),
        "decoder": dict(builders.network(builders.EG3D).state_dict()),
    }
    adding.add(
        builders.saved(builders.triplanenet_tree(parts, use_pixelshuffle=False), folder / f"{name}.pt"), name=name
    )


def test_the_encoder_in_the_generators_own_file_is_asked(models: Path) -> None:
    _installed(models, "mine")
    generator = generators.load("mine")
    latents = published_latents(RGB, generator)
    assert latents is not None
    assert latents.shape == (generator.info.latent_count, generator.info.latent_size)
    assert not torch.allclose(latents, generator.mean_latents())
    network = open_model("mine", frozenset({"encoder"})).networks["psp"].eval()
    small = torch.nn.functional.interpolate(RGB, (256, 256), mode="bilinear", antialias=True, align_corners=False)
    with torch.no_grad():
        assert torch.allclose(latents - generator.mean_latents(), network(small * 2 - 1)[0], atol=1e-5)


def test_installed_encoders_are_inverters_of_their_own(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(models, "mine")
    monkeypatch.setattr(published_offsets, "BRANCH_PX", builders.EG3D.plane_px)
    generator = generators.load("mine")
    tiny = TinyGenerator()
    alignment = portrait(tiny, tiny.mean_latents(), Camera.orbit(0.2))
    heads = dict(published_heads(alignment, generator))
    assert list(heads) == ["pSp (mine)", "TriPlaneNet (mine)"]
    first, moved = heads.values()
    assert torch.equal(first.latents, moved.latents)
    assert isinstance(first.trigrid, Trigrid)
    assert isinstance(moved.trigrid, Trigrid)
    assert float((moved.trigrid.planes - first.trigrid.planes).abs().max()) > 0
    assert not list(published_heads(alignment, tiny))


def test_latents_of_another_size_are_not_taken(models: Path) -> None:
    _installed(models, "other", latent_size=24)
    assert published_latents(RGB, generators.load("other")) is None


def test_the_bundled_generators_ask_no_one(models: Path) -> None:
    _installed(models, "mine")
    assert published_latents(RGB, TinyGenerator()) is None


@pytest.fixture(scope="module")
def photo() -> Alignment:
    return portrait(TinyGenerator(), _person(), Camera.orbit())


def _person() -> torch.Tensor:
    return TinyGenerator().latents(torch.randn(1, 16, generator=torch.Generator().manual_seed(3)), 1.0)[0]


@pytest.mark.parametrize("good", [True, False])
def test_the_search_begins_with_the_better_of_encoder_and_mean(
    photo: Alignment, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = _person() if good else -4 * _person()
    monkeypatch.setattr(pivotal_run, "published_latents", lambda _rgb, _generator: answer)
    head = Pivotal().invert(photo, TinyGenerator(), silent, seconds=0.0)
    assert torch.allclose(head.latents, answer if good else TinyGenerator().mean_latents(), atol=1e-4)


def test_where_there_is_a_dual_encoder_its_head_is_the_second_rung(
    photo: Alignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pivotal_run, "bundled_branches", lambda _name: object())
    shown: list[Progress] = []
    Pivotal().invert(photo, TinyGenerator(), shown.append, seconds=0.0)
    messages = list(dict.fromkeys(one.message for one in shown if one.result is not None))
    assert messages[:2] == ["First guess", "Sharper guess"]
    alone: list[Progress] = []
    load("pivotal", bare=True).invert(photo, TinyGenerator(), alone.append, seconds=0.0)
    assert "Sharper guess" not in {one.message for one in alone}


def test_less_memory_means_smaller_windows() -> None:
    usual, least = TuningSettings(), pivotal_run.in_pieces(TuningSettings(), Effort(1 / 16))
    assert (least.window_px, least.points) == (usual.window_px // 4, usual.points // 16)
    assert pivotal_run.in_pieces(usual, Effort()) == usual


def test_a_tuning_that_does_not_fit_is_done_in_smaller_windows(
    photo: Alignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    step = PivotalTuning.step

    def hungry(tuning: PivotalTuning, done: float = 0.0) -> dict[str, float]:
        tried.append(tuning._settings.window_px)
        if tuning._settings.window_px > 16:
            raise torch.OutOfMemoryError
        return step(tuning, done)

    monkeypatch.setattr(PivotalTuning, "step", hungry)
    head = Pivotal().invert(photo, TinyGenerator(), silent, steps=14)
    assert tried[:3] == [64, 32, 16]
    assert "trigrid" in head.delta


def test_without_memory_for_a_stage_the_best_so_far_stays(photo: Alignment, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: not enough memory")

    monkeypatch.setattr(PivotalTuning, "step", full)
    assert Pivotal().invert(photo, TinyGenerator(), silent, steps=14).delta is not None
    monkeypatch.setattr(Pivotal, "schedule_of", lambda *_: Schedule(0, 2, 2))
    monkeypatch.setattr(pivotal_run, "Colouring", full)
    assert not Pivotal().invert(photo, TinyGenerator(), silent, steps=14).delta
