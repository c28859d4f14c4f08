"""Each format, read again by somebody else."""

import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.camera import Camera
from core.exporters import glb, obj, ply, png, splat, stl, usdz
from core.exporters.density import sample_density
from core.exporters.mp4 import write_film
from core.exporters.normal_map import FLAT, with_normal_map
from core.exporters.surface import simplified, surface_of_grid
from core.exporters.texture import Texels, as_bytes, baked
from core.exporters.unwrap import unwrapped
from core.frame import Quality
from core.mesh import Mesh
from core.rendering.raster import rasterised
from tests.core.exporters.ball import HALF_SIDES, LEVEL, RADIUS, BallRenderer, ball_colours, nosed_ball
from tests.core.exporters.reading import read_mesh, textured_colours, welded

CREDIT = "Made by a test (CC0)"
VALIDATOR = Path(os.environ.get("VOLTEFACE_GLTF_VALIDATOR", "node_modules/gltf-validator")).resolve()
"""Where npm put Khronos' validator; the test that asks it is left out without."""


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    """The ball with a nose at +z and exact colours, in metres."""

    def colours(points: torch.Tensor, normals: torch.Tensor) -> torch.Tensor:
        del normals
        return torch.from_numpy(ball_colours(points.numpy().astype(float)).astype(np.float32))

    bare = simplified(surface_of_grid(sample_density(nosed_ball(), HALF_SIDES, 48, level=LEVEL)), 3000)
    flat = unwrapped(bare)
    texels = Texels.of(flat, 128)
    textured = baked(flat, texels, colours)
    textured = with_normal_map(textured, texels, lambda places, _: 0.002 * np.sin(90 * places[..., 1]))
    return Mesh(
        textured.vertices,
        textured.faces,
        textured.normals,
        textured.uvs,
        as_bytes(colours(torch.from_numpy(textured.vertices), torch.from_numpy(textured.normals))),
        textured.texture,
        textured.normal_map,
    )


def assert_is_the_ball(body: Any, scale: float = 1.0) -> None:  # noqa: ANN401 - trimesh has no types
    """Size, orientation, closedness and outward winding."""
    vertices = np.asarray(body.vertices) / scale
    assert vertices[:, 0].max() == pytest.approx(RADIUS, abs=2e-3)
    assert vertices[:, 1].max() == pytest.approx(RADIUS, abs=2e-3)
    assert vertices[:, 2].min() == pytest.approx(-RADIUS, abs=2e-3)
    nose = vertices[vertices[:, 2].argmax()]
    assert np.allclose(nose, [0, 0, 0.2], atol=4e-3)
    closed = welded(body)
    assert closed.is_watertight
    assert closed.volume > 0


def assert_left_cheek_is_red(points: np.ndarray, colours: np.ndarray) -> None:
    left, right = points[:, 0] > 0.9 * points[:, 0].max(), points[:, 0] < 0.9 * points[:, 0].min()
    assert colours[left, 0].mean() > 200
    assert colours[left, 2].mean() < 60
    assert colours[right, 0].mean() < 60


def test_glb(mesh: Mesh, tmp_path: Path) -> None:
    path = tmp_path / "a.glb"
    path.write_bytes(glb.glb_bytes(mesh, CREDIT))
    body = read_mesh(path)
    assert_is_the_ball(body)
    material = body.visual.material
    assert material.metallicFactor == 0
    assert material.roughnessFactor == pytest.approx(0.8)
    found = textured_colours(body)
    assert_left_cheek_is_red(np.asarray(body.vertices), found)
    assert np.abs(found / 255 - ball_colours(np.asarray(body.vertices))).mean() < 0.02
    assert np.allclose(body.vertex_normals, mesh.normals, atol=1e-5)


def test_glb_says_who_made_it_and_of_what(mesh: Mesh) -> None:
    data = glb.glb_bytes(mesh, CREDIT)
    magic, version, length, json_length = struct.unpack("<4sIII", data[:16])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    tree = json.loads(data[20 : 20 + json_length])
    assert tree["asset"]["generator"] == "Volteface"
    assert tree["asset"]["copyright"] == CREDIT
    assert {"POSITION", "NORMAL", "TEXCOORD_0"} <= tree["meshes"][0]["primitives"][0]["attributes"].keys()


def test_glb_reads_as_it_was_written(mesh: Mesh, tmp_path: Path) -> None:
    path = tmp_path / "a.glb"
    path.write_bytes(glb.glb_bytes(mesh, CREDIT))
    again = glb.read(path)
    for name in ("vertices", "faces", "normals", "uvs", "texture", "normal_map"):
        assert np.allclose(getattr(again, name), getattr(mesh, name), atol=1e-6), name


