"""A pickle is a program; this machine runs it and can make nothing but data.

The standard unpickler looks up and calls what the file names. Here a name stays a name: it is looked up in a literal
table (`core.checkpoints.allowed`), whose entries make plain values; what is not in the table stops the reading before
anything is made of it. Sizes are believed only as far as the file's own bytes go, and what the program does is counted,
so that no file takes more time or memory than one of its length may.

Long because one machine belongs together; every instruction is a few lines.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Protocol

from core.checkpoints.inert import Holder, Name, StoredTensor
from core.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_LINE = LONGEST_TEXT = 1 << 24
LONGEST_NUMBER_BYTES = 256
LARGEST_PROGRAM = 1_000_000
"""Instructions; a released generator has about a hundred thousand."""
VIEWED_FROM = 1 << 16
"""Bytes from which on a string of bytes stays a view of the file."""
PROTOCOLS = range(6)
ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
SIMPLE_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\", b"'": b"'", b'"': b'"'}
DAMAGED = "The file may be damaged; copy it again from its authors."


class Maker(Protocol):
    """Makes a plain value in the place of an instance or of a call's answer."""

    def __call__(self, name: Name, arguments: tuple[object, ...]) -> object:
        """The value for a name and the arguments that the file gives it."""
        ...


class _Mark:
    """The place on the stack where a list of values begins."""


_MARK = _Mark()


def refused(name: object) -> CheckpointError:
    """The answer to a name that is not in the table."""
    return CheckpointError(
        f"The file asks for {str(name)[:120]!s}, which is not plain data.",
        "It was not opened and nothing in it was run. Use a file from the model's authors.",
    )


