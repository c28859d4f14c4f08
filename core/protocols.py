"""What engines promise one another. They meet here and nowhere else.

Shapes: B batch, L latent layers, W latent width, Z noise width, C trigrid channels, D trigrid depth, N points,
F decoded features, h w neural picture, H W finished picture. Pictures are RGB, 0..1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import torch

from core.camera import Camera
from core.field import Field
from core.frame import Frame, Quality
from core.head import Head
from core.progress import Report
from core.trigrid import Trigrid

if TYPE_CHECKING:
    from core.align import Alignment


@dataclass(frozen=True)
class GeneratorInfo:
    """What a generator is and how large its tensors are.

    Attributes:
        name: name in `core.generators.LOADERS`.
        title: name for people.
        licence: licence of the weights.
        commercial: whether that licence lets a person sell what they make.
        latent_count: L, codes of a head, one for each layer.
        latent_size: W, numbers of a code.
        noise_size: Z, numbers of the noise that becomes a code.
        picture_px: side of the finished picture.
        neural_px: side of the rendered feature picture that becomes it.
        box_side: side of the trigrid's cube, world units.
        parts: names of the labels that `label_logits` gives; empty when it gives none.
        extent: half sides (x, y, z) of the region about the origin outside of which a render is empty, whatever the
            field says; None is the box.
        samples: samples a ray of the two passes with which it was trained: what an exact picture takes.
        grid_nodes: nodes along each side of the grid that previews walk; fewer where a point takes long.
        latent_kinds: where its layers do not all speak the same codes, how many in turn do; empty otherwise.
    """

    name: str
    title: str
    licence: str
    latent_count: int
    latent_size: int
    noise_size: int
    picture_px: int
    neural_px: int
    box_side: float
    parts: tuple[str, ...]
    commercial: bool
    extent: tuple[float, float, float] | None = None
    samples: tuple[int, int] = (48, 48)
    grid_nodes: int = 128
    latent_kinds: tuple[int, ...] = ()


class Generator(Protocol):
    """Latents -> field -> features -> picture. Nothing here changes the generator."""

    @property
    def info(self) -> GeneratorInfo:
        """What it is."""
        ...

    def latents(self, noise: torch.Tensor, truncation: float = 0.7) -> torch.Tensor:
        """Latents [B, L, W] of noise [B, Z]; truncation 0 gives the mean head, 1 the full variety."""
        ...

    def mean_latents(self) -> torch.Tensor:
        """Latents [L, W] of the mean head."""
        ...

    def trigrid(self, latents: torch.Tensor) -> Field:
        """Field of one head's latents [L, W]: a trigrid of most generators; differentiable."""
        ...

    def decode(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Raw density [N] and features [N, F] of sampled features [N, C]; the density is softplus(raw - 1)."""
        ...

    def label_logits(self, features: torch.Tensor) -> torch.Tensor | None:
        """Logits [..., parts] of decoded features [..., F], composited or at points; None when it decodes no labels."""
        ...

    def colours(self, features: torch.Tensor) -> torch.Tensor:
        """RGB [..., 3] of decoded features [..., F]."""
        ...

    def picture(self, features: torch.Tensor, alpha: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        """Finished picture [B, 3, H, W] on white.

        Args:
            features: composited along rays, [B, F, h, w].
            alpha: how much of each pixel is head, [B, 1, h, w].
            latents: [B, L, W].
        """
        ...

    def tuned(self, delta: Mapping[str, torch.Tensor]) -> "Generator":
        """A generator whose weights differ from this one's by `delta`; names that are no weight are ignored."""
        ...

    def parameters_to_tune(self) -> dict[str, torch.Tensor]:
        """The weights that pivotal tuning may move, by name."""
        ...


@runtime_checkable
class PlaneGenerator(Generator, Protocol):
    """A generator whose fields are trigrids: what tuning and editing in planes ask for."""

    def planes(self, latents: torch.Tensor) -> torch.Tensor:
        """Planes [B, 3, C, D, H, W] of latents [B, L, W]; differentiable."""
        ...

    def trigrid(self, latents: torch.Tensor) -> Trigrid:
        """Trigrid of one head's latents [L, W]."""
        ...


def _never_stale() -> None:
    """A frame that nothing makes obsolete."""


class Renderer(Protocol):
    """Draws one head. Used by one thread at a time."""

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = _never_stale,
    ) -> Frame:
        """Draw the head.

        Args:
            camera: where from.
            quality: how much work to put in.
            size_px: side of the picture; None is the generator's own.
            stale: called between pieces of the work; raises `Cancelled` when the frame is no longer wanted.
        """
        ...


class Inverter(Protocol):
    """Finds the head in an aligned photo."""

    def invert(
        self,
        alignment: "Alignment",
        generator: Generator,
        report: Report,
        *,
        seed: int = 0,
        seconds: float | None = None,
        steps: int | None = None,
        start: Head | None = None,
    ) -> Head:
        """Find the head.

        Args:
            alignment: the photo's crop, mask and camera.
            generator: whose head it shall be.
            report: told at each step; the first useful head comes as `Progress.result` as soon as it exists.
            seed: the same seed finds the same head.
            seconds: time after which it stops with the best head so far; None has no limit.
            steps: steps after which it stops; None is the method's own number.
            start: a head of the same photo to improve; one of another generator is no help and is ignored.
        """
        ...
