"""A style: how a generator's weights differ when it draws in it, and where that comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Making = Literal["distilled", "fitted to drawings", "drawn"]
"""A diffusion prior taught it, or pictures that a program drew of the generator's own; or the program draws itself."""
Shape = Literal["", "told", "shown"]


def fingerprint(generator: str, weights: Mapping[str, torch.Tensor]) -> str:
    """Tells a generator's weights from those of another version of it: 16 hexadecimal digits.

    Args:
        generator: its name.
        weights: those that it lets be tuned.
    """
    digest = hashlib.sha256(generator.encode())
    for name, value in sorted(weights.items()):
        digest.update(name.encode() + value.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, eq=False)
class StylePack:
    """A style of one generator. Tensors are never written in place.

    Attributes:
        name: short and unique, lower case, as typed: "pencil".
        title: for people: "Pencil sketch".
        made: how.
        generator: name of the generator.
        fingerprint: of its weights, see `fingerprint`.
        delta: differences of its weights, by name.
        preview: uint8 [P, P, 3].
        licence: of the style.
        prompt: what the prior was told; of fitted packs, what the drawings are.
        prior: name of the prior; empty for fitted packs.
        preset: numbers with which it was distilled; empty for fitted packs.
        artist: who draws it, a key of `core.drawing.styles.STYLES`; empty where a delta does. A drawn style
            has no delta, and heads of any generator may wear it.
        tint: red, green, blue, 0..1, of the material that a drawing is made of; None is its own.
        shape: whether its super-resolution is told the shape, and shown it instead of the colours; empty is neither.
            See `core.rendering.relief`.
    """

    name: str
    title: str
    made: Making
    generator: str
    fingerprint: str
    delta: Mapping[str, torch.Tensor]
    preview: NDArray[np.uint8]
    licence: str
    prompt: str = ""
    prior: str = ""
    preset: str = ""
    shape: Shape = ""
    artist: str = ""
    tint: tuple[float, float, float] | None = None

    def is_for(self, generator: str) -> bool:
        """Whether heads of a generator may wear it: an artist draws them all."""
        return bool(self.artist) or self.generator == generator

    @property
    def facts(self) -> tuple[str, ...]:
        """All but the tensors and the picture."""
        of_making = (self.made, self.prompt, self.prior, self.preset, self.shape)
        tint = "" if self.tint is None else ",".join(f"{part:.4f}" for part in self.tint)
        names = (self.name, self.title, self.generator, self.fingerprint, self.licence)
        return (*names, *of_making, self.artist, tint)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StylePack):
            return NotImplemented
        if self is other:
            return True
        return (
            self.facts == other.facts
            and np.array_equal(self.preview, other.preview)
            and self.delta.keys() == other.delta.keys()
            and all(torch.equal(value, other.delta[name]) for name, value in self.delta.items())
        )

    def __hash__(self) -> int:
        return hash(self.facts)
