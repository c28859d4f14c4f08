"""Reads dlib's face recognition ResNet from its serialised form (`dlib_face_recognition_resnet_model_v1.dat`)."""

import re
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import CheckpointError
from core.perception.identity import BLOCKS


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


def convert_dlib_resnet(data: bytes) -> dict[str, torch.Tensor]:
    """The face recognition ResNet of dlib, with each affine layer folded into the convolution before it."""
    layers = _dlib_layers(data)
    tensors: dict[str, torch.Tensor] = {}
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
    return {name: tensor.half() for name, tensor in tensors.items()}
