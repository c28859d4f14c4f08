"""The families that Volteface knows: a row for each; adding one is a home module and a row.

Of a file with several networks of one kind, the family that stands first here gives the model its name.
"""

from __future__ import annotations

from core.checkpoints.family import Family
from core.errors import CheckpointError

SYNTHESIS = ("backbone.synthesis.b4.const", "backbone.mapping.w_avg", "decoder.net.0.weight", "decoder.net.2.weight")
UPSCALING = ("superresolution.block0.conv0.weight", "superresolution.block1.conv1.weight")
COUNTERS = (r"\.num_batches_tracked$",)
"""Batches that a norm has seen in training: nothing is computed with them."""

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
    Family(
        name="triplanenet",
        title="TriPlaneNet",
        kind="encoder",
        licence="LicenseRef-EG3D-FFHQ-noncommercial",
        commercial=False,
        marks=("input_layer.0.weight", "up1.conv.double_conv.1.weight", "up4.conv.double_conv.1.weight"),
        home="core.inverters.encoders.triplanenet",
        config="TriPlaneNetConfig",
        network="TriPlaneNetNetwork",
        prefixes=("triplanenet_encoder.",),
        optional=COUNTERS,
    ),
    Family(
        name="psp",
        title="pSp encoder",
        kind="encoder",
        licence="LicenseRef-EG3D-FFHQ-noncommercial",
        commercial=False,
        marks=("input_layer.0.weight", "styles.0.convs.0.weight", "latlayer1.weight", "latlayer2.weight"),
        home="core.inverters.encoders.psp",
        config="PspConfig",
        network="PspNetwork",
        prefixes=("psp_encoder.", "encoder."),
        optional=COUNTERS,
    ),
    Family(
        name="goae",
        title="GOAE encoder",
        kind="encoder",
        licence="LicenseRef-unstated",
        commercial=False,
        marks=("swin_model.patch_embed.proj.weight", "mapper_base_spatial.0.weight", "cross_att_fine.linear1.weight"),
        home="core.inverters.encoders.goae",
        config="GoaeConfig",
        network="GoaeNetwork",
    ),
    Family(
        name="goae_afa",
        title="GOAE feature alignment",
        kind="refiner",
        licence="LicenseRef-unstated",
        commercial=False,
        marks=("input_layer.0.weight", "cross_att_gamma.linear1.weight", "cross_att_beta.linear1.weight"),
        home="core.inverters.encoders.afa",
        config="AfaConfig",
        network="AfaNetwork",
        optional=COUNTERS,
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
