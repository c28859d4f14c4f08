"""The viewer's canvas on OpenGL: owns the context, leaves the drawing to widgets.gl."""

import moderngl
from PySide6.QtCore import Qt, Signal
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from widgets.gl.studio_pass import StudioPass
from widgets.scene import Scene

# Renderers on the processor: every repaint costs time that the head is made with.
_SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "software", "swrast", "gdi generic")


def is_software(renderer: str) -> bool:
    """Tell whether an OpenGL renderer works on the processor, or not at all."""
    return not renderer or any(name in renderer.lower() for name in _SOFTWARE)


class GLCanvas(QOpenGLWidget):
    """Draws the newest scene; `failed` says why when this machine's OpenGL cannot."""

    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.painted = 0
        self.is_software = False
        self._scene: Scene | None = None
        self._context: moderngl.Context | None = None
        self._pass: StudioPass | None = None

    def show_scene(self, scene: Scene) -> None:
        """Draw this scene from now on."""
        self._scene = scene
        self.update()

    def initializeGL(self) -> None:
        """Build the passes; also after the widget moved to another window, which makes a new context."""
        try:
            # get_context() would be a cache for the whole process: wrong as soon as there are two canvases
            self._context = moderngl.create_context(require=330)
            self._pass = StudioPass(self._context)
            self.is_software = is_software(str(self._context.info["GL_RENDERER"]))
        except Exception as error:  # noqa: BLE001  (drivers fail in every way; the other canvas takes over)
            self._context = self._pass = None
            self.failed.emit(str(error))
            return
        self.context().aboutToBeDestroyed.connect(self._drop_context)

    def paintGL(self) -> None:
        """Draw the scene into the framebuffer Qt has bound."""
        if self._context is None or self._pass is None or self._scene is None:
            return
        framebuffer = self._context.detect_framebuffer(self.defaultFramebufferObject())
        framebuffer.use()
        framebuffer.clear(0.0, 0.0, 0.0, 1.0, depth=1.0)
        self._pass.draw(self._scene, framebuffer.size)
        self.painted += 1

    def _drop_context(self) -> None:
        self.makeCurrent()
        if self._pass is not None:
            self._pass.release()
        self._pass = self._context = None
        self.doneCurrent()
