"""What the tests of synthetic heads share: small meshes, a renderer, and the assets where they are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import DeviceError, VoltefaceError
from core.training.synthetic.assets import AssetFolders
from core.training.synthetic.part import WHITE, Part
from core.training.synthetic.renderer import OffscreenRenderer

MAKEHUMAN = Path(__file__).resolve().parents[5] / "shared" / "assets" / "makehuman"
HEAD_LABEL = 1
TRAINING_HEADS = Path(__file__).with_name("training_heads.json")
"""Four heads of the bundled model's training data: facts, three cameras, view 2 as a thumbnail with label counts."""

VARIED_HEADS = Path(__file__).with_name("varied_heads.json")
"""The same of three heads of version 3: long curls with glasses, a full beard, a bun."""


@pytest.fixture(scope="session")
def varied_heads() -> list[dict[str, Any]]:
    heads: list[dict[str, Any]] = json.loads(VARIED_HEADS.read_text())
    return heads


@pytest.fixture(scope="session")
def training_heads() -> list[dict[str, Any]]:
    heads: list[dict[str, Any]] = json.loads(TRAINING_HEADS.read_text())
    return heads


@pytest.fixture(scope="session")
def assets() -> AssetFolders:
    try:
        return AssetFolders.located(MAKEHUMAN)
    except VoltefaceError as error:
        pytest.skip(error.message)


@pytest.fixture
def renderer() -> Iterator[OffscreenRenderer]:
    try:
        renderer = OffscreenRenderer(64, 2)
    except DeviceError as error:
        pytest.skip(error.message)
    with renderer:
        yield renderer


def ball(centre: tuple[float, float, float] = (0, 0, 0), radius: float = 0.2) -> Part:
    """A white sphere as a part, 24 x 48 quads, its uv from its angles; use dataclasses.replace for more."""
    polar, azimuth = np.meshgrid(np.linspace(0, np.pi, 25), np.linspace(0, 2 * np.pi, 49), indexing="ij")
    ring = np.sin(polar)
    normal = np.stack([ring * np.sin(azimuth), np.cos(polar), ring * np.cos(azimuth)], -1).reshape(-1, 3)
    i, j = np.mgrid[:24, :48]
    a, b = i * 49 + j, (i + 1) * 49 + j
    triangles = np.concatenate([np.stack([a, b, a + 1], -1), np.stack([b, b + 1, a + 1], -1)]).reshape(-1, 3)
    uv = np.stack([azimuth / (2 * np.pi), 1 - polar / np.pi], -1).reshape(-1, 2)
    return Part(normal * radius + centre, normal, uv, triangles, WHITE, HEAD_LABEL)
