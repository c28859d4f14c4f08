"""Draws the viewer's scene with moderngl: backdrop, head, highlight, comparison with the photo."""

from dataclasses import replace

import moderngl
import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.frame import Frame
from widgets.gl.pixels import grown_depth, premultiplied
from widgets.gl.programs import build_program, set_uniforms
from widgets.navigation import picture_place
from widgets.scene import EDGE_FADE, Scene
from widgets.values import Backdrop, Picture

Placement = tuple[float, float, float, float]


class StudioPass:
    """Owns the programs and textures of one OpenGL context and draws scenes into its current framebuffer."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._backdrop = build_program(context, "screen.vert", "backdrop.frag")
        self._head = build_program(context, "head.vert", "head.frag")
        self._warp = build_program(context, "warp.vert", "warp.frag")
        self._backdrop_quad = context.vertex_array(self._backdrop, [])
        self._head_quad = context.vertex_array(self._head, [])
        self._warp_grid = context.vertex_array(self._warp, [])
        self._shown: Frame | None = None
        self._photo_shown: Picture | None = None
        self._frame_texture = self._texture(np.zeros((1, 1, 4), np.uint8))
        self._label_texture = self._texture(np.zeros((1, 1, 1), np.uint8), nearest=True)
        self._depth_texture = self._texture(np.zeros((1, 1, 1), np.float32), nearest=True)
        self._photo_texture = self._texture(np.zeros((1, 1, 4), np.uint8))
        self._depth_size = (1, 1)

    def draw(self, scene: Scene, viewport_px: tuple[int, int]) -> None:
        """Draw a scene into the framebuffer in use; `viewport_px` is its width and height."""
        context = self._context
        context.viewport = (0, 0, *viewport_px)
        context.enable_only(moderngl.NOTHING)
        set_uniforms(
            self._backdrop,
            backdrop=list(Backdrop).index(scene.backdrop),
            centre=scene.centre,
            edge=scene.edge,
            viewport_px=tuple(map(float, viewport_px)),
        )
        self._backdrop_quad.render(moderngl.TRIANGLES, 3)
        if scene.frame is None and scene.photo is None:
            return
        context.enable(moderngl.BLEND)
        context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        place = placement(viewport_px, scene.camera)
        fade = fades(viewport_px, scene.camera)
        if scene.frame is not None and scene.before is not None and scene.photo is None:
            left, _, side = picture_place(*viewport_px, scene.camera)
            edge = round(left + side * scene.wipe)
            for frame, start, end in ((scene.before, 0, edge), (scene.frame, edge, viewport_px[0])):
                context.scissor = (max(0, start), 0, max(0, end - max(0, start)), viewport_px[1])
                self._draw_head(replace(scene, frame=frame, before=None), place, fade)
            context.scissor = None
        else:
            self._draw_head(scene, place, fade)

    def _draw_head(self, scene: Scene, place: Placement, fade: Placement) -> None:
        self._take(scene)
        self._bind()
        if scene.frame is None or scene.frame.camera == scene.camera or scene.photo is not None:
            self._draw_still(scene, place, fade)
        else:
            self._draw_moved(scene, scene.frame, place, fade)

    def release(self) -> None:
        """Free what lives on the GPU."""
        for owned in (
            self._frame_texture,
            self._label_texture,
            self._depth_texture,
            self._photo_texture,
            self._backdrop_quad,
            self._head_quad,
            self._warp_grid,
            self._backdrop,
            self._head,
            self._warp,
        ):
            owned.release()

    def _draw_still(self, scene: Scene, place: Placement, fade: Placement) -> None:
        set_uniforms(
            self._head,
            frame=0,
            labels=1,
            photo=3,
            place=place,
            fade=fade,
            accent=scene.accent,
            highlight=scene.highlight,
            strength=0.0 if scene.frame is None else 1.0,
            wipe=_wipe(scene),
        )
        self._head_quad.render(moderngl.TRIANGLE_STRIP, 4)

    def _draw_moved(self, scene: Scene, frame: Frame, place: Placement, fade: Placement) -> None:
        context = self._context
        context.enable(moderngl.DEPTH_TEST)
        columns, rows = self._depth_size[0] - 1, self._depth_size[1] - 1
        new_from_old = scene.camera.camera_from_world @ frame.camera.world_from_camera
        set_uniforms(
            self._warp,
            frame=0,
            labels=1,
            depth=2,
            place=place,
            fade=fade,
            accent=scene.accent,
            highlight=scene.highlight,
            strength=1.0,
            cells=(columns, rows),
            old_focal=frame.camera.focal,
            new_focal=scene.camera.focal,
            new_from_old=tuple(new_from_old.T.ravel().tolist()),
        )
        self._warp_grid.render(moderngl.TRIANGLES, max(0, columns * rows * 6))
        context.disable(moderngl.DEPTH_TEST)

    def _take(self, scene: Scene) -> None:
        """Bring textures in step with the scene; an array already there is known by its identity."""
        frame = scene.frame
        if frame is not None and frame is not self._shown:
            self._shown = frame
            self._frame_texture = self._write(self._frame_texture, premultiplied(frame))
            labels = frame.labels if frame.labels is not None else np.zeros((1, 1), np.uint8)
            self._label_texture = self._write(self._label_texture, labels[..., None], nearest=True)
            depth = grown_depth(frame.depth)
            self._depth_size = (depth.shape[1], depth.shape[0])
            self._depth_texture = self._write(self._depth_texture, depth[..., None], nearest=True)
        if scene.photo is not None and scene.photo is not self._photo_shown:
            self._photo_shown = scene.photo
            opaque = np.full((*scene.photo.shape[:2], 4), 255, np.uint8)
            opaque[..., :3] = scene.photo
            self._photo_texture = self._write(self._photo_texture, opaque)

    def _bind(self) -> None:
        self._frame_texture.use(0)
        self._label_texture.use(1)
        self._depth_texture.use(2)
        self._photo_texture.use(3)

    def _write(
        self, texture: moderngl.Texture, pixels: NDArray[np.generic], *, nearest: bool = False
    ) -> moderngl.Texture:
        if texture.size != (pixels.shape[1], pixels.shape[0]):
            texture.release()
            return self._texture(pixels, nearest=nearest)
        texture.write(np.ascontiguousarray(pixels).tobytes())
        return texture

    def _texture(self, pixels: NDArray[np.generic], *, nearest: bool = False) -> moderngl.Texture:
        height, width, channels = pixels.shape
        kind = "f4" if pixels.dtype == np.float32 else "f1"
        data = np.ascontiguousarray(pixels).tobytes()
        texture = self._context.texture((width, height), channels, data, alignment=1, dtype=kind)
        texture.repeat_x = texture.repeat_y = False
        mode = moderngl.NEAREST if nearest else moderngl.LINEAR
        texture.filter = (mode, mode)
        return texture


def placement(viewport_px: tuple[int, int], camera: Camera) -> Placement:
    """Return left, top, width, height of the picture in clip coordinates."""
    width, height = max(viewport_px[0], 1), max(viewport_px[1], 1)
    left, top, side = picture_place(width, height, camera)
    return 2 * left / width - 1, 1 - 2 * top / height, 2 * side / width, 2 * side / height


def fades(viewport_px: tuple[int, int], camera: Camera) -> Placement:
    """Return the soft edge at left, top, right and bottom: none where the picture reaches the viewport's edge."""
    width, height = viewport_px
    left, top, side = picture_place(width, height, camera)
    across = EDGE_FADE if left > 1 else 0.0
    return across, EDGE_FADE / 3 if top > 1 else 0.0, across, EDGE_FADE if top + side < height - 1 else 0.0


def _wipe(scene: Scene) -> float:
    """Return where the photo ends: nowhere without one, at the right edge while it stands in for the head."""
    if scene.photo is None:
        return -1.0
    return 2.0 if scene.frame is None else scene.wipe
