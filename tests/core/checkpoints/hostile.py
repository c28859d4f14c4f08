"""Files that try to do harm when they are read: run code, take all memory or time, or lie about their sizes.

Each is made from bytes or by Python's own pickler; none is opened here with anything but our reader.
"""

from __future__ import annotations

import io
import os
import pickle  # noqa: TID251 - makes the hostile files that must be refused
import struct
import zipfile
from collections import OrderedDict, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tests.core.checkpoints import builders

if TYPE_CHECKING:
    from collections.abc import Callable

SENTINEL = "volteface-was-hacked"
COMMAND = f"touch {SENTINEL}"

DANGEROUS = (
    "os system", "posix system", "nt system", "os popen", "os execv", "os remove", "subprocess Popen",
    "subprocess check_output", "builtins eval", "builtins exec", "builtins getattr", "builtins setattr",
    "builtins __import__", "builtins open", "builtins compile", "builtins map", "builtins globals", "builtins type",
    "builtins list", "builtins object", "__builtin__ eval", "__builtin__ apply", "importlib import_module",
    "runpy run_path", "pty spawn", "shutil rmtree", "socket create_connection", "urllib.request urlopen",
    "webbrowser open", "ctypes CDLL", "pickle loads", "_pickle loads", "marshal loads", "torch load", "torch.hub load",
    "torch.jit load", "torch.serialization load", "torch.storage __builtins__", "torch._utils __builtins__.eval",
    "torch._utils _rebuild_tensor_v2.__globals__", "collections OrderedDict.fromkeys", "operator attrgetter",
    "operator methodcaller", "functools partial", "functools reduce", "itertools starmap", "types FunctionType",
    "types CodeType", "timeit timeit", "cProfile run", "pdb run", "code interact", "numpy load", "numpy fromfile",
    "numpy.testing._private.utils runstring", "numpy.f2py.crackfortran getlincoef", "copyreg add_extension",
    "copyreg _reconstructor.__globals__", "copyreg __newobj__", "torch_utils.persistence _src_to_module",
    "torch_utils.persistence import_hook", "dnnlib.util open_url", "dnnlib.util call_func_by_name",
    "dnnlib.util get_obj_by_name", "training.triplane os.system", "tests.core.checkpoints.hostile SENTINEL",
)  # fmt: skip


def text(value: str) -> bytes:
    """The instruction that pushes a text."""
    encoded = value.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def called(name: str) -> dict[str, bytes]:
    """A call of a name by every instruction that can make one."""
    module, _, attribute = name.partition(" ")
    lines = f"{module}\n{attribute}\n".encode()
    argument = text(COMMAND)
    return {
        "reduce": b"\x80\x02c" + lines + argument + b"\x85R.",
        "stack-global": b"\x80\x04" + text(module) + text(attribute) + b"\x93" + argument + b"\x85R.",
        "inst": b"(" + argument + b"i" + lines + b".",
        "obj": b"\x80\x02(c" + lines + argument + b"o.",
        "newobj": b"\x80\x02c" + lines + argument + b"\x85\x81.",
        "newobj-ex": b"\x80\x04c" + lines + argument + b"\x85}\x92.",
    }


class Calls:
    """Asks to be rebuilt by a call."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.answer = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.answer


def pickled() -> dict[str, bytes]:
    """By Python's own pickler, in all protocols and in all places of a tree."""
    found: dict[str, bytes] = {}
    calls = {
        "system": Calls(os.system, COMMAND),
        "eval": Calls(eval, f"__import__('os').system({COMMAND!r})"),
        "exec": Calls(exec, f"import os; os.system({COMMAND!r})"),
        "getattr": Calls(getattr, "text", "format"),
        "print": Calls(print, "this must never run"),
    }
    for name, call in calls.items():
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            found[f"{name}-protocol{protocol}"] = pickle.dumps(call, protocol)
    call = calls["system"]
    places: dict[str, object] = {
        "dict": {"G_ema": call}, "key-of-ordered": OrderedDict(G_ema=OrderedDict(a=call)), "list": [[[call]]],
        "tuple": (call, call), "state-dict": {"a": torch.zeros(1), "b": call}, "default": defaultdict(list, a=[call]),
        "array": np.array([call], dtype=object), "within-a-call": Calls(os.system, Calls(os.getcwd)),
        "slice": slice(call, None), "complex": {"a": 1j}, "class": {"a": Calls}, "module-function": {"a": os.system},
    }  # fmt: skip
    found |= {f"in-{place}": pickle.dumps(value, 4) for place, value in places.items()}
    with builders.official_modules():
        persistent = builders.Persistent("Generator", {"_parameters": {}, "_buffers": {}, "_modules": {"a": call}})
        found["in-persistent-state"] = pickle.dumps({"G_ema": persistent}, 4)
        found["in-persistent-source"] = pickle.dumps({"G_ema": builders.Persistent("G", {}, source=call)}, 4)  # type: ignore[arg-type]
        found["in-persistent-class-name"] = pickle.dumps({"G_ema": builders.Persistent(call, {})}, 4)  # type: ignore[arg-type]
        found["class-name-is-a-path"] = pickle.dumps({"G_ema": builders.Persistent("../../os", {})}, 4)
        found["persistent-module"] = pickle.dumps({"G_ema": _meta({"type": "module"})}, 4)
        found["persistent-without-meta"] = pickle.dumps({"G_ema": _meta("os.system")}, 4)
    found["deep-in-a-generator"] = builders.panohead_pickle(extra={"zz": call})
    return found


