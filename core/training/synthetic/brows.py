"""Eyebrows, drawn hair by hair inside the outline of a MakeHuman eyebrow mesh that is laid on the skin."""

from dataclasses import dataclass

import cv2
import numpy as np

from core.training.synthetic.arrays import Floats, Ints
from core.training.synthetic.base_mesh import BODY_VERTICES, BaseMesh
from core.training.synthetic.library import Library
from core.training.synthetic.uv_maps import HEAD, SIZE, texels_from_uv

EYEBROWS = 12  # eyebrow001 .. eyebrow012
_ROWS, _COLUMNS = slice(880, 1220), slice(1560, 1760)  # texels where brows may be
_SCALE = 4  # strokes are drawn enlarged, then averaged down
_SUBPIXELS = 4  # fractional bits of cv2's stroke coordinates
_UP = np.array([-1.0, 0.0])  # the face's island lies on its side


@dataclass(frozen=True, eq=False)
class BrowOutline:
    """An eyebrow mesh on the skin.

    Attributes:
        uv: float [N,2].
        x: float [N], towards the person's left, dm on the neutral head.
        faces: vertex indices of each face.
    """

    uv: Floats
    x: Floats
    faces: list[list[int]]


@dataclass(frozen=True)
class BrowStyle:
    """How brows are drawn.

    Attributes:
        thickness: 1 fills the outline's height, less stays near its middle line.
        hairs: strokes on each side.
        length_px: of a hair, in texels.
    """

    thickness: float
    hairs: int
    length_px: float


def brow_outline(base: BaseMesh, library: Library, number: int) -> BrowOutline:
    """Lays eyebrow mesh `number` (1..EYEBROWS) on the skin."""
    proxy = library.proxy("eyebrows", f"eyebrow{number:03d}")
    uv = np.full((len(base.vertices), 2), np.nan)
    for face, uv_face in zip(base.faces, base.uv_faces, strict=True):
        if max(face) < BODY_VERTICES:
            uv[face] = base.uvs[uv_face]
    weights = np.clip(proxy.binding.weights, 0, 1)[..., None]
    on_skin = (uv[proxy.binding.base_index] * weights / weights.sum(1, keepdims=True)).sum(1)
    return BrowOutline(on_skin, proxy.mesh.vertices[:, 0], proxy.mesh.faces)


def painted_brows(rng: np.random.RandomState, outline: BrowOutline, style: BrowStyle) -> Floats:
    """Coverage by brow hairs: head map 0..1, float32 [1440,758]."""
    points = (texels_from_uv(outline.uv) - [_COLUMNS.start, _ROWS.start]) * _SCALE
    height, width = _ROWS.stop - _ROWS.start, _COLUMNS.stop - _COLUMNS.start
    image = np.zeros((height * _SCALE, width * _SCALE), np.float32)
    distance = np.abs(outline.x)
    along = (distance - distance.min()) / np.ptp(distance)  # 0 inner .. 1 outer end
    for side in (-1, 1):
        faces = [face for face in outline.faces if outline.x[face].mean() * side > 0]
        own = np.sign(outline.x) == side
        middle = [np.polyfit(along[own], points[own, k], 2) for k in range(2)]
        for _ in range(style.hairs):
            stroke = _stroke(rng, points, along, faces[rng.randint(len(faces))], middle, style)
            shade = 0.55 + 0.45 * rng.rand()
            width_px = 2 if rng.rand() < 0.6 else 3
            cv2.polylines(image, [stroke], False, (shade,), width_px, cv2.LINE_AA, _SUBPIXELS)
    full = np.zeros((SIZE, SIZE), np.float32)
    full[_ROWS, _COLUMNS] = np.clip(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) * 1.25, 0, 1)
    return full[HEAD]


def _stroke(
    rng: np.random.RandomState, points: Floats, along: Floats, face: list[int], middle: list[Floats], style: BrowStyle
) -> Ints:
    """One hair from a random place of a face: int32 [3,2] in sixteenths of enlarged texels."""
    weight = rng.dirichlet(np.ones(len(face)))
    place = along[face] @ weight
    centre = np.array([np.polyval(curve, place) for curve in middle])
    root = centre + (weight @ points[face] - centre) * style.thickness
    direction = np.array([np.polyval(np.polyder(curve), place) for curve in middle])
    direction /= np.linalg.norm(direction)
    lift = 0.85 * (1 - place) ** 1.5 + 0.06 * rng.randn() - 0.15 * (place > 0.7)
    direction += _UP * lift
    direction /= np.linalg.norm(direction)
    tip = root + direction * style.length_px * _SCALE * (0.6 + 0.6 * rng.rand()) * (1 - 0.35 * place)
    bend = (root + tip) / 2 + _UP * _SCALE * 0.3
    stroke: Ints = np.round(np.array([root, bend, tip]) * 2**_SUBPIXELS).astype(np.int32)
    return stroke
