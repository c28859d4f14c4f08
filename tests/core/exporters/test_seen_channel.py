"""How well photos show a vertex, in files that can say so."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.camera import Camera
from core.exporters import ExportOptions, export, glb, ply
from core.frame import Quality
from core.mesh import Mesh
from core.rendering.renderer import HeadRenderer
from core.rendering.seen import Witness
from tests.core.exporters.reading import read_mesh
from tests.fakes import TinyGenerator, tiny_head


@pytest.fixture(scope="module")
def witness() -> Witness:
    frame = HeadRenderer(TinyGenerator(), tiny_head()).render(Camera.orbit(), Quality.NEAR)
    return Witness(frame.camera, frame.depth)


def _ply_seen(path: Path) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.asarray(read_mesh(path).metadata["_ply_raw"]["vertex"]["data"]["seen"], np.float32)


def test_a_ply_tells_the_front_from_the_back(tmp_path: Path, witness: Witness) -> None:
    path = tmp_path / "a.ply"
    options = ExportOptions(triangles=1500, quality=Quality.NEAR, seen_by=(witness,))
    export(tiny_head(), path, generator=TinyGenerator(), options=options)
    normals = read_mesh(path).metadata["_ply_raw"]["vertex"]["data"]["nz"]
    seen = _ply_seen(path)
    assert seen.min() >= 0
    assert seen.max() <= 1
    assert seen[normals > 0.9].mean() > 0.9
    assert seen[normals < 0].max() == 0


def test_a_glb_keeps_it_as_an_attribute(tmp_path: Path) -> None:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    mesh = replace(
        Mesh.of_triangles(corners, np.array([[0, 1, 2]])),
        uvs=corners[:, :2].copy(),
        texture=np.full((4, 4, 3), 90, np.uint8),
        seen=np.array([0.0, 0.25, 1.0], np.float32),
    )
    data = glb.glb_bytes(mesh, "CC0")
    length = struct.unpack("<I", data[12:16])[0]
    tree = json.loads(data[20 : 20 + length])
    number = tree["meshes"][0]["primitives"][0]["attributes"]["_SEEN"]
    accessor = tree["accessors"][number]
    assert (accessor["type"], accessor["componentType"], accessor["count"]) == ("SCALAR", 5126, 3)
    path = tmp_path / "a.glb"
    path.write_bytes(data)
    again = glb.read(path).seen
    assert again is not None
    assert np.allclose(again, [0.0, 0.25, 1.0])
    assert glb.read(_written(tmp_path, replace(mesh, seen=None))).seen is None


def test_a_ply_without_it_is_as_before() -> None:
    corners = np.eye(3, dtype=np.float32)
    bare = replace(Mesh.of_triangles(corners, np.array([[0, 1, 2]])), colours=np.zeros((3, 3), np.uint8))
    assert len(ply.ply_bytes(replace(bare, seen=np.ones(3, np.float32)), "CC0")) == len(
        ply.ply_bytes(bare, "CC0")
    ) + 3 * 4 + len("property float seen\n")


def _written(folder: Path, mesh: Mesh) -> Path:
    path = folder / "b.glb"
    path.write_bytes(glb.glb_bytes(mesh, "CC0"))
    return path
