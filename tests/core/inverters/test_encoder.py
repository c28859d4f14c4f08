"""The encoder: its laws, its decisions, its file, and what happens where it does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import save_file

from core.errors import CheckpointError
from core.generators.mini import Mini
from core.generators.mini_network import MiniConfig, MiniNetwork
from core.generators.mini_prior import AttributeNames, LatentPrior
from core.inverters import encoder as engine
from core.inverters.encoder import Encoder, LevelOffsets, encode, fingerprint, load_encoder
from core.inverters.encoder_faces import WIDEST_YAW_RADIANS, FaceReader, face_embeddings
from core.inverters.encoder_network import AttributeLayout, EncoderConfig, EncoderNetwork
from core.training.encoder import save_encoder
from tests.fakes import TinyGenerator

if TYPE_CHECKING:
    from pathlib import Path

LAYOUT = AttributeLayout(("age", "hair/short", "hair/long", "hair/none", "glasses"), ((1, 4),), (4,))
CONFIG = EncoderConfig(picture_px=64, tiny_px=4, middle=4, last=8, hidden=16)
SIZES = MiniConfig(
    latent_size=12,
    widths=(8, 8),
    position_channels=(0, 2),
    channels=4,
    hidden=8,
    neural_px=16,
    fine_width=0,
    sharpen_width=0,
)
STRAIGHT = (0.2, -0.1)


@pytest.fixture(scope="module")
def generator() -> Mini:
    return _mini(AttributeNames(LAYOUT.names, LAYOUT.choices))


def _mini(names: AttributeNames) -> Mini:
    torch.manual_seed(0)
    prior = LatentPrior(names, SIZES.latent_size)
    prior.scale.fill_(1)
    prior.weight.copy_(torch.randn(SIZES.latent_size, len(names.names)))
    return Mini(MiniNetwork(SIZES), prior, torch.zeros(0))


@pytest.fixture(scope="module")
def trained() -> Encoder:
    torch.manual_seed(1)
    network = EncoderNetwork(CONFIG, LAYOUT)
    for part in (network.answers, network.angles):
        torch.nn.init.normal_(part.weight, std=0.2)
    return Encoder(network)


def _photo(side: int = 96, height: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(2)
    shape = (height or side, side)
    rgb = torch.nn.functional.interpolate(torch.rand(1, 3, 6, 6), shape, mode="bilinear")
    mask = torch.zeros(1, 1, *shape)
    mask[:, :, shape[0] // 4 :, side // 5 : -side // 4] = 1
    return rgb * mask + 1 - mask, mask


def test_a_mirrored_photo_has_the_mirrored_yaw(trained: Encoder, generator: Mini) -> None:
    rgb, mask = _photo()
    seen = trained.guess(rgb, mask, STRAIGHT, generator)
    mirrored = trained.guess(rgb.flip(3), mask.flip(3), (-STRAIGHT[0], STRAIGHT[1]), generator)
    assert mirrored.yaw_radians == pytest.approx(-seen.yaw_radians, abs=1e-5)
    assert mirrored.pitch_radians == pytest.approx(seen.pitch_radians, abs=1e-5)
    assert seen.yaw_radians != pytest.approx(STRAIGHT[0], abs=1e-4)  # it says something


@pytest.mark.parametrize(("width", "height"), [(32, 32), (64, 64), (150, 90), (257, 400)])
def test_any_size_gives_finite_latents_and_angles(trained: Encoder, generator: Mini, width: int, height: int) -> None:
    guess = trained.guess(*_photo(width, height), STRAIGHT, generator)
    assert guess.latents.shape == (generator.info.latent_count, generator.info.latent_size)
    assert guess.latents.isfinite().all()
    assert abs(guess.yaw_radians - STRAIGHT[0]) <= engine.MOST_TURN_RADIANS + 1e-6
    assert abs(guess.pitch_radians - STRAIGHT[1]) <= engine.MOST_TURN_RADIANS + 1e-6
    assert set(guess.attributes) == set(LAYOUT.names)


def test_the_same_photo_gives_the_same_guess(trained: Encoder, generator: Mini) -> None:
    first, again = (trained.guess(*_photo(), STRAIGHT, generator) for _ in range(2))
    assert torch.equal(first.latents, again.latents)
    assert first.attributes == again.attributes


def test_decisions_are_plausible() -> None:
    decided = LAYOUT.decided(torch.tensor([[0.3, 0.5, 0.3, 0.2, 0.7], [0.3, 0.1, 0.3, 0.6, 0.1]]))
    assert decided[:, 0].tolist() == pytest.approx([0.3, 0.3])
    assert decided[:, 1:4].sum(1).tolist() == pytest.approx([1, 1])
    assert decided[0, 1] > 0.8
    assert decided[1, 3] > 0.9
    assert decided[:, 4].tolist() == [1, 0]


def test_answers_become_attributes_by_their_kind() -> None:
    answers = torch.tensor([[2.0, 1.0, 1.0, 1.0, 0.0]])
    attributes = LAYOUT.expected(answers, torch.full((5,), 10.0), torch.full((5,), 3.0))
    assert attributes[0].tolist() == pytest.approx([16, 1 / 3, 1 / 3, 1 / 3, 0.5])


def test_offsets_hold_for_their_generator_only(trained: Encoder, generator: Mini) -> None:
    shape = (generator.info.latent_count, generator.info.latent_size)
    plain = trained.guess(*_photo(), STRAIGHT, generator).latents
    for name, moved in ((fingerprint(generator.prior), 1.0), ("another", 0.0)):
        offsets = LevelOffsets(torch.zeros(*shape, CONFIG.hidden), torch.ones(shape), name)
        latents = Encoder(trained.network, offsets).guess(*_photo(), STRAIGHT, generator).latents
        assert torch.allclose(latents, plain + moved, atol=1e-5)


def test_faces_tell_some_attributes_but_not_from_the_side(trained: Encoder, generator: Mini) -> None:
    reader = FaceReader(torch.zeros(1, 128), torch.tensor([7.0]), (0,))
    told = Encoder(trained.network, None, reader)
    for yaw, is_told in ((0.1, True), (WIDEST_YAW_RADIANS + 0.1, False)):
        plain, guess = (one.guess(*_photo(), (yaw, 0.0), generator).attributes for one in (trained, told))
        assert (guess["age"] == 7) == is_told
        assert {name: value for name, value in guess.items() if name != "age"} == {
            name: value for name, value in plain.items() if name != "age"
        }


def test_a_face_is_the_same_at_every_size() -> None:
    small, large = (
        face_embeddings(torch.nn.functional.interpolate(_photo()[0], (side, side), mode="bilinear"), torch.zeros(1, 2))
        for side in (192, 384)
    )
    assert small.shape == (1, 128)
    assert torch.allclose(small, large, atol=0.1)


def test_the_file_goes_there_and_back(trained: Encoder, generator: Mini, tmp_path: Path) -> None:
    path = tmp_path / "encoder.safetensors"
    torch.manual_seed(3)
    whole = Encoder(trained.network, None, FaceReader(torch.randn(1, 128), torch.randn(1), (0,)))
    save_encoder(whole, path)
    read = load_encoder(path)
    first, again = (one.guess(*_photo(), STRAIGHT, generator) for one in (whole, read))
    assert read.network.layout == trained.network.layout
    assert torch.allclose(first.latents, again.latents, atol=0.02)
    assert first.yaw_radians == pytest.approx(again.yaw_radians, abs=1e-3)


def test_files_of_something_else_are_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "encoder.safetensors"
    path.write_bytes(b"not tensors")
    with pytest.raises(CheckpointError, match="could not be read"):
        load_encoder(path)
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="could not be read"):
        load_encoder(path)


def test_without_an_encoder_it_is_the_mean_head() -> None:
    tiny = TinyGenerator()
    guess = encode(*_photo(), STRAIGHT, tiny)
    assert torch.equal(guess.latents, tiny.mean_latents())
    assert (guess.yaw_radians, guess.pitch_radians) == STRAIGHT
    assert guess.note == ""


def test_an_encoder_of_other_attributes_is_told_and_the_mean_head_taken(
    trained: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = _mini(AttributeNames(("age", "beard"), ()))
    monkeypatch.setattr(engine, "bundled_encoder", lambda _: trained)
    with pytest.raises(CheckpointError, match="does not know the attributes"):
        trained.guess(*_photo(), STRAIGHT, other)
    guess = encode(*_photo(), STRAIGHT, other)
    assert torch.equal(guess.latents, other.mean_latents())
    assert "volteface train encoder" in guess.note
