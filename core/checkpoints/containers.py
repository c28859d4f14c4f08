"""Files that hold pickles and numbers: StyleGAN's pickles, torch's zip and legacy files, safetensors.

A file is mapped, not read: only the numbers that are wanted come into memory. Longer than usual: four formats, which
share what is refused of declared sizes and names.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import mmap
import struct
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from core.checkpoints.allowed import ALLOWED, STORAGE_TYPES
from core.checkpoints.inert import ITEM_BYTES, TYPES_BY_SAFETENSORS, Name, Storage, StoredTensor, row_major
from core.checkpoints.machine import DAMAGED, PickleMachine, refused
from core.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Literal

    from core.checkpoints.machine import Maker

    Format = Literal["pickle", "torch", "torch (legacy)", "safetensors"]

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001
LEGACY_BEGIN = (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", b"\x80\x03\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.")
MOST_ENTRIES = 100_000
LARGEST_HEADER = LARGEST_DIRECTORY = 1 << 24
LOCAL_HEADER = struct.Struct("<4s22xHH")
ENCRYPTED = 1


@dataclass(frozen=True)
class Tree:
    """What a file holds.

    Attributes:
        root: dicts, lists, numbers, texts, `Holder`s and `StoredTensor`s.
        format: how it is written.
    """

    root: object
    format: Format


def mapped(path: Path) -> memoryview:
    """The bytes of a file, read as they are touched.

    Raises:
        CheckpointError: it is no file, or an empty one.
    """
    if not path.is_file():
        raise CheckpointError(f"There is no file {path}.", "Check the path.")
    try:
        with path.open("rb") as stream:
            # a private copy that nobody writes to: torch refuses memory that may not be written
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY))
    except ValueError:
        raise CheckpointError(f"{path.name} is empty.", "Copy or download it again.") from None
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read ({error.strerror}).", "Check its permissions.") from error


def read_tree(data: memoryview) -> Tree:
    """What the bytes of a checkpoint hold, whatever its format.

    Raises:
        CheckpointError: they are damaged, of no known format, or ask for code.
    """
    head = bytes(data[:16])
    if head[:4] == b"PK\x03\x04":
        return Tree(read_zip(data), "torch")
    if head.startswith(LEGACY_BEGIN):
        return Tree(read_legacy(data), "torch (legacy)")
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= min(len(data), LARGEST_HEADER):
        return Tree(read_safetensors(data), "safetensors")
    machine = PickleMachine(data, {**ALLOWED, ("torch.storage", "_load_from_bytes"): _storage_in_bytes})
    root = machine.load()
    if machine.position != len(data):
        raise CheckpointError(f"Behind its pickle the file holds {len(data) - machine.position:,} more bytes.", DAMAGED)
    return Tree(root, "pickle")


def read_legacy(data: memoryview, table: Mapping[tuple[str, str], Maker] = ALLOWED) -> object:
    """The value in a file as torch wrote it before version 1.6: five pickles, then the storages' bytes."""
    storages: dict[str, Storage] = {}
    position = 0

    def load(persistent: bool = False) -> object:
        nonlocal position
        machine = PickleMachine(data, table, (lambda pid: _declared(pid, storages)) if persistent else None, position)
        value = machine.load()
        position = machine.position
        return value

    if load() != LEGACY_MAGIC or load() != LEGACY_PROTOCOL:
        raise CheckpointError("The file begins as torch's but does not go on so.", DAMAGED)
    system = load()
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise CheckpointError("The file comes from a machine of another byte order.", "Save it again on a common one.")
    root, keys = load(persistent=True), load()
    if not isinstance(keys, list) or set(map(str, keys)) != set(storages):
        raise CheckpointError("The file's list of storages does not fit its tensors.", DAMAGED)
    for key in keys:
        storage = storages[key]
        length = storage.count * ITEM_BYTES[storage.type]
        begin = position + 8
        if int.from_bytes(data[position:begin], "little") != storage.count or begin + length > len(data):
            raise CheckpointError(f"The file ends in the middle: storage {key} has {length:,} bytes.", DAMAGED)
        storage.bind(data[begin : begin + length])
        position = begin + length
    if position != len(data):
        raise CheckpointError(f"Behind its last storage the file holds {len(data) - position:,} more bytes.", DAMAGED)
    return root


