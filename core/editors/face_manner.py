"""How a random head holds its face, and how its features differ from the next one's: by rule, from its seed.

A small generator draws all faces calm and much alike. What the face sliders move is added to its heads: a mood (most
smile a little, some raise their brows, few are stern), features of their own, and no face is the same on both sides.
The moves of all sliders are summed before they are spread into space, so that it takes as long as one slider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.editors.face_landmarks import landmarks_of
from core.editors.face_targets import face_targets
from core.editors.face_warp import HIGH, LOW, Fitting
from core.editors.spread import Spread
from core.errors import VoltefaceError
from core.frame import Frame
from core.rendering.finished_frame import SEEN
from core.rendering.marching import never_stale
from core.rendering.near import march_near
from core.rendering.rays import camera_rays
from core.warped_field import Warp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.camera import Camera
    from core.frame import Quality
    from core.head import Head
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

MANNER = 31
"""Sets these draws apart from others of the same seed."""
MOODS: tuple[tuple[float, dict[str, tuple[float, float]]], ...] = (
    (0.26, {"smile": (0.10, 0.35), "brows": (0.0, 0.3)}),
    (0.34, {"smile": (0.35, 0.65), "cheeks-raised": (0.2, 0.5), "eyes-wide": (-0.3, 0.0)}),
    (0.18, {"smile": (0.65, 1.0), "cheeks-raised": (0.4, 0.8), "eyes-wide": (-0.5, -0.2), "brows": (0.1, 0.5)}),
    (0.12, {"smile": (0.05, 0.40), "brows": (0.6, 1.1), "eyes-wide": (0.2, 0.6), "worry": (0.0, 0.4)}),
    (0.06, {"smile": (0.0, 0.3), "lips-pursed": (0.3, 0.7), "worry": (0.3, 0.8)}),
    (0.04, {"smile": (-0.25, 0.0), "brows": (-0.4, -0.1)}),
)
"""How often a mood is met, and the bounds of its sliders."""
FRIENDLY = {"smile": 0.20, "frown": -0.35, "worry": 0.08}
"""What every face gets, because blurred faces look stern."""
FEATURES = {
    "nose-width": (-0.35, 0.37),
    "nose-length": (-0.2, 0.34),
    "nose-tip": (0.0, 0.37),
    "nose-bridge": (0.0, 0.37),
    "mouth-width": (0.0, 0.31),
    "lips-full": (0.0, 0.37),
    "jaw-width": (0.0, 0.37),
    "chin-length": (0.0, 0.31),
    "chin-forward": (0.0, 0.31),
    "eye-size": (0.5, 0.28),
    "eye-distance": (0.0, 0.25),
    "face-width": (0.0, 0.34),
    "cheekbones": (0.0, 0.34),
    "cheeks-full": (0.0, 0.31),
    "forehead": (0.0, 0.25),
    "ear-size": (0.0, 0.31),
}
"""Means and deviations of the sliders of shape: the generator's eyes are small and its noses large."""
MOST = 1.1
"""Of a slider of shape."""
KINDS: dict[str, dict[str, float]] = {
    "gender": {
        "jaw-width": 1.3,
        "chin-length": 0.6,
        "face-width": 0.3,
        "nose-width": 0.4,
        "lips-full": -0.5,
        "eye-size": -0.6,
    },
    "age": {"nose-length": 0.3, "ear-size": 0.5, "cheeks-full": -0.4, "lips-full": -0.5, "eye-size": -0.25},
    "race/african": {"nose-width": 0.7, "lips-full": 0.6, "nose-bridge": -0.3},
    "race/asian": {"nose-bridge": -0.5, "face-width": 0.2},
}
"""What of the shape goes with what is known of a head, for one more of it than `MIDDLES`."""
MIDDLES = {"gender": 0.5, "age": 0.6, "race/african": 0.33, "race/asian": 0.33}
ASKEW = {True: 0.22, False: 0.10}
"""Deviation of how much more a slider moves one side than the other: of expression and of shape."""
TURNOVER = 0.03
"""Distance from the middle of the face over which one side becomes the other, world units."""
SPACING = 0.0085
"""Of the nodes of the warp, world units."""
LOOK_PX, LARGER = 64, 4
"""Side of the picture of colours in which the face is found, and how much larger it is shown to who looks for it."""


