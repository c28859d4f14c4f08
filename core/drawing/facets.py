"""Heads as low-poly models: flat facets whose corners stay on the head when it turns, each shaded by where it faces.

No facet straddles two parts: hair, clothes, lips, eyes, what is dark in a face and the frames of glasses are cut out as
polygons, and the net of facets is cut by their straight edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.paper import steepness
from core.drawing.subject import (
    BROWS,
    CLOTH,
    EARS,
    EYES,
    GLASSES,
    GREY,
    HAIR,
    LAMP,
    LIPS,
    MOUTH,
    NOSE,
    SKIN,
    floats,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.drawing.subject import Bits, Subject, Values

COARSE, FACE, AROUND, FEATURES = 0.048, 0.044, 0.030, 0.0125
"""Distances of corners in world units: on hair and clothes, in faces, around their middle, at eyes and mouths."""
RIM = 20.0
"""Distance of corners along the outline, in pixels of a picture of `STROKES_PX`; about `COARSE`."""
SAMPLED_PX = 256
"""Side of the picture in which corners are looked for."""
NEAR = 0.33
"""Radius about eyes, nose and mouth, in distances of the eyes."""
EDGED = 0.5
"""By how much of a cell, squared, a corner on an edge of the picture counts as nearer than one that is on none."""
LEAST_PX = 3
"""Pixels of that picture by which a cell of the world must be seen to have a corner."""
SOLID = 0.45
"""Share of a facet that must be covered by the head."""
STRAIGHT, STRAIGHT_SMALL = 2.0, 0.7
"""How far the edge of a large part, and of a small one, may be moved to be straight, pixels of `STROKES_PX`."""
LEAST_PART, LEAST_SMALL = 60.0, 3.0
"""Area of a piece of a large part, and of a small one, that is cut out, in the same pixels."""
IRIS_WITHIN = 0.5
"""How far from the middle of an eye it is looked for, in distances of the eyes."""
EYE = 0.23
"""Radius about the middle of an eye in which its lids and its white lie, in distances of the eyes."""
WHITE = 0.12
"""How much lighter than its surroundings the white of an eye is."""
HAIR_APART, MOST_DARKENED = 0.50, 0.40
"""By which share of the skin's lightness hair is to be darker, and how much of its own it may lose for that."""
DARK = -0.22
"""How much darker than its surroundings (`Subject.light`) is what is cut out of a face."""


def low_poly(subject: Subject, random: np.random.Generator) -> Values:
    """Flat triangles, small where the person is told by: at eyes, nose and mouth."""
    size, seed = subject.size_px, int(random.integers(1 << 16))
    corners = np.concatenate([_corners(subject, seed), _rim(subject)])
    net = _facets(np.clip(corners, 0.1, size - 0.1), size)
    index = _cut(net, _pieces(subject))
    weight = subject.figure.ravel().astype(np.float32)
    number = np.bincount(index.ravel(), weight)

    def mean(values: Values) -> Values:
        sums = np.stack([np.bincount(index.ravel(), values[..., c].ravel() * weight) for c in range(3)], -1)
        return floats(sums / np.maximum(number, 1)[:, None])

    colours, normals = mean(subject.calm), mean(subject.normals)
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
    face = np.bincount(index.ravel(), np.clip(subject.face, 0, 1).ravel() * weight) / np.maximum(number, 1)
    shade = _shade(normals)
    # a face has its own light already; what is flat about it is laid over more thinly
    shade = shade + face.astype(np.float32) * 0.42 * (1.0 - shade)
    hairy = np.bincount(index.ravel(), (subject.labels == HAIR).ravel() * weight) / np.maximum(number, 1)
    colours = floats(colours * (1 - _too_light(subject) * hairy)[:, None])
    grey = (colours @ GREY)[:, None]
    # dark heads are lit a little brighter, or nobody would see that they have facets
    lifted = grey ** np.float32(0.88)
    picture = np.clip((lifted + (colours - grey) * 1.30) * shade[:, None], 0, 1)
    solid = np.bincount(net.ravel(), weight) > SOLID * np.maximum(np.bincount(net.ravel()), 1)
    # number 0 is no triangle's
    solid[0] = False
    # wires beside the head are no half of any facet
    shown = (solid[net] | (subject.rims > SOLID)) & (number > 0)[index]
    flat = np.where(shown[..., None], picture[index], 1.0).astype(np.float32)
    return subject.blurred(flat, 0.3)


