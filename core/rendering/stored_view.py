"""A head as it was saved, to be turned before anything of it was computed: its light mesh and its last picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.frame import Frame, Quality
from core.rendering.key_view import KeyView
from core.rendering.marching import never_stale
from core.rendering.mesh_view import PREVIEW_PX, MeshRenderer
from core.rendering.places import places_of
from core.rendering.preview import scaled, surface_colours

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.camera import Camera
    from core.mesh import Mesh


@dataclass(frozen=True, eq=False)
class StoredView:
    """Implements `core.protocols.Renderer`; whatever quality is asked for, it is a preview that it gives.

    Attributes:
        frame: finished, of this very head.
        mesh: the head's surface with a colour at each vertex, for what the frame does not show.
    """

    frame: Frame
    mesh: Mesh

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = never_stale,
    ) -> Frame:
        """See `core.protocols.Renderer.render`; there are no labels."""
        del quality
        size = size_px or len(self.frame.rgb)
        seen = MeshRenderer(self.mesh).render(camera, Quality.PREVIEW, size_px=min(PREVIEW_PX, size), stale=stale)
        chosen = np.flatnonzero(seen.depth)
        points = torch.from_numpy(places_of(camera, seen.depth, chosen)[0]).float()
        own = torch.from_numpy(seen.rgb.reshape(-1, 3)[chosen]).float() / 255
        picture = np.full((seen.depth.size, 3), 255, np.uint8)
        picture[chosen] = (surface_colours(own, own, [self._key], camera, points) * 255).round().byte().numpy()
        rgb = scaled(torch.from_numpy(picture.reshape(seen.rgb.shape)).movedim(-1, 0)[None], size)
        alpha = scaled(torch.from_numpy(seen.alpha)[None, None], size)
        return replace(seen, rgb=rgb[0].movedim(0, -1).contiguous().numpy(), alpha=alpha[0, 0].numpy())

    @cached_property
    def _key(self) -> KeyView:
        return KeyView.from_frame(self.frame)
