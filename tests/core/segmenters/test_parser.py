"""What the bundled parser promises."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.align import align
from core.errors import CheckpointError
from core.mask import PARTS
from core.perception import weights
from core.segmenters import SEGMENTERS
from core.segmenters.parser import SIZE_PX, parse, parse_logits, part_net
from core.training.parser_figures import confusion, shares
from tests.core.perception.samples import photo

DATA = Path(__file__).parent / "data"


def renders() -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Held-out renders with their labels; see README.md beside them."""
    rgb = np.asarray(cv2.imread(str(DATA / "renders.jpg")), np.uint8)[..., ::-1]
    labels = np.asarray(cv2.imread(str(DATA / "labels.png"), cv2.IMREAD_GRAYSCALE), np.uint8)
    count = rgb.shape[1] // SIZE_PX
    return [(np.ascontiguousarray(a), b) for a, b in zip(np.hsplit(rgb, count), np.hsplit(labels, count), strict=True)]


def crop(name: str) -> NDArray[np.uint8]:
    return align(photo(name)).crop


def test_held_out_renders_are_understood() -> None:
    counts = sum((confusion(parse(rgb), labels) for rgb, labels in renders()), np.zeros((12, 12), np.int64))
    found = shares(counts)
    assert np.mean(list(found.values())) > 0.8
    assert found["hair"] > 0.86
    assert found["glasses"] > 0.85


@pytest.mark.parametrize("size", [(256, 256), (512, 512), (300, 200), (64, 64)])
def test_labels_have_the_size_of_the_picture(size: tuple[int, int]) -> None:
    labels = parse(cv2.resize(renders()[0][0], size[::-1]))
    assert labels.shape == size
    assert labels.dtype == np.uint8
    assert labels.max() < len(PARTS)


def test_a_mirrored_picture_has_mirrored_parts() -> None:
    for rgb, _ in renders():
        there, back = parse(rgb), parse(np.ascontiguousarray(rgb[:, ::-1]))[:, ::-1]
        assert (there == back).mean() > 0.999


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
def test_parts_of_a_photo_are_where_the_face_mesh_has_them(name: str) -> None:
    aligned = align(photo(name))
    labels = parse(aligned.crop)

    def part_at(*points: int) -> str:
        column, row = aligned.landmarks_in_crop[list(points)].mean(0)
        return PARTS[int(labels[round(row), round(column)])]

    assert part_at(1) == "nose"
    assert part_at(50) == part_at(280) == "skin"  # cheeks
    assert part_at(33, 133) in ("eyes", "glasses")
    assert part_at(263, 362) in ("eyes", "glasses")
    assert part_at(0, 17) in ("lips", "mouth")
    person = aligned.mask > 0.5
    agree = (labels > 0) == person
    assert agree.mean() > 0.9


def test_logits_have_a_gradient() -> None:
    picture = torch.rand(1, 3, 64, 64, requires_grad=True)
    logits = parse_logits(picture)
    assert logits.shape == (1, len(PARTS), 64, 64)
    (gradient,) = torch.autograd.grad(logits.sum(), picture)
    assert gradient.abs().sum() > 0
    assert not any(parameter.requires_grad for parameter in part_net().parameters())


def test_sides_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 32"):
        parse_logits(torch.rand(1, 3, 60, 64))


def test_the_table_names_it() -> None:
    rgb, _ = renders()[0]
    assert np.array_equal(SEGMENTERS["parser"]()(rgb), parse(rgb))


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    part_net.cache_clear()
    with pytest.raises(CheckpointError, match="parser"):
        SEGMENTERS["parser"]()
