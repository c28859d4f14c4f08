"""Files of drawn heads, made of an ellipse: for tests of what learns from drawings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.training.prior_drawings import SIDE_PX, DrawnHead
from tests.core.training.doll import META as DOLL

if TYPE_CHECKING:
    from pathlib import Path

META = DOLL | {"seed": 3}
STYLES = ("photo", "ink", "bronze")


def write_drawn_heads(folder: Path, numbers: tuple[int, ...]) -> list[Path]:
    """Write heads of four views in three styles; their files."""
    folder.mkdir(parents=True, exist_ok=True)
    across = np.linspace(-1, 1, SIDE_PX, dtype=np.float32)
    files = []
    for number in numbers:
        random = np.random.default_rng(number)
        pictures = np.full((4, len(STYLES), SIDE_PX, SIDE_PX, 3), 255, np.uint8)
        depth = np.zeros((4, SIDE_PX, SIDE_PX), np.uint8)
        for view in range(4):
            x, y = across[None] - random.uniform(-0.2, 0.2), across[:, None]
            inside = (x / 0.6) ** 2 + (y / 0.8) ** 2
            head = inside < 1
            skin = np.array([220, 170, 140]) * (0.6 + 0.4 * np.sqrt(np.clip(1 - inside, 0, 1)))[..., None]
            tones = {"photo": skin, "ink": np.where(skin.mean(-1, keepdims=True) > 140, 255, 0) + 0 * skin}
            tones["bronze"] = skin * [0.7, 0.5, 0.2]
            for style, name in enumerate(STYLES):
                pictures[view, style][head] = tones[name][head]
            depth[view][head] = (255 * np.sqrt(np.clip(1 - inside, 0, 1)))[head]
        files.append(folder / f"{number:06d}.npz")
        DrawnHead(pictures, depth, STYLES, META).write(files[-1])
    return files
