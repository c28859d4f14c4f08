"""The steps of the published fusion, told apart as in the paper's Table 5.3: pasted, masked well, mended.

*Naive* pastes every cell of the planes that any pixel of the part depends on. *Post-processing* makes the published
mask of the same gradients. *Implicit fusion* grows and shrinks it, and fills the band between with what the generator
draws of the bundled encoder's latents; the last step asks the encoder that was trained for fusion instead. Masks are
told by the labels that the generator decodes, in fewer views than were published. Of glasses only what they add to the
reference's planes is taken once there is a mask, as published: the wearer keeps his eyes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from core.editors.fuse import (
    COMPANIONS,
    SWAPPED,
    final_fusion,
    guided_fusion,
    implicit_fusion,
    manual_fusion,
    masking_of,
    shares_of,
    source_mask,
)
from core.editors.localize import averaged, gradient_of_part, quick_looks
from core.editors.plane_masks import edges_of, mask_from_gradient, sized
from core.editors.plane_taking import PlaneHead
from core.editors.random_head import random_latents
from core.errors import CheckpointError
from core.evaluation.edited_views import compared, views_of
from core.evaluation.figures import Cell, Part
from core.evaluation.pair_log import PairRecord
from core.evaluation.pictures import identity_between, identity_of
from core.generators.bareness import latents_without
from core.generators.mini import Mini
from core.inverters.encoder import bundled_encoder
from core.inverters.fusion_encoder import FusionEncoder, bundled_fusion_encoder
from core.progress import Progress
from core.training.fusion_items import segmenter_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from torch import Tensor

    from core.evaluation.edit_pairs import Pair
    from core.evaluation.pair_log import PairLog
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator
    from core.trigrid import Trigrid

NAIVE, MASKED, IMPLICIT, TUNED = "naive", "+ post-processing", "+ implicit fusion", "+ fine-tuned encoder"
STEPS = (NAIVE, MASKED, IMPLICIT, TUNED)
SEARCH_PX = 64
"""Side of the planes in which a part is searched."""
SAMPLES = (24, 16)
"""Of the picture that encoders are shown."""


def published_steps(generator: Mini, pair: Pair, part: str) -> Iterator[tuple[str, Trigrid]]:
    """The wearer's planes after each of `STEPS`, by name; the last is missing where no fusion encoder is bundled."""
    wearer, reference = (PlaneHead.of(generator, head, "") for head in (pair.wearer, pair.reference))
    source, target = (wearer, reference) if part in SWAPPED else (reference, wearer)
    companion = COMPANIONS.get(part)
    on_source = _gradient(generator, source, part)
    on_target = None if companion is None else _gradient(generator, target, companion)
    side = source.planes.planes.shape[-1]

    def mask_of(touched: Tensor, other: Tensor | None) -> Tensor:
        return sized(source_mask(part, touched, other), side)

    with torch.no_grad():
        touched = [None if one is None else (one != 0).any(1, keepdim=True).float() for one in (on_source, on_target)]
        assert touched[0] is not None
        yield NAIVE, manual_fusion(source.planes, target.planes, mask_of(touched[0], touched[1]))
        ours = mask_from_gradient(on_source, replace(masking_of(part), alone=True))
        theirs = None
        if on_target is not None and companion is not None:
            theirs = mask_from_gradient(on_target, replace(masking_of(companion), alone=True))
        mask = mask_of(ours, theirs)
        if part == "glasses":
            plain = generator.trigrid(latents_without(generator, source.latents, part))
            pasted = guided_fusion(source.planes, plain, target.planes, mask)
        else:
            pasted = manual_fusion(source.planes, target.planes, mask)
        yield MASKED, pasted
        shares = shares_of(part, mask, edges_of(part, side, source.planes.box_side))
        for name, encoder in _encoders(generator).items():

            def encode(picture: Tensor, alpha: Tensor, encoder: FusionEncoder = encoder) -> Tensor:
                return encoder.latents(picture, alpha, generator)

            implicit = implicit_fusion(generator, pasted, source.latents, encode, samples=SAMPLES)
            yield name, final_fusion(shares, source.planes, implicit, target.planes, pasted)