def _meta(meta: object) -> object:
    import sys

    return Calls(sys.modules["torch_utils.persistence"].__dict__["_reconstruct_persistent_obj"], meta)


def instructions() -> dict[str, bytes]:
    """Programs that Python's pickler would not write."""
    system = b"cos\nsystem\n"
    ordered = b"ccollections\nOrderedDict\n"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n"
    return {
        "memo-call": b"\x80\x02" + system + b"q\x000h\x00" + text(COMMAND) + b"\x85R.",
        "memo-of-another": b"\x80\x02" + ordered + b"q\x00h\x01)R.",
        "memo-overwritten": b"\x80\x02" + ordered + b"q\x000" + system + b"q\x00h\x00)R.",
        "memo-far-away": b"\x80\x02]r\xff\xff\xff\xff0j\xfe\xff\xff\xff.",
        "memo-negative": b"]p-1\n.",
        "memo-of-nothing": b"\x80\x02q\x00.",
        "memo-of-a-mark": b"\x80\x02(q\x00.",
        "memoize-nothing": b"\x80\x04\x94.",
        "get-text": b"gabc\n.",
        "build-of-a-class": b"\x80\x02" + ordered + b"}" + text("fromkeys") + b"Nsb.",
        "build-of-a-name": b"\x80\x02" + tensor + b"}" + text("__globals__") + b"Nsb.",
        "build-of-a-list": b"\x80\x02]}b.",
        "build-of-a-text": b"\x80\x02" + text("a") + b"}b.",
        "build-with-setstate": b"\x80\x02cargparse\nNamespace\n)\x81}" + text("__setstate__") + system + b"sb.",
        "build-with-class": b"\x80\x02cargparse\nNamespace\n)\x81}" + text("__class__") + system + b"sb.",
        "build-with-slots": b"\x80\x02cargparse\nNamespace\n)\x81}}" + text("__class__") + system + b"s\x86b.",
        "call-of-a-holder": b"\x80\x02cargparse\nNamespace\n)\x81)R.",
        "call-of-a-text": b"\x80\x02" + text("os.system") + text(COMMAND) + b"\x85R.",
        "call-of-a-dict": b"\x80\x02})R.",
        "call-of-a-storage-class": b"\x80\x02ctorch\nFloatStorage\nK\x05\x85R.",
        "call-with-keywords": b"\x80\x04" + ordered + b")}" + text("a") + b"K\x01s\x92.",
        "call-without-tuple": b"\x80\x02" + ordered + b"]R.",
        "reconstructor-of-system": b"\x80\x02ccopyreg\n_reconstructor\n(" + system + b"c__builtin__\nobject\nNtR.",
        "encode-rot13": b"\x80\x02c_codecs\nencode\n" + text("a") + text("rot13") + b"\x86R.",
        "encode-zlib": b"\x80\x02c_codecs\nencode\n" + text("a") + text("zlib") + b"\x86R.",
        "bytearray-of-a-number": b"\x80\x02c__builtin__\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
        "bytes-of-a-number": b"\x80\x02c__builtin__\nbytes\nJ\xff\xff\xff\x7f\x85R.",
        "ext1": b"\x80\x02\x82\x01)R.",
        "ext2": b"\x80\x02\x83\x01\x00)R.",
        "ext4": b"\x80\x02\x84\x01\x00\x00\x00)R.",
        "persistent-line": b"Pos.system\n.",
        "persistent-value": b"\x80\x02" + text("os.system") + b"Q.",
        "persistent-storage": b"\x80\x02" + storage() + b".",
        "next-buffer": b"\x80\x05\x97.",
        "readonly-buffer": b"\x80\x05\x97\x98.",
        "unknown-instruction": b"\x80\x02\xff.",
        "zero-instruction": b"\x80\x02\x00.",
        "protocol-6": b"\x80\x06].",
        "protocol-255": b"\x80\xff].",
        "protocol-twice-wrong": b"\x80\x02\x80\x63].",
        "no-stop": b"\x80\x02]",
        "stop-only": b".",
        "two-values": b"\x80\x02]].",
        "only-a-mark": b"\x80\x02(.",
        "append-to-nothing": b"\x80\x02K\x01a.",
        "append-to-a-dict": b"\x80\x02}K\x01a.",
        "set-items-odd": b"\x80\x02}(K\x01K\x02K\x03u.",
        "set-items-of-a-list": b"\x80\x02](K\x01K\x02u.",
        "add-to-a-list": b"\x80\x04](K\x01\x90.",
        "list-as-a-key": b"\x80\x02}]K\x01s.",
        "dict-in-a-set": b"\x80\x04\x8f(}\x90.",
        "string-without-quotes": b"Sabc\n.",
        "string-half-quoted": b"S'abc\n.",
        "number-of-letters": b"Iabc\n.",
        "float-of-letters": b"Fabc\n.",
        "long-of-letters": b"L12xL\n.",
        "text-not-utf8": b"\x80\x02X\x02\x00\x00\x00\xff\xfe.",
        "line-without-end": b"cos",
        "name-not-utf8": b"c\xff\xff\n\xff\n.",
        "names-of-numbers": b"\x80\x04K\x01K\x02\x93.",
        "tensor-of-a-text": b"\x80\x02" + tensor + b"(" + text("a") + b"K\x00))\x89NtR.",
        "tensor-of-nothing": b"\x80\x02" + tensor + b")R.",
        "scalar-of-objects": b"\x80\x02cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\n" + text("O8") + b"\x85R"
        + b"U\x08" + b"A" * 8 + b"\x86R.",
        "scalar-of-records": b"\x80\x02cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\n" + text("V8") + b"\x85R"
        + b"U\x08" + b"A" * 8 + b"\x86R.",
        "no-network-text": b"\x80\x02" + text("hello") + b".",
        "no-network-none": b"N.",
        "no-network-dict": b"}.",
    }  # fmt: skip


