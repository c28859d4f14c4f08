"""The bundled styles that an artist of `core.drawing` draws, as packs: facts and a preview, and no weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.drawing.styles import STYLES
from core.errors import VoltefaceError
from core.style_pack import StylePack
from core.stylizers.vocabulary import STYLES as CONCEPTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

LICENCE = "Apache-2.0 (Volteface)"


def drawn_pack(style: str, generator: str, preview: NDArray[np.uint8] | None = None) -> StylePack:
    """A style as a pack.

    Args:
        style: a key of `core.drawing.styles.STYLES`.
        generator: name of that whose heads wear it; it must decode parts.
        preview: uint8 [P, P, 3]; None is a white square.

    Raises:
        VoltefaceError: there is no such style.
    """
    if style not in STYLES:
        raise VoltefaceError(f"There is no style {style[:40]!r} to draw in.", f"Choose from: {', '.join(STYLES)}.")
    title = next(concept.title for concept in CONCEPTS if concept.name == style)
    return StylePack(
        name=style,
        title=title.capitalize(),
        made="drawn",
        generator=generator,
        fingerprint="",
        delta={},
        preview=np.full((8, 8, 3), 255, np.uint8) if preview is None else preview,
        licence=LICENCE,
        prompt=f"a {title}",
        artist=style,
    )
