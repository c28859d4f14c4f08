"""Photographed glasses put on another head: rims, bridge and end pieces as they were followed in the photo.

What lies before the face moves there as it is, in its colours; temples are laid anew along the wearer's head, from
where the frame begins to go back, as thick as they were there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.editors.glasses_lifted import RIM_SIDES
from core.editors.glasses_mesh import TEMPLE_END, joined, mirrored, tube
from core.editors.glasses_seat import Seat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.editors.glasses_mesh import Triangles
    from core.editors.head_parts import HeadParts
    from core.eyewear import Eyewear, GlassesForm
    from core.grafted_field import Fit

    Floats = NDArray[np.float64]

TEMPLES = 2


def moved(pair: Eyewear, fit: Fit, wearer: HeadParts) -> Eyewear:
    """A painted pair as another head wears it.

    Args:
        pair: as its own head wears it, of tubes of `RIM_SIDES` sides, one after the other.
        fit: where points of that head come to lie on the wearer.
        wearer: the head's parts.
    """
    seat = Seat.of(pair.form, fit, wearer)
    paint = pair.colours().astype(np.float64)
    frame = _before_face(pair.frame_points, pair.form, seat)
    pieces: list[Triangles] = []
    colours: list[Floats] = []
    tubes = _tubes(pair.frame_faces)
    temples = sorted(tubes, key=lambda one: float(pair.frame_points[one[0] : one[1], 2].min()))[:TEMPLES]
    for first, last in tubes:
        points, rgb = frame[first:last], paint[first:last]
        own = (pair.frame_faces[:, 0] >= first) & (pair.frame_faces[:, 0] < last)
        piece: Triangles = (points, pair.frame_faces[own].astype(np.int64) - first)
        if (first, last) in temples:
            piece = _temple(points[:RIM_SIDES], seat)
            rgb = np.tile(np.median(rgb, axis=0), (len(piece[0]), 1))
        pieces.append(piece)
        colours.append(rgb)
    points, faces = joined(pieces)
    middle = [seat.form.middle_x, 0, 0]
    return replace(
        pair,
        form=seat.form,
        frame_points=(points + middle).astype(np.float32),
        frame_faces=faces.astype(np.int32),
        lens_points=(_before_face(pair.lens_points, pair.form, seat) + middle).astype(np.float32),
        strength=1.0,
        paint=np.concatenate(colours).astype(np.float32),
        photo=None,
    )


def _before_face(points: NDArray[np.float32], form: GlassesForm, seat: Seat) -> Floats:
    """Points [N, 3] of a pair of some form where it sits, x from the middle of the pair."""
    ours = seat.form
    own = np.array([form.middle_x, form.centre[1], form.front_z])
    return np.asarray((points - own) * seat.scale + [0, ours.centre[1], ours.front_z], np.float64)


def _tubes(faces: NDArray[np.int32]) -> list[tuple[int, int]]:
    """First number, and the one after the last, of the points of each tube that faces [F, 3] make up."""
    ends = np.stack([faces.min(axis=1), faces.max(axis=1)], axis=1)
    found: list[tuple[int, int]] = []
    for low, high in ends[ends[:, 0].argsort(kind="stable")].tolist():
        if found and low < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], high + 1)
        else:
            found.append((low, high + 1))
    return found


def _temple(begin: Floats, seat: Seat) -> Triangles:
    """A temple from the ring of points [R, 3] with which it begins."""
    middle = begin.mean(axis=0)
    side, form = np.sign(middle[0]), seat.form
    off = np.abs(begin - middle)
    thick = [np.hypot(off[:, 0], off[:, 2]).max(), off[:, 1].max()]
    # temples begin within the rim
    begun = replace(form, hinge_y=float(middle[1]), half_width=abs(float(middle[0])) - form.centre[0])
    line = seat.temple(begun)
    thin = np.linspace(1, TEMPLE_END, len(line))[:, None]
    temple = tube(line, thin * thick, (0, 1, 0), RIM_SIDES)
    return temple if side > 0 else mirrored(temple)
