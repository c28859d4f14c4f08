"""Light on a head from its own shape: hollows lie in shade, ridges catch light, and a soft lamp stands above.

A small model paints faces nearly without shade. What its density knows of the shape is laid over the colours instead:
how much of the sky each place sees, where the lamp's light is stopped (under brow, nose, lip and jaw, at the hairline),
and what skin mirrors. All is read off blurred copies of the density grid, so it is the same from every view.
Longer than usual: what makes light and how it is laid on know the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from core.mask import PARTS
from core.rendering.places import at_size, places_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.camera import Camera
    from core.frame import Frame
    from core.rendering.face_place import FacePlace
    from core.rendering.occupancy import FieldGrid

    Floats = NDArray[np.float32]

SIDE_PX = 256
"""Side of the picture of light; what is finer, the density does not know."""
STOPS = 60.0
"""Density per world unit at which a place counts as half solid."""
REACHES = (0.010, 0.020, 0.040, 0.080)
"""Of the blurred copies, world units."""
COARSE = 2.0
"""Nodes that a copy must reach to be kept at half the size."""
HOLLOWS = (0.5, 0.8, 0.8, 0.45)
"""How dark a place is that is as deep as a hollow can be, by reach: what is solid before it."""
RIDGES = (0.5, 0.8, 0.0, 0.0)
"""How much lighter and darker places are for curving out and in, by reach."""
NORMAL, BROAD = 1, 2
"""Numbers of the copies whose slopes tell where fine and broad surfaces face."""
CORNERS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], np.float32)
"""Ways to those of a tetrahedron: four places tell a slope, where six are asked along the axes."""
FINE_REACHES = 2
"""How many of the reaches are of what is fine."""
FINE = (0.3, 0.45, 0.3)
"""How far what is fine counts on each of `GROUPS` beside the face's features: the density has bumps there."""
LAMP = np.array([-0.42, 0.62, 0.66], np.float32) / np.float32(0.998)
"""Direction of the lamp, as the eyes mirror it: from above and the person's right."""
BEHIND, FILL = np.array([0.30, 0.55, -0.78], np.float32), 0.7
"""Direction of a weaker lamp behind, so that the back of a head has a shape too, and its light to the first one's."""
FEATURES = 0.75
"""How far what is fine counts on features of the face."""
SKY, WRAP = 0.66, 0.4
"""Share of light that comes from everywhere, and how far the lamp's reaches around."""
STEPS, FIRST, LAST = 9, 0.016, 0.16
"""Places between a surface and the lamp that are asked for what stops its light, world units away."""
CAST = 1.1
"""How dark a lamp's shadow is for what stands in its way."""
SKIN = ("skin", "nose", "ears", "neck", "lips")
SHINE, SHARP = 0.15, 16.0
"""Light that dark skin mirrors, and how narrow that is."""
WARM = np.array([0.88, 1.05, 1.06], np.float32)
"""How much of the shade on skin goes into red, green and blue: blood shines through."""
THIRDS = np.full((3, 1), 1 / 3, np.float32)
"""They give the mean of three colours."""
MOST = (0.42, 1.25)
"""Least and largest factor."""
SHOULDER = 0.70
"""Lightness from which more light makes less of a difference: foreheads do not glow."""
GROUPS = (("skin", "nose", "ears", "neck"), ("hair",), ("cloth",))
ASKED, MIDDLE = 1500, 0.62
"""Nodes of a group that are asked for its light, and which quantile of it is left as it is."""
OPEN = (0.03, 0.06, 0.12)
"""Ways out from a node, world units, that lead through air where it is seen."""
LOST = 0.45
"""By which share the shade on black things is weaker: it would swallow them."""
WEIGHTS = {"hair": 0.9, "cloth": 0.9, "eyes": 0.4, "brows": 0.6, "glasses": 0.3, "mouth": 0.5}
"""Of the light, by part; 1 for others."""


