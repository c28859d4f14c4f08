"""CLIP's text encoder and tokenizer (Radford et al. 2021), as Stable Diffusion 1.x uses them, from a folder's files.

Our own few lines, so that a person needs no further package: the byte-pair encoding of `vocab.json` and `merges.txt`,
and a causal transformer under the names of its published weights.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from core.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|[^\s\w]+|_+", re.IGNORECASE)
"""What CLIP splits a text into, before byte pairs: letters together, digits alone, other signs together."""


@dataclass(frozen=True)
class ClipTextConfig:
    """Sizes of the encoder, by the names of its `config.json`.

    Attributes:
        vocab_size: tokens.
        hidden_size: width.
        intermediate_size: width inside.
        num_hidden_layers: blocks.
        num_attention_heads: heads.
        max_position_embeddings: longest prompt in tokens, its ends included.
        hidden_act: "quick_gelu" in CLIP, "gelu" in OpenCLIP.
    """

    vocab_size: int = 49408
    hidden_size: int = 768
    intermediate_size: int = 3072
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    max_position_embeddings: int = 77
    hidden_act: str = "quick_gelu"


class ClipTokenizer:
    """Text to token numbers.

    Attributes:
        longest: tokens of a prompt, with start and end.
    """

    def __init__(self, vocabulary: dict[str, int], merges: Sequence[str], longest: int) -> None:
        self.longest = longest
        self._numbers = vocabulary
        pairs = [tuple(line.split()) for line in merges if line and not line.startswith("#version")]
        self._ranks = {pair: rank for rank, pair in enumerate(pairs)}

    def numbers(self, text: str) -> list[int]:
        """All token numbers of a text, without start and end."""
        found: list[int] = []
        unknown = self._numbers[END]
        for piece in PIECES.findall(" ".join(text.lower().split())):
            signs = "".join(_byte_signs()[byte] for byte in piece.encode("utf-8"))
            found += [self._numbers.get(part, unknown) for part in self._merged(signs)]
        return found

    def padded(self, texts: Sequence[str]) -> Tensor:
        """Token numbers [B, longest], cut to what is read; padded with the end's."""
        start, end = self._numbers[START], self._numbers[END]
        rows = []
        for text in texts:
            row = [start, *self.numbers(text)[: self.longest - 2], end]
            rows.append(row + [end] * (self.longest - len(row)))
        return torch.tensor(rows)

    def _merged(self, signs: str) -> list[str]:
        parts = [*signs[:-1], signs[-1] + WORD_END]
        while len(parts) > 1:
            ranked = [(self._ranks.get(pair, len(self._ranks)), at) for at, pair in enumerate(_pairs(parts))]
            rank, at = min(ranked)
            if rank == len(self._ranks):
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return parts


class ClipTextEncoder(nn.Module):
    """Token numbers [B, T] to the last hidden states [B, T, E]."""

    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.token_embedding = nn.Embedding(config.vocab_size, width)
        self.position_embedding = nn.Embedding(config.max_position_embeddings, width)
        self.layers = nn.ModuleList([_Block(config) for _ in range(config.num_hidden_layers)])
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, numbers: Tensor) -> Tensor:
        """Hidden states of the last layer, normalised."""
        x: Tensor = self.token_embedding(numbers) + self.position_embedding.weight[: numbers.shape[1]]
        for layer in self.layers:
            x = layer(x)
        normalised: Tensor = self.final_layer_norm(x)
        return normalised


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.q_proj, self.k_proj, self.v_proj)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        out: Tensor = self.out_proj(mixed.transpose(1, 2).flatten(2))
        return out


class _Mlp(nn.Module):
    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        self.quick = config.hidden_act == "quick_gelu"
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.fc1(x)
        out: Tensor = self.fc2(inner * torch.sigmoid(1.702 * inner) if self.quick else F.gelu(inner))
        return out


class _Block(nn.Module):
    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(config.hidden_size), nn.LayerNorm(config.hidden_size)
        self.self_attn = _Attention(config.hidden_size, config.num_attention_heads)
        self.mlp = _Mlp(config)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        out: Tensor = x + self.mlp(self.layer_norm2(x))
        return out


def tokenizer_of_folder(folder: Path, longest: int) -> ClipTokenizer:
    """The tokenizer in a folder with `vocab.json` and `merges.txt`.

    Raises:
        CheckpointError: they cannot be read.
    """
    try:
        vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        merges = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
        if not {START, END} <= set(vocabulary):
            raise ValueError(START)
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError("The tokenizer of the folder cannot be read.", "Download the folder again.") from error
    return ClipTokenizer(vocabulary, merges, longest)


def encoder_of_folder(folder: Path) -> tuple[ClipTextEncoder, ClipTextConfig]:
    """The text encoder in a folder with `config.json` and safetensors.

    Raises:
        CheckpointError: they cannot be read, or are of another network.
    """
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        known = ClipTextConfig.__dataclass_fields__
        config = ClipTextConfig(**{name: value for name, value in told.items() if name in known})
        tensors: dict[str, Tensor] = {}
        for file in sorted(folder.glob("*.safetensors")):
            tensors |= load_file(file)
        encoder = ClipTextEncoder(config)
        encoder.load_state_dict({_own_name(name): value.float() for name, value in tensors.items() if _is_used(name)})
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise CheckpointError(
            "The text encoder of the folder cannot be read.", "Choose a Stable Diffusion 1.x folder."
        ) from error
    return encoder, config


def _own_name(name: str) -> str:
    parts = [part for part in name.split(".") if part not in ("text_model", "embeddings", "encoder")]
    return ".".join(parts)


def _is_used(name: str) -> bool:
    return name.startswith("text_model.") and not name.endswith("position_ids")


def _pairs(parts: Sequence[str]) -> list[tuple[str, ...]]:
    return list(pairwise(parts))


@cache
def _byte_signs() -> dict[int, str]:
    """A visible sign for each byte, as GPT-2 and CLIP write them in their vocabularies."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("\u00a1"), ord("\u00ac") + 1), *range(0xAE, 0x100)]
    signs = {byte: chr(byte) for byte in plain}
    others = [byte for byte in range(256) if byte not in signs]
    return signs | {byte: chr(256 + number) for number, byte in enumerate(others)}