class PickleMachine:
    """Reads one pickle from bytes.

    Attributes:
        position: first byte behind what was read.
    """

    def __init__(
        self,
        data: memoryview,
        table: Mapping[tuple[str, str], Maker],
        persistent: Callable[[object], object] | None = None,
        position: int = 0,
    ) -> None:
        self._data, self._table, self._persistent, self.position = data, table, persistent, position
        self._stack: list[object] = []
        self._memo: dict[int, object] = {}

    def load(self) -> object:
        """The value of the program.

        Raises:
            CheckpointError: it is damaged, asks for what is not allowed, or is larger than any model's.
        """
        try:
            return self._run()
        except (ValueError, IndexError, KeyError, TypeError, OverflowError, struct.error, RecursionError) as error:
            where = f"at byte {self.position} of {len(self._data)}"
            raise CheckpointError(f"The pickle in the file makes no sense {where}.", DAMAGED) from error

    def _run(self) -> object:
        steps = STEPS
        for _ in range(LARGEST_PROGRAM):
            code = self._take(1)[0]
            if code == 0x2E:  # STOP
                (value,) = self._stack
                if isinstance(value, _Mark):
                    raise ValueError
                return value
            step = steps.get(code)
            if step is None:
                raise CheckpointError(
                    f"The file holds the pickle instruction 0x{code:02x}, which no model needs.", DAMAGED
                )
            step(self)
        raise CheckpointError(
            f"The file's pickle has more than {LARGEST_PROGRAM:,} instructions.", "It was not opened."
        )

    # bytes

    def _take(self, count: int) -> memoryview:
        end = self.position + count
        if not 0 <= count <= len(self._data) - self.position:
            raise CheckpointError(
                f"The file ends in the middle: {count:,} bytes are declared at byte {self.position:,}, "
                f"{len(self._data) - self.position:,} are there.",
                DAMAGED,
            )
        taken = self._data[self.position : end]
        self.position = end
        return taken

    def _number(self, count: int) -> int:
        return int.from_bytes(self._take(count), "little")

    def _line(self) -> bytes:
        length = 1 << 8
        while length <= LONGEST_LINE:
            # growing pieces: most lines are short, and a piece is a copy
            piece = bytes(self._data[self.position : self.position + length])
            end = piece.find(b"\n")
            if end >= 0:
                self.position += end + 1
                return piece[:end]
            if len(piece) < length:
                break
            length *= 2
        raise CheckpointError("The file ends in the middle of a line.", DAMAGED)

    def _text(self, count: int) -> None:
        if count > LONGEST_TEXT:
            raise CheckpointError(
                f"The file declares a text of {count:,} bytes.", "No model has one; it was not opened."
            )
        self._stack.append(bytes(self._take(count)).decode("utf-8", "surrogatepass"))

    def _bytes(self, count: int) -> None:
        taken = self._take(count)
        self._stack.append(taken if count >= VIEWED_FROM else bytes(taken))

    # the stack

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _drop(self) -> None:
        self._stack.pop()

    def _pop(self) -> object:
        value = self._stack.pop()
        if isinstance(value, _Mark):
            raise TypeError("a mark where a value is expected")
        return value

    def _marked(self) -> list[object]:
        """The values above the last mark, which goes with them."""
        for index in range(len(self._stack) - 1, -1, -1):
            if self._stack[index] is _MARK:
                values = self._stack[index + 1 :]
                del self._stack[index:]
                return values
        raise ValueError("no mark")

    def _drop_marked(self) -> None:
        self._marked()

    def _remember(self, index: int) -> None:
        value = self._stack[-1]
        if isinstance(value, _Mark) or index < 0:
            raise ValueError("nothing to remember")
        self._memo[index] = value

    def _recall(self, index: int) -> None:
        self._stack.append(self._memo[index])

    # values

    def _name(self, module: str, name: str) -> None:
        if (module, name) not in self._table:
            raise refused(f"{module}.{name}")
        self._stack.append(Name(module, name))

    def _name_from_lines(self) -> None:
        module, name = self._line().decode("utf-8"), self._line().decode("utf-8")
        self._name(module, name)

    def _name_from_stack(self) -> None:
        name, module = self._pop(), self._pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise TypeError("names are text")
        self._name(module, name)

    def _make(self, name: object, arguments: object) -> None:
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            raise refused(f"a call of {type(name).__name__}")
        self._stack.append(self._table[name.module, name.name](name, arguments))

    def _make_from_stack(self) -> None:
        arguments, name = self._pop(), self._pop()
        self._make(name, arguments)

    def _make_with_keywords(self) -> None:
        keywords, arguments, name = self._pop(), self._pop(), self._pop()
        if keywords != {}:
            raise refused(f"a call of {name} with keywords")
        self._make(name, arguments)

    def _make_from_mark(self) -> None:
        name, *arguments = self._marked()
        self._make(name, tuple(arguments))

    def _make_from_lines(self) -> None:
        arguments = self._marked()
        self._name_from_lines()
        self._make(self._pop(), tuple(arguments))

    def _give_state(self) -> None:
        state = self._pop()
        target = self._stack[-1]
        if isinstance(target, Holder):
            # attributes of slots come as a second dict
            parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
            for part in parts:
                if isinstance(part, dict):
                    target.state.update(part)
                elif part is not None:
                    target.state["state"] = state
        elif not (isinstance(target, dict | StoredTensor) and isinstance(state, dict | tuple | None)):
            # a dict's attributes (a state dict's versions) and a parameter's say nothing of the numbers
            raise refused(f"an attribute of a {type(target).__name__}")

    def _set_items(self, flat: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict) or len(flat) % 2:
            raise TypeError("pairs go into dicts")
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            target[_hashable(key)] = value

    def _append(self, values: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise TypeError("items go into lists")
        target.extend(values)

    def _add(self, values: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, set):
            raise TypeError("members go into sets")
        target.update(_hashable(value) for value in values)

    def _persist(self, identity: object) -> None:
        if self._persistent is None:
            raise CheckpointError("The file refers to data outside of itself.", "It was not opened.")
        self._stack.append(self._persistent(identity))

    def _protocol(self) -> None:
        if self._number(1) not in PROTOCOLS:
            raise CheckpointError("The file's pickle is of a version that does not exist.", DAMAGED)

    def _frame(self) -> None:
        length = self._number(8)
        if length > len(self._data) - self.position:
            raise CheckpointError(f"The file declares a frame of {length:,} bytes and is shorter.", DAMAGED)

    def _int_line(self) -> None:
        line = self._line()
        self._stack.append({b"00": False, b"01": True}[line] if line in (b"00", b"01") else _whole(line))

    def _long_line(self) -> None:
        self._stack.append(_whole(self._line().removesuffix(b"L")))

    def _long(self, width: int) -> None:
        length = self._number(width)
        if length > LONGEST_NUMBER_BYTES:
            raise CheckpointError(f"The file declares a number of {length:,} bytes.", DAMAGED)
        self._stack.append(int.from_bytes(self._take(length), "little", signed=True))

    def _string_line(self) -> None:
        line = self._line().strip()
        if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
            raise ValueError("a string without quotes")
        self._stack.append(ESCAPE.sub(_unescaped, line[1:-1]).decode("latin1"))

    def _string(self, count: int) -> None:
        if count > LONGEST_TEXT:
            raise CheckpointError(f"The file declares a text of {count:,} bytes.", "It was not opened.")
        # of Python 2: text or bytes, nobody knows; latin1 loses neither
        self._stack.append(bytes(self._take(count)).decode("latin1"))

    def _tuple(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self._stack.append(tuple(reversed(values)))

    def _dict(self) -> None:
        flat = self._marked()
        self._stack.append({})
        self._set_items(flat)


def _unescaped(match: re.Match[bytes]) -> bytes:
    """What stands for an escape of Python's, such as n after a backslash."""
    code = match[1]
    if code[:1] == b"x":
        return bytes([int(code[1:], 16)])
    return bytes([int(code, 8) & 255]) if code.isdigit() else SIMPLE_ESCAPES.get(code, b"\\" + code)


def _whole(line: bytes) -> int:
    if len(line) > 2 * LONGEST_NUMBER_BYTES:
        raise ValueError("too long a number")
    return int(line)


def _hashable(key: object) -> object:
    """Keys are flat: hashing a deep tuple would exhaust the stack or, where it repeats itself, the day."""
    if isinstance(key, tuple):
        if len(key) > 64 or not all(isinstance(item, str | int | float | bytes | None) for item in key):
            raise refused("a nested tuple as a key")
        return key
    if not isinstance(key, str | int | float | bytes | Name | None):
        raise refused(f"a {type(key).__name__} as a key")
    return key


STEPS: dict[int, Callable[[PickleMachine], None]] = {
    ord("("): lambda m: m._push(_MARK),
    ord("0"): lambda m: m._drop(),
    ord("1"): lambda m: m._drop_marked(),
    ord("2"): lambda m: m._push(m._stack[-1]),
    ord("F"): lambda m: m._push(float(m._line())),
    ord("I"): lambda m: m._int_line(),
    ord("J"): lambda m: m._push(int.from_bytes(m._take(4), "little", signed=True)),
    ord("K"): lambda m: m._push(m._number(1)),
    ord("L"): lambda m: m._long_line(),
    ord("M"): lambda m: m._push(m._number(2)),
    ord("N"): lambda m: m._push(None),
    ord("P"): lambda m: m._persist(m._line().decode("ascii")),
    ord("Q"): lambda m: m._persist(m._pop()),
    ord("R"): lambda m: m._make_from_stack(),
    ord("S"): lambda m: m._string_line(),
    ord("T"): lambda m: m._string(m._number(4)),
    ord("U"): lambda m: m._string(m._number(1)),
    ord("V"): lambda m: m._push(m._line().decode("raw-unicode-escape")),
    ord("X"): lambda m: m._text(m._number(4)),
    ord("a"): lambda m: m._append([m._pop()]),
    ord("b"): lambda m: m._give_state(),
    ord("c"): lambda m: m._name_from_lines(),
    ord("d"): lambda m: m._dict(),
    ord("}"): lambda m: m._push({}),
    ord("e"): lambda m: m._append(m._marked()),
    ord("g"): lambda m: m._recall(_whole(m._line())),
    ord("h"): lambda m: m._recall(m._number(1)),
    ord("i"): lambda m: m._make_from_lines(),
    ord("j"): lambda m: m._recall(m._number(4)),
    ord("l"): lambda m: m._push(m._marked()),
    ord("]"): lambda m: m._push([]),
    ord("o"): lambda m: m._make_from_mark(),
    ord("p"): lambda m: m._remember(_whole(m._line())),
    ord("q"): lambda m: m._remember(m._number(1)),
    ord("r"): lambda m: m._remember(m._number(4)),
    ord("s"): lambda m: m._set_items([m._pop(), m._pop()][::-1]),
    ord("t"): lambda m: m._push(tuple(m._marked())),
    ord(")"): lambda m: m._push(()),
    ord("u"): lambda m: m._set_items(m._marked()),
    ord("G"): lambda m: m._push(struct.unpack(">d", m._take(8))[0]),
    ord("B"): lambda m: m._bytes(m._number(4)),
    ord("C"): lambda m: m._bytes(m._number(1)),
    0x80: lambda m: m._protocol(),
    0x81: lambda m: m._make_from_stack(),
    0x85: lambda m: m._tuple(1),
    0x86: lambda m: m._tuple(2),
    0x87: lambda m: m._tuple(3),
    0x88: lambda m: m._push(True),
    0x89: lambda m: m._push(False),
    0x8A: lambda m: m._long(1),
    0x8B: lambda m: m._long(4),
    0x8C: lambda m: m._text(m._number(1)),
    0x8D: lambda m: m._text(m._number(8)),
    0x8E: lambda m: m._bytes(m._number(8)),
    0x8F: lambda m: m._push(set()),
    0x90: lambda m: m._add(m._marked()),
    0x91: lambda m: m._push(frozenset(_hashable(value) for value in m._marked())),
    0x92: lambda m: m._make_with_keywords(),
    0x93: lambda m: m._name_from_stack(),
    0x94: lambda m: m._remember(len(m._memo)),
    0x95: lambda m: m._frame(),
    0x96: lambda m: m._bytes(m._number(8)),
}
"""Instructions by their byte. Those that stand for registered extensions and for buffers outside of the file (0x82-84,
0x97, 0x98) are missing on purpose."""