def enormous() -> dict[str, bytes]:
    """Small files that would take all memory or time if their word were taken."""
    far, huge = b"\xff" * 4, b"\xff" * 7 + b"\x7f"
    laughs = b"]q\x00" + b"".join(b"](h%bh%be" % (bytes([i]), bytes([i])) + b"q" + bytes([i + 1]) for i in range(90))
    tuples = b")q\x00" + b"".join(b"h%bh%b\x86q%b" % (bytes([i]), bytes([i]), bytes([i + 1])) for i in range(90))
    module = b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n"
    return {
        "text4": b"\x80\x02X" + far + b"abc.",
        "text8": b"\x80\x04\x8d" + huge + b"abc.",
        "text8-largest": b"\x80\x04\x8d" + b"\xff" * 8 + b"abc.",
        "bytes4": b"\x80\x03B" + far + b"abc.",
        "bytes8": b"\x80\x04\x8e" + huge + b"abc.",
        "bytearray8": b"\x80\x05\x96" + huge + b"abc.",
        "string4": b"\x80\x02T" + far + b"abc.",
        "long1": b"\x80\x02\x8a\xff\x01.",
        "long4": b"\x80\x02\x8b" + far + b"\x01.",
        "long4-real": b"\x80\x02\x8b" + struct.pack("<I", 1 << 20) + b"\x7f" * (1 << 20) + b".",
        "long-line": b"L" + b"9" * 300_000 + b"L\n.",
        "int-line": b"I" + b"9" * 300_000 + b"\n.",
        "frame": b"\x80\x04\x95" + huge + b"].",
        "memo-index": b"\x80\x02]r" + far + b"]r\xfe\xff\xff\xff\x86.",
        "put-index": b"]p99999999999999999999\n.",
        "lists-in-lists": b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
        "tuples-in-tuples": b"\x80\x02)" + b"\x85" * 200_000 + b".",
        "dicts-in-dicts": b"\x80\x02" + b"}K\x01" * 100_000 + b"N" + b"s" * 100_000 + b".",
        "tuples-as-a-key": b"\x80\x02})" + b"\x85" * 100_000 + b"K\x01s.",
        "marks": b"\x80\x02" + b"(" * 500_000 + b".",
        "too-many-instructions": b"\x80\x02" + b"]0" * 600_000 + b"N.",
        "too-many-sets": b"\x80\x04" + b"\x8f" * 1_200_000 + b".",
        "laughing-lists": b"\x80\x02" + laughs + b".",
        "laughing-tuples": b"\x80\x02" + tuples + b".",
        "laughing-tuples-as-a-key": b"\x80\x02}" + tuples + b"K\x01s.",
        "laughing-facts": b"\x80\x02}(" + text("init_kwargs") + laughs + text("a") + b"}u.",
        "list-of-itself": b"\x80\x02]q\x00h\x00a.",
        "dict-of-itself": b"\x80\x02}q\x00" + text("G_ema") + b"h\x00s.",
        "module-of-itself": b"\x80\x02" + _modules_of_itself(module) + b".",
        "frozen-set-of-tuples": b"\x80\x04(" + tuples + b"\x91.",
    }


