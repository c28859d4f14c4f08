"""Parts of one head come to lie on those of another."""

import torch

from core.editors.part_fit import fit_of
from tests.core.editors.capped_ball import capped_ball


def test_a_fit_moves_features_onto_features() -> None:
    source, target = capped_ball(lock=False), capped_ball(middle=0.05, lock=False)
    fit = fit_of(source, target, "mouth")
    lips = source.points("lips").mean(0) * fit.scale + torch.tensor(fit.shift)
    torch.testing.assert_close(lips, target.points("lips").mean(0), atol=1e-4, rtol=0)
