"""What the fusion encoder learns from: seeded pairs of random heads, a part of one pasted on the other, and both plain.

An item is made once and kept: the planes of both heads without their finest level, the published masks of the part (by
gradients, see `core.editors.plane_masks`), what the bundled encoder sees of the pasted head from straight in front, and
renders of both heads from a few sides with the part's outline. A step of the training then renders a single picture.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from core.camera import Camera
from core.editors.fuse import COMPANIONS, SWAPPED, manual_fusion, masking_of, shares_of, source_mask
from core.editors.head_parts import labels_of
from core.editors.localize import Looks, averaged, cameras_of_views, gradient_of_part
from core.editors.plane_masks import edges_of, mask_from_gradient, sized
from core.editors.random_head import random_latents
from core.errors import CheckpointError, VoltefaceError
from core.mask import PARTS
from core.progress import Progress
from core.rendering.marching import march
from core.trigrid import PlaneAxes, Trigrid
from core.whole_file import written_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from core.editors.fuse import Shares
    from core.generators.mini import Mini
    from core.inverters.fusion_encoder import FusionEncoder
    from core.progress import Report

TAKEN = ("hair", "glasses", "hair", "nose", "hair", "mouth", "glasses", "eyes")
"""Parts of the items, in turn."""
SEED = 900_000
"""Of the first wearer; wearers have even seeds and references odd ones."""
VIEWS = ((-60, 5), (-25, 0), (0, 15), (0, -10), (25, 0), (60, 5), (180, 10))
"""Yaw and pitch of the views in which a part is searched, in published degrees: fewer than were published."""
MASK_PX, MASK_RAYS_PX, MASK_SAMPLES = 64, 48, (16, 10)
"""Side of the planes and of the pictures in which it is searched."""
LOOK_PX, LOOK_SAMPLES = 96, (16, 12)
"""Of the picture that the encoder sees, before it is doubled."""
RAYS_PX, SAMPLES = 64, (12, 8)
"""Of the pictures that are compared, before they are doubled."""
SHOWN_SHARE = 0.004
"""Of the frontal picture that a part takes at least, or the next reference is tried."""
EYES_SHARE = 0.001
MOST_TRIES = 80
REFERENCES_STEP = 2
LEAST_REACH_PX = 3
"""By which masks grow and shrink at least: planes without their finest level are coarse, and a band there must be."""
HAZE = 25.0
"""Sum of composited features, without signs, up to which a pixel shows nothing; of a solid one it is about fifty."""


@dataclass(frozen=True, eq=False)
class FusionItem:
    """One pair.

    Attributes:
        part: name.
        source: see `core.editors.fuse`.
        target: likewise.
        mask: [3, 1, D, h, w] where the source is taken, 0..1.
        hidden: [1, H] and
        code: [1, W] what the encoder sees of the pasted head.
        cameras: from the front, and from elsewhere.
        reference: [V, 3, 2r, 2r] the head whose part is taken, from these.
        outlines: [V, 1, 2r, 2r] where it shows the part.
        wearer: [3, 2r, 2r] the other head, from the front.
    """

    part: str
    source: Trigrid
    target: Trigrid
    mask: Tensor
    hidden: Tensor
    code: Tensor
    cameras: tuple[Camera, ...]
    reference: Tensor
    outlines: Tensor
    wearer: Tensor

    def shares(self) -> Shares:
        """The published ones, at the size of the planes."""
        mask = sized(self.mask, self.source.planes.shape[-1])
        edges = edges_of(self.part, mask.shape[-1], self.source.box_side)
        return shares_of(self.part, mask, replace(edges, reach_px=max(LEAST_REACH_PX, edges.reach_px)))

    def pasted(self) -> Trigrid:
        """The pasted head, with seams."""
        return manual_fusion(self.source, self.target, sized(self.mask, self.source.planes.shape[-1]))


def segmenter_of(generator: Mini, part: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Where composited features [1, F, h, w] show a part, [1, 1, h, w]: by the labels that the generator decodes."""
    numbers = torch.tensor([PARTS.index(label) for label in labels_of(part)])

    def found(_picture: Tensor, features: Tensor) -> Tensor:
        logits = generator.label_logits(features.movedim(1, -1))
        assert logits is not None
        # features are premultiplied, and haze has a label too
        solid = features.abs().sum(1, keepdim=True) > HAZE
        return (torch.isin(logits.argmax(-1), numbers)[:, None] & solid).to(features.dtype)

    return found


def sketched(generator: Mini, latents: Tensor) -> Trigrid:
    """The head of latents [L, W] without its finest level."""
    return Trigrid(generator.sketch(latents[None])[0].contiguous(), PlaneAxes.PANOHEAD, generator.info.box_side)


def rendered(generator: Mini, field: Trigrid, camera: Camera) -> tuple[Tensor, Tensor]:
    """A picture [1, 3, 2r, 2r] and its composited features [1, F, r, r]; differentiable in the planes."""
    seen = march(generator, field, camera, RAYS_PX, *SAMPLES)
    return generator.network.upscaler.doubled(seen.features, seen.alpha)[0].clamp(0, 1), seen.features