@pytest.mark.skipif(not VALIDATOR.is_dir() or shutil.which("node") is None, reason="gltf-validator is not installed")
def test_glb_is_valid(mesh: Mesh, tmp_path: Path) -> None:
    path = tmp_path / "a.glb"
    path.write_bytes(glb.glb_bytes(mesh, CREDIT))
    script = (
        f"require({str(VALIDATOR)!r}).validateBytes(new Uint8Array(require('fs').readFileSync({str(path)!r})))"
        ".then(r => console.log(JSON.stringify(r.issues)))"
    )
    found = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, timeout=100)
    issues = json.loads(found.stdout)
    assert issues["numErrors"] == 0, issues["messages"]
    assert issues["numWarnings"] == 0, issues["messages"]


def test_obj_finds_its_material_and_texture(mesh: Mesh, tmp_path: Path) -> None:
    for name, content in obj.obj_files(mesh.scaled(1000), "a b", "a b.obj", CREDIT).items():
        (tmp_path / name).write_bytes(content)
    body = read_mesh(tmp_path / "a b.obj")
    assert_is_the_ball(body, 1000)
    found = textured_colours(body)
    assert_left_cheek_is_red(np.asarray(body.vertices), found)
    assert f"# {CREDIT}" in (tmp_path / "a b.obj").read_text()
    assert mesh.normal_map is not None
    (line,) = (one for one in (tmp_path / "a b.mtl").read_text().splitlines() if one.startswith("map_Bump"))
    assert np.array_equal(np.asarray(Image.open(tmp_path / line[len("map_Bump -bm 1 ") :])), mesh.normal_map)
    assert {one.name for one in obj.files_of(tmp_path / "a b.obj")} == {one.name for one in tmp_path.iterdir()}


def test_what_has_no_normal_map_names_none(mesh: Mesh, tmp_path: Path) -> None:
    plain = replace(mesh, normal_map=None)
    for name, content in obj.obj_files(plain, "a", "a.obj", CREDIT).items():
        (tmp_path / name).write_bytes(content)
    assert "map_Bump" not in (tmp_path / "a.mtl").read_text()
    assert len(obj.files_of(tmp_path / "a.obj")) == 3
    assert b"Bumps" not in usdz.usdz_bytes(plain, CREDIT)
    (tmp_path / "a.glb").write_bytes(glb.glb_bytes(plain, CREDIT))
    assert glb.read(tmp_path / "a.glb").normal_map is None


def test_ply(mesh: Mesh, tmp_path: Path) -> None:
    path = tmp_path / "a.ply"
    path.write_bytes(ply.ply_bytes(mesh.scaled(1000), CREDIT))
    body = read_mesh(path)
    assert_is_the_ball(body, 1000)
    assert mesh.colours is not None
    assert np.array_equal(body.visual.vertex_colors[:, :3], mesh.colours)
    assert_left_cheek_is_red(np.asarray(body.vertices), np.asarray(body.visual.vertex_colors))
    rows = body.metadata["_ply_raw"]["vertex"]["data"]
    assert np.allclose(np.stack([rows["nx"], rows["ny"], rows["nz"]], axis=1), mesh.normals, atol=1e-6)


def test_stl(mesh: Mesh, tmp_path: Path) -> None:
    path = tmp_path / "a.stl"
    path.write_bytes(stl.stl_bytes(mesh.scaled(1000), CREDIT))
    body = read_mesh(path)
    assert_is_the_ball(body, 1000)
    assert np.einsum("ij,ij->i", body.face_normals, body.triangles_center).mean() > 0


def test_png_on_white_and_transparent(tmp_path: Path) -> None:
    frame = BallRenderer(64).render(Camera.orbit(), Quality.EXACT)
    for transparent in (False, True):
        path = tmp_path / "a.png"
        path.write_bytes(png.png_bytes(frame, CREDIT, transparent=transparent))
        with Image.open(path) as picture:
            picture.load()
            assert picture.mode == ("RGBA" if transparent else "RGB")
            assert picture.info["Source"] == CREDIT
            pixels = np.asarray(picture)
        solid = frame.alpha > 0
        assert np.abs(pixels[solid][:, :3].astype(int) - frame.rgb[solid]).max() <= 1
        assert (pixels[~solid][:, -1] == (0 if transparent else 255)).all()


def test_transparent_pixels_keep_no_white() -> None:
    frame = BallRenderer(64).render(Camera.orbit(), Quality.EXACT)
    half = np.full_like(frame.alpha, 0.5)
    red = np.full_like(frame.rgb, 0)
    red[..., 0], red[..., 1:] = 255, 128
    content = png.png_bytes(replace(frame, rgb=red, alpha=half), CREDIT, transparent=True)
    assert np.allclose(np.asarray(Image.open(io.BytesIO(content)))[0, 0], [255, 1, 1, 128], atol=2)


@pytest.mark.parametrize("side", [64, 63])
def test_mp4(tmp_path: Path, side: int) -> None:
    import av

    path = tmp_path / "a.mp4"
    shades = [40, 120, 200, 120, 40, 80]

    def picture(index: int) -> np.ndarray:
        return np.full((side, side, 3), shades[index], np.uint8)

    write_film(path, picture, len(shades), 25)
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (64, 64)
        assert stream.average_rate == 25
        decoded = [frame.to_ndarray(format="rgb24").mean() for frame in film.decode(video=0)]
    assert np.allclose(decoded, shades, atol=4)
    content = path.read_bytes()
    # faststart: the index stands before the pictures, so a film plays while it loads
    assert content.index(b"moov") < content.index(b"mdat")


