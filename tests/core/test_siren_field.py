"""A field of layers with sines is a value, as a trigrid is."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.head import Head
from core.photo import Photo
from core.project import Project
from core.siren_field import SirenField


def field(seed: int = 0, box_side: float = 0.5) -> SirenField:
    noise = torch.Generator().manual_seed(seed)
    shapes = ((6, 3), (6, 6), (6, 6))
    weights = tuple(torch.randn(shape, generator=noise) for shape in shapes)
    return SirenField(weights, tuple(torch.randn(6, generator=noise) for _ in shapes), box_side)


def test_it_is_a_network_with_sines() -> None:
    one = field()
    point = torch.tensor([[0.1, -0.2, 0.05]])
    x = point[0] * 4
    for weight, bias in zip(one.weights[:2], one.biases[:2], strict=True):
        x = torch.sin(weight @ x + bias)
    look = torch.sin(one.weights[2] @ x + one.biases[2])
    torch.testing.assert_close(one.sample(point)[0], torch.cat([x, look]))


def test_outside_it_is_as_on_its_faces() -> None:
    inside, outside = torch.tensor([[0.25, 0.1, 0.0]]), torch.tensor([[3.0, 0.1, 0.0]])
    assert torch.equal(field().sample(inside), field().sample(outside))


def test_equality() -> None:
    assert field() == field()
    assert hash(field()) == hash(field())
    assert field() != field(1)
    assert field() != field(box_side=1.0)
    assert field() != "field"
    assert field().detached() == field()


def test_gradients_reach_the_layers() -> None:
    weights = tuple(weight.requires_grad_() for weight in field().weights)
    SirenField(weights, field().biases, 0.5).sample(torch.rand(5, 3) * 0.2).sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().max() > 0 for weight in weights)


@pytest.mark.parametrize(
    ("weights", "biases", "side", "words"),
    [
        ((torch.zeros(4, 3),), (torch.zeros(4),), 1.0, "make no field"),
        ((torch.zeros(4, 3), torch.zeros(4, 5)), (torch.zeros(4), torch.zeros(4)), 1.0, "cannot follow"),
        ((torch.zeros(4, 3), torch.zeros(4, 4)), (torch.zeros(4), torch.zeros(3)), 1.0, "cannot follow"),
        ((torch.zeros(4, 3).double(), torch.zeros(4, 4)), (torch.zeros(4), torch.zeros(4)), 1.0, "float32"),
        ((torch.zeros(4, 3), torch.zeros(4, 4)), (torch.zeros(4), torch.zeros(4)), 0.0, "positive"),
    ],
)
def test_nonsense_is_refused(
    weights: tuple[torch.Tensor, ...], biases: tuple[torch.Tensor, ...], side: float, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        SirenField(weights, biases, side)


def test_it_is_saved_with_its_head(tmp_path: Path) -> None:
    head = Head(generator="stylesdf", latents=torch.zeros(3, 4), camera=Camera.orbit(), trigrid=field())
    photo = Photo(np.zeros((8, 8, 3), np.uint8), "black.png")
    Project(photo=photo, camera=Camera.orbit(), head=head).save(tmp_path / "a.volteface")
    again = Project.load(tmp_path / "a.volteface").head
    assert again == head
