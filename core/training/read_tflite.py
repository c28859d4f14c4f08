"""Reads a TFLite file as the steps and tensors of `core.perception.graph`.

Needs the package `ai-edge-litert` for the schema; Volteface itself never does.
"""

import importlib
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import CheckpointError

Tensors = dict[str, torch.Tensor]
Graph = dict[str, Any]


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
