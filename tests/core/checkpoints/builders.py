"""Files of the structure of the official ones, with small random weights, made as the official code makes them.

The classes and functions that a pickle names exist only while it is written.
"""

from __future__ import annotations

import contextlib
import pickle  # noqa: TID251 - makes the files that must be read without it
import re
import sys
from argparse import Namespace
from collections import OrderedDict
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from core.generators.eg3d import EG3DConfig, EG3DNetwork
from core.generators.panohead import PanoHeadConfig, PanoHeadNetwork
from core.generators.stylesdf import StyleSDFConfig, StyleSDFNetwork
from core.inverters.encoders.afa import AfaConfig, AfaNetwork
from core.inverters.encoders.e3dge_alignment import E3dgeAlignmentConfig, E3dgeAlignmentNetwork
from core.inverters.encoders.e3dge_global import E3dgeGlobalConfig, E3dgeGlobalNetwork
from core.inverters.encoders.e3dge_local import E3dgeLocalConfig, E3dgeLocalNetwork
from core.inverters.encoders.e3dge_pose import E3dgePoseConfig, E3dgePoseNetwork
from core.inverters.encoders.goae import GoaeConfig, GoaeNetwork
from core.inverters.encoders.psp import PspConfig, PspNetwork
from core.inverters.encoders.triplanenet import TriPlaneNetConfig, TriPlaneNetNetwork
from core.perception.arcface import ArcFaceConfig, ArcFaceNetwork
from core.perception.depth_anything import DepthAnythingConfig, DepthAnythingNetwork
from core.perception.lpips_standard import LpipsConfig, LpipsNetwork
from core.segmenters.bisenet import BiSeNetConfig, BiSeNetNetwork
from core.segmenters.click import SamConfig, SamNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from torch import Tensor

PANOHEAD = PanoHeadConfig(
    noise_size=8, latent_size=16, plane_px=32, plane_channels=4, channel_base=256, channel_max=16, decoder_width=8,
    neural_px=16, upscaling="2X", coarse=6, fine=6, upscaling_clamp=256.0,
)  # fmt: skip
EG3D = EG3DConfig(
    noise_size=8, latent_size=16, plane_px=32, plane_channels=4, channel_base=256, channel_max=16, decoder_width=8,
    decoder_channels=4, neural_px=16, upscaling="2X", coarse=6, fine=6,
)  # fmt: skip
EG3D_AXES = [[[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1], [0, 1, 0]], [[0, 0, 1], [1, 0, 0], [0, 1, 0]]]
PANOHEAD_AXES = [*EG3D_AXES[:2], [[0, 0, 1], [0, 1, 0], [1, 0, 0]]]
SOURCE = "import os\nos.system('this source must never run')\nraise SystemExit(3)\n"
HOOKS = ("_backward_pre_hooks", "_backward_hooks", "_forward_hooks", "_forward_pre_hooks", "_state_dict_hooks")
CLASS_NAMES = {
    "Dense": "FullyConnectedLayer", "Mapping": "MappingNetwork", "ToPicture": "ToRGBLayer", "Backbone": "Generator",
    "Synthesis": "SynthesisNetwork", "SuperResolution": "SuperresolutionHybrid2X", "Decoder": "OSGDecoder",
    "PanoHeadNetwork": "TriPlaneGenerator", "EG3DNetwork": "TriPlaneGenerator",
}  # fmt: skip


class Persistent:
    """An instance whose class travels as source text."""

    def __init__(self, class_name: str, state: Mapping[str, Any], source: str = SOURCE) -> None:
        self.class_name, self.state, self.source = class_name, dict(state), source

    def __reduce__(self) -> tuple[object, tuple[dict[str, object]]]:
        meta = {"type": "class", "version": 6, "module_src": self.source, "class_name": self.class_name}
        function = sys.modules["torch_utils.persistence"].__dict__["_reconstruct_persistent_obj"]
        return function, ({**meta, "state": self.state},)


