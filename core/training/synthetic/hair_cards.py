"""Card hair: MakeHuman hair meshes recoloured, mirrored, puffed up, waved and cut."""

from dataclasses import dataclass

import numpy as np

from core.training.synthetic.arrays import Bools, Floats
from core.training.synthetic.hair_forms import FORMS, CardForm, bun, shortened, swung, tail_of
from core.training.synthetic.hair_styles import FRINGED_STYLES, LONG_STYLES
from core.training.synthetic.hair_textures import DEEP_CONTRAST, GREY, colourless, straight_strands, wavy_strands
from core.training.synthetic.library import Library
from core.training.synthetic.part import NO_CUT, Part, PartKind, Texture, colour3, world_from_dm
from core.training.synthetic.pictures import smoothstep
from core.training.synthetic.topology import (
    RenderMesh,
    Subdivision,
    catmull_clark,
    pieces,
    render_mesh,
    subdivide_uv,
    triangulate,
    vertex_normals,
)
from core.training.synthetic.uv_maps import LABELS

SCALP_CENTRE_DM = np.array([0, 7.45, 0.15])
_HALF = 0.5
_WAVES_PER_FREQUENCY = 1.1  # waves over a texture's height for each radian per dm
_CUTS_DM = (NO_CUT, 5.2, 6.05, 6.4)


@dataclass(frozen=True)
class CardSettings:
    """What chance gave a card hair.

    Attributes:
        mirror: left and right are swapped.
        wave: swing of long hair in dm; None for short hair.
        cut: height where long hair ends, world units; None for short hair.
    """

    mirror: bool
    wave: float | None = None
    cut: float | None = None


