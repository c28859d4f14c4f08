"""A file is known by its tensors; what is missing or of another shape is named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from core.checkpoints.contents import FoundNetwork, networks_in
from core.checkpoints.families import FAMILIES, family_named
from core.checkpoints.inert import Storage, StoredTensor, row_major
from core.checkpoints.recognition import recognise
from core.errors import CheckpointError
from tests.core.checkpoints import builders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

SHAPES = {
    "panohead": "SHAPES_panohead_G", "eg3d": "SHAPES_eg3d_G", "psp": "SHAPES_psp_gradual_ir_se50_n14",
    "goae": "SHAPES_goae_encoder_swinv2b", "goae_afa": "SHAPES_goae_afa", "stylesdf": "SHAPES_stylesdf_G1024",
    "e3dge_global": "SHAPES_e3dge_E0_hybrid_v2", "e3dge_local": "SHAPES_e3dge_netLocal",
    "e3dge_alignment": "SHAPES_e3dge_ada_grid_align", "e3dge_pose": "SHAPES_e3dge_pose_volume_discriminator",
}  # fmt: skip
TRIPLANENET = {f"SHAPES_triplanenet_{version}": version for version in ("v1", "v2ps", "v2up")}
PAIRS = [(name, file) for name, file in SHAPES.items() if any(family.name == name for family in FAMILIES)]


def shapes(name: str) -> dict[str, list[int]]:
    here = Path(__file__).resolve()
    for folder in (Path(os.environ.get("VOLTEFACE_GOLDEN", "")), here.parents[4] / "shared" / "golden"):
        if (folder / f"{name}.json").is_file():
            state: dict[str, list[int]] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))[
                "state_dict"
            ]
            return state
    pytest.skip(f"{name}.json is not here")


def stored(shape: tuple[int, ...], type_name: str = "float32") -> StoredTensor:
    """A tensor of a size without numbers; single ones have some."""
    storage = Storage(type_name, torch.Size(shape).numel())
    if storage.count <= 1:
        storage.bind(memoryview(bytearray(storage.count * (8 if type_name == "int64" else 4))))
    return StoredTensor(storage, 0, shape, row_major(shape))


def found(state: Mapping[str, Tensor] | Mapping[str, list[int]], place: str = "", **facts: Any) -> FoundNetwork:  # noqa: ANN401
    tensors = {
        name: stored(tuple(value.shape if isinstance(value, torch.Tensor) else value), _type(name, value))
        for name, value in state.items()
    }
    return FoundNetwork(place, tensors, facts, {})


def _type(name: str, value: object) -> str:
    if isinstance(value, torch.Tensor):
        return str(value.dtype).removeprefix("torch.")
    return "int64" if name.endswith(("num_batches_tracked", "relative_position_index")) else "float32"


@pytest.mark.parametrize(("family", "file"), PAIRS)
def test_released_files_are_recognised_with_the_released_config(family: str, file: str) -> None:
    (known,) = recognise([found(shapes(file))])
    assert known.family.name == family
    assert known.config == known.family.config_class()(), "the defaults are the released sizes"
    assert set(known.tensors) == set(shapes(file))


@pytest.mark.parametrize("file", TRIPLANENET)
def test_triplanenets_versions_are_told_apart(file: str) -> None:
    (known,) = recognise([found(shapes(file))])
    assert known.config.version == TRIPLANENET[file]


def panohead() -> dict[str, Tensor]:
    return dict(builders.network(builders.PANOHEAD).state_dict())


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("backbone.synthesis.b8.conv0.weight", r"\[16, 16, 3, 3\]"), ("backbone.mapping.fc1.bias", r"\[16\]"),
        ("superresolution.block1.torgb.bias", r"\[3\]"), ("t_mapping.fc0.weight", r"\[3, 11\]"),
        ("bcg_synthesis.b4.const", r"\[16, 4, 4\]"), ("torgb.weight", r"\[3, 4, 1, 1\]"),
        ("t_mapping.w_avg", r"\[3\]"), ("superresolution.resample_filter", r"\[4, 4\]"),
    ],
)  # fmt: skip
def test_a_missing_tensor_is_named_with_its_shape(name: str, shape: str) -> None:
    state = panohead()
    del state[name]
    with pytest.raises(CheckpointError, match=f"looks like PanoHead, but the tensor {name} {shape} is missing"):
        recognise([found(state)])


@pytest.mark.parametrize(
    "name",
    ["backbone.synthesis.b8.conv1.bias", "decoder.net.2.bias", "torgb.affine.weight", "bcg_synthesis.b8.torgb.bias"],
)
def test_another_shape_is_named_with_the_expected_one(name: str) -> None:
    state = panohead()
    expected = list(state[name].shape)
    state[name] = torch.zeros(7, 5)
    with pytest.raises(CheckpointError) as caught:
        recognise([found(state)])
    assert f"its tensor {name} is [7, 5] where {expected} is expected" in caught.value.message


def test_a_foreign_tensor_is_named() -> None:
    state = panohead() | {"backbone.synthesis.b8.extra.weight": torch.zeros(2)}
    with pytest.raises(
        CheckpointError, match=r"has a tensor backbone\.synthesis\.b8\.extra\.weight that it does not know"
    ):
        recognise([found(state)])


@pytest.mark.parametrize(
    "name",
    [
        "backbone.mapping.w_avg", "decoder.net.0.weight", "backbone.synthesis.b4.const", "backbone.mapping.fc0.weight",
        "superresolution.block0.conv1.weight", "superresolution.block1.conv1.noise_const",
        "bcg_synthesis.b8.conv1.weight",
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(), (0,), (3,), (1, 1, 1, 1, 1), (10**6, 1)])
def test_sizes_that_make_no_sense_are_a_sentence(name: str, shape: tuple[int, ...]) -> None:
    state = panohead()
    network = found(state)
    network = FoundNetwork("", {**network.tensors, name: stored(shape)}, {}, {})
    with pytest.raises(CheckpointError, match=r"looks like PanoHead, but|EG3D|nearest is"):
        recognise([network])


@pytest.mark.parametrize(
    "facts",
    [
        {"neural_rendering_resolution": "many"},
        {"neural_rendering_resolution": -5},
        {"neural_rendering_resolution": 1 << 40},
        {"init_kwargs": {"sr_num_fp16_res": "x"}},
        {"init_kwargs": {"rendering_kwargs": {"avg_camera_radius": {}}}},
        *(
            {"rendering_kwargs": settings}
            for settings in (
                {"depth_resolution": 10**9},
                {"depth_resolution": "x"},
                {"box_warp": 0},
                {"box_warp": [1]},
                {"ray_start": "now", "ray_end": 3},
                {"ray_start": None, "ray_end": 3},
                {"superresolution_module": 5},
                {"superresolution_module": "os.system"},
                {"decoder_activation": "exec"},
                {"use_background": False},
            )
        ),
    ],
)
def test_facts_that_make_no_sense_are_a_sentence(facts: dict[str, Any]) -> None:
    with pytest.raises(CheckpointError):
        recognise([found(panohead(), **facts)])


@pytest.mark.parametrize("facts", [{"rendering_kwargs": 5}, {"init_kwargs": []}, {"rendering_kwargs": None}])
def test_facts_that_are_none_are_passed_over(facts: dict[str, Any]) -> None:
    try:
        (known,) = recognise([found(panohead(), **facts)])
    except CheckpointError:
        return
    assert known.family.name == "panohead"


def test_a_file_of_no_family_names_the_nearest() -> None:
    with pytest.raises(CheckpointError, match=r"of no family that Volteface knows; the nearest is .* is missing"):
        recognise([found({"decoder.net.0.weight": torch.zeros(2, 2), "backbone.mapping.w_avg": torch.zeros(2)})])
    with pytest.raises(CheckpointError, match=r"its first tensor is conv\.weight.*PanoHead"):
        recognise([found({"conv.weight": torch.zeros(2, 2)})])


def test_the_smoothed_generator_is_taken() -> None:
    state = panohead()
    for order in (("G", "G_ema"), ("G_ema", "G"), ("g", "g_ema"), ("D", "G", "G_ema")):
        (known,) = recognise([found(state, place) for place in order])
        assert known.place.lower() == "g_ema"


def test_networks_under_prefixes_are_found() -> None:
    state = {f"decoder.{name}": value for name, value in builders.network(builders.EG3D).state_dict().items()}
    (known,) = recognise([found(state, "state_dict")])
    assert (known.family.name, known.place) == ("eg3d", "state_dict.decoder")


def test_buffers_that_are_not_kept_are_left_out() -> None:
    from core.checkpoints.inert import Holder, Name

    module = Holder(Name("", "Thing"), (), {
        "_parameters": {"a": stored((2,)), "none": None}, "_buffers": {"b": stored((2,)), "c": stored((2,))},
        "_modules": {"empty": None}, "_non_persistent_buffers_set": {"c"},
    })  # fmt: skip
    (network,) = networks_in({"G_ema": module})
    assert set(network.tensors) == {"a", "b"}


def test_no_module_stands_in_two_places() -> None:
    from core.checkpoints.inert import Holder, Name

    module = Holder(Name("", "Thing"), (), {"_parameters": {}, "_buffers": {}, "_modules": {}})
    for _ in range(80):
        twice: dict[object, object] = {"a": module, "b": module}
        module = Holder(Name("", "Thing"), (), {"_parameters": {}, "_buffers": {}, "_modules": twice})
    with pytest.raises(CheckpointError, match="two places"):
        networks_in({"G_ema": module})


def test_families_are_told_apart_by_their_rows() -> None:
    names = [family.name for family in FAMILIES]
    assert len(names) == len(set(names))
    for family in FAMILIES:
        assert family_named(family.name) is family
        assert family.marks
        assert Path(family.home.replace(".", "/") + ".py").suffix == ".py"
        assert issubclass(family.network_class(), torch.nn.Module)
        assert callable(family.config_class().from_state)
        assert (family.maker is not None) == (family.kind == "generator")
        assert family.maker is None or callable(family.maker_class())
