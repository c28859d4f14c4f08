"""Both sides of photographed glasses, where a photo shows one of them hardly."""

import numpy as np
import pytest

from core.camera import Camera
from core.editors import glasses_lifted
from core.editors.glasses_lifted import both_sides
from core.editors.glasses_mesh import rim_path
from core.editors.glasses_traced import Traced
from core.editors.glasses_view import Lift
from tests.core.glasses import CLEAR

SKIN = np.array([0.7, 0.5, 0.4])


@pytest.mark.parametrize("lost", [(), (1,), (-1,), (1, -1)])
def test_a_rim_that_is_lost_is_the_other_one_mirrored(lost: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    lift = Lift(Camera.orbit(), CLEAR, 512)
    crop = np.full((512, 512, 3), 160, np.uint8)

    def rims(*_: object) -> list[tuple[int, Traced]]:
        found = []
        for side in (1, -1):
            beside = np.array([0.1 if side in lost else 0.0, 0, 0])
            path = lift.projected((rim_path(CLEAR) + beside) * [side, 1, 1])
            count = len(path)
            found.append((side, Traced(path, np.full(count, 2.0), np.full((count, 3), 0.1), np.ones(count))))
        return found

    monkeypatch.setattr(glasses_lifted, "rims_of", rims)
    sides = both_sides(crop, lift, SKIN)
    if len(lost) == 2:
        assert sides is None
        return
    assert sides is not None
    assert [side.side for side in sides] == [1, -1]
    for side in sides:
        assert not side.is_lost
        np.testing.assert_allclose(side.rim[:, 0].mean(), CLEAR.centre[0], atol=0.01)
