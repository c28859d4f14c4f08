"""A measured pair of glasses put on another head: before the eyes, clear of the brows and the nose, over the ears."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.editors.glasses_mesh import bent_z, frame_of, lenses_of, rim_path
from core.eyewear import Eyewear
from core.mask import PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.editors.head_parts import HeadParts
    from core.eyewear import GlassesForm
    from core.grafted_field import Fit

    Floats = NDArray[np.float64]

CLEAR_OF_FACE = (0.004, 0.012)
"""How near the frame comes to the face at its nearest, at least and at most, world units."""
MOST_MOVED = 0.03
BESIDE_HEAD = 0.006
"""Between the middle of a temple and the head."""
THIN_HAIR = 0.035
"""Temples run over hair that lies closer than this to the head, and under thicker hair."""
EAR = {"x": 0.14, "below_eyes": 0.0, "behind_eyes": 0.165}
"""Where ears are that cannot be seen: from the middle of the face, and from the eyes."""
ON_EAR = 0.010
"""Height of the temples over the ears above the eyes, world units."""
OVER_EAR, BEHIND_EAR, END = (0.0, 0.018), (-0.024, -0.020), (-0.062, -0.034)
"""Knots of a temple about the ear, (y, z): before it comes to lie on it, behind it, and its end."""
FEWEST = 20
"""Points from which an ear is seen."""
TUCKED = 0.016
"""How far behind an ear that is seen, which hides it, a temple runs, world units: ears of heads lie close to them."""
FLARE = 0.03
"""How far temples stand out beyond their hinges at most, before the head pushes them, world units."""
TEMPLE_POINTS, CALMED = 44, 3
BAND_Y, BAND_Z = 0.022, 0.018
"""Reach of the search for the head's width."""


@dataclass(frozen=True, eq=False)
class Surface:
    """What a wearer's head has where glasses touch it: points [N, 3] with x from the middle, and their labels [N]."""

    points: Floats
    labels: NDArray[np.uint8]
    thin_hair: float = THIN_HAIR

    @staticmethod
    def of(wearer: HeadParts, middle_x: float, thin_hair: float = THIN_HAIR) -> Surface:
        """Of a head's parts, about the middle of its face; temples run over hair thinner than told."""
        points, labels = wearer.surface_points()
        return Surface(points.double().cpu().numpy() - [middle_x, 0, 0], labels.cpu().numpy(), thin_hair)

    def called(self, *labels: str) -> Floats:
        """The points that bear one of the labels."""
        return self.points[np.isin(self.labels, [PARTS.index(label) for label in labels])]

    def half_width(self, y: float, z: float, otherwise: float) -> float:
        """Of the head at a place, with thin hair."""
        skin, hair = (self._widest(self.called(*labels), y, z) for labels in (("skin", "neck"), ("hair",)))
        if skin is None:
            return otherwise
        return hair if hair is not None and skin < hair < skin + self.thin_hair else skin

    @staticmethod
    def _widest(points: Floats, y: float, z: float) -> float | None:
        near = points[(np.abs(points[:, 1] - y) < BAND_Y) & (np.abs(points[:, 2] - z) < BAND_Z), 0]
        return float(np.quantile(np.abs(near), 0.97)) if len(near) > 6 else None


@dataclass(frozen=True, eq=False)
class Seat:
    """Where a pair sits on a head.

    Attributes:
        form: there.
        surface: the head's, x from the middle of the pair.
        eyes: their height and depth, world units.
        scale: of the form that was seated.
    """

    form: GlassesForm
    surface: Surface
    eyes: tuple[float, float]
    scale: float

    @staticmethod
    def of(form: GlassesForm, fit: Fit, wearer: HeadParts) -> Seat:
        """Before a wearer's eyes.

        Args:
            form: as it was measured.
            fit: where points of its own head come to lie on the wearer.
            wearer: the head's parts.
        """
        marks = wearer.landmarks()
        eyes = [marks[name].tolist() for name in ("left eyes", "right eyes") if name in marks]
        shift = fit.shift
        ours = replace(
            form,
            middle_x=sum(eye[0] for eye in eyes) / 2 if len(eyes) == 2 else fit.scale * form.middle_x + shift[0],
            centre=(fit.scale * form.centre[0], fit.scale * form.centre[1] + shift[1]),
            front_z=fit.scale * form.front_z + shift[2],
            hinge_y=fit.scale * form.hinge_y + shift[1],
            **{name: fit.scale * getattr(form, name) for name in ("half_width", "upper", "lower", "wire")},
        )
        surface = Surface.of(wearer, ours.middle_x)
        ours = replace(ours, front_z=ours.front_z + clearing(ours, surface))
        height, depth = (
            (np.mean([eye[1:] for eye in eyes], axis=0)).tolist() if eyes else (ours.centre[1], ours.front_z - 0.05)
        )
        return Seat(ours, surface, (height, depth), fit.scale)

    def temple(self, form: GlassesForm | None = None) -> Floats:
        """Middle line [N, 3] of the left temple of the pair, or of one with another hinge."""
        return temple_line(form or self.form, self.surface, *self.eyes)


