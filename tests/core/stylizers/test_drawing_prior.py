"""The bundled prior keeps its protocol: shapes, conditions that are heard, files, refusals."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.camera import Camera
from core.editors.random_head import random_head
from core.errors import CheckpointError, VoltefaceError
from core.frame import Quality
from core.generators import load
from core.rendering.renderer import HeadRenderer
from core.resizing import sized
from core.stylizers.drawing_networks import DrawingConfig, shares_of
from core.stylizers.drawing_prior import DrawingPrior, load_prior, save_prior, untrained_prior
from core.stylizers.finer_sketch import PAPER_PX, FinerSketch
from core.stylizers.prior import noise_pair, open_prior
from core.stylizers.restyled_picture import drawn_from_noise, restyled
from core.stylizers.view_grid import FARTHEST, nearness
from core.stylizers.vocabulary import CONCEPTS, FEATURES, SLOTS, STYLES

TINY = DrawingConfig(
    channels=8, widths=(16, 32), control=(8, 16), words=16, groups=8, features=16, finer=8, picture_px=64
)


@pytest.fixture(scope="module")
def prior() -> DrawingPrior:
    return untrained_prior(TINY)


def _noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_it_hears_words_depth_guide_and_timestep(prior: DrawingPrior) -> None:
    noisy, depth, guide = _noise(2, 8, 8, 8), torch.rand(2, 1, 32, 32), _noise(2, 8, 8, 8, seed=1)
    words, none = prior.words(["ink drawing of an old man"]), prior.words([""])
    without, with_words = noise_pair(prior, noisy, 500, (none, words), depth, guide)
    assert without.shape == with_words.shape == noisy.shape
    assert torch.allclose(without, prior.noise(noisy, 500, none, depth, guide), atol=1e-5)
    answers = [
        with_words,
        without,
        prior.noise(noisy, 500, words, depth),
        prior.noise(noisy, 500, words, None, guide),
        prior.noise(noisy, 400, words, depth, guide),
        prior.noise(noisy, 500, words, depth, guide, control_scale=0.5),
    ]
    for i, one in enumerate(answers):
        for other in answers[:i]:
            assert not torch.allclose(one, other, atol=1e-5)
    silent = prior.noise(noisy, 500, words, depth, guide, control_scale=0.0)
    assert torch.allclose(silent, prior.noise(noisy, 500, words, None, guide), atol=1e-5)


def test_a_grid_is_a_picture_like_any_other(prior: DrawingPrior) -> None:
    words = prior.words(["clay"])
    assert prior.noise(_noise(1, 8, 16, 16), 300, words, torch.rand(1, 1, 64, 64)).shape == (1, 8, 16, 16)


def test_a_drawing_is_sketched_once_and_begins_where_nothing_is_seen_in_the_noise(
    prior: DrawingPrior, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    sketched = Mock(side_effect=prior.denoiser.sketched)
    hook = prior.denoiser.register_forward_pre_hook(lambda _, given: asked.append(int(given[1][0])))
    monkeypatch.setattr(prior.denoiser, "sketched", sketched)
    drawn_from_noise(prior, prior.words(["elf"]), torch.rand(1, 1, 32, 32), _noise(1, 8, 8, 8, seed=5), steps=2)
    hook.remove()
    assert (sketched.call_count, asked) == (1, [999, 501, 1])


def test_gradients_reach_the_pictures_and_the_network_keeps_none(prior: DrawingPrior) -> None:
    pictures = torch.rand(1, 3, 32, 32, requires_grad=True)
    latents = prior.latents_from_pictures(pictures)
    assert latents.shape == (1, 8, 8, 8)
    (gradient,) = torch.autograd.grad(latents.sum(), [pictures])
    assert float(gradient.abs().sum()) > 0
    assert not any(p.requires_grad for p in prior.denoiser.parameters())


def test_half_precision_answers_in_the_type_it_was_given() -> None:
    full = untrained_prior(TINY)
    half = DrawingPrior(full.config, full.denoiser, half=True)
    noisy = _noise(1, 8, 8, 8)
    found = half.noise(noisy, 500, half.words(["robot"]), torch.rand(1, 1, 32, 32))
    assert found.dtype == torch.float32
    assert half.dtype == torch.bfloat16


def test_a_finer_sketch_begins_as_the_first_and_papers_repeat() -> None:
    finer, sketch = FinerSketch(8), torch.rand(1, 3, 2 * PAPER_PX, PAPER_PX)
    guide, shares = torch.ones_like(sketch), torch.eye(len(STYLES))[1:2]
    seen = finer.seen(guide, torch.zeros_like(guide[:, :1]))
    everywhere = torch.ones_like(sketch[:, 0]) > 0
    assert torch.equal(finer.drawn(seen, sketch, shares, everywhere), sketch)
    finer.paper.normal_()
    first, second = finer.described(seen, torch.ones_like(guide), shares)[..., 30:-30].chunk(2, -2)
    assert torch.allclose(first[..., 60:-60, :], second[..., 60:-60, :], atol=1e-5)


def test_shares_fill_slots() -> None:
    marble, bronze, old = STYLES[7], STYLES[8], FEATURES[3]
    shares = shares_of([[marble, bronze, old], []])
    assert shares.shape == (2, len(SLOTS), len(CONCEPTS))
    assert shares[0].sum(-1).tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert float(shares[0].max()) == 1
    assert sorted(shares[0, 0].unique().tolist()) == [0.0, 0.5]
    assert float(shares[1].sum()) == 0


def test_a_file_survives_and_a_damaged_one_is_refused(prior: DrawingPrior, tmp_path: Path) -> None:
    path = save_prior(prior, tmp_path / "prior.safetensors", {"steps": 0})
    again = load_prior(path)
    noisy, words = _noise(1, 8, 8, 8), ["an elf with red hair"]
    first, second = (p.noise(noisy, 500, p.words(words)) for p in (prior, again))
    assert torch.allclose(first, second, atol=0.02)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="damaged"):
        load_prior(path)
    with pytest.raises(CheckpointError, match="missing"):
        load_prior(tmp_path / "none.safetensors")


def test_prompts_that_say_nothing_are_refused(prior: DrawingPrior) -> None:
    for bad in (" ", "x" * 500, "голова", "qwrtz"):
        with pytest.raises(VoltefaceError):
            prior.words([bad])
    assert "nearest" in prior.advice("cyberpunk")
    assert prior.advice("pencil sketch") == ""


def test_redrawing_tells_its_steps_and_can_be_stopped(prior: DrawingPrior) -> None:
    told: list[tuple[int, int]] = []
    picture = torch.rand(1, 3, 64, 64)
    restyled(prior, picture, "ink", strength=0.5, steps=8, told=lambda *at: told.append(at))
    assert told == [(step, 4) for step in range(1, 5)]
    with pytest.raises(VoltefaceError, match="strength"):
        restyled(prior, picture, "ink", strength=1.5)


def test_numbers_that_are_none_are_no_picture() -> None:
    broken = untrained_prior(TINY)
    with torch.no_grad():
        next(broken.denoiser.unet.parameters()).fill_(float("nan"))
    with pytest.raises(VoltefaceError, match="no picture"):
        drawn_from_noise(broken, broken.words(["ink"]), steps=2)
    with pytest.raises(VoltefaceError, match="no picture"):
        restyled(broken, torch.rand(1, 3, 64, 64), "ink", steps=2)


@pytest.mark.slow
def test_importing_diffusers_leaves_triton_out() -> None:
    program = (
        "import sys; from core.stylizers.diffusers_classes import diffusers_classes; diffusers_classes();"
        "sys.exit(any(n.startswith('triton.') for n in sys.modules))"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


@pytest.fixture(scope="module")
def bundled() -> DrawingPrior:
    shipped = open_prior()
    assert isinstance(shipped, DrawingPrior)
    return shipped


@pytest.fixture(scope="module")
def person() -> torch.Tensor:
    """A held-out head, somewhat from the side, [1, 3, 128, 128]."""
    with zipfile.ZipFile(Path(__file__).parents[3] / "resources" / "evaluation" / "held_out.zip") as held_out:
        pixels = cv2.imdecode(np.frombuffer(held_out.read("000019/30_rgb.png"), np.uint8), cv2.IMREAD_COLOR)
    small = cv2.resize(np.asarray(pixels)[..., ::-1], (128, 128), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.ascontiguousarray(small)).permute(2, 0, 1)[None].float() / 255


def test_the_bundled_codec_keeps_a_picture(bundled: DrawingPrior, person: torch.Tensor) -> None:
    latents = bundled.latents_from_pictures(person)
    error = (bundled.pictures_from_latents(latents) - person).square().mean()
    assert float(-10 * error.log10()) > 34
    assert 0.3 < float(latents.std()) < 2


def test_the_bundled_prior_gives_the_tones_that_it_is_told(bundled: DrawingPrior, person: torch.Tensor) -> None:
    figure = (person.mean(1) < 0.93)[0]

    def mean(prompt: str) -> list[float]:
        drawn = restyled(bundled, person, prompt, strength=1.0, steps=8)
        found: list[float] = drawn[0][:, figure].mean(1).tolist()
        return found

    bronze, marble, zombie, photo = (mean(word) for word in ("bronze statue", "marble statue", "zombie", "photo"))
    assert bronze[0] > bronze[1] > bronze[2]
    assert sum(marble) > max(sum(photo), sum(bronze))
    assert max(marble) - min(marble) < 0.1
    assert zombie[1] - zombie[0] > photo[1] - photo[0] + 0.05


@pytest.fixture(scope="module")
def view() -> tuple[torch.Tensor, torch.Tensor]:
    """A head of the bundled model, [1, 3, 128, 128], and how near it is, [1, 1, 128, 128], as lifting shows it."""
    generator = load("mini")
    frame = HeadRenderer(generator, random_head(generator, 19)).render(Camera.orbit(0.5), Quality.NEAR, size_px=128)
    depth = torch.from_numpy(np.where(frame.depth > 0, frame.depth, FARTHEST))[None, None].float()
    return torch.from_numpy(frame.rgb).movedim(-1, 0)[None] / 255, nearness(sized(depth, 128))


def test_the_bundled_prior_draws_black_and_white_where_it_is_told(
    bundled: DrawingPrior, view: tuple[torch.Tensor, torch.Tensor]
) -> None:
    person, depth = view
    figure = (person.mean(1) < 0.93)[0]
    ink, pencil = (restyled(bundled, person, word, depth, 1.0, steps=4)[0] for word in ("ink drawing", "pencil"))
    for drawn in (ink, pencil):
        assert float((drawn.amax(0) - drawn.amin(0))[figure].mean()) < 0.08
    between = ((ink.mean(0) > 0.25) & (ink.mean(0) < 0.75))[figure]
    plain = person[0].mean(0)
    assert float(between.float().mean()) < 0.7 * float(((plain > 0.25) & (plain < 0.75))[figure].float().mean())


def test_what_the_bundled_prior_asks_for_is_gone_where_it_has_been_done(
    bundled: DrawingPrior, person: torch.Tensor
) -> None:
    """Likelihood distillation rests: at a bronze head, bronze is what it expects without a word."""
    guide, schedule = bundled.latents_from_pictures(person), bundled.schedule()
    words, timestep = (bundled.words([""]), bundled.words(["bronze statue"])), 500
    noise = _noise(*guide.shape, seed=3)

    def clean(latents: torch.Tensor, which: int) -> torch.Tensor:
        noisy = schedule.noised(latents, noise, timestep)
        found = noise_pair(bundled, noisy, timestep, words, None, guide)[which]
        return schedule.denoised(noisy, found, timestep)

    bronze = clean(guide, 1)
    asked, left = (float((clean(at, 1) - clean(at, 0)).square().mean()) for at in (guide, bronze))
    assert left < 0.2 * asked


def test_the_bundled_prior_draws_outlines_that_the_picture_has_not(bundled: DrawingPrior, person: torch.Tensor) -> None:
    figure = (person.amin(1, keepdim=True) < 0.93).float()
    words, guide = bundled.words(["comic"]), bundled.latents_from_pictures(person)
    drawn = drawn_from_noise(bundled, words, 0.3 * figure, guide, steps=2).mean(1, keepdim=True)
    near = F.max_pool2d(figure, 5, 1, 2)
    rim = (near + F.max_pool2d(-figure, 5, 1, 2))[0, 0] > 0

    def darkest(picture: torch.Tensor) -> float:
        return float(-F.max_pool2d(-picture, 5, 1, 2)[0, 0][rim].mean())

    assert darkest(drawn) < darkest(person.mean(1, keepdim=True)) - 0.15
    assert float(drawn[F.max_pool2d(near, 13, 1, 6) < 0.5].mean()) > 0.98
