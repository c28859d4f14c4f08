"""A head: what an inverter found, and all that is needed to draw it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import torch

from core.camera import Camera
from core.edit import Paint, Restyle
from core.eyewear import Eyewear
from core.face_detail import FaceDetail
from core.field import Field
from core.hair_strands import HairStrands
from core.making import Making
from core.mask import Mask
from core.mouth_inside import MouthInside
from core.photo_layer import PhotoLayer


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """A head in one generator's world. Tensors are never written in place.

    Attributes:
        generator: name in `core.generators.LOADERS`.
        latents: float32 [L, W], one code for each layer.
        delta: tuned weights as differences from the generator's own, by parameter name; "trigrid" is an offset of the
            planes, [3, C, D, H, W].
        camera: the photo's camera.
        trigrid: the field that latents and delta give: planes, or for a generator that has none a field of its own
            kind, such as `core.siren_field.SirenField`.
        seed: seed of the search that found it.
        method: name in `core.inverters` of what found it; empty for a sampled head.
        visibility: what the photo saw, or None.
        photos: laid on its surface, first to last; all that renders show of them goes through `core.rendering.paint`.
        paint: laid over that, first to last.
        styles: in which it is drawn, first to last; they draw photos and paint too.
        strands: what its hair looks like close by, under the photos; None leaves hair as the generator draws it.
        face: fine detail that is drawn on its eyes, brows, lips and skin, under the photos; None draws none.
        mouth: what is seen between lips that were opened; None where none were.
        eyewear: glasses that it wears over all that, as shapes; None leaves those that its field may show.
        making: what it took to make it; None where that is not known. Heads that differ in this alone are equal.
    """

    generator: str
    latents: torch.Tensor
    camera: Camera
    trigrid: Field
    delta: Mapping[str, torch.Tensor] = field(default_factory=lambda: MappingProxyType({}))
    seed: int = 0
    method: str = ""
    visibility: Mask | None = None
    photos: tuple[PhotoLayer, ...] = ()
    paint: tuple[Paint, ...] = ()
    styles: tuple[Restyle, ...] = ()
    strands: HairStrands | None = None
    face: FaceDetail | None = None
    mouth: MouthInside | None = None
    eyewear: Eyewear | None = None
    making: Making | None = None

    def __post_init__(self) -> None:
        if self.latents.ndim != 2 or self.latents.dtype != torch.float32:
            raise ValueError(f"latents must be float32 [L, W], not {self.latents.dtype} {list(self.latents.shape)}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Head):
            return NotImplemented
        return (
            (self.generator, self.camera, self.seed, self.method, self.visibility, self.photos, self.paint)
            == (other.generator, other.camera, other.seed, other.method, other.visibility, other.photos, other.paint)
            and torch.equal(self.latents, other.latents)
            and self.strands == other.strands
            and self.face == other.face
            and self.styles == other.styles
            and self.mouth == other.mouth
            and self.eyewear == other.eyewear
            and self.trigrid == other.trigrid
            and self.delta.keys() == other.delta.keys()
            and all(torch.equal(value, other.delta[name]) for name, value in self.delta.items())
        )

    def __hash__(self) -> int:
        return hash((self.generator, self.camera, self.seed, self.method))
