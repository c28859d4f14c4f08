"""Clothes above the chest: in their own texture, or in one random flat colour a piece."""

import colorsys

import numpy as np

from core.training.synthetic.arrays import Bools, Floats, Ints
from core.training.synthetic.library import Library, Proxy
from core.training.synthetic.part import Part, Texture, world_from_dm
from core.training.synthetic.topology import pieces
from core.training.synthetic.uv_maps import LABELS

MALE_OUTFITS = (
    "male_casualsuit01",
    "male_casualsuit02",
    "male_casualsuit03",
    "male_casualsuit04",
    "male_casualsuit05",
    "male_casualsuit06",
    "male_elegantsuit01",
    "male_worksuit01",
)
FEMALE_OUTFITS = ("female_casualsuit01", "female_casualsuit02", "female_elegantsuit01", "female_sportsuit01")
OUTFITS = (*MALE_OUTFITS, *FEMALE_OUTFITS)
_OFF_SKIN_DM = 0.012
_LOWEST_DM, _WIDEST_DM = 4.3, 3.4
_WEAVE_PX, _WEAVE_REPEATS = 128, 9


class Wardrobe:
    """Dresses shaped base meshes; textures are read once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._textures: dict[str, Texture | None] = {}

    def parts(self, rng: np.random.RandomState, outfit: str, vertices: Floats) -> list[Part]:
        """Parts of an outfit on shaped base vertices [V,3] in dm."""
        proxy = self._library.proxy("clothes", outfit)
        fitted = proxy.fit(vertices)
        normals = proxy.normals(fitted)
        fitted = fitted + normals * _OFF_SKIN_DM
        corners = fitted[proxy.render.position_triangles]
        shown = (corners[..., 1].max(1) > _LOWEST_DM) & (np.abs(corners[..., 0]).max(1) < _WIDEST_DM)
        position, normal = world_from_dm(fitted[proxy.render.index]), normals[proxy.render.index]
        colour = np.array(
            colorsys.hsv_to_rgb(
                rng.randint(180) / 180,
                rng.choice([15, 40, 80, 125]) / 255,
                rng.choice([45, 90, 150, 215, 240]) / 255,
            )
        )
        texture = self._texture(outfit)
        if texture is not None and rng.rand() < 0.6:
            triangles = proxy.render.triangles[shown]
            return [Part(position, normal, proxy.render.uv, triangles, texture, LABELS["cloth"], specular=0.04)]
        return _plain_parts(rng, proxy, (position, normal), shown, colour)

    def hidden_vertices(self, outfit: str) -> Ints:
        """Base vertices under an outfit, int [K]."""
        return self._library.proxy("clothes", outfit).binding.hidden

    def _texture(self, outfit: str) -> Texture | None:
        if outfit not in self._textures:
            image = self._library.diffuse("clothes", outfit)
            self._textures[outfit] = None if image is None else Texture(np.ascontiguousarray(image[..., :3]), outfit)
        return self._textures[outfit]


def _plain_parts(
    rng: np.random.RandomState, proxy: Proxy, mesh: tuple[Floats, Floats], shown: Bools, colour: Floats
) -> list[Part]:
    """One part for each connected piece, each in its own shade of the colour (display values 0..1)."""
    position, normal = mesh
    piece = pieces(len(proxy.mesh.vertices), proxy.render.position_triangles)
    count = int(piece.max()) + 1
    shades = colour * np.exp(rng.normal(0, 0.5, (count, 1))) + rng.normal(0, 0.03, (count, 3))
    piece_of_triangle = piece[proxy.render.position_triangles[:, 0]]
    parts: list[Part] = []
    for k in np.unique(piece_of_triangle[shown]):
        weave = np.clip(1 + 0.03 * rng.randn(_WEAVE_PX, _WEAVE_PX, 1), 0.8, 1.15)
        image = (np.clip(np.clip(shades[k], 0.02, 0.72) * weave, 0, 1) * 255).astype(np.uint8)
        triangles = proxy.render.triangles[shown & (piece_of_triangle == k)]
        uv = proxy.render.uv * _WEAVE_REPEATS
        parts.append(Part(position, normal, uv, triangles, Texture(image), LABELS["cloth"], specular=0.03))
    return parts