def read_zip(data: memoryview) -> object:
    """The value in a file as torch writes it since version 1.6: a zip of one pickle and a member for each storage."""
    members = _members(data)
    pickles = [name for name in members if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise CheckpointError("The zip file holds no torch checkpoint.", "A checkpoint has one data.pkl in it.")
    folder = pickles[0].removesuffix("data.pkl")
    if any(name.startswith(f"{folder}code/") or name == f"{folder}constants.pkl" for name in members):
        raise CheckpointError("The file is a TorchScript program, not weights.", "Use the checkpoint of the weights.")
    if bytes(members.get(f"{folder}byteorder", b"little")[:16]) != b"little":
        raise CheckpointError("The file comes from a machine of another byte order.", "Save it again on a common one.")
    storages: dict[str, Storage] = {}
    machine = PickleMachine(members[pickles[0]], ALLOWED, lambda pid: _declared(pid, storages))
    root = machine.load()
    if machine.position != len(members[pickles[0]]):
        raise CheckpointError("Behind its pickle data.pkl holds more bytes.", DAMAGED)
    for key, storage in storages.items():
        if f"{folder}data/{key}" not in members:
            raise CheckpointError(f"The storage {key[:80]} is missing from the file.", DAMAGED)
        storage.bind(members[f"{folder}data/{key}"])
    return root


def read_safetensors(data: memoryview) -> dict[str, object]:
    """Tensors by name, and the file's notes under "__metadata__" where it has some."""
    begin = 8 + int.from_bytes(data[:8], "little")
    try:
        header = json.loads(bytes(data[8:begin]), parse_constant=_no_constant)
        tensors: dict[str, object] = {}
        end = 0
        for name, entry in header.items():
            if name == "__metadata__":
                tensors[name] = {str(key): _from_json(value) for key, value in entry.items()}
                continue
            kind, shape = TYPES_BY_SAFETENSORS[entry["dtype"]], tuple(entry["shape"])
            first, last = entry["data_offsets"]
            if not all(type(side) is int and side >= 0 for side in (*shape, first, last)) or first > last:
                raise ValueError(name)
            end = max(end, last)
            storage = Storage(kind, (last - first) // ITEM_BYTES[kind])
            storage.bind(data[begin + first : begin + last])
            tensors[name] = StoredTensor(storage, 0, shape, row_major(shape))
            if tensors[name].count != storage.count:  # type: ignore[attr-defined]
                raise ValueError(name)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError("The safetensors file's header makes no sense.", DAMAGED) from error
    if begin + end != len(data):
        raise CheckpointError(f"The safetensors file should have {begin + end:,} bytes, not {len(data):,}.", DAMAGED)
    return tensors


def _storage_in_bytes(name: Name, arguments: tuple[object, ...]) -> Storage:
    """One storage that a pickle carries as a legacy torch file in a string of bytes."""
    (raw,) = arguments
    if isinstance(raw, str):
        raw = raw.encode("latin1")
    if not isinstance(raw, bytes | memoryview):
        raise refused(f"{name} of a {type(raw).__name__}")
    view = raw if isinstance(raw, memoryview) else memoryview(bytearray(raw))
    if not bytes(view[:16]).startswith(LEGACY_BEGIN):
        raise CheckpointError("A storage in the file is not written as torch writes it.", DAMAGED)
    # the inner file knows no further _load_from_bytes: storages do not nest
    storage = read_legacy(view, {key: ALLOWED[key] for key in ALLOWED if key[0] == "torch"})
    if not isinstance(storage, Storage):
        raise refused(f"{name} of something else than one storage")
    return storage


def _declared(identity: object, storages: dict[str, Storage]) -> Storage:
    """The storage that a tensor refers to; its bytes come later."""
    match identity:
        case ("storage", Name(module="torch", name=kind), str(key), str(), int(count), *rest) if rest in ([], [None]):
            if kind not in STORAGE_TYPES or isinstance(count, bool) or count < 0:
                raise refused(f"a storage of {kind}")
            known = storages.setdefault(key, Storage(STORAGE_TYPES[kind], count))
            if (known.type, known.count) != (STORAGE_TYPES[kind], count):
                raise CheckpointError(f"The file describes storage {key[:80]} twice, differently.", DAMAGED)
            return known
        case _:
            raise refused("data outside of itself")


def _members(data: memoryview) -> dict[str, memoryview]:
    """Members of a zip whose every byte stands in it as it is, by name."""
    found: dict[str, memoryview] = {}
    spans: list[tuple[int, int]] = []
    try:
        with contextlib.closing(zipfile.ZipFile(_Window(data))) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, struct.error) as error:
        raise CheckpointError("The zip file is damaged.", DAMAGED) from error
    if len(entries) > MOST_ENTRIES:
        raise CheckpointError(f"The zip file has {len(entries):,} members, which no model has.", "It was not opened.")
    for entry in entries:
        shown = entry.filename[:80]
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & ENCRYPTED:
            raise CheckpointError(f"{shown!r} in the zip file is packed or locked.", "torch writes no such files.")
        if entry.filename in found:
            raise CheckpointError(f"The zip file has {shown!r} twice.", "It was not opened.")
        begin = entry.header_offset + LOCAL_HEADER.size
        header = bytes(data[entry.header_offset : begin])
        if entry.header_offset < 0 or len(header) != LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise CheckpointError(f"{shown!r} is not where the zip file says.", DAMAGED)
        _, name_length, extra_length = LOCAL_HEADER.unpack(header)
        begin += name_length + extra_length
        if entry.file_size != entry.compress_size or begin + entry.file_size > len(data):
            raise CheckpointError(f"{shown!r} is larger than the zip file.", DAMAGED)
        spans.append((entry.header_offset, begin + entry.file_size))
        found[entry.filename] = data[begin : begin + entry.file_size]
    spans.sort()
    if any(second[0] < first[1] for first, second in itertools.pairwise(spans)):
        raise CheckpointError("Members of the zip file lie on one another.", "It was not opened.")
    return found


class _Window(BytesIO):
    """A stream over mapped bytes without a copy of them, as far as `zipfile` needs one."""

    def __init__(self, data: memoryview) -> None:
        super().__init__()
        self._data, self._position = data, 0

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._position, len(self._data))[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        end = len(self._data) if size is None or size < 0 else self._position + size
        if min(end, len(self._data)) - self._position > LARGEST_DIRECTORY:
            raise OSError("a directory larger than any model's")
        piece = bytes(self._data[self._position : end])
        self._position += len(piece)
        return piece


def _no_constant(text: str) -> object:
    raise ValueError(text)


def _from_json(text: object) -> object:
    """A note of a safetensors file: JSON where it is some, else text."""
    if not isinstance(text, str):
        raise TypeError("notes are text")
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text)
    return text