@dataclass(frozen=True, eq=False)
class HeadLight:
    """Blurred copies of a head's solidity, from which light is told.

    Attributes:
        copies: float32 [1, 1, Z, Y, X] each, 0..1, by `REACHES`.
        half_sides: half sides (x, y, z) of their box, world units.
        levels: light that each of `GROUPS` has at its middle, by which it is divided: it is to model, not to darken.
    """

    copies: tuple[Tensor, ...]
    half_sides: tuple[float, float, float]
    levels: tuple[float, ...] = (1.0,) * 3

    @staticmethod
    def of(grid: FieldGrid) -> HeadLight:
        """That of a head on a grid."""
        solid = (1 - torch.exp(-grid.on_processor.sigma * (0.693 / STOPS))).numpy()
        spacing = float(np.mean(grid.spacing))
        copies, reached, last = [], 0.0, solid
        for reach in REACHES:
            last = _blurred(last, (reach**2 - reached**2) ** 0.5 / spacing)
            copies.append(torch.from_numpy(last)[None, None])
            reached = reach
            if reach > COARSE * spacing:  # it has no more detail than half as many nodes can tell
                last = F.interpolate(copies[-1], scale_factor=0.5, mode="trilinear", align_corners=True)[0, 0].numpy()
                spacing *= (2 * last.shape[0] - 1) / (last.shape[0] - 1)
                copies[-1] = torch.from_numpy(last)[None, None]
        plain = HeadLight(tuple(copies), grid.half_sides)
        levels = (plain.level(grid.on_processor, *group) for group in zip(GROUPS, FINE, strict=True))
        return replace(plain, levels=tuple(levels))

    def on_skin_of(self, other: HeadLight) -> HeadLight:
        """The same, with skin as light as under another one."""
        return replace(self, levels=(other.levels[0], *self.levels[1:]))

    def level(self, grid: FieldGrid, parts: tuple[str, ...], fine: float) -> float:
        """The light that parts of a head have at their middle, from before and beside it; 1 where it has none."""
        if grid.labels is None:
            return 1.0
        rind = grid.known & (grid.sigma > STOPS / 4) & (grid.sigma < STOPS * 4)
        own = np.isin(grid.labels[rind].numpy(), [PARTS.index(part) for part in parts])
        nodes = rind.nonzero().numpy()[own]
        nodes = nodes[:: max(1, len(nodes) // ASKED)]
        points = (nodes[:, ::-1] * np.array(grid.spacing) - np.array(grid.half_sides)).astype(np.float32)
        normals = self.normals(points, fine)
        asked = normals[:, 2] > -0.2
        for away in OPEN:  # nobody sees the inside of hair
            asked &= self.at(points + np.float32(away) * normals, 1) < 0.5
        return float(np.quantile(self.light(points[asked], normals[asked], fine), MIDDLE)) if asked.sum() > 20 else 1.0

    def at(self, points: Floats, number: int) -> Floats:
        """One copy at world points [N, 3], [N]; at the box's faces beyond it."""
        relative = torch.from_numpy(points / np.array(self.half_sides, np.float32))[None, None, None]
        found = F.grid_sample(self.copies[number], relative, mode="bilinear", padding_mode="border", align_corners=True)
        return np.asarray(found.view(-1).numpy(), np.float32)

    def normals(self, points: Floats, fine: Floats | float = 1.0) -> Floats:
        """Where the surface faces at world points [N, 3], unit [N, 3]; the less `fine`, [N], the calmer."""
        near, far = self._slope(points, NORMAL), self._slope(points, BROAD)
        return _unit(far + (near - far) * np.reshape(np.asarray(fine, np.float32), (-1, 1)))

    def _slope(self, points: Floats, number: int) -> Floats:
        """Where one copy falls at world points [N, 3], unit [N, 3]."""
        slope = np.zeros_like(points)
        for way in CORNERS:
            slope -= self.at(points + way * np.float32(REACHES[number - 1]), number)[:, None] * way
        return _unit(slope)

    def light(self, points: Floats, normals: Floats, fine: Floats | float = 1.0) -> Floats:
        """Light [N] at points [N, 3] with normals [N, 3]; 1 is a plain surface that faces forward.

        What is `fine` counts by that share, 0..1 [N].
        """
        light = np.ones(len(points), np.float32)
        for number, reach in enumerate(REACHES):
            counts = fine if number < FINE_REACHES else 1.0
            before = self.at(points + np.float32(1.3 * reach) * normals, number)
            light *= np.exp(-HOLLOWS[number] * counts * before)
            if RIDGES[number]:
                light *= np.exp(np.clip(RIDGES[number] * counts * (0.45 - self.at(points, number)), -0.25, 0.12))
        key = np.clip((normals @ LAMP + WRAP) / (1 + WRAP), 0, 1)
        stopped = np.zeros(len(points), np.float32)
        for away in np.geomspace(FIRST, LAST, STEPS).astype(np.float32):
            # the further away, the softer is what is asked
            number = int(np.clip(round(np.log2(away / FIRST)), 0, len(REACHES) - 2))
            found = self.at(points + normals * np.float32(FIRST) + LAMP * away, number)
            stopped = np.maximum(stopped, np.clip((found - 0.25) / 0.5, 0, 1) * (1 - 0.5 * away / LAST))
        key *= np.exp(-CAST * stopped)
        key += FILL * np.clip((normals @ BEHIND + WRAP / 2) / (1 + WRAP / 2), 0, 1)
        plain = (LAMP[2] + WRAP) / (1 + WRAP)
        return np.asarray(light * (SKY + (1 - SKY) * key / plain), np.float32)

    def picture(self, depth: Floats, camera: Camera) -> Floats:
        """Logarithms of the light on skin [h, h] of a depth picture [h, h] along the camera's z; 0 without depth."""
        chosen = np.flatnonzero(depth.ravel() > 0)
        light = np.zeros(depth.shape, np.float32)
        if len(chosen):
            light.ravel()[chosen] = self.on_skin(places_of(camera, depth, chosen)[0])
        # between two surfaces lie points of neither
        return np.asarray(cv2.GaussianBlur(cv2.medianBlur(light, 5), (0, 0), 0.7), np.float32)

    def on_skin(self, places: NDArray[np.float64]) -> Floats:
        """Natural logarithms of the light on skin at world points [N, 3], [N]; 0 is usual."""
        points = places.astype(np.float32)
        light = self.light(points, self.normals(points, FINE[0]), FINE[0])
        return np.asarray(np.log(light / self.levels[0]), np.float32)


def with_head_light(frame: Frame, form: HeadLight, strength: float, face: FacePlace | None = None) -> Frame:
    """A frame under light that its shape tells; the very same one where it shows nothing or no parts are told.

    Args:
        frame: as the generator draws it.
        form: of the same head.
        strength: 0 leaves it as it is, 1 is the whole light.
        face: where its features are, on which what is fine counts.
    """
    labels, size = frame.labels, len(frame.rgb)
    if labels is None or not strength:
        return frame
    depth = at_size(frame.depth, SIDE_PX)
    chosen = np.flatnonzero(depth.ravel() > 0)
    if not len(chosen):
        return frame
    where, ways = places_of(frame.camera, depth, chosen)
    points, rays = where.astype(np.float32), ways.astype(np.float32)
    weight = np.ones(len(PARTS), np.float32)
    for part, share in WEIGHTS.items():
        weight[PARTS.index(part)] = share
    shares = _soft(weight[labels])[chosen] * np.float32(strength)
    skin = _soft(np.isin(labels, [PARTS.index(part) for part in SKIN]).astype(np.float32))[chosen]
    level, detail = np.full(len(PARTS), form.levels[0], np.float32), np.ones(len(PARTS), np.float32)
    for parts, middling, share in zip(GROUPS, form.levels, FINE, strict=True):
        level[[PARTS.index(part) for part in parts]] = middling
        detail[[PARTS.index(part) for part in parts]] = share
    detail[PARTS.index("ears")] = detail[PARTS.index("nose")] = 1
    fine = _soft(detail[labels])[chosen]
    if face is not None:
        fine = np.maximum(fine, FEATURES * face.features(where).astype(np.float32))

    normals = form.normals(points, fine)
    light = form.light(points, normals, fine) / _soft(level[labels])[chosen]
    small = cv2.resize(frame.rgb, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).reshape(-1, 3)[chosen]
    shares *= 1 - LOST * np.clip(1 - (small @ THIRDS)[:, 0] / 110, 0, 1).astype(np.float32)
    middle = LAMP - rays
    mirrored = np.clip(np.einsum("ij,ij->i", normals, _unit(middle)), 0, 1) ** SHARP * np.clip(light, 0, 1) ** 2

    tint = 1 + (WARM - 1) * skin[:, None]
    maps = np.zeros((SIDE_PX * SIDE_PX, 4), np.float32)
    maps[:, :3] = 1
    room = MOST[1] - 1
    light = np.where(light > 1, 1 + room * np.tanh((light - 1) / room), light.clip(min=MOST[0]))
    maps[chosen, :3] = np.exp(np.log(light)[:, None] * tint * shares[:, None])
    maps[chosen, 3] = mirrored * skin * shares
    # between two surfaces lie points of neither
    calm = cv2.GaussianBlur(cv2.medianBlur(maps.reshape(SIDE_PX, SIDE_PX, 4), 5), (0, 0), 0.7)
    laid = cv2.resize(calm, (size, size), interpolation=cv2.INTER_LINEAR)

    shown = frame.alpha > 0.02
    own, laid = frame.rgb[shown].astype(np.float32) / 255, laid[shown]
    alpha = frame.alpha[shown, None]
    mine = np.clip(own - (1 - alpha), 0, 1)  # the white behind the head lies in no shade
    dark = 1 - mine @ THIRDS / np.maximum(alpha, 0.2)
    lit = mine * laid[:, :3] + SHINE * laid[:, 3:] * dark * alpha
    brightest = np.maximum(np.maximum(lit[:, :1], lit[:, 1:2]), lit[:, 2:]) / np.maximum(alpha, 0.2)
    over = np.maximum(brightest - SHOULDER, 0)
    kept = brightest - over + (1 - SHOULDER) * np.tanh(0.8 * over / (1 - SHOULDER))
    lit = lit * (kept / np.maximum(brightest, 1e-3))  # of all colours alike, or bright skin would turn pale
    rgb = frame.rgb.copy()
    rgb[shown] = (np.clip(lit + 1 - alpha, 0, 1) * 255 + 0.5).astype(np.uint8)
    return replace(frame, rgb=rgb)


def _unit(ways: Floats) -> Floats:
    """Ways [N, 3] of length 1."""
    length = np.sqrt(np.einsum("ij,ij->i", ways, ways))
    return np.asarray(ways / np.maximum(length, 1e-6)[:, None], np.float32)


def _soft(values: Floats) -> Floats:
    """Values of pixels of a small picture, smoothed, at the size of the picture of light, flat."""
    calm = cv2.GaussianBlur(values, (3, 3), 0)
    return np.asarray(cv2.resize(calm, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR).ravel(), np.float32)


def _blurred(volume: Floats, deviation: float) -> Floats:
    """A volume [Z, Y, X] under a Gaussian of so many nodes."""
    # two axes as a picture with many channels, then the third
    twice = cv2.GaussianBlur(volume, (0, 0), deviation, borderType=cv2.BORDER_REPLICATE)
    lines = twice.reshape(-1, volume.shape[2])
    size = 2 * round(3 * deviation) + 1
    return np.asarray(
        cv2.GaussianBlur(lines, (size, 1), deviation, borderType=cv2.BORDER_REPLICATE).reshape(volume.shape), np.float32
    )
