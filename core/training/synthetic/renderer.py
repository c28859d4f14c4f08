"""Offscreen renderer (OpenGL 3.3 through EGL, no window): colour, part labels and depth of a list of parts.

A renderer belongs to the thread that made it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from core.camera import Camera
from core.training.synthetic.arrays import Bytes, Floats
from core.training.synthetic.opengl import opengl_context, shader_source
from core.training.synthetic.part import LABEL_FROM_TEXTURE, WHITE, Part, Texture

if TYPE_CHECKING:
    import moderngl

SHADOW_SIZE_PX = 320
_NEAR, _FAR = 1.0, 5.0  # of the depth buffer, world units
_PASSES = ("colour", "label", "shadow")
_ATTRIBUTES = {"position": 3, "normal": 3, "uv": 2, "irradiance": 3, "threshold": 1}
_OPAQUE, _SOFT_CORE, _SOFT_EDGE = 0.3, 0.6, 0.04  # coverage from which a fragment is drawn
_ANY_COVERAGE = 9.0
_LABELLED = 0.5
_GL_FROM_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True, eq=False)
class View:
    """One picture.

    Attributes:
        rgb: uint8 [S,S,3] on white.
        label: uint8 [S,S], indices into core.mask.PARTS.
        depth: float32 [S,S] along the camera's z axis, world units; 0 on the background.
    """

    rgb: Bytes
    label: Bytes
    depth: Floats


@dataclass(frozen=True, eq=False)
class _GpuPart:
    """A part on the graphics card; `meshes` has one vertex array a pass."""

    part: Part
    vertices: "moderngl.Buffer"
    indices: "moderngl.Buffer"
    meshes: dict[str, "moderngl.VertexArray"]


@dataclass(frozen=True, eq=False)
class Scene:
    """Parts that were uploaded; lives inside `OffscreenRenderer.uploaded`."""

    parts: tuple[_GpuPart, ...]


class OffscreenRenderer:
    """Renders square pictures of size_px, colour with supersample^2 samples a pixel.

    Raises:
        DeviceError: when there is no OpenGL.
    """

    def __init__(self, size_px: int = 256, supersample: int = 2) -> None:
        self.size_px = size_px
        self._large_px = size_px * supersample
        self._gl = gl = opengl_context()
        vertex = shader_source("mesh.vert")
        self._programs: dict[str, moderngl.Program] = {
            name: gl.program(vertex_shader=vertex, fragment_shader=shader_source(f"{name}.frag")) for name in _PASSES
        }
        large, small, shadow = ((n, n) for n in (self._large_px, size_px, SHADOW_SIZE_PX))
        self._colour_target = gl.framebuffer([gl.texture(large, 4)], gl.depth_renderbuffer(large))
        self._label_target = gl.framebuffer([gl.texture(small, 2, dtype="f4")], gl.depth_renderbuffer(small))
        self._shadow_map = gl.depth_texture(shadow)
        self._shadow_map.compare_func = ""
        self._shadow_target = gl.framebuffer([], self._shadow_map)
        self._shared: dict[str, moderngl.Texture] = {}
        self._own: dict[Texture, moderngl.Texture] = {}
        self._texture(WHITE)

    def __enter__(self) -> "OffscreenRenderer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives everything on the graphics card back."""
        self._gl.release()

    @contextmanager
    def uploaded(self, parts: Sequence[Part]) -> Iterator[Scene]:
        """The parts on the graphics card, for the length of a with block."""
        scene = Scene(tuple(self._uploaded(part) for part in parts))
        try:
            yield scene
        finally:
            for drawn in scene.parts:
                for mesh in drawn.meshes.values():
                    mesh.release()
                drawn.vertices.release()
                drawn.indices.release()
            for texture in self._own.values():
                texture.release()
            self._own.clear()

    def shadow_depth(self, scene: Scene, axes: Floats) -> Floats:
        """Depth 0..1 of what is nearest to a light, float32 [S,S], first row at the bottom.

        Args:
            scene: the parts; those that are see-through cast no shadow.
            axes: [3,3] with the rows right, up and away from the light; the box -1..1 is seen.
        """
        view = np.eye(4)
        view[:3, :3] = axes
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        self._gl.enable(self._gl.DEPTH_TEST)
        self._set("shadow", view=view, projection=np.eye(4))
        for drawn in scene.parts:
            if not drawn.part.see_through:
                self._draw("shadow", drawn)
        depth = np.frombuffer(self._shadow_map.read(alignment=1), np.float32)
        return depth.reshape(SHADOW_SIZE_PX, SHADOW_SIZE_PX)

    def view(self, scene: Scene, camera: Camera, key: Floats) -> View:
        """The scene from a camera. `key` [3] is the unit direction to the key light, for highlights."""
        matrices = {
            "view": _GL_FROM_OPENCV @ np.linalg.inv(camera.world_from_camera),
            "projection": projection_matrix(camera.focal),
        }
        self._set("colour", **matrices, eye=camera.position, key=key)
        self._set("label", **matrices)
        rgb = self._colour_picture(scene, camera)
        self._label_target.use()
        self._label_target.clear(0, 0, 0, 0, depth=1.0)
        for drawn in scene.parts:
            if not drawn.part.veil:
                self._draw("label", drawn, at_least=_LABELLED)
        label, depth = self._labels_and_depth()
        veils = [drawn for drawn in scene.parts if drawn.part.veil]
        if veils:
            for drawn in veils:
                self._draw("label", drawn, at_least=0.0)
            # The depth stays that of what is behind; before the background a veil is nothing that a field could hold.
            label = np.where(depth > 0, self._labels_and_depth()[0], label)
        return View(rgb, label, depth)

    def _labels_and_depth(self) -> tuple[Bytes, Floats]:
        """What was drawn in the label pass: labels uint8 [S,S] and depth float32 [S,S]."""
        read = self._label_target.read(components=2, alignment=1, dtype="f4")
        both = np.frombuffer(read, np.float32).reshape(self.size_px, self.size_px, 2)[::-1]
        return np.round(both[..., 0]).astype(np.uint8), both[..., 1].copy()

    def _colour_picture(self, scene: Scene, camera: Camera) -> Bytes:
        gl = self._gl
        self._colour_target.use()
        self._colour_target.clear(1, 1, 1, 1, depth=1.0)
        gl.enable(gl.DEPTH_TEST)
        gl.disable(gl.BLEND | gl.CULL_FACE)
        for drawn in scene.parts:
            if not drawn.part.see_through:
                at_least = _SOFT_CORE if drawn.part.translucent else _OPAQUE
                self._draw("colour", drawn, at_least=at_least, below=_ANY_COVERAGE)
        gl.enable(gl.BLEND)
        gl.blend_func = gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA
        self._colour_target.depth_mask = False
        for drawn in scene.parts:
            if drawn.part.translucent:  # the soft edges, far to near
                part = drawn.part
                depth = part.position[part.triangles].mean(1) @ camera.forward
                drawn.indices.write(part.triangles[np.argsort(-depth)].astype(np.int32).tobytes())
                self._draw("colour", drawn, at_least=_SOFT_EDGE, below=_SOFT_CORE)
        for drawn in scene.parts:
            if drawn.part.see_through:
                self._draw("colour", drawn, at_least=0.0, below=_ANY_COVERAGE)
        self._colour_target.depth_mask = True
        gl.disable(gl.BLEND)
        read = np.frombuffer(self._colour_target.read(components=3, alignment=1), np.uint8)
        large = read.reshape(self._large_px, self._large_px, 3)[::-1]
        small: Bytes = cv2.resize(large, (self.size_px, self.size_px), interpolation=cv2.INTER_AREA)
        return small

    def _uploaded(self, part: Part) -> _GpuPart:
        columns = [
            np.broadcast_to(np.asarray(getattr(part, name), np.float32).reshape(-1, width), (len(part.position), width))
            if np.ndim(getattr(part, name))
            else np.full((len(part.position), width), getattr(part, name), np.float32)
            for name, width in _ATTRIBUTES.items()
        ]
        vertices = self._gl.buffer(np.concatenate(columns, 1).tobytes())
        indices = self._gl.buffer(part.triangles.astype(np.int32).tobytes())
        meshes = {}
        for name, program in self._programs.items():
            used = [attribute for attribute in _ATTRIBUTES if attribute in program]
            layout = " ".join(f"{w}f" if a in used else f"{4 * w}x" for a, w in _ATTRIBUTES.items())
            meshes[name] = self._gl.vertex_array(program, [(vertices, layout, *used)], indices)
        return _GpuPart(part, vertices, indices, meshes)

    def _draw(self, name: str, drawn: _GpuPart, **uniforms: float) -> None:
        part = drawn.part
        self._set(
            name,
            image=0,
            label_image=1,
            kind=int(part.kind),
            opacity=part.opacity,
            cut_y=part.cut_y,
            label=float(part.label),
            tint=part.tint,
            specular=part.specular,
            gloss=part.gloss,
            **uniforms,
        )
        self._texture(part.texture).use(0)
        if part.label == LABEL_FROM_TEXTURE and part.label_texture is not None:
            self._texture(part.label_texture).use(1)
        drawn.meshes[name].render()

    def _set(self, name: str, **values: npt.ArrayLike) -> None:
        """Writes the uniforms that the program of a pass kept; matrices [4,4] are transposed for OpenGL."""
        program = self._programs[name]
        for uniform, value in values.items():
            if uniform not in program:
                continue
            if np.ndim(value) == 2:
                program[uniform] = tuple(np.asarray(value).T.ravel().tolist())
            else:
                program[uniform] = tuple(np.asarray(value).tolist()) if np.ndim(value) else value

    def _texture(self, texture: Texture) -> "moderngl.Texture":
        """The texture on the graphics card; shared ones stay there."""
        if texture.key in self._shared:
            return self._shared[texture.key]
        if texture in self._own:
            return self._own[texture]
        pixels = texture.pixels
        channels = 1 if pixels.ndim == 2 else pixels.shape[2]
        made = self._gl.texture(pixels.shape[1::-1], channels, np.ascontiguousarray(pixels[::-1]).tobytes())
        if texture.smooth:
            made.build_mipmaps()
            made.filter = self._gl.LINEAR_MIPMAP_LINEAR, self._gl.LINEAR
        else:
            made.filter = self._gl.NEAREST, self._gl.NEAREST
        if texture.key:
            self._shared[texture.key] = made
        else:
            self._own[texture] = made
        return made


def projection_matrix(focal: float) -> Floats:
    """OpenGL's projection [4,4] for a focal length in picture widths and a centred principal point."""
    projection = np.zeros((4, 4))
    projection[0, 0] = projection[1, 1] = 2 * focal
    projection[2, 2:] = -(_FAR + _NEAR) / (_FAR - _NEAR), -2 * _FAR * _NEAR / (_FAR - _NEAR)
    projection[3, 2] = -1
    return projection
