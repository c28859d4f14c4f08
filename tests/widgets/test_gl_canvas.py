"""The canvas on OpenGL draws what the canvas without it draws, and what only it can."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from core.camera import Camera
from tests.widgets.frames import HAIR, sphere_frame
from widgets.gl_canvas import GLCanvas
from widgets.image_canvas import ImageCanvas
from widgets.panel_dock import PanelDock
from widgets.pictures import array_of
from widgets.scene import Scene
from widgets.values import Backdrop
from widgets.viewer import Viewer

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gl
SIZE = 200


def _draw(qtbot: QtBot, canvas: GLCanvas | ImageCanvas, scene: Scene, width: int = SIZE) -> NDArray[np.int64]:
    qtbot.addWidget(canvas)
    canvas.resize(width, SIZE)
    canvas.show_scene(scene)
    with qtbot.waitExposed(canvas):
        canvas.show()
    qtbot.waitUntil(lambda: canvas.painted > 0)
    image = canvas.grabFramebuffer() if isinstance(canvas, GLCanvas) else canvas.grab().toImage()
    return array_of(image).astype(np.int64)


@pytest.mark.parametrize("backdrop", list(Backdrop))
def test_both_canvases_agree(qtbot: QtBot, backdrop: Backdrop) -> None:
    scene = Scene(Camera.orbit(), sphere_frame(), backdrop=backdrop)
    for width in (SIZE, 2 * SIZE):
        with_gl, without = (_draw(qtbot, canvas, scene, width) for canvas in (GLCanvas(), ImageCanvas()))
        assert np.abs(with_gl - without).mean() < 2.5


def test_a_moved_camera_warps_by_depth_like_a_new_frame(qtbot: QtBot) -> None:
    moved = Camera.orbit(0.15, 0.1)
    scene = Scene(moved, sphere_frame(), backdrop=Backdrop.DARK)
    warped = _draw(qtbot, GLCanvas(), scene)
    exact = _draw(qtbot, GLCanvas(), replace(scene, frame=sphere_frame(moved)))
    assert np.abs(warped - exact).mean() < 6


def test_the_highlight_tints_only_its_part(qtbot: QtBot) -> None:
    scene = Scene(Camera.orbit(), sphere_frame(), backdrop=Backdrop.DARK, accent=(0.0, 1.0, 0.0))
    plain = _draw(qtbot, GLCanvas(), scene)
    tinted = _draw(qtbot, GLCanvas(), replace(scene, highlight=HAIR))
    assert tinted[60, 100, 1] > plain[60, 100, 1] + 20
    assert (tinted[140, 100] == plain[140, 100]).all()


def test_the_photo_shows_left_of_the_wipe(qtbot: QtBot) -> None:
    photo = np.full((32, 32, 3), (10, 200, 30), np.uint8)
    scene = Scene(Camera.orbit(), sphere_frame(), photo=photo, wipe=0.4)
    drawn = _draw(qtbot, GLCanvas(), scene)
    assert tuple(drawn[70, 60]) == pytest.approx((10, 200, 30), abs=2)
    assert tuple(drawn[70, 110]) == pytest.approx((230, 120, 40), abs=4)


def test_floating_a_dock_with_a_viewer_keeps_the_picture(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    viewer = Viewer(gl=True)
    dock = PanelDock("Head", "dock", viewer)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.resize(500, 400)
    with qtbot.waitExposed(window):
        window.show()
    viewer.show_frame(sphere_frame())
    canvas = viewer.canvas
    assert isinstance(canvas, GLCanvas)
    qtbot.waitUntil(lambda: canvas.painted > 0)
    before = canvas.painted
    dock.setFloating(True)
    viewer.show_frame(sphere_frame())
    qtbot.waitUntil(lambda: canvas.painted > before)
    middle = canvas.grabFramebuffer().pixelColor(canvas.width() // 2, round(canvas.height() * 0.4))
    assert (middle.red(), middle.green(), middle.blue()) == pytest.approx((230, 120, 40), abs=6)


def test_broken_opengl_falls_back_to_painting(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise RuntimeError("no OpenGL 3.3")

    monkeypatch.setattr("widgets.gl_canvas.moderngl.create_context", refuse)
    viewer = Viewer(gl=True)
    qtbot.addWidget(viewer)
    viewer.show_frame(sphere_frame())
    with qtbot.waitExposed(viewer):
        viewer.show()
    qtbot.waitUntil(lambda: isinstance(viewer.canvas, ImageCanvas))
    qtbot.waitUntil(lambda: viewer.canvas.painted > 0)