def _gradient(generator: Mini, head: PlaneHead, part: str) -> Tensor:
    small = head.planes.with_planes(averaged(head.planes.planes, SEARCH_PX))
    looks = replace(quick_looks(all_round=True), plane_px=None)
    return gradient_of_part(generator, small, head.latents, segmenter_of(generator, part), looks)


def _encoders(generator: Mini) -> Mapping[str, FusionEncoder]:
    plain, tuned = bundled_encoder(generator.info.name), bundled_fusion_encoder(generator.info.name)
    if plain is None or plain.offsets is None:
        raise CheckpointError(f"{generator.info.title} has no encoder.", "Make one with `volteface train encoder`.")
    found = {IMPLICIT: FusionEncoder(plain.network, plain.offsets)}
    return found if tuned is None else found | {TUNED: tuned}


def as_generated(generator: Mini, head: Head) -> Head:
    """A head as its planes alone show it: the published way knows no glasses, hair or skin drawn over them."""
    planes = PlaneHead.of(generator, head, "").planes
    return replace(head, trigrid=planes, photos=(), strands=None, face=None, eyewear=None)


def with_its_glasses(generator: Mini, head: Head, seed: int) -> Head:
    """A random head with its glasses in its planes, from which `random_head` takes them."""
    latents = random_latents(generator, seed)
    return as_generated(generator, replace(head, latents=latents, trigrid=generator.trigrid(latents)))


def measured_steps(generator: Mini, pair: Pair, part: str) -> PairRecord:
    """What each step changed, and how much of the part arrived."""
    wearer, reference = (as_generated(generator, head) for head in (pair.wearer, pair.reference))
    if part == "glasses":
        reference = with_its_glasses(generator, pair.reference, pair.names[1])
    pair = replace(pair, wearer=wearer, reference=reference)
    before, theirs = views_of(generator, wearer), views_of(generator, reference)
    face = identity_of(before[0].rgb)
    rows = {}
    for name, planes in published_steps(generator, pair, part):
        after = views_of(generator, replace(wearer, trigrid=planes))
        rows[name] = compared(before, after, theirs, part), identity_between(face, identity_of(after[0].rgb))
    return PairRecord(pair.names, rows)


def published_ablation(
    generator: Generator, pairs: Mapping[str, Iterable[Pair]], words: str, report: Report, log: PairLog, name: str
) -> Part:
    """The table of the steps, over the pairs of each part; those in the log are not measured again.

    Raises:
        CheckpointError: the generator is not the bundled one, or has no encoder.
    """
    if not isinstance(generator, Mini):
        raise CheckpointError("The published steps are told apart on the bundled model only.", "Leave them out.")
    cells: list[Cell] = []
    for part, wanted in pairs.items():
        records = log.records(f"{name} {part}")
        for pair in wanted:
            report(Progress(len(records), 0, f"Published {part} of {pair.names[1]} on {pair.names[0]}"))
            records.append(measured_steps(generator, pair, part))
            log.add(f"{name} {part}", records[-1])
        for step in STEPS:
            found = [record.rows[step] for record in records if step in record.rows]
            row = f"{part}: {step}"
            cells += Cell.of(row, "SSIM outside", [change.ssim for change, _ in found])
            cells += Cell.of(row, "on the head only", [change.ssim_on_head for change, _ in found])
            cells += Cell.of(row, "L2 outside", [change.squared for change, _ in found])
            cells += Cell.of(row, "LPIPS inside (VGG)", [change.lpips for change, _ in found])
            cells += Cell.of(row, "label IoU", [change.iou for change, _ in found])
            cells += Cell.of(row, "identity kept (dlib)", [identity for _, identity in found])
    remark = "A mask of gradients reaches through the head, so the published way changes more than labels in 3D do."
    return Part(f"The published way, step by step: {words}; mean ± deviation", tuple(cells), (remark,))
