"""StyleGAN2's layers against their definitions, written out the slow way."""

import pytest
import torch
import torch.nn.functional as F

from core.generators.stylegan2 import (
    Dense,
    Mapping,
    Synthesis,
    SynthesisBlock,
    doubled,
    fir_filter,
    modulated_convolution,
    second_moment_normalised,
)


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def spread_and_filtered(picture: torch.Tensor, before: int, after: int) -> torch.Tensor:
    """Zeros between the pixels and around them, then the filter at a gain of four."""
    batch, channels, height, width = picture.shape
    sparse = torch.zeros(batch, channels, 2 * height, 2 * width)
    sparse[..., ::2, ::2] = picture
    weight = (4 * fir_filter()).expand(channels, 1, -1, -1)
    return F.conv2d(F.pad(sparse, (before, after, before, after)), weight, groups=channels)


def test_doubled_is_zero_insertion_and_filter() -> None:
    picture = randn(2, 3, 5, 4)
    assert torch.allclose(doubled(picture), spread_and_filtered(picture, 2, 1), atol=1e-6)


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("demodulate", [False, True])
def test_modulated_convolution_is_a_convolution_by_styled_weights(*, up: bool, demodulate: bool) -> None:
    x, weight, styles = randn(2, 4, 6, 6), randn(5, 4, 3, 3, seed=1), 1 + randn(2, 4, seed=2)
    got = modulated_convolution(x, weight, styles, fir_filter() if up else None, demodulate=demodulate)
    for index in range(2):
        styled = weight * styles[index, :, None, None]
        if demodulate:
            styled = styled * (styled.square().sum((1, 2, 3), keepdim=True) + 1e-8).rsqrt()
        picture = x[index : index + 1]
        if up:
            # filter first on a margin that the convolution then uses up, with the kernel turned round
            wide = spread_and_filtered(F.pad(picture, (2, 2, 2, 2)), 2, 1)
            expected = F.conv2d(wide, styled.flip(2, 3))[..., 3:-3, 3:-3]
        else:
            expected = F.conv2d(picture, styled, padding=1)
        assert torch.allclose(got[index : index + 1], expected, atol=1e-5)


def test_learning_rate_cancels_out_at_the_start() -> None:
    torch.manual_seed(0)
    slow = Dense(64, 64, learning_rate=0.01)
    with torch.no_grad():
        assert float(slow.weight.std()) == pytest.approx(100, rel=0.05)
        assert float(slow(randn(500, 64)).std()) == pytest.approx(1, rel=0.1)


def test_truncation() -> None:
    mapping = Mapping(8, 25, 16)
    mapping.w_avg = randn(16)
    latent = mapping(randn(3, 8), randn(3, 25))
    assert mapping.truncated(latent, 1.0) is latent
    assert torch.allclose(mapping.truncated(latent, 0.0), mapping.w_avg.expand(3, -1))
    assert torch.allclose(mapping.truncated(latent, 0.5), (latent + mapping.w_avg) / 2, atol=1e-6)
    assert second_moment_normalised(randn(4, 9)).square().mean(1).allclose(torch.ones(4), atol=1e-5)


def test_synthesis_shares_latents_between_pictures_and_the_next_block() -> None:
    synthesis = Synthesis(16, 32, 6, channel_base=128, channel_max=8)
    assert synthesis.sizes_px == [4, 8, 16, 32]
    assert synthesis.latent_count == 8
    latents = randn(2, 8, 16)
    picture = synthesis(latents, "none")
    assert picture.shape == (2, 6, 32, 32)
    for index in range(8):
        changed = latents.clone()
        changed[:, index] += 1
        assert not torch.allclose(synthesis(changed, "none"), picture), f"latent {index} does nothing"


def test_noise_is_stored_and_can_be_left_out() -> None:
    synthesis = Synthesis(4, 8, 3, channel_base=64, channel_max=4)
    latents = randn(1, 4, 4)
    assert torch.equal(synthesis(latents), synthesis(latents, "none")), "its strength begins at zero"
    block = synthesis.get_submodule("b8")
    assert isinstance(block, SynthesisBlock)
    torch.nn.init.ones_(block.conv1.noise_strength)
    assert not torch.equal(synthesis(latents), synthesis(latents, "none"))
    assert torch.equal(synthesis(latents), synthesis(latents))
