"""Style packs as files: one safetensors file with its facts, its preview and a compact delta.

A delta is kept in half precision where that fits into `MOST_BYTES`, else its matrices are brought to a low rank.
Reading trusts nothing: sizes, kinds and numbers are looked at; `core.editors.restyling` compares with the generator.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as bytes_from_tensors

from core.drawing.styles import STYLES
from core.errors import VoltefaceError
from core.style_pack import Making, Shape, StylePack
from core.whole_file import written_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor


SUFFIX = ".vfstyle"
MOST_BYTES = 6_000_000
METADATA_KEY = "volteface_style"
VERSION = 1
RANKS = (64, 32, 16, 8, 4, 2, 1)
LEFT, RIGHT, PREVIEW = "left:", "right:", "preview"
LONGEST_NAME = 40
LARGEST_PREVIEW_PX = 1024
ARTIST, TINT = "artist", "tint"
TEXTS = ("name", "title", "made", "generator", "fingerprint", "licence", "prompt", "prior", "preset", "shape")


def save_pack(pack: StylePack, path: Path) -> int:
    """Write a pack, whole or not at all.

    Returns:
        Its size in bytes.

    Raises:
        VoltefaceError: it cannot be written there.
    """
    tensors = compact(pack.delta, MOST_BYTES - len(_png(pack.preview)) - 10_000)
    tensors[PREVIEW] = torch.frombuffer(bytearray(_png(pack.preview)), dtype=torch.uint8)
    facts = {name: getattr(pack, name) for name in (*TEXTS, ARTIST, TINT)} | {"version": VERSION}
    data = bytes_from_tensors(tensors, {METADATA_KEY: json.dumps(facts)})
    try:
        with written_whole(path) as stream:
            stream.write(data)
    except OSError as error:
        raise VoltefaceError(f"The style could not be written to {path}.", "Choose another place.") from error
    return len(data)


def load_pack(path: Path) -> StylePack:
    """Read a pack.

    Raises:
        VoltefaceError: there is none, or it is damaged, too large or of a newer version.
    """
    if not path.is_file():
        raise VoltefaceError(f"There is no style pack {path}.", "Check the path.")
    if path.stat().st_size > 4 * MOST_BYTES:
        raise VoltefaceError(f"{path.name} is too large for a style pack.", f"They have {MOST_BYTES // 10**6} MB.")
    try:
        with safe_open(str(path), framework="pt") as file:
            facts: dict[str, Any] = json.loads((file.metadata() or {})[METADATA_KEY])
            if facts["version"] > VERSION:
                raise VoltefaceError(f"{path.name} was made by a newer Volteface.", "Update Volteface to use it.")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        return _pack(facts, tensors)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError, SyntaxError) as error:
        raise VoltefaceError(f"{path.name} is no style pack, or it is damaged.", "Export it again.") from error


def _pack(facts: dict[str, Any], tensors: dict[str, Tensor]) -> StylePack:
    texts = {name: facts[name] for name in TEXTS}
    if not all(isinstance(text, str) for text in texts.values()) or texts["made"] not in get_args(Making):
        raise ValueError("a fact is of the wrong kind")
    if texts["shape"] not in get_args(Shape):
        raise ValueError("a shape is neither told nor shown")
    if not (texts["name"] and len(texts["name"]) <= LONGEST_NAME and texts["name"].isprintable()):
        raise ValueError("a pack needs a short name")
    with Image.open(io.BytesIO(tensors.pop(PREVIEW).numpy().tobytes()), formats=("PNG",)) as image:
        if max(image.size) > LARGEST_PREVIEW_PX:
            raise ValueError("the preview is too large")
        preview = np.asarray(image.convert("RGB"))
    artist, tint = facts.get(ARTIST, ""), facts.get(TINT)
    if artist and artist not in STYLES:
        raise ValueError("nobody here draws so")
    if tint is not None:
        red, green, blue = (min(1.0, max(0.0, float(part))) for part in tint)
        tint = (red, green, blue)
    delta = restored(tensors)
    if not all(bool(value.isfinite().all()) for value in delta.values()):
        raise ValueError("a weight is no number")
    return StylePack(**texts, delta=delta, preview=preview, artist=artist, tint=tint)


def compact(delta: Mapping[str, Tensor], most_bytes: int) -> dict[str, Tensor]:
    """A delta in as few bytes as allowed: half precision, and where that is too much, matrices of a low rank.

    Raises:
        VoltefaceError: even the lowest rank takes too much.
    """
    halves = {name: _half(value) for name, value in delta.items() if bool((value != 0).any())}
    if _bytes(halves) <= most_bytes:
        return halves
    split = {n: torch.linalg.svd(v.detach().float().flatten(1), full_matrices=False) for n, v in delta.items()
             if n in halves and v.ndim > 1}  # fmt: skip
    for rank in RANKS:
        low: dict[str, Tensor] = {}
        for name, half in halves.items():
            if name in split and rank * sum(half.flatten(1).shape) < half.numel():
                left, values, right = split[name]
                root = values[:rank].sqrt()
                low[f"{LEFT}{name}:{','.join(map(str, half.shape))}"] = _half(left[:, :rank] * root)
                low[f"{RIGHT}{name}"] = _half(root[:, None] * right[:rank])
            else:
                low[name] = half
        if _bytes(low) <= most_bytes:
            return low
    raise VoltefaceError("This style changes too much of the model for a pack.", "Tune fewer of its layers.")


def restored(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The delta, float32, that `compact` packed."""
    delta: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if name.startswith(LEFT):
            whole, _, shape = name.removeprefix(LEFT).rpartition(":")
            product = value.float() @ tensors[f"{RIGHT}{whole}"].float()
            delta[whole] = product.view([int(side) for side in shape.split(",")])
        elif not name.startswith(RIGHT):
            delta[name] = value.float()
    return delta


def _half(value: Tensor) -> Tensor:
    return value.detach().cpu().half().contiguous().clone()


def _bytes(tensors: Mapping[str, Tensor]) -> int:
    return sum(value.numel() * value.element_size() for value in tensors.values())


def _png(picture: np.typing.NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", optimize=True)
    return stream.getvalue()