def _modules_of_itself(module: bytes) -> bytes:
    """A persistent object whose modules hold it again."""
    group = b"}" + text("_parameters") + b"}s" + text("_buffers") + b"}s" + text("_modules") + b"}q\x00s"
    meta = b"}" + text("type") + text("class") + b"s" + text("class_name") + text("G") + b"s" + text("state") + group
    return module + meta + b"s\x85Rq\x010h\x00" + text("a") + b"h\x01s0h\x01"


def torch_zip(pickle_bytes: bytes, members: dict[str, bytes] | None = None, **options: Any) -> bytes:  # noqa: ANN401
    """A torch file with this data.pkl."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as archive:
        archive.writestr("archive/data.pkl", pickle_bytes)
        for name, data in {"archive/version": b"3\n", **(members or {})}.items():
            archive.writestr(name, data)
    return stream.getvalue()


def storage(key: str = "0", count: int = 4, kind: str = "FloatStorage") -> bytes:
    """The instructions that push a storage's identity and take it."""
    number = b"\x8a\x08" + struct.pack("<q", count)
    return b"(" + text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text(key) + text("cpu") + number + b"tQ"


def stored(shape: tuple[int, ...] = (4,), stride: tuple[int, ...] = (1,), offset: int = 0, **options: Any) -> bytes:  # noqa: ANN401
    """A state dict of one tensor."""
    sides = [b"(" + b"".join(b"\x8a\x08" + struct.pack("<q", n) for n in numbers) + b"t" for numbers in (shape, stride)]
    begin = b"\x8a\x08" + struct.pack("<q", offset)
    inner = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage(**options) + begin + b"".join(sides) + b"\x89}tR"
    return b"\x80\x02}" + text("weight") + inner + b"s."


