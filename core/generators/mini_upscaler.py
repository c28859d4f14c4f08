"""Super-resolution of the bundled generator `mini`: small enough for a CPU, twice or four times the size."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Upscaler(nn.Module):
    """Super-resolution: composited features [B, F, h, w] -> picture over white, doubled once or twice."""

    def __init__(self, features: int, width: int, sharp: int) -> None:
        """Make it.

        Args:
            features: F.
            width: channels of its blocks.
            sharp: channels of the second doubling; 0 leaves it out.
        """
        super().__init__()
        self.read = nn.Conv2d(features + 1, width, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(3))
        self.write = silent(nn.Conv2d(width, 12, 3, padding=1))
        self.sharpen: nn.ModuleList | None = None
        if sharp:
            convolutions = (
                nn.Conv2d(width, 4 * sharp, 3, padding=1),
                nn.Conv2d(sharp + 3, sharp, 3, padding=1),
                nn.Conv2d(sharp, sharp, 3, padding=1),
                silent(nn.Conv2d(sharp, 12, 3, padding=1)),
            )
            self.sharpen = nn.ModuleList(convolutions)

    def doubled(self, features: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
        """Picture [B, 3, 2h, 2w] and what it was made of, [B, width, h, w].

        The residual starts at zero, so that an untrained network is a bilinear upscale.
        """
        base = features[:, :3] + 1 - alpha
        base = F.interpolate(base, scale_factor=2.0, mode="bilinear", align_corners=False)
        x = F.leaky_relu(self.read(torch.cat([features, alpha], 1)), 0.2)
        for block in self.blocks:
            x = x + F.leaky_relu(block(x), 0.2)
        return base + F.pixel_shuffle(self.write(x), 2), x

    def doubled_again(self, picture: Tensor, x: Tensor) -> Tensor:
        """Picture [B, 3, 2h, 2w] and its making [B, width, h, w] -> picture [B, 3, 4h, 4w]."""
        assert self.sharpen is not None
        rise, read, block, write = self.sharpen
        y = F.leaky_relu(F.pixel_shuffle(rise(x), 2), 0.2)
        y = F.leaky_relu(read(torch.cat([y, picture], 1)), 0.2)
        y = y + F.leaky_relu(block(y), 0.2)
        base = F.interpolate(picture, scale_factor=2.0, mode="bilinear", align_corners=False)
        return base + F.pixel_shuffle(write(y), 2)

    def forward(self, features: Tensor, alpha: Tensor) -> Tensor:
        """Features and alpha [B, 1, h, w] -> the largest picture there is."""
        picture, x = self.doubled(features, alpha)
        return picture if self.sharpen is None else self.doubled_again(picture, x)


def silent(convolution: nn.Conv2d) -> nn.Conv2d:
    """The same, answering zero until it is trained."""
    nn.init.zeros_(convolution.weight)
    assert convolution.bias is not None
    nn.init.zeros_(convolution.bias)
    return convolution
