"""Comparing heads with the truth: perfect likeness of itself, turns that go together, the bundle, whole parts."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from core.camera import Camera
from core.errors import VoltefaceError
from core.evaluation import held_out, reconstruction
from core.evaluation.held_out import HeldOutHead, TrueView
from core.evaluation.pictures import at_degrees, head_of
from core.frame import Quality
from core.progress import silent
from core.rendering.renderer import HeadRenderer
from tests.fakes import TinyGenerator


def tiny_truth(seed: int = 19) -> HeldOutHead:
    generator = TinyGenerator(grid_nodes=64)
    renderer = HeadRenderer(generator, head_of(generator, generator.mean_latents()))
    views = {}
    for angle in (0, 90):
        camera = at_degrees(angle, 4)
        frame = renderer.render(camera, Quality.EXACT)
        assert frame.labels is not None
        labels = frame.labels.repeat(2, 0).repeat(2, 1)
        views[angle] = TrueView(frame.rgb, labels, camera)
    return HeldOutHead(seed, views)


def test_a_render_resembles_itself_perfectly() -> None:
    generator = TinyGenerator(grid_nodes=64)
    truth = tiny_truth().views[90]
    frame = HeadRenderer(generator, head_of(generator, generator.mean_latents())).render(truth.camera, Quality.EXACT)
    alike = reconstruction.likeness(frame, truth, with_face=False)
    assert alike.lpips < 1e-5
    assert alike.psnr == 100
    assert alike.iou == 1
    assert math.isnan(alike.identity)


def test_iou_counts_parts_of_either_picture() -> None:
    ours = np.zeros((10, 10), np.uint8)
    theirs = ours.copy()
    ours[:5], theirs[:5] = 1, 1
    ours[5:], theirs[5:] = 2, 3
    assert reconstruction.mean_iou(ours, theirs) == pytest.approx(1 / 3)
    assert math.isnan(reconstruction.mean_iou(np.zeros_like(ours), np.zeros_like(ours)))


def test_views_turn_with_the_camera_that_was_found() -> None:
    front, side = at_degrees(0, 4), at_degrees(90, 4)
    same = reconstruction.same_turn(front, front, side)
    assert np.allclose(same.world_from_camera, side.world_from_camera)
    off = at_degrees(5, 4)
    turned = reconstruction.same_turn(off, front, side)
    assert turned.yaw_radians == pytest.approx(math.radians(95), abs=0.01)


def test_bundle_round_trip(tmp_path: Path) -> None:
    truth = tiny_truth()
    held_out.write_bundle([truth], tmp_path / "new" / "b.zip")
    (again,) = held_out.read_bundle(tmp_path / "new" / "b.zip")
    assert again.seed == truth.seed
    for angle, view in truth.views.items():
        assert np.array_equal(again.views[angle].rgb, view.rgb)
        assert np.array_equal(again.views[angle].label, view.label)
        assert again.views[angle].camera == view.camera


@pytest.mark.parametrize("data", [b"", b"no zip"])
def test_a_damaged_bundle_is_told_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "b.zip").write_bytes(data)
    with pytest.raises(VoltefaceError, match="could not be read"):
        held_out.read_bundle(tmp_path / "b.zip")


def test_only_held_out_heads_of_a_folder_are_taken(tmp_path: Path) -> None:
    for seed in (18, 19, 39):
        folder = tmp_path / f"{seed:06d}"
        folder.mkdir()
        yaws = (3, 33, 170)
        poses = [at_degrees(yaw, 4).world_from_camera for yaw in yaws]
        np.save(folder / "cam2world.npy", np.stack(poses).astype(np.float32))
        np.save(folder / "rgb.npy", np.full((3, 8, 8, 3), seed, np.uint8))
        np.save(folder / "label.npy", np.zeros((3, 8, 8), np.uint8))
        np.save(folder / "depth.npy", np.zeros((3, 8, 8), np.float16))
        (folder / "meta.json").write_text("{}")
    heads = held_out.held_out_heads(tmp_path, 5)
    assert [head.seed for head in heads] == [19, 39]
    assert set(heads[0].views) == {0, 30, 180}
    assert isinstance(heads[0].views[180].camera, Camera)
    with pytest.raises(VoltefaceError, match="no heads"):
        held_out.held_out_heads(tmp_path / "empty", 5)


@pytest.mark.slow
def test_a_whole_reconstruction(asked: list[str]) -> None:
    part = reconstruction.reconstruction(TinyGenerator(grid_nodes=64), [tiny_truth()], silent, seconds=1.0)
    assert asked == ["tidied", "shaped", "glasses"], "heads are finished as the studio's are"
    rows = [cell.row for cell in part.cells]
    assert "refined, 0 degrees" in rows
    assert "encoder only, 90 degrees" in rows
    targets = {cell.row: cell.at_most for cell in part.cells if cell.column.startswith("LPIPS")}
    assert targets["refined, 0 degrees"] == 0.08
    assert targets["encoder only, 0 degrees"] is None
    assert json.loads(json.dumps(part.to_json())) == part.to_json()
