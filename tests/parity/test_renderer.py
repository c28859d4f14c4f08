"""The pieces of volume rendering against the published implementations."""

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.generators.eg3d import AXES, third_plane_from_axes
from core.rendering.importance import importance_depths, inverse_cdf, midpoint_draws
from core.rendering.marching import bounded_depth, composite, inside_region, merged
from core.rendering.rays import box_limits, filled_limits, pose_rays, stratified_depths
from core.trigrid import PlaneAxes, Trigrid
from tests.parity.golden import Golden, assert_close, case, names

FAMILIES = sorted(names("C_renderer_pieces")) or ["C_renderer_pieces_panohead", "C_renderer_pieces_eg3d"]


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Golden:
    return case(request.param)


def rays_of(value: Tensor) -> Tensor:
    """Batch and rays as one axis; a last axis of one is dropped."""
    flat = value.flatten(0, 1)
    return flat[..., 0] if flat.shape[-1] == 1 else flat


def test_rays(family: Golden) -> None:
    pictures = family.facts["config"]["resolution"]
    origins, directions = pose_rays(family.inputs["cam2world"], family.inputs["intrinsics"], pictures)
    assert_close(origins, family.outputs["ray_origins"], "origins")
    assert_close(directions, family.outputs["ray_directions"], "directions")
    start, end = box_limits(origins, directions, family.facts["config"]["box_warp"])
    assert_close(start, family.outputs["raybox_tmin"], "start")
    assert_close(end, family.outputs["raybox_tmax"], "end")
    steps = stratified_depths(*filled_limits(start, end), family.facts["config"]["depth_resolution"], jitter=0.0)
    assert_close(steps.permute(2, 0, 1)[..., None], family.outputs["linspace_tensor"], "linspace")


def test_rays_that_miss_the_box_take_the_published_limits() -> None:
    start, end = box_limits(torch.tensor([[0.0, 0, -2], [5, 0, -2]]), torch.tensor([[0.0, 0, 1], [0, 0, 1]]), 1.0)
    assert start.flatten().tolist() == [1.5, -1.0]
    assert end.flatten().tolist() == [2.5, -2.0]
    start, end = filled_limits(start, end)
    assert start.flatten().tolist() == [1.5, 1.5]
    assert end.flatten().tolist() == [2.5, 1.5]


def test_stratified_depths(family: Golden) -> None:
    config = family.facts["config"]
    start, end, samples = config["ray_start"], config["ray_end"], config["depth_resolution"]
    inputs, outputs = family.inputs, family.outputs
    linear = stratified_depths(start, end, samples, inputs["strat_lin.rand"][..., 0])
    assert_close(linear[..., None], outputs["strat_lin.depths"], "linear")
    disparity = stratified_depths(start, end, samples, inputs["strat_disp.rand"][..., 0], in_disparity=True)
    assert_close(disparity[..., None], outputs["strat_disp.depths"], "disparity")
    limits = inputs["strat_tensor.start"], inputs["strat_tensor.end"]
    tensor = stratified_depths(*limits, samples, inputs["strat_tensor.rand"][..., 0])
    assert_close(tensor[..., None], outputs["strat_tensor.depths"], "limits of each ray")


def test_composite(family: Golden) -> None:
    depths = family.inputs["depths"]
    features, depth, weights = composite(
        rays_of(family.inputs["colors"]), rays_of(family.inputs["densities"]), rays_of(depths)
    )
    expected = family.outputs["march.rgb"]
    if "eg3d" in family.name:
        expected = (expected + 1) / 2  # EG3D's marcher also maps 0..1 to -1..1
    assert_close(features.view_as(expected), expected, "features")
    assert_close(weights.view_as(family.outputs["march.weights"]), family.outputs["march.weights"], "weights")
    depth = bounded_depth(depth, depths)
    assert_close(depth.view_as(family.outputs["march.depth"]), family.outputs["march.depth"], "depth")


