"""A tiny generator that is honest: real trigrid planes, a real decoder, a head that is an ellipsoid.

Channel 0 of the planes sums to `2 - q`, where `q` is 1 on the ellipsoid's surface and 0 at its centre (so the zeros
outside of the box are empty space); channels 1..3 are the world position; 4..6 and 7..9 the colours of skin and hair;
10 the height of the hairline. The decoder turns them into a density, a colour and part logits, all differentiable in
the planes and, through them, in the latents.
"""

from __future__ import annotations

import functools
import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import torch
import torch.nn.functional as F

from core.camera import Camera
from core.head import Head
from core.mask import PARTS
from core.protocols import GeneratorInfo
from core.trigrid import Trigrid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from core.exporters.apart import Arrays
    from core.field import Field
    from core.protocols import Generator
    from core.shown_person import ShownPerson

HALF_AXES = (0.14, 0.2, 0.165)
CENTRE_Y = 0.03
BOX_SIDE = 0.8
CHANNELS, DEPTH, SIDE = 12, 3, 32
SHARPNESS = 400.0
"""Density gained per unit of `1 - q`."""
SKIN, HAIR = (0.85, 0.62, 0.5), (0.25, 0.16, 0.1)
HAIRLINE_Y = 0.13
_SPOTS = {
    # part: centre of a ball on the surface, its radius, its colour
    "eyes": (((0.055, 0.03, 0.15), (-0.055, 0.03, 0.15)), 0.028, (0.2, 0.35, 0.6)),
    "brows": (((0.055, 0.075, 0.145), (-0.055, 0.075, 0.145)), 0.018, (0.2, 0.12, 0.08)),
    "lips": (((0.0, -0.08, 0.137),), 0.035, (0.75, 0.25, 0.3)),
    "nose": (((0.0, -0.02, 0.16),), 0.025, (0.9, 0.6, 0.5)),
    "ears": (((0.14, 0.02, 0.0), (-0.14, 0.02, 0.0)), 0.03, (0.85, 0.55, 0.45)),
}