def manner_of(seed: int, told: Mapping[str, float]) -> dict[str, float]:
    """Strengths of face sliders for the head of a seed.

    Args:
        seed: the same one gives the same manner.
        told: what is known of the head, by names of the prior's attributes.
    """
    random = np.random.default_rng((MANNER, seed))
    strengths = dict(FRIENDLY)
    mood = MOODS[int(random.choice(len(MOODS), p=[share for share, _ in MOODS]))][1]
    for name, (low, high) in mood.items():
        strengths[name] = strengths.get(name, 0.0) + float(random.uniform(low, high))
    for name, (mean, deviation) in FEATURES.items():
        own = mean + deviation * float(random.standard_normal())
        for kind, moved in KINDS.items():
            own += moved.get(name, 0.0) * (told.get(kind, MIDDLES[kind]) - MIDDLES[kind])
        strengths[name] = float(np.clip(own, -MOST, MOST))
    return strengths


@dataclass(frozen=True, eq=False)
class _Glance:
    """Draws a head's colours and nothing else: enough to see where the face is."""

    generator: Generator
    head: Head
    grid: FieldGrid

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = never_stale,
    ) -> Frame:
        """See `core.protocols.Renderer.render`."""
        seen = march_near(self.generator, self.head.trigrid, camera, LOOK_PX, self.grid, stale=stale)
        alpha = seen.alpha[0, 0].clamp(0, 1)
        own = seen.features[0].movedim(0, -1) / alpha[..., None].clamp(min=1e-3)
        shown = self.generator.colours(own).clamp(0, 1) * alpha[..., None] + 1 - alpha[..., None]
        side = size_px or LARGER * LOOK_PX
        rgb, cover = (cv2.resize(a.cpu().numpy(), (side, side), interpolation=cv2.INTER_CUBIC) for a in (shown, alpha))
        along_z = camera_rays(camera, LOOK_PX)[2].view_as(alpha)
        depth = torch.where(alpha.cpu() >= SEEN, seen.depth[0, 0].cpu() * along_z, torch.zeros(()))
        return Frame(
            rgb=np.clip(255 * rgb + 0.5, 0, 255).astype(np.uint8),
            alpha=cover.clip(0, 1).astype(np.float32),
            depth=depth.numpy(),
            labels=None,
            camera=camera,
            quality=quality,
        )


def manner_warp(generator: Generator, head: Head, grid: FieldGrid, strengths: Mapping[str, float]) -> Warp | None:
    """The warp that gives a head a manner; None where it shows no face.

    Args:
        generator: draws the head.
        head: as it was drawn; its seed tells what differs between both sides.
        grid: of the head, or of one that is much like it.
        strengths: of face sliders.
    """
    try:
        found, sure = landmarks_of(_Glance(generator, head, grid), head.camera)
    except VoltefaceError:
        return None
    targets = face_targets()
    fitting = Fitting.of(targets.landmarks, found, sure)
    random = np.random.default_rng((MANNER, 1, head.seed))
    total = torch.zeros_like(targets.points)
    side = torch.tanh(targets.points[:, :1] / TURNOVER)
    for name, amount in strengths.items():
        askew = float(ASKEW[name not in FEATURES] * random.standard_normal())
        moves = targets.moves.get(name + ("+" if amount > 0 else "-"))
        if moves is not None:
            index, moved = moves
            total[index] += abs(amount) * (1 + askew * side[index]) * moved
    points = fitting.laid(targets.points)
    corners = torch.stack([torch.tensor(LOW), torch.tensor(HIGH)]) * fitting.scale + fitting.shift
    counts = ((corners[1] - corners[0]) / (SPACING * fitting.scale)).round().long() + 1
    (low_x, low_y, low_z), (high_x, high_y, high_z) = corners.tolist()
    low, high = (low_x, low_y, low_z), (high_x, high_y, high_z)
    spread = Spread(points, targets.areas, low, high, (int(counts[2]), int(counts[1]), int(counts[0])))
    # what the fit does around landmarks hardly changes over the length of a move
    return Warp.of_moves(spread.moves(fitting.scale * total @ fitting.turn.T), low, high)
