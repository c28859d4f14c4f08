"""Pictures in a head's styles: each is drawn from what was composited, by a generator whose weights differ.

Styles lie over each other like glazes: each takes its share of what is below it, where its parts are. Photos and paint
lie on the plain picture, of which a style at half strength leaves half; and brought to the neural size they are the
colours that a style begins with, so that it draws them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from core.device import moved
from core.rendering.relief import with_relief

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.edit import Restyle
    from core.head import Head
    from core.protocols import Generator
    from core.rendering.marching import Composite

COLOURS = 3
OVER_PX = 3
"""Window over the neural picture by which lines may go beyond the head's outline."""
CALMING = (1 / 6, 4 / 6, 1 / 6)
"""What was tuned to a photo is rough from pixel to pixel, and styles were taught on heads that are not."""
EDGE = 3.0
"""How steeply a style ends there."""


@dataclass(frozen=True, eq=False)
class Stylist:
    """Draws one head's composites in its styles.

    Attributes:
        generator: the head's, without its tuning: that is made for one photo's colours and not for a style.
        head: with styles.
        artists: the generator as each style has it, in their order.
    """

    generator: Generator
    head: Head
    artists: tuple[tuple[Restyle, Generator], ...]

    @staticmethod
    def of(generator: Generator, head: Head) -> Stylist | None:
        """None where the head has no styles."""
        if not head.styles:
            return None
        return Stylist(generator, head, tuple((one, generator.tuned(one.pack.delta)) for one in head.styles))

    def on_processor(self, head: Head) -> Stylist:
        """The same on the processor."""
        return Stylist(
            moved(self.generator, "cpu"), head, tuple((one, moved(artist, "cpu")) for one, artist in self.artists)
        )

    def drawn(self, plain: NDArray[np.uint8], seen: Composite, camera: Camera, size_px: int) -> NDArray[np.uint8]:
        """A picture in the head's styles, uint8 [S, S, 3].

        Args:
            plain: uint8 [S, S, 3], the head's picture without styles, its photos and paint on.
            seen: what was composited, at the generator's neural size.
            camera: of the picture.
            size_px: S.
        """
        picture = torch.from_numpy(plain.astype(np.float32) / 255).movedim(-1, 0)[None]
        coloured = self._with_layers(seen, picture)
        if self.head.delta:
            coloured = calmed(coloured)
        # what is drawn far from the head is no part of it
        paper = F.max_pool2d(seen.alpha.float().cpu(), OVER_PX, 1, OVER_PX // 2).mul(EDGE).clamp(max=1)
        paper = F.interpolate(paper, (size_px, size_px), mode="bilinear", align_corners=False)
        for style, artist in self.artists:
            features = coloured
            if style.pack.shape:
                shown = style.pack.shape == "shown"
                features = with_relief(features, seen.alpha, seen.depth, camera, shown=shown)
            own = artist.picture(features, seen.alpha, self.head.latents[None].to(features.device)).float().cpu()
            if style.pack.shape:
                own = without_lattice(own, own.shape[-1] // features.shape[-1])
            if own.shape[-1] != size_px:
                own = F.interpolate(own, (size_px, size_px), mode="bilinear", antialias=True)
            own = 1 - paper * (1 - own)
            picture = torch.lerp(picture, own, self._share(style, seen, size_px) * min(1.0, max(0.0, style.strength)))
        rgb: NDArray[np.uint8] = (picture[0].clamp(0, 1) * 255).round().to(torch.uint8).movedim(0, -1).numpy()
        return np.ascontiguousarray(rgb)

    def _share(self, style: Restyle, seen: Composite, size_px: int) -> torch.Tensor:
        """Where a style's parts are, [1, 1, S, S], 0..1."""
        parts = self.generator.info.parts
        logits = self.generator.label_logits(
            seen.features[0].movedim(0, -1) / seen.alpha[0, 0, ..., None].clamp(min=1e-3)
        )
        if not style.region or logits is None:
            return torch.ones(1, 1, 1, 1)
        chosen = [number for number, part in enumerate(parts) if part in style.region]
        share = logits.float().softmax(-1)[..., chosen].sum(-1) * (seen.alpha[0, 0] > 0)
        return F.interpolate(share[None, None].cpu(), (size_px, size_px), mode="bilinear", align_corners=False)

    def _with_layers(self, seen: Composite, plain: torch.Tensor) -> torch.Tensor:
        """Features whose colours are those of the plain picture, if photos or paint lie on it."""
        colours = seen.features[:, :COLOURS]
        # only where colours are features can others take their place
        own = self.generator.colours(seen.features.movedim(1, -1)).movedim(-1, 1)
        if not (self.head.photos or self.head.paint) or not torch.equal(own, colours):
            return seen.features
        small = F.interpolate(plain, seen.alpha.shape[-2:], mode="bilinear", antialias=True, align_corners=False)
        return torch.cat([small.to(colours) - (1 - seen.alpha), seen.features[:, COLOURS:]], 1)


def calmed(features: torch.Tensor) -> torch.Tensor:
    """Features [B, F, h, w], all but the colours smoothed a little."""
    line = features.new_tensor(CALMING)
    count = features.shape[1] - COLOURS
    window = (line[:, None] * line).expand(count, 1, len(line), len(line))
    padded = F.pad(features[:, COLOURS:], (1, 1, 1, 1), mode="replicate")
    return torch.cat([features[:, :COLOURS], F.conv2d(padded, window, groups=count)], 1)


def without_lattice(picture: torch.Tensor, scale: int) -> torch.Tensor:
    """A picture [B, 3, H, W] without what repeats at every pixel of the neural picture, `scale` times as coarse.

    Each pixel's finer ones are drawn apart from each other; on a head that is unlike those of the lessons they differ
    by a constant pattern. A mean as wide as the pattern has none of it, and drawings are no finer than that.
    """
    if scale < 2:
        return picture
    line = picture.new_ones(scale)
    line = F.conv1d(line[None, None], picture.new_ones(1, 1, 2), padding=1)[0, 0]  # odd, so that nothing is shifted
    line = line / line.sum()
    reach = len(line) // 2
    window = (line[:, None] * line).expand(picture.shape[1], 1, len(line), len(line))
    return F.conv2d(F.pad(picture, (reach,) * 4, mode="replicate"), window, groups=picture.shape[1])
