"""The geometry of pseudo-views against the published code (HFGI3D)."""

import math
import re

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.camera import Camera
from core.inverters.pseudo_view_masks import trusted_region
from core.inverters.pseudo_view_mesh import MOST_COSINE, PIXEL_CORNER, triangles_of_depth, vertices_of_depth
from core.inverters.pseudo_view_warp import SLACK, seen_points
from core.inverters.pseudo_views import published_cameras
from tests.parity.golden import Golden, assert_close, case, names

CASES = sorted(names("H_hfgi3d")) or ["H_hfgi3d"]


@pytest.fixture(params=CASES)
def golden(request: pytest.FixtureRequest) -> Golden:
    return case(request.param)


def lens(golden: Golden) -> Camera:
    """A camera with the lens of the stored intrinsics, which are in pixels."""
    intrinsics, side = golden.inputs["K"].double(), golden.inputs["depth"].shape[1]
    assert float(intrinsics[0, 2]) == float(intrinsics[1, 2]) == side / 2
    return Camera(np.eye(4), 2 * math.atan(side / (2 * float(intrinsics[0, 0]))))


def ordered(triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    """Triangles in one order, each beginning with its lowest vertex: the winding stays."""
    if not len(triangles):
        return triangles
    first = triangles.argmin(axis=1)
    turned = np.take_along_axis(triangles, (first[:, None] + np.arange(3)) % 3, axis=1)
    return turned[np.lexsort(turned.T[::-1])]


def test_every_output_is_looked_at(golden: Golden) -> None:
    known = re.compile(r"mesh|project|visible_mask|n_in_image|eroded_blurred|poses30")
    assert all(known.match(name) for name in golden.outputs)


def test_depth_becomes_a_mesh(golden: Golden) -> None:
    depth = golden.inputs["depth"].numpy()
    vertices = vertices_of_depth(depth, lens(golden), PIXEL_CORNER)
    assert_close(vertices, golden.outputs["mesh.v"], "mesh.v")
    for name, expected in golden.outputs.items():
        found = re.fullmatch(r"mesh(?:_maxcos([\d.]+))?\.tri", name)
        if found:
            limit = float(found[1]) if found[1] else MOST_COSINE
            triangles = triangles_of_depth(depth, lens(golden), limit, PIXEL_CORNER)
            assert np.array_equal(ordered(triangles), ordered(expected.numpy())), name


def test_points_are_hidden_by_nearer_ones(golden: Golden) -> None:
    inputs, outputs = golden.inputs, golden.outputs
    raster = golden.facts["config"]["raster"]
    camera = Camera(inputs["view_cam2world"].double().numpy())
    uv, depth = camera.project(inputs["points"].double().numpy())
    assert_close(uv * raster, outputs["project_xy"], "project_xy")
    assert_close(depth[:, None], outputs["project_z"], "project_z")
    inside, seen = seen_points(uv, depth, raster, SLACK, place=PIXEL_CORNER)
    expected = outputs["visible_mask_of_in_image_points"].numpy().astype(bool)
    assert abs(int(inside.sum()) - int(outputs["n_in_image"])) <= 2, "float32 may round a point across the rim"
    if inside.sum() == len(expected):
        # a point within rounding of a pixel's border or of the slack may change sides
        assert (seen[inside] != expected).mean() < 1e-3


def test_masks_shrink_and_soften(golden: Golden) -> None:
    def mask(name: str) -> NDArray[np.float32]:
        values: NDArray[np.float32] = golden.inputs[f"{name}_u8"].numpy().astype(np.float32)
        return values / np.float32(255)

    got = trusted_region(mask("warp_mask"), mask("contour")) * 255
    assert_close(torch.from_numpy(got), golden.outputs["eroded_blurred_mask_float"], "mask")


def test_published_cameras(golden: Golden) -> None:
    expected = golden.outputs["poses30_formula"]
    got = np.stack([camera.world_from_camera for camera in published_cameras(len(expected))])
    assert_close(got, expected, "poses30")
