from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from widgets.hand_placement import default_placement, dragged, placement_in
from widgets.placement_dialog import PlacementDialog
from widgets.values import HandPlacement, PlacedHead

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


PHOTO = np.full((100, 160, 3), 128, np.uint8)


def test_the_points_ride_with_the_box() -> None:
    start = placement_in((10, 20, 40, 40))
    moved = dragged(start, "box", 5, -3)
    assert moved.box == pytest.approx((15, 17, 40, 40))
    assert moved.landmarks - start.landmarks == pytest.approx(np.tile((5.0, -3.0), (5, 1)))


@pytest.mark.parametrize(
    ("corner", "box"), [(0, (20, 30, 30, 30)), (1, (10, 30, 50, 30)), (2, (20, 20, 30, 50)), (3, (10, 20, 50, 50))]
)
def test_a_corner_scales_box_and_points(corner: int, box: tuple[float, ...]) -> None:
    start = placement_in((10, 20, 40, 40))
    moved = dragged(start, f"corner {corner}", 10, 10)
    assert moved.box == box
    assert moved.landmarks == pytest.approx(placement_in(moved.box).landmarks, abs=1e-4)


def test_a_point_moves_alone() -> None:
    start = default_placement(PHOTO)
    moved = dragged(start, "point 2", 4, 1)
    assert moved.box == start.box
    difference = moved.landmarks - start.landmarks
    assert difference[2] == pytest.approx((4, 1))
    assert np.abs(np.delete(difference, 2, 0)).max() == 0


def test_the_box_cannot_turn_inside_out() -> None:
    moved = dragged(placement_in((10, 20, 40, 40)), "corner 3", -500, -500)
    assert min(moved.box[2:]) > 0


def placed_head(placement: HandPlacement, doubts: tuple[str, ...] = ()) -> PlacedHead:
    left, top, width, height = placement.box
    corners = np.asarray([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32) * (width, height) + (left, top)
    text = f"The nose is at {placement.landmarks[2, 0]:.0f}."
    return PlacedHead(placement.landmarks, corners, placement.landmarks[:4], text, doubts)


def test_the_dialog_tells_how_the_head_is_seen_and_what_is_doubtful(qtbot: QtBot) -> None:
    def reproject(placement: HandPlacement) -> PlacedHead | None:
        nose = placement.landmarks[2, 0]
        return None if nose > 150 else placed_head(placement, ("The chin is cut off.",) if nose > 120 else ())

    dialog = PlacementDialog(PHOTO, placement_in((10, 20, 40, 40)), reproject)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    assert dialog.state.text() == "The nose is at 30."
    assert not dialog.doubts.isVisible()
    dialog.canvas.set_placement(placement_in((105, 20, 40, 40)))
    assert dialog.state.text() == "The nose is at 125."
    assert dialog.doubts.text() == "The chin is cut off."
    assert dialog.doubts.isVisible()
    dialog.canvas.set_placement(placement_in((135, 20, 40, 40)))
    assert "no face" in dialog.state.text()
    assert not dialog.doubts.isVisible()


def test_dragging_reprojects_and_accepting_emits(qtbot: QtBot) -> None:
    asked: list[HandPlacement] = []

    def reproject(placement: HandPlacement) -> PlacedHead | None:
        asked.append(placement)
        return placed_head(placement)

    dialog = PlacementDialog(PHOTO, None, reproject)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    canvas = dialog.canvas
    at = canvas.to_widget(*canvas.placement().landmarks[0].tolist())
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at.toPoint())
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    to = at + QPointF(10, 0)
    QApplication.sendEvent(canvas, QMouseEvent(QEvent.Type.MouseMove, to, canvas.mapToGlobal(to), left, left, none))
    qtbot.mouseRelease(canvas, left, pos=to.toPoint())
    assert len(asked) >= 2
    with qtbot.waitSignal(dialog.placed) as placed:
        dialog.accept_button.click()
    assert placed.args is not None
    before, after = default_placement(PHOTO), placed.args[0]
    assert after.landmarks[0, 0] > before.landmarks[0, 0]
    assert after.landmarks[1] == pytest.approx(before.landmarks[1])