@contextlib.contextmanager
def official_modules() -> Iterator[dict[str, type]]:
    """The modules that the files name, under their official names; gives their classes."""

    def _reconstruct_persistent_obj(_meta: object) -> None:
        raise AssertionError("nothing in a file is called")

    made: dict[str, type] = {}
    fakes: dict[str, ModuleType] = {}

    def module(name: str) -> ModuleType:
        parts = name.split(".")
        for index in range(len(parts)):
            fakes.setdefault(".".join(parts[: index + 1]), ModuleType(".".join(parts[: index + 1])))
        return fakes[name]

    def define(name: str, value: Any) -> None:  # noqa: ANN401 - a class or a function
        value.__module__, value.__qualname__ = name, value.__name__
        setattr(module(name), value.__name__, value)

    define("torch_utils.persistence", _reconstruct_persistent_obj)
    for where, class_name, base in (
        ("dnnlib.util", "EasyDict", dict),
        ("training.triplane", "OSGDecoder", nn.Module),
        ("training.volumetric_rendering.renderer", "ImportanceRenderer", nn.Module),
        ("training.volumetric_rendering.ray_marcher", "MipRayMarcher2", nn.Module),
        ("training.volumetric_rendering.ray_sampler", "RaySampler", nn.Module),
    ):
        made[class_name] = type(class_name, (base,), {})
        define(where, made[class_name])
    before = {name: sys.modules.get(name) for name in fakes}
    sys.modules.update(fakes)
    try:
        yield made
    finally:
        for name, former in before.items():
            if former is None:
                del sys.modules[name]
            else:
                sys.modules[name] = former


def module_state(module: nn.Module, children: Mapping[str, object]) -> dict[str, object]:
    """A module's attributes as torch pickles them, with a few of StyleGAN's own."""
    return {
        "training": False,
        "_parameters": dict(module._parameters),
        "_buffers": dict(module._buffers),
        "_non_persistent_buffers_set": set(module._non_persistent_buffers_set),
        **{hook: OrderedDict() for hook in HOOKS},
        "_is_full_backward_hook": None,
        "_modules": dict(children),
        "weight_gain": np.float64(0.25),
        "_init_args": (),
        "_init_kwargs": {},
    }


def official(module: nn.Module, classes: Mapping[str, type]) -> object:
    """The module as the official code would hold it."""
    children = {name: official(child, classes) for name, child in module.named_children()}
    if isinstance(module, nn.Sequential):
        made = nn.Sequential()
        made.__dict__["_modules"] = children
        return made
    if isinstance(module, nn.Softplus):
        return nn.Softplus()
    name = CLASS_NAMES.get(type(module).__name__, type(module).__name__)
    return Persistent(name, module_state(module, children))


def stylegan_pickle(
    networks: Mapping[str, nn.Module],
    *,
    init_kwargs: Mapping[str, object] | None = None,
    rendering_kwargs: Mapping[str, object] | None = None,
    neural_px: int | None = 16,
    axes: object = None,
    protocol: int = 4,
    source: str = SOURCE,
    extra: Mapping[str, object] | None = None,
) -> bytes:
    """A network pickle: G, D, G_ema, augment_pipe, training_set_kwargs."""
    with official_modules() as classes:
        easy = classes["EasyDict"]
        tree: dict[str, object] = {}
        for key, network in networks.items():
            held = official(network, classes)
            assert isinstance(held, Persistent)
            held.source = source
            renderer = module_state(nn.Module(), {"ray_marcher": classes["MipRayMarcher2"]()})
            renderer["plane_axes"] = torch.tensor(axes or PANOHEAD_AXES, dtype=torch.float32)
            held.state["_modules"]["renderer"] = Persistent("ImportanceRenderer", renderer, source)
            held.state["_modules"]["ray_sampler"] = classes["RaySampler"]()
            held.state["_init_kwargs"] = easy(init_kwargs or {}, rendering_kwargs=easy(rendering_kwargs or {}))
            held.state["rendering_kwargs"] = easy(rendering_kwargs or {})
            held.state["_last_planes"] = None
            if neural_px is not None:
                held.state["neural_rendering_resolution"] = neural_px
            tree[key] = held
        tree |= {"augment_pipe": None, "training_set_kwargs": easy(path="faces.zip", max_size=7), **(extra or {})}
        return pickle.dumps(tree, protocol)


def discriminator() -> nn.Module:
    """A few of a discriminator's tensors."""
    made = nn.Module()
    made.register_buffer("resample_filter", torch.zeros(4, 4))
    made.b4 = nn.Linear(4, 4)
    return made


def network(config: PanoHeadConfig | EG3DConfig, seed: int = 1) -> nn.Module:
    """A network with random weights."""
    torch.manual_seed(seed)
    made = PanoHeadNetwork(config) if isinstance(config, PanoHeadConfig) else EG3DNetwork(config)
    with torch.no_grad():
        for name, value in made.named_buffers():
            if name.endswith("w_avg"):
                value.normal_(std=0.3)
        # a solid body to look at
        made.get_parameter("decoder.net.2.bias")[0] = 12.0
    return made.eval().requires_grad_(False)