def _too_light(subject: Subject) -> float:
    """By which share hair is darkened that is as light as the skin: facets have no strands that tell it."""
    hair, skin = (subject.labels == part for part in (HAIR, SKIN))
    if not hair.any() or not skin.any():
        return 0.0
    level = max(float(np.median(subject.grey[skin])), 0.05)
    return float(np.clip(HAIR_APART - (1 - float(np.median(subject.grey[hair])) / level), 0, MOST_DARKENED))


def _shade(normals: Values) -> Values:
    """float32 [N], about .45..1.3: a hard lamp, and a cool sky behind the model."""
    lamp = np.clip(normals @ LAMP, 0, 1)
    sky = 0.5 + 0.5 * normals[:, 1]
    return np.asarray(0.46 + 0.62 * lamp + 0.20 * sky * sky, np.float32)


def _pieces(subject: Subject) -> NDArray[np.int32]:
    """int32 [S, S]: numbers of the parts that facets are cut by, their edges straight; 0 is skin and what is behind."""
    unit = subject.unit
    eyes = _about_eyes(subject)
    features = subject.part(BROWS, LIPS, MOUTH, NOSE, GLASSES, soft_px=1.5 * unit) > 0.25
    dark = (features | eyes) & (subject.light < DARK)
    white = eyes & (subject.light > WHITE) & (subject.labels != BROWS)
    large = tuple((subject.labels == part, STRAIGHT, LEAST_PART) for part in (HAIR, CLOTH))
    seen = (subject.labels == part for part in (EYES, LIPS, MOUTH))
    small = (*seen, white, _irises(subject), dark, subject.rims > SOLID)
    parts = (*large, (subject.beard, STRAIGHT, LEAST_PART), *((one, STRAIGHT_SMALL, LEAST_SMALL) for one in small))
    pieces = np.zeros(subject.labels.shape, np.int32)
    for number, (where, straight, least) in enumerate(parts, 1):
        outline, _ = cv2.findContours(where.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        kept = [contour for contour in outline if cv2.contourArea(contour) > least * unit * unit]
        # drawn at once, an outline in another one is a hole
        cv2.fillPoly(pieces, [cv2.approxPolyDP(one, straight * unit, True) for one in kept], number)
    return pieces


def _about_eyes(subject: Subject) -> Bits:
    """Bool [S, S]: eyes and their lids."""
    radius = EYE * subject.landmarks.apart
    near = np.maximum(*(subject.near(eye, radius) for eye in subject.landmarks.eyes))
    return np.asarray((near > SOLID) & np.isin(subject.labels, (SKIN, EYES, GLASSES)), np.bool_)


def _irises(subject: Subject) -> Bits:
    """Bool [S, S]: what is darker than halfway between the lightest and the darkest of each eye."""
    found = np.zeros(subject.labels.shape, np.bool_)
    for eye in subject.landmarks.eyes:
        here = (subject.labels == EYES) & (subject.near(eye, IRIS_WITHIN * subject.landmarks.apart) > SOLID)
        if here.any():
            dark, light = np.quantile(subject.grey[here], (0.05, 0.95))
            found |= here & (subject.grey < 0.5 * (dark + light))
    return found


def _cut(net: NDArray[np.int32], pieces: NDArray[np.int32]) -> NDArray[np.int64]:
    """int64 [S, S]: numbers of the facets of a net [S, S] that are left when it is cut into pieces [S, S]."""
    _, index = np.unique(net.astype(np.int64) * (int(pieces.max()) + 1) + pieces, return_inverse=True)
    return np.asarray(index.reshape(net.shape), np.int64)


def _corners(subject: Subject, seed: int) -> Values:
    """float32 [N, 2], columns and rows: in each cell of the world that is seen, the pixel nearest to a random place."""
    size = subject.size_px
    some = _sampled(size)
    points, figure = subject.points[some], subject.figure[some]
    small = subject.part(EYES, BROWS, LIPS, MOUTH, NOSE, soft_px=2.0 * subject.unit)
    rims = subject.part(GLASSES, soft_px=subject.unit) * (subject.light < -0.05)
    fine = ((np.maximum(small * (subject.part(NOSE) < 0.9), rims) > 0.3) | _about_eyes(subject))[some]
    face = ((subject.face + subject.part(EARS)) > 0.5)[some]
    marks = subject.landmarks
    telling = (*marks.eyes, *marks.mouth, marks.mouth.mean(0), marks.nose)
    near = np.max([subject.near(place, NEAR * marks.apart) for place in telling], 0)
    middle = (near > 0.5)[some]
    edges = _edges(subject)[some]
    found = [
        _nearest_pixels(points, figure & where, edges, spacing, seed)
        for where, spacing in (
            (~face & ~fine, COARSE),
            (face & ~middle & ~fine, FACE),
            (face & middle & ~fine, AROUND),
            (fine, FEATURES),
        )
    ]
    rows, columns = np.divmod(np.concatenate(found), points.shape[1])
    return floats((np.stack([columns, rows], -1) + 0.5) * size / len(points)).clip(0, size)


def _sampled(size_px: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels in which corners are looked for: as many in larger pictures, for the same net."""
    side = min(size_px, SAMPLED_PX)
    at = ((np.arange(side) + 0.5) * size_px / side).astype(np.intp)
    return at[:, None], at[None]


def _edges(subject: Subject) -> Values:
    """float32 [S, S], 0..1: where the picture or its parts change, so that facets end there."""
    return np.asarray(np.clip(np.maximum(1.6 * steepness(subject, 0.8), subject.outlines), 0, 1), np.float32)


def _nearest_pixels(points: Values, where: Bits, edges: Values, spacing: float, seed: int) -> NDArray[np.intp]:
    """Flat places of the pixels that are nearest to a random place of their cell of the world, one for each cell.

    Args:
        points: float32 [h, w, 3], world coordinates.
        where: bool [h, w], pixels that are asked for.
        edges: float32 [h, w], 0..1: those that are preferred.
        spacing: of the cells.
        seed: of the random places.
    """
    chosen = np.flatnonzero(where)
    if not len(chosen):
        return chosen
    places = points.reshape(-1, 3)[chosen] / np.float32(spacing)
    cells = np.floor(places).astype(np.int64)
    # a hash of cells (Teschner et al. 2003), and three numbers of eight bits out of it that look drawn by lot
    key = ((cells[:, 0] * 73856093) ^ (cells[:, 1] * 19349663) ^ (cells[:, 2] * 83492791) ^ seed) & 0x7FFFFFFF
    inside = np.stack([(key * factor >> 7 & 255) / 255 for factor in (1, 2654435761, 40503)], -1) * 0.7 + 0.15
    away = np.square(places - cells - inside).sum(-1) - EDGED * edges.ravel()[chosen]
    order = np.lexsort((away, key))
    first = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    seen = np.diff(np.r_[first, len(order)])
    return np.asarray(chosen[order[first[seen >= LEAST_PX]]], np.intp)


def _rim(subject: Subject) -> Values:
    """float32 [N, 2]: corners along the outline."""
    figure = subject.figure[_sampled(subject.size_px)]
    outline, _ = cv2.findContours(figure.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    wide = subject.size_px / len(figure)
    step = max(3, round(RIM * subject.unit * 0.5 / wide))
    found = [contour[::step, 0] for contour in outline if len(contour) > 2 * step]
    return floats((np.concatenate(found) + 0.5) * wide) if found else np.zeros((0, 2), np.float32)


def _facets(corners: Values, size_px: int) -> NDArray[np.int32]:
    """int32 [S, S]: the number of the triangle of each pixel, from 1 (Delaunay)."""
    net = cv2.Subdiv2D((0, 0, size_px, size_px))
    net.insert(np.unique(corners, axis=0).tolist())
    triangles = np.asarray(net.getTriangleList(), np.float32).reshape(-1, 3, 2)
    inside = ((triangles >= 0) & (triangles <= size_px)).all((1, 2))
    index = np.zeros((size_px, size_px), np.int32)
    for number, triangle in enumerate(triangles[inside], 1):
        # in sixteenths of a pixel, whose middle lies at 0
        cv2.fillConvexPoly(index, np.round(triangle * 16 - 8).astype(np.int32), number, cv2.LINE_8, 4)
    return index
