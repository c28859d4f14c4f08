"""What the prior is taught by: drawings of a doll, and its depth as a control net is shown it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.stylizers.view_grid import nearness
from core.training.dataset import HeadViews
from core.training.prior_drawings import DrawnHead, drawn_head, nearness_picture
from tests.core.training.doll import write_doll

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_doll(tmp_path_factory.mktemp("dolls"), 3, 128)


def test_depth_is_shown_as_to_a_control_net(folder: Path) -> None:
    depth = np.asarray(HeadViews(folder).depth[0], np.float32)
    ours = nearness_picture(depth)
    assert ours[0, 0] == 0
    assert ours.max() == 1
    theirs = nearness(torch.from_numpy(np.where(depth > 0, depth, 9.0)))
    assert np.allclose(ours, theirs.numpy(), atol=1e-5)


def test_a_drawn_head_survives_its_file(folder: Path, tmp_path: Path) -> None:
    head = drawn_head(folder, 3, 4)
    assert head.pictures.shape == (4, 4, 128, 128, 3)
    assert head.styles[0] == "photo"
    head.write(tmp_path / "000003.npz")
    again = DrawnHead.read(tmp_path / "000003.npz")
    assert np.array_equal(again.pictures, head.pictures)
    assert np.array_equal(again.depth, head.depth)
    assert (again.styles, again.meta["hair"]) == (head.styles, "fur_curl")
