import numpy as np
import pytest
import torch

from core import losses
from core.perception.identity import chip_from_mesh, cut_chips
from core.perception.lpips import Backbone, perceptual_net
from tests.core.perception.samples import photo, stored

WHOLE = np.eye(3)


def pictures() -> torch.Tensor:
    return torch.from_numpy(stored("lpips")["pictures"]).permute(0, 3, 1, 2) / 255


@pytest.mark.parametrize("backbone", ["vgg", "alex"])
def test_lpips_equals_the_original(backbone: Backbone) -> None:
    all_of_them = pictures()
    with torch.no_grad():
        found = losses.lpips(all_of_them, all_of_them[:1].expand(3, -1, -1, -1), backbone=backbone)
    assert found[0] == 0
    np.testing.assert_allclose(found.numpy(), stored("lpips")[backbone], rtol=5e-4)


@pytest.mark.parametrize("measure", [losses.lpips, losses.lpips_early, losses.lpips_quick, losses.masked_l1])
def test_a_distance_is_zero_to_itself_symmetric_and_grows(measure: losses.Distance) -> None:
    a, noisy, other = pictures().split(1)
    with torch.no_grad():
        assert measure(a, a).item() == 0
        torch.testing.assert_close(measure(a, noisy), measure(noisy, a))
        faint = a + (noisy - a) / 4
        assert measure(a, faint).item() < measure(a, noisy).item() < measure(a, other).item()


@pytest.mark.parametrize("measure", [losses.lpips_early, losses.lpips_quick])
def test_gradients_lead_towards_the_target(measure: losses.Distance) -> None:
    a, noisy, _ = pictures().split(1)
    moving = noisy.clone().requires_grad_()
    before = measure(moving, a).sum()
    before.backward()
    assert moving.grad is not None
    assert torch.isfinite(moving.grad).all()
    step = moving.grad / moving.grad.abs().max() * 0.02
    with torch.no_grad():
        assert measure(noisy - step, a).item() < before.item()


def test_gradient_at_zero_distance_is_finite() -> None:
    flat = torch.zeros(1, 3, 64, 64, requires_grad=True)
    black = torch.zeros(1, 3, 64, 64)
    (losses.lpips_quick(flat, black) + losses.identity_distance(flat, black, WHOLE)).sum().backward()
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()


@pytest.mark.parametrize("measure", [losses.lpips_early, losses.lpips_quick, losses.masked_l1])
def test_what_the_mask_hides_counts_little(measure: losses.Distance) -> None:
    a, noisy, _ = pictures().split(1)
    half = a.clone()
    half[..., 48:] = noisy[..., 48:]
    mask = torch.zeros(1, 1, 96, 96)
    mask[..., :32] = 1
    with torch.no_grad():
        # the nets see beyond their pixel, AlexNet far
        assert measure(a, half, mask).item() < 0.5 * measure(a, half, 1 - mask).item()
        torch.testing.assert_close(measure(a, noisy, torch.ones(1, 1, 96, 96)), measure(a, noisy))


@pytest.mark.parametrize(
    "options", [{}, {"size_px": 64}, {"backbone": "alex"}, {"backbone": "alex", "stages": 3}, {"stages": 2}]
)
def test_a_target_embeds_once_and_gives_the_same(options: dict[str, object]) -> None:
    a, noisy, _ = pictures().split(1)
    target = losses.PerceptualTarget.of(a, **options)  # type: ignore[arg-type]
    size = int(str(options.pop("size_px", 96)))
    expected = losses.lpips(losses.at_most(noisy, size), losses.at_most(a, size), **options)  # type: ignore[arg-type]
    with torch.no_grad():
        torch.testing.assert_close(target.distance(noisy), expected)
        assert target.distance(a).item() == pytest.approx(0, abs=1e-6)


def test_batches_are_compared_one_by_one() -> None:
    batch = pictures()
    with torch.no_grad():
        together = losses.lpips_quick(batch, batch.flip(0))
        alone = [losses.lpips_quick(batch[i : i + 1], batch.flip(0)[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-4, atol=1e-6)


def test_too_small_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 px"):
        perceptual_net("vgg").embed(torch.zeros(1, 3, 8, 40))


def chips() -> torch.Tensor:
    return torch.from_numpy(stored("identity")["chips"]).permute(0, 3, 1, 2) / 255


def test_identity_tells_two_people_apart() -> None:
    first, second = chips().split(1)
    with torch.no_grad():
        assert losses.identity_distance(first, first, WHOLE).item() < 1e-5
        assert losses.identity_distance(first, first * 0.8 + 0.05, WHOLE).item() < 0.3
        assert losses.identity_distance(first, second, WHOLE).item() > 0.6
        target = losses.IdentityTarget.of(first, WHOLE)
        torch.testing.assert_close(target.distance(second), losses.identity_distance(second, first, WHOLE))


def test_identity_is_differentiable() -> None:
    first, second = chips().split(1)
    moving = first.clone().requires_grad_()
    before = losses.identity_distance(moving, second, WHOLE).sum()
    before.backward()
    assert moving.grad is not None
    with torch.no_grad():
        closer = first - moving.grad / moving.grad.abs().max() * 0.02
        assert losses.identity_distance(closer, second, WHOLE).item() < before.item()


def test_chips_show_eyes_and_nose_at_their_places() -> None:
    # the chip that dlib cut itself, found again in the photo by the mesh points that stand for its landmarks
    mesh = stored("mediapipe")["grace_hopper_mesh"][:, :2] * [512, 600]
    crop = torch.from_numpy(photo("grace_hopper").pixels.copy()).permute(2, 0, 1)[None] / 255
    found = cut_chips(crop, chip_from_mesh(mesh, 512, 600))
    expected = chips()[1:]
    assert found.shape == expected.shape
    with torch.no_grad():
        assert losses.identity_distance(found, expected, WHOLE).item() < 0.35


@pytest.mark.parametrize("size", [150, 300, 601])
def test_chips_do_not_depend_on_the_size_of_the_picture(size: int) -> None:
    y, x = torch.meshgrid(*[(torch.arange(size) + 0.5) / size] * 2, indexing="ij")
    picture = torch.stack([x, y, x * y])[None]
    matrix = np.array([[1.5, 0.2, -0.3], [-0.2, 1.5, -0.2], [0, 0, 1]])
    chip = cut_chips(picture, matrix)
    back = np.linalg.inv(matrix) @ np.array([75.5 / 150, 40.5 / 150, 1])
    np.testing.assert_allclose(chip[0, :2, 40, 75].numpy(), back[:2], atol=2e-3)