class TinyGenerator:
    """Implements `core.protocols.Generator` on the CPU in milliseconds; with fewer nodes it is looked at in fewer."""

    def __init__(self, weights: Mapping[str, torch.Tensor] | None = None, *, grid_nodes: int = 128) -> None:
        self.info = GeneratorInfo(
            name="tiny",
            title="Ellipsoid for tests",
            licence="Apache-2.0",
            latent_count=4,
            latent_size=8,
            noise_size=16,
            picture_px=64,
            neural_px=32,
            box_side=BOX_SIDE,
            parts=PARTS,
            commercial=True,
            grid_nodes=grid_nodes,
        )
        self._weights = dict(weights) if weights is not None else _weights()

    def latents(self, noise: torch.Tensor, truncation: float = 0.7) -> torch.Tensor:
        return truncation * (noise @ self._weights["mapping"]).reshape(-1, 4, 8)

    def mean_latents(self) -> torch.Tensor:
        return torch.zeros(4, 8)

    def planes(self, latents: torch.Tensor) -> torch.Tensor:
        """Latent row 0 stretches the axes, row 1 colours the skin, row 2 the hair, row 3 lifts the hairline."""
        knobs = torch.tanh(latents)
        stretch = 1 + 0.15 * knobs[:, 0, :3]
        quadratic = torch.einsum("ba,apdhw->bpdhw", stretch**-2, self._weights["squares"])
        solid = (self._weights["inside"] - quadratic)[:, :, None]
        shape = [*solid.shape[:2], 1, *solid.shape[3:]]
        flat = torch.cat(
            [
                self._weights["skin"] + 0.15 * knobs[:, 1, :3],
                self._weights["hair"] + 0.3 * knobs[:, 2, :3],
                HAIRLINE_Y + 0.05 * knobs[:, 3, :1],
            ],
            dim=1,
        )
        constant = flat[:, None, :, None, None, None].expand(shape[0], 3, 7, *shape[3:])
        position = self._weights["position"].expand(shape[0], -1, -1, -1, -1, -1)
        return torch.cat([solid, position, constant, torch.zeros_like(solid)], dim=2)

    def trigrid(self, latents: torch.Tensor) -> Trigrid:
        return Trigrid(self.planes(latents[None])[0], box_side=BOX_SIDE)

    def decode(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        solid, hairline = features[:, 0], features[:, 10]
        x, y, z = features[:, 1:4].unbind(1)
        raw = 1 + SHARPNESS * (solid - 1)
        # hair: above the hairline, which falls towards the back of the head
        hairiness = 150 * (y - hairline + 0.9 * (0.1 - z).clamp(min=0))
        hair = torch.sigmoid(hairiness)
        colour = torch.lerp(features[:, 4:7], features[:, 7:10], hair[:, None])
        columns = {PARTS.index("skin"): 1 - hair, PARTS.index("hair"): hair}
        for part, (centres, radius, tint) in _SPOTS.items():
            # coordinate by coordinate: torch takes ten times as long for the norm of rows of three
            squared = [(x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2 for a, b, c in centres]
            near = functools.reduce(torch.minimum, squared).clamp(min=1e-12).sqrt()
            share = torch.sigmoid(300 * (radius - near))
            colour = torch.lerp(colour, torch.tensor(tint), share[:, None])
            columns = {column: value * (1 - share) for column, value in columns.items()}
            columns[PARTS.index(part)] = share
        none = torch.zeros(len(features))
        logits = 8 * torch.stack([columns.get(i, none) for i in range(len(PARTS))], dim=1)
        return raw, torch.cat([colour, logits], dim=1)

    def label_logits(self, features: torch.Tensor) -> torch.Tensor | None:
        return features[..., 3:]

    def colours(self, features: torch.Tensor) -> torch.Tensor:
        return features[..., :3].clamp(0, 1)

    def picture(self, features: torch.Tensor, alpha: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        del latents
        rgb = torch.einsum("rc,bchw->brhw", self._weights["to_rgb"], features[:, :3]) + (1 - alpha)
        size = (self.info.picture_px, self.info.picture_px)
        return F.interpolate(rgb, size=size, mode="bilinear", align_corners=False).clamp(0, 1)

    def tuned(self, delta: Mapping[str, torch.Tensor]) -> TinyGenerator:
        weights = {k: w + delta[k] if k in delta else w for k, w in self._weights.items()}
        return TinyGenerator(weights, grid_nodes=self.info.grid_nodes)

    def parameters_to_tune(self) -> dict[str, torch.Tensor]:
        return {name: self._weights[name] for name in ("inside", "skin", "hair", "to_rgb")}


def tiny_head(seed: int = 0, camera: Camera | None = None) -> Head:
    """A head of the tiny generator; seed 0 is the mean one."""
    tiny = TinyGenerator()
    noise = torch.randn(1, tiny.info.noise_size, generator=torch.Generator().manual_seed(seed))
    latents = tiny.latents(noise, truncation=0.7 if seed else 0.0)[0]
    return Head(
        generator="tiny",
        latents=latents,
        camera=camera or Camera.orbit(),
        trigrid=tiny.trigrid(latents),
        seed=seed,
    )


def trigrid_of(head: Head) -> Trigrid:
    """The head's field, which must be a trigrid."""
    assert isinstance(head.trigrid, Trigrid)
    return head.trigrid


class Unshaped:
    """Gives fields no face, and remembers in a list that it was asked: see `core.inverters.formed.Shape`."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    def __call__(
        self,
        generator: Generator,
        field: Field,
        camera: Camera,
        uv: NDArray[np.float64],
        shown: ShownPerson | None = None,
    ) -> Field:
        del generator, camera, uv, shown
        self._asked.append("shaped")
        return field


@contextmanager
def meshes_at_home() -> Iterator[None]:
    """Meshes of tiny heads take no time, unlike a process of their own; that it gives the same is a test of its own."""

    def at_home(function: str, arrays: Arrays, still_wanted: Callable[[], None]) -> Mapping[str, NDArray[Any]]:
        still_wanted()
        module, name = function.split(":")
        made: Mapping[str, NDArray[Any]] = getattr(importlib.import_module(module), name)(**arrays)
        return made

    with pytest.MonkeyPatch.context() as patch:
        for module in ("subject", "stored"):
            patch.setattr(f"core.exporters.{module}.run_apart", at_home)
        yield


def _weights() -> dict[str, torch.Tensor]:
    centres = ((torch.arange(SIDE) + 0.5) / SIDE - 0.5) * BOX_SIDE
    rows, columns = torch.meshgrid(centres, centres, indexing="ij")
    # planes are (x, y), (x, z), (y, z): the first coordinate is the column, the second the row; a point reads the mean
    squares = torch.zeros(3, 3, DEPTH, SIDE, SIDE)
    squares[0, 0] = 3 * (columns / HALF_AXES[0]) ** 2
    squares[1, 0] = 3 * ((rows - CENTRE_Y) / HALF_AXES[1]) ** 2
    squares[2, 1] = 3 * (rows / HALF_AXES[2]) ** 2
    position = torch.zeros(3, 3, DEPTH, SIDE, SIDE)
    position[0, 0] = 3 * columns
    position[0, 1] = 3 * rows
    position[1, 2] = 3 * rows
    generator = torch.Generator().manual_seed(7)
    return {
        "mapping": torch.randn(16, 32, generator=generator) / 4,
        "squares": squares,
        "inside": torch.full((3, DEPTH, SIDE, SIDE), 2.0),
        "position": position,
        "skin": torch.tensor(SKIN),
        "hair": torch.tensor(HAIR),
        "to_rgb": torch.eye(3),
    }
