import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import VoltefaceError
from core.generators.mini_prior import AttributeNames
from core.mask import PARTS
from core.training.synthetic.attributes import (
    ATTRIBUTE_GROUPS,
    META_ATTRIBUTES,
    attributes_from_meta,
    attributes_of_head,
)
from core.training.synthetic.hair_styles import NEW_STYLES


def named(meta: dict[str, Any]) -> dict[str, float]:
    return dict(zip(META_ATTRIBUTES, attributes_from_meta(meta).tolist(), strict=True))


def written(folder: Path, meta: dict[str, Any], views: int = 22) -> Path:
    """A head whose hair is the upper half, red, and whose cloth is the lowest quarter, blue."""
    rgb, label = np.full((views, 32, 32, 3), 255, np.uint8), np.zeros((views, 32, 32), np.uint8)
    label[:, 4:16, 8:24], rgb[:, 4:16, 8:24] = PARTS.index("hair"), (255, 0, 0)
    label[:, 24:], rgb[:, 24:] = PARTS.index("cloth"), (0, 0, 51)
    folder.mkdir()
    np.save(folder / "rgb.npy", rgb)
    np.save(folder / "label.npy", label)
    (folder / "meta.json").write_text(json.dumps(meta))
    return folder


def test_facts_of_a_head_are_told(training_heads: list[dict[str, Any]]) -> None:
    meta = training_heads[0]["meta"]
    values = named(meta)
    assert values["gender"] == pytest.approx(meta["gender"])
    assert values["race/asian"] == pytest.approx(meta["race"][1])
    assert values[f"hair/{meta['hair']}"] == values[f"outfit/{meta['outfit']}"] == values[f"skin/{meta['skin']}"] == 1
    assert values["expr/mouthSmile"] == pytest.approx(
        (meta["expression"]["face/mouthSmileLeft"] + meta["expression"]["face/mouthSmileRight"]) / 2
    )
    assert values["key_z"] == pytest.approx(meta["key_light"][2])
    assert values["glasses"] == float(meta["glasses"])
    assert values["hair_r"] == pytest.approx(meta["hair_rgb"][0] ** (1 / 2.2))


def test_one_option_of_each_choice_is_taken(training_heads: list[dict[str, Any]]) -> None:
    names = AttributeNames.grouped(META_ATTRIBUTES, ATTRIBUTE_GROUPS)
    for head in training_heads:
        values = attributes_from_meta(head["meta"])
        assert values.dtype == np.float32
        assert [values[first:last].sum() for first, last in names.choices] == [1, 1, 1]


def test_shapes_follow_from_the_seed(training_heads: list[dict[str, Any]]) -> None:
    meta = training_heads[0]["meta"]
    one, same, other = (named(meta | {"seed": seed}) for seed in (1, 1, 2))
    assert one == same
    assert one["nose/nose-hump"] != other["nose/nose-hump"]
    assert any(value < 0 for name, value in one.items() if name.startswith("chin/"))
    assert {name for name in one if one[name] != other[name]} <= {
        name
        for name in META_ATTRIBUTES
        if "-" in name or name.startswith("head/") or name in ("muscle", "weight", "proportion")
    }


def test_pictures_give_colours_and_boxes(training_heads: list[dict[str, Any]], tmp_path: Path) -> None:
    values = attributes_of_head(written(tmp_path / "000000", training_heads[0]["meta"]))
    assert tuple(values)[: len(META_ATTRIBUTES)] == META_ATTRIBUTES
    assert [values[f"mean_hair_{c}"] for c in "rgb"] == [1, 0, 0]
    assert values["mean_cloth_b"] == pytest.approx(0.2)
    assert values["mean_frame_g"] == 0.5  # there are no glasses
    assert [values[f"hairbox8_{side}"] * 256 for side in ("top", "bottom", "left", "right")] == [4, 15, 8, 23]
    assert values["hairbox0_area"] == pytest.approx((12 * 16) ** 0.5 / 256)


def test_a_bald_head_has_an_empty_box(training_heads: list[dict[str, Any]], tmp_path: Path) -> None:
    folder = written(tmp_path / "000000", training_heads[0]["meta"])
    np.save(folder / "label.npy", np.zeros((22, 32, 32), np.uint8))
    values = attributes_of_head(folder)
    assert [values[f"hairbox12_{side}"] for side in ("top", "area")] == [0.5, 0]


def test_a_missing_head_and_one_with_few_views_are_told(training_heads: list[dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(VoltefaceError, match="no finished synthetic head"):
        attributes_of_head(tmp_path)
    with pytest.raises(VoltefaceError, match="3 views only"):
        attributes_of_head(written(tmp_path / "000000", training_heads[0]["meta"], views=3))


VARIED = {"recipe": 3, "beard": 0.8, "beard_style": "full", "beard_length": 0.1, "glasses_shape": "aviator"}


def test_version_3_has_the_same_names_and_more_to_tell(training_heads: list[dict[str, Any]]) -> None:
    meta = training_heads[0]["meta"] | {"mirror": False, "wave": 0.05, "cut": -0.2}
    values = named(meta | VARIED | {"hair": "long_wavy", "glasses": True})
    assert tuple(values) == META_ATTRIBUTES
    assert values["hair/long_wavy"] == 1
    assert values["beard_length"] == pytest.approx(0.5)
    assert (values["beard_cheeks"], values["beard_chin"]) == (1, 1)
    assert values["frame_drop"] == 1
    assert values["cut"] == pytest.approx(-0.2)
    moustache = named(meta | VARIED | {"hair": "short01", "beard_style": "moustache", "glasses_shape": "none"})
    assert (moustache["beard_cheeks"], moustache["beard_chin"], moustache["frame_square"]) == (-1, -1, 0)
    assert moustache["cut"] == -1.5  # short hair was not shortened


def test_version_1_has_none_of_the_new_looks(training_heads: list[dict[str, Any]]) -> None:
    for head in training_heads:
        values = named(head["meta"])
        assert not any(values[f"hair/{style}"] for style in NEW_STYLES)
        assert values["beard_length"] == 0
        assert values["beard_cheeks"] == values["beard_chin"] == float(head["meta"]["beard"] > 0)


def test_attributes_stay_few() -> None:
    assert len(META_ATTRIBUTES) + 12 + 15 <= 240  # colours and boxes are measured
