"""Glasses measured on a head that wears them: outline of the lenses, colour of the frame, darkness of the glass.

The head is looked at closely from the front. Both sides are laid over one another, because glasses are symmetric and
what a model draws of them is not; a superellipse is fitted to what both show, and colours are read on its rim, within
it and below it. Longer than usual: all of it reads the same few arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.camera import HEAD_RADIUS, Camera
from core.editors.glasses_outline import drawn_out, has_no_rim, lower_tone
from core.eyewear import GlassesForm
from core.mask import PARTS
from core.rendering.finished_frame import as_rgb
from core.rendering.near import march_near
from core.rendering.paint import painted
from core.rendering.part_labels import part_labels
from core.rendering.rays import camera_rays

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from core.editors.head_parts import HeadParts
    from core.eyewear import Rgb
    from core.head import Head
    from core.protocols import Generator

    Floats = NDArray[np.float32]
    Outline = Mapping[str, float]
    Place = tuple[float, float, float]

LOOK_PX = 96
HALF_VIEW = 0.19
"""Half the width of what is looked at, world units."""
STEP = 0.0025
"""Of the raster on which both sides meet, world units."""
SIDE_X, BELOW, ABOVE = 0.135, 0.085, 0.065
"""Reach of that raster: from the middle, below the eyes and above them."""
UNCLEAR = 0.2
"""Share below which a side tells nothing of colours."""
FEWEST = 60
"""Places of the raster that glasses cover at least."""
CHEEK = (1.25, 1.8)
"""How far from the middle of a lens its cheek begins and ends, in radii of the lens."""
BARRIER = 0.42
"""Share of a place that glasses must cover so that it counts for the outline."""
START = {"centre_x": 0.061, "centre_y": -0.006, "half_width": 0.048, "upper": 0.036, "lower": 0.038, "squareness": 2.8}
LIMITS = {
    "centre_x": (0.045, 0.08),
    "centre_y": (-0.03, 0.02),
    "half_width": (0.032, 0.066),
    "upper": (0.018, 0.056),
    "lower": (0.018, 0.062),
    "squareness": (1.9, 4.5),
}
STRIDES = {"centre_x": 0.004, "centre_y": 0.004, "half_width": 0.005, "upper": 0.005, "lower": 0.005, "squareness": 0.5}
ROUNDS, SHORTER = 7, 0.6
"""Of the search for the outline, and by which its strides shrink with each."""
PULL = 0.8
"""Of usual glasses on the fit, places for each squared stride: holes in a smear must not bend the outline."""
GAP = 0.005
"""Half the bridge at least."""
WIRE, WIRES = 0.0034, (0.0024, 0.0044)
BROADENED = 0.6
"""A pixel that wire touches is called glasses: wire is thinner than what is called so."""
SHARPENED, DARKEST_SHARE = 1.7, 0.3
"""Wire is thinner than a pixel of the model, which mixes it with the skin beside it: the colour of the darkest share of
the rim is moved on from the skin's."""
DEEPENED = 1.12
"""The same for dark glass, into which a model mixes the eyes."""
CLEARER, DARKER = 0.82, 0.55
"""Lightness of the glass beside that of the cheeks from which it is clear, and from which it is as dark as it gets."""
DARKEST, FAINTEST = 0.94, 0.45
"""Opacity of dark glass, and below which glass counts as clear: a model mixes eyes into what it is unsure of."""


@dataclass(frozen=True, eq=False)
class Sides:
    """Both sides of a face on one raster [H, W]: x from the middle outwards, y from the eyes upwards, world units.

    Attributes:
        x: [H, W].
        y: [H, W].
        glasses: [2, H, W], how much of each place is called glasses, left and right.
        skin: [2, H, W], the same for skin and nose.
        colour: [2, H, W, 3], 0..1.
        shares: how much left and right count, 1 together: of a turned face the far side is a few pixels wide.
    """

    x: Floats
    y: Floats
    glasses: Floats
    skin: Floats
    colour: Floats
    shares: tuple[float, float] = (0.5, 0.5)

    @property
    def clear(self) -> list[int]:
        """Which sides tell of colours."""
        return [side for side, share in enumerate(self.shares) if share > UNCLEAR]

    def mean(self, both: Floats) -> Floats:
        """The mean [H, W] of both sides' values [2, H, W]."""
        return np.asarray(np.tensordot(self.shares, both, axes=1), np.float32)

    def away(self, outline: Outline) -> Floats:
        """How far each place lies from the middle of a lens, [H, W]; 1 on its outline."""
        y = self.y - outline["centre_y"]
        height = np.where(y > 0, outline["upper"], outline["lower"])
        power = outline["squareness"]
        inner = np.abs(self.x - outline["centre_x"]) / outline["half_width"]
        return np.asarray((inner**power + (np.abs(y) / height) ** power) ** (1 / power), np.float32)

    def tone(self, chosen: NDArray[np.bool_], like: Floats | None = None) -> Floats | None:
        """Median colour [3] of chosen places [H, W] on both sides, where `like` [2, H, W] holds; None of few."""
        there = np.broadcast_to(chosen, self.glasses[self.clear].shape)
        there = there if like is None else there & (like[self.clear] > 1 / 2)
        if there.sum() < FEWEST // 4:
            return None
        return np.asarray(np.median(self.colour[self.clear][there], axis=0), np.float32)


def glasses_form(generator: Generator, head: Head, parts: HeadParts) -> GlassesForm | None:
    """The glasses that a head's field shows; None where they are none that could be made out.

    Args:
        generator: with the head's tuning.
        head: who wears them.
        parts: of the head.
    """
    eyes = [point for name, point in parts.landmarks().items() if name.endswith("eyes")]
    own = parts.own_points("glasses")
    if not len(own):
        return None
    front = float(own[:, 2].quantile(0.8))
    # who wears dark glasses may show no eyes
    rims = own[own[:, 2] > own[:, 2].max() - 0.05]
    middle = (rims.amin(0) + rims.amax(0)) / 2 if len(eyes) < 2 else torch.stack(eyes).mean(0)
    place = (float(middle[0]), float(middle[1]), front)
    sides = _seen(generator, head, parts, place)
    outline = None if sides is None else outlined(sides)
    return None if sides is None or outline is None else described(sides, outline, place)


def _seen(generator: Generator, head: Head, parts: HeadParts, place: Place) -> Sides | None:
    """What a camera sees that looks at the eyes from in front; None where no labels are decoded."""
    middle_x, eye_y, front = place
    field_of_view = 2 * math.atan(HALF_VIEW / (HEAD_RADIUS - front))
    camera = Camera.orbit(target=(middle_x, eye_y, 0.0), vertical_fov_radians=field_of_view)
    with torch.no_grad():
        seen = march_near(generator, head.trigrid, camera, LOOK_PX, parts.grid)
        features = seen.features[0].movedim(0, -1)
        labels = part_labels(generator, features)
        rgb = as_rgb((generator.colours(features) + 1 - seen.alpha[0, 0, ..., None]).movedim(-1, 0))
    if labels is None:
        return None
    alpha = seen.alpha[0, 0].cpu().clamp(0, 1)
    along_z = camera_rays(camera, LOOK_PX)[2].view(LOOK_PX, LOOK_PX)
    depth = torch.where(alpha > 1 / 2, seen.depth[0, 0].cpu() * along_z, torch.zeros(()))
    rgb = painted(rgb, alpha.numpy(), depth.numpy(), camera, head.photos)
    named = labels.cpu().numpy()
    shares = [named == PARTS.index("glasses"), np.isin(named, [PARTS.index("skin"), PARTS.index("nose")])]
    picture = np.dstack([*(share.astype(np.float32) for share in shares), rgb.astype(np.float32) / 255])

    y, x = np.mgrid[ABOVE:-BELOW:-STEP, 0:SIDE_X:STEP].astype(np.float32)
    both = []
    for side in (1, -1):
        points = np.stack([middle_x + side * x, eye_y + y, np.full_like(x, front)], axis=-1)
        at = camera.project(points.reshape(-1, 3))[0].reshape(*x.shape, 2).astype(np.float32) * LOOK_PX - 1 / 2
        pieces = (np.ascontiguousarray(picture[..., :2]), np.ascontiguousarray(picture[..., 2:]))
        both.append(np.dstack([cv2.remap(piece, at[..., 0], at[..., 1], cv2.INTER_LINEAR) for piece in pieces]))
    found = np.stack(both).astype(np.float32)
    return Sides(x, y, found[..., 0], found[..., 1], found[..., 2:])


def _worth(sides: Sides) -> Floats:
    """How much each place speaks for glasses there, [H, W], lenses filled; below 0 speaks against them."""
    from scipy.ndimage import binary_fill_holes

    filled = sides.mean(np.stack([binary_fill_holes(side > 1 / 2) for side in sides.glasses]))
    return np.asarray(filled - BARRIER, np.float32)


