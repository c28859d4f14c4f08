"""OpenGL without a window, and the shaders. moderngl is imported when a context is made: the rest works without it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DeviceError, VoltefaceError
from core.training.synthetic.part import PartKind

if TYPE_CHECKING:
    import moderngl

SHADERS = Path(__file__).resolve().parents[3] / "shaders" / "synthetic"
_INCLUDE = '#include "coverage.glsl"\n'
_HINT = "Rendering training data needs OpenGL 3.3 through EGL; on Debian: apt-get install libegl1 libgl1-mesa-dri."


def shader_source(name: str) -> str:
    """A shader with `coverage.glsl` and the constants of PartKind put in where it includes them."""
    try:
        source = (SHADERS / name).read_text(encoding="utf-8")
        coverage = (SHADERS / "coverage.glsl").read_text(encoding="utf-8")
    except OSError as error:
        raise VoltefaceError(f"A shader is missing: {error}.", "Reinstall Volteface.") from error
    constants = "".join(f"#define {kind.name} {kind.value}\n" for kind in PartKind)
    return source.replace(_INCLUDE, constants + coverage)


def opengl_context() -> "moderngl.Context":
    """A new OpenGL 3.3 context of this thread.

    Raises:
        DeviceError: when there is none to be had.
    """
    try:
        import moderngl

        settings: dict[str, Any] = {"backend": "egl"}  # moderngl's stub types each value as a dict
        return moderngl.create_context(standalone=True, require=330, **settings)
    except Exception as error:  # glcontext and moderngl raise bare exceptions
        raise DeviceError(f"OpenGL could not be started without a window: {error}.", _HINT) from error
