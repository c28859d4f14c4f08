"""The families that Volteface knows: a row for each; adding one is a home module and a row."""

from __future__ import annotations

from core.checkpoints.family import Family
from core.errors import CheckpointError

SYNTHESIS = ("backbone.synthesis.b4.const", "backbone.mapping.w_avg", "decoder.net.0.weight", "decoder.net.2.weight")
UPSCALING = ("superresolution.block0.conv0.weight", "superresolution.block1.conv1.weight")

FAMILIES: tuple[Family, ...] = (
    Family(
        name="panohead",
        title="PanoHead",
        kind="generator",
        licence="CC-BY-NC-4.0",
        commercial=False,
        marks=(*SYNTHESIS, *UPSCALING, "bcg_synthesis.b4.const", "t_mapping.fc0.weight", "torgb.weight"),
        home="core.generators.panohead",
        config="PanoHeadConfig",
        network="PanoHeadNetwork",
        maker="PanoHead",
    ),
    Family(
        name="eg3d",
        title="EG3D",
        kind="generator",
        licence="NVIDIA Source Code License (non-commercial)",
        commercial=False,
        marks=(*SYNTHESIS, *UPSCALING),
        home="core.generators.eg3d",
        config="EG3DConfig",
        network="EG3DNetwork",
        maker="EG3D",
        absent=("bcg_synthesis.", "t_mapping.", "torgb."),
        prefixes=("decoder.",),
    ),
)

_BY_NAME = {family.name: family for family in FAMILIES}


def family_named(name: str) -> Family:
    """The family of that name.

    Raises:
        CheckpointError: there is none.
    """
    if name not in _BY_NAME:
        raise CheckpointError(f"This Volteface knows no family {name[:60]}.", "Update Volteface.")
    return _BY_NAME[name]
