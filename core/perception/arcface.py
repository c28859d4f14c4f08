"""Who is in the picture, as published methods measure it: ArcFace (Deng et al. 2019) with an IR-SE50 body.

The network of TreB1eN/InsightFace_Pytorch (model_ir_se50.pth) that pSp, TriPlaneNet and their kin use for their
identity loss. Code MIT; the weights were learnt from MS1M, which is for non-commercial research. Not to be confused
with the bundled `core.perception.identity`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch.nn.functional as F
from torch import Tensor, nn

from core.perception import ir_se
from core.state_shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE: Final = "ArcFace IR-SE50"
PICTURE_PX: Final = 256
"""Side that aligned faces are brought to before they are cropped."""
CROP: Final = (slice(35, 223), slice(32, 220))
"""Rows and columns of the face within that picture, as in pSp's identity loss."""


@dataclass(frozen=True)
class ArcFaceConfig:
    """Sizes; the defaults are the released ones.

    Attributes:
        stages: width and blocks of each stage of the body.
        face_px: side of the faces it sees.
        embedding_size: numbers that describe a face.
    """

    stages: tuple[tuple[int, int], ...] = ir_se.STAGES_50
    face_px: int = 112
    embedding_size: int = 512

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> ArcFaceConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell everything
        shape_of(state, "body.0.res_layer.3.weight", 4, TITLE)
        stages = ir_se.stages_from_state(state)
        size, inputs = shape_of(state, "output_layer.3.weight", 2, TITLE)
        side = round((inputs / stages[-1][0]) ** 0.5)
        return ArcFaceConfig(stages=stages, face_px=side << len(stages), embedding_size=size)


class ArcFaceNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: ArcFaceConfig) -> None:
        super().__init__()
        self.config = config
        narrow, deep = config.stages[0][0], config.stages[-1][0]
        side = config.face_px >> len(config.stages)
        self.input_layer = ir_se.input_layer(3, narrow)
        self.body = ir_se.body(narrow, config.stages)
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(deep),
            nn.Dropout(),  # for training only; it has its number among the layers
            nn.Flatten(),
            nn.Linear(deep * side**2, config.embedding_size),
            nn.BatchNorm1d(config.embedding_size),
        )

    def forward(self, faces: Tensor) -> Tensor:
        """Embeddings [B, 512] of length one, of faces [B, 3, 112, 112] in -1..1; gradients reach the faces."""
        return F.normalize(self.output_layer(self.body(self.input_layer(faces))), dim=1)


def cropped_faces(pictures: Tensor, face_px: int = 112) -> Tensor:
    """Faces [B, 3, face_px, face_px] in aligned pictures [B, 3, H, W], cut as in pSp's identity loss."""
    if pictures.shape[-1] != PICTURE_PX:
        pictures = F.adaptive_avg_pool2d(pictures, PICTURE_PX)
    return F.adaptive_avg_pool2d(pictures[..., CROP[0], CROP[1]], face_px)


def identity_similarity(network: ArcFaceNetwork, first: Tensor, second: Tensor) -> Tensor:
    """Cosine [B] between the faces in two batches of aligned pictures [B, 3, H, W], -1..1; one is the same person."""
    side = network.config.face_px
    one, other = network(cropped_faces(first, side)), network(cropped_faces(second, side))
    cosine: Tensor = (one * other).sum(dim=1)
    return cosine
