"""What the renderer draws: textured meshes in world units, known to no graphics library.

World: y up, the face looks along +z, +x is the person's left; 1 unit is 5.65 dm.
"""

import enum
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.training.synthetic.arrays import Bytes, Floats, Ints

CENTRE_DM = np.array([0, 7.17, 0.33])  # the world's origin in MakeHuman decimetres
UNITS_PER_DM = 0.177
NO_CUT = -9.0
LABEL_FROM_TEXTURE = -1


class PartKind(enum.IntEnum):
    """How a part is drawn; the shaders get these as their constants."""

    SOLID = 0
    FRAME = 1
    CARD = 2
    FUR = 3
    CORNEA = 4
    BLEND = 5


@dataclass(frozen=True, eq=False)
class Texture:
    """A picture on a part.

    Attributes:
        pixels: uint8 [H,W] or [H,W,C], first row at v = 1.
        key: names a picture that many heads share, so that it is uploaded once; "" for one head's own.
        smooth: filtered with mipmaps, or else nearest.
    """

    pixels: Bytes
    key: str = ""
    smooth: bool = True


WHITE = Texture(np.full((1, 1, 4), 255, np.uint8), key="white")


@dataclass(frozen=True, eq=False)
class Part:
    """A textured mesh.

    Attributes:
        position: world units, float [N,3].
        normal: unit, float [N,3].
        uv: float [N,2].
        triangles: int [M,3].
        texture: colour, in display values, and transparency.
        label: index into core.mask.PARTS, or LABEL_FROM_TEXTURE.
        kind: how it is drawn.
        label_texture: labels as a grey picture, for LABEL_FROM_TEXTURE.
        tint: multiplies the texture in linear light.
        specular: strength of the highlight.
        gloss: sharpness of the highlight.
        opacity: multiplies the texture's transparency.
        translucent: has soft texture edges, which are sorted and blended after the opaque part.
        wrap: how far light reaches past the terminator, per colour.
        cut_y: cards end raggedly at this height, world units.
        threshold: fur: noise level below which a strand has ended, float [N] or one number.
        irradiance: baked light, float [N,3] or one number.
        veil: too clear to hide what is behind: it gives pixels its label and leaves them the depth behind it.
    """

    position: Floats
    normal: Floats
    uv: Floats
    triangles: Ints
    texture: Texture
    label: int
    kind: PartKind = PartKind.SOLID
    label_texture: Texture | None = None
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    specular: float = 0.0
    gloss: float = 20.0
    opacity: float = 1.0
    translucent: bool = False
    wrap: tuple[float, float, float] = (0.1, 0.1, 0.1)
    cut_y: float = NO_CUT
    threshold: Floats = field(default_factory=lambda: np.zeros(()))
    irradiance: Floats = field(default_factory=lambda: np.ones(()))
    veil: bool = False

    @property
    def see_through(self) -> bool:
        """Whether it is blended over the rest and casts no shadow."""
        return self.kind in (PartKind.CORNEA, PartKind.BLEND)


def world_from_dm(points: npt.ArrayLike) -> Floats:
    """World positions [...,3] of points in MakeHuman decimetres."""
    world: Floats = (np.asarray(points) - CENTRE_DM) * UNITS_PER_DM
    return world


def colour3(rgb: Floats) -> tuple[float, float, float]:
    """A colour as plain numbers."""
    red, green, blue = (float(x) for x in rgb)
    return red, green, blue
