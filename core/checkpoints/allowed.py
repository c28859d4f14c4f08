"""The names that a checkpoint may ask for, and the plain values that take their place.

Nothing here imports or calls what a name stands for. A name that is missing from `ALLOWED` stops the reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.checkpoints.inert import Holder, Name, Storage, StoredTensor
from core.checkpoints.machine import refused
from core.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from core.checkpoints.machine import Maker

STORAGE_TYPES = {
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip
NUMPY_TYPES = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
MOST_SIDES = 16


def name_only(name: Name, arguments: tuple[object, ...]) -> object:
    """For what stands in files as a name and is never called."""
    del arguments
    raise refused(f"a call of {name}")


def holder(name: Name, arguments: tuple[object, ...]) -> Holder:
    """An instance that does nothing."""
    return Holder(name, arguments)


def plain_dict(name: Name, arguments: tuple[object, ...]) -> dict[object, object]:
    """A dict in the place of one of its many relatives."""
    del name
    made: dict[object, object] = {}
    first = arguments[0] if arguments else None
    if isinstance(first, dict):
        made.update(first)
    elif isinstance(first, list):
        # as Python 2 wrote ordered dicts
        for pair in first:
            key, value = pair
            if not isinstance(key, str | int):
                raise TypeError("keys are names or numbers")
            made[key] = value
    return made


def plain_set(name: Name, arguments: tuple[object, ...]) -> set[object]:
    """The names in a set; only those of buffers are of use."""
    del name
    members = arguments[0] if arguments else []
    if not isinstance(members, list | tuple):
        raise TypeError("a set of a list")
    return {member for member in members if isinstance(member, str | int)}


def plain_bytes(name: Name, arguments: tuple[object, ...]) -> bytes:
    """Bytes that an old pickle wrote as text: any codec but Latin-1 is refused, decompressors among them."""
    if not arguments:
        return b""
    first, encoding = arguments[0], arguments[1] if len(arguments) > 1 else "latin1"
    if encoding not in ("latin1", "latin-1") or not isinstance(first, str | bytes | memoryview):
        raise refused(f"{name} with {str(encoding)[:40]}")
    return first.encode("latin1") if isinstance(first, str) else bytes(first)


def path_text(name: Name, arguments: tuple[object, ...]) -> str:
    """A path among options, as text."""
    del name
    return "/".join(str(part)[:1024] for part in arguments[:64] if isinstance(part, str))


def reconstructed(name: Name, arguments: tuple[object, ...]) -> object:
    """An instance as protocols 0 and 1 wrote it: class, its base, and the base's content."""
    del name
    kind, base, content = arguments
    if not isinstance(kind, Name) or not isinstance(base, Name):
        raise TypeError("an instance of a class")
    return ALLOWED[kind.module, kind.name](kind, () if content is None else (content,))


def persistent(name: Name, arguments: tuple[object, ...]) -> Holder:
    """An instance whose class travels as source text: the name and the attributes are kept, the source is not read."""
    del name
    (meta,) = arguments
    if not isinstance(meta, dict) or meta.get("type") != "class":
        raise refused("a persistent object that is no instance of a class")
    kind, state = meta.get("class_name"), meta.get("state")
    if not isinstance(kind, str) or not kind.isidentifier() or not isinstance(state, dict | None):
        raise CheckpointError("A persistent object in the file has no class or no attributes.", "It was not opened.")
    return Holder(Name("", kind[:80]), (), dict(state or {}))


def tensor(name: Name, arguments: tuple[object, ...]) -> StoredTensor:
    """A tensor: storage, offset, sides, strides; what else is said of it (gradients, hooks) is dropped."""
    storage, offset, shape, stride = arguments[:4]
    if not isinstance(storage, Storage):
        raise refused(f"{name} of a {type(storage).__name__}")
    if type(offset) is not int:
        raise TypeError("an offset is a number")
    return StoredTensor(storage, offset, _sides(shape), _sides(stride))


def parameter(name: Name, arguments: tuple[object, ...]) -> StoredTensor:
    """A parameter is its tensor."""
    first = arguments[0]
    if not isinstance(first, StoredTensor):
        raise refused(f"{name} of a {type(first).__name__}")
    return first


def sides(name: Name, arguments: tuple[object, ...]) -> tuple[int, ...]:
    """A torch.Size."""
    del name
    return _sides(arguments[0] if arguments else ())