def panohead_pickle(config: PanoHeadConfig = PANOHEAD, **options: Any) -> bytes:  # noqa: ANN401 - see stylegan_pickle
    """A PanoHead file."""
    rendering = {"decoder_activation": "lrelu", "depth_resolution": 6, "depth_resolution_importance": 5,
                 "ray_start": 2.3, "ray_end": 3.2, "box_warp": 1, "avg_camera_radius": 2.7}  # fmt: skip
    options = {**dict[str, Any](rendering_kwargs=rendering, init_kwargs={"sr_num_fp16_res": 4, "z_dim": 8}), **options}
    networks = {"G": network(config, 1), "D": discriminator(), "G_ema": network(config, 2)}
    return stylegan_pickle(networks, **options)


def eg3d_pickle(config: EG3DConfig = EG3D, **options: Any) -> bytes:  # noqa: ANN401 - see stylegan_pickle
    """An EG3D file."""
    networks = {"G": network(config, 1), "D": discriminator(), "G_ema": network(config, 2)}
    return stylegan_pickle(networks, **{"axes": EG3D_AXES, **options})


def saved(tree: object, path: Path, *, zipped: bool = True) -> Path:
    """A file of torch's, as the official training scripts save."""
    torch.save(tree, path, _use_new_zipfile_serialization=zipped)
    return path