class CardHair:
    """Makes card hair; textures are made once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._textures: dict[str, Texture] = {}
        self._smooth: dict[str, tuple[Subdivision, RenderMesh]] = {}
        self._tails: dict[str, tuple[Bools, RenderMesh]] = {}

    def part(
        self, rng: np.random.RandomState, style: str, hair_rgb: Floats, vertices: Floats, *, smooth: bool = False
    ) -> tuple[Part, CardSettings]:
        """Hair of a style in a colour (linear light) on shaped base vertices [V,3] in dm.

        With `smooth` the mesh is subdivided, which rounds its silhouette.
        """
        proxy = self._library.proxy("hair", style)
        strands, render = proxy.fit(vertices), proxy.render
        if smooth:
            subdivision, render = self._subdivided(style)
            strands = subdivision.apply(strands)
        if style in FRINGED_STYLES:
            strands = swept_fringe(strands)
        mirror = bool(rng.rand() < 0.5)
        if mirror:
            strands = strands * [-1, 1, 1]
        strands = _puffed(strands, rng.uniform(-0.02, 0.16))
        settings = CardSettings(mirror)
        if style in LONG_STYLES:
            wave, frequency = float(rng.choice([0, 0, 0.05, 0.10])), rng.uniform(5, 9)
            strands = _waved(strands, wave, frequency)
            cut = NO_CUT
            if style == "long01":
                cut = float(world_from_dm([0, rng.choice(_CUTS_DM), 0])[1])
            settings = CardSettings(mirror, wave, cut)
        cut_y = NO_CUT if settings.cut is None else settings.cut
        return self._sheet(strands, render, self._texture(style), hair_rgb, cut_y=cut_y), settings

    def varied(
        self, rng: np.random.RandomState, style: str, hair_rgb: Floats, vertices: Floats
    ) -> tuple[list[Part], CardSettings]:
        """Hair of version 3, of a style of hair_forms.FORMS, on shaped base vertices [V,3] in dm."""
        form = FORMS[style]
        subdivision, render = self._subdivided(form.mesh)
        strands = subdivision.apply(self._library.proxy("hair", form.mesh).fit(vertices))
        if form.mesh in FRINGED_STYLES:
            strands = swept_fringe(strands)
        if form.bun:
            tail, render = self._tail(form.mesh)
            tie = self._library.proxy("hair", form.mesh).fit(vertices)[tail]
            centre = tie[tie[:, 1] > np.percentile(tie[:, 1], 90)].mean(0) + rng.normal(0, 0.02, 3)
        mirror = bool(rng.rand() < 0.5)
        strands = strands * [-1 if mirror else 1, 1, 1]
        strands = _puffed(strands, rng.uniform(-0.02, form.volume_dm))
        if form.end_dm is not None:
            strands = shortened(strands, rng.uniform(*form.end_dm))
        wave = float(rng.uniform(*form.wave_dm))
        strands = swung(strands, wave, rng.uniform(*form.radians_per_dm), rng.uniform(0, 2 * np.pi))
        parts = [self._sheet(strands, render, self._strands(form), hair_rgb)]
        if form.bun:
            ball, uv = bun(centre, rng.uniform(0.24, 0.4), rng)
            triangles = ball.triangles
            coil = RenderMesh(np.arange(len(uv)), uv, triangles, triangles)
            parts.append(self._sheet(ball.vertices, coil, self._texture("bob01"), hair_rgb, normals=ball.normals))
        lowest = float(world_from_dm([0, strands[render.position_triangles, 1].min(), 0])[1])
        return parts, CardSettings(mirror, wave, lowest)

    def _sheet(
        self,
        strands: Floats,
        render: RenderMesh,
        texture: Texture,
        hair_rgb: Floats,
        *,
        cut_y: float = NO_CUT,
        normals: Floats | None = None,
    ) -> Part:
        """A part of vertices [N,3] in dm in a colour; normals are those of the sheet unless told."""
        if normals is None:
            # Cards are single sheets: bend their normals towards those of the head they cover.
            outward = _outward(strands)
            normals = vertex_normals(strands, render.position_triangles)
            normals *= np.sign((normals * outward).sum(1, keepdims=True) + 0.25)
            normals = 0.45 * normals + 0.55 * outward
            normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        return Part(
            world_from_dm(strands)[render.index],
            normals[render.index],
            render.uv,
            render.triangles,
            texture,
            LABELS["hair"],
            PartKind.CARD,
            translucent=True,
            tint=colour3(hair_rgb / GREY),
            specular=0.65,
            wrap=(0.25, 0.25, 0.25),
            cut_y=cut_y,
        )

    def _tail(self, mesh: str) -> tuple[Bools, RenderMesh]:
        """Which vertices of a ponytail are its tail, and the subdivided render mesh without it."""
        if mesh not in self._tails:
            proxy = self._library.proxy("hair", mesh)
            piece = pieces(len(proxy.mesh.vertices), proxy.render.position_triangles)
            tail = tail_of(proxy.mesh.vertices, piece)
            subdivision, render = self._subdivided(mesh)
            weight = subdivision.apply(tail[:, None].astype(float))[:, 0]
            kept = (weight[render.position_triangles] < _HALF).all(1)
            without = RenderMesh(render.index, render.uv, render.triangles[kept], render.position_triangles[kept])
            self._tails[mesh] = tail, without
        return self._tails[mesh]

    def _strands(self, form: CardForm) -> Texture:
        """The texture of a form of version 3, with deeper strands and waves."""
        key = f"{form.mesh} {form.strand_px:g}"
        if key not in self._textures:
            image = self._library.diffuse("hair", form.mesh)
            pixels = straight_strands(DEEP_CONTRAST) if image is None else colourless(image, DEEP_CONTRAST)
            if form.strand_px:
                waves = sum(form.radians_per_dm) / 2 * _WAVES_PER_FREQUENCY
                pixels = wavy_strands(pixels, form.strand_px, waves)
            self._textures[key] = Texture(pixels, f"hair {key}")
        return self._textures[key]

    def _subdivided(self, style: str) -> tuple[Subdivision, RenderMesh]:
        if style not in self._smooth:
            mesh = self._library.proxy("hair", style).mesh
            subdivision = catmull_clark(len(mesh.vertices), mesh.faces)
            uvs, uv_quads = subdivide_uv(mesh.uv_faces, mesh.uvs)
            triangles, uv_triangles = triangulate(subdivision.quads.tolist(), uv_quads.tolist())
            self._smooth[style] = subdivision, render_mesh(triangles, uv_triangles, uvs)
        return self._smooth[style]

    def _texture(self, style: str) -> Texture:
        if style not in self._textures:
            image = self._library.diffuse("hair", style)
            pixels = straight_strands() if image is None else colourless(image)
            self._textures[style] = Texture(pixels, f"hair {style}")
        return self._textures[style]


def swept_fringe(strands: Floats) -> Floats:
    """Hair vertices [N,3] in dm with the fringe turned about the head's axis, off the right eye."""
    x, y, z = -strands[:, 0], strands[:, 1], strands[:, 2] - SCALP_CENTRE_DM[2]
    angle = np.degrees(np.arctan2(x, z))  # 0 front, 90 right
    parting, fixed, edge = np.interp(y, [6.1, 6.6, 7.0, 7.5], [5, 0, -10, -20]), 95, 30
    room = np.clip((fixed - angle) / (fixed - parting), 0, 1) * (angle > parting)
    swept = np.radians(angle + (edge - parting) * smoothstep(7.85, 7.35, y) * room)
    radius = np.hypot(x, z) * _head_radius(swept) / _head_radius(np.radians(angle))
    return np.stack([-radius * np.sin(swept), y, SCALP_CENTRE_DM[2] + radius * np.cos(swept)], 1)


def _head_radius(angle_radians: Floats) -> Floats:
    """Radius of the head's elliptical section, relative."""
    radius: Floats = 1 / np.hypot(np.sin(angle_radians) / 0.95, np.cos(angle_radians) / 1.25)
    return radius


def _outward(strands: Floats) -> Floats:
    outward = strands - SCALP_CENTRE_DM
    unit: Floats = outward / np.linalg.norm(outward, axis=1, keepdims=True)
    return unit


def _puffed(strands: Floats, volume_dm: float) -> Floats:
    """Pushed outwards, more where the hair stands off the head."""
    distance = np.linalg.norm((strands - SCALP_CENTRE_DM) / [0.8, 1.05, 1.05], axis=1)
    amount = volume_dm * (0.35 + 0.65 * smoothstep(1.0, 1.35, distance))
    puffed: Floats = strands + _outward(strands) * [1, 0.6, 1] * amount[:, None]
    return puffed


def _waved(strands: Floats, wave_dm: float, frequency: float) -> Floats:
    """Swung sideways and to and fro, more towards the ends; frequency in radians per dm."""
    swing = wave_dm * smoothstep(7.5, 6.2, strands[:, 1])
    phase = np.arctan2(strands[:, 0], strands[:, 2] - 0.1) * 4
    waved = strands.copy()
    waved[:, 0] += swing * np.sin(frequency * waved[:, 1] + phase)
    waved[:, 2] += swing * np.cos(frequency * waved[:, 1] + phase * 1.3)
    return waved