def scalar(name: Name, arguments: tuple[object, ...]) -> object:
    """A numpy number as Python's own."""
    del name
    kind, raw = arguments
    if not isinstance(raw, str | bytes):
        raise TypeError("a number is made of bytes")
    data = raw.encode("latin1") if isinstance(raw, str) else raw
    return np.frombuffer(data, dtype_of(kind), count=1)[0].item()


def dtype_of(kind: object) -> np.dtype[Any]:
    """Numpy's type of a holder that stands for one; only numbers.

    Raises:
        CheckpointError: objects, records and the like.
    """
    if not isinstance(kind, Holder) or not kind.arguments:
        raise TypeError("a dtype")
    code, state = kind.arguments[0], kind.state.get("state")
    if code not in NUMPY_TYPES:
        raise refused(f"numpy numbers of type {str(code)[:40]}")
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else "<"
    return np.dtype(f"{order if order in ('<', '>') else '<'}{code}")


def array_of(made: Holder) -> NDArray[Any]:
    """The numpy array that a holder stands for, a copy."""
    if made.kind.name == "_frombuffer":
        raw, kind, shape, order = made.arguments
    else:
        state = made.state.get("state")
        if not isinstance(state, tuple) or len(state) != 5:
            raise TypeError("an array has five attributes")
        _, shape, kind, fortran, raw = state
        order = "F" if fortran else "C"
    data = raw.encode("latin1") if isinstance(raw, str) else raw
    if not isinstance(data, bytes | memoryview):
        raise refused("an array of objects")
    numbers = np.frombuffer(data, dtype_of(kind))
    return numbers.reshape(_sides(shape), order="F" if order == "F" else "C").copy()


def _sides(value: object) -> tuple[int, ...]:
    if not isinstance(value, tuple | list) or len(value) > MOST_SIDES or any(type(side) is not int for side in value):
        raise TypeError("sides are a few whole numbers")
    return tuple(value)


ARRAYS = ("_reconstruct", "_frombuffer")

ALLOWED: Mapping[tuple[str, str], Maker] = {
    ("collections", "OrderedDict"): plain_dict,
    ("dnnlib.util", "EasyDict"): plain_dict,
    ("munch", "Munch"): plain_dict,
    # what remembers a default forgets it
    ("collections", "defaultdict"): lambda _name, _arguments: {},
    ("argparse", "Namespace"): holder,
    **{(module, "dict"): plain_dict for module in ("builtins", "__builtin__")},
    **{(module, kind): plain_set for module in ("builtins", "__builtin__") for kind in ("set", "frozenset")},
    **{(module, kind): plain_bytes for module in ("builtins", "__builtin__") for kind in ("bytes", "bytearray")},
    **{(module, kind): name_only for module in ("builtins", "__builtin__") for kind in ("object", "list")},
    **{(module, "_reconstructor"): reconstructed for module in ("copyreg", "copy_reg")},
    ("_codecs", "encode"): plain_bytes,
    **{
        (module, kind): path_text
        for module in ("pathlib", "pathlib._local")
        for kind in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
    },
    # torch
    **{("torch", storage): name_only for storage in STORAGE_TYPES},
    **{("torch", kind): name_only for kind in sorted(set(STORAGE_TYPES.values()))},
    ("torch._utils", "_rebuild_tensor"): tensor,
    ("torch._utils", "_rebuild_tensor_v2"): tensor,
    ("torch._utils", "_rebuild_parameter"): parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): parameter,
    ("torch", "Size"): sides,
    ("torch", "device"): holder,
    ("torch.nn.modules.container", "Sequential"): holder,
    ("torch.nn.modules.container", "ModuleList"): holder,
    ("torch.nn.modules.activation", "Softplus"): holder,
    ("torch.nn.modules.activation", "LeakyReLU"): holder,
    ("torch.nn.modules.linear", "Identity"): holder,
    # StyleGAN's relatives
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): persistent,
    ("training.triplane", "OSGDecoder"): holder,
    ("training.volumetric_rendering.renderer", "ImportanceRenderer"): holder,
    ("training.volumetric_rendering.ray_marcher", "MipRayMarcher2"): holder,
    ("training.volumetric_rendering.ray_sampler", "RaySampler"): holder,
    # numpy, whose private modules are named by the version that wrote the file
    ("numpy", "dtype"): holder,
    ("numpy", "ndarray"): name_only,
    **{
        (f"numpy.{package}.{module}", function): maker
        for package in ("core", "_core")
        for module, function, maker in (
            ("multiarray", "_reconstruct", holder),
            ("multiarray", "scalar", scalar),
            ("numeric", "_frombuffer", holder),
        )
    },
}
"""From module and name to what makes the plain value; `containers` adds `torch.storage._load_from_bytes`."""
