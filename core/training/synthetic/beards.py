"""Beards of version 3: painted stubble under shells of fur on the jaw, labelled as the skin that they grow on."""

from dataclasses import dataclass

import numpy as np

from core.training.synthetic.arrays import Bytes, Floats
from core.training.synthetic.base_mesh import BaseMesh
from core.training.synthetic.hair_fur import shell, shell_noise
from core.training.synthetic.part import Part, PartKind, Texture, colour3, world_from_dm
from core.training.synthetic.pictures import blur, smoothstep
from core.training.synthetic.uv_maps import LABELS, UvMaps, sample

_SHELLS = 14
_REPEATS = 4.6
_SOFT_PX = 12.0  # of a beard's outline
_ON_LIPS = 0.3
_LEAST_GROWTH = 0.06
_COMB = np.array([0.0, -0.55, 0.12])


@dataclass(frozen=True)
class BeardStyle:
    """How a beard looks.

    Attributes:
        painted: density of the stubble on the skin, 0..1.
        shortest_dm: lower end of the random length of its fur; 0 is stubble without fur.
        longest_dm: upper end.
        moustache_only: nothing grows below the mouth.
        chin_only: nothing grows beside the chin and the mouth.
    """

    painted: float
    shortest_dm: float
    longest_dm: float
    moustache_only: bool = False
    chin_only: bool = False


BEARDS: dict[str, BeardStyle] = {
    "stubble": BeardStyle(0.42, 0.0, 0.0),
    "short": BeardStyle(0.66, 0.035, 0.075),
    "full": BeardStyle(0.8, 0.08, 0.2),
    "goatee": BeardStyle(0.72, 0.05, 0.14, chin_only=True),
    "moustache": BeardStyle(0.75, 0.05, 0.1, moustache_only=True),
}


def beard_growth(name: str, maps: UvMaps) -> Floats:
    """Head map 0..1: how densely a beard grows."""
    style, side = BEARDS[name], np.abs(maps.x)
    grown = blur(maps.beard, _SOFT_PX) * smoothstep(0.74, 0.60, side) * (0.35 + 0.65 * smoothstep(6.95, 6.7, maps.y))
    grown = grown * (maps.lips < _ON_LIPS) * smoothstep(0.32, 0.62, maps.z)
    if style.moustache_only:
        grown = grown * smoothstep(6.60, 6.68, maps.y) * smoothstep(0.40, 0.22, side)
    if style.chin_only:
        grown = grown * smoothstep(0.42, 0.2, side + 0.5 * smoothstep(6.55, 6.3, maps.y) * side)
    return grown


class BeardFur:
    """Grows beards on the skin's render vertices."""

    def __init__(self, base: BaseMesh, maps: UvMaps) -> None:
        self._base = base
        self._maps = maps
        self._roots: dict[str, Floats] = {}
        self._picture: Texture | None = None

    def part(
        self, rng: np.random.RandomState, name: str, rgb: Floats, positions: Floats, normals: Floats
    ) -> tuple[list[Part], float]:
        """The fur of a beard of BEARDS (none for stubble) in linear light, and its length in dm."""
        style = BEARDS[name]
        length = float(rng.uniform(style.shortest_dm, style.longest_dm))
        if not style.longest_dm:
            return [], 0.0
        if name not in self._roots:
            self._roots[name] = sample(beard_growth(name, self._maps), self._base.render.uv)
        everywhere = self._base.render.triangles
        rooted = everywhere[(self._roots[name][everywhere] > _LEAST_GROWTH).all(1)]
        used, triangles = np.unique(rooted, return_inverse=True)
        triangles = triangles.reshape(-1, 3)
        grown, root, normal = self._roots[name][used], positions[used], normals[used]
        chin = smoothstep(6.8, 6.45, sample(self._maps.y, self._base.render.uv[used]))
        reach = length * (0.45 + 0.55 * chin) * smoothstep(0.1, 1.0, grown)
        heights = (np.arange(_SHELLS) + 0.5) / _SHELLS
        thresholds = [(0.12 + 0.72 * height**1.1 + 0.7 * (1 - grown) ** 2).clip(0, 1) for height in heights]
        part = Part(
            world_from_dm(np.concatenate([shell(root, normal, reach, _COMB, height, 0.012) for height in heights])),
            np.tile(normal, (_SHELLS, 1)),
            np.tile(self._base.render.uv[used] * _REPEATS, (_SHELLS, 1)),
            np.concatenate([triangles + k * len(root) for k in range(_SHELLS)]),
            self._texture(),
            LABELS["skin"],
            PartKind.FUR,
            threshold=np.concatenate(thresholds),
            tint=colour3(np.maximum(rgb, 0.012) * 1.35),
            specular=0.15,
            wrap=(0.3, 0.3, 0.3),
        )
        return [part], length

    def _texture(self) -> Texture:
        if self._picture is None:
            noise = shell_noise()
            pixels: Bytes = (np.stack([noise["fine"], noise["curl"], noise["clump"]], -1) * 255).astype(np.uint8)
            self._picture = Texture(pixels, "fur beard")
        return self._picture
