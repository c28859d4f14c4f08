"""The dual encoder's training: the discriminator by METHODS, its penalty, items, and a run that resumes bit for bit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import CheckpointError, VoltefaceError
from core.generators.mini_prior import AttributeNames
from core.inverters.offset_encoder import OffsetEncoder, OffsetEncoderConfig
from core.progress import silent
from core.training import dual
from core.training.dual import BranchTraining, DualRecipe, train_dual
from core.training.dual_choice import best_parts
from core.training.dual_discriminator import (
    PANOHEAD_CHANNELS,
    PlaneDiscriminator,
    discriminator_loss,
    generator_loss,
    r1_penalty,
)
from core.training.dual_items import PosedViews, Tint, drawn_views, make_items, read_item
from core.training.dual_losses import DualSizes
from core.training.patches import PatchConfig
from tests.core.inverters.test_encoder import SIZES, _mini

if TYPE_CHECKING:
    from pathlib import Path

    from core.generators.mini import Mini

NAMES = AttributeNames(("age",), ())


@pytest.fixture(scope="module")
def generator() -> Mini:
    return _mini(NAMES)


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two heads that are spheres, seen from six sides; the later one is held out."""
    from core.camera import Camera
    from core.training.dataset import pixel_rays

    folder = tmp_path_factory.mktemp("heads")
    size = 64
    rays = pixel_rays(size).reshape(size, size, 3)
    for seed in (3, 19):
        views = []
        for yaw in (0.0, 0.3, -0.5, 1.6, 3.0, -1.6):
            pose = Camera.orbit(yaw, 0.1).world_from_camera
            unit = rays / np.linalg.norm(rays, axis=2, keepdims=True) @ pose[:3, :3].T
            along = -unit @ pose[:3, 3]
            inside = 0.2**2 - (pose[:3, 3] @ pose[:3, 3] - along**2)
            distance = np.where(inside > 0, along - np.sqrt(np.maximum(inside, 0)), 0)
            label = (inside > 0).astype(np.uint8)
            rgb = np.where(inside[..., None] > 0, [200, 150, 120], 255).astype(np.uint8)
            depth = distance / np.linalg.norm(rays, axis=2)
            views.append((rgb, label, depth.astype(np.float16), pose.astype(np.float32)))
        place = folder / f"{seed:06d}"
        place.mkdir()
        for name, column in zip(("rgb", "label", "depth", "cam2world"), zip(*views, strict=True), strict=True):
            np.save(place / f"{name}.npy", np.stack(column))
        (place / "meta.json").write_text(json.dumps({}))
    return folder


