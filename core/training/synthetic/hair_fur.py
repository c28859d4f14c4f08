"""Fur hair: concentric shells over the scalp that noise cuts into strands."""

import numpy as np

from core.training.synthetic.arrays import Bytes, Floats, Ints
from core.training.synthetic.base_mesh import BaseMesh
from core.training.synthetic.hair_growth import growth
from core.training.synthetic.hair_styles import FUR_STYLES, FUR_STYLES_3, FurStyle
from core.training.synthetic.part import Part, PartKind, Texture, colour3, world_from_dm
from core.training.synthetic.pictures import blur, smoothstep
from core.training.synthetic.uv_maps import LABELS, UvMaps, sample

_NOISE_PX = 512
_NOISES = {"fine": 0.9, "curl": 2.2, "clump": 4.5}  # blur of each, in px; drawn in this order
_LEAST_SCALP = 0.08


class FurHair:
    """Grows fur; its noise is made once."""

    def __init__(self, base: BaseMesh, maps: UvMaps) -> None:
        self._base = base
        self._maps = maps
        self._grown: dict[str, Floats] = {}
        scalp = sample(maps.scalp, base.render.uv)
        rooted = base.render.triangles[(scalp[base.render.triangles] > _LEAST_SCALP).all(1)]
        self._used, triangles = np.unique(rooted, return_inverse=True)
        self._triangles = triangles.reshape(-1, 3)
        self._scalp = smoothstep(0.1, 0.95, scalp[self._used])
        self._textures: dict[str, Texture] = {}

    def part(self, rng: np.random.RandomState, name: str, hair_rgb: Floats, positions: Floats, normals: Floats) -> Part:
        """Fur of a style of FUR_STYLES on the skin's render vertices: positions (dm) and normals [R,3]."""
        style = FUR_STYLES[name]
        root, normal = positions[self._used], normals[self._used]
        length = rng.uniform(style.shortest_dm, style.longest_dm) * self._scalp
        if rng.rand() < 0.7 and name != "fur_buzz":  # shorter at the sides
            length = length * (0.45 + 0.55 * smoothstep(7.2, 8.1, root[:, 1]))
        comb = np.zeros(3)
        if name == "fur_short":
            comb = np.array([rng.normal(0, 0.3), -0.35, rng.normal(-0.2, 0.4)])
        heights = (np.arange(style.shells) + 0.5) / style.shells
        shells = [shell(root, normal, length, comb, height, style.curl_dm) for height in heights]
        thresholds = [self._threshold(height, curly=style.curly) for height in heights]
        return self._fur(style, shells, normal, self._triangles, thresholds, colour3(hair_rgb * 1.25), 0.18)

    def varied(
        self, rng: np.random.RandomState, name: str, hair_rgb: Floats, positions: Floats, normals: Floats
    ) -> Part:
        """Fur of version 3, of a style of FUR_STYLES_3: fuller on top, thinner where it fades or recedes."""
        style = FUR_STYLES_3[name]
        root, normal = positions[self._used], normals[self._used]
        if name not in self._grown:
            uv = self._base.render.uv[self._used]
            self._grown[name] = self._scalp * sample(growth(name, self._maps), uv)
        grown = self._grown[name]
        length = rng.uniform(style.shortest_dm, style.longest_dm) * (0.35 + 0.65 * grown)
        sides = rng.uniform(0.3, 0.9) if name != "fur_afro" else rng.uniform(0.75, 1.0)
        length = length * (sides + (1 - sides) * smoothstep(7.2, 8.1, root[:, 1]))
        comb = np.zeros(3)
        if not style.curly:
            forward = rng.choice([-0.5, 0.1, 0.6])
            comb = np.array([rng.normal(0, 0.35), -0.3, forward])
        sparse = {"fur_buzz": 0.06, "fur_receding": 0.1, "fur_horseshoe": 0.08}.get(name, 0.0)
        heights = (np.arange(style.shells) + 0.5) / style.shells
        base, slope = (0.10, 0.62) if style.curly else (0.18 + sparse, 0.7 - sparse)
        thresholds = [base + slope * height**1.3 + (1 - grown) ** 2 * 0.75 for height in heights]
        thresholds = [np.where(grown > 0.04, level, 1.0).clip(0, 1) for level in thresholds]
        used = self._triangles[(grown[self._triangles] > 0.02).any(1)]
        shells = [shell(root, normal, length, comb, height, style.curl_dm) for height in heights]
        return self._fur(style, shells, normal, used, thresholds, colour3(hair_rgb * 1.3), 0.22)

    def _fur(
        self,
        style: FurStyle,
        shells: list[Floats],
        normal: Floats,
        triangles: Ints,
        thresholds: list[Floats],
        tint: tuple[float, float, float],
        specular: float,
    ) -> Part:
        return Part(
            world_from_dm(np.concatenate(shells)),
            np.tile(normal, (style.shells, 1)),
            np.tile(self._base.render.uv[self._used] * style.repeats, (style.shells, 1)),
            np.concatenate([triangles + k * len(normal) for k in range(style.shells)]),
            self._texture(style),
            LABELS["hair"],
            PartKind.FUR,
            threshold=np.concatenate(thresholds),
            tint=tint,
            specular=specular,
            wrap=(0.3, 0.3, 0.3),
        )

    def _threshold(self, height: float, *, curly: bool) -> Floats:
        """Noise level below which a strand has ended at a height 0..1; strands are sparse at the hairline."""
        base, slope = (0.12, 0.6) if curly else (0.22, 0.74)
        level: Floats = np.clip(base + slope * height**1.3 + (1 - self._scalp) ** 2 * 0.55, 0, 1)
        return level

    def _texture(self, style: FurStyle) -> Texture:
        if style.noise not in self._textures:
            self._textures[style.noise] = Texture(_shell_picture(style.noise), f"fur {style.noise}")
        return self._textures[style.noise]


def shell(root: Floats, normal: Floats, length: Floats, comb: Floats, height: float, curl_dm: float) -> Floats:
    """Points [N,3] in dm at a height 0..1 along the strands."""
    reach = length * height
    points = root + normal * (reach + 0.004)[:, None] + comb * (reach * height * 0.9)[:, None]
    phase = [root[:, 1] * 23 + height * 5, root[:, 2] * 21 + height * 4, root[:, 0] * 22 + height * 6]
    shell: Floats = points + np.sin(np.stack(phase, 1)) * curl_dm * height
    return shell


def _shell_picture(name: str) -> Bytes:
    """Tiling noise: red cuts the strands, green shades them. RGB uint8 [512,512,3]."""
    noise = shell_noise()
    clumped = np.clip(noise["clump"] * 0.6 + noise[name] * 0.4, 0, 1)
    return (np.stack([noise[name], clumped, noise["clump"]], -1) * 255).astype(np.uint8)


def shell_noise() -> dict[str, Floats]:
    """Tiling noise with a uniform histogram 0..1, by the size of its clumps: {name: [512,512]}."""
    rng = np.random.RandomState(1)
    middle = slice(_NOISE_PX, 2 * _NOISE_PX)
    tiles: dict[str, Floats] = {}
    for name, sigma_px in _NOISES.items():
        field = np.tile(rng.rand(_NOISE_PX, _NOISE_PX).astype(np.float32), (3, 3))
        ranks = blur(field, sigma_px)[middle, middle].argsort(axis=None).argsort()
        tiles[name] = ranks.reshape(_NOISE_PX, _NOISE_PX) / ranks.size
    return tiles
