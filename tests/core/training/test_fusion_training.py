"""The fusion encoder: pairs, a run that resumes bit for bit, its file, and what the bundled one is better at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from core.errors import CheckpointError, VoltefaceError
from core.generators.mini import load_mini
from core.generators.mini_prior import AttributeNames
from core.inverters.encoder import WEIGHTS, LevelOffsets, fingerprint
from core.inverters.encoder_network import EncoderNetwork
from core.inverters.fusion_encoder import (
    FusionEncoder,
    bundled_fusion_encoder,
    fusion_latents,
    load_fusion,
    save_fusion,
)
from core.progress import silent
from core.training import fusion_items
from core.training.fusion import FusionRecipe, FusionTraining, closed_form, train_fusion
from core.training.fusion_items import make_items, read_item
from tests.core.inverters.test_encoder import CONFIG, LAYOUT, _mini

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torch import Tensor

    from core.generators.mini import Mini

RECIPE = FusionRecipe(examples=12, items=3, unseen=1, steps=4, batch=2, rate=1e-2, dilation_px=2)


def middle(_generator: Mini, _part: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Every part is in the middle of every picture."""

    def found(_picture: Tensor, features: Tensor) -> Tensor:
        mask = torch.zeros_like(features[:, :1])
        side = mask.shape[-1]
        mask[..., side // 3 : 2 * side // 3, side // 3 : 2 * side // 3] = 1
        return mask

    return found


@pytest.fixture(scope="module")
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fusion_items, "segmenter_of", middle)
        patch.setattr(fusion_items, "VIEWS", ((0, 0),))
        for name, value in (("MASK_RAYS_PX", 12), ("LOOK_PX", 16), ("RAYS_PX", 16), ("MASK_PX", 8)):
            patch.setattr(fusion_items, name, value)
        for name in ("MASK_SAMPLES", "LOOK_SAMPLES", "SAMPLES"):
            patch.setattr(fusion_items, name, (4, 3))
        yield


@pytest.fixture(scope="module")
def generator() -> Mini:
    return _mini(AttributeNames(LAYOUT.names, LAYOUT.choices))


@pytest.fixture(scope="module")
def encoder(generator: Mini) -> FusionEncoder:
    torch.manual_seed(1)
    network = EncoderNetwork(CONFIG, LAYOUT).eval().requires_grad_(requires_grad=False)
    count, size = generator.info.latent_count, generator.info.latent_size
    offsets = LevelOffsets(
        torch.zeros(count, size, CONFIG.hidden), torch.zeros(count, size), fingerprint(generator.prior)
    )
    return FusionEncoder(network, offsets)


@pytest.mark.usefixtures("small")
def test_a_run_goes_on_bit_for_bit_and_is_whole(generator: Mini, encoder: FusionEncoder, tmp_path: Path) -> None:
    files = make_items(generator, encoder, tmp_path / "items", 2, silent)
    item = read_item(files[0], generator)
    assert item.part == "hair"
    assert 0 < item.mask.mean() < 1
    shares = item.shares()
    assert torch.allclose(shares.source + shares.implicit + shares.target + shares.manual, torch.ones(1), atol=1e-4)
    made = files[0].stat().st_mtime_ns
    assert make_items(generator, encoder, tmp_path / "items", 2, silent) == files
    assert files[0].stat().st_mtime_ns == made

    ends = []
    for folder, stops in ((tmp_path / "once", (4,)), (tmp_path / "twice", (2, 4))):
        folder.mkdir()
        for stop in stops:
            training = FusionTraining(generator, encoder.offsets, files, folder, RECIPE)
            training.run(silent, stop)
        ends.append(training.offsets)
        assert training.step == 4
    assert torch.equal(ends[0].weight, ends[1].weight)
    assert not torch.equal(ends[0].weight, encoder.offsets.weight)
    assert not encoder.offsets.weight.any(), "what it begins with is not changed"
    lines = (tmp_path / "twice" / "fusion.log.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4

    other = LevelOffsets(encoder.offsets.weight, encoder.offsets.bias, "another")
    with pytest.raises(CheckpointError, match="another head model"):
        FusionTraining(generator, other, files, tmp_path / "once", RECIPE)
    with pytest.raises(VoltefaceError, match="no pairs"):
        FusionTraining(generator, encoder.offsets, [], tmp_path / "none", RECIPE)


@pytest.mark.usefixtures("small")
def test_what_does_not_pay_is_dropped_and_what_is_kept_comes_back_from_its_file(
    generator: Mini, encoder: FusionEncoder, tmp_path: Path
) -> None:
    best, figures = train_fusion(generator, encoder, tmp_path, RECIPE, silent)
    assert figures.losses[figures.kept] == min(figures.losses.values())
    assert set(figures.losses) == {"bundled", "closed form", "descent"}
    again, unexplained = closed_form(generator, encoder, tmp_path, RECIPE, silent)
    assert unexplained == figures.unexplained
    assert again.weight.shape == best.offsets.weight.shape
    path = tmp_path / "fusion.safetensors"
    save_fusion(best, path)
    loaded = load_fusion(path, encoder.network)
    assert torch.allclose(loaded.offsets.weight, best.offsets.weight, atol=1e-3)
    picture = torch.rand(1, 3, 32, 32)
    assert loaded.latents(picture, picture[:, :1], generator).shape == (1, generator.info.latent_count, 12)
    torch.manual_seed(5)
    with pytest.raises(CheckpointError, match="another encoder"):
        load_fusion(path, EncoderNetwork(CONFIG, LAYOUT))
    path.write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="could not be read"):
        load_fusion(path, encoder.network)


def test_a_generator_without_an_encoder_has_no_answer(generator: Mini) -> None:
    unknown = _mini(AttributeNames(LAYOUT.names, LAYOUT.choices))
    object.__setattr__(unknown.info, "name", "unknown")
    picture = torch.rand(1, 3, 32, 32)
    assert fusion_latents(unknown, picture, picture[:, :1]) is None


def test_the_bundled_one_fits_the_bundled_model_and_is_small() -> None:
    mini, encoder = load_mini(), bundled_fusion_encoder("mini")
    assert encoder is not None
    assert encoder.offsets.generator == fingerprint(mini.prior)
    assert encoder.offsets.weight.shape[:2] == (mini.info.latent_count, mini.info.latent_size)
    assert (WEIGHTS / "mini_fusion.safetensors").stat().st_size < 2_000_000