def triplanenet_tree(parts: Mapping[str, Mapping[str, Tensor]], **opts: object) -> dict[str, object]:
    """TriPlaneNet's checkpoint: one state dict with prefixes, the options, the optimiser."""
    state = OrderedDict((f"{prefix}.{name}", value) for prefix, part in parts.items() for name, value in part.items())
    optimiser = {"state": {0: {"step": 3, "exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 1e-4, "params": [0]}]}
    return {"state_dict": state, "opts": Namespace(**opts), "latent_avg": torch.zeros(14, 512), "optimizer": optimiser}


STAGES = ((16, 1), (32, 2), (48, 2), (64, 1))
PSP = PspConfig(stages=STAGES, latent_size=32, head_depths=(2, 3))
TRIPLANENET = TriPlaneNetConfig(stages=STAGES, up_widths=(64, 32, 16, 16), plane_channels=12)
GOAE = GoaeConfig(
    picture_px=64, width=8, depths=(1, 1, 1, 1), heads=(2, 2, 2, 2), window=4, latent_size=16, attention_hidden=16,
    bias_width=8,
)  # fmt: skip
AFA = AfaConfig(stages=((16, 1), (32, 1), (48, 1)), width=16, attention_hidden=16)


def state_of(network_class: type[nn.Module], config: object, seed: int = 3) -> dict[str, Tensor]:
    """A state dict with random weights."""
    torch.manual_seed(seed)
    return dict(network_class(config).state_dict())


def triplanenet_file(path: Path) -> Path:
    """TriPlaneNet's checkpoint: its encoder, its branch and the generator that it was trained with."""
    parts = {
        "psp_encoder": state_of(PspNetwork, PSP),
        "triplanenet_encoder": state_of(TriPlaneNetNetwork, TRIPLANENET),
        "decoder": dict(network(EG3D).state_dict()),
    }
    return saved(triplanenet_tree(parts, use_pixelshuffle=False, device="cuda", lpips_lambda=0.8), path)


def eg3d_dict_file(path: Path) -> Path:
    """TriPlaneNet's way to keep EG3D: state dict, mean latent and constructor arguments."""
    init_kwargs = {
        "z_dim": 8,
        "sr_num_fp16_res": 4,
        "rendering_kwargs": {"depth_resolution": 7, "ray_start": 2.25, "ray_end": 3.3},
    }
    return saved(
        {"G_ema": network(EG3D).state_dict(), "latent_avg": torch.zeros(8, 16), "init_kwargs": init_kwargs}, path
    )


STYLESDF = StyleSDFConfig(
    width=16, depth=3, style_layers=2, latent_size=16, mapping_layers=2, decoder_widths=(16, 8), neural_px=16,
    samples=6,
)  # fmt: skip
E3DGE_GLOBAL = E3dgeGlobalConfig(
    stages=STAGES, renderer_latent_size=16, renderer_head_depths=(2,) * 4, decoder_latent_size=16,
    decoder_head_depths=(2,),
)  # fmt: skip
E3DGE_LOCAL = E3dgeLocalConfig(stem_width=32, width=128, stacks=1, depth=1, point_width=20, modulation_width=32)
E3DGE_ALIGNMENT = E3dgeAlignmentConfig(widths=(16, 32, 48, 64))
E3DGE_POSE = E3dgePoseConfig(widths=(16, 16, 16))


def stylesdf_file(path: Path) -> Path:
    """StyleSDF's checkpoint: generator, its smoothed copy and a discriminator that nobody needs."""
    made, discriminator_state = state_of(StyleSDFNetwork, STYLESDF), dict(discriminator().state_dict())
    return saved(
        {"g": state_of(StyleSDFNetwork, STYLESDF, 9), "g_ema": made, "d": discriminator_state, "iter": 5}, path
    )


def e3dge_file(path: Path) -> Path:
    """E3DGE's checkpoint: a state dict for each network, the local branch within the generator."""
    local = state_of(E3dgeLocalNetwork, E3DGE_LOCAL)
    generator = state_of(StyleSDFNetwork, STYLESDF) | {
        f"renderer.network.netLocal.{name}": value for name, value in local.items()
    }
    networks = {
        "encoder": state_of(E3dgeGlobalNetwork, E3DGE_GLOBAL),
        "g_ema": generator,
        "grid_align": state_of(E3dgeAlignmentNetwork, E3DGE_ALIGNMENT),
        "d": state_of(E3dgePoseNetwork, E3DGE_POSE),
    }
    return saved(
        {key: {f"module.{name}": value for name, value in part.items()} for key, part in networks.items()}, path
    )


BISENET = BiSeNetConfig(widths=(8, 8, 16, 16), depths=(1, 1, 1, 1), context_width=8, fused_width=16, hidden_width=8)
SAM = SamConfig(
    width=16, depth=2, heads=2, global_blocks=(1,), window=2, grid=4, prompt_width=16, mask_channels=4, decoder_depth=1,
    decoder_hidden=16, quality_depth=2, quality_hidden=16,
)  # fmt: skip
ARCFACE = ArcFaceConfig(stages=STAGES, face_px=32, embedding_size=16)
DEPTH = DepthAnythingConfig(
    width=64, depth=4, heads=1, hidden=64, grid=3, level_widths=(8, 8, 16, 16), head_width=8, last_width=4
)


def lpips_file(path: Path) -> Path:
    """A whole LPIPS: the backbone in slices, the heads twice, the constants of its scaling."""
    state = state_of(LpipsNetwork, LpipsConfig())
    whole = {re.sub(r"^features\.(\d+)", r"net.slice1.\1", name): value for name, value in state.items()}
    heads = {re.sub(r"^lin(\d)", r"lins.\1", name): value for name, value in state.items() if name.startswith("lin")}
    return saved({**whole, **heads, "scaling_layer.shift": torch.zeros(1, 3, 1, 1)}, path)


OFFICIAL_FILES: dict[str, tuple[Callable[[Path], Path], tuple[str, ...], str]] = {
    "easy-khair.pkl": (lambda path: _written(panohead_pickle(), path), ("panohead",), "generator"),
    "ffhq512-128.pkl": (lambda path: _written(eg3d_pickle(), path), ("eg3d",), "generator"),
    "ffhq512-128.pth": (eg3d_dict_file, ("eg3d",), "generator"),
    "werewolf.pt": (lambda path: saved(network(PANOHEAD).state_dict(), path), ("panohead",), "generator"),
    "ffhq1024x1024.pt": (stylesdf_file, ("stylesdf",), "generator"),
    "e3dge.pt": (
        e3dge_file,
        ("stylesdf", "e3dge_global", "e3dge_local", "e3dge_alignment", "e3dge_pose"),
        "encoder",
    ),
    "79999_iter.pth": (lambda path: saved(state_of(BiSeNetNetwork, BISENET), path), ("bisenet",), "segmenter"),
    "sam_vit.pth": (lambda path: saved(state_of(SamNetwork, SAM), path), ("sam",), "segmenter"),
    "model_ir_se50.pth": (lambda path: saved(state_of(ArcFaceNetwork, ARCFACE), path), ("arcface",), "identity"),
    "depth_anything_v2.pth": (
        lambda path: saved(state_of(DepthAnythingNetwork, DEPTH), path),
        ("depth_anything",),
        "depth",
    ),
    "lpips.pth": (lpips_file, ("lpips",), "perceptual"),
    "triplanenet.pt": (triplanenet_file, ("psp", "triplanenet", "eg3d"), "encoder"),
    "encoder_FFHQ.pt": (lambda path: saved(state_of(GoaeNetwork, GOAE), path), ("goae",), "encoder"),
    "afa_FFHQ.pt": (lambda path: saved(state_of(AfaNetwork, AFA), path), ("goae_afa",), "refiner"),
}
"""From a file's name to what writes it, the families in it, and what it is for."""


def _written(data: bytes, path: Path) -> Path:
    path.write_bytes(data)
    return path
