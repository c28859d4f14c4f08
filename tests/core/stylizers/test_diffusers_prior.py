"""A folder of Stable Diffusion's classes, tiny and random, is a prior; what is none is refused in one sentence."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import save_file

from core.errors import CheckpointError, DeviceError, VoltefaceError
from core.stylizers import diffusers_prior
from core.stylizers.clip_text import END, START, WORD_END, ClipTextConfig, ClipTextEncoder, ClipTokenizer
from core.stylizers.diffusers_classes import diffusers_classes
from core.stylizers.diffusers_prior import DiffusersPrior, prior_of_folder
from core.stylizers.prior import noise_pair, open_prior
from core.stylizers.restyled_picture import restyled

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 64
CLIP = ClipTextConfig(300, 32, 64, 2, 4, 16)


def _vocabulary() -> dict[str, int]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    signs = [*letters, *(letter + WORD_END for letter in letters), "in", "ink" + WORD_END, START, END]
    return {sign: number for number, sign in enumerate(signs)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole folder with a depth ControlNet inside."""
    path = tmp_path_factory.mktemp("models") / "tiny-sd"
    torch.manual_seed(0)
    classes = diffusers_classes()
    unet = classes.unet(
        sample_size=SIDE // 8,
        in_channels=4,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=4,
        norm_num_groups=8,
    )
    control = classes.control.from_unet(unet, conditioning_embedding_out_channels=(8, 8, 8, 8))
    # the zero convolutions of a new ControlNet would say nothing
    for layer in control.controlnet_down_blocks:
        torch.nn.init.normal_(layer.weight, std=0.2)
    vae = classes.autoencoder(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 16, 16),
        latent_channels=4,
        norm_num_groups=4,
        sample_size=SIDE,
    )
    for name, network in (("unet", unet), ("vae", vae), ("controlnet", control)):
        network.save_pretrained(path / name, safe_serialization=True)
    classes.ddim(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1).save_pretrained(
        path / "scheduler"
    )
    text = ClipTextEncoder(CLIP)
    names = {
        (
            "text_model.embeddings."
            if "embedding" in name
            else "text_model.encoder."
            if "layers" in name
            else "text_model."
        )
        + name: value
        for name, value in text.state_dict().items()
    }
    (path / "text_encoder").mkdir()
    save_file(names, path / "text_encoder" / "model.safetensors")
    (path / "text_encoder" / "config.json").write_text(json.dumps(vars(CLIP)))
    (path / "tokenizer").mkdir()
    (path / "tokenizer" / "vocab.json").write_text(json.dumps(_vocabulary()))
    (path / "tokenizer" / "merges.txt").write_text("#version: 0.2\ni n\nin k</w>\n")
    (path / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionPipeline"}))
    return path


@pytest.fixture(scope="module")
def prior(folder: Path) -> DiffusersPrior:
    return prior_of_folder(folder)


def test_a_folder_is_a_prior_that_hears_prompt_depth_and_timestep(prior: DiffusersPrior) -> None:
    assert prior.info.has_depth
    assert not prior.info.has_guide
    assert prior.info.factor == 8
    words, none = prior.words(["ink"]), prior.words([""])
    assert words.tokens.shape == (1, 16, 32)
    noisy = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    depth = torch.rand(2, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    without, with_words = noise_pair(prior, noisy, 500, (none, words), depth)
    assert without.shape == with_words.shape == noisy.shape
    assert not torch.equal(without, with_words)
    assert not torch.equal(prior.noise(noisy, 500, words), with_words)
    silent = prior.noise(noisy, 500, words, depth, control_scale=0.0)
    assert torch.allclose(silent, prior.noise(noisy, 500, words), atol=1e-5)


def test_gradients_reach_the_pictures_through_the_encoder(prior: DiffusersPrior) -> None:
    pictures = torch.rand(1, 3, SIDE, SIDE, requires_grad=True)
    latents = prior.latents_from_pictures(pictures)
    (gradient,) = torch.autograd.grad(latents.square().sum(), [pictures])
    assert float(gradient.abs().sum()) > 0
    assert prior.pictures_from_latents(latents.detach()).shape == pictures.shape


def test_its_schedule_is_stable_diffusions(prior: DiffusersPrior) -> None:
    schedule = prior.schedule(50)
    assert len(schedule.timesteps) == 50
    assert float(schedule.signal[0]) == pytest.approx(0.99915, abs=1e-5)


def test_a_picture_is_redrawn_and_strength_zero_leaves_it(prior: DiffusersPrior) -> None:
    picture = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(3))
    drawn = restyled(prior, picture, "ink", strength=0.5, steps=4)
    assert drawn.shape == picture.shape
    assert torch.equal(restyled(prior, picture, "ink", strength=0.0, steps=4), picture)
    assert torch.equal(drawn, restyled(prior, picture, "ink", strength=0.5, steps=4))
    with pytest.raises(VoltefaceError, match="multiples of 64"):
        restyled(prior, picture[..., :60], "ink")


def test_the_tokenizer_joins_by_rank_and_ends_words() -> None:
    vocabulary = _vocabulary()
    tokenizer = ClipTokenizer(vocabulary, ["#version: 0.2", "i n", "in k</w>"], 16)
    assert tokenizer.numbers("Ink") == [vocabulary["ink" + WORD_END]]
    assert tokenizer.numbers("in") == [vocabulary["i"], vocabulary["n" + WORD_END]]
    row = tokenizer.padded(["a " * 40])[0]
    assert len(row) == 16
    assert int(row[0]) == vocabulary[START]
    assert int(row[-1]) == vocabulary[END]


def test_a_prompt_that_is_not_read_to_its_end_is_told(prior: DiffusersPrior) -> None:
    assert prior.advice("ink") == ""
    assert "first 14 pieces" in prior.advice("a b c d e f g h i j k l m n o p")


@pytest.mark.parametrize("missing", ["unet", "text_encoder", "scheduler"])
def test_a_folder_without_a_part_is_refused(folder: Path, tmp_path: Path, missing: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(missing))
    with pytest.raises(CheckpointError, match=missing):
        open_prior(copy)


def test_wrong_folders_and_files_that_are_code_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no folder"):
        open_prior(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match=r"model_index\.json"):
        open_prior(tmp_path)
    evil = folder / "unet" / "hook.py"
    evil.write_text("")
    try:
        with pytest.raises(CheckpointError, match="may hold code"):
            open_prior(folder)
    finally:
        evil.unlink()


def test_too_little_memory_is_told_before_loading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diffusers_prior, "free_bytes", lambda _device: 1000)
    with pytest.raises(DeviceError, match="needs"):
        open_prior(folder)


def test_prompts_that_say_nothing_are_refused(prior: DiffusersPrior) -> None:
    for bad, told in (("   ", "empty"), ("x" * 500, "500 characters"), ("голова", "Latin")):
        with pytest.raises(VoltefaceError, match=told):
            prior.words([bad])