@pytest.fixture(scope="module")
def items(heads: Path, generator: Mini, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("items")
    make_items(generator, [heads], folder, 2, silent)
    return sorted(folder.glob("*.safetensors"))


RECIPE = DualRecipe(
    network=OffsetEncoderConfig(SIZES.channels, SIZES.depth, (4, 4), 8, (4, 4)),
    sizes=DualSizes(patch=PatchConfig(patch_px=16, near_samples=3, far_samples=2), points=60),
    faithful_steps=4,
    natural_steps=4,
    discriminator_px=8,
    discriminator_widths=(4, 6),
    half_px=8,
    whole_every=2,
    reals=3,
)


def test_the_discriminator_is_the_published_one() -> None:
    with torch.device("meta"):
        network = PlaneDiscriminator()
    kinds = [type(layer) for layer in network.layers]
    block = [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU]
    assert kinds == [nn.Conv2d, nn.LeakyReLU, *block, *block, *block, nn.Conv2d]
    convolutions = [layer for layer in network.layers if isinstance(layer, nn.Conv2d)]
    assert [c.in_channels for c in convolutions] == [PANOHEAD_CHANNELS, 64, 128, 256, 512]
    assert convolutions[-1].out_channels == 1
    assert all(c.kernel_size == (3, 3) and c.stride == (1, 1) and c.bias is None for c in convolutions)
    assert [c.padding for c in convolutions] == [(1, 1)] * 4 + [(0, 0)]
    assert all(layer.negative_slope == 0.2 for layer in network.layers if isinstance(layer, nn.LeakyReLU))
    count = sum(p.numel() for p in network.parameters())
    assert count == 9 * (288 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 2 * (128 + 256 + 512)


def test_the_discriminator_gives_one_logit_each() -> None:
    assert PlaneDiscriminator(6, (4, 8))(torch.randn(3, 6, 12, 12)).shape == (3,)


def test_losses_tell_real_from_fake() -> None:
    high, low = torch.tensor([3.0]), torch.tensor([-3.0])
    assert discriminator_loss(high, low) < discriminator_loss(low, high)
    assert generator_loss(high) < generator_loss(low)
    assert float(discriminator_loss(torch.zeros(2), torch.zeros(2))) == pytest.approx(np.log(2))


def test_the_penalty_of_a_linear_discriminator_is_its_formula() -> None:
    linear = nn.Linear(12, 1)
    penalty = r1_penalty(nn.Sequential(nn.Flatten(), linear), torch.randn(5, 3, 2, 2))
    assert float(penalty.detach()) == pytest.approx(float(linear.weight.detach().square().sum()) / 2)
    penalty.backward()  # differentiable in the weights
    assert linear.weight.grad is not None


def test_the_discriminator_learns() -> None:
    torch.manual_seed(0)
    from core.descent import Adam

    network = PlaneDiscriminator(4, (6, 8))
    adam = Adam(list(network.parameters()), (0.0, 0.99))
    for _ in range(40):
        real, fake = torch.randn(4, 4, 8, 8) + 0.6, torch.randn(4, 4, 8, 8) - 0.6
        adam.step(discriminator_loss(network(real), network(fake)), [2e-3] * len(adam.parameters))
    network.eval()
    with torch.no_grad():
        assert float(network(torch.randn(8, 4, 8, 8) + 0.6).mean()) > float(
            network(torch.randn(8, 4, 8, 8) - 0.6).mean()
        )


def test_mirrored_views_are_views_of_the_mirrored_head(heads: Path) -> None:
    place = heads / "000003"
    plain, mirrored = (PosedViews(place, np.eye(4), mirrored=flag) for flag in (False, True))
    for one, other in zip(plain.world_from_camera, mirrored.world_from_camera, strict=True):
        assert np.allclose(one[:3, 3] * [-1, 1, 1], other[:3, 3], atol=1e-6)
    assert np.array_equal(plain.depth[1][:, ::-1], mirrored.depth[1])


def test_tints_keep_black_and_white() -> None:
    tint = Tint.drawn(np.random.default_rng(0))
    ends = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    assert torch.allclose(tint.of(ends, 1), ends)


def test_held_out_heads_are_not_learned_from(heads: Path) -> None:
    drawn = drawn_views([heads], 50, 0)
    assert {place.name for place, _ in drawn} == {"000003"}
    assert {view for _, view in drawn} == {0, 1, 2}  # frontal ones


def test_items_come_back(items: list[Path], generator: Mini, tmp_path: Path) -> None:
    item = read_item(items[0], generator)
    seen = item.views.world_from_camera[item.view]
    assert np.allclose(seen, item.camera.world_from_camera, atol=1e-5)
    assert item.trigrid.planes.shape == (3, SIZES.channels, SIZES.depth, SIZES.plane_px, SIZES.plane_px)
    (tmp_path / "x.safetensors").write_bytes(b"no")
    with pytest.raises(CheckpointError, match="damaged"):
        read_item(tmp_path / "x.safetensors", generator)


@pytest.mark.parametrize("adversary", dual.ADVERSARIES)
def test_a_run_that_stops_goes_on_bit_for_bit(
    adversary: dual.Adversary, items: list[Path], generator: Mini, tmp_path: Path
) -> None:
    recipe = replace(RECIPE, adversary=adversary)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = BranchTraining(generator, items, tmp_path / "a", "e2", recipe, natural=True)
    whole.run(silent)
    BranchTraining(generator, items, tmp_path / "b", "e2", recipe, natural=True).run(silent, 2)
    again = BranchTraining(generator, items, tmp_path / "b", "e2", recipe, natural=True)
    assert again.step == 2
    again.run(silent)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name]), name
    for name, value in whole.discriminator.state_dict().items():
        assert torch.equal(value, again.discriminator.state_dict()[name]), name


def test_both_stages(items: list[Path], generator: Mini, tmp_path: Path) -> None:
    faithful, natural = train_dual(generator, items, tmp_path, RECIPE, silent)
    assert faithful.keys() == natural.keys()
    assert any(not torch.equal(faithful[name], natural[name]) for name in faithful)
    assert float(natural["carry"]) > float(faithful["carry"]) + 0.5


def test_no_items_is_a_sentence(generator: Mini, tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="nothing to train"):
        BranchTraining(generator, [], tmp_path, "e1", RECIPE, natural=False)


def test_what_does_not_pay_is_silenced(items: list[Path], generator: Mini) -> None:
    torch.manual_seed(0)
    branch = OffsetEncoder(RECIPE.network)
    with torch.no_grad():
        for part in branch.depart:
            part.bias.fill_(3.0)  # type: ignore[operator]
    chosen, losses = best_parts(generator, items, branch, RECIPE, silent)
    assert losses["pixels"] == losses["nothing"] < losses["all"] == losses["planes"]
    assert all(float(part.bias.detach().abs().max()) == 0 for part in chosen.depart)  # type: ignore[operator]
    assert all(float(part.bias.detach().min()) == 3 for part in branch.depart)  # type: ignore[operator]


def test_held_out_items(heads: Path) -> None:
    assert {place.name for place, _ in drawn_views([heads], 50, 0, held_out=True)} == {"000019"}
