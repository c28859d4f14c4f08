import dataclasses

import numpy as np
import pytest

from core.camera import Camera
from core.frame import Frame, Quality


@pytest.fixture
def frame() -> Frame:
    return Frame(
        rgb=np.zeros((4, 4, 3), dtype=np.uint8),
        alpha=np.ones((4, 4), dtype=np.float32),
        depth=np.array([[2.5, 2.6], [0, 2.7]], dtype=np.float32),
        labels=np.array([[2, 2], [0, 1]], dtype=np.uint8),
        camera=Camera.orbit(),
        quality=Quality.EXACT,
    )


def test_quality_is_ordered() -> None:
    assert Quality.PREVIEW < Quality.NEAR < Quality.EXACT


def test_depth_and_label_are_read_by_place_in_the_picture(frame: Frame) -> None:
    assert frame.depth_at(0.9, 0.1) == pytest.approx(2.6)
    assert frame.depth_at(0.1, 0.9) == 0
    assert [frame.label_at(u, v) for u, v in ((0.2, 0.2), (0.7, 0.7), (0.2, 0.7))] == [2, 1, 0]


def test_outside_of_the_picture_is_background(frame: Frame) -> None:
    for place in ((-0.01, 0.5), (0.5, 1.0), (1.0, 0.5)):
        assert frame.depth_at(*place) == 0
        assert frame.label_at(*place) == 0


def test_without_labels_all_is_background(frame: Frame) -> None:
    assert dataclasses.replace(frame, labels=None).label_at(0.2, 0.2) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"rgb": np.zeros((4, 4), dtype=np.uint8)},
        {"rgb": np.zeros((4, 4, 3), dtype=np.float32)},
        {"alpha": np.ones((2, 2), dtype=np.float32)},
        {"depth": np.ones((2, 2))},
        {"labels": np.ones((2, 2), dtype=np.int64)},
    ],
)
def test_what_is_no_frame(frame: Frame, wrong: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="must be"):
        dataclasses.replace(frame, **wrong)  # type: ignore[arg-type]