def frontal_look(generator: Mini, encoder: FusionEncoder, field: Trigrid) -> tuple[Tensor, Tensor]:
    """What the encoder sees of a head from straight in front; see `FusionEncoder.summary`."""
    seen = march(generator, field, Camera.orbit(), LOOK_PX, *LOOK_SAMPLES)
    picture = generator.network.upscaler.doubled(seen.features, seen.alpha)[0].clamp(0, 1)
    alpha = F.interpolate(seen.alpha, picture.shape[-2:], mode="bilinear", align_corners=False)
    return encoder.summary(picture, alpha, generator)


def plane_mask(generator: Mini, field: Trigrid, latents: Tensor, part: str) -> Tensor:
    """The published mask of a part on small planes, [3, 1, D, h, w]; each plane has its own."""
    small = field.with_planes(averaged(field.planes, MASK_PX))
    looks = Looks(cameras_of_views(VIEWS), finished=False, samples=MASK_SAMPLES, neural_px=MASK_RAYS_PX)
    gradient = gradient_of_part(generator, small, latents, segmenter_of(generator, part), looks)
    return mask_from_gradient(gradient, replace(masking_of(part), alone=True))


def make_items(generator: Mini, encoder: FusionEncoder, folder: Path, count: int, report: Report) -> list[Path]:
    """The files of the first `count` items; those that are there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number:04d}.safetensors" for number in range(count)]
    for number, file in enumerate(files):
        report(Progress(number, count, "Pasting heads"))
        if not file.is_file():
            with torch.no_grad():
                _make(generator, encoder, number, file)
    return files


def _make(generator: Mini, encoder: FusionEncoder, number: int, file: Path) -> None:
    part = TAKEN[number % len(TAKEN)]
    own = SEED + REFERENCES_STEP * number
    latents = random_latents(generator, own)
    wearer = sketched(generator, latents)
    least = EYES_SHARE if part == "eyes" else SHOWN_SHARE
    for tried in range(MOST_TRIES):
        seed = own + 1 + tried * 1000 * REFERENCES_STEP
        theirs = random_latents(generator, seed)
        reference = sketched(generator, theirs)
        front, features = rendered(generator, reference, Camera.orbit())
        if float(segmenter_of(generator, part)(front, features).mean()) >= least:
            break
    else:
        raise VoltefaceError(f"None of {MOST_TRIES} random heads shows {part}.", "Train the head model first.")
    pair = [(wearer, latents), (reference, theirs)]
    (source, of_source), (target, of_target) = pair if part in SWAPPED else pair[::-1]
    mask, companion = plane_mask(generator, source, of_source, part), None
    if part in COMPANIONS:
        companion = plane_mask(generator, target, of_target, COMPANIONS[part])
    mask = source_mask(part, mask, companion)
    random = np.random.default_rng(number)
    side = math.radians(float(random.uniform(25, 80)) * (1 if random.random() < 1 / 2 else -1))
    angles = [(0.0, 0.0), (side, float(random.normal(0, 0.1))), *([(math.pi + side, 0.1)] if part == "hair" else [])]
    cameras = [Camera.orbit(*pair) for pair in angles]
    shown = [rendered(generator, reference, camera) for camera in cameras]
    outlines = [
        F.interpolate(segmenter_of(generator, part)(picture, seen), picture.shape[-2:]) for picture, seen in shown
    ]
    size = source.planes.shape[-1]
    hidden, code = frontal_look(generator, encoder, manual_fusion(source, target, sized(mask, size)))
    tensors = {
        "source": source.planes,
        "target": target.planes,
        "mask": mask,
        "hidden": hidden,
        "code": code,
        "reference": torch.cat([picture for picture, _ in shown]),
        "outlines": torch.cat(outlines),
        "wearer": rendered(generator, wearer, cameras[0])[0][0],
    }
    described = {"part": part, "seeds": [own, seed], "angles": angles}
    halves = {name: value.detach().half().contiguous() for name, value in tensors.items()}
    with written_whole(file) as stream:
        stream.write(save(halves, {"fusion": json.dumps(described)}))


def read_item(file: Path, generator: Mini) -> FusionItem:
    """An item that `make_items` wrote.

    Raises:
        CheckpointError: the file is damaged or of something else.
    """
    try:
        with safe_open(file, framework="pt") as data:
            described = json.loads((data.metadata() or {})["fusion"])
            tensors = {name: data.get_tensor(name).float() for name in data.keys()}  # noqa: SIM118 - not a dict
        cameras = tuple(Camera.orbit(yaw, pitch) for yaw, pitch in described["angles"])
        box = generator.info.box_side
        source, target = (Trigrid(tensors.pop(name), PlaneAxes.PANOHEAD, box) for name in ("source", "target"))
        return FusionItem(part=described["part"], source=source, target=target, cameras=cameras, **tensors)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file} is no pair to learn fusion from.", "Delete it; it is made again.") from error
