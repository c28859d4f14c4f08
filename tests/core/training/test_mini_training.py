"""The bundled generator's training, on a data set of coloured balls that the test makes."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.errors import Cancelled, VoltefaceError
from core.generators.mini import load_mini
from core.generators.mini_network import MiniConfig, MiniNetwork
from core.losses import lpips
from core.mask import PARTS
from core.progress import Progress, silent
from core.training.dataset import HeadViews, is_held_out, pixel_rays
from core.training.field import FieldConfig
from core.training.gallery import contact_sheet, random_heads
from core.training.growth import grown_network
from core.training.mini import MiniTraining, Recipe
from core.training.patches import PatchConfig, drawn_patch
from core.training.training_heads import TrainingHeads

SIZE, RADIUS, VIEWS = 64, 0.25, 14
MODEL = MiniConfig(
    latent_size=16,
    widths=(16, 16, 16),
    position_channels=(0, 4, 4),
    channels=4,
    hidden=16,
    neural_px=32,
    upscale_width=4,
    fine_width=0,
    sharpen_width=0,
)
RECIPE = Recipe(
    model=MODEL,
    fields=FieldConfig(steps=60, batch=2, points=600, warm_up=5, rate=1e-2, convolution_rate=2e-2, table_rate=3e-2),
    patches=PatchConfig(patch_px=16),
    patch_steps=2,
)
META = {
    "gender": 0.2, "age": 0.6, "race": [0.0, 0.0, 1.0], "expression": {}, "melanin": 0.1, "hair": "short01",
    "hair_rgb": [0.1, 0.1, 0.1], "beard": 0.0, "glasses": False, "dark_lenses": False, "key_light": [0.0, 0.0, 1.0],
    "skin": "young_lightskinned_male_diffuse", "outfit": "male_casualsuit01",
}  # fmt: skip


def write_ball(folder: Path, seed: int, size: int = SIZE) -> None:
    """A ball about the origin whose upper half is hair; every head has its own colour."""
    rays = pixel_rays(size)
    rgb, label, depth, poses = [], [], [], []
    for view in range(VIEWS):
        pose = Camera.orbit(2 * np.pi * view / VIEWS, 0.1).world_from_camera
        directions = rays @ pose[:3, :3].T
        a, b = (directions**2).sum(1), directions @ pose[:3, 3]
        root = b**2 - a * (pose[:3, 3] @ pose[:3, 3] - RADIUS**2)
        distance = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, 0)
        height = (pose[:3, 3] + directions * distance[:, None])[:, 1]
        parts = np.where(distance > 0, np.where(height > 0, PARTS.index("hair"), PARTS.index("skin")), 0)
        colour = np.array([40 + 12 * seed % 200, 90, 160])
        rgb.append(np.where(distance[:, None] > 0, colour, 255).reshape(size, size, 3))
        label.append(parts.reshape(size, size))
        depth.append(distance.reshape(size, size))
        poses.append(pose)
    head = folder / f"{seed:06d}"
    head.mkdir(parents=True)
    np.save(head / "rgb.npy", np.stack(rgb).astype(np.uint8))
    np.save(head / "label.npy", np.stack(label).astype(np.uint8))
    np.save(head / "depth.npy", np.stack(depth).astype(np.float16))
    np.save(head / "cam2world.npy", np.stack(poses).astype(np.float32))
    (head / "meta.json").write_text(json.dumps(META | {"seed": seed}))


@pytest.fixture(scope="module")
def balls(tmp_path_factory: pytest.TempPathFactory) -> TrainingHeads:
    folder = tmp_path_factory.mktemp("balls")
    for seed in (16, 17, 18, 19):
        write_ball(folder, seed)
    return TrainingHeads.of(folder)


def test_solid_points_lie_on_or_behind_the_surface_and_the_others_before_it(balls: TrainingHeads) -> None:
    drawn = balls.views[0].field_points(0, 900, pixel_rays(SIZE), np.random.default_rng(0))
    radius = np.linalg.norm(drawn.points, axis=1)
    solid = len(drawn.labels)
    assert solid == 405
    assert (radius[:solid] < RADIUS + 0.002).all()
    assert (radius[solid:] > RADIUS - 0.002).all()
    upper = drawn.points[:solid, 1] > 0.005
    assert (drawn.labels[upper] == PARTS.index("hair")).mean() > 0.9


def test_last_of_twenty_seeds_is_never_drawn(balls: TrainingHeads) -> None:
    assert [v.seed for v in balls.views] == [16, 17, 18, 19]
    assert is_held_out(19)
    assert balls.trained == [0, 1, 2]


def test_patch_pixels_are_the_pictures(balls: TrainingHeads) -> None:
    config = PatchConfig(patch_px=16)
    patch = drawn_patch(balls.views[0], 3, pixel_rays(SIZE), config, np.random.default_rng(1))
    assert patch.picture.shape == (1, 3, 32, 32)
    assert (patch.depths.diff(dim=1) >= 0).all()
    # where the patch shows the ball, some samples lie within the near reach of its surface
    points = patch.origin + patch.directions[:, None] * patch.depths[..., None]
    nearest = (points.norm(dim=-1) - RADIUS).abs().amin(1)
    assert (nearest[patch.labels.flatten()[patch.rays] > 0] < config.near_reach).all()
    # every pixel of the head is marched; of the open background only some are
    assert set(np.flatnonzero(patch.labels.flatten() > 0)) <= set(patch.rays.tolist())


def test_training_learns_resumes_and_writes_a_model(balls: TrainingHeads, tmp_path: Path) -> None:
    log: list[Progress] = []

    def stop_midway(progress: Progress) -> None:
        log.append(progress)
        if progress.step == 40:
            raise Cancelled

    with pytest.raises(Cancelled):
        MiniTraining(balls, tmp_path, RECIPE).run(stop_midway)
    resumed = MiniTraining(balls, tmp_path, RECIPE)
    assert resumed.steps == {"field": 40, "patches": 0, "sharpen": 0}
    path = resumed.run(log.append)
    assert [p.step for p in log] == [*range(1, 61), 1, 2]
    for term, left in (("occupancy", 0.9), ("colour", 0.2), ("part", 0.6)):
        first, last = (np.mean([p.values[term] for p in part]) for part in (log[:5], log[55:60]))
        assert last < left * first, term
    model = load_mini(path)
    assert model.bank.shape == (3, MODEL.latent_size)
    sheet = contact_sheet(model, random_heads(model, 3), yaws_degrees=(0, 90), samples=8)
    assert sheet.shape == (2 * 64, 4 * 64, 3)
    assert (sheet[64:, 128:] == 255).all()  # no fourth head


def test_resumed_run_equals_an_unbroken_one(balls: TrainingHeads, tmp_path: Path) -> None:
    short = replace(RECIPE, fields=replace(RECIPE.fields, steps=6), patch_steps=0)

    def stop(progress: Progress) -> None:
        if progress.step == 3:
            raise Cancelled

    whole = MiniTraining(balls, tmp_path / "whole", short)
    whole.run(silent)
    with pytest.raises(Cancelled):
        MiniTraining(balls, tmp_path / "broken", short).run(stop)
    broken = MiniTraining(balls, tmp_path / "broken", short)
    broken.run(silent)
    for name, value in whole.network.state_dict().items():
        torch.testing.assert_close(broken.network.state_dict()[name], value, msg=name)


LARGE = replace(MODEL, widths=(16, 20, 24), fine_width=8, fine_position_channels=2, sharpen_width=4)


def test_grown_network_draws_what_the_small_one_did(balls: TrainingHeads, tmp_path: Path) -> None:
    small = load_mini(MiniTraining(balls, tmp_path, replace(RECIPE, patch_steps=1)).run(silent))
    large = grown_network(small.network.state_dict(), MODEL, LARGE)
    latents = small.latents(torch.randn(2, small.info.noise_size, generator=torch.Generator().manual_seed(0)), 1.0)
    with torch.no_grad():
        before = small.planes(latents)
        planes = large.synthesis.coarse(torch.cat([latents, latents[:, :1]], 1))
        assert large.synthesis(torch.cat([latents, latents[:, :1]], 1)).shape[-1] == 2 * before.shape[-1]
        torch.testing.assert_close(planes, before, atol=1e-4, rtol=1e-4)
        features, alpha = torch.rand(1, MODEL.features, 8, 8), torch.rand(1, 1, 8, 8)
        torch.testing.assert_close(large.upscaler.doubled(features, alpha)[0], small.network.upscaler(features, alpha))
    training = MiniTraining(balls, tmp_path / "grown", replace(RECIPE, model=LARGE))
    training.grow_from(small)
    attributes = balls.attributes[[3]]
    torch.testing.assert_close(
        training.codes(attributes), small.prior.latent_from_attributes(attributes), atol=1e-2, rtol=1e-2
    )


def test_a_network_with_a_fine_level_grows_too() -> None:
    small = MiniNetwork(LARGE)
    assert small.synthesis.fine is not None
    torch.nn.init.normal_(small.synthesis.fine_planes.weight)
    wider = replace(LARGE, position_channels=(0, 6, 9), fine_width=12, fine_position_channels=5)
    large = grown_network(small.state_dict(), LARGE, wider)
    latents = torch.randn(2, LARGE.latent_count, LARGE.latent_size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(large.synthesis(latents), small.synthesis(latents), atol=1e-4, rtol=1e-4)


def test_run_goes_on_when_heads_were_added(balls: TrainingHeads, tmp_path: Path) -> None:
    recipe = replace(RECIPE, fields=replace(RECIPE.fields, steps=4), patch_steps=0)
    few = TrainingHeads(balls.views[:3], balls.attributes[:3], balls.names)
    before = MiniTraining(few, tmp_path, recipe)
    before.run(silent)
    after = MiniTraining(balls, tmp_path, recipe)
    assert after.steps["field"] == 4
    numbers = torch.arange(3)
    torch.testing.assert_close(
        after.codes(balls.attributes[:3], numbers), before.codes(few.attributes, numbers), atol=1e-4, rtol=1e-4
    )
    assert (after.codes.residual[3] == 0).all()


def test_sharpening_changes_the_super_resolution_alone(
    balls: TrainingHeads, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # VGG in half precision takes ten seconds for a picture where a processor has no instructions for it
    monkeypatch.setattr("core.training.mini.lpips", partial(lpips, backbone="alex"))
    folder = tmp_path_factory.mktemp("large")
    write_ball(folder, 17, 2 * SIZE)
    write_ball(folder, 19, 2 * SIZE)
    large = balls.larger(folder)
    assert list(large) == [1]  # 19 is held out
    recipe = replace(
        RECIPE, model=LARGE, fields=replace(RECIPE.fields, steps=1), patch_steps=1, sharpening=RECIPE.patches
    )
    whole = replace(recipe, sharpen_steps=2)
    without = MiniTraining(balls, tmp_path / "without", recipe)
    without.run(silent)
    training = MiniTraining(balls, tmp_path / "with", whole, large)
    model = load_mini(training.run(silent))
    assert model.info.picture_px == 4 * MODEL.neural_px
    for name, value in training.average.items():
        assert name.startswith("upscaler") or torch.equal(value, without.average[name]), name
    assert not torch.equal(training.average["upscaler.sharpen.3.bias"], without.average["upscaler.sharpen.3.bias"])


def test_state_of_another_recipe_is_refused(balls: TrainingHeads, tmp_path: Path) -> None:
    none = replace(RECIPE, fields=replace(RECIPE.fields, steps=0), patch_steps=0)
    MiniTraining(balls, tmp_path, none).run(silent)
    wider = replace(none, model=replace(MODEL, hidden=24))
    with pytest.raises(VoltefaceError, match="another recipe"):
        MiniTraining(balls, tmp_path, wider)


def test_empty_and_unfinished_data_are_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="0 synthetic heads"):
        TrainingHeads.of(tmp_path)
    (tmp_path / "000003").mkdir()
    with pytest.raises(VoltefaceError, match="no finished synthetic head"):
        HeadViews(tmp_path / "000003")
