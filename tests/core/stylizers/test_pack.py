"""Style packs: files, and what a head that wears one looks like."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.edit import Restyle
from core.editors.fold import Folder
from core.errors import VoltefaceError
from core.frame import Quality
from core.project import Project
from core.rendering.renderer import HeadRenderer
from core.style_pack import StylePack, fingerprint
from core.stylizers.pack import MOST_BYTES, compact, load_pack, restored, save_pack
from tests.fakes import TinyGenerator, tiny_head, trigrid_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.head import Head

RED = {"to_rgb": torch.tensor([[0.5, 0.5, 0.5], [-0.5, -0.9, 0.0], [0.0, 0.0, -0.9]])}
BLUE = {"to_rgb": torch.tensor([[-0.9, 0.0, 0.0], [0.0, -0.9, 0.0], [0.5, 0.5, 0.0]])}


def pack_of(delta: dict[str, torch.Tensor], name: str = "red") -> StylePack:
    tiny = TinyGenerator()
    return StylePack(
        name=name,
        title=name.capitalize(),
        made="distilled",
        generator="tiny",
        fingerprint=fingerprint("tiny", tiny.parameters_to_tune()),
        delta=delta,
        preview=np.full((8, 8, 3), 128, np.uint8),
        licence="Apache-2.0",
        prompt="a red head",
        prior="bundled",
        preset="draft",
    )


def worn(*edits: Restyle, head: Head | None = None) -> Head:
    head = head or tiny_head(1)
    return Folder(TinyGenerator(), head, {}).folded(edits)


def seen(head: Head) -> np.ndarray:
    renderer = HeadRenderer(TinyGenerator(), head)
    return renderer.render(Camera.orbit(), Quality.EXACT).rgb.astype(float)


def test_a_pack_is_read_as_it_was_written(tmp_path: Path) -> None:
    delta = {"to_rgb": torch.tensor([[0.5, 0.25, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -2.0]])}
    pack = pack_of(delta)
    size = save_pack(pack, tmp_path / "red.vfstyle")
    assert size <= MOST_BYTES
    assert load_pack(tmp_path / "red.vfstyle") == pack


def test_a_large_delta_is_brought_to_a_low_rank_and_keeps_what_matters() -> None:
    left, right = torch.randn(300, 2), torch.randn(2, 400)
    delta = {"layer": (left @ right).view(300, 100, 2, 2), "bias": torch.randn(5)}
    small = compact(delta, 10_000)
    assert sum(t.numel() * 2 for t in small.values()) <= 10_000
    back = restored(small)
    assert back["layer"].shape == delta["layer"].shape
    assert float((back["layer"] - delta["layer"]).norm() / delta["layer"].norm()) < 0.01


@pytest.mark.parametrize("content", [b"", b"no pack at all", b"\x08\0\0\0\0\0\0\0{}      "])
def test_what_is_no_pack_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.vfstyle"
    path.write_bytes(content)
    with pytest.raises(VoltefaceError, match="is no style pack"):
        load_pack(path)


def test_strength_zero_leaves_the_very_head() -> None:
    head = tiny_head(1)
    assert worn(Restyle(key="a", pack=pack_of(RED), strength=0.0), head=head) is head


def test_strength_weighs_the_styled_picture() -> None:
    plain, half, full = (seen(worn(Restyle(key="a", pack=pack_of(RED), strength=s))) for s in (0.0, 0.5, 1.0))
    assert np.abs(full - plain).max() > 40
    assert np.abs((plain + full) / 2 - half).max() <= 1


def test_a_mix_of_one_to_nothing_is_the_first() -> None:
    red, blue = Restyle(key="a", pack=pack_of(RED)), Restyle(key="b", pack=pack_of(BLUE, "blue"), strength=0.0)
    assert np.array_equal(seen(worn(red, blue)), seen(worn(red)))
    assert np.array_equal(seen(worn(red, replace(blue, strength=1.0))), seen(worn(replace(blue, strength=1.0))))


def test_a_region_keeps_the_rest_as_it_was() -> None:
    renderer = HeadRenderer(TinyGenerator(), tiny_head(1))
    frame = renderer.render(Camera.orbit(), Quality.EXACT)
    assert frame.labels is not None
    labels = frame.labels.repeat(2, 0).repeat(2, 1)
    hair = seen(worn(Restyle(key="a", pack=pack_of(RED), region=("hair",)))) - frame.rgb
    skin_label, hair_label = TinyGenerator().info.parts.index("skin"), TinyGenerator().info.parts.index("hair")
    assert np.abs(hair[labels == hair_label]).mean() > 10 * np.abs(hair[labels == skin_label]).mean()


def test_a_style_that_moves_planes_moves_the_field_by_its_strength() -> None:
    pack = pack_of({"position": torch.zeros(3, 3, 3, 32, 32), "squares": -0.2 * TinyGenerator()._weights["squares"]})
    head = tiny_head(1)
    full, half = (trigrid_of(worn(Restyle(key="a", pack=pack, strength=s), head=head)).planes for s in (1.0, 0.5))
    plain = trigrid_of(head).planes
    assert not torch.equal(full, plain)
    assert torch.allclose(half, (plain + full) / 2, atol=1e-5)


def test_a_style_of_another_model_or_version_is_refused() -> None:
    with pytest.raises(VoltefaceError, match="was made for mini"):
        worn(Restyle(key="a", pack=replace(pack_of(RED), generator="mini")))
    with pytest.raises(VoltefaceError, match="another version"):
        worn(Restyle(key="a", pack=replace(pack_of(RED), fingerprint="0")))
    with pytest.raises(VoltefaceError, match="knows no part wings"):
        worn(Restyle(key="a", pack=pack_of(RED), region=("wings",)))


def test_a_project_keeps_its_style(tmp_path: Path, photo_of_nobody: Project) -> None:
    edit = Restyle(key="a", pack=pack_of(RED), strength=0.7, region=("hair",))
    project = replace(photo_of_nobody, edits=(edit,))
    project.save(tmp_path / "p.volteface")
    assert Project.load(tmp_path / "p.volteface").edits == (edit,)


@pytest.fixture
def photo_of_nobody() -> Project:
    from core.photo import Photo

    return Project(photo=Photo(np.zeros((8, 8, 3), np.uint8), "none.png"), camera=Camera.orbit())


def test_the_first_preview_is_drawn_in_the_style_already() -> None:
    head = worn(Restyle(key="a", pack=pack_of(RED)))
    quick, plain = (
        HeadRenderer(TinyGenerator(), one).render(Camera.orbit(), Quality.PREVIEW).rgb.astype(float)
        for one in (head, tiny_head(1))
    )
    assert np.abs(quick - seen(head)).mean() < np.abs(plain - seen(head)).mean() / 2