def zips() -> dict[str, bytes]:
    """Zip files: with hostile pickles, with members that are bombs, and with lies."""
    system, numbers = called("os system")["reduce"], {"archive/data/0": bytes(16)}
    whole = torch_zip(stored(), numbers)
    pair = io.BytesIO()
    with zipfile.ZipFile(pair, "w") as archive:
        archive.writestr("one/data.pkl", stored())
        archive.writestr("two/data.pkl", stored())
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("archive/data.pkl", stored())
        with _quiet():
            archive.writestr("archive/data.pkl", system)
    link = zipfile.ZipInfo("archive/data/0")
    link.external_attr = 0o120777 << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        archive.writestr("archive/data.pkl", stored())
        archive.writestr(link, "/etc/passwd")
    found = {f"zip-{name}": torch_zip(data) for name, data in pickled().items() if "protocol2" in name or "in-" in name}
    found |= {f"zip-{name}": torch_zip(called(name)["reduce"]) for name in DANGEROUS[:12]}
    found |= {
        "zip-bomb": torch_zip(stored(), {"archive/data/0": bytes(1 << 28)}, compression=zipfile.ZIP_DEFLATED),
        "zip-packed-pickle": torch_zip(b"\x80\x02" + b"]0" * 100_000 + b".", compression=zipfile.ZIP_DEFLATED),
        "zip-without-pickle": torch_zip(b"").replace(b"data.pkl", b"data.plk"),
        "zip-empty-pickle": torch_zip(b""),
        "zip-two-pickles": pair.getvalue(),
        "zip-same-name-twice": twice.getvalue(),
        "zip-link": linked.getvalue(),
        "zip-program": torch_zip(stored(), {**numbers, "archive/code/__torch__.py": b"import os"}),
        "zip-program-constants": torch_zip(stored(), {**numbers, "archive/constants.pkl": system}),
        "zip-big-endian": torch_zip(stored(), {**numbers, "archive/byteorder": b"big"}),
        "zip-missing-storage": torch_zip(stored()),
        "zip-short-storage": torch_zip(stored(), {"archive/data/0": bytes(8)}),
        "zip-huge-storage": torch_zip(stored(count=1 << 60), numbers),
        "zip-negative-storage": torch_zip(stored(count=-4), numbers),
        "zip-key-leads-out": torch_zip(stored(key="../../../../etc/passwd"), numbers),
        "zip-two-sizes": torch_zip(stored()[:-1] + text("b") + stored(count=8)[3:][len(text("weight")):], numbers),
        "zip-shape-too-large": torch_zip(stored((5,)), numbers),
        "zip-shape-enormous": torch_zip(stored((1 << 40, 1 << 40), (0, 0)), numbers),
        "zip-shape-negative": torch_zip(stored((-1,)), numbers),
        "zip-stride-negative": torch_zip(stored((4,), (-1,), 3), numbers),
        "zip-stride-too-far": torch_zip(stored((4,), (2,)), numbers),
        "zip-offset-too-far": torch_zip(stored((4,), (1,), 1), numbers),
        "zip-offset-negative": torch_zip(stored((4,), (1,), -1), numbers),
        "zip-many-sides": torch_zip(stored((1,) * 80, (1,) * 80), numbers),
        "zip-sides-and-strides": torch_zip(stored((2, 2), (1,)), numbers),
        "zip-unknown-storage": torch_zip(stored(kind="QUInt8Storage"), numbers),
        "zip-trailing-in-pickle": torch_zip(stored() + b"junk", numbers),
        "zip-locked": _patched(whole, b"PK\x01\x02", 8, b"\x01\x00"),
        "zip-moved": _patched(whole, b"PK\x01\x02", 42, b"\xff\xff\xff\x00"),
        "zip-larger-than-it-is": _patched(whole, b"PK\x01\x02", 20, b"\xff\xff\xff\x00\xff\xff\xff\x00"),
        "zip-on-one-another": _overlapping(whole),
        "zip-nothing": b"PK\x05\x06" + bytes(18),
        "zip-head-only": b"PK\x03\x04" + bytes(40),
    }  # fmt: skip
    return found | {f"zip-until-{end}": whole[:end] for end in range(4, len(whole), max(1, len(whole) // 24))}


def _patched(data: bytes, mark: bytes, offset: int, change: bytes) -> bytes:
    """The bytes with a change behind the first `mark`."""
    begin = data.index(mark) + offset
    return data[:begin] + change + data[begin + len(change) :]


def _overlapping(data: bytes) -> bytes:
    """The second member of the directory said to be where the first is."""
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    return data[: second + 42] + bytes(4) + data[second + 46 :]


def _quiet() -> Any:  # noqa: ANN401 - a context
    import warnings

    context = warnings.catch_warnings()
    warnings.simplefilter("ignore")
    return context


def legacy(main: bytes, keys: bytes = b"\x80\x02](X\x01\x00\x00\x000e.", data: bytes = b"") -> bytes:
    """A torch file of before version 1.6."""
    system = pickle.dumps({"protocol_version": 1001, "little_endian": True, "type_sizes": {}}, 2)
    return pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + system + main + keys + data


def old_files() -> dict[str, bytes]:
    """Legacy torch files, alone and as the storages of a pickle."""
    numbers = struct.pack("<q", 4) + bytes(16)
    main = stored()
    big = pickle.dumps({"protocol_version": 1001, "little_endian": False}, 2)
    head = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    system = called("os system")["reduce"]
    one = b"\x80\x02" + storage() + b"."

    def inside(data: bytes) -> bytes:
        raw = b"B" + struct.pack("<I", len(data)) + data
        inner = b"ctorch._utils\n_rebuild_tensor_v2\n(ctorch.storage\n_load_from_bytes\n" + raw + b"\x85R"
        return b"\x80\x03}" + text("weight") + inner + b"K\x00K\x04\x85K\x01\x85\x89}tRs."

    nested = inside(legacy(one, data=numbers))
    found = {
        "legacy-call": legacy(system, data=numbers),
        "legacy-call-in-head": system.join([head[:-1], b""]),
        "legacy-other-protocol": head + pickle.dumps(1002, 2) + pickle.dumps({}, 2),
        "legacy-big-endian": head + pickle.dumps(1001, 2) + big + main,
        "legacy-system-is-a-call": head + pickle.dumps(1001, 2) + system,
        "legacy-other-keys": legacy(main, b"\x80\x02](X\x01\x00\x00\x001e.", numbers),
        "legacy-no-keys": legacy(main, b"\x80\x02].", numbers),
        "legacy-keys-are-a-call": legacy(main, system, numbers),
        "legacy-short": legacy(main, data=numbers[:-1]),
        "legacy-long": legacy(main, data=numbers + b"x"),
        "legacy-huge": legacy(stored(count=1 << 60), data=struct.pack("<q", 1 << 60) + bytes(16)),
        "legacy-other-count": legacy(main, data=struct.pack("<q", 5) + bytes(20)),
        "legacy-negative-count": legacy(main, data=struct.pack("<q", -1) + bytes(16)),
        "bytes-call": inside(legacy(system, data=numbers)),
        "bytes-bare-call": inside(system),
        "bytes-in-bytes": inside(nested),
        "bytes-zip": inside(torch_zip(stored(), {"archive/data/0": bytes(16)})),
        "bytes-a-dict": inside(legacy(main, data=numbers)),
        "bytes-short": inside(legacy(one, data=numbers[:-4])),
        "bytes-empty": inside(b""),
        "bytes-huge": inside(legacy(b"\x80\x02" + storage(count=1 << 50) + b".", data=struct.pack("<q", 1 << 50))),
        "bytes-of-a-number": b"\x80\x02ctorch.storage\n_load_from_bytes\nK\x05\x85R.",
        "trailing-call": builders.panohead_pickle() + system,
        "trailing-byte": pickle.dumps({"a": 1}) + b"\x00",
    }
    whole = legacy(main, data=numbers)
    return found | {f"legacy-until-{end}": whole[:end] for end in range(16, len(whole), max(1, len(whole) // 16))}


def tensor_files() -> dict[str, bytes]:
    """Safetensors whose headers lie."""

    def file(header: str, data: bytes = bytes(16)) -> bytes:
        return struct.pack("<Q", len(header)) + header.encode() + data

    def entry(kind: str = "F32", shape: str = "[4]", offsets: str = "[0,16]") -> str:
        return f'{{"weight":{{"dtype":"{kind}","shape":{shape},"data_offsets":{offsets}}}}}'

    return {
        "safetensors-type": file(entry("PY")),
        "safetensors-shape": file(entry(shape="[5]")),
        "safetensors-negative": file(entry(shape="[-4]")),
        "safetensors-text-shape": file(entry(shape='["4"]')),
        "safetensors-backwards": file(entry(offsets="[16,0]")),
        "safetensors-far": file(entry(offsets="[0,1600]")),
        "safetensors-trailing": file(entry(), bytes(20)),
        "safetensors-short": file(entry(), bytes(12)),
        "safetensors-no-json": file("{nothing"),
        "safetensors-a-list": file('{"weight":[1,2]}'),
        "safetensors-deep": file('{"a":' + "[" * 50_000 + "]" * 50_000 + "}"),
        "safetensors-huge-header": struct.pack("<Q", 1 << 62) + b"{}",
        "safetensors-no-network": file("{}", b""),
    }


def truncated() -> dict[str, bytes]:
    """A generator's file, cut at many places."""
    whole = builders.panohead_pickle()
    return {f"until-{end}": whole[:end] for end in sorted({*range(1, 40, 3), *range(40, len(whole), len(whole) // 40)})}


def hostile_files() -> dict[str, bytes]:
    """All of them by name."""
    found = {
        f"{name.replace(' ', '.')}-{kind}": data
        for index, name in enumerate(DANGEROUS)
        for kind, data in called(name).items()
        # every name by two instructions, the first dozen by all
        if index < 12 or kind in ("reduce", "stack-global")
    }
    for more in (pickled, instructions, enormous, zips, old_files, tensor_files, truncated):
        found |= more()
    return found
