"""Standard LPIPS against the `lpips` package with the same random weights."""

import pytest
import torch
import torchvision
from torch import Tensor

from core.errors import CheckpointError
from core.perception.lpips_standard import Backbone, LpipsConfig, LpipsNetwork, lpips_state

BACKBONES: tuple[Backbone, ...] = ("alex", "vgg")


def packaged(backbone: Backbone) -> torch.nn.Module:
    import lpips

    torch.manual_seed(6)
    network: torch.nn.Module = lpips.LPIPS(pretrained=False, pnet_rand=True, net=backbone, verbose=False)
    for name, weight in network.named_parameters():
        if name.startswith("lin"):
            weight.data.uniform_(0, 1)
    return network.eval()


def loaded(state: dict[str, Tensor]) -> LpipsNetwork:
    network = LpipsNetwork(LpipsConfig.from_state(state, {}))
    network.load_state_dict(state)
    return network.eval()


@pytest.fixture(scope="module")
def pictures() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    first = torch.rand(2, 3, 64, 80, generator=generator) * 2 - 1
    second = (first + 0.3 * torch.randn(first.shape, generator=generator)).clamp(-1, 1)
    return first, second


@pytest.mark.filterwarnings("ignore:The parameter 'pretrained':UserWarning")
@pytest.mark.filterwarnings("ignore:Arguments other than a weight enum:UserWarning")
@pytest.mark.parametrize("backbone", BACKBONES)
@torch.no_grad()
def test_the_same_numbers_as_the_package(backbone: Backbone, pictures: tuple[Tensor, Tensor]) -> None:
    official = packaged(backbone)
    ours = loaded(lpips_state(official.state_dict()))
    assert ours.config.backbone == backbone
    torch.testing.assert_close(ours(*pictures), official(*pictures).flatten(), rtol=1e-5, atol=1e-7)
    assert torch.equal(ours(pictures[0], pictures[0]), torch.zeros(2))


@pytest.mark.parametrize("backbone", BACKBONES)
def test_two_files_make_one_state(backbone: Backbone) -> None:
    with torch.device("meta"):
        wanted = LpipsNetwork(LpipsConfig(backbone)).state_dict()
        make = torchvision.models.alexnet if backbone == "alex" else torchvision.models.vgg16
        trunk = make(weights=None).state_dict()
    heads = {name: value for name, value in wanted.items() if name.startswith("lin")}
    merged = lpips_state(trunk, heads)
    assert {name: value.shape for name, value in merged.items()} == {n: v.shape for n, v in wanted.items()}
    assert LpipsConfig.from_state(merged, {}) == LpipsConfig(backbone)
    with pytest.raises(CheckpointError, match=r"features\.0\.weight"):
        LpipsConfig.from_state(lpips_state(heads), {})
    with pytest.raises(CheckpointError, match=r"lin0\.model\.1\.weight"):
        LpipsConfig.from_state(lpips_state(trunk), {})


def test_gradients_stay_finite_on_flat_pictures() -> None:
    torch.manual_seed(1)
    network = LpipsNetwork(LpipsConfig("alex")).requires_grad_(False)
    black = torch.zeros(1, 3, 64, 64, requires_grad=True)
    network(black, torch.ones(1, 3, 64, 64)).sum().backward()
    assert black.grad is not None
    assert torch.isfinite(black.grad).all()
