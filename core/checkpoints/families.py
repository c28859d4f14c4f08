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
        name="stylesdf",
        title="StyleSDF",
        kind="generator",
        licence="LicenseRef-StyleSDF-noncommercial",
        commercial=False,
        marks=("style.0.weight", "renderer.sigmoid_beta", "renderer.network.sigma_linear.weight", "decoder.conv1.bias"),
        home="core.generators.stylesdf",
        config="StyleSDFConfig",
        network="StyleSDFNetwork",
        maker="StyleSDF",
        # E3DGE keeps networks of its own within this generator; they are found under their prefixes
        optional=(r"^renderer\.network\.(netLocal|grid_align|Fuse)", r"^grid_align\."),
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
    Family(
        name="e3dge_global",
        title="E3DGE's global encoder",
        kind="encoder",
        licence="LicenseRef-S-Lab-1.0",
        commercial=False,
        marks=("styles_pigan.0.linear.weight", "styles_stylegan.0.linear.weight", "latlayer64.weight"),
        home="core.inverters.encoders.e3dge_global",
        config="E3dgeGlobalConfig",
        network="E3dgeGlobalNetwork",
        prefixes=("encoder.",),
        optional=COUNTERS,
    ),
    Family(
        name="e3dge_local",
        title="E3DGE's local branch",
        kind="refiner",
        licence="LicenseRef-S-Lab-1.0",
        commercial=False,
        marks=(
            "image_filter.conv1.weight",
            "local_feat_to_tex_modulations_linear.fc_0.weight",
            "residual_conv.2.weight",
        ),
        home="core.inverters.encoders.e3dge_local",
        config="E3dgeLocalConfig",
        network="E3dgeLocalNetwork",
        prefixes=("netLocal.", "renderer.network.netLocal."),
    ),
    Family(
        name="e3dge_alignment",
        title="E3DGE's alignment module",
        kind="refiner",
        licence="LicenseRef-S-Lab-1.0",
        commercial=False,
        marks=("conv_layer1.0.weight", "conv_layer4.0.res_layer.3.weight", "dconv_layer3.2.res_layer.3.weight"),
        home="core.inverters.encoders.e3dge_alignment",
        config="E3dgeAlignmentConfig",
        network="E3dgeAlignmentNetwork",
        prefixes=("grid_align.",),
        optional=COUNTERS,
    ),
    Family(
        name="e3dge_pose",
        title="StyleSDF's volume discriminator",
        kind="discriminator",
        licence="LicenseRef-S-Lab-1.0",
        commercial=False,
        marks=("convs.0.conv.weight", "convs.1.conv1.conv.conv.weight", "final_conv.conv.weight"),
        home="core.inverters.encoders.e3dge_pose",
        config="E3dgePoseConfig",
        network="E3dgePoseNetwork",
        prefixes=("d.",),
    ),
    Family(
        name="bisenet",
        title="BiSeNet",
        kind="segmenter",
        licence="LicenseRef-CelebAMask-HQ-noncommercial",
        commercial=False,
        marks=("cp.resnet.conv1.weight", "ffm.convblk.conv.weight", "conv_out.conv_out.weight"),
        home="core.segmenters.bisenet",
        config="BiSeNetConfig",
        network="BiSeNetNetwork",
        optional=COUNTERS,
    ),
    Family(
        name="sam",
        title="Segment Anything",
        kind="segmenter",
        licence="Apache-2.0",
        commercial=True,
        marks=(
            "image_encoder.patch_embed.proj.weight",
            "prompt_encoder.not_a_point_embed.weight",
            "mask_decoder.iou_token.weight",
        ),
        home="core.segmenters.click",
        config="SamConfig",
        network="SamNetwork",
    ),
    Family(
        name="arcface",
        title="ArcFace IR-SE50",
        kind="identity",
        licence="LicenseRef-MS1M-noncommercial",
        commercial=False,
        marks=("input_layer.0.weight", "output_layer.3.weight", "output_layer.4.running_mean"),
        home="core.perception.arcface",
        config="ArcFaceConfig",
        network="ArcFaceNetwork",
        absent=("styles.", "cross_att_gamma."),
        prefixes=("facenet.",),
        optional=COUNTERS,
    ),
    Family(
        name="depth_anything",
        title="Depth Anything V2",
        kind="depth",
        # that of the larger sizes; the config of the small one says otherwise
        licence="CC-BY-NC-4.0",
        commercial=False,
        marks=("pretrained.cls_token", "depth_head.projects.0.weight", "depth_head.scratch.output_conv2.2.weight"),
        home="core.perception.depth_anything",
        config="DepthAnythingConfig",
        network="DepthAnythingNetwork",
    ),
    Family(
        name="lpips",
        title="LPIPS",
        kind="perceptual",
        licence="BSD-2-Clause",
        commercial=True,
        marks=("features.0.weight", "features.10.weight", "lin0.model.1.weight", "lin4.model.1.weight"),
        home="core.perception.lpips_standard",
        config="LpipsConfig",
        network="LpipsNetwork",
        # a whole LPIPS cuts torchvision's numbered layers into slices, and holds its heads twice
        renames=((r"^net\.slice\d+\.", "features."),),
        optional=(r"^classifier\.", r"^lins\.", r"^scaling_layer\."),
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