def seated(form: GlassesForm, fit: Fit, wearer: HeadParts, strength: float = 1.0) -> Eyewear:
    """The pair as a head wears it.

    Args:
        form: as it was measured.
        fit: where points of its own head come to lie on the wearer.
        wearer: the head's parts.
        strength: of the edit.
    """
    seat = Seat.of(form, fit, wearer)
    frame, frame_faces = frame_of(seat.form, seat.temple())
    lens, lens_faces = lenses_of(seat.form)
    place = [seat.form.middle_x, 0, 0]
    return Eyewear(
        form=seat.form,
        frame_points=(frame + place).astype(np.float32),
        frame_faces=frame_faces.astype(np.int32),
        lens_points=(lens + place).astype(np.float32),
        lens_faces=lens_faces.astype(np.int32),
        strength=strength,
    )


def clearing(form: GlassesForm, surface: Surface) -> float:
    """How far to move the pair forwards, so that it stands before the face and close to it."""
    face = surface.called("skin", "nose", "brows", "eyes")
    face = face[(face[:, 2] > form.front_z - 0.12)]
    if not len(face):
        return 0.0
    y = form.centre[1] + 0.38 * form.upper
    bridge = np.stack([np.linspace(-0.012, 0.012, 7), np.full(7, y), np.full(7, form.front_z)], axis=1)
    rim = rim_path(form)
    touching = np.concatenate([rim, rim * [-1, 1, 1], bridge])
    gaps = []
    for x, y, _ in touching:
        near = face[(np.abs(face[:, 0] - x) < 0.007) & (np.abs(face[:, 1] - y) < 0.007), 2]
        if len(near):
            gaps.append(float(bent_z(form, np.array(x))) - form.wire - near.max())
    if not gaps:
        return 0.0
    least = min(gaps)
    return float(np.clip(np.clip(least, *CLEAR_OF_FACE) - least, -MOST_MOVED, MOST_MOVED))


def temple_line(form: GlassesForm, surface: Surface, eye_y: float, eye_z: float, flare: float = FLARE) -> Floats:
    """Middle line [N, 3] of the left temple, from the hinge over the ear; `flare` is how far it may stand out."""
    ears = surface.called("ears")
    ear_z = float(np.median(ears[:, 2])) if len(ears) > FEWEST else eye_z - EAR["behind_eyes"]
    ear_y = min(eye_y + ON_EAR, float(np.quantile(ears[:, 1], 0.98)) + 0.004) if len(ears) > FEWEST else eye_y + ON_EAR
    hinge_x = form.centre[0] + form.half_width + form.wire
    hinge_z = float(bent_z(form, np.array(hinge_x)))
    before = np.array([ear_y + OVER_EAR[0], ear_z + OVER_EAR[1]])

    def beside(y: float, z: float) -> float:
        return surface.half_width(y, z, EAR["x"] - 0.015) + BESIDE_HEAD

    over_x = beside(*before)
    # straight from the hinge to the ear, or as far out as the head is wide on the way
    out_x = max(hinge_x + 0.006, min(0.95 * over_x, hinge_x + flare))
    push = 0.0
    for t in np.linspace(0.4, 0.9, 6):
        y, z = (1 - t) * np.array([form.hinge_y, hinge_z]) + t * before
        push = max(push, beside(y, z) - (out_x + t * (over_x - out_x)))
    out_x, over_x = out_x + push, over_x + push
    tucked = TUCKED if len(ears) > FEWEST else 0.0
    knots = np.array(
        [
            (hinge_x - form.wire, form.hinge_y, hinge_z),
            (out_x - 0.001, form.hinge_y, hinge_z - 0.004),
            (out_x, form.hinge_y, hinge_z - 0.016),
            (out_x + 0.5 * (over_x - out_x), (form.hinge_y + before[0]) / 2, (hinge_z + before[1]) / 2),
            (over_x - 0.4 * tucked, *before),
            (over_x - tucked, ear_y + BEHIND_EAR[0], ear_z + BEHIND_EAR[1]),
            (over_x - tucked - 0.008, ear_y + END[0], ear_z + END[1]),
        ]
    )
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    at = np.linspace(0, length[-1], TEMPLE_POINTS)
    path = np.stack([np.interp(at, length, knots[:, axis]) for axis in range(3)], axis=1)
    for _ in range(CALMED):
        path[1:-1] = (path[:-2] + 2 * path[1:-1] + path[2:]) / 4
    return path
