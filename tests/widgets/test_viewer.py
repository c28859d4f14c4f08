from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QCursor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from core.camera import Camera
from core.frame import Quality
from core.region import Region
from tests.widgets.frames import HAIR, SKIN, sphere_frame
from widgets.region_tint import REGION_LABEL
from widgets.values import Backdrop, Picture
from widgets.viewer import Viewer

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


@pytest.fixture
def viewer(qtbot: QtBot) -> Viewer:
    made = Viewer(gl=False)
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.move(200, 200)
    QCursor.setPos(0, 0)  # a pointer over the picture would hover
    with qtbot.waitExposed(made):
        made.show()
    made.show_frame(sphere_frame())
    return made


def _seen(viewer: Viewer) -> list[tuple[Camera, bool]]:
    seen: list[tuple[Camera, bool]] = []
    viewer.camera_changed.connect(lambda camera, moving: seen.append((camera, moving)))
    return seen


def _photo(viewer: Viewer) -> Picture | None:
    return viewer.scene.photo


def _drag(
    qtbot: QtBot,
    viewer: Viewer,
    by: QPoint,
    button: Qt.MouseButton = LEFT,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    start = QPoint(300, 200)
    qtbot.mousePress(viewer, button, keys, start)
    for step in (0.25, 0.5, 0.75, 1.0):
        # QTest's own mouse moves carry no buttons
        at = QPointF(start) + QPointF(by) * step
        move = QMouseEvent(QEvent.Type.MouseMove, at, viewer.mapToGlobal(at), button, button, keys)
        QApplication.sendEvent(viewer, move)
    qtbot.mouseRelease(viewer, button, keys, start + by)


def test_dragging_orbits_and_ends_with_one_still_camera(qtbot: QtBot, viewer: Viewer) -> None:
    seen = _seen(viewer)
    _drag(qtbot, viewer, QPoint(-100, 0))
    assert [moving for _, moving in seen] == [True] * (len(seen) - 1) + [False]
    assert seen[-1][0].yaw_radians == pytest.approx(math.pi * 100 / 400)
    assert seen[-1][0].pitch_radians == pytest.approx(0)


def test_dragging_down_looks_from_above(qtbot: QtBot, viewer: Viewer) -> None:
    _drag(qtbot, viewer, QPoint(0, 60))
    assert viewer.camera().pitch_radians > 0.3


@pytest.mark.parametrize(
    ("button", "keys"), [(MIDDLE, Qt.KeyboardModifier.NoModifier), (LEFT, Qt.KeyboardModifier.ShiftModifier)]
)
def test_panning_keeps_the_direction(
    qtbot: QtBot, viewer: Viewer, button: Qt.MouseButton, keys: Qt.KeyboardModifier
) -> None:
    before = viewer.camera()
    _drag(qtbot, viewer, QPoint(40, 20), button, keys)
    after = viewer.camera()
    assert np.allclose(before.forward, after.forward)
    assert not np.allclose(before.position, after.position)


def test_the_wheel_zooms_and_comes_to_rest(qtbot: QtBot, viewer: Viewer) -> None:
    seen = _seen(viewer)
    at = QPointF(300, 200)
    wheel = QWheelEvent(
        at,
        viewer.mapToGlobal(at),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    viewer.wheelEvent(wheel)
    assert viewer.camera().focal > Camera.orbit().focal
    qtbot.waitUntil(lambda: bool(seen) and not seen[-1][1])


@pytest.mark.parametrize(
    ("key", "yaw", "pitch"),
    [
        (Qt.Key.Key_Right, 15, 0),
        (Qt.Key.Key_Left, -15, 0),
        (Qt.Key.Key_Up, 0, 15),
        (Qt.Key.Key_Down, 0, -15),
    ],
)
def test_arrow_keys_step(qtbot: QtBot, viewer: Viewer, key: Qt.Key, yaw: float, pitch: float) -> None:
    qtbot.keyClick(viewer, key)
    camera = viewer.camera()
    assert (math.degrees(camera.yaw_radians), math.degrees(camera.pitch_radians)) == pytest.approx((yaw, pitch))


def test_double_click_resets(qtbot: QtBot, viewer: Viewer) -> None:
    _drag(qtbot, viewer, QPoint(50, 50))
    qtbot.mouseDClick(viewer, LEFT, pos=QPoint(300, 200))
    assert viewer.camera() == Camera.orbit()


def test_a_click_picks_the_part(qtbot: QtBot, viewer: Viewer) -> None:
    clicked: list[str] = []
    viewer.part_clicked.connect(clicked.append)
    for at in (QPoint(300, 150), QPoint(300, 250), QPoint(20, 20)):
        qtbot.mouseClick(viewer, LEFT, pos=at)
    assert clicked == ["hair", "skin", ""]
    assert viewer.part_at(QPointF(300, 150)) == HAIR
    assert viewer.part_at(QPointF(300, 250)) == SKIN


def test_hovering_names_and_lights_the_part(qtbot: QtBot, viewer: Viewer) -> None:
    names: list[str] = []
    viewer.part_hovered.connect(names.append)
    viewer._hover(QPointF(300, 150))
    assert names == ["hair"]
    assert viewer.scene.highlight == HAIR
    viewer._hover(None)
    assert names == ["hair", ""]
    assert viewer.scene.highlight == 0


def test_comparison_moves_to_the_photo_and_any_orbit_leaves_it(qtbot: QtBot, viewer: Viewer) -> None:
    camera = Camera.orbit(0.3, 0.1, roll_radians=0.05)
    photo = np.full((64, 64, 3), 90, np.uint8)
    assert not viewer.can_compare()
    viewer.set_photo(camera, photo)
    seen = _seen(viewer)
    viewer.set_comparing(True)
    assert seen == [(camera, False)]
    assert _photo(viewer) is photo
    assert viewer.wipe.isVisible()
    _drag(qtbot, viewer, QPoint(100, 0))
    assert viewer.camera() == camera
    assert viewer.scene.wipe == pytest.approx(0.75)
    with qtbot.waitSignal(viewer.comparison_left):
        qtbot.keyClick(viewer, Qt.Key.Key_Right)
    assert _photo(viewer) is None
    assert not viewer.wipe.isVisible()


def test_a_wipe_shows_before_on_the_left_and_after_on_the_right_while_orbiting(qtbot: QtBot, viewer: Viewer) -> None:
    after = sphere_frame(viewer.camera())
    viewer.show_frame(after)
    grey = replace(after, rgb=np.full_like(after.rgb, 128))
    viewer.set_wiping(True)
    viewer.show_before(grey)
    assert viewer.wipe.isVisible()
    square = viewer.picture_square()

    def colours(wipe: float) -> list[tuple[int, int, int]]:
        viewer._wipe_to(square.x() + wipe * square.width())
        picture = viewer.grab().toImage()
        places = (square.x() + square.width() * u for u in (0.4, 0.6))
        seen = [picture.pixelColor(round(x), round(square.center().y() + square.height() * 0.05)) for x in places]
        return [(one.red(), one.green(), one.blue()) for one in seen]

    left, right = colours(0.5)
    assert max(left) - min(left) < 20
    assert right[2] > right[0] + 60  # blue skin
    left, right = colours(0.9)
    assert max(right) - min(right) < 20
    _drag(qtbot, viewer, QPoint(60, 0))
    assert viewer.wipe.isVisible()
    with qtbot.waitSignal(viewer.wiping_left):
        viewer.set_wiping(False)
    assert not viewer.wipe.isVisible()
    assert viewer.scene.before is None


def test_what_was_drawn_is_tinted_from_every_side(viewer: Viewer) -> None:
    frame = sphere_frame(viewer.camera())
    viewer.show_frame(frame)
    added = np.zeros((96, 96), np.uint8)
    added[:, :48] = 255
    viewer.set_region(Region(added, np.zeros_like(added), frame.camera, frame.depth))
    shown = viewer.scene.frame
    assert shown is not None
    assert shown.labels is not None
    assert (shown.labels[40:56, 40:46] == REGION_LABEL).all()
    assert (shown.labels[40:56, 50:56] != REGION_LABEL).all()
    assert viewer.scene.highlight == REGION_LABEL
    assert viewer.frame is frame
    side = sphere_frame(Camera.orbit(0.5))
    viewer.show_frame(side)
    assert viewer.scene.frame is not None
    assert viewer.scene.frame.labels is not None
    assert 0 < (viewer.scene.frame.labels == REGION_LABEL).sum() < (side.depth > 0).sum()
    viewer.set_region(None)
    assert viewer.scene.frame is side
    assert viewer.scene.highlight == 0


def test_the_photo_stands_in_until_there_is_a_head(viewer: Viewer) -> None:
    photo = np.full((64, 64, 3), 90, np.uint8)
    viewer.show_frame(None)
    viewer.set_photo(Camera.orbit(), photo)
    assert _photo(viewer) is photo
    viewer.show_frame(sphere_frame())
    assert _photo(viewer) is None


def test_the_turntable_turns_and_its_end_is_a_still_camera(qtbot: QtBot, viewer: Viewer) -> None:
    seen = _seen(viewer)
    viewer.set_turn_seconds(2)
    viewer.set_turntable(running=True)
    qtbot.waitUntil(lambda: len(seen) > 3)
    viewer.set_turntable(running=False)
    assert all(moving for _, moving in seen[:-1])
    assert not seen[-1][1]


def test_the_badge_tells_quality_and_refinement(viewer: Viewer) -> None:
    viewer.show_frame(sphere_frame(quality=Quality.NEAR))
    viewer.set_refining(True)
    assert viewer.badge.text() == "Good · refining"
    viewer.set_refining(False)
    viewer.show_frame(None)
    assert not viewer.badge.isVisible()


def test_gizmo_clicks_look_along_the_axis(qtbot: QtBot, viewer: Viewer) -> None:
    gizmo = viewer.gizmo
    middle = QPoint(gizmo.width() // 2, gizmo.height() // 2)
    qtbot.mouseClick(gizmo, LEFT, pos=middle + QPoint(32, 0))
    assert viewer.camera().position[0] == pytest.approx(2.7)


def test_a_camera_set_from_outside_is_not_echoed(viewer: Viewer) -> None:
    seen = _seen(viewer)
    viewer.set_camera(Camera.orbit(0.5, 0.2))
    assert not seen
    assert viewer.camera() == Camera.orbit(0.5, 0.2)


def test_an_old_frame_is_moved_while_a_new_one_is_made(qtbot: QtBot, viewer: Viewer) -> None:
    viewer.set_backdrop(Backdrop.DARK)
    before = viewer.canvas.painted
    viewer.show_view(viewer.view().panned(0.2, 0.0))
    qtbot.waitUntil(lambda: viewer.canvas.painted > before)
    image = viewer.grab().toImage()
    colour = image.pixelColor(300 + 80, 150)
    assert (colour.red(), colour.green(), colour.blue()) == pytest.approx((230, 120, 40), abs=4)
