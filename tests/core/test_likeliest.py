"""Parts of enlarged maps: as if all maps were enlarged and compared at once."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.likeliest import likeliest


@pytest.mark.parametrize(("height", "width"), [(16, 16), (40, 64), (90, 33)])
def test_it_is_the_highest_of_the_enlarged_maps(height: int, width: int) -> None:
    logits = torch.from_numpy(np.random.default_rng(2).normal(size=(5, 16, 16)).astype(np.float32))
    whole = F.interpolate(logits[None], (height, width), mode="bilinear", align_corners=False)[0].argmax(0)
    assert (likeliest(logits.numpy(), height, width) == whole.numpy()).mean() > 0.999