def test_importance(family: Golden) -> None:
    depths, weights = rays_of(family.inputs["depths"]), rays_of(family.outputs["march.weights"])
    expected = family.outputs["importance.depths"]
    drawn = importance_depths(depths, weights, family.inputs["importance.u"])
    assert_close(drawn.view_as(expected), expected, "drawn")
    even = importance_depths(depths, weights, midpoint_draws(expected.shape[2]))
    assert_close(even.view_as(expected), family.outputs["importance.depths_u_midpoints"], "even")
    expected = family.outputs["pdf.det_samples"]
    pdf = inverse_cdf(family.inputs["pdf.bins"], family.inputs["pdf.weights"], torch.linspace(0, 1, expected.shape[1]))
    assert_close(pdf, expected, "pdf")


def test_merged(family: Golden) -> None:
    first, second = family.inputs, family.inputs
    depths = rays_of(first["depths"]), rays_of(family.outputs["importance.depths"])
    values = {
        "colors": (rays_of(first["colors"]), rays_of(second["unify.colors2"])),
        "densities": (rays_of(first["densities"]), rays_of(second["unify.densities2"])),
    }
    if "unify.xyz1" in first:
        values["xyz"] = rays_of(first["unify.xyz1"]), rays_of(second["unify.xyz2"])
    union = merged(depths, *values.values())
    for name, value in zip(("depths", *values), union, strict=True):
        expected = family.outputs[f"unify.{name}"]
        assert_close(value.view_as(expected), expected, name)


@pytest.mark.parametrize("name", [name for name in FAMILIES if "panohead" in name])
def test_crop_and_cull(name: str) -> None:
    golden = case(name)
    half = golden.facts["config"]["box_warp"] / 2 - 0.1
    cropped = ~inside_region(golden.inputs["crop.xyz"], (half, math.inf, half))[..., None]
    assert torch.equal(cropped, golden.outputs["crop.mask_thresh0.1"].bool())
    # 'allow_bottom' changes nothing in the published code: y is free either way
    assert torch.equal(cropped, golden.outputs["crop.mask_thresh0.1_nobottom"].bool())
    alpha = 1 - torch.exp(-F.softplus(golden.inputs["cull.density"] - 1))
    assert torch.equal(alpha < 0.5, golden.outputs["cull.mask_0.5"].bool())


def axes_of(family: Golden) -> PlaneAxes:
    if not family.name.startswith("C_renderer_pieces_eg3d"):
        return PlaneAxes.PANOHEAD
    return AXES[third_plane_from_axes(family.outputs["plane_axes"].numpy())]


def test_plane_axes(family: Golden) -> None:
    axes = axes_of(family)
    if not axes.has_slices:
        assert axes is PlaneAxes.EG3D, "the released axes, with their slip"
    points = family.inputs["coords"]
    width = family.outputs["projections"].shape[-1]
    ours = [cloud[:, [axis for axis in plane if axis is not None]] for cloud in points for plane in axes.value]
    assert_close(torch.stack(ours)[..., :width], family.outputs["projections"], "projections")
    # a plane's frame has the world axis of each coordinate as its row or, for cyclic frames, as its column
    turned = points[:, None] @ torch.linalg.inv(family.outputs["plane_axes"])
    assert_close(turned.flatten(0, 1)[..., :width], family.outputs["projections"], "frames")


def test_sampled_volume(family: Golden) -> None:
    volume = family.inputs["grid3d"]
    # one volume is a trigrid whose other two planes hold nothing: columns, rows and slices are x, y and z
    planes = torch.cat([volume, torch.zeros_like(volume), torch.zeros_like(volume)])
    trigrid = Trigrid(planes, PlaneAxes.PANOHEAD, box_side=2.0)
    for points, expected in zip(family.inputs["grid3d_coords"], family.outputs["grid3d_sampled"], strict=True):
        assert_close(3 * trigrid.sample(points), expected, "volume")


def test_every_output_is_looked_at(family: Golden) -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    merged_ones = {"unify.depths", "unify.colors", "unify.densities", "unify.xyz"}
    assert [name for name in family.outputs if f'"{name}"' not in source and name not in merged_ones] == []


def test_sampled_planes(family: Golden) -> None:
    axes = axes_of(family)
    depth = family.facts["config"]["triplane_depth"] or 1
    for planes, points, expected in zip(
        family.inputs["plane_features"], family.inputs["coords"], family.outputs["sampled"], strict=True
    ):
        trigrid = Trigrid(planes.reshape(3, -1, depth, *planes.shape[2:]), axes, family.facts["config"]["box_warp"])
        assert_close(trigrid.sample(points), expected.mean(0))
