"""Whether this machine shall draw with OpenGL."""

import os

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

from widgets.gl_canvas import is_software

_GL_RENDERER = 0x1F01


def use_gl() -> bool:
    """Tell whether the viewer draws with OpenGL by itself: where a graphics processor does the work.

    VOLTEFACE_NO_GL=1 never does, VOLTEFACE_GL=1 does with OpenGL on the processor too.
    """
    if QGuiApplication.platformName() in {"offscreen", "minimal"} or os.environ.get("VOLTEFACE_NO_GL"):
        return False
    return bool(os.environ.get("VOLTEFACE_GL")) or not is_software(renderer_name())


def renderer_name() -> str:
    """Return the name of this machine's OpenGL renderer; empty where OpenGL does not work."""
    surface = QOffscreenSurface()
    surface.create()
    context = QOpenGLContext()
    if not context.create() or not context.makeCurrent(surface):
        return ""
    name = context.functions().glGetString(_GL_RENDERER)
    context.doneCurrent()
    return str(name)
