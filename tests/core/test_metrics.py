import numpy as np
import pytest
import torch

from core import metrics
from tests.core.perception.samples import photo, stored


def pictures() -> torch.Tensor:
    return torch.from_numpy(stored("lpips")["pictures"]).permute(0, 3, 1, 2) / 255


def test_psnr_by_hand() -> None:
    a = torch.full((1, 3, 4, 4), 0.5)
    assert metrics.psnr(a, a + 0.1).item() == pytest.approx(20, abs=1e-4)
    assert metrics.psnr(a, a).item() == 100
    half = torch.zeros(1, 1, 4, 4)
    half[..., :2] = 1
    b = a.clone()
    b[..., 2:] = 1
    assert metrics.psnr(a, b, half).item() == 100


def test_ssim_equals_scikit_image() -> None:
    from skimage.metrics import structural_similarity

    a, b = pictures()[0].double(), pictures()[1].double()
    _, full = structural_similarity(
        a.numpy(), b.numpy(), channel_axis=0, data_range=1.0, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, full=True,
    )  # fmt: skip
    expected = full[:, 5:-5, 5:-5].mean()
    assert metrics.ssim(a[None], b[None]).item() == pytest.approx(expected, abs=1e-5)


def test_ssim_under_a_mask_sees_only_the_mask() -> None:
    a = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    b = a.clone()
    b[..., :32] = 0.5
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 40:] = 1
    assert metrics.ssim(a, b, mask).item() == pytest.approx(1)
    assert metrics.ssim(a, b, 1 - mask).item() < metrics.ssim(a, b).item() < 1
    assert metrics.ssim(a, b, torch.ones_like(mask)).item() == pytest.approx(metrics.ssim(a, b).item())


def test_ms_ssim_of_equal_pictures_is_one_and_falls_with_noise() -> None:
    a = torch.from_numpy(photo("astronaut").pixels[:192, :192].copy()).permute(2, 0, 1)[None] / 255
    noise = torch.from_numpy(np.random.default_rng(0).normal(0, 1, a.shape)).float()
    values = [metrics.ms_ssim(a, (a + amount * noise).clamp(0, 1)).item() for amount in (0, 0.05, 0.2)]
    assert values[0] == pytest.approx(1)
    assert values[0] > values[1] > values[2] > 0
    assert metrics.ms_ssim(a[..., :64, :64], a[..., :64, :64]).item() == pytest.approx(1)  # fewer scales
    with pytest.raises(ValueError, match="at least 11"):
        metrics.ms_ssim(a[..., :8, :8], a[..., :8, :8])
