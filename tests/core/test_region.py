"""A region drawn over a view holds what lies near the surface there, from any side it is looked at."""

import dataclasses
import math

import numpy as np
import pytest

from core.camera import Camera
from core.edit import EDITS, REGION, TakePart
from core.frame import Quality
from core.packing import pack, unpack
from core.region import REMOVED_REACH, Region
from core.rendering.renderer import HeadRenderer
from tests.fakes import TinyGenerator, tiny_head

SIDE = 64


def _renderer() -> HeadRenderer:
    return HeadRenderer(TinyGenerator(), tiny_head(1))


def _left_half(renderer: HeadRenderer) -> Region:
    frame = renderer.render(Camera.orbit(), Quality.NEAR)
    added, removed = np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    added[:, : SIDE // 2] = 255
    removed[:, SIDE // 2 :] = 255
    return Region(added, removed, frame.camera, frame.depth)


def _surface(region: Region, u: float, v: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    rows, columns = region.depth.shape
    depth = float(region.depth[int(v * rows), int(u * columns)])
    assert depth > 0
    focal, pose = region.camera.focal, region.camera.world_from_camera
    return np.asarray(
        pose[:3, :3] @ np.array([(u - 0.5) / focal * depth, (v - 0.5) / focal * depth, depth]) + pose[:3, 3]
    )


def test_it_holds_the_surface_where_it_was_drawn_and_not_the_depth_behind() -> None:
    region = _left_half(_renderer())
    left, right = _surface(region, 0.45, 0.5), _surface(region, 0.55, 0.5)
    deep = left + region.camera.forward * 0.2
    added, removed = region.weights_at(np.stack([left, right, deep, -region.camera.position]))
    np.testing.assert_allclose(added, [1, 0, 0, 0])
    np.testing.assert_allclose(removed, [0, 1, 0, 0])


def test_what_stands_out_before_the_surface_is_taken_away_with_it() -> None:
    region = _left_half(_renderer())
    before = _surface(region, 0.55, 0.5) - region.camera.forward * (REMOVED_REACH[0] * 0.8)
    assert region.weights_at(before[None])[1] == pytest.approx([1.0])


def test_it_stays_on_the_surface_when_the_head_is_turned() -> None:
    renderer = _renderer()
    region = _left_half(renderer)
    front = renderer.render(Camera.orbit(), Quality.NEAR)
    here = region.weights_over(front)
    columns = here.shape[1]
    assert here[:, : columns // 2][front.depth[:, : columns // 2] > 0].mean() > 0.9
    assert here[:, columns // 2 + 1 :].max() == 0
    behind = renderer.render(Camera.orbit(math.pi), Quality.NEAR)
    assert region.weights_over(behind)[behind.depth > 0].mean() < 0.1  # a little of the outline


def test_an_edit_keeps_its_region_in_a_file() -> None:
    region = _left_half(_renderer())
    edit = TakePart(key="1", part=REGION, reference="2", seam=2.5, harmonise=0.5, regions=(region,))
    tensors: dict[str, object] = {}
    facts = pack(edit, "edit", tensors)  # type: ignore[arg-type]
    classes = {cls.__name__: cls for cls in (*EDITS, Region, Camera)}
    again = unpack(facts, tensors, classes)  # type: ignore[arg-type]
    assert again == edit
    assert hash(again) == hash(edit)
    assert again != dataclasses.replace(edit, regions=())
    # files of before there were seams say nothing of them
    for name in ("seam", "harmonise", "regions"):
        del facts["fields"][name]
    assert unpack(facts, tensors, classes) == TakePart(key="1", part=REGION, reference="2")  # type: ignore[arg-type]
