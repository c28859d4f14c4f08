"""The network of `core.inverters.encoder`: photo of a head -> its attributes, camera, and a summary for what is left.

EfficientNet-Lite0 looks at the picture; two of its stages, with their places in the picture kept, the tiny picture
itself are summed up in one hidden vector, from which all answers are affine. The
trunk is, but for its last group, as it was trained on photographs: it describes photos and renders alike. Its weights
are those of `core.perception.efficientnet`, not stored again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.perception.efficientnet import SCALE, SHIFT, STAGE_CHANNELS, load_efficientnet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MIDDLE_GROUPS, FROZEN_GROUPS = 5, 6
"""Groups of the trunk's blocks, after the stem, to 1/16 of the size, and all that stay as they were trained."""
CHUNK = 8
"""Pictures that go through the frozen stages together: larger blocks of memory cost more than they save."""
DECISIVENESS = 4
"""Power to which the chances of exclusive options are raised."""
PRESENT_ABOVE = 0.4
"""Chance above which something is there."""


@dataclass(frozen=True)
class AttributeLayout:
    """What each number of an attribute vector is.

    Attributes:
        names: of all A attributes.
        choices: exclusive options, each group as (first, last + 1).
        present: indices of what is there or not. All others are quantities.
    """

    names: tuple[str, ...]
    choices: tuple[tuple[int, int], ...]
    present: tuple[int, ...]

    @property
    def quantities(self) -> tuple[int, ...]:
        """Indices of what is neither an option nor a yes or no."""
        others = {index for first, last in self.choices for index in range(first, last)} | set(self.present)
        return tuple(index for index in range(len(self.names)) if index not in others)

    def expected(self, answers: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
        """Attributes [B, A] from the network's answers [B, A]: quantities in units of their deviation, else logits."""
        attributes = answers * deviation + mean
        for first, last in self.choices:
            attributes[:, first:last] = answers[:, first:last].softmax(dim=1)
        present = list(self.present)
        attributes[:, present] = answers[:, present].sigmoid()
        return attributes

    def decided(self, attributes: Tensor) -> Tensor:
        """Attributes of one plausible head: half a pair of glasses, or a third of each hair style, is none."""
        decided = attributes.clone()
        for first, last in self.choices:
            share = attributes[:, first:last].clamp(min=1e-3) ** DECISIVENESS
            decided[:, first:last] = share / share.sum(dim=1, keepdim=True)
        present = list(self.present)
        decided[:, present] = (attributes[:, present] > PRESENT_ABOVE).float()
        return decided


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes; stored beside the weights.

    Attributes:
        picture_px: side of the picture that the network looks at, a multiple of 32.
        tiny_px: side of the picture that is handed on as it is, for colours and outlines.
        middle: channels to which the stage at 1/16 is narrowed.
        last: the same of the stage at 1/32.
        hidden: width of the summary.
    """

    picture_px: int = 160
    tiny_px: int = 12
    middle: int = 32
    last: int = 96
    hidden: int = 384

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, int]) -> EncoderConfig:
        """Inverse of `to_json`."""
        return cls(**values)


@dataclass(frozen=True, eq=False)
class Glance:
    """What is seen of pictures before anything that was trained here.

    Attributes:
        middle: [B, 112, S/16, S/16] the trunk's stage at 1/16.
        late: [B, 192, S/32, S/32] before the trunk's last group.
        tiny: [B, 4, t, t] picture and mask, small.
    """

    middle: Tensor
    late: Tensor
    tiny: Tensor


class EncoderNetwork(nn.Module):
    """See the module.

    Buffers:
        mean, deviation [A]: of the attributes in the training data.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: EncoderConfig, layout: AttributeLayout) -> None:
        """With the trunk as it was trained on photographs, and new layers after it."""
        super().__init__()
        self.config, self.layout = config, layout
        trunk = load_efficientnet().to(memory_format=torch.channels_last)
        self._stem = [trunk.stem, *trunk.groups[:FROZEN_GROUPS]]  # in a list: neither stored nor trained
        for part in self._stem:
            part.requires_grad_(requires_grad=False)
        self.groups = trunk.groups[FROZEN_GROUPS:]
        middle_px, last_px = config.picture_px // 16, config.picture_px // 32
        self.middle = nn.Conv2d(STAGE_CHANNELS[3], config.middle, 1)
        self.last = nn.Conv2d(STAGE_CHANNELS[4], config.last, 1)
        size = config.middle * middle_px**2 + config.last * last_px**2 + STAGE_CHANNELS[4]
        self.summary = nn.Linear(size + 4 * config.tiny_px**2, config.hidden)
        self.norm = nn.LayerNorm(config.hidden)
        self.answers = nn.Linear(config.hidden, len(layout.names))
        self.angles = nn.Linear(config.hidden, 2)
        self.trust = nn.Parameter(torch.zeros(2))  # logit of the share that the network's own angles have
        for part in (self.answers, self.angles):
            nn.init.normal_(part.weight, std=0.02)
            nn.init.zeros_(part.bias)
        self.register_buffer("mean", torch.zeros(len(layout.names)))
        self.register_buffer("deviation", torch.ones(len(layout.names)))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> EncoderNetwork:
        """Where the network goes its frozen stages go, although they are not among its parts."""
        for part in self._stem:
            part._apply(fn, recurse)
        moved: EncoderNetwork = super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return moved

    def glance(self, rgb: Tensor, mask: Tensor) -> Glance:
        """Look at pictures; no gradients.

        Args:
            rgb: [B, 3, S, S] the person on white, 0..1.
            mask: [B, 1, S, S].
        """
        with torch.no_grad():
            middle, late = [], []
            for some in rgb.contiguous(memory_format=torch.channels_last).split(CHUNK):
                x = F.relu6(self._stem[0]((some - SHIFT) / SCALE))
                for group in self._stem[1 : MIDDLE_GROUPS + 1]:
                    x = group(x)
                middle.append(x)
                for group in self._stem[MIDDLE_GROUPS + 1 :]:
                    x = group(x)
                late.append(x)
            tiny = F.interpolate(torch.cat([rgb, mask], 1), (self.config.tiny_px,) * 2, mode="area")
            return Glance(torch.cat(middle), torch.cat(late), tiny)

    def hidden(self, glance: Glance, drop: float = 0.0) -> Tensor:
        """The summary [B, H] of B pictures; `drop` is the share of what is summed up that is left out in training."""
        middle = F.relu(self.middle(glance.middle))
        x = glance.late
        for group in self.groups:
            x = group(x)
        last = F.relu(self.last(x))
        parts = [middle.flatten(1), last.flatten(1), x.mean((2, 3)), 2 * glance.tiny.flatten(1) - 1]
        whole = F.dropout(torch.cat(parts, 1), drop, training=drop > 0)
        return F.gelu(self.norm(self.summary(whole)))

    def yaw_pitch(self, hidden: Tensor) -> Tensor:
        """Yaw and pitch of the cameras [B, 2] as the summaries [B, H] alone tell them, radians."""
        angles: Tensor = 0.3 * self.angles(hidden)
        return angles

    def turn(self, hidden: Tensor, found: Tensor) -> Tensor:
        """By how much the cameras [B, 2] that alignment found should turn: part of the way to `yaw_pitch`, radians."""
        return torch.sigmoid(self.trust) * (self.yaw_pitch(hidden) - found)

    def attributes(self, answers: Tensor) -> Tensor:
        """Expected attributes [B, A] of answers [B, A]."""
        return self.layout.expected(answers, self.mean, self.deviation)
