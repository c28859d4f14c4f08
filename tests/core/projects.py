"""A project to keep, and its file taken apart: what tests of project files share."""

from __future__ import annotations

import dataclasses
import json
import os
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.camera import Camera
from core.edit import MoveSlider, Paint, Recolour, RemovePart, TakePart
from core.mask import Mask
from core.mesh import Mesh
from core.photo import Photo
from core.project import Project
from core.reference import Reference
from core.stand_in import ModelFacts, StandIn
from tests.fakes import tiny_head

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAMPLE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def full_project() -> Project:
    """A project that has something in every place."""
    head = dataclasses.replace(
        tiny_head(3),
        delta={"to_rgb": torch.eye(3) * 0.1, "trigrid": torch.zeros(3, 12, 3, 32, 32)},
        method="pivotal",
        visibility=Mask(np.eye(4, dtype=np.float32), "seen"),
    )
    return Project(
        photo=Photo.from_array(SAMPLE, "Ada ü.png"),
        camera=Camera.orbit(0.4, -0.1).zoomed(1.5),
        head=head,
        preview=SAMPLE[:16, :16],
        references=(
            Reference(key="a", name="Grace", head=tiny_head(5), thumbnail=SAMPLE[:8, :8]),
            Reference(key="b", name="seed 7", head=tiny_head(6)),
        ),
        edits=(
            MoveSlider(key="1", name="smile", strength=0.5),
            TakePart(key="2", part="hair", reference="a", enabled=False),
            RemovePart(key="3", part="glasses", strength=0.7),
            Recolour(key="4", part="hair", rgb=(0.1, 0.2, 0.3)),
            Paint(
                key="5",
                picture=np.zeros((4, 4, 4), np.uint8),
                camera=Camera.orbit(0.3),
                depth=np.ones((2, 2), np.float32),
            ),
        ),
        created=datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
    )


def assert_same(one: Project, other: Project) -> None:
    for name in ("photo", "camera", "head", "references", "edits", "created", "modified", "version"):
        assert getattr(one, name) == getattr(other, name), name
    if one.preview is None:
        assert other.preview is None
    else:
        np.testing.assert_array_equal(one.preview, other.preview)


def rewritten(path: Path, changes: dict[str, bytes | None]) -> None:
    """Replace members of an archive; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members |= {name: data for name, data in changes.items() if data is not None}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            if changes.get(name, data) is not None:
                archive.writestr(name, data)


def facts_of(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        facts: dict[str, object] = json.loads(archive.read("project.json"))
    return facts


def with_stand_in(project: Project) -> Project:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    bare = Mesh.of_triangles(corners, np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], np.int32))
    mesh = dataclasses.replace(bare, colours=np.arange(12, dtype=np.uint8).reshape(4, 3))
    model = ModelFacts("panohead", "PanoHead", "CC-BY-NC-4.0", family="panohead", sha256="ab" * 32)
    return dataclasses.replace(project, stand_in=StandIn(mesh, model))


def fails_with(number: int) -> Callable[..., None]:
    def fail(*_args: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail
