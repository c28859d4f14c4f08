"""What the encoder learns from: frontal views of synthetic heads, spoilt like photographs, and what is true of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.camera import Camera
from core.errors import VoltefaceError
from core.inverters.encoder_network import AttributeLayout, EncoderNetwork, Glance
from core.training.dataset import finished_heads, is_held_out
from core.training.photo_looks import Sight, photographed
from core.training.synthetic.attributes import ATTRIBUTE_GROUPS, attributes_of_head

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

WIDEST_YAW_RADIANS = math.radians(55)
WIDEST_PITCH_RADIANS = math.radians(30)


@dataclass(frozen=True, eq=False)
class FrontalView:
    """A view that could be a portrait: of which head, which of its pictures, from where (yaw, pitch in radians)."""

    head: int
    number: int
    yaw_pitch: tuple[float, float]


class EncoderHeads:
    """A data set as the encoder sees it.

    Attributes:
        seeds: of the heads, in order.
        folders: of the heads.
        attributes: float32 [heads, A].
        layout: what the attributes are.
        views: every frontal view.

    Raises:
        VoltefaceError: the data hold no held-out head, or none to learn from.
    """

    def __init__(self, *data: Path) -> None:
        """Read data sets, whose seeds must differ."""
        found = {seed: head for folder in data for seed, head in finished_heads(folder).items()}
        held_out = sum(is_held_out(seed) for seed in found)
        if held_out == 0 or held_out == len(found):
            raise VoltefaceError(
                f"{', '.join(map(str, data))} is too small to train an encoder.", "Render at least twenty heads."
            )
        self.seeds, self.folders = list(found), list(found.values())
        described = [attributes_of_head(folder) for folder in self.folders]
        self.attributes = torch.tensor([list(values.values()) for values in described], dtype=torch.float32)
        self.layout = layout_of(tuple(described[0]), self.attributes)
        self._arrays = [
            {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("rgb", "label", "depth")}
            for folder in self.folders
        ]
        self.views = [view for head, folder in enumerate(self.folders) for view in _frontal(head, folder)]

    def sight(self, view: FrontalView) -> Sight:
        """The pictures of a view, mapped from disk."""
        arrays = self._arrays[view.head]
        return Sight(*(arrays[name][view.number] for name in ("rgb", "label", "depth")))

    def split(self) -> tuple[list[FrontalView], list[FrontalView]]:
        """Views to learn from, and those of held-out heads."""
        unseen = [is_held_out(self.seeds[view.head]) for view in self.views]
        pairs = list(zip(self.views, unseen, strict=True))
        return [view for view, out in pairs if not out], [view for view, out in pairs if out]


def _frontal(head: int, folder: Path) -> list[FrontalView]:
    views = []
    for number, pose in enumerate(np.load(folder / "cam2world.npy")):
        camera = Camera(np.asarray(pose, np.float64))
        if abs(camera.yaw_radians) <= WIDEST_YAW_RADIANS and abs(camera.pitch_radians) <= WIDEST_PITCH_RADIANS:
            views.append(FrontalView(head, number, (camera.yaw_radians, camera.pitch_radians)))
    return views


def layout_of(names: tuple[str, ...], attributes: Tensor) -> AttributeLayout:
    """Options by the groups of the recipe; what is only ever 0 or 1, and both, is there or not."""
    choices = []
    for group in ATTRIBUTE_GROUPS:
        members = [index for index, name in enumerate(names) if name.startswith(group + "/")]
        choices.append((members[0], members[-1] + 1))
    options = {index for first, last in choices for index in range(first, last)}
    binary = ((attributes == 0) | (attributes == 1)).all(0) & (attributes.std(0) > 0)
    present = [index for index in range(len(names)) if bool(binary[index]) and index not in options]
    return AttributeLayout(names, tuple(choices), tuple(present))


@dataclass(frozen=True, eq=False)
class Looks:
    """Spoilt pictures as the network's frozen stages see them, the heads [N] they show, their true cameras [N, 2]."""

    glance: Glance
    heads: Tensor
    yaw_pitch: Tensor

    def __getitem__(self, rows: Tensor | slice) -> Looks:
        """Some of them."""
        seen = self.glance
        return Looks(
            Glance(seen.middle[rows], seen.late[rows], seen.tiny[rows]), self.heads[rows], self.yaw_pitch[rows]
        )

    def followed_by(self, others: Looks) -> Looks:
        """These and others."""
        pairs = ((getattr(self.glance, f.name), getattr(others.glance, f.name)) for f in fields(Glance))
        heads, yaw_pitch = (self.heads, others.heads), (self.yaw_pitch, others.yaw_pitch)
        return Looks(Glance(*(torch.cat(pair) for pair in pairs)), torch.cat(heads), torch.cat(yaw_pitch))


def spoilt_looks(
    network: EncoderNetwork, heads: EncoderHeads, views: Sequence[FrontalView], random: np.random.Generator
) -> Looks:
    """The views as photos would show them."""
    pairs = [photographed(heads.sight(view), network.config.picture_px, random) for view in views]
    rgb = torch.from_numpy(np.stack([picture for picture, _ in pairs])).permute(0, 3, 1, 2)
    mask = torch.from_numpy(np.stack([mask for _, mask in pairs]))[:, None]
    device = network.mean.device
    true = torch.tensor([view.yaw_pitch for view in views], dtype=torch.float32, device=device)
    return Looks(network.glance(rgb.to(device), mask.to(device)), torch.tensor([view.head for view in views]), true)
