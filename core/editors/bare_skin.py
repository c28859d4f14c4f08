"""What was hidden under a part, in the skin of who wore it.

A bare head is made up by the generator: it was not tuned to a photo, and hair tells on the tones of its face. One
affine map of its features gives its face the wearer's colours, and what lay hidden no other tones than his face has.
Where a head that was to be bald still has some hair, at the nape and before the ears, another map makes that skin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.editors.head_parts import HeadParts
from core.editors.node_sets import grown
from core.editors.recolouring import CALM, FREE, remap_to, some_of
from core.grafted_field import RemappedField
from core.mask import PARTS
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from torch import Tensor

    from core.field import Field
    from core.grafted_field import Volume
    from core.protocols import Generator

RANGE = (0.10, 0.95)
"""Quantiles of the colours of a face between which hidden skin lies."""
RIND = 0.015
"""Depth under the surface at which hidden skin is looked for, world units."""
HIDDEN_SHARE = 0.5
"""How many hidden places count, beside those of the face."""
SHADES = (0.9, 1.06)
"""Of a scalp, as shares of its tone."""
NODES, FEWEST, AROUND = 64, 8, 3
"""Of the grid on which hair is looked for that is left, of hair that is worth a map, and by which that is widened."""


def in_wearers_skin(generator: Generator, bare: Field, parts: HeadParts, base: Field, room: Volume) -> Field:
    """A bare head in the wearer's own skin; as it is where the wearer shows too little of his.

    Args:
        generator: decodes both, with the wearer's tuning.
        bare: the same person without a part, as the generator makes it up.
        parts: the wearer's.
        base: the wearer's field.
        room: where the bare head will be seen.
    """
    points = some_of(parts.points("skin", "nose", "ears"))
    if not len(points):
        return bare
    wanted = generator.colours(generator.decode(sampler_of(base)(points))[1])
    features = sampler_of(bare)(points)
    raw, decoded = generator.decode(features)
    solid = raw > 0
    if int(solid.sum()) < len(points) // 4:
        return bare
    seen = generator.colours(decoded)
    shift = wanted[solid].mean(0) - seen[solid].mean(0)
    features, tones = features[solid], (seen[solid] + shift).clamp(0, 1)
    below = _below(generator, bare, some_of(parts.at_nodes(room.weights > 0.5)))
    if len(below):
        below = below[:: max(1, round(len(below) / (HIDDEN_SHARE * len(features))))]
        low, high = wanted.quantile(torch.tensor(RANGE, device=wanted.device), dim=0)
        hidden = generator.colours(generator.decode(below)[1]) + shift
        features, tones = torch.cat([features, below]), torch.cat([tones, hidden.clamp(low, high)])
    with torch.enable_grad():
        remap = remap_to(generator, features, tones, calm=CALM)
    return RemappedField(bare, remap.matrix, remap.offset)


def _below(generator: Generator, bare: Field, points: Tensor) -> Tensor:
    """Features [M, C] of those of some points [N, 3] that lie right under the surface of a bare head."""
    read = sampler_of(bare)
    features = read(points)
    outside = points * (1 + RIND / points.norm(dim=1, keepdim=True).clamp(min=RIND))
    rind = (generator.decode(features)[0] > 0) & (generator.decode(read(outside))[0] <= 0)
    return features[rind]


def shaven(generator: Generator, bare: Field, room: Volume) -> Field:
    """A head that was made to be bald, with a scalp in the tone of its face and without the hair that it still has.

    Args:
        generator: decodes it.
        bare: the head; the very same one is returned where it shows too little skin.
        room: where hair was.
    """
    with torch.no_grad():
        parts = HeadParts.of(generator, bare, field_grid(generator, bare, part_labels, NODES))
        if "skin" not in generator.info.parts:
            return bare
        hair, skin = parts.nodes("hair"), parts.nodes("skin", "neck", "ears")
        inside = room.at(parts.places()).view(hair.shape) > 0.5
        ours = hair | (skin & inside)
        near = grown(ours, AROUND)
        beside = parts.nodes("skin", "nose") & ~inside
        if int(ours.sum()) < FEWEST or int(beside.sum()) < FEWEST:
            return bare
        read = sampler_of(bare)
        every, kept = (some_of(parts.at_nodes(nodes)) for nodes in (ours, beside))
        features = torch.cat([read(every), read(kept)])
        decoded = generator.decode(features)[1]
        colours, logits = generator.colours(decoded), generator.label_logits(decoded)
        assert logits is not None
        count = len(every)
        # hair that was there still tells: a scalp has the tone of the face, and its own light and shade within bounds
        tone, light = colours[count:].median(0).values, colours[:count].mean(1, keepdim=True)
        shade = (light / light.median().clamp(min=0.02)).clamp(*SHADES)
        colours[:count] = (tone * shade).clamp(0, 1)
        labels = logits.softmax(-1)
        labels[:count] = 0
        labels[:count, generator.info.parts.index("skin")] = 1
    with torch.enable_grad():
        remap = remap_to(generator, features, colours, calm=FREE, labels=labels)
    others = parts.nodes(*(part for part in PARTS[1:] if part not in ("hair", "skin", "neck")))
    volume = parts.softened((near & ~others).float())
    return RemappedField(bare, remap.matrix, remap.offset, volume)
