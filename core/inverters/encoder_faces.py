"""What a face says by itself: sex, age and origin, read by the identity net that was trained on millions of real faces.

The encoder's own network has only ever seen renders; where both can tell, photos are in better hands here. The face is
cut out where alignment's camera sees the canonical face, so that photos and renders are treated alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.perception.head_pose import canonical_face
from core.perception.identity import chip_from_mesh, cut_chips, identity_net

if TYPE_CHECKING:
    from torch import Tensor

WIDEST_YAW_RADIANS = math.radians(40)
"""Beyond, half of the face is missing and the net was never asked."""


@dataclass(frozen=True, eq=False)
class FaceReader:
    """Affine map from a face's embedding to some attributes: weight [T, 128], bias [T], their indices columns [T]."""

    weight: Tensor
    bias: Tensor
    columns: tuple[int, ...]

    def corrected(self, attributes: Tensor, embeddings: Tensor) -> Tensor:
        """Attributes [B, A] in which those that faces [B, 128] tell are replaced."""
        corrected = attributes.clone()
        corrected[:, list(self.columns)] = embeddings @ self.weight.T + self.bias
        return corrected


def face_embeddings(rgb: Tensor, yaw_pitch: Tensor) -> Tensor:
    """Embeddings [B, 128] of the faces in aligned pictures [B, 3, h, w] whose cameras are yaw_pitch [B, 2], radians."""
    height, width = rgb.shape[2:]
    chips = []
    for picture, (yaw, pitch) in zip(rgb, yaw_pitch.tolist(), strict=True):
        points = canonical_face().expected(yaw, pitch) * np.array([width, height])
        chips.append(cut_chips(picture[None], chip_from_mesh(points, width, height)))
    with torch.no_grad():
        embeddings: Tensor = identity_net()(torch.cat(chips))
    return embeddings
