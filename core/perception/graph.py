"""Runs the small mobile nets (face detection, mesh, iris, person mask) from a list of operations.

The list is JSON in the metadata of the net's safetensors file, written by `core.training.convert_perception`:
`{"input": name, "outputs": [names], "size_px": n, "steps": [{"op", "in": [names], "out": name, ...options}]}`.
Shapes are NCHW; in memory channels lie last, which takes half the time. Paddings are explicit (left, right, top,
bottom); weights already have torch's layouts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.perception import weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _padded(x: Tensor, pad: list[int], value: float = 0.0) -> Tensor:
    return F.pad(x, pad, value=value) if any(pad) else x


def _conv(o: Mapping[str, Any], x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.conv2d(_padded(x, o["pad"]), weight, bias, o["stride"], groups=o["groups"])


def _conv_transpose(o: Mapping[str, Any], x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.conv_transpose2d(x, weight, bias, o["stride"])


def _max_pool(o: Mapping[str, Any], x: Tensor) -> Tensor:
    return F.max_pool2d(_padded(x, o["pad"], -torch.inf), o["kernel"], o["stride"])


def _resize(o: Mapping[str, Any], x: Tensor) -> Tensor:
    return F.interpolate(x, o["size"], mode="bilinear", align_corners=False)


def _flatten(o: Mapping[str, Any], x: Tensor) -> Tensor:
    """[B,C,H,W] to [B,H*W*C/last,last], rows and columns first, as the original's NHWC tensors lie in memory."""
    return x.permute(0, 2, 3, 1).reshape(len(x), -1, o["last"])


OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "max_pool": _max_pool,
    "resize": _resize,
    "flatten": _flatten,
    "mean": lambda _, x: x.mean((2, 3), keepdim=True),
    "pad_channels": lambda o, x: F.pad(x, (0, 0, 0, 0, 0, o["count"])),
    "concat": lambda o, *xs: torch.cat(xs, o["axis"]),
    "add": lambda _, a, b: a + b,
    "mul": lambda _, a, b: a * b,
    "relu": lambda _, x: F.relu(x),
    "prelu": lambda _, x, slope: F.prelu(x, slope),
    "hard_swish": lambda _, x: F.hardswish(x),
    "sigmoid": lambda _, x: x.sigmoid(),
}


class GraphNet(nn.Module):
    """A frozen net read from `resources/weights/<name>.safetensors`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        tensors, graph = weights.read(name)
        self.size_px: int = graph["size_px"]
        self.input: str = graph["input"]
        self.outputs: list[str] = graph["outputs"]
        self.steps: list[dict[str, Any]] = graph["steps"]
        self.constants = frozenset(tensors)
        for key, tensor in tensors.items():
            self.register_buffer(key, tensor)
        # A value is dropped after its last use.
        last = {name: index for index, step in enumerate(self.steps) for name in step["in"]}
        self.unused_after = [
            [n for n, at in last.items() if at == i and n not in self.outputs] for i in range(len(self.steps))
        ]
        self.eval().to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Outputs for pictures [B,3,size_px,size_px] in the net's own value range."""
        values = {self.input: pictures.contiguous(memory_format=torch.channels_last)}
        for step, unused in zip(self.steps, self.unused_after, strict=True):
            inputs = [self.get_buffer(n) if n in self.constants else values[n] for n in step["in"]]
            values[step["out"]] = OPERATIONS[step["op"]](step, *inputs)
            for name in unused:
                values.pop(name, None)
        return tuple(values[name] for name in self.outputs)
