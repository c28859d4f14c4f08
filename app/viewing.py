"""Viewer and frame worker: the window asks for cameras, finished frames come back, background work steps aside.

Longer than usual: whether a picture, clay or a comparison is wanted, and how fine, is decided here for all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.before import Before
from app.deferred import Deferred
from app.frame_worker import FrameResult, FrameWorker
from app.kept_views import KeptViews
from app.looking_round import LookingRound
from app.surfacing import Surfacing
from core.frame import Frame, Quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.choosing import Choosing
    from app.engines import Engines
    from app.jobs import Gate, JobQueue
    from core.camera import Camera
    from core.errors import VoltefaceError
    from core.head import Head
    from core.project import Project
    from core.protocols import Renderer
    from core.rendering.occupancy import FieldGrid
    from core.rendering.split_view import SplitRenderer
    from core.rendering.stored_view import StoredView
    from widgets.studio_window import StudioWindow

HOLD_SECONDS = 0.5
"""How long background work rests after the last drag: past the preview and into the first finer level."""

REST_MILLISECONDS = 700
"""How long a dragged slider rests before the head is drawn finely."""

OWN_PX, MOST_PX = 512, 1024
"""Sides of pictures as most models draw them, and of the largest ones that a resting view ends with: those take a third
longer, and 140 megabytes for a while."""
STEP_PX = 64
"""Sizes of pictures are multiples of this: a window that is a little larger needs no other picture."""


class Viewing(QObject):
    """Shows one head at a time; knows which frames are still wanted.

    Attributes:
        finest: quality that a resting view ends with.
        threads: threads of the renderer; 0 leaves one core to the window.
        is_hurried: other work wants the processor, so a resting view ends with the near-exact quality.
        camera: where the window looks from; may be read from any thread.
        frame: the latest frame shown.
        veil: what is laid over frames before they are shown, such as a heat map.
        is_surface: the head's shape is shown instead of pictures of it.
    """

    failed = Signal(object)  # VoltefaceError
    shown = Signal(object, object)  # Head, Frame

    def __init__(
        self, window: StudioWindow, engines: Engines, gate: Gate, choosing: Choosing, builds: JobQueue
    ) -> None:
        """Of a studio's parts; `builds` is where surfaces are built."""
        super().__init__(window)
        self.finest = Quality.EXACT
        self.threads = 0
        self.is_hurried = False
        self.camera = window.camera()
        self.frame: Frame | None = None
        self.veil: Callable[[Frame], Frame] = lambda frame: frame
        self._window = window
        self._engines = engines
        self._gate = gate
        self._choosing = choosing
        self._head: Head | None = None
        self._former: Head | None = None
        self._stored: Frame | None = None
        self._as_saved: Head | None = None
        self._revision = 0
        self._kept = KeptViews()
        self._split: tuple[Head, Head, Head, SplitRenderer] | None = None
        self._worker = FrameWorker(self._prepare, self, looked_at=self._labelled)
        self._worker.frame_ready.connect(self._show)
        self._worker.failed.connect(self.failed)
        self._worker.refining.connect(window.set_refining)
        self._worker.start()
        self._round = LookingRound(engines, self._prepare, self)
        self.is_surface = False
        self._surfacing = Surfacing(builds, engines, choosing, self.known_renderer, self._prepare)
        self._surfacing.drawn.connect(self._show_surface)
        self._surfacing.built.connect(self._surface_built)
        self._surfacing.failed.connect(self._surface_failed)
        self._surfacing.refining.connect(window.set_refining)
        self._before = Before(window, self._renderer_beside, self._prepare)
        self._before.failed.connect(self.failed)
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.timeout.connect(self.refresh)
        window.camera_changed.connect(self._look)
        window.viewer.picture_resized.connect(self._fill_screen)

    def remember(self, head: Head, renderer: Renderer, frame: Frame | None = None) -> None:
        """Keep a renderer that was prepared elsewhere, and a finished picture of the head."""
        if frame is not None:
            self._kept.keep_frame(head, frame)
        self._kept.keep_renderer(head, renderer)

    def remember_frame(self, frame: Frame) -> None:
        """Show a frame that was rendered elsewhere when it begins the view of a head, so that nobody waits for it."""
        if self.frame is None:
            self.frame = frame
            self._window.show_frame(self.veil(frame))

    @property
    def head(self) -> Head | None:
        """The head that is shown; may be asked for from any thread."""
        return self._head

    def begin(self, project: Project | None) -> None:
        """Another document is open, or none: nothing of the former one is shown, and at once how this one looked."""
        self.show_head(None)
        self._former = self._stored = self._as_saved = None
        if project is None:
            return
        self.camera = project.camera
        self._window.set_camera(project.camera)
        if project.view is not None and project.view.camera == project.camera:
            # nothing is made of it, such as paint, before it was drawn anew
            self.frame = self._stored = replace(project.view, quality=Quality.PREVIEW)
        self._window.show_frame(self.frame)

    def made_renderer(
        self,
        head: Head,
        *,
        below: FieldGrid | None = None,
        former: Head | None = None,
        stored: StoredView | None = None,
        hasty: bool = True,
    ) -> Renderer:
        """A renderer of `head` as the person wants its generator used; may be called from any thread.

        Args:
            head: what is drawn.
            below: the grid of the head that its edits are laid over, if it is known.
            former: the head as it was before it was changed, whose pictures previews begin with.
            stored: how the head looked when it was saved; the same.
            hasty: the first previews are there sooner, and coarse.
        """
        economy = self._choosing.economy_of(head.generator)
        known = None if former is None else self.known_renderer(former)
        return self._engines.renderer_of(
            head,
            neural_px=economy.neural_px,
            half=economy.half,
            below=below,
            former=known,
            stored=stored,
            hasty=hasty,
        )

    def finished(self, head: Head) -> Frame | None:
        """How `head` looks from where the camera is, where that was drawn last."""
        return self._kept.frame(head, self.camera)

    def known_renderer(self, head: Head) -> Renderer | None:
        """What has drawn `head` already; none where nothing has."""
        return self._kept.made_renderer(head)

    def forget_renderer(self, head: Head | None) -> None:
        """Draw `head` by other means from now on."""
        self._kept.forget(head)
        if head is self._head:
            self._head = None

    def show_head(self, head: Head | None, *, first: Frame | None = None, moving: bool = False) -> None:
        """Show `head` from where the camera is; none clears the view.

        Args:
            head: what is shown from now on.
            first: how it looks, coarsely, so that nobody waits for it.
            moving: another one is about to follow, as while a slider is dragged: it is drawn finely only when that
                takes long.
        """
        if head is self._head:
            return
        self._former, self._head = self._head, head
        self._revision += 1
        self._resting.stop()
        if head is None:
            self.frame = None
            self._forget_requests()
            self._surfacing.rest()
            return
        if self.is_surface:
            self.frame = None  # nothing was drawn of this head
            self.refresh()
            return
        known = self._kept.frame(head, self.camera)
        is_shown = self.frame is not None and self.frame is self._stored
        if known is None and first is not None and first.camera == self.camera and not is_shown:
            known = first
        if known is not None:
            self.frame = known
            self._window.show_frame(self.veil(known))
            self.shown.emit(head, known)
        if moving and known is not None:
            self._resting.start(REST_MILLISECONDS)
        elif moving:
            self._request(self.camera, interactive=True)
        elif known is None and self._kept.renderer(head) is None and not is_shown:
            # its means are to be made first: what is shown meanwhile would be another head
            self._request(self.camera, interactive=False)
        else:
            self.refresh()

    def draw_as_saved(self, head: Head, view: StoredView) -> None:
        """Draw a head that is not made yet as it was saved; no finer picture of it will come."""
        self.remember(head, view)
        self._as_saved = head

    def show_beside(self, left: Head, right: Head, share: float) -> None:
        """Show two heads, left and right of a line at `share` of the width; 1 shows the left one alone."""
        from core.rendering.split_view import SplitRenderer

        if share >= 1 or left is right:
            self.show_head(left)
            return
        if self._split is None or self._split[:2] != (left, right):
            # a value of its own, so that neither head's frames are taken for the pair's
            seen = self._kept.frame(left, self.camera), self._kept.frame(right, self.camera)
            renderer = SplitRenderer(self._renderer(left), self._renderer(right), seen=seen)
            self._split = (left, right, replace(left), renderer)
        *_, both, renderer = self._split
        self.forget_renderer(both)
        self.remember(both, renderer.at(share))
        self.show_head(both, moving=True)

    def show_surface(self, on: bool) -> None:
        """Show the head's shape as clay, or pictures of it again."""
        if on is self.is_surface:
            return
        self._forget_requests()
        self.is_surface = on
        if not on:
            self._surfacing.rest()
        shown = self._window.viewer.frame
        if not on and self.frame is not None and self.frame.camera == self.camera:
            self._window.show_frame(self.veil(self.frame))
        elif not on and shown is not None:
            # nobody paints on clay: only a finished picture is painted on
            self._window.show_frame(replace(shown, quality=Quality.PREVIEW))
        elif on and self._head is not None:
            self._window.set_notice("Building the surface…")
        self.refresh()

    def stay_coarse(self) -> None:
        """The hand still moves: what is shown now is drawn finely later, if at all."""
        if self._resting.isActive():
            self._resting.start(REST_MILLISECONDS)

    def set_before(self, head: Head | None) -> None:
        """Draw another head from where the camera is too, to compare with; none draws no other."""
        self._before.set_head(head)
        self._before.request(self.camera, self.finest, self._full_px, interactive=False)

    def set_camera(self, camera: Camera) -> None:
        """Look from `camera`."""
        self._window.set_camera(camera)
        self.camera = camera
        self.refresh()
        self._before.request(camera, self.finest, self._full_px, interactive=False)

    def refresh(self) -> None:
        """Render the resting view as finely as is wanted; nothing is drawn twice or replaced by something coarser."""
        frame = None if self.is_surface else self.frame
        if frame is None or frame.camera != self.camera:
            self._request(self.camera, interactive=False)
        elif self._head is self._as_saved:
            self._worker.forget()
        elif not self._kept.is_finished(self._head, frame):
            self._request(self.camera, interactive=False, coarsest=Quality.NEAR)
        elif frame.quality < self._finest_now:
            self._request(self.camera, interactive=False, coarsest=Quality(frame.quality + 1))
        elif len(frame.rgb) < (self._full_px or 0):
            self._request(self.camera, interactive=False, coarsest=self._finest_now)
        else:
            self._worker.forget()

    def close(self) -> bool:
        """End the workers; whether they ended in time."""
        self._resting.stop()
        return all([self._before.close(), self._surfacing.close(), self._round.close(), self._worker.stop()])

    def _look(self, camera: Camera, interactive: bool) -> None:
        self._gate.hold(HOLD_SECONDS)
        self.camera = camera
        self._request(camera, interactive=interactive)
        self._before.request(camera, self.finest, self._full_px, interactive=interactive)

    def _request(self, camera: Camera, *, interactive: bool, coarsest: Quality = Quality.PREVIEW) -> None:
        if self._head is None:
            return
        head, finest = self._head, self._finest_now
        if self.is_surface:
            self._surfacing.request(
                head, self._revision, camera, interactive=interactive, coarsest=coarsest, finest=finest
            )
            return
        renderer = self._renderer(head)
        self._worker.request(
            renderer,
            self._revision,
            camera,
            interactive=interactive,
            coarsest=coarsest,
            finest=finest,
            full_px=self._full_px,
        )
        if interactive:
            self._round.dragged(renderer, camera)
        else:
            self._round.rest()

    @property
    def _full_px(self) -> int | None:
        """Side of a resting view's last picture, so that the screen has no more pixels; None is the model's own."""
        wanted = min(MOST_PX, -(-self._window.viewer.picture_px() // STEP_PX) * STEP_PX)
        return wanted if wanted > OWN_PX and not self.is_hurried else None

    def _fill_screen(self) -> None:
        """The window has another size: draw a larger picture once it keeps that."""
        if self._head is not None and not self.is_surface:
            self._resting.start(REST_MILLISECONDS)

    @property
    def _finest_now(self) -> Quality:
        """The quality that a resting view ends with."""
        return min(self.finest, Quality.NEAR) if self.is_hurried else self.finest

    def _prepare(self) -> None:
        """Run in a drawing thread before each frame."""
        self._engines.use_threads(self.threads)

    def _renderer_beside(self, head: Head) -> Renderer:
        """A renderer of its own for another thread: the known one may be drawing."""
        return self._engines.twin_of(self.known_renderer(head)) or Deferred(lambda: self.made_renderer(head))

    def _surface_built(self) -> None:
        if self.is_surface:
            self._request(self.camera, interactive=False, coarsest=Quality.NEAR)

    def _show_surface(self, result: FrameResult) -> None:
        if self.is_surface and result.revision == self._revision:
            self._window.show_frame(result.frame)

    def _surface_failed(self, error: VoltefaceError) -> None:
        self._window.set_surface(on=False)
        self.failed.emit(error)

    def _forget_requests(self) -> None:
        self._worker.forget()
        self._round.rest()
        self._surfacing.forget()

    def _labelled(self, renderer: Renderer, frame: Frame) -> Frame:
        """Run in the worker's thread: a frame that tells its parts."""
        made = renderer.made if isinstance(renderer, Deferred) else renderer
        return frame if made is None else self._engines.labelled(made, frame)

    def _renderer(self, head: Head) -> Renderer:
        renderer = self._kept.renderer(head)
        if renderer is None:
            former = self._former
            renderer = Deferred(lambda: self.made_renderer(head, former=former))
            self._kept.keep_renderer(head, renderer)
        return renderer

    def _show(self, result: FrameResult) -> None:
        if result.revision != self._revision or self._head is None or self.is_surface:
            return
        self.frame = frame = result.frame
        self._window.show_frame(self.veil(frame))
        if frame.quality >= Quality.NEAR:
            self._kept.keep_frame(self._head, frame)
        self.shown.emit(self._head, frame)
        if result.is_last and not self.is_hurried and self._head is not None:
            self._round.rested(self._renderer(self._head), frame.camera)
