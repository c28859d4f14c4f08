"""Pictures at another size."""

import torch

from core.resizing import sized


def test_a_fine_pattern_becomes_its_mean_and_no_other_pattern() -> None:
    rows, columns = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    board = ((rows + columns) % 2).float()[None, None]
    assert (sized(board, 16)[..., 2:-2, 2:-2] - 0.5).abs().max() < 0.02


def test_a_picture_of_that_size_is_the_very_same() -> None:
    picture = torch.rand(2, 3, 8, 8)
    assert sized(picture, 8) is picture
    assert sized(picture, 5).shape == (2, 3, 5, 5)