def test_writers_name_what_a_mesh_lacks(mesh: Mesh) -> None:
    bare = Mesh(mesh.vertices, mesh.faces, mesh.normals)
    with pytest.raises(ValueError, match="texture"):
        glb.glb_bytes(bare, CREDIT)
    with pytest.raises(ValueError, match="texture"):
        obj.obj_files(bare, "a", "a.obj", CREDIT)
    with pytest.raises(ValueError, match="colours"):
        ply.ply_bytes(bare, CREDIT)


def test_charts_do_not_overlap(mesh: Mesh) -> None:
    """The charts' area equals that of the texels that they cover."""
    assert mesh.uvs is not None
    size = 1024
    corners = mesh.uvs * size
    a, b, c = (corners[mesh.faces[:, i]].astype(float) for i in range(3))
    u, v = b - a, c - a
    area = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum() / 2
    assert rasterised(corners, mesh.faces, size).covered.sum() == pytest.approx(area, rel=0.01)


def test_looking_up_the_table_loads_no_heavy_package() -> None:
    script = (
        "import sys; import core.exporters; "
        "heavy = {'torch', 'trimesh', 'av', 'skimage', 'scipy', 'xatlas', 'cv2', 'PIL'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True, timeout=100)


def test_a_usdz_keeps_its_files_whole_and_on_boundaries(mesh: Mesh) -> None:
    content = usdz.usdz_bytes(mesh, 'Made by "a test"\n(CC0)')
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        entries = package.infolist()
        layer = package.read("head.usda").decode()
        picture = np.asarray(Image.open(io.BytesIO(package.read("head.png"))))
        bumps = np.asarray(Image.open(io.BytesIO(package.read("head_normal.png"))))
    assert [entry.filename for entry in entries] == ["head.usda", "head.png", "head_normal.png"], "the layer is first"
    assert mesh.normal_map is not None
    assert np.array_equal(bumps, mesh.normal_map)
    assert not np.all(bumps == FLAT)
    assert "inputs:normal.connect = </Head/Skin/Bumps.outputs:rgb>" in layer
    assert layer.count("{") == layer.count("}")
    for entry in entries:
        assert entry.compress_type == zipfile.ZIP_STORED
        name, extra = struct.unpack_from("<HH", content, entry.header_offset + 26)
        assert (entry.header_offset + 30 + name + extra) % 64 == 0
    assert mesh.texture is not None
    assert np.array_equal(picture, mesh.texture)
    assert "doc = \"Made by 'a test' (CC0)\"" in layer
    assert mesh.uvs is not None
    for prefix, expected in (
        ("point3f[] points = ", mesh.vertices),
        ("normal3f[] normals = ", mesh.normals),
        ("texCoord2f[] primvars:st = ", mesh.uvs),
        ("int[] faceVertexIndices = ", mesh.faces),
    ):
        (line,) = (line for line in layer.splitlines() if line.strip().startswith(prefix))
        values = np.array(re.findall(r"-?[\d.]+(?:e-?\d+)?", line.split(" = ")[1]), float)
        assert values.reshape(expected.shape) == pytest.approx(expected, abs=2e-6), prefix


def test_splats_lie_flat_on_the_surface_and_cover_it(mesh: Mesh) -> None:
    rows = np.frombuffer(
        splat.splat_bytes(mesh),
        [("place", "<f4", (3,)), ("extent", "<f4", (3,)), ("rgba", "u1", (4,)), ("turn", "u1", (4,))],
    )
    assert len(rows) == len(mesh.vertices)
    assert (np.diff(rows["extent"][:, 0]) <= 0).all(), "the largest first"
    assert rows["extent"][:, 2] == pytest.approx(rows["extent"][:, 0] * splat.FLATNESS)
    squares = (rows["extent"][:, 0] / splat.OVERLAP) ** 2
    assert squares.sum() == pytest.approx(4 * np.pi * RADIUS**2, rel=0.15), "with its nose the ball is a little larger"
    turns = rows["turn"].astype(float) - 128
    w, x, y, z = (turns / np.linalg.norm(turns, axis=1, keepdims=True)).T  # as viewers do
    towards = np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], axis=1)
    order = np.lexsort(rows["place"].T)
    assert mesh.colours is not None
    mine = np.lexsort(mesh.vertices.T)
    assert np.array_equal(rows["place"][order], mesh.vertices[mine])
    assert (towards[order] * mesh.normals[mine]).sum(axis=1).min() > 0.99
    back = splat.turns_to(np.array([[0, 0, -1]], np.float32))
    assert np.linalg.norm(back) == pytest.approx(1)
