"""Fits what the identity net tells of a head to the synthetic heads: a ridge from embeddings to attributes.

Sex, age and origin are always left to the face, since the identity net knows real ones; other quantities where it does
better than the network on heads that neither has seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.inverters.encoder_faces import WIDEST_YAW_RADIANS, FaceReader, face_embeddings
from core.progress import Progress
from core.resizing import sized
from core.training.encoder_score import CAMERA_NOISE_RADIANS
from core.training.photo_looks import photographed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from core.inverters.encoder_network import EncoderNetwork
    from core.progress import Report
    from core.training.encoder_heads import EncoderHeads, FrontalView

ALWAYS = ("gender", "age", "race/")
"""Attributes, or groups of them, that faces always tell."""
MARGIN = 0.9
"""Share of the network's squared error below which the face does better."""
STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Ridge penalties that are tried; embeddings are about half a unit from their mean."""
PICTURE_PX = 256
LEARNED, UNSEEN = 1000, 160


@dataclass(frozen=True, eq=False)
class _Faces:
    """Embeddings [N, 128] of some views, true attributes [N, A], and the network's answer [N, A] where it was asked."""

    embeddings: Tensor
    wanted: Tensor
    seen: Tensor


def _faces(
    heads: EncoderHeads, views: Sequence[FrontalView], network: EncoderNetwork | None, seed: int, report: Report
) -> _Faces:
    random = np.random.default_rng(seed)
    embeddings, seen = [], []
    for number, view in enumerate(views):
        rgb, mask = photographed(heads.sight(view), PICTURE_PX, random)
        picture, person = torch.from_numpy(rgb).permute(2, 0, 1)[None], torch.from_numpy(mask)[None, None]
        found = np.array([view.yaw_pitch]) + random.normal(0, CAMERA_NOISE_RADIANS)
        embeddings.append(face_embeddings(picture, torch.from_numpy(found)))
        if network is not None:
            small = [sized(x, network.config.picture_px) for x in (picture, person)]
            with torch.no_grad():
                seen.append(network.attributes(network.answers(network.hidden(network.glance(*small)))))
        report(Progress(number + 1, len(views), "Reading faces"))
    wanted = heads.attributes[[view.head for view in views]]
    return _Faces(torch.cat(embeddings), wanted, torch.cat(seen) if seen else wanted)


def fit_faces(network: EncoderNetwork, heads: EncoderHeads, report: Report) -> FaceReader:
    """The reader; its strength, and what it may tell beside `ALWAYS`, are chosen on held-out heads."""
    random = np.random.default_rng(4)
    drawn = []
    for views, count in zip(heads.split(), (LEARNED, UNSEEN), strict=True):
        frontal = [view for view in views if abs(view.yaw_pitch[0]) <= WIDEST_YAW_RADIANS]
        drawn.append([frontal[i] for i in random.permutation(len(frontal))[:count]])
    known, unseen = _faces(heads, drawn[0], None, 5, report), _faces(heads, drawn[1], network, 6, report)
    layout = network.layout
    quantities = list(layout.quantities)
    middle, mean = known.embeddings.mean(0), known.wanted.mean(0)[quantities]
    x, y = known.embeddings - middle, known.wanted[:, quantities] - mean
    gram, moment = x.T @ x, x.T @ y
    found = {}
    for strength in STRENGTHS:
        weight = torch.linalg.solve(gram + strength * torch.eye(len(gram)), moment).T
        read = (unseen.embeddings - middle) @ weight.T + mean
        found[strength] = (weight, (read - unseen.wanted[:, quantities]).square().mean(0))
    scale = known.wanted.std(0)[quantities].clamp(min=1e-3)
    best = min(STRENGTHS, key=lambda strength: float((found[strength][1] / scale**2).clamp(max=1).mean()))
    weight, error = found[best]
    rival = (unseen.seen - unseen.wanted)[:, quantities].square().mean(0)
    told = [
        row
        for row, column in enumerate(quantities)
        if layout.names[column].startswith(ALWAYS) or float(error[row]) < MARGIN * float(rival[row])
    ]
    chosen = weight[told]
    return FaceReader(chosen, mean[told] - chosen @ middle, tuple(quantities[row] for row in told))