def outlined(sides: Sides) -> dict[str, float] | None:
    """The superellipse that both sides show; None where too little is called glasses."""
    worth = _worth(sides)
    if (worth > -BARRIER).sum() < FEWEST:
        return None

    def loss(outline: Outline) -> float:
        if outline["centre_x"] - outline["half_width"] < GAP:
            return math.inf
        inside = np.clip((1 - sides.away(outline)) * outline["half_width"] / STEP + 1 / 2, 0, 1)
        pull = sum(((outline[name] - usual) / STRIDES[name]) ** 2 for name, usual in START.items())
        return float(PULL * pull - (inside * worth).sum())

    found, best, strides = dict(START), loss(START), dict(STRIDES)
    for _ in range(ROUNDS):
        for name in strides:
            for way in (strides[name], -strides[name]):
                while True:
                    tried = found | {name: float(np.clip(found[name] + way, *LIMITS[name]))}
                    value = loss(tried)
                    if value >= best - 1e-6:
                        break
                    found, best = tried, value
        strides = {name: stride * SHORTER for name, stride in strides.items()}
    return found


def cheek_tone(sides: Sides, outline: Outline) -> Floats | None:
    """Colour [3] of the cheeks below a pair; None where none are seen."""
    away = sides.away(outline)
    return sides.tone((away > CHEEK[0]) & (away < CHEEK[1]) & (sides.y < outline["centre_y"]), sides.skin)


def described(sides: Sides, outline: Outline, place: Place) -> GlassesForm | None:
    """Form and colours; None where there is nothing around the glasses to compare them with."""
    middle_x, eye_y, front = place
    away = sides.away(outline)
    x, y = sides.x - outline["centre_x"], sides.y - outline["centre_y"]
    skin = cheek_tone(sides, outline)
    glass = sides.tone(away < 0.72)
    if skin is None or glass is None:
        return None
    beside = (x > outline["half_width"] + 0.004) & (sides.mean(sides.glasses) > 1 / 2) & (y > 0)
    columns = beside.sum(axis=0)
    thick = float(np.median(columns[columns > 0])) * STEP if columns.any() else 2 * WIRE / BROADENED
    wire = float(np.clip(thick / 2 * BROADENED, *WIRES))
    hinge = float(np.median(y[beside])) if columns.any() else 0.45 * outline["upper"]
    opacity = float(np.clip((CLEARER - glass.mean() / max(skin.mean(), 0.05)) / (CLEARER - DARKER), 0, 1)) * DARKEST
    opacity = opacity if opacity > FAINTEST else 0.0
    tint = skin + (glass - skin) * DEEPENED / opacity if opacity else glass
    rim = (away > 0.88) & (away < 1.04)
    upper_rgb = _rgb(_rim_colour(sides, rim & (y > 0) | beside, skin))
    lower_rgb = _rgb(_rim_colour(sides, rim & (y < -0.25 * outline["lower"]), skin))
    return GlassesForm(
        middle_x=middle_x,
        centre=(outline["centre_x"], eye_y + outline["centre_y"]),
        front_z=front,
        half_width=outline["half_width"] - wire,
        upper=outline["upper"] - wire,
        lower=outline["lower"] - wire,
        squareness=outline["squareness"],
        wire=wire,
        hinge_y=eye_y + outline["centre_y"] + min(hinge, 0.75 * outline["upper"]),
        frame_rgb=upper_rgb,
        lens_rgb=_rgb(tint),
        lens_opacity=opacity,
        veiled=bool((sides.glasses[sides.clear][:, away < 0.7] > 1 / 2).mean() > 1 / 2),
        outline=drawn_out(_worth(sides), sides.x, sides.y, outline),
        lower_rgb=lower_tone(upper_rgb, lower_rgb),
        rimless=not opacity and all(has_no_rim(np.array(one, np.float32), skin) for one in (upper_rgb, lower_rgb)),
    )


def _rim_colour(sides: Sides, rim: NDArray[np.bool_], skin: Floats) -> Floats:
    """Colour [3] of the frame, in places [H, W] where it is."""
    colours = sides.colour[sides.clear][:, rim].reshape(-1, 3)
    darkest = colours[colours.mean(axis=1).argsort()[: max(1, round(len(colours) * DARKEST_SHARE))]]
    return np.asarray(skin + (np.median(darkest, axis=0) - skin) * SHARPENED, np.float32)


def _rgb(colour: Floats) -> Rgb:
    red, green, blue = np.clip(colour, 0.02, 0.98).tolist()
    return red, green, blue
