"""Both sides of photographed glasses, where a photo shows one of them hardly."""

from collections.abc import Sequence

import numpy as np
import pytest

from core.camera import Camera
from core.editors import glasses_lifted
from core.editors.glasses_lifted import PairSide, both_sides, is_shade
from core.editors.glasses_mesh import rim_path
from core.editors.glasses_traced import Traced
from core.editors.glasses_view import Lift
from tests.core.glasses import CLEAR

SKIN, DARK = np.array([0.7, 0.5, 0.4]), np.full(3, 0.1)


def _sides(
    camera: Camera, monkeypatch: pytest.MonkeyPatch, lost: tuple[int, ...] = (), skinny: tuple[int, ...] = ()
) -> list[PairSide] | None:
    """Both sides of a pair of which some rims were traced beside their place, and some in the colour of skin."""
    lift = Lift(camera, CLEAR, 512)
    crop = np.full((512, 512, 3), 160, np.uint8)

    def rims(*_: object) -> list[tuple[int, Traced]]:
        found = []
        for side in (1, -1):
            beside = np.array([0.1 if side in lost else 0.0, 0, 0])
            path = lift.projected((rim_path(CLEAR) + beside) * [side, 1, 1])
            rgb = np.tile(SKIN if side in skinny else DARK, (len(path), 1))
            found.append((side, Traced(path, np.full(len(path), 2.0), rgb, np.ones(len(path)))))
        return found

    monkeypatch.setattr(glasses_lifted, "rims_of", rims)
    return both_sides(crop, lift, SKIN)


@pytest.mark.parametrize("lost", [(), (1,), (-1,), (1, -1)])
def test_a_rim_that_is_lost_is_the_other_one_mirrored(lost: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    sides = _sides(Camera.orbit(), monkeypatch, lost=lost)
    if len(lost) == 2:
        assert sides is None
        return
    assert sides is not None
    assert [side.side for side in sides] == [1, -1]
    for side in sides:
        assert not side.is_lost
        np.testing.assert_allclose(side.rim[:, 0].mean(), CLEAR.centre[0], atol=0.01)


@pytest.mark.parametrize("yaw", [-0.5, 0.5])
def test_of_a_turned_face_the_near_side_tells_how_the_other_one_looks(
    yaw: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = 1 if yaw > 0 else -1
    sides = _sides(Camera.orbit(yaw), monkeypatch, skinny=(-near,))
    assert sides is not None
    one, other = sides
    assert (one.side, other.side) == (1, -1)
    np.testing.assert_array_equal(one.rim, other.rim)
    np.testing.assert_array_equal(np.concatenate([one.rgb, other.rgb]), np.tile(DARK, (2 * len(one.rgb), 1)))


@pytest.mark.parametrize(
    ("rgb", "shade"),
    [((0.38, 0.28, 0.22), True), ((0.1, 0.1, 0.12), False), ((0.33, 0.33, 0.34), False), ((0.68, 0.5, 0.4), True)],
)
def test_skin_in_the_shade_of_a_temple_is_no_part_of_a_grey_frame(rgb: Sequence[float], *, shade: bool) -> None:
    assert is_shade(np.array(rgb), SKIN, np.array([0.3, 0.3, 0.32])) == shade
    assert not is_shade(np.array(rgb), SKIN, np.array(rgb)), "brown frames are brown beside brown rims"
