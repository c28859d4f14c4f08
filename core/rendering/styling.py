"""Pictures in a head's styles: each is drawn from what was composited, by a generator whose weights differ.

Styles lie over each other like glazes: each takes its share of what is below it, where its parts are. Photos and paint
lie under a style, as colours of the surface at the neural size, so that it draws them too; and over the plain picture,
of which a style at half strength leaves half.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from core.rendering.paint import painted
from core.rendering.relief import with_relief

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.edit import Paint, Restyle
    from core.head import Head
    from core.photo_layer import PhotoLayer
    from core.protocols import Generator
    from core.rendering.marching import Composite

COLOURS = 3


@dataclass(frozen=True, eq=False)
class Stylist:
    """Draws one head's composites in its styles.

    Attributes:
        generator: the head's, tuned.
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

    def drawn(self, plain: NDArray[np.uint8], seen: Composite, camera: Camera, size_px: int) -> NDArray[np.uint8]:
        """A picture in the head's styles, uint8 [S, S, 3].

        Args:
            plain: uint8 [S, S, 3], the head's picture without styles, its photos and paint on.
            seen: what was composited, at the generator's neural size.
            camera: of the picture.
            size_px: S.
        """
        coloured = replace(seen, features=self._with_layers(seen, camera))
        picture = torch.from_numpy(plain.astype(np.float32) / 255).movedim(-1, 0)[None]
        for style, artist in self.artists:
            features = coloured.features
            if style.pack.shape:
                shown = style.pack.shape == "shown"
                features = with_relief(features, seen.alpha, seen.depth, camera, shown=shown)
            own = artist.picture(features, seen.alpha, self.head.latents[None].to(features.device)).float().cpu()
            own = (
                F.interpolate(own, (size_px, size_px), mode="bilinear", antialias=True)
                if own.shape[-1] != size_px
                else own
            )
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

    def _with_layers(self, seen: Composite, camera: Camera) -> torch.Tensor:
        """Features whose colours are those of the photos and the paint, where these lie."""
        layers: tuple[PhotoLayer | Paint, ...] = (*self.head.photos, *self.head.paint)
        colours = seen.features[:, :COLOURS]
        # only where colours are features can others take their place
        if not layers or not torch.equal(
            self.generator.colours(seen.features[0].movedim(0, -1)), colours[0].movedim(0, -1)
        ):
            return seen.features
        behind = 1 - seen.alpha
        rgb = ((colours + behind).clamp(0, 1)[0] * 255).round().to(torch.uint8).movedim(0, -1).cpu().numpy()
        along_z = torch.from_numpy(camera.rays(rgb.shape[0], rgb.shape[0])[1] @ camera.forward).view(rgb.shape[:2])
        alpha = seen.alpha[0, 0].cpu().numpy()
        depth = np.where(alpha > 0.5, (seen.depth[0, 0].cpu() * along_z).numpy(), 0).astype(np.float32)
        under = painted(np.ascontiguousarray(rgb), alpha, depth, camera, layers)
        laid = torch.from_numpy(under.astype(np.float32) / 255).movedim(-1, 0)[None].to(colours) - behind
        changed = torch.from_numpy((under != rgb).any(-1)).to(colours.device)
        return torch.cat([torch.where(changed, laid, colours), seen.features[:, COLOURS:]], 1)
